internal import Crypto

/// The 128-bit identity of a record, a device, an account or a hub: a UUID, held as two words.
public struct RecordID: Sendable, Hashable, Comparable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    package static let zero = RecordID(high: 0, low: 0)

    /// The id in 16 bytes, most significant first; `nil` for any other length.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for (index, byte) in bytes.enumerated() {
            if index < 8 { high = high << 8 | UInt64(byte) } else { low = low << 8 | UInt64(byte) }
        }
        self.init(high: high, low: low)
    }

    /// Reads 32 hexadecimal digits, with or without the dashes of a UUID.
    public init?(_ text: some StringProtocol) {
        let digits = text.utf8.filter { $0 != UInt8(ascii: "-") }
        guard digits.count == 32 else { return nil }
        var words: [UInt64] = [0, 0]
        for (index, digit) in digits.enumerated() {
            guard let value = Character(UnicodeScalar(digit)).hexDigitValue else { return nil }
            words[index / 16] = words[index / 16] << 4 | UInt64(value)
        }
        self.init(high: words[0], low: words[1])
    }

    package var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 16) { buffer, count in
            write(to: UnsafeMutableRawBufferPointer(buffer))
            count = 16
        }
    }

    /// Writes the 16 bytes into `buffer`, which must be at least that large.
    package func write(to buffer: UnsafeMutableRawBufferPointer) {
        buffer.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
        buffer.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
    }

    /// Reads 16 bytes starting at `pointer`.
    package init(unaligned pointer: UnsafeRawPointer) {
        self.init(
            high: UInt64(bigEndian: pointer.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: pointer.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }

    /// Whether it was made from a name (UUID version 5): such an id is no person's.
    package var isDerived: Bool { (high >> 12) & 0xf == 5 }

    package var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        var text = [UInt8]()
        text.reserveCapacity(32)
        for word in [high, low] {
            for shift in stride(from: 60, through: 0, by: -4) {
                text.append(digits[Int(word >> UInt64(shift) & 15)])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    public static func < (left: RecordID, right: RecordID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension RecordID: CustomStringConvertible {
    public var description: String {
        let hex = Array(hex)
        return [hex[0..<8], hex[8..<12], hex[12..<16], hex[16..<20], hex[20..<32]]
            .map { String($0) }.joined(separator: "-")
    }
}

extension RecordID {
    /// A UUIDv7 (RFC 9562 §5.7): time-ordered, so that new records land together in an index.
    package static func minted(
        milliseconds: Int64, random: (UInt64, UInt64)
    ) -> RecordID {
        let time = UInt64(bitPattern: milliseconds) << 16
        return RecordID(
            high: time | 0x7000 | random.0 & 0x0fff,
            low: 0x8000_0000_0000_0000 | random.1 & 0x3fff_ffff_ffff_ffff)
    }

    /// Whether nobody has it who was not told of it: a UUIDv7 is random for the most part, a UUIDv5
    /// follows from what people may know.
    package var isMinted: Bool { high & 0xf000 == 0x7000 }

    /// Whether it follows from a name, so that anybody may know it before there is a record: a UUIDv5.
    package var isNamed: Bool { high & 0xf000 == 0x5000 }

    /// A UUIDv5 (RFC 9562 §5.5): the same name in the same namespace is the same record everywhere.
    package static func derived(namespace: RecordID, name: String) -> RecordID {
        var hash = Insecure.SHA1()
        hash.update(data: namespace.bytes)
        hash.update(data: Array(name.utf8))
        let plain = RecordID(bytes: Array(hash.finalize()).prefix(16)) ?? .zero
        return RecordID(
            high: plain.high & ~0xf000 | 0x5000,
            low: plain.low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000)
    }
}
