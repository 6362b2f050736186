internal import RondaHub
internal import RondaModel
internal import RondaProtobuf

/// Takes bundles from whoever brings them. Who brings them is not known, so their number is bounded.
struct BundleDepot: Sendable {
    private let hub: Hub
    private let all: Throttle<Bool>
    private let bad: Throttle<String>

    init(hub: Hub, rates: Rates) {
        self.hub = hub
        all = Throttle(rates.bundles)
        bad = Throttle(rates.badBundles)
    }

    func deliver(
        _ bundle: WireBundle, from network: String
    ) async throws(HubError) -> WireBundleResponse {
        let now = hub.surroundings.now()
        if let wait = all.take(true, at: now) {
            throw HubError(.busy, "too many bundles", waitMilliseconds: wait)
        }
        do throws(HubError) {
            return try await hub.deliver(bundle)
        } catch {
            guard error.code == .badBundle || error.code == .wrongHub else { throw error }
            if let wait = bad.take(network, at: now) {
                throw HubError(.busy, "too many bad bundles", waitMilliseconds: wait)
            }
            throw error
        }
    }
}
