internal import Logging
internal import RondaModel
internal import RondaStore

/// Requests that are refused because of who asks: the office is to see that a stolen device is still
/// tried, or that somebody guesses.
extension Hub {
    /// Notes in the audit that a credential was no good, now and then.
    /// - Returns: the error to throw.
    func noted(_ error: any Error, secretHash: [UInt8]) async -> HubError {
        let error = HubError(error)
        guard error.code == .revoked || error.code == .badCredential else { return error }
        do {
            let now = surroundings.now()
            let device = try await store.read { try $0.device(secretHash: secretHash)?.id }
            let count =
                device.map { deviceRefusals.count($0.description, at: now) }
                ?? refusalNotes.count(AuditAct.deviceRefuse.rawValue, at: now)
            guard let count else { return error }
            try await store.write {
                try $0.append(
                    AuditEntry(
                        at: now, actor: AuditEntry.nobody, act: .deviceRefuse,
                        subject: device?.description ?? "",
                        detail: "\(error.code.rawValue); \(count) since the last note"))
            }
        } catch {
            // Who asks is refused all the same, and for the reason that it was.
            logger.error("a refusal cannot be noted", metadata: ["error": "\(error)"])
        }
        return error
    }
}
