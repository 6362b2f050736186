internal import CZlib
package import Foundation

/// gzip (RFC 1952) through zlib, with a bound on how far a body may grow.
package enum Gzip {
    /// Level 1: higher levels cost more than the scan that feeds them.
    package static func compress(_ bytes: Data, level: Int32 = 1) throws(WireError) -> Data {
        var stream = z_stream()
        // 15 + 16: the largest window, in a gzip wrapper.
        guard
            deflateInit2_(
                &stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { throw WireError(.notGzip, "zlib could not start") }
        defer { deflateEnd(&stream) }
        var output = Data(count: Int(deflateBound(&stream, UInt(bytes.count))))
        let status = feed(&stream, bytes, into: &output) { deflate(&$0, Z_FINISH) }
        guard status == Z_STREAM_END else { throw WireError(.notGzip, "zlib status \(status)") }
        output.count = Int(stream.total_out)
        return output
    }

    /// Refuses what is not gzip, what is cut short, and what would grow past `mostBytes`.
    package static func expand(_ bytes: Data, mostBytes: Int) throws(WireError) -> Data {
        var stream = z_stream()
        guard
            inflateInit2_(
                &stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { throw WireError(.notGzip, "zlib could not start") }
        defer { inflateEnd(&stream) }
        var capacity = min(mostBytes, max(bytes.count * 4, 4_096))
        while true {
            var output = Data(count: capacity)
            inflateReset(&stream)
            let status = feed(&stream, bytes, into: &output) { inflate(&$0, Z_FINISH) }
            if status == Z_STREAM_END {
                guard stream.avail_in == 0 else {
                    throw WireError(.notGzip, "bytes after the end of the gzip stream")
                }
                output.count = Int(stream.total_out)
                return output
            }
            guard status == Z_BUF_ERROR, stream.avail_out == 0 else {
                throw WireError(.notGzip, "not a whole gzip stream")
            }
            guard capacity < mostBytes else {
                throw WireError(.inflatesTooFar, "more than \(mostBytes) bytes once opened")
            }
            capacity = min(mostBytes, capacity * 4)
        }
    }

    private static func feed(
        _ stream: inout z_stream, _ input: Data, into output: inout Data,
        _ run: (inout z_stream) -> Int32
    ) -> Int32 {
        input.withUnsafeBytes { source in
            output.withUnsafeMutableBytes { target in
                stream.next_in = UnsafeMutablePointer(
                    mutating: source.bindMemory(to: UInt8.self).baseAddress)
                stream.avail_in = UInt32(source.count)
                stream.next_out = target.bindMemory(to: UInt8.self).baseAddress
                stream.avail_out = UInt32(target.count)
                return run(&stream)
            }
        }
    }
}
