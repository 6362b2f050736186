import Foundation
import RondaClient
import RondaHub
import RondaMerge
import RondaModel
import RondaProtobuf
import RondaStore
import RondaStoreSQLite
import RondaWire
import SwiftProtobuf
import Testing

extension Fuzzing {
    @Suite("The hub")
    struct Hubs {
        @Test("answers or refuses each mutated request, and stays whole")
        func mutated() async throws {
            var counts = Counts()
            for seed in Fuzzing.seeds(10) {
                let world = try await FuzzWorld.make(seed: seed)
                var raw = try await RawDevice(world, login: "ana")
                let good = try await world.device(of: "beto", seed: seed)
                var random = FuzzRandom(seed: seed)
                for step in 0..<40 {
                    Fuzzing.trying("hub, step \(step)", seed)
                    try await Self.ask(&raw, world, &random, "seed \(seed) step \(step)", &counts)
                }
                try await Self.check(world, good, &random, "seed \(seed)")
            }
            Fuzzing.tried()
            Fuzzing.report("hub: \(counts)")
            #expect(counts.answers > 0 && counts.applied > 0 && counts.refused > 0)
        }

        struct Counts {
            var inputs = 0, answers = 0, errors: [String: Int] = [:]
            var applied = 0, refused = 0, waiting = 0
            var reasons: [String: Int] = [:]
        }

        private static func ask(
            _ raw: inout RawDevice, _ world: FuzzWorld, _ random: inout FuzzRandom, _ name: String,
            _ counts: inout Counts
        ) async throws {
            counts.inputs += 1
            do {
                switch random.below(10) {
                case 0:
                    let bytes: [UInt8] = try raw.comparison(&random).serializedBytes()
                    guard
                        let request = try? WireCompareRequest(serializedBytes: random.spoil(bytes))
                    else { return }
                    _ = try await world.hub.compare(request, secret: raw.secret)
                case 1:
                    let bytes: [UInt8] = try random.enrolRequest().serializedBytes()
                    guard let request = try? WireEnrolRequest(serializedBytes: random.spoil(bytes))
                    else { return }
                    _ = try await world.hub.enrol(
                        request, secret: random.chance(3) ? nil : raw.secret)
                default:
                    let bytes: [UInt8] = try raw.exchange(&random).serializedBytes()
                    guard
                        let request = try? WireExchangeRequest(serializedBytes: random.spoil(bytes))
                    else { return }
                    let answer = try await world.hub.exchange(request, secret: raw.secret)
                    try raw.absorb(answer)
                    counts.applied += answer.verdicts.count { $0.outcome.rawValue < 3 }
                    counts.refused += answer.verdicts.count { $0.outcome == .refused }
                    for verdict in answer.verdicts where verdict.hasRefusal {
                        counts.reasons["\(verdict.refusal.code)", default: 0] += 1
                    }
                    counts.waiting += answer.verdicts.count { $0.outcome == .waiting }
                    // Whatever it answers can be read.
                    let ids = try IDList(answer.ids)
                    for verdict in answer.verdicts { _ = try verdict.model(ids) }
                    _ = try answer.jsonUTF8Data()
                }
                counts.answers += 1
            } catch let error as HubError {
                counts.errors[error.code.rawValue, default: 0] += 1
                let isBadInput = ![.fault, .full, .busy].contains(error.code)
                #expect(isBadInput, "\(name): \(error)")
            }
            try await raw.follow()
        }

        /// What must hold after whatever was asked.
        private static func check(
            _ world: FuzzWorld, _ good: FuzzDevice, _ random: inout FuzzRandom, _ name: String
        ) async throws {
            #expect(try await Verification.of(world.store).problems == [], "\(name)")
            try await world.store.read { store in
                var unapplied: Set<[UInt64]> = []
                for device in try store.devices() {
                    try store.journal(of: device.id) { entry in
                        if entry.verdict.outcome.rawValue >= Outcome.waiting.rawValue {
                            unapplied.insert([device.id.high, device.id.low, entry.number])
                        }
                    }
                }
                for entity in Schema.current.entities {
                    try store.records(of: entity.id) { record in
                        let applied = record.marks.filter {
                            unapplied.contains([$0.device.high, $0.device.low, $0.number])
                        }
                        #expect(applied.isEmpty, "\(name): a refused commit left its mark")
                    }
                }
                let faults = try store.incidents().filter { $0.kind == .quarantine }
                #expect(faults.isEmpty, "\(name): the hub failed on a commit")
            }
            _ = try await good.store.sync(over: good.transport)
            try await good.work(&random)
            let report = try await good.store.sync(over: good.transport)
            #expect(report.isComplete && report.pending == 0 && report.refused == 0, "\(name)")
            #expect(try await world.differences(from: good) == [], "\(name)")
        }
    }
}

extension FuzzRandom {
    /// Mutated, but for one in a few; another request of any kind is at hand for splicing.
    mutating func spoil(_ bytes: [UInt8]) throws -> [UInt8] {
        if chance(4) { return bytes }
        let other = try Kind.exchangeRequest.sample(&self)
        return Mutation.mutated(bytes, with: other, &self)
    }
}

