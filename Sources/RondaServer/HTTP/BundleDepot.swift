internal import RondaHub
internal import RondaModel
internal import RondaProtobuf

/// Takes bundles from whoever brings them. Who brings them is not known, so their number is bounded:
/// what one network may have opened, and what may be applied of those that are a device's. Rubbish
/// costs others nothing.
struct BundleDepot: Sendable {
    private let hub: Hub
    private let all: Throttle<Bool>
    private let networks: Throttle<String>
    private let bad: Throttle<String>

    init(hub: Hub, rates: Rates) {
        self.hub = hub
        all = Throttle(rates.bundles)
        networks = Throttle(rates.bundles)
        bad = Throttle(rates.badBundles)
    }

    func deliver(
        _ bundle: WireBundle, from network: String
    ) async throws(HubError) -> WireBundleResponse {
        let now = hub.surroundings.now()
        if let wait = networks.take(network, at: now) {
            throw HubError(.busy, "too many bundles of one network", waitMilliseconds: wait)
        }
        do throws(HubError) {
            return try await hub.deliver(bundle) { () throws(HubError) in
                if let wait = all.take(true, at: now) {
                    throw HubError(.busy, "too many bundles", waitMilliseconds: wait)
                }
            }
        } catch {
            guard error.code == .badBundle || error.code == .wrongHub else { throw error }
            if let wait = bad.take(network, at: now) {
                throw HubError(.busy, "too many bad bundles", waitMilliseconds: wait)
            }
            throw error
        }
    }
}
