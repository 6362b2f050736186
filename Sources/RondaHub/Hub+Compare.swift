internal import Foundation
internal import RondaMerge
internal import RondaModel
package import RondaProtobuf
internal import RondaStore
internal import RondaWire

/// Finding where a device differs from the hub, without sending either of them whole (SPEC §4.8).
extension Hub {
    /// Answers one step of a comparison: sums or records of ranges of ids, and records told whole.
    package func compare(
        _ request: WireCompareRequest, secret: [UInt8]
    ) async throws(HubError) -> WireCompareResponse {
        guard request.ranges.count <= limits.rangesPerComparison,
            request.wanted.count <= limits.wantedPerComparison
        else { throw HubError(.tooLarge, "too many ranges or records in one comparison") }
        let ranges = try request.ranges.map(Self.range)
        let hash = Secret.hash(secret)
        do {
            let credential = Credential.secret(hash: hash, claimed: Data())
            let now = surroundings.now()
            if request.isFirstStep {
                try await store.write { store in
                    let device = try credential.login(in: store, at: now).device
                    try store.append(
                        Incident(
                            at: now, kind: .divergence, device: device.id,
                            about: UInt64(request.scope)))
                }
            }
            return try await store.read { store in
                let login = try credential.login(in: store, at: now)
                return try self.answer(request, ranges, login: login, in: store)
            }
        } catch {
            throw await noted(error, secretHash: hash)
        }
    }

    private static func range(
        _ range: WireRange
    ) throws(HubError) -> (id: RecordID, bits: Int) {
        guard let id = RecordID(bytes: range.id), range.bits <= 128, range.bits % 4 == 0 else {
            throw HubError(.badRequest, "a range is an id and a multiple of 4 of its 128 bits")
        }
        return (id, Int(range.bits))
    }

    private func answer(
        _ request: WireCompareRequest, _ ranges: [(id: RecordID, bits: Int)], login: Login,
        in store: any StoreReader
    ) throws -> WireCompareResponse {
        let hub = try store.hub()
        var response = WireCompareResponse()
        response.epoch = Data(hub.epochBytes)
        // Another history: the device reads everything anew first.
        guard request.epoch == response.epoch else { return response }
        let visible = login.account.visible(schema)
        // A scope that is not seen holds nothing, like one that is not there.
        let scope = try store.scopes()
            .first { $0.number == request.scope && visible?.contains($0.id) ?? true }?.id
        for range in ranges {
            response.ranges.append(try answer(range, scope: scope, in: store))
        }
        try tell(
            request.wanted, scope: scope, to: login.account.role, in: store, into: &response)
        return response
    }

    private func answer(
        _ range: (id: RecordID, bits: Int), scope: RecordID?, in store: any StoreReader
    ) throws -> WireRangeAnswer {
        var answer = WireRangeAnswer()
        guard let scope else { return answer }
        let bounds = range.id.range(bits: range.bits)
        var sums = [UInt64](repeating: 0, count: 16)
        try store.standing(in: scope, from: bounds.lowerBound, to: bounds.upperBound) {
            if range.bits < 128 {
                sums[$0.nibble(at: range.bits)] &+= Checksum.of($0, version: $1)
            }
            if answer.records.count <= limits.recordsPerRange {
                var standing = WireStanding()
                standing.id = Data($0.bytes)
                standing.version = $1
                answer.records.append(standing)
            }
        }
        if answer.records.count > limits.recordsPerRange {
            answer.records = []
            answer.sums = sums
        }
        return answer
    }

    private func tell(
        _ wanted: [Data], scope: RecordID?, to reader: Role, in store: any StoreReader,
        into response: inout WireCompareResponse
    ) throws {
        var table = IDTable()
        for bytes in wanted {
            guard let id = RecordID(bytes: bytes), let scope, let record = try store.record(id),
                record.placements.contains(where: { $0.scope == scope }),
                let entity = schema[record.entity]
            else {
                response.gone.append(bytes)
                continue
            }
            let row = StreamRow(
                id: id, entity: record.entity, creator: record.creator, seq: 0,
                version: record.version, isPlain: false,
                shown: RecordPacking.shown(of: record, entity: entity),
                meta: RecordPacking.meta(of: record, entity: entity))
            let writer = DeltaWriter(
                schema: schema, scope: scope, since: 0, own: .none, reader: reader)
            response.deltas.append(try writer.delta(row, &table))
        }
        response.ids = table.encoded
    }
}

extension WireCompareRequest {
    /// A comparison begins with the whole of a scope.
    fileprivate var isFirstStep: Bool { ranges.count == 1 && ranges[0].bits == 0 }
}
