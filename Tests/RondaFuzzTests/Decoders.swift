import Foundation
import RondaMerge
import RondaModel
import RondaProtobuf
import RondaStore
import RondaWire
import SwiftProtobuf

/// A promise of a decoder that it broke.
struct Broken: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension Kind {
    /// Reads bytes as this kind, all the way, as the program would.
    ///
    /// Whatever can be read must be written in one way only: writing what was read, and reading and
    /// writing that, gives the same bytes.
    /// - Throws: whatever the decoder throws, which is an answer; `Broken`, which is not.
    func read(_ bytes: [UInt8]) throws {
        switch self {
        case .exchangeRequest: try Self.check(try WireExchangeRequest(serializedBytes: bytes))
        case .compareRequest: try Self.check(try WireCompareRequest(serializedBytes: bytes))
        case .enrolRequest: try Self.check(try WireEnrolRequest(serializedBytes: bytes))
        case .exchangeResponse: try Self.check(try WireExchangeResponse(serializedBytes: bytes))
        case .compareResponse: try Self.check(try WireCompareResponse(serializedBytes: bytes))
        case .enrolResponse: try Self.check(try WireEnrolResponse(serializedBytes: bytes))
        case .problem: try Self.check(try WireProblem(serializedBytes: bytes))
        case .commit: try Self.check(try WireCommit(serializedBytes: bytes))
        case .packedCommit:
            let packed = try Commit(packed: bytes).packed
            try Self.same(packed, try Commit(packed: packed).packed)
        case .shown:
            for field in try RecordPacking.shownFields(bytes) { Self.look(at: field.value) }
        case .meta: try Self.checkRecord(meta: bytes)
        case .verdict:
            let written = try RecordPacking.verdict(RecordPacking.verdict(bytes))
            try Self.same(written, RecordPacking.verdict(RecordPacking.verdict(written)))
        case .gzip:
            let most = 1 << 16
            let opened = try Gzip.expand(Data(bytes), mostBytes: most)
            guard opened.count <= most else { throw Broken("gzip grew to \(opened.count) bytes") }
            let again = try Gzip.expand(try Gzip.compress(opened), mostBytes: most)
            guard again == opened else { throw Broken("gzip opens to something else") }
        case .receipt:
            let wire = try WireReceipt(serializedBytes: bytes)
            let receipt = Receipt(wire, hub: Fuzzed.hub, device: Fuzzed.device)
            guard receipt.isSigned(by: Fuzzed.key) else { return }
            guard receipt.message == Fuzzed.receipt.message else {
                throw Broken("a forged receipt")
            }
        }
    }

    private static func same(_ first: [UInt8], _ second: [UInt8]) throws {
        guard first == second else { throw Broken("it is written in two ways") }
    }

    /// Everything that is done with a value whatever it says.
    private static func look(at value: Value) {
        _ = (value.keyText, value.type, value.hashValue, value < value, value == value)
        for field in EntitySchema.customer.fields { _ = Validation.problem(in: value, of: field) }
    }

    private static func checkRecord(meta: [UInt8]) throws {
        let entity = EntitySchema.customer
        var random = FuzzRandom(seed: UInt64(meta.count))
        let shown = RecordPacking.shown(of: random.record(of: entity), entity: entity)
        func record(_ meta: [UInt8], _ shown: [UInt8]) throws -> StoredRecord {
            try RecordPacking.record(
                id: Fuzzed.device, entity: entity, creator: Fuzzed.hub, version: 1, shown: shown,
                meta: meta)
        }
        var read = try record(meta, shown)
        _ = (read.shownValues, read.isDeleted, read.isContested, read.openConflicts(in: entity))
        for position in entity.fields.indices { _ = read.differing(position) }
        let written = RecordPacking.meta(of: read, entity: entity)
        let again = try record(written, RecordPacking.shown(of: read, entity: entity))
        try same(written, RecordPacking.meta(of: again, entity: entity))
        read.compactMarks()
    }

    // MARK: Messages

    private static func check(_ message: some Message) throws {
        _ = try? message.jsonUTF8Data()
        switch message {
        case let request as WireExchangeRequest:
            for commit in request.commits { try? check(commit) }
            _ = Receipt(request.proof, hub: .zero, device: .zero).isSigned(by: Fuzzed.key)
        case let response as WireExchangeResponse:
            let ids = try IDList(response.ids)
            for verdict in response.verdicts { _ = try? verdict.model(ids) }
            for delta in response.streams.flatMap(\.deltas) { check(delta, ids) }
        case let response as WireCompareResponse:
            let ids = try IDList(response.ids)
            for delta in response.deltas { check(delta, ids) }
        case let commit as WireCommit:
            let numbered: [UInt8] = try commit.numbered(schema: .current).serializedBytes()
            let again = try WireCommit(serializedBytes: numbered).numbered(schema: .current)
            try same(numbered, again.serializedBytes())
            let model = try commit.model(schema: .current)
            let canonical = model.canonicalBytes
            let second = try WireCommit(serializedBytes: canonical).model(schema: .current)
            try same(Array(canonical), Array(second.canonicalBytes))
            for change in model.changes {
                _ = Validation.problem(in: change, schema: .current, limits: Limits())
            }
        default: break
        }
    }

    private static func check(_ delta: WireDelta, _ ids: IDList) {
        for field in delta.fields + delta.siblings.map(\.value) {
            if let value = try? field.model(ids) { look(at: value) }
        }
    }
}
