internal import RondaHub
internal import RondaModel
internal import RondaStore

/// How far a restored hub has got back what its backup lacked.
struct Recovery: Sendable {
    let generation: UInt64
    /// Whether the store was ever restored, or found that it was set back.
    let isRenewed: Bool
    let isRecovering: Bool
    /// The devices that were here before and have not offered again.
    let missing: [Device]
    /// Commits that wait for what such a device may bring.
    let waiting: Int

    static func of(
        _ store: any CentralStore, at now: Instant = Surroundings.system.now()
    ) async throws -> Recovery {
        try await store.read { store in
            let hub = try store.hub()
            let missing =
                !hub.isRenewed
                ? []
                : try store.devices().filter {
                    $0.epoch != hub.epoch && $0.lastSeen != nil && !$0.secretHash.isEmpty
                        && $0.hasAccess(at: now)
                }
            return Recovery(
                generation: hub.generation, isRenewed: hub.isRenewed,
                isRecovering: try store.isRecovering(at: now),
                missing: missing, waiting: try store.counts().waiting)
        }
    }
}
