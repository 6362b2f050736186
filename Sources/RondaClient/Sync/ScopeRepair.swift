internal import Foundation
internal import GRDB
internal import RondaModel
internal import RondaProtobuf
internal import RondaWire

/// Finds by bisection over id prefixes where a scope differs from the hub, and mends it record by
/// record. Nothing is wiped.
struct ScopeRepair {
    let store: LocalStore
    let calls: ServerCalls
    let scope: UInt32
    /// Ranges still to be compared.
    private var open: [Prefix] = [Prefix(id: .zero, bits: 0)]
    private var wanted: Set<RecordID> = []
    private var repaired = 0

    struct Prefix: Sendable {
        let id: RecordID
        let bits: Int
    }

    init(store: LocalStore, calls: ServerCalls, scope: UInt32) {
        self.store = store
        self.calls = calls
        self.scope = scope
    }

    /// - Returns: how many records were brought or dropped.
    mutating func run() async throws(ClientError) -> Int {
        let (secret, epoch) = try await store.writing { database in
            let facts = Facts(database: database)
            return (try facts.bytes(.secret) ?? [], try facts.bytes(.epoch) ?? [])
        }
        while !open.isEmpty || !wanted.isEmpty {
            var request = WireCompareRequest()
            request.epoch = Data(epoch)
            request.scope = scope
            let ranges = Array(open.prefix(16))
            open.removeFirst(ranges.count)
            request.ranges = ranges.map { range in
                var wire = WireRange()
                wire.id = Data(range.id.bytes)
                wire.bits = UInt32(range.bits)
                return wire
            }
            let asked = Array(wanted.sorted().prefix(200))
            wanted.subtract(asked)
            request.wanted = asked.map { Data($0.bytes) }
            let answer = try await calls.compare(request, credential: secret)
            // A history renewed meanwhile is read anew by the next sync.
            guard answer.epoch == request.epoch, answer.ranges.count == ranges.count else {
                return repaired
            }
            for (range, told) in zip(ranges, answer.ranges) { try await compare(range, told) }
            if !asked.isEmpty { try await mend(answer) }
        }
        let scope = scope
        try await store.writing { try Standing(database: $0).recount(scope) }
        return repaired
    }

    private mutating func compare(
        _ range: Prefix, _ told: WireRangeAnswer
    ) async throws(ClientError) {
        let scope = scope
        let here = try await store.writing {
            try Standing(database: $0).records(in: scope, range.id.range(bits: range.bits))
        }
        if told.sums.count == 16, range.bits < 128 {
            var sums = [UInt64](repeating: 0, count: 16)
            for (record, version) in here {
                sums[record.nibble(at: range.bits)] &+= Checksum.of(record, version: version)
            }
            for child in 0..<16 where sums[child] != told.sums[child] {
                open.append(
                    Prefix(id: range.id.child(child, at: range.bits), bits: range.bits + 4))
            }
            return
        }
        var versions: [RecordID: UInt64] = [:]
        for standing in told.records {
            if let id = RecordID(bytes: standing.id) { versions[id] = standing.version }
        }
        for (record, version) in here where versions[record] != version { wanted.insert(record) }
        let known = Set(here.map(\.record))
        wanted.formUnion(versions.keys.filter { !known.contains($0) })
    }

    private mutating func mend(_ answer: WireCompareResponse) async throws(ClientError) {
        let (scope, now) = (scope, store.surroundings.now())
        repaired += try await store.writing { database in
            var absorber = try Absorber(database, now: now)
            _ = try absorber.absorb(answer, scope: scope)
            try absorber.notifyChanges()
            return answer.deltas.count + answer.gone.count
        }
    }
}
