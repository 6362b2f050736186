import Foundation
import RondaMerge
import RondaModel
import RondaProtobuf
import RondaStore
import RondaWire
import SwiftProtobuf

/// Every kind of bytes that Ronda reads from outside or from its own files.
enum Kind: String, CaseIterable, Sendable {
    case exchangeRequest, compareRequest, enrolRequest, exchangeResponse, compareResponse
    case enrolResponse, problem, commit, packedCommit, shown, meta, verdict, gzip, receipt

    /// A valid input of this kind.
    func sample(_ random: inout FuzzRandom) throws -> [UInt8] {
        switch self {
        case .exchangeRequest: try random.exchangeRequest().serializedBytes()
        case .compareRequest: try random.compareRequest().serializedBytes()
        case .enrolRequest: try random.enrolRequest().serializedBytes()
        case .exchangeResponse: try random.exchangeResponse().serializedBytes()
        case .compareResponse: try random.compareResponse().serializedBytes()
        case .enrolResponse: try random.enrolResponse().serializedBytes()
        case .problem:
            try WireProblem.with { ($0.code, $0.en, $0.es) = ("busy", "later", "luego") }
                .serializedBytes()
        case .commit: try WireCommit(random.commit()).serializedBytes()
        case .packedCommit: random.commit().packed
        case .shown:
            RecordPacking.shown(of: random.record(of: .customer), entity: .customer)
        case .meta:
            RecordPacking.meta(of: random.record(of: .customer), entity: .customer)
        case .verdict: try RecordPacking.verdict(random.verdict())
        case .gzip:
            try Array(Gzip.compress(Data(random.exchangeRequest().serializedBytes() as [UInt8])))
        case .receipt: try Fuzzed.receipt.wire.serializedBytes()
        }
    }
}

/// What stands still while inputs change.
enum Fuzzed {
    static let seed = [UInt8](repeating: 9, count: 32)
    static let key = Receipt.publicKey(of: seed)
    static let hub = RecordID(high: 1, low: 1)
    static let device = RecordID(high: 1, low: 2)
    static let receipt: Receipt = {
        let receipt = Receipt(
            hub: hub, device: device, number: 12, chain: ChainHash(id: RecordID(high: 3, low: 4)),
            receivedAt: Instant(milliseconds: 1_790_000_000_000))
        return (try? receipt.signed(seed: seed)) ?? receipt
    }()
}

extension FuzzRandom {
    mutating func some<Element>(_ most: Int, _ make: (inout FuzzRandom) -> Element) -> [Element] {
        (0..<below(most + 1)).map { _ in make(&self) }
    }

    private mutating func small() -> UInt32 { UInt32(truncatingIfNeeded: number()) }

    mutating func change() -> Change {
        let entity = pick(Schema.current.entities, or: .customer)
        return Change(
            entity: entity.id, record: chance(3) ? id() : familiarID(), base: number(),
            sets: some(5) { FieldWrite(UInt32($0.below(20)), $0.anyValue()) }
                + some(2) { FieldWrite(UInt32($0.below(20)), nil) },
            adds: some(3) { ElementWrite(UInt32($0.below(20)), $0.anyValue()) },
            removes: some(2) { ElementWrite(UInt32($0.below(20)), $0.anyValue()) },
            deletes: chance(5))
    }

    mutating func commit() -> Commit {
        Commit(
            number: number(), stamp: Stamp(bits: number()), schema: small(),
            uptime: Uptime(boot: small(), milliseconds: number()),
            previous: chance(3) ? .start : ChainHash(id: id()), changes: some(4) { $0.change() })
    }

    mutating func verdict() -> Verdict {
        let refusal = Refusal(
            pick(RefusalCode.allCases, or: .malformed), entity: .customer, record: familiarID(),
            field: small(), detail: text())
        return Verdict(
            number: number(), outcome: Outcome(rawValue: UInt32(1 + below(5))) ?? .accepted,
            refusal: chance(2) ? refusal : nil,
            merges: some(3) {
                Merge(
                    record: $0.familiarID(), field: $0.small(),
                    kind: $0.chance(2) ? .conflict : .parallel)
            }, versions: some(4) { $0.number() }, clockSuspect: chance(2),
            waitsFor: chance(3) ? familiarID() : nil,
            disposition: Disposition(rawValue: UInt32(below(4))) ?? .open)
    }

    /// Any record that the merge could leave behind.
    mutating func record(of entity: EntitySchema) -> StoredRecord {
        let marks = [mark()] + some(4) { $0.mark() }
        func indexes(_ random: inout FuzzRandom) -> [Int] {
            (0..<marks.count).filter { _ in random.chance(2) }
        }
        let registers = entity.fields.map { field -> Register in
            if chance(4) { return .empty }
            let first = below(marks.count)
            guard field.isSet else {
                return .siblings(
                    [Sibling(value: chance(4) ? nil : anyValue(), mark: first)]
                        + some(2) { Sibling(value: $0.anyValue(), mark: $0.below(marks.count)) })
            }
            return .elements(
                some(4) { SetElement(value: $0.anyValue(), marks: [0] + indexes(&$0)) },
                changed: first)
        }
        var record = StoredRecord(
            id: id(), entity: entity.id, creator: id(), version: number(), marks: marks,
            registers: registers)
        record.lives = indexes(&self)
        record.deletions = indexes(&self)
        record.placements = some(2) {
            Placement(scope: $0.id(), seq: $0.number(), arrived: $0.number())
        }
        return record
    }

