internal import GRDB
internal import RondaModel
internal import RondaProtobuf
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
    /// What the cursors and the latest answer tell. The server begins with a part when it has told the
    /// parts before it of every territory, so a part is complete only once something after it was
    /// told. An answer that goes back to an earlier part takes that back: there is a new territory.
    static func of(_ database: Database) throws -> Unread? {
        let statement = try database.prepared(
            """
            SELECT min(part), max(CASE WHEN seq > 0 THEN part ELSE part - 1 END)
            FROM cursor WHERE part > 0
            """)
        defer { statement.reset() }
        guard try statement.step(), !statement.isNull(0) else { return nil }
        let told = try Facts(database: database).number(.partsTold) ?? statement.int64(1)
        return switch min(statement.int64(0), told) {
        case ...1: .everything
        case 2: .customers
        default: .history
        }
    }

    /// Notes how far an answer has come with the parts: to be called before its cursors are kept. A
    /// stream that has ended has come further than any part.
    static func note(_ streams: [WireStream], in database: Database) throws {
        let facts = Facts(database: database)
        var told: Int64?
        for stream in streams {
            if stream.part > 0 {
                told = max(told ?? 0, Int64(stream.seq > 0 ? stream.part : stream.part - 1))
            } else if try isInParts(stream.scope, database) {
                told = Int64(ReadingPart.allCases.count) + 1
            }
        }
        if let told { try facts.set(.partsTold, number: told) }
    }

    private static func isInParts(_ scope: UInt32, _ database: Database) throws -> Bool {
        let statement = try database.prepared("SELECT 1 FROM cursor WHERE scope = ? AND part > 0")
        statement.bind(1, Int64(scope))
        defer { statement.reset() }
        return try statement.step()
    }
}
