internal import Foundation
internal import RondaModel
internal import RondaStore
internal import Synchronization

/// Keeps one device or one account from taking the server for itself. Nobody is judged by the
/// address they come from: a whole office, or a whole country, may share one.
package final class RequestLimiter: Sendable {
    private let hub: Hub
    private let devices: Throttle<[UInt8]>
    private let accounts: Throttle<RecordID>
    /// Whose device a secret belongs to, by the secret's hash; that never changes.
    private let owners = Mutex<[[UInt8]: RecordID]>([:])
    private static let mostOwners = 100_000

    package init(hub: Hub, device: Rate, account: Rate) {
        self.hub = hub
        devices = Throttle(device)
        accounts = Throttle(account)
    }

    /// Counts a request of the device with this secret. A secret that nobody has is not counted:
    /// its request is refused as such.
    /// - Throws: `HubError` with code `busy` and the time to wait.
    package func admit(_ secret: [UInt8]) async throws(HubError) {
        let hash = Secret.hash(secret)
        guard let account = try await owner(hash) else { return }
        let now = hub.surroundings.now()
        if let wait = devices.take(hash, at: now) {
            throw HubError(.busy, "too many requests of the device", waitMilliseconds: wait)
        }
        if let wait = accounts.take(account, at: now) {
            throw HubError(.busy, "too many requests of the account", waitMilliseconds: wait)
        }
    }

    private func owner(_ hash: [UInt8]) async throws(HubError) -> RecordID? {
        if let known = owners.withLock({ $0[hash] }) { return known }
        do {
            let found = try await hub.store.read { try $0.device(secretHash: hash)?.account }
            guard let found else { return nil }
            owners.withLock { owners in
                if owners.count >= Self.mostOwners { owners.removeAll(keepingCapacity: true) }
                owners[hash] = found
            }
            return found
        } catch {
            throw HubError(error)
        }
    }
}
