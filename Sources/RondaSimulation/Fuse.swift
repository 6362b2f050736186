internal import Foundation
internal import GRDB
internal import GRDBSQLite

/// Lets a process die before one of its writes: at the statement that is to write, or to commit, as
/// the given number, and at every one after it, until the process is gone. Only the undoing of the
/// transaction still succeeds.
///
/// SQLite tells of each statement that begins (https://sqlite.org/c3ref/trace_v2.html) and then asks
/// whether to go on (https://sqlite.org/c3ref/progress_handler.html). The fuse is armed, burns and
/// is taken out while no other operation of the world runs.
final class Fuse: @unchecked Sendable {
    private var left: Int
    private(set) var isBlown = false
    private var stops = false

    init(after left: Int) { self.left = left }

    func arm(_ database: Database) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_trace_v2(
            database.sqliteConnection, UInt32(SQLITE_TRACE_STMT),
            { _, context, _, text in
                guard let context, let text else { return 0 }
                Unmanaged<Fuse>.fromOpaque(context).takeUnretainedValue()
                    .begin(text.assumingMemoryBound(to: CChar.self))
                return 0
            }, context)
        sqlite3_progress_handler(
            database.sqliteConnection, 1,
            { context in
                guard let context else { return 0 }
                return Unmanaged<Fuse>.fromOpaque(context).takeUnretainedValue().stops ? 1 : 0
            }, context)
    }

    func takeOut(_ database: Database) {
        sqlite3_progress_handler(database.sqliteConnection, 0, nil, nil)
        sqlite3_trace_v2(database.sqliteConnection, 0, nil, nil)
    }

    private func begin(_ sql: UnsafePointer<CChar>) {
        func begins(with word: String) -> Bool { strncmp(sql, word, word.utf8.count) == 0 }
        if Self.writes.contains(where: begins) {
            if left <= 0 { isBlown = true }
            left -= 1
        }
        // GRDB relies on both of these, and neither leaves anything behind.
        stops = isBlown && !begins(with: "BEGIN") && !begins(with: "ROLLBACK")
    }

    private static let writes = ["INSERT", "UPDATE", "DELETE", "COMMIT", "SAVEPOINT", "RELEASE"]
}

extension Database {
    /// A disk on which the database cannot grow, or one with room again.
    func setFull(_ isFull: Bool) throws {
        let pages = try Int.fetchOne(self, sql: "PRAGMA page_count") ?? 0
        _ = try Int.fetchOne(
            self, sql: "PRAGMA max_page_count = \(isFull ? pages : 1_073_741_823)")
    }
}
