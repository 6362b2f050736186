package import GRDB
internal import GRDBSQLite
package import RondaModel

/// A cached statement bound and read by index.
///
/// GRDB compiles and caches it; the values go straight through the C interface, because on the hot
/// paths the wrapping of each value costs more than SQLite's own work. Writes made this way are
/// unseen by GRDB's observers: who wants them to know calls `Database.notifyChanges(in:)`.
package struct Prepared {
    private let statement: Statement
    private var handle: SQLiteStatement { statement.sqliteStatement }

    fileprivate init(_ statement: Statement) {
        self.statement = statement
    }

    // SQLite copies what is bound (SQLITE_TRANSIENT), so the pointers need not outlive the call.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    package func bind(_ index: Int32, _ number: Int64) { sqlite3_bind_int64(handle, index, number) }
    package func bind(_ index: Int32, _ number: UInt64) {
        sqlite3_bind_int64(handle, index, Int64(bitPattern: number))
    }
    package func bind(_ index: Int32, _ number: Double) {
        sqlite3_bind_double(handle, index, number)
    }
    package func bindNull(_ index: Int32) { sqlite3_bind_null(handle, index) }

    package func bind(_ index: Int32, _ bytes: [UInt8]) {
        // A null pointer would bind NULL, so an empty blob needs an address of its own.
        bytes.withUnsafeBufferPointer { buffer in
            _ =
                buffer.isEmpty
                ? sqlite3_bind_zeroblob(handle, index, 0)
                : sqlite3_bind_blob(
                    handle, index, buffer.baseAddress, Int32(buffer.count), Self.copied)
        }
    }

    package func bind(_ index: Int32, _ text: String) {
        var text = text
        text.withUTF8 { buffer in
            buffer.withMemoryRebound(to: CChar.self) {
                _ =
                    $0.isEmpty
                    ? sqlite3_bind_text(handle, index, "", 0, Self.copied)
                    : sqlite3_bind_text(
                        handle, index, $0.baseAddress, Int32($0.count), Self.copied)
            }
        }
    }

    package func bind(_ index: Int32, _ id: RecordID) {
        withUnsafeTemporaryAllocation(byteCount: 16, alignment: 8) { buffer in
            id.write(to: buffer)
            _ = sqlite3_bind_blob(handle, index, buffer.baseAddress, 16, Self.copied)
        }
    }

    /// Runs the statement to its end.
    package func run() throws {
        while try step() {}
        sqlite3_reset(handle)
    }

    /// Moves to the next row; false at the end.
    package func step() throws -> Bool {
        let code = sqlite3_step(handle)
        switch code {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default:
            let extended = sqlite3_extended_errcode(sqlite3_db_handle(handle))
            let message = sqlite3_errmsg(sqlite3_db_handle(handle)).map { String(cString: $0) }
            sqlite3_reset(handle)
            throw StoreError(
                DatabaseError(resultCode: ResultCode(rawValue: extended), message: message))
        }
    }

    /// Lets go of the rows; needed after reading only some of them, so that no snapshot stays open.
    package func reset() { sqlite3_reset(handle) }

    package func isNull(_ column: Int32) -> Bool {
        sqlite3_column_type(handle, column) == SQLITE_NULL
    }
    package func int64(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
    package func uint64(_ column: Int32) -> UInt64 {
        UInt64(bitPattern: sqlite3_column_int64(handle, column))
    }
    package func double(_ column: Int32) -> Double { sqlite3_column_double(handle, column) }

    package func text(_ column: Int32) -> String {
        guard let start = sqlite3_column_text(handle, column) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    package func bytes(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(handle, column) else { return [] }
        let count = Int(sqlite3_column_bytes(handle, column))
        return Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// The bytes in place, until the next step.
    package func withBytes<Result>(
        _ column: Int32, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        let start = sqlite3_column_blob(handle, column)
        let count = Int(sqlite3_column_bytes(handle, column))
        return try body(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
    }

    /// The id in a 16-byte column; zero for anything else.
    package func id(_ column: Int32) -> RecordID {
        guard let start = sqlite3_column_blob(handle, column),
            sqlite3_column_bytes(handle, column) == 16
        else { return .zero }
        return RecordID(unaligned: start)
    }
}

extension Database {
    /// The cached statement for `sql`, free of bindings and rows.
    package func prepared(_ sql: String) throws -> Prepared {
        let statement: Statement
        do { statement = try cachedStatement(sql: sql) } catch { throw StoreError(error) }
        sqlite3_reset(statement.sqliteStatement)
        sqlite3_clear_bindings(statement.sqliteStatement)
        return Prepared(statement)
    }
}
