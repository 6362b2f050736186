internal import Foundation
internal import GRDB
package import RondaModel

/// A look at a file before SQLite opens it: opening for writing turns on WAL, which changes the
/// file, and a file that is not ours must stay as it is.
package enum StoreFile {
    /// Throws `damaged` for a file that is not an SQLite database, or that belongs to another
    /// program, `newerFormat` for one of a later format. Reads the header only
    /// (https://sqlite.org/fileformat.html#the_database_header).
    ///
    /// An empty file is one whose making was cut short: `isNew` says that it may be made now.
    package static func check(
        path: String, applicationID: Int, format: Int, isNew: Bool = false
    ) throws(StoreError) {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw StoreError(.readOnly, "cannot read \(path)")
        }
        let header = [UInt8]((try? file.read(upToCount: 100)) ?? Data())
        // The file of a store that was just made is empty until the first checkpoint.
        let hasLog = FileManager.default.fileExists(atPath: path + "-wal")
        if header.isEmpty && (hasLog || isNew) { return }
        guard header.count == 100, header.starts(with: Array("SQLite format 3\0".utf8)) else {
            throw StoreError(.damaged, "not an SQLite file")
        }
        func number(at offset: Int) -> Int {
            header[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
        }
        let owner = number(at: 68)
        // A single page has no room for a table; its making may even have left a journal beside it,
        // which only a writer can read.
        let isOnePage = number(at: 28) == 1 && number(at: 60) == 0 && !hasLog
        if owner == 0, isOnePage || holdsNothing(path: path) {
            if isNew { return }
            throw StoreError(.notFound, "its making was cut short")
        }
        // 0 as long as the owner's mark is still in the write-ahead log.
        guard owner == applicationID || owner == 0 && hasLog else {
            throw StoreError(.damaged, "the database of another program")
        }
        if owner == applicationID, number(at: 60) > format {
            throw StoreError(.newerFormat, "format \(number(at: 60))")
        }
    }

    /// Whether this is a database without a table and without an owner: what is left when the
    /// making of a store is cut short. Looks without changing the file.
    private static func holdsNothing(path: String) -> Bool {
        var configuration = Configuration()
        configuration.readonly = true
        do {
            return try DatabaseQueue(path: path, configuration: configuration).read { database in
                let marks = try ["application_id", "user_version"].map {
                    try Int.fetchOne(database, sql: "PRAGMA \($0)") ?? -1
                }
                let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master")
                return marks == [0, 0] && tables == 0
            }
        } catch {
            // What cannot be read is not nothing; the caller says what it is.
            return false
        }
    }
}
