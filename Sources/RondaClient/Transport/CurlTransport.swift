#if os(Linux) && canImport(CCurl)
    import CCurl
    import Dispatch
    import Synchronization

    /// HTTP/1.1 over the system's libcurl.
    ///
    /// **Guarantees.** One connection, kept alive and reused. Requests run one after another in the
    /// order they were made; use a second transport for a second connection. Nothing blocks the
    /// Swift concurrency pool. The only headers added are `Host`, `Accept-Encoding: gzip` and
    /// `Content-Length`: an empty request is about 100 bytes. TLS 1.2 or newer, checked against the
    /// system's certificates. Proxies are taken from the environment, except for a loopback server.
    ///
    /// **Limits.** An answer that grows past `maximumResponseBytes` once decompressed is cut off
    /// there, so a small compressed answer cannot fill the memory. An answer with neither
    /// `Content-Length` nor chunks ends where the connection does and cannot be told from one cut
    /// short, so it is `interrupted`.
    ///
    /// **Cancellation.** Prompt, both while waiting for a turn and in the middle of a transfer (the
    /// transfer is woken, not polled). A cancelled transfer costs its connection.
    ///
    /// **Cost.** One connection and, during a request, one thread.
    public final class CurlTransport: StreamingTransport {
        /// Everything libcurl does happens here: its calls block, and the cooperative pool has only
        /// as many threads as cores.
        private let queue = DispatchQueue(label: "ronda.transport.curl")
        /// Locked for a whole transfer, by `queue` only, so nobody ever waits for the lock.
        private let handle: Mutex<CurlHandle>
        private let waker: CurlWaker
        private let server: CurlServer
        private let maximumResponseBytes: Int

        /// - Parameters:
        ///   - server: The server's address, such as `https://ronda.example` or
        ///     `http://127.0.0.1:8080`. A path in it goes before the path of every request.
        ///   - pin: The fingerprint of the server's public key, `sha256//` and base64. With it that
        ///     key alone is taken, whoever signed the certificate and for whatever name.
        ///   - maximumResponseBytes: The largest answer accepted, decompressed.
        /// - Throws: `misconfigured` if the address is not an absolute http or https URL, or holds
        ///   a user, a query or a fragment. No connection is attempted.
        public init(
            server: String, pin: String? = nil, maximumResponseBytes: Int
        ) throws(TransportError) {
            guard Self.libraryStatus == CURLE_OK else {
                throw TransportError(.misconfigured, detail: "libcurl could not start")
            }
            self.server = try CurlServer(ServerAddress(server, pin: pin))
            self.maximumResponseBytes = maximumResponseBytes
            let handle = try CurlHandle()
            waker = handle.waker
            self.handle = Mutex(handle)
        }

        /// `curl_global_init` must run once, before any other call; a static is initialised once.
        private static let libraryStatus = curl_global_init(Int(CURL_GLOBAL_ALL))

        public func send(
            _ request: TransportRequest
        ) async throws(TransportError) -> TransportResponse {
            try await perform(request, sink: nil)
        }

        /// While the answer goes on, no other request gets its turn, and a thread is in use.
        public func stream(
            _ request: TransportRequest, receive: @escaping @Sendable ([UInt8]) -> Void
        ) async throws(TransportError) -> TransportResponse {
            try await perform(request, sink: receive)
        }

        private func perform(
            _ request: TransportRequest, sink: (@Sendable ([UInt8]) -> Void)?
        ) async throws(TransportError) -> TransportResponse {
            let flight = CurlFlight(waker: waker)
            let outcome = await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    guard flight.enqueue(continuation) else { return }
                    queue.async { self.run(request, flight, sink) }
                }
            } onCancel: {
                flight.cancel()
            }
            return try outcome.get()
        }

        private func run(
            _ request: TransportRequest, _ flight: CurlFlight,
            _ sink: (@Sendable ([UInt8]) -> Void)?
        ) {
            guard flight.start() else { return }
            let outcome = handle.withLock { handle in
                let answer = CurlAnswer(
                    flight: flight, maximumBodyBytes: maximumResponseBytes, sink: sink)
                do throws(TransportError) {
                    return CurlFlight.Outcome.success(
                        try handle.perform(request, to: server, into: answer))
                } catch {
                    return CurlFlight.Outcome.failure(error)
                }
            }
            flight.finish(outcome)
        }
    }

    /// One request's way through the queue, and who resumes its caller: whoever takes the
    /// continuation out of the state, always after the lock is released.
    final class CurlFlight: Sendable {
        typealias Outcome = Result<TransportResponse, TransportError>

        private struct State {
            var continuation: CheckedContinuation<Outcome, Never>?
            var isRunning = false
            var isCancelled = false
        }

        private let state = Mutex(State())
        private let waker: CurlWaker

        init(waker: CurlWaker) {
            self.waker = waker
        }

        var isCancelled: Bool { state.withLock { $0.isCancelled } }

        /// False, with the caller resumed, if the task was cancelled before it got here.
        func enqueue(_ continuation: CheckedContinuation<Outcome, Never>) -> Bool {
            let isCancelled = state.withLock { state in
                if !state.isCancelled { state.continuation = continuation }
                return state.isCancelled
            }
            if isCancelled { continuation.resume(returning: .failure(.cancelledByCaller)) }
            return !isCancelled
        }

        /// False if the request was cancelled while it waited: its caller has left.
        func start() -> Bool {
            state.withLock { state in
                state.isRunning = state.continuation != nil
                return state.isRunning
            }
        }

        func finish(_ outcome: Outcome) {
            takeContinuation()?.resume(returning: outcome)
        }

        /// Releases a request that waits for its turn; wakes one that runs, which then sees
        /// `isCancelled` and finishes by itself, so that no transfer outlives its caller.
        func cancel() {
            let isRunning = state.withLock { state in
                state.isCancelled = true
                return state.isRunning
            }
            if isRunning {
                waker.wake()
            } else {
                takeContinuation()?.resume(returning: .failure(.cancelledByCaller))
            }
        }

        private func takeContinuation() -> CheckedContinuation<Outcome, Never>? {
            state.withLock { $0.continuation.take() }
        }
    }
#endif
