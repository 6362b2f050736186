package import RondaModel

/// Writes the compact bytes in which a store keeps values: variable-length numbers, ids in full.
///
/// Not the protocol's encoding. A record is packed and unpacked for every commit that touches it,
/// and there the library's general messages cost more than the merge and SQLite together.
package struct PackedWriter {
    package private(set) var bytes: [UInt8] = []

    package init(capacity: Int = 256) {
        bytes.reserveCapacity(capacity)
    }

    package mutating func write(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    package mutating func write(_ number: Int) { write(UInt64(number)) }
    package mutating func write(_ number: UInt32) { write(UInt64(number)) }

    /// Small for small numbers of either sign.
    package mutating func write(signed number: Int64) {
        write(UInt64(bitPattern: number << 1 ^ number >> 63))
    }

    package mutating func write(fixed number: UInt64) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    package mutating func write(_ id: RecordID) {
        write(fixed: id.high)
        write(fixed: id.low)
    }

    /// One byte for the kind, then the value; a missing value is the kind 0.
    package mutating func write(_ value: Value?) {
        switch value {
        case nil: bytes.append(0)
        case .text(let text):
            bytes.append(1)
            write(text.utf8.count)
            bytes.append(contentsOf: text.utf8)
        case .integer(let number):
            bytes.append(2)
            write(signed: number)
        case .real(let number):
            bytes.append(3)
            write(fixed: number.bitPattern)
        case .boolean(let flag): bytes.append(flag ? 5 : 4)
        case .instant(let instant):
            bytes.append(6)
            write(signed: instant.milliseconds)
        case .date(let date):
            bytes.append(7)
            write(signed: Int64(date.days))
        case .option(let number):
            bytes.append(8)
            write(number)
        case .status(let option, let round):
            bytes.append(9)
            write(option)
            write(round)
        case .ref(let id):
            bytes.append(10)
            write(id)
        }
    }
}

/// Reads what a `PackedWriter` wrote. Anything else is `unreadable`, never a trap.
package struct PackedReader: ~Copyable {
    private let bytes: [UInt8]
    private var position = 0

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package var isAtEnd: Bool { position == bytes.count }

    package mutating func byte() throws(StoreError) -> UInt8 {
        guard position < bytes.count else { throw Self.unreadable }
        position += 1
        return bytes[position - 1]
    }

    package mutating func number() throws(StoreError) -> UInt64 {
        var result: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            let next = try byte()
            result |= UInt64(next & 0x7f) << shift
            if next < 0x80 { return result }
        }
        throw Self.unreadable
    }

    package mutating func number32() throws(StoreError) -> UInt32 {
        guard let small = UInt32(exactly: try number()) else { throw Self.unreadable }
        return small
    }

    /// A count of things of which each takes at least a byte: no more than what is left.
    package mutating func count() throws(StoreError) -> Int {
        let count = try number()
        guard count <= UInt64(bytes.count - position) else { throw Self.unreadable }
        return Int(count)
    }

    package mutating func signed() throws(StoreError) -> Int64 {
        let number = try number()
        return Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
    }

    package mutating func fixed() throws(StoreError) -> UInt64 {
        guard bytes.count - position >= 8 else { throw Self.unreadable }
        let result = bytes.withUnsafeBytes {
            UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        }
        position += 8
        return result
    }

    package mutating func id() throws(StoreError) -> RecordID {
        RecordID(high: try fixed(), low: try fixed())
    }

    package mutating func value() throws(StoreError) -> Value? {
        switch try byte() {
        case 0: return nil
        case 1:
            let count = try count()
            defer { position += count }
            return .text(String(decoding: bytes[position..<position + count], as: UTF8.self))
        case 2: return .integer(try signed())
        case 3: return .real(Double(bitPattern: try fixed()))
        case 4: return .boolean(false)
        case 5: return .boolean(true)
        case 6: return .instant(Instant(milliseconds: try signed()))
        case 7:
            guard let days = Int32(exactly: try signed()) else { throw Self.unreadable }
            return .date(CivilDate(days: days))
        case 8: return .option(try number32())
        case 9: return .status(option: try number32(), round: try number32())
        case 10: return .ref(try id())
        default: throw Self.unreadable
        }
    }

    private static var unreadable: StoreError { StoreError(.unreadable, "packed bytes") }
}
