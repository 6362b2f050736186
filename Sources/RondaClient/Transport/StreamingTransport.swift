/// A transport that can also keep an answer open and hand over its bytes as they come.
///
/// **Guarantees.** Bytes of an answer with status 200 are handed over in order, each once, as soon
/// as they are here. Any other answer comes whole, as from ``Transport/send(_:)``.
///
/// **Time.** ``TransportRequest/timeoutSeconds`` bounds the connecting only: how long a silence may
/// be is for the caller to know, who ends it by cancelling.
///
/// **Cancellation.** As for ``Transport/send(_:)``.
public protocol StreamingTransport: Transport {
    /// Returns when the server ends the answer; the body of one with status 200 is then empty.
    ///
    /// - Parameter receive: called with one piece after another, never two at a time, and not after
    ///   the return. The transfer waits for it, so nothing piles up.
    func stream(
        _ request: TransportRequest, receive: @escaping @Sendable ([UInt8]) -> Void
    ) async throws(TransportError) -> TransportResponse
}
