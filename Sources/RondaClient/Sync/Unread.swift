internal import GRDB
internal import RondaModel
internal import RondaSQLite

/// From where on a first download is unfinished: it brings what is open first, then customers, then
/// what is done with.
public enum Unread: String, Sendable, Hashable {
    /// Nothing is complete yet.
    case everything
    /// What is open is here: promises to keep, visits to make.
    case customers
    /// So are the customers; what is missing is history.
    case history
}

extension Unread {
    /// What the cursors tell. The server begins with a part when it has told the parts before it of
    /// every territory, so a part is complete only once something after it was read.
    static func of(_ database: Database) throws -> Unread? {
        let statement = try database.prepared(
            """
            SELECT min(part), max(CASE WHEN seq > 0 THEN part ELSE part - 1 END)
            FROM cursor WHERE part > 0
            """)
        defer { statement.reset() }
        guard try statement.step(), !statement.isNull(0) else { return nil }
        return switch min(statement.int64(0), statement.int64(1)) {
        case ...1: .everything
        case 2: .customers
        default: .history
        }
    }
}