/// A device that keeps the chain as the hub has it and otherwise sends what it likes.
struct RawDevice {
    let id: RecordID
    let secret: [UInt8]
    private let world: FuzzWorld
    private var number: UInt64 = 0
    private var chain = ChainHash.start
    private var epoch = Data()
    private var cursors: [WireCursor] = []
    private var receipt: WireReceipt?
    private var known: [(entity: EntitySchema, id: RecordID, version: UInt64)] = []

    init(_ world: FuzzWorld, login: String) async throws {
        self.world = world
        secret = [UInt8](repeating: 5, count: 32)
        let code = try await world.hub.newCode(login: login).code
        id = try await world.hub.enrol(by: .code(code), secret: secret, name: "raw").device.id
        try await follow()
    }

    mutating func absorb(_ answer: WireExchangeResponse) throws {
        epoch = answer.epoch
        cursors = answer.streams.map { stream in
            .with { ($0.scope, $0.seq, $0.behind) = (stream.scope, stream.seq, stream.behind) }
        }
        if answer.hasReceipt { receipt = answer.receipt }
    }

    /// Takes number and chain from the hub's own books: what was sent may have been anything.
    mutating func follow() async throws {
        let id = id
        let (device, known) = try await world.store.read { store in
            var known: [(EntitySchema, RecordID, UInt64)] = []
            for entity in Schema.current.entities {
                try store.records(of: entity.id) { known.append((entity, $0.id, $0.version)) }
            }
            return (try #require(try store.device(id)), known)
        }
        (number, chain) = (device.lastNumber, device.chain)
        self.known = known.map { (entity: $0.0, id: $0.1, version: $0.2) }
    }

    func comparison(_ random: inout FuzzRandom) -> WireCompareRequest {
        var request = random.compareRequest()
        request.epoch = epoch
        request.scope = UInt32(random.below(4))
        request.wanted += random.some(3) { Data($0.pick(known, or: known[0]).id.bytes) }
        return request
    }

    func exchange(_ random: inout FuzzRandom) -> WireExchangeRequest {
        var request = random.chance(3) ? random.exchangeRequest() : WireExchangeRequest()
        request.protocol = 1
        request.epoch = random.chance(8) ? Data() : epoch
        request.device = Data(id.bytes)
        request.proof = receipt ?? WireReceipt()
        if !random.chance(3) { request.clearProof() }
        request.cursors = random.chance(3) ? [] : cursors
        request.commits = []
        if request.open.isEmpty {
            request.open = (0..<UInt64(random.below(4))).map { self.number &- $0 }
        }
        var (number, chain) = (number, chain)
        for _ in 0..<random.below(4) {
            number += 1
            var commit = Commit(
                number: number, stamp: Stamp(milliseconds: FuzzWorld.start + Int64(number)),
                schema: Schema.current.version, previous: chain, changes: [])
            for _ in 0...random.below(2) { commit.changes.append(change(&random)) }
            chain = commit.chainHash
            request.commits.append(WireCommit(commit))
            if random.chance(6) {
                request.tray.append(
                    .with { ($0.number, $0.disposition) = (number, .discarded) })
            }
        }
        return request
    }

    /// A change that a hub would often accept.
    private func change(_ random: inout FuzzRandom) -> Change {
        let old = random.pick(known, or: known[0])
        let entity =
            random.chance(2) ? old.entity : random.pick(Schema.current.entities, or: old.entity)
        let isNew = random.chance(2) || entity !== old.entity
        var change = Change(
            entity: entity.id, record: isNew ? random.id() : old.id, base: isNew ? 0 : old.version)
        if !isNew && random.chance(12) {
            change.deletes = true
            return change
        }
        for field in entity.fields
        where isNew ? field.required || random.chance(3) : random.chance(5) {
            guard let value = value(of: field, &random) else { continue }
            if field.isSet {
                change.adds.append(ElementWrite(field.number, value))
            } else {
                change.sets.append(FieldWrite(field.number, value))
            }
        }
        let derived = Schema.current.derivedID(of: entity) { position in
            let number = entity.fields[position].number
            return change.sets.first { $0.number == number }?.value
        }
        if isNew, let derived { change.record = derived }
        return change
    }

    private func value(of field: FieldSchema, _ random: inout FuzzRandom) -> Value? {
        if random.chance(40) { return random.anyValue() }
        let least = Int64(field.minimum ?? 0)
        switch field.type {
        case .text: return .text(field.isContactPoint ? "tel:+523312345678" : "t\(random.below(9))")
        case .integer: return .integer(least + Int64(random.below(3)))
        case .real: return .real(Double(least) + 0.5)
        case .boolean: return .boolean(random.chance(2))
        case .instant: return .instant(Instant(milliseconds: FuzzWorld.start))
        case .date: return .date(CivilDate(days: Int32(20_000 + random.below(9))))
        case .option:
            return field.options.isEmpty
                ? nil : .option(random.pick(field.options, or: field.options[0]).number)
        case .status:
            return field.options.isEmpty
                ? nil
                : .status(option: random.pick(field.options, or: field.options[0]).number, round: 0)
        case .ref:
            let fitting = known.filter { field.target == nil || $0.entity.id == field.target }
            return fitting.isEmpty ? nil : .ref(random.pick(fitting, or: fitting[0]).id)
        }
    }
}
