#if os(Linux) && canImport(CCurl)
    import CCurl

    extension TransportError {
        static let cancelledByCaller = TransportError(.cancelled, detail: "cancelled by the caller")
        static let outOfMemory = TransportError(.misconfigured, detail: "libcurl has no memory")

        /// What a libcurl failure means here. `detail` is the text libcurl left for this transfer;
        /// it names hosts and ports only.
        init(_ result: CURLcode, detail: String) {
            let detail = detail.isEmpty ? String(cString: curl_easy_strerror(result)) : detail
            self.init(
                Code(result, detail: detail), detail: "\(detail) (libcurl \(result.rawValue))")
        }
    }

    extension TransportError.Code {
        /// What is not listed is taken for a cut connection: the safe answer to something
        /// unforeseen is to ask again later.
        fileprivate init(_ result: CURLcode, detail: String) {
            switch result {
            case CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT,
                CURLE_PROXY, CURLE_INTERFACE_FAILED:
                self = .unreachable
            case CURLE_OPERATION_TIMEDOUT:
                self = .timedOut
            case CURLE_SSL_CONNECT_ERROR:
                // One code for a refused handshake and for one that lost its network half way. The
                // second is everyday life on a telephone and must be retried; only the text, which
                // comes from libcurl and OpenSSL, tells them apart.
                let isCut = ["SSL_ERROR_SYSCALL", "unexpected eof", "reset by peer"]
                    .contains { detail.contains($0) }
                self = isCut ? .unreachable : .insecure
            case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
                CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR,
                CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT,
                CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED,
                CURLE_SSL_ENGINE_INITFAILED, CURLE_USE_SSL_FAILED:
                self = .insecure
            case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
                self = .keyChanged
            case CURLE_FILESIZE_EXCEEDED:
                self = .responseTooLarge
            case CURLE_ABORTED_BY_CALLBACK:
                self = .cancelled
            case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT, CURLE_NOT_BUILT_IN,
                CURLE_FAILED_INIT, CURLE_BAD_FUNCTION_ARGUMENT, CURLE_UNKNOWN_OPTION,
                CURLE_OUT_OF_MEMORY:
                // The first is also libcurl's word for an answer that is not HTTP/1.
                self = .misconfigured
            default:
                self = .interrupted
            }
        }
    }
#endif
