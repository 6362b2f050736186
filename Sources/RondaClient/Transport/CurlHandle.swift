#if os(Linux) && canImport(CCurl)
    import CCurl

    /// One libcurl easy handle, driven by a multi handle of its own: `curl_easy_perform` notices a
    /// cancellation up to a second late, while a multi handle can be woken from another thread.
    /// The connection and TLS session live in the pair and are reused. One thread at a time.
    final class CurlHandle {
        /// A peer that does not answer a connection in this time will not answer in more.
        private static let connectTimeoutMilliseconds = 10_000
        /// Only a safety net: libcurl shortens the wait to its own timers, and a waker ends it.
        private static let pollMilliseconds: Int32 = 1_000

        private let easy: UnsafeMutableRawPointer
        private let multi: UnsafeMutableRawPointer
        private let errorText: UnsafeMutablePointer<CChar>

        init() throws(TransportError) {
            guard let easy = curl_easy_init() else { throw .outOfMemory }
            guard let multi = curl_multi_init() else {
                curl_easy_cleanup(easy)
                throw .outOfMemory
            }
            self.easy = easy
            self.multi = multi
            errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
            errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        }

        deinit {
            // Closing a TLS connection writes to it, so this too can meet a closed socket.
            let sigpipe = ronda_curl_hold_sigpipe()
            curl_easy_cleanup(easy)
            curl_multi_cleanup(multi)
            ronda_curl_release_sigpipe(sigpipe)
            errorText.deallocate()
        }

        var waker: CurlWaker { CurlWaker(multi: multi) }

        /// Blocks until the answer is whole, the transfer has failed, or its flight is cancelled.
        func perform(
            _ request: TransportRequest, to server: CurlServer, into answer: CurlAnswer
        ) throws(TransportError) -> TransportResponse {
            try request.validate()
            let headers = try Self.headerList(request.headers)
            let sigpipe = ronda_curl_hold_sigpipe()
            defer {
                // Keeps the connection, forgets every pointer into this call.
                curl_easy_reset(easy)
                curl_slist_free_all(headers)
                ronda_curl_release_sigpipe(sigpipe)
            }
            errorText[0] = 0
            let result = try request.body.withUnsafeBytes { body in
                Result { () throws(TransportError) in
                    try configure(request, server, body, headers, answer)
                    return try withExtendedLifetime(answer, transfer)
                }
            }.get()
            guard result == CURLE_OK else {
                throw answer.refusal
                    ?? TransportError(result, detail: String(cString: errorText))
            }
            var status = 0
            ronda_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
            guard answer.isWhole(status: status, method: request.method) else {
                throw TransportError(
                    .interrupted, detail: "the answer was cut short, or does not say its length")
            }
            return TransportResponse(
                status: status, headers: answer.headers, body: answer.body, traffic: traffic())
        }

        /// What the transfer cost on the wire, headers and compressed bodies.
        private func traffic() -> Traffic {
            var (requestHead, responseHead) = (0, 0)
            var (upload, download): (curl_off_t, curl_off_t) = (0, 0)
            ronda_curl_get_long(easy, CURLINFO_REQUEST_SIZE, &requestHead)
            ronda_curl_get_long(easy, CURLINFO_HEADER_SIZE, &responseHead)
            ronda_curl_get_size(easy, CURLINFO_SIZE_UPLOAD_T, &upload)
            ronda_curl_get_size(easy, CURLINFO_SIZE_DOWNLOAD_T, &download)
            return Traffic(
                sentBytes: requestHead + Int(upload), receivedBytes: responseHead + Int(download))
        }

        private func configure(
            _ request: TransportRequest,
            _ server: CurlServer,
            _ body: UnsafeRawBufferPointer,
            _ headers: UnsafeMutablePointer<curl_slist>?,
            _ answer: CurlAnswer
        ) throws(TransportError) {
            let timeout = request.timeoutMilliseconds
            var codes = [
                ronda_curl_set_string(easy, CURLOPT_URL, server.base + request.path),
                ronda_curl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method),
                ronda_curl_set_headers(easy, headers),
                ronda_curl_set_long(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1),
                ronda_curl_set_string(easy, CURLOPT_ACCEPT_ENCODING, "gzip"),
                ronda_curl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0),
                ronda_curl_set_long(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2),
                ronda_curl_set_long(easy, CURLOPT_NOSIGNAL, 1),
                ronda_curl_set_long(easy, CURLOPT_TCP_NODELAY, 1),
                ronda_curl_set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1),
                // Zero is "for ever".
                ronda_curl_set_long(easy, CURLOPT_TIMEOUT_MS, answer.isEndless ? 0 : timeout),
                ronda_curl_set_long(
                    easy, CURLOPT_CONNECTTIMEOUT_MS, min(timeout, Self.connectTimeoutMilliseconds)),
                ronda_curl_set_quick_exit(easy),
                ronda_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText),
                // Without it libcurl does not call the progress callback, which is how it asks
                // whether to go on.
                ronda_curl_set_long(easy, CURLOPT_NOPROGRESS, 0),
            ]
            codes += answer.receive(from: easy)
            if let pin = server.pin {
                // The key says more than a chain would, and is checked before anything is sent.
                codes.append(ronda_curl_set_string(easy, CURLOPT_PINNEDPUBLICKEY, pin))
                codes.append(ronda_curl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 0))
                codes.append(ronda_curl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 0))
            }
            if server.isLoopback {
                // Empty is "no proxy whatever the environment says"; null would ask it.
                codes.append(ronda_curl_set_string(easy, CURLOPT_PROXY, ""))
            }
            if request.hasBody {
                codes.append(ronda_curl_set_long(easy, CURLOPT_POST, 1))
                codes.append(
                    ronda_curl_set_body(easy, body.baseAddress, curl_off_t(body.count)))
            } else if request.method == "HEAD" {
                codes.append(ronda_curl_set_long(easy, CURLOPT_NOBODY, 1))
            }
            if let failure = codes.first(where: { $0 != CURLE_OK }) {
                throw TransportError(
                    .misconfigured, detail: String(cString: curl_easy_strerror(failure)))
            }
        }

        private func transfer() throws(TransportError) -> CURLcode {
            var status = curl_multi_add_handle(multi, easy)
            defer { curl_multi_remove_handle(multi, easy) }
            var running: Int32 = 1
            while status == CURLM_OK {
                status = curl_multi_perform(multi, &running)
                guard status == CURLM_OK, running > 0 else { break }
                status = curl_multi_poll(multi, nil, 0, Self.pollMilliseconds, nil)
            }
            var left: Int32 = 0
            guard status == CURLM_OK, let message = curl_multi_info_read(multi, &left),
                message.pointee.msg == CURLMSG_DONE
            else {
                throw TransportError(
                    .interrupted, detail: String(cString: curl_multi_strerror(status)))
            }
            return message.pointee.data.result
        }

        /// The caller's headers, and the names of those libcurl must not add by itself. A name
        /// ending in a colon takes a default header away; in a semicolon, sends it empty.
        private static func headerList(
            _ headers: [(name: String, value: String)]
        ) throws(TransportError) -> UnsafeMutablePointer<curl_slist>? {
            let unwanted = ["Accept:", "Expect:", "Content-Type:"]
            let wanted = headers.map { name, value in
                value.isEmpty ? "\(name);" : "\(name): \(value)"
            }
            var list: UnsafeMutablePointer<curl_slist>?
            for line in unwanted + wanted {
                guard let longer = curl_slist_append(list, line) else {
                    curl_slist_free_all(list)
                    throw .outOfMemory
                }
                list = longer
            }
            return list
        }
    }

    /// Ends a transfer's wait from any thread.
    ///
    /// `@unchecked Sendable`: guarded by libcurl, which documents `curl_multi_wakeup` as callable
    /// from any thread. The transport that owns the handle is alive during every `send`, hence
    /// during every call made here.
    struct CurlWaker: @unchecked Sendable {
        fileprivate let multi: UnsafeMutableRawPointer

        func wake() {
            // It can only fail when the pipe it writes to is full, and then the wait ends anyway.
            curl_multi_wakeup(multi)
        }
    }
#endif
