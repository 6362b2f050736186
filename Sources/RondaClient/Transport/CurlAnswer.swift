#if os(Linux) && canImport(CCurl)
    import CCurl

    /// An answer while it arrives, fed by libcurl's callbacks. Lives on the transport's queue.
    final class CurlAnswer {
        /// Far above what any server of ours sends: bounds what a broken one can make us keep.
        private static let maximumHeaderBytes = 64 * 1024

        private(set) var headers: [String: String] = [:]
        private(set) var body: [UInt8] = []
        /// Why this side stopped the transfer, if it did.
        private(set) var refusal: TransportError?

        private let flight: CurlFlight
        private let maximumBodyBytes: Int
        /// Where the body of an answer with status 200 goes as it comes, instead of into `body`.
        private let sink: (@Sendable ([UInt8]) -> Void)?
        private var status = 0
        private var headerBytes = 0
        /// Whether the empty line that ends the headers has come.
        private var hasAllHeaders = false

        init(
            flight: CurlFlight, maximumBodyBytes: Int, sink: (@Sendable ([UInt8]) -> Void)? = nil
        ) {
            self.flight = flight
            self.maximumBodyBytes = maximumBodyBytes
            self.sink = sink
        }

        /// Whether the answer may go on for as long as both sides want.
        var isEndless: Bool { sink != nil }

        /// Points the callbacks of a handle at this object, unretained: it must outlive the
        /// transfer. Returns libcurl's verdict on each option.
        func receive(from easy: UnsafeMutableRawPointer) -> [CURLcode] {
            let me = Unmanaged.passUnretained(self).toOpaque()
            return [
                ronda_curl_set_pointer(easy, CURLOPT_WRITEDATA, me),
                ronda_curl_set_write(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, me in
                    CurlAnswer.from(me)?.take(body: bytes, count: size * count) ?? 0
                },
                ronda_curl_set_pointer(easy, CURLOPT_HEADERDATA, me),
                ronda_curl_set_write(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, me in
                    CurlAnswer.from(me)?.take(header: bytes, count: size * count) ?? 0
                },
                ronda_curl_set_pointer(easy, CURLOPT_XFERINFODATA, me),
                ronda_curl_set_progress(easy) { me, _, _, _, _ in
                    CurlAnswer.from(me)?.flight.isCancelled == false ? 0 : 1
                },
            ]
        }

        /// Whether the connection closed after the answer or in the middle of it. libcurl reports a
        /// cut within the headers as success, and takes the end of the connection for the end of a
        /// body of unannounced length (RFC 9112 §6.3, rule 8), which is then impossible to tell
        /// from a cut one.
        func isWhole(status: Int, method: String) -> Bool {
            guard hasAllHeaders, status >= 200 else { return false }
            return method == "HEAD" || status == 204 || status == 304
                || headers["content-length"] != nil || headers["transfer-encoding"] != nil
        }

        private static func from(_ pointer: UnsafeMutableRawPointer?) -> CurlAnswer? {
            pointer.map { Unmanaged<CurlAnswer>.fromOpaque($0).takeUnretainedValue() }
        }

        /// The bytes come decompressed and at most a few kilobytes at a time. Any count returned
        /// but the one given stops the transfer.
        private func take(body bytes: UnsafeMutablePointer<CChar>?, count: Int) -> Int {
            if let sink, status == 200 {
                sink(Array(UnsafeRawBufferPointer(start: bytes, count: count)))
                return count
            }
            guard body.count + count <= maximumBodyBytes else {
                refusal = TransportError(
                    .responseTooLarge, detail: "body larger than \(maximumBodyBytes) bytes")
                return 0
            }
            body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
            return count
        }

        /// Called once per line, the status line and the empty last one included.
        private func take(header bytes: UnsafeMutablePointer<CChar>?, count: Int) -> Int {
            headerBytes += count
            guard headerBytes <= Self.maximumHeaderBytes else {
                refusal = TransportError(
                    .responseTooLarge,
                    detail: "headers larger than \(Self.maximumHeaderBytes) bytes")
                return 0
            }
            let line = UnsafeRawBufferPointer(start: bytes, count: count)
            if line.starts(with: "HTTP/".utf8) {
                // A new block: what came before belonged to an interim answer (1xx).
                headers.removeAll()
                hasAllHeaders = false
                status =
                    line.split(separator: UInt8(ascii: " ")).dropFirst().first
                    .flatMap { Int(Self.text($0)) } ?? 0
            } else if line.allSatisfy({ $0 == 13 || $0 == 10 }) {
                hasAllHeaders = true
            } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
                let name = Self.text(line[..<colon]).lowercased()
                let value = Self.text(line[line.index(after: colon)...])
                headers[name] = headers[name].map { "\($0), \(value)" } ?? value
            }
            return count
        }

        private static func text(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
            let isBlank: (UInt8) -> Bool = { $0 == 32 || $0 == 9 || $0 == 13 || $0 == 10 }
            let trimmed = bytes.drop(while: isBlank)
            let end = trimmed.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? trimmed.startIndex
            return String(decoding: trimmed[..<end], as: UTF8.self)
        }
    }
#endif
