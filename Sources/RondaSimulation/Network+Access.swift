internal import RondaHub
internal import RondaModel
internal import RondaProtobuf
internal import RondaStore
internal import RondaStoreSQLite
internal import RondaWire
internal import SwiftProtobuf

/// Looks at every answer: whoever has no access is told nothing of the records, and nobody else is
/// told that it has none.
struct AccessWatch {
    private let register: Register
    private let device: RecordID?
    private let wasClosed: Bool

    init(_ register: Register, secret: [UInt8]?, store: SQLiteStore) async {
        self.register = register
        guard let secret, !register.isEmpty else {
            (device, wasClosed) = (nil, false)
            return
        }
        let hash = Secret.hash(secret)
        // A store that cannot be read answers nobody.
        device = try? await store.read { try $0.device(secretHash: hash)?.id }
        wasClosed = device.map(register.isClosed) ?? false
    }

    func answered(_ path: String) {
        if wasClosed { register.note("\(path) was answered to a device without access") }
    }

    func answered(_ question: WireExchangeRequest, with answer: WireExchangeResponse) {
        guard wasClosed else { return }
        if !question.pushOnly { return answered("an exchange") }
        if !answer.streams.isEmpty { register.note("a device without access was told records") }
    }

    func refused(_ code: HubError.Code) {
        guard let device, code == .revoked, !wasClosed, !register.isClosed(device) else { return }
        register.note("a device that has access was told that it has none")
    }
}

extension Network {
    func take(_ bundle: WireBundle, _ hub: Hub, _ bug: PlantedBug?) async throws -> [UInt8] {
        let answer = try await hub.deliver(bundle)
        if bug == .bundleTwice, answer.known { try await applyAgain(by: hub) }
        return try answer.serializedBytes()
    }

    /// Adds the last thing that a device has captured once more, as its own.
    private func applyAgain(by hub: Hub) async throws {
        let last = try await store.read { store in
            var last: JournalEntry?
            for device in try store.devices() where !device.secretHash.isEmpty {
                try store.journal(of: device.id) { if !$0.isRedacted { last = $0 } }
            }
            return last
        }
        guard let last else { return }
        let commit = try WireCommit(serializedBytes: last.commit).model(schema: hub.schema)
        _ = try await hub.submitAsSystem([commit.changes])
    }
}
