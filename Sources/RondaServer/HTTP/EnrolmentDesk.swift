internal import RondaHub
internal import RondaModel
internal import RondaProtobuf

/// Takes codes from people who have nothing else yet.
///
/// What keeps a code from being guessed is in the hub, code by code. Here only load is kept away: a
/// wrong code is never answered at once, and a network that keeps sending wrong ones is told to
/// wait. A right code is always heard, so that a whole office behind one address can enrol while
/// somebody beside it guesses.
struct EnrolmentDesk: Sendable {
    private let hub: Hub
    private let wrongCodes: Throttle<String>

    init(hub: Hub, wrongCodes: Rate) {
        self.hub = hub
        self.wrongCodes = Throttle(wrongCodes)
    }

    func enrol(
        _ request: WireEnrolRequest, from network: String
    ) async throws(HubError) -> WireEnrolResponse {
        let clock = ContinuousClock()
        let earliest = clock.now + .milliseconds(hub.limits.wrongCodeMilliseconds)
        do throws(HubError) {
            return try await hub.enrol(request, secret: nil)
        } catch {
            guard error.code == .badCode else { throw error }
            // How long it took must not tell whether half of the code was right. Who hangs up
            // meanwhile gets no answer anyway.
            try? await clock.sleep(until: earliest)
            if let wait = wrongCodes.take(network, at: hub.surroundings.now()) {
                throw HubError(.busy, "too many wrong codes", waitMilliseconds: wait)
            }
            throw error
        }
    }
}