    private mutating func mark() -> Mark {
        Mark(
            version: number(), number: number(), stamp: Stamp(bits: number()), device: id(),
            author: familiarID(), isOffice: chance(2), base: number(),
            former: chance(2) ? number() : 0,
            seqs: some(2) { $0.number() })
    }
}

// MARK: - Messages

extension FuzzRandom {
    mutating func exchangeRequest() -> WireExchangeRequest {
        var request = WireExchangeRequest()
        request.protocol = 1
        request.schema = Schema.current.version
        request.epoch = Data(bytes(8))
        request.device = Data(id().bytes)
        request.cursors = some(3) { random in
            .with {
                ($0.scope, $0.seq, $0.behind) = (random.small(), random.number(), random.number())
            }
        }
        request.commits = some(3) { WireCommit($0.commit()) }
        request.verdictsSeen = number()
        request.tray = some(2) { random in
            .with {
                ($0.number, $0.disposition) = (
                    random.number(), random.chance(2) ? .office : .discarded
                )
            }
        }
        request.given = some(2) { random in
            .with {
                ($0.number, $0.versions) = (random.number(), random.some(3) { $0.number() })
                ($0.code, $0.disposition) = (.malformed, .resubmitted)
            }
        }
        request.completeToMs = number()
        request.queued = small()
        request.open = some(4) { $0.number() }
        request.deviceTimeMs = Int64(bitPattern: number())
        if chance(2) { request.proof = Fuzzed.receipt.wire }
        return request
    }

    mutating func compareRequest() -> WireCompareRequest {
        .with {
            $0.epoch = Data(bytes(8))
            $0.scope = small()
            $0.ranges = some(4) { random in
                .with { ($0.id, $0.bits) = (Data(random.id().bytes), UInt32(4 * random.below(33))) }
            }
            $0.wanted = some(4) { Data($0.id().bytes) }
        }
    }

    mutating func enrolRequest() -> WireEnrolRequest {
        .with {
            $0.code = chance(3) ? "" : "ABCD-EFGH-JKMN"
            $0.secret = Data(bytes(32))
            $0.name = text()
            if chance(2) { $0.device = Data(id().bytes) }
        }
    }

    mutating func enrolResponse() -> WireEnrolResponse {
        .with {
            $0.device = Data(id().bytes)
            $0.account = Data(id().bytes)
            $0.accountName = text()
            $0.role = "rep"
            $0.hub = Data(id().bytes)
            $0.hubKey = Data(bytes(32))
        }
    }

    private mutating func delta(_ table: inout IDTable) -> WireDelta {
        var delta = WireDelta()
        let entity = pick(Schema.current.entities, or: .customer)
        delta.entity = entity.id.rawValue
        delta.record = table.index(of: familiarID())
        delta.version = number()
        for _ in 0..<below(6) {
            delta.fields.append(WireField(UInt32(below(20)), anyValue(), &table))
        }
        delta.cleared = some(2) { UInt32($0.below(20)) }
        for _ in 0..<below(3) {
            var sibling = WireSibling()
            sibling.value = WireField(UInt32(below(20)), anyValue(), &table)
            sibling.stamp = number()
            sibling.device = table.index(of: familiarID())
            sibling.author = table.index(of: familiarID())
            delta.siblings.append(sibling)
        }
        delta.deleted = chance(4)
        delta.contested = chance(4)
        delta.creator = chance(2) ? 0 : table.index(of: familiarID()) + 1
        return delta
    }

    mutating func exchangeResponse() -> WireExchangeResponse {
        var response = WireExchangeResponse()
        var table = IDTable()
        response.epoch = Data(bytes(8))
        response.serverTimeMs = Int64(bitPattern: number())
        for _ in 0..<below(4) { response.verdicts.append(WireVerdict(verdict(), &table)) }
        for _ in 0..<below(3) {
            var stream = WireStream()
            (stream.scope, stream.seq, stream.behind) = (small(), number(), number())
            if chance(2) { stream.id = Data(id().bytes) }
            for _ in 0..<below(4) { stream.deltas.append(delta(&table)) }
            stream.whole = chance(2)
            if chance(2) { stream.sum = number() }
            response.streams.append(stream)
        }
        response.lostScopes = some(2) { $0.small() }
        response.more = chance(2)
        response.advice = .with { ($0.coveredByBackup, $0.copies) = (number(), small()) }
        response.lastCommit = number()
        response.receipt = Fuzzed.receipt.wire
        response.forkedAt = chance(2) ? 0 : number()
        response.ids = table.encoded
        return response
    }

    mutating func compareResponse() -> WireCompareResponse {
        var response = WireCompareResponse()
        var table = IDTable()
        response.epoch = Data(bytes(8))
        response.ranges = some(3) { random in
            .with {
                if random.chance(2) {
                    $0.sums = (0..<16).map { _ in random.next() }
                } else {
                    $0.records = random.some(4) { random in
                        .with { ($0.id, $0.version) = (Data(random.id().bytes), random.number()) }
                    }
                }
            }
        }
        for _ in 0..<below(4) { response.deltas.append(delta(&table)) }
        response.gone = some(3) { Data($0.id().bytes) }
        response.ids = table.encoded
        return response
    }
}
