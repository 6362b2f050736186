internal import Foundation
internal import RondaModel
package import RondaProtobuf
internal import RondaStore
internal import RondaWire

/// What a device sent by somebody else's hand.
extension Hub {
    /// Takes a bundle in. Whoever carries it needs no credential: it is the device's, and believed
    /// because of its mark. Safe to repeat, before and after the device has sent the same itself.
    ///
    /// - Parameter admit: asked once it is known to be a device's, and before any of it is applied.
    package func deliver(
        _ bundle: WireBundle, admit: () throws(HubError) -> Void = {}
    ) async throws(HubError) -> WireBundleResponse {
        do throws(HubError) {
            let answer = try await take(bundle, admit)
            if answer.known { try await note(.bundle, "known already") }
            return answer
        } catch {
            if [.badBundle, .wrongHub, .notNext].contains(error.code) {
                try await note(.bundleRefuse, error.code.rawValue)
            }
            throw error
        }
    }

    private func take(
        _ bundle: WireBundle, _ admit: () throws(HubError) -> Void
    ) async throws(HubError) -> WireBundleResponse {
        let (hub, limits) = (try await identity(), limits)
        guard bundle.hub == Data(hub.id.bytes) else { throw HubError(.wrongHub) }
        let opened: BundleSeal.Opened
        do throws(BundleSeal.Problem) {
            opened = try BundleSeal.open(
                bundle, hub: hub.id, seed: hub.key, mostBytes: limits.inflatedRequestBytes)
        } catch {
            throw error == .tooLarge
                ? HubError(.tooLarge, "more than \(limits.inflatedRequestBytes) bytes once opened")
                : HubError(.badBundle)
        }
        let request = opened.request
        // Anybody can seal one. Which ids are a device's is not told, nor by how long it takes.
        let sender = try await device(opened.device)
        let isWritten = opened.isWritten(bySecretHash: sender?.secretHash ?? Secret.hash([]))
        guard let sender, isWritten else { throw HubError(.badBundle) }
        try admit()
        // Only what a past id may send, so that nothing but commits comes in by another's hand.
        guard request.pushOnly, request.cursors.isEmpty, request.tray.isEmpty,
            request.open.isEmpty, request.erased.isEmpty, !request.hasProof,
            !request.commits.isEmpty, request.deviceTimeMs == 0
        else { throw HubError(.badBundle, "the bundle holds more than commits") }
        guard request.epoch.isEmpty || request.epoch == Data(hub.epochBytes) else {
            throw HubError(.notNext, "written in another history")
        }
        let pushed = try await carry(request, from: sender.id)
        let last = request.commits.last?.number ?? 0
        guard pushed.forkedAt == 0, request.commits[0].number <= pushed.lastNumber else {
            throw HubError(.notNext, "the server has commits up to \(pushed.lastNumber)")
        }
        guard pushed.verdicts.count == request.commits.count else {
            throw HubError(.fault, "not every commit was judged")
        }
        var response = WireBundleResponse()
        response.receivedAtMs = surroundings.now().milliseconds
        response.commits = UInt32(clamping: request.commits.count)
        response.known = sender.lastNumber >= last
        return response
    }

    private func identity() async throws(HubError) -> HubIdentity {
        do { return try await store.read { try $0.hub() } } catch { throw HubError(error) }
    }

    private func device(_ id: RecordID) async throws(HubError) -> Device? {
        do { return try await store.read { try $0.device(id) } } catch { throw HubError(error) }
    }

    /// What anybody can repeat at will is noted now and then.
    private func note(_ act: AuditAct, _ what: String) async throws(HubError) {
        let now = surroundings.now()
        guard let count = refusalNotes.count(act.rawValue, at: now) else { return }
        do {
            try await store.write {
                try $0.append(
                    AuditEntry(
                        at: now, actor: AuditEntry.nobody, act: act,
                        detail: "\(what); \(count) since the last note"))
            }
        } catch {
            throw HubError(error)
        }
    }
}
