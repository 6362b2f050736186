/// What is done to a valid input. Each kind keeps something of its structure, so that the damage
/// gets past the first check.
enum Mutation: CaseIterable {
    case flipBit, changeByte, cut, insert, duplicate, swap, inflate, splice, tree, nest

    /// The input after a few mutations; `other` is another input of any kind.
    static func mutated(
        _ bytes: [UInt8], with other: [UInt8], _ random: inout FuzzRandom
    ) -> [UInt8] {
        var result = bytes
        for _ in 0...random.below(3) {
            let mutation = random.chance(2) ? .tree : random.pick(allCases, or: .flipBit)
            result = mutation.apply(to: result, with: other, &random)
        }
        return result
    }

    private func apply(
        to bytes: [UInt8], with other: [UInt8], _ random: inout FuzzRandom
    ) -> [UInt8] {
        var result = bytes
        let place = random.below(bytes.count)
        let chunk = place..<min(bytes.count, place + 1 + random.below(24))
        switch self {
        case .flipBit:
            if !bytes.isEmpty { result[place] ^= 1 << UInt8(random.below(8)) }
        case .changeByte:
            if !bytes.isEmpty { result[place] = random.pick(Self.bytes, or: 0) }
        case .cut:
            if random.chance(2) {
                result.removeSubrange(place...)
            } else {
                result.removeSubrange(chunk)
            }
        case .insert:
            result.insert(contentsOf: random.bytes(1 + random.below(12)), at: place)
        case .duplicate:
            for _ in 0...random.below(6) { result.insert(contentsOf: bytes[chunk], at: place) }
        case .swap:
            let target = random.below(bytes.count)
            for (from, to) in zip(chunk, target...) where to < bytes.count {
                result.swapAt(from, to)
            }
        case .inflate:
            result.replaceSubrange(chunk.prefix(1), with: WireNode.varint(random.number()))
        case .splice:
            result = Array(bytes[..<place] + other[random.below(other.count)...])
        case .tree:
            guard var tree = WireNode.parse(bytes[...]) else { return bytes }
            tree.mutate(with: WireNode.parse(other[...]) ?? [], &random)
            result = tree.encoded
        case .nest:
            // Many messages in one another, as a parser that calls itself would not like.
            for _ in 0...random.below(200) {
                result =
                    [WireNode(number: UInt64(1 + random.below(15)), content: .bytes(result))]
                    .encoded
                if result.count > 1 << 16 { break }
            }
        }
        return result
    }

    private static let bytes: [UInt8] = [0, 1, 0x7f, 0x80, 0xff, 0xfe, 10, 8, 18, 0x22, 0x7b, 0x5d]
}

/// One field of a protobuf message, and what is in it as far as that reads as fields too.
struct WireNode {
    enum Content {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        case bytes([UInt8])
        case fields([WireNode])
        /// With a wrong length before it.
        case lie(UInt64, [UInt8])
        case group([WireNode])
        /// Only a tag, of a wire type that may not be.
        case tag(UInt64)
    }

    var number: UInt64
    var content: Content

