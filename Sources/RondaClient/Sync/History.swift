internal import Foundation
internal import GRDB
internal import RondaModel
internal import RondaProtobuf
internal import RondaSQLite
internal import RondaWire

/// What a device does when the hub's history or its own is not what it was: everything that was
/// captured is offered again where it is missing, and nothing twice.
struct History {
    let database: Database
    private let outbox: Outbox
    private let facts: Facts

    init(database: Database) {
        self.database = database
        outbox = Outbox(database: database)
        facts = Facts(database: database)
    }

    /// The hub is not what it was: this identity's commits are offered again, whatever it has of them.
    func rewind(of identity: Int64) throws { try showOn(try outbox.rewind(of: identity)) }

    /// What the hub has lost of the commits after this one, and of which an erasure has left only a
    /// part, is offered as commits of their own.
    func offerRest(after number: UInt64, of identity: Int64) throws {
        try showOn(try outbox.offerRest(after: number, of: identity))
    }

    /// What these commits wrote is own work again.
    private func showOn(_ rewound: [Outbox.Rewound]) throws {
        let reader = LocalReader(database)
        let writer = RowWriter(database: database)
        for one in rewound {
            // What somebody else has now is not shown here again.
            let handedOver = Set(one.verdict.handovers.map(\.record))
            for change in one.entry.commit.changes where !handedOver.contains(change.record) {
                let entity = try LocalReader.table(change.entity).entity
                guard let row = try reader.row(entity.id, change.record) else { continue }
                if change.base == 0 {
                    // Made here: if the hub refuses it this time, it goes to the tray.
                    try writer.setFlags(entity, row.id) { $0.union(.local) }
                }
                // What is shown was the hub's word and is to be told anew; until then it stands.
                for number in change.touchedFields {
                    guard let position = entity.position(ofNumber: number) else { continue }
                    try writer.addShadow(
                        row.id, number, row.values[position], base: change.base)
                }
            }
        }
    }

    /// Another history of the hub: every position in it means something else.
    func enter(epoch: [UInt8]) throws {
        let isFirst = try facts.bytes(.epoch) == nil
        try facts.set(.epoch, epoch)
        if !isFirst { try forgetStreams() }
    }

    /// Every stream is read anew; what none of them tells again is gone.
    func forgetStreams() throws {
        try Standing(database: database).doubt()
        try database.execute(sql: "DELETE FROM cursor")
        try facts.remove(.assignment)
        try facts.remove(.ahead)
        try facts.set(.areRowsDoubtful, number: 1)
    }

    /// The store goes on as another device; what has no verdict is sealed anew. `epoch` is the
    /// history under which the old identity was last in order; up to `number` the hub has its commits.
    func take(
        device: RecordID, secret: [UInt8], before epoch: [UInt8], above number: UInt64,
        isCopy: Bool
    ) throws {
        guard let present = try facts.identity(), let old = try facts.bytes(.secret) else {
            throw LocalStore.notLoggedIn
        }
        try facts.put(
            PastIdentity(
                identity: present.ordinal, device: present.device, secret: old,
                epoch: epoch,
                receipt: try facts.bytes(.receipt) ?? [], isShared: isCopy))
        try facts.set(.device, device.bytes)
        try facts.set(.secret, secret)
        try facts.set(.identity, number: present.ordinal + 1)
        try facts.remove(.nextSecret)
        try facts.remove(.receipt)
        try facts.remove(.copies)
        try facts.remove(.heard)
        if !isCopy { try facts.set(.isCutUntold, number: 1) }
        try outbox.move(from: present.ordinal, to: present.ordinal + 1, above: number)
    }

    /// The secret for the identity to come: the same one when the answer was lost.
    func nextSecret(random: () -> UInt64) throws -> [UInt8] {
        if let kept = try facts.bytes(.nextSecret) { return kept }
        let secret = (0..<4).flatMap { _ in withUnsafeBytes(of: random(), Array.init) }
        try facts.set(.nextSecret, secret)
        return secret
    }
}
