internal import Foundation

/// Where a server is, and how it proves who it is.
public struct ServerAddress: Sendable, Hashable {
    /// Such as `https://ronda.example` or `http://127.0.0.1:8080`.
    public let url: String
    /// The fingerprint of its public key, `sha256//` and base64. With one, that key and no other is
    /// taken, whoever signed its certificate; without one, the system's authorities decide.
    public let pin: String?

    public init(_ url: String, pin: String? = nil) {
        self.url = url
        self.pin = pin
    }

    /// The pin, if `other` is this very address.
    package func pin(at other: String) -> String? {
        func plain(_ url: String) -> String {
            let trimmed = url.trimmingCharacters(in: .whitespaces).lowercased()
            return trimmed.hasSuffix("/") ? String(trimmed.dropLast()) : trimmed
        }
        return plain(other) == plain(url) ? pin : nil
    }

    /// Whether anybody on the way could read what is sent: HTTP beyond this machine.
    public var isExposed: Bool {
        guard let parts = URLComponents(string: url), let host = parts.host,
            parts.scheme?.lowercased() == "http"
        else { return false }
        let name = host.lowercased()
        let isLoopback =
            name == "localhost" || name == "[::1]" || name == "::1"
            || (name.hasPrefix("127.") && name.allSatisfy { $0.isNumber || $0 == "." })
        return !isLoopback
    }

    /// Why the two cannot be used together; `nil` when they can.
    public var problem: TransportError? {
        guard let pin else { return nil }
        guard url.lowercased().hasPrefix("https://") else {
            return TransportError(
                .misconfigured, detail: "a fingerprint needs an https address")
        }
        let isPin =
            pin.hasPrefix("sha256//")
            && Data(base64Encoded: String(pin.dropFirst("sha256//".count)))?.count == 32
        return isPin
            ? nil
            : TransportError(
                .misconfigured, detail: "a fingerprint is sha256// and 32 bytes in base64")
    }
}
