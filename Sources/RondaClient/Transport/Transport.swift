/// One request out, one answer back: all that synchronisation needs from a network.
///
/// **Guarantees.** An answer is returned whole or not at all. Any status is an answer, `500`
/// included; only the absence of a usable answer is an error. Redirects are answers too: they are
/// never followed, because a token must not travel to a server nobody configured.
///
/// **Delivery.** An error does not say whether the server acted on the request. Even a success may
/// stand for two deliveries, since HTTP stacks resend on a fresh connection when a reused one dies
/// before the first byte of the answer. Whatever is sent must therefore be safe to receive twice.
///
/// **Cost.** The request and the answer are held in memory.
///
/// **Cancellation.** Cancelling the calling task aborts the transfer and throws ``TransportError``
/// with the code `cancelled`.
public protocol Transport: Sendable {
    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse
}

/// What to ask of the server. The server's address belongs to the transport.
public struct TransportRequest: Sendable {
    /// An upper-case HTTP method: `GET`, `POST`.
    public var method: String
    /// The absolute path with its query, already percent-encoded: `/v1/exchange`.
    public var path: String
    /// Sent in this order and as given. Names are not repeated by the transport.
    public var headers: [(name: String, value: String)]
    /// Sent as is; a transport does not compress. May be empty.
    public var body: [UInt8]
    /// Longest duration of the whole transfer, connecting included, in seconds. More than zero.
    public var timeoutSeconds: Double

    public init(
        method: String,
        path: String,
        headers: [(name: String, value: String)] = [],
        body: [UInt8] = [],
        timeoutSeconds: Double = 30
    ) {
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.timeoutSeconds = timeoutSeconds
    }
}

/// What the server said.
public struct TransportResponse: Sendable, Hashable {
    /// The HTTP status code.
    public var status: Int
    /// By lower-case name; a repeated header is joined with `", "` (RFC 9110 §5.3).
    /// `content-length` and `content-encoding` describe the answer as it travelled.
    public var headers: [String: String]
    /// Already decompressed.
    public var body: [UInt8]

    /// What the request and the answer cost on the wire; zero where the transport cannot tell.
    public var traffic: Traffic

    public init(
        status: Int, headers: [String: String] = [:], body: [UInt8] = [],
        traffic: Traffic = Traffic()
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.traffic = traffic
    }
}

/// Why there is no answer.
///
/// `detail` is for logs: it may name the server and the port, never a header, a body or a token.
public struct TransportError: Error, Sendable, Hashable {
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// No connection: no network, no such host, nobody listening, or a handshake cut short.
        case unreachable
        /// ``TransportRequest/timeoutSeconds`` passed, or connecting alone took too long.
        case timedOut
        /// The connection was cut, or what came over it was damaged, before the answer was whole.
        case interrupted
        /// The server could not prove who it is, or no common TLS version was found.
        case insecure
        /// The server's key is not the one that was pinned.
        case keyChanged
        /// The answer, decompressed, is larger than this transport accepts.
        case responseTooLarge
        /// The calling task was cancelled.
        case cancelled
        /// The address or the request cannot be used, or no HTTP server is at that address.
        case misconfigured
    }

    public let code: Code
    public let detail: String

    public init(_ code: Code, detail: String) {
        self.code = code
        self.detail = detail
    }

    /// Whether the same request may succeed later with nobody changing anything.
    public var isRetryable: Bool {
        switch code {
        case .unreachable, .timedOut, .interrupted: true
        case .insecure, .keyChanged, .responseTooLarge, .cancelled, .misconfigured: false
        }
    }
}

/// Bytes on the wire, headers included: what a mobile plan is billed for.
public struct Traffic: Sendable, Hashable {
    public var sentBytes: Int
    public var receivedBytes: Int

    public init(sentBytes: Int = 0, receivedBytes: Int = 0) {
        self.sentBytes = sentBytes
        self.receivedBytes = receivedBytes
    }
}
