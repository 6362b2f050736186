internal import GRDB
internal import RondaClient
internal import RondaModel
internal import RondaStoreSQLite
internal import Synchronization

/// Stores in memory that worlds use one after the other, emptied in between: compiling a new
/// connection's statements costs more than the life of a world.
final class Shelf: Sendable {
    private struct State {
        var devices: [LocalStore] = []
        var hubs: [SQLiteStore] = []
    }

    let template: Template
    private let device: Contents
    private let hub: Contents
    private let state = Mutex(State())

    init(_ template: Template) throws {
        self.template = template
        device = try template.device.withWriter { try Contents($0) }
        hub = try template.hub.withWriter { try Contents($0) }
    }

    /// A device that belongs to nobody yet.
    func takeDevice() throws -> LocalStore {
        guard let store = state.withLock({ $0.devices.popLast() }) else {
            return try LocalStore.inMemory(
                surroundings: template.surroundings, limits: World.limits,
                content: template.device)
        }
        try store.withWriter { try device.replaceAll(in: $0) }
        return store
    }

    /// A hub as every world begins with.
    func takeHub() throws -> SQLiteStore {
        guard let store = state.withLock({ $0.hubs.popLast() }) else {
            return try template.hub.copy()
        }
        try store.withWriter { try hub.replaceAll(in: $0) }
        return store
    }

    func putBack(devices: [LocalStore], hub: SQLiteStore?) {
        state.withLock { state in
            state.devices += devices
            if let hub { state.hubs.append(hub) }
        }
    }
}

/// The rows of a database.
private struct Contents {
    private var tables: [(name: String, rows: [[DatabaseValue]])] = []

    init(_ database: Database) throws {
        let names = try String.fetchAll(
            database, sql: "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        for name in names {
            let rows = try Row.fetchAll(database, sql: "SELECT * FROM \"\(name)\"")
            tables.append((name, rows.map { Array($0.databaseValues) }))
        }
    }

    /// Leaves these rows in a database with the same tables, and no others.
    func replaceAll(in database: Database) throws {
        try database.inTransaction {
            for (name, rows) in tables {
                try database.cachedStatement(sql: "DELETE FROM \"\(name)\"").execute()
                guard let width = rows.first?.count else { continue }
                let marks = Array(repeating: "?", count: width).joined(separator: ", ")
                let insert = try database.cachedStatement(
                    sql: "INSERT INTO \"\(name)\" VALUES (\(marks))")
                for row in rows { try insert.execute(arguments: StatementArguments(row)) }
            }
            return .commit
        }
    }
}
