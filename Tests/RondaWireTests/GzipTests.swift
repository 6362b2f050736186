import Foundation
import RondaWire
import Testing

@Suite("gzip")
struct GzipTests {
    private func bytes(_ count: Int, seed: UInt64, alphabet: UInt8) -> Data {
        var random = SeededGenerator(seed: seed)
        return Data((0..<count).map { _ in UInt8.random(in: 0...alphabet, using: &random) })
    }

    @Test(
        "gives back what went in, at every size",
        arguments: [0, 1, 100, 4_095, 4_096, 4_097, 70_000], [UInt8(0), 3, 255])
    func roundTrip(count: Int, alphabet: UInt8) throws {
        let plain = bytes(count, seed: UInt64(count), alphabet: alphabet)
        let packed = try Gzip.compress(plain)
        #expect(try Gzip.expand(packed, mostBytes: 100_000) == plain)
        // Exactly as large as allowed is not too large.
        if count > 0 { #expect(try Gzip.expand(packed, mostBytes: count) == plain) }
    }

    @Test("reads the slice it is given, not the data around it")
    func slices() throws {
        let plain = bytes(5_000, seed: 1, alphabet: 3)
        let packed = try Gzip.compress(plain)
        let around = Data([1, 2, 3]) + packed + Data([4, 5])
        let slice = around[3..<(3 + packed.count)]
        #expect(try Gzip.expand(slice, mostBytes: 100_000) == plain)
        #expect(try Gzip.compress((Data([9]) + plain)[1...]) == packed)
    }

    private func code(_ bytes: Data, most: Int = 100_000) -> WireError.Code? {
        #expect(throws: WireError.self) { try Gzip.expand(bytes, mostBytes: most) }?.code
    }

    @Test("refuses a body cut short at any byte")
    func truncated() throws {
        let packed = try Gzip.compress(bytes(300, seed: 2, alphabet: 9))
        for count in 0..<packed.count { #expect(code(packed.prefix(count)) == .notGzip) }
    }

    @Test("refuses bytes after the end, also another member")
    func trailing() throws {
        let packed = try Gzip.compress(bytes(300, seed: 3, alphabet: 9))
        #expect(code(packed + Data([0])) == .notGzip)
        #expect(code(packed + packed) == .notGzip)
    }

    @Test("refuses what is not gzip, and what does not match its checksum")
    func damaged() throws {
        #expect(code(Data("plain text, not gzip".utf8)) == .notGzip)
        var packed = try Gzip.compress(bytes(300, seed: 4, alphabet: 9))
        packed[packed.count - 6] ^= 1
        #expect(code(packed) == .notGzip)
    }

    @Test("stops a bomb at the limit")
    func bomb() throws {
        let packed = try Gzip.compress(Data(count: 10 << 20))
        #expect(packed.count < 100_000)
        #expect(code(packed, most: 1 << 20) == .inflatesTooFar)
        #expect(code(packed, most: (10 << 20) - 1) == .inflatesTooFar)
        #expect(try Gzip.expand(packed, mostBytes: 10 << 20).count == 10 << 20)
    }
}