    static func varint(_ number: UInt64) -> [UInt8] {
        var (bytes, rest) = ([UInt8](), number)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(truncatingIfNeeded: rest)]
    }

    private static func read(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
        var result: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let next = bytes.popFirst() else { return nil }
            result |= UInt64(next & 0x7f) << shift
            if next < 0x80 { return result }
        }
        return nil
    }

    private static func fixed(_ bytes: inout ArraySlice<UInt8>, _ count: Int) -> UInt64? {
        guard bytes.count >= count else { return nil }
        defer { bytes.removeFirst(count) }
        return bytes.prefix(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The fields of a message; `nil` for bytes that are none.
    static func parse(_ bytes: ArraySlice<UInt8>, depth: Int = 0) -> [WireNode]? {
        var (rest, nodes) = (bytes, [WireNode]())
        while !rest.isEmpty {
            guard let tag = read(&rest), tag >> 3 != 0 else { return nil }
            let content: Content
            switch tag & 7 {
            case 0:
                guard let number = read(&rest) else { return nil }
                content = .varint(number)
            case 1:
                guard let number = fixed(&rest, 8) else { return nil }
                content = .fixed64(number)
            case 5:
                guard let number = fixed(&rest, 4) else { return nil }
                content = .fixed32(UInt32(truncatingIfNeeded: number))
            case 2:
                guard let length = read(&rest), length <= UInt64(rest.count) else { return nil }
                let body = rest.prefix(Int(length))
                rest.removeFirst(Int(length))
                let inner = depth < 8 && !body.isEmpty ? parse(body, depth: depth + 1) : nil
                content = inner.map { .fields($0) } ?? .bytes(Array(body))
            default: return nil
            }
            nodes.append(WireNode(number: tag >> 3, content: content))
        }
        return nodes
    }
}

extension [WireNode] {
    var encoded: [UInt8] { flatMap(\.encoded) }

    /// Changes one field, somewhere in the tree.
    mutating func mutate(with others: [WireNode], _ random: inout FuzzRandom) {
        guard !isEmpty else {
            append(contentsOf: others)
            return
        }
        let place = random.below(count)
        if case .fields(var inner) = self[place].content, !random.chance(4) {
            inner.mutate(with: others, &random)
            self[place].content = .fields(inner)
            return
        }
        switch random.below(11) {
        case 0: self[place].number = 1 + UInt64(random.below(16))
        case 1: self[place].number = Swift.max(1, random.number() & 0x1fff_ffff)
        case 2: remove(at: place)
        case 3: insert(self[place], at: random.below(count + 1))
        case 4:
            for _ in 0..<(1 << random.below(10)) { append(self[place]) }
        case 5: swapAt(place, random.below(count))
        case 6: self[place].content = self[place].content.retyped(&random)
        case 7: if !others.isEmpty { insert(others[random.below(others.count)], at: place) }
        case 8: self[place].content = .lie(random.number(), self[place].content.body)
        case 9:
            self[place].content =
                random.chance(2) ? .group(self) : .tag(UInt64(3 + random.below(5)))
        default: self[place].content = self[place].content.changed(&random)
        }
    }
}

extension WireNode {
    var encoded: [UInt8] {
        func tag(_ type: UInt64) -> [UInt8] { Self.varint(number << 3 | type) }
        func delimited(_ body: [UInt8]) -> [UInt8] {
            tag(2) + Self.varint(UInt64(body.count)) + body
        }
        switch content {
        case .varint(let number): return tag(0) + Self.varint(number)
        case .fixed64(let number):
            return tag(1) + withUnsafeBytes(of: number.littleEndian, Array.init)
        case .fixed32(let number):
            return tag(5) + withUnsafeBytes(of: number.littleEndian, Array.init)
        case .bytes(let body): return delimited(body)
        case .fields(let fields): return delimited(fields.encoded)
        case .lie(let length, let body): return tag(2) + Self.varint(length) + body
        case .group(let fields): return tag(3) + fields.encoded + tag(4)
        case .tag(let type): return tag(type)
        }
    }
}

extension WireNode.Content {
    var body: [UInt8] {
        switch self {
        case .bytes(let bytes), .lie(_, let bytes): bytes
        case .fields(let fields), .group(let fields): fields.encoded
        case .varint(let number), .fixed64(let number): WireNode.varint(number)
        case .fixed32(let number): WireNode.varint(UInt64(number))
        case .tag: []
        }
    }

    /// The same kind of content with something else in it.
    func changed(_ random: inout FuzzRandom) -> WireNode.Content {
        switch self {
        case .varint: .varint(random.number())
        case .fixed64: .fixed64(random.number())
        case .fixed32: .fixed32(UInt32(truncatingIfNeeded: random.number()))
        case .bytes(let bytes):
            .bytes(random.chance(2) ? Array(bytes.dropLast()) : random.bytes(random.below(20)))
        case .fields, .lie, .group, .tag: .bytes([])
        }
    }

    /// Another kind of content.
    func retyped(_ random: inout FuzzRandom) -> WireNode.Content {
        switch random.below(4) {
        case 0: .varint(random.number())
        case 1: .fixed64(random.number())
        case 2: .fixed32(UInt32(truncatingIfNeeded: random.number()))
        default: .bytes(body)
        }
    }
}
