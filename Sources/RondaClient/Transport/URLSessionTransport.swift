#if !os(Linux) && canImport(Darwin)
    import Foundation

    /// HTTP over the system's `URLSession`, for Apple platforms.
    ///
    /// Connections, HTTP versions, proxies, certificates and decompression are the system's.
    /// Nothing is cached and no cookie is kept. `maximumResponseBytes` counts decompressed bytes,
    /// and stops the transfer when passed. Requests may run at the same time.
    ///
    /// **Time.** ``TransportRequest/timeoutSeconds`` bounds each silence of the server, which is
    /// all `URLRequest` offers, and while the answer comes, roughly, the whole duration too.
    ///
    /// **Cancellation.** Prompt: the session's task is cancelled with the calling task.
    public final class URLSessionTransport: StreamingTransport {
        private let session: URLSession
        private let base: String
        private let maximumResponseBytes: Int

        /// - Throws: `misconfigured` if the address is not an absolute http or https URL, or holds
        ///   a user, a query or a fragment. No connection is attempted.
        public init(
            server: String, pin: String? = nil, maximumResponseBytes: Int
        ) throws(TransportError) {
            guard pin == nil else {
                throw TransportError(
                    .misconfigured, detail: "fingerprints are not supported on this system")
            }
            guard let url = URLComponents(string: server), url.host?.isEmpty == false,
                ["http", "https"].contains(url.scheme?.lowercased()),
                url.user == nil, url.password == nil, url.query == nil, url.fragment == nil
            else {
                throw TransportError(
                    .misconfigured, detail: "the server's address is not a plain http or https URL")
            }
            var base = server
            while base.hasSuffix("/") { base.removeLast() }
            self.base = base
            self.maximumResponseBytes = maximumResponseBytes
            let configuration = URLSessionConfiguration.ephemeral
            configuration.urlCache = nil
            configuration.httpShouldSetCookies = false
            configuration.httpCookieAcceptPolicy = .never
            session = URLSession(configuration: configuration)
        }

        deinit {
            session.finishTasksAndInvalidate()
        }

        public func send(
            _ request: TransportRequest
        ) async throws(TransportError) -> TransportResponse {
            let call = try urlRequest(request)
            return try await Self.mapping {
                try await receive(call, within: request.timeoutSeconds)
            }
        }

        /// The system's own timeout bounds each silence here, not the connecting alone: the caller,
        /// who knows how long a silence may be, ends it first.
        public func stream(
            _ request: TransportRequest, receive: @escaping @Sendable ([UInt8]) -> Void
        ) async throws(TransportError) -> TransportResponse {
            var call = try urlRequest(request)
            call.timeoutInterval = Self.longestSilenceSeconds
            return try await Self.mapping { try await self.follow(call, receive: receive) }
        }

        private static let longestSilenceSeconds: Double = 600

        private func follow(
            _ call: URLRequest, receive: @Sendable ([UInt8]) -> Void
        ) async throws -> TransportResponse {
            let (bytes, head) = try await session.bytes(for: call, delegate: RedirectRefusal())
            guard let head = head as? HTTPURLResponse else {
                throw TransportError(.misconfigured, detail: "no HTTP server at this address")
            }
            var piece: [UInt8] = []
            for try await byte in bytes {
                piece.append(byte)
                if head.statusCode == 200 {
                    // The system hands over byte by byte; a line is what a reader can use.
                    guard byte == UInt8(ascii: "\n") || piece.count >= 4096 else { continue }
                    receive(piece)
                    piece.removeAll(keepingCapacity: true)
                } else if piece.count > maximumResponseBytes {
                    bytes.task.cancel()
                    throw TransportError(
                        .responseTooLarge, detail: "body larger than \(maximumResponseBytes) bytes")
                }
            }
            if head.statusCode == 200 { receive(piece) }
            return TransportResponse(
                status: head.statusCode, headers: Self.headers(of: head),
                body: head.statusCode == 200 ? [] : piece)
        }

        private static func headers(of head: HTTPURLResponse) -> [String: String] {
            var headers: [String: String] = [:]
            for (name, value) in head.allHeaderFields {
                headers["\(name)".lowercased()] = "\(value)"
            }
            return headers
        }

        private static func mapping(
            _ body: () async throws -> TransportResponse
        ) async throws(TransportError) -> TransportResponse {
            do {
                return try await body()
            } catch let error as TransportError {
                throw error
            } catch let error as URLError {
                throw TransportError(error)
            } catch is CancellationError {
                throw TransportError(.cancelled, detail: "cancelled by the caller")
            } catch {
                throw TransportError(.interrupted, detail: "unexpected error from URLSession")
            }
        }

        private func receive(
            _ call: URLRequest, within seconds: Double
        ) async throws -> TransportResponse {
            let clock = ContinuousClock()
            let deadline = clock.now + .seconds(seconds)
            let (bytes, head) = try await session.bytes(for: call, delegate: RedirectRefusal())
            guard let head = head as? HTTPURLResponse else {
                throw TransportError(.misconfigured, detail: "no HTTP server at this address")
            }
            var body: [UInt8] = []
            for try await byte in bytes {
                guard body.count < maximumResponseBytes else {
                    bytes.task.cancel()
                    throw TransportError(
                        .responseTooLarge, detail: "body larger than \(maximumResponseBytes) bytes")
                }
                body.append(byte)
                if body.count.isMultiple(of: 4096), clock.now > deadline {
                    bytes.task.cancel()
                    throw TransportError(.timedOut, detail: "the answer took too long")
                }
            }
            return TransportResponse(
                status: head.statusCode, headers: Self.headers(of: head), body: body)
        }

        private func urlRequest(
            _ request: TransportRequest
        ) throws(TransportError) -> URLRequest {
            let texts = request.headers.flatMap { [$0.name, $0.value] } + [request.path]
            guard request.path.hasPrefix("/"), request.timeoutSeconds > 0,
                !texts.contains(where: { $0.utf8.contains { $0 < 32 || $0 == 127 } }),
                let url = URL(string: base + request.path)
            else {
                throw TransportError(.misconfigured, detail: "the request cannot be sent")
            }
            var call = URLRequest(
                url: url, cachePolicy: .reloadIgnoringLocalCacheData,
                timeoutInterval: request.timeoutSeconds)
            call.httpMethod = request.method
            for header in request.headers {
                call.addValue(header.value, forHTTPHeaderField: header.name)
            }
            if !request.body.isEmpty { call.httpBody = Data(request.body) }
            return call
        }
    }

    /// Makes a redirect the answer, as ``Transport`` promises.
    private final class RedirectRefusal: NSObject, URLSessionTaskDelegate {
        func urlSession(
            _ session: URLSession,
            task: URLSessionTask,
            willPerformHTTPRedirection response: HTTPURLResponse,
            newRequest request: URLRequest,
            completionHandler: @escaping @Sendable (URLRequest?) -> Void
        ) {
            completionHandler(nil)
        }
    }

    extension TransportError {
        fileprivate init(_ error: URLError) {
            let code: Code =
                switch error.code {
                case .cancelled: .cancelled
                case .timedOut: .timedOut
                case .cannotFindHost, .cannotConnectToHost, .dnsLookupFailed,
                    .notConnectedToInternet, .internationalRoamingOff, .callIsActive,
                    .dataNotAllowed:
                    .unreachable
                case .secureConnectionFailed, .serverCertificateUntrusted,
                    .serverCertificateHasBadDate, .serverCertificateHasUnknownRoot,
                    .serverCertificateNotYetValid, .clientCertificateRejected,
                    .clientCertificateRequired, .appTransportSecurityRequiresSecureConnection:
                    .insecure
                case .badURL, .unsupportedURL: .misconfigured
                case .dataLengthExceedsMaximum: .responseTooLarge
                default: .interrupted
                }
            // Not `localizedDescription`: it follows the device's language and may hold the URL.
            self.init(code, detail: "URLSession error \(error.code.rawValue)")
        }
    }
#endif
