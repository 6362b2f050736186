import Foundation
import RondaModel
import RondaProtobuf
import RondaStore
import RondaWire
import SwiftProtobuf
import Testing

extension Fuzzing {
    /// How much a reader may take for what it is given. Memory is looked at in a process of its
    /// own, where nothing else goes on; time is counted by the processor, in proportions within one
    /// run.
    @Suite("Bounds")
    struct Bounds {
        /// Bytes of memory for each byte of input. The worst are messages of two bytes, of which
        /// each takes a place of its own.
        static let packedMultiple = 56
        static let messageMultiple = 120

        /// Inputs of about `size` bytes that make the most of each byte.
        static func greedy(_ kind: Kind, _ size: Int) -> [[UInt8]] {
            func message(_ field: UInt64, _ body: [UInt8]) -> [UInt8] {
                WireNode(number: field, content: .bytes(body)).encoded
            }
            func many(_ item: [UInt8]) -> [UInt8] {
                Array(repeatElement(item, count: size / item.count).joined())
            }
            let empty: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0]
            switch kind {
            case .exchangeRequest:
                // Fields 4 and 6 of a commit, and of a change within it.
                let changes = message(6, many([0x32, 0]))
                let sets = message(6, message(6, many([0x22, 0])))
                return [many([0x32, 0]), many([0x2a, 0]), changes, sets, message(12, many([1]))]
            case .exchangeResponse:
                let deltas = message(5, many([0x2a, 0]))
                return [many([0x22, 0]), many([0x1a, 0]), many([0x2a, 0]), deltas]
            case .compareRequest: return [many([0x1a, 0]), many([0x22, 0])]
            case .packedCommit:
                let change = [UInt8](repeating: 0, count: 18) + [0]
                let sets = WireNode.varint(UInt64(size / 2)) + many([1, 0])
                return [
                    empty + WireNode.varint(UInt64(size / 22)) + many(change + [0, 0, 0]),
                    empty + [1] + change + sets + [0, 0],
                ]
            case .shown: return [many([1, 4])]
            case .meta:
                let mark = [UInt8](repeating: 0, count: 45)
                let elements = [1] + WireNode.varint(UInt64(UInt32.max)) + [0]
                return [
                    [2] + WireNode.varint(UInt64(size / 45)) + many(mark) + [0, 0, 0, 0],
                    [2, 1] + mark + [1] + elements + WireNode.varint(UInt64(size / 2))
                        + many([4, 0]) + [0, 0, 0],
                ]
            default: return []
            }
        }

        @Test(
            "an input is read in time in proportion to its length",
            arguments: Kind.allCases.filter { !greedy($0, 100).isEmpty })
        func time(kind: Kind) throws {
            for index in Self.greedy(kind, 100).indices {
                func cost(_ size: Int) -> UInt64 {
                    let input = Self.greedy(kind, size)[index]
                    return (0..<3).map { _ in
                        let start = clock_gettime_nsec_np()
                        _ = try? kind.decode(input)
                        return clock_gettime_nsec_np() - start
                    }.min() ?? 0
                }
                let (small, large) = (cost(1_000), cost(16_000))
                // 16 times as long; 256 times as much if each part looked at all the others.
                #expect(large < small * 80, "\(kind) \(index): \(small) ns, \(large) ns")
            }
        }

        private func clock_gettime_nsec_np() -> UInt64 {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
        }

        #if os(Linux)
            /// In a longer run all of them, otherwise the first of each kind.
            static let inputs = Kind.allCases.flatMap { kind in
                greedy(kind, 100).indices.prefix(Fuzzing.rounds > 1 ? .max : 1).map {
                    "\(kind.rawValue) \($0)"
                }
            }

            @Test("an input takes memory in proportion to its length", arguments: inputs)
            func memory(name: String) async {
                await #expect(processExitsWith: .success) { [name] in
                    let parts = name.split(separator: " ")
                    guard let kind = Kind(rawValue: String(parts[0])), let index = Int(parts[1])
                    else { exit(4) }
                    let input = Bounds.greedy(kind, 1 << 17)[index]
                    let before = Bounds.settled()
                    guard (try? kind.decode(input)) != nil else { exit(5) }
                    let multiple = (Bounds.peak() - before) / input.count
                    Fuzzing.report("\(name): \(multiple) bytes a byte")
                    let isPacked = [Kind.packedCommit, .shown, .meta].contains(kind)
                    guard multiple <= (isPacked ? Bounds.packedMultiple : Bounds.messageMultiple)
                    else { exit(3) }
                }
            }

            @Test("reading on and on takes no more memory than reading for a while")
            func growth() async {
                await #expect(processExitsWith: .success) {
                    func run() throws {
                        for seed in 0..<UInt64(40) {
                            for kind in Kind.allCases {
                                let input = try Decoders.input(kind, seed: seed)
                                try? kind.read(input)
                            }
                        }
                    }
                    try run()
                    let before = Bounds.resident()
                    try run()
                    let grown = Bounds.resident() - before
                    Fuzzing.report("grown by \(grown >> 10) KiB")
                    guard grown < 16 << 20 else { exit(3) }
                }
            }

            /// The memory in use after what was let go has gone back, from where the peak counts.
            static func settled() -> Int {
                typealias Trim = @convention(c) (Int) -> Int32
                if let symbol = dlsym(nil, "malloc_trim") {
                    _ = unsafeBitCast(symbol, to: Trim.self)(0)
                }
                try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
                return peak()
            }

            static func peak() -> Int {
                let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
                let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
                return (line?.split { !$0.isNumber }.first.flatMap { Int($0) } ?? 0) << 10
            }

            static func resident() -> Int {
                let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?
                    .split(separator: " ").dropFirst().first.flatMap { Int($0) }
                return (pages ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
            }
        #endif
    }
}

extension Kind {
    /// Only what the reader makes of it.
    func decode(_ bytes: [UInt8]) throws -> any Sendable {
        switch self {
        case .exchangeRequest: try WireExchangeRequest(serializedBytes: bytes)
        case .exchangeResponse: try WireExchangeResponse(serializedBytes: bytes)
        case .compareRequest: try WireCompareRequest(serializedBytes: bytes)
        case .packedCommit: try Commit(packed: bytes)
        case .shown: try RecordPacking.shownFields(bytes).map(\.value)
        case .meta:
            try RecordPacking.record(
                id: .zero, entity: .customer, creator: .zero, version: 1, shown: [], meta: bytes)
        default: 0
        }
    }
}
