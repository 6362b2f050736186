internal import Foundation
internal import RondaModel
internal import RondaStore

extension Hub {
    /// Lets a device listen for scopes that move. The first mail tells the heads of all the scopes it
    /// sees, from a snapshot taken after this call, so that nothing is lost between an exchange and
    /// the stream.
    ///
    /// Mail comes while `live.run` runs. Who stops reading calls `live.leave`.
    package func listen(secret: [UInt8]) async throws(HubError) -> LiveListener {
        let hash = Secret.hash(secret)
        let credential = Credential.secret(hash: hash, claimed: Data())
        let device: RecordID
        do {
            let now = surroundings.now()
            device = try await store.read { try credential.login(in: $0, at: now).device.id }
        } catch {
            throw await noted(error, secretHash: hash)
        }
        return try live.join(credential, device: device)
    }
}
