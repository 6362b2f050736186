#if os(Linux) && canImport(CCurl)
    import CCurl

    /// A server's address, checked once by libcurl's own URL parser so that both always agree.
    struct CurlServer: Sendable, Hashable {
        /// Without a final slash: a request's path is appended to it.
        let base: String
        /// A proxy cannot reach this machine's own loopback, whatever the environment says.
        let isLoopback: Bool
        /// `nil` where the system's authorities decide.
        let pin: String?

        init(_ server: ServerAddress) throws(TransportError) {
            if let problem = server.problem { throw problem }
            pin = server.pin
            let address = server.url
            guard let url = curl_url() else { throw .outOfMemory }
            defer { curl_url_cleanup(url) }
            guard curl_url_set(url, CURLUPART_URL, address, 0) == CURLUE_OK,
                let scheme = Self.part(CURLUPART_SCHEME, of: url),
                let host = Self.part(CURLUPART_HOST, of: url), !host.isEmpty,
                scheme == "http" || scheme == "https"
            else {
                throw TransportError(
                    .misconfigured, detail: "the server's address is not an http or https URL")
            }
            // A user in the address would be sent as a header the caller never asked for.
            for extra in [CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT]
            where Self.part(extra, of: url) != nil {
                throw TransportError(
                    .misconfigured,
                    detail: "the server's address has a user, a query or a fragment")
            }
            guard var base = Self.part(CURLUPART_URL, of: url) else { throw .outOfMemory }
            while base.hasSuffix("/") { base.removeLast() }
            self.base = base
            isLoopback =
                host == "localhost" || host == "[::1]"
                || (host.hasPrefix("127.") && host.allSatisfy { $0.isNumber || $0 == "." })
        }

        private static func part(_ part: CURLUPart, of url: OpaquePointer) -> String? {
            var text: UnsafeMutablePointer<CChar>?
            guard curl_url_get(url, part, &text, 0) == CURLUE_OK, let text else { return nil }
            defer { curl_free(text) }
            return String(cString: text)
        }
    }

    extension TransportRequest {
        /// Whether to send a body, which for these methods may be an empty one.
        var hasBody: Bool { !body.isEmpty || ["POST", "PUT", "PATCH"].contains(method) }

        /// At least one, because libcurl reads zero as "for ever".
        var timeoutMilliseconds: Int {
            Int(min(max(timeoutSeconds * 1000, 1), Double(Int32.max)))
        }

        /// libcurl writes what it is given: a line break in a header would become another header.
        func validate() throws(TransportError) {
            func isPrintable(_ text: String) -> Bool {
                text.utf8.allSatisfy { $0 >= 32 && $0 != 127 }
            }
            let problem: String? =
                if method.isEmpty || !method.utf8.allSatisfy({ (65...90).contains($0) }) {
                    "the method is not a word of capitals"
                } else if !path.hasPrefix("/") || !isPrintable(path) || path.contains(" ") {
                    "the path does not start with a slash, or has blanks in it"
                } else if !headers.allSatisfy({ isPrintable($0.value) && Self.isToken($0.name) }) {
                    "a header has a name or a value that cannot be sent"
                } else if !(timeoutSeconds > 0) {
                    "the timeout is not more than zero"
                } else {
                    nil
                }
            if let problem { throw TransportError(.misconfigured, detail: problem) }
        }

        /// RFC 9110 §5.6.2, which is what a header's name may be.
        private static func isToken(_ text: String) -> Bool {
            !text.isEmpty
                && text.utf8.allSatisfy { byte in
                    (48...57).contains(byte) || (65...90).contains(byte)
                        || (97...122).contains(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
        }
    }
#endif
