internal import Foundation
internal import GRDB
public import RondaModel
internal import RondaSQLite

/// Whose device this is.
public struct DeviceIdentity: Sendable, Hashable {
    public let device: RecordID
    public let account: RecordID
    public let accountName: String
    public let role: Role
    public let hub: RecordID
    /// The address of the server, as given at login.
    public let server: String

    package init(
        device: RecordID, account: RecordID, accountName: String, role: Role, hub: RecordID,
        server: String
    ) {
        self.device = device
        self.account = account
        self.accountName = accountName
        self.role = role
        self.hub = hub
        self.server = server
    }
}

/// The device's few single facts, by name.
struct Facts {
    enum Name: String {
        case device, account, accountName, role, hub, server, secret, pendingSecret, epoch, schema
        /// The last outbox row that has its verdict.
        case settled
        case lastSync, clockOffset
    }

    let database: Database

    func bytes(_ name: Name) throws -> [UInt8]? {
        let statement = try database.prepared("SELECT value FROM fact WHERE name = ?")
        statement.bind(1, name.rawValue)
        defer { statement.reset() }
        return try statement.step() ? statement.bytes(0) : nil
    }

    func text(_ name: Name) throws -> String? {
        try bytes(name).map { String(decoding: $0, as: UTF8.self) }
    }

    func number(_ name: Name) throws -> Int64? {
        try text(name).flatMap { Int64($0) }
    }

    func set(_ name: Name, _ bytes: [UInt8]) throws {
        let statement = try database.prepared(
            """
            INSERT INTO fact(name, value) VALUES (?, ?)
            ON CONFLICT(name) DO UPDATE SET value = excluded.value
            """)
        statement.bind(1, name.rawValue)
        statement.bind(2, bytes)
        try statement.run()
    }

    func set(_ name: Name, text: String) throws { try set(name, Array(text.utf8)) }
    func set(_ name: Name, number: Int64) throws { try set(name, text: String(number)) }

    func remove(_ name: Name) throws {
        let statement = try database.prepared("DELETE FROM fact WHERE name = ?")
        statement.bind(1, name.rawValue)
        try statement.run()
    }

    func identity() throws -> DeviceIdentity? {
        guard let device = try bytes(.device).flatMap({ RecordID(bytes: $0) }),
            let account = try bytes(.account).flatMap({ RecordID(bytes: $0) }),
            let hub = try bytes(.hub).flatMap({ RecordID(bytes: $0) }),
            let role = try text(.role).flatMap(Role.init), let server = try text(.server)
        else { return nil }
        return DeviceIdentity(
            device: device, account: account, accountName: try text(.accountName) ?? "",
            role: role, hub: hub, server: server)
    }
}
