import Foundation
import RondaHub
import RondaModel
import RondaProtobuf
import RondaStore
import RondaWire

// What the hub answers, in the words of a vector.

extension JSON {
    /// SPEC §2.5.
    static func problem(_ error: HubError) -> JSON {
        let status =
            switch error.code {
            case .badRequest, .badBundle: 400
            case .badCredential: 401
            case .badCode, .revoked: 403
            case .notNext: 409
            case .wrongHub: 421
            case .tooLarge: 413
            case .unsupported: 415
            case .fault: 500
            case .busy: 503
            case .full: 507
            }
        return .members([("status", .integer(status)), ("problem", .string(error.code.rawValue))])
    }
}

extension ExchangeVector {
    /// What holds for every answer.
    mutating func check(_ answer: WireExchangeResponse, to device: ExchangeDevice) async throws {
        let hub = try await identity()
        if answer.serverTimeMs != surroundings.now.milliseconds { faults.append("server time") }
        if answer.epoch != Data(hub.epochBytes) { faults.append("epoch") }
        if answer.hasReceipt {
            let receipt = Receipt(answer.receipt, hub: hub.id, device: device.id)
            if !receipt.isSigned(by: Receipt.publicKey(of: hub.key))
                || receipt.number != answer.lastCommit || receipt.receivedAt != surroundings.now
            {
                faults.append("receipt \(receipt)")
            }
        }
    }

    func said(
        _ answer: WireExchangeResponse, to device: ExchangeDevice, scopes: [ScopeHead],
        isRenewed: Bool
    ) throws -> JSON {
        let ids = try IDList(answer.ids)
        var verdicts: [String: JSON] = [:]
        for verdict in answer.verdicts {
            verdicts["\(verdict.number)"] = try said(
                verdict, of: device.sent[verdict.number], ids)
        }
        func name(_ number: UInt32) -> String {
            scopes.first { $0.number == number }.map { scopeName($0.id) } ?? "\(number)"
        }
        let advice = answer.advice
        let streams: [(String, JSON?)] = try answer.streams.map {
            (name($0.scope), try said($0, ids, isRenewed: isRenewed))
        }
        return .members([
            ("status", .integer(200)),
            ("newEpoch", .bool(!device.epoch.isEmpty && device.epoch != answer.epoch)),
            ("lastCommit", .integer(answer.lastCommit)),
            ("chain", .string(RecordID(bytes: answer.chain)?.hex ?? "")),
            ("forkedAt", .integer(answer.forkedAt)),
            ("more", .bool(answer.more)),
            ("verdicts", .members(verdicts.map { ($0.key, $0.value) })),
            ("receipt", .integer(answer.receipt.number)),
            (
                "advice",
                .members([
                    ("copies", advice.copies == 0 ? nil : .integer(advice.copies)),
                    ("recovering", advice.recovering ? .bool(true) : nil),
                    (
                        "coveredByBackup",
                        advice.coveredByBackup == 0 ? nil : .integer(advice.coveredByBackup)
                    ),
                ])
            ),
            (
                "erased",
                .array(
                    answer.erased.map { names.name(of: RecordID(data: $0)) }.sorted()
                        .map { .string($0) })
            ),
            ("lostScopes", .array(answer.lostScopes.map { .string(name($0)) })),
            ("streams", .members(streams)),
        ])
    }

    func said(_ answer: WireCompareResponse) throws -> JSON {
        let ids = try IDList(answer.ids)
        return .members([
            (
                "ranges",
                .array(
                    answer.ranges.map { range in
                        range.sums.isEmpty
                            ? .members([
                                (
                                    "records",
                                    .members(
                                        range.records.map {
                                            (
                                                names.name(of: RecordID(data: $0.id)),
                                                names.said(version: $0.version)
                                            )
                                        })
                                )
                            ])
                            : .members([("sums", .array(range.sums.map { .string("\($0)") }))])
                    })
            ),
            ("deltas", try said(answer.deltas, ids)),
            ("gone", .array(answer.gone.map { .string(names.name(of: RecordID(data: $0))) })),
        ])
    }

    // MARK: - Verdicts

    private func said(
        _ verdict: WireVerdict, of commit: WireCommit?, _ ids: IDList
    ) throws -> JSON {
        let told = try verdict.model(ids)
        func entity(_ record: RecordID) -> EntityID? {
            let table = commit?.ids ?? []
            return commit?.changes.first {
                $0.record < table.count && RecordID(data: table[Int($0.record)]) == record
            }.map { EntityID(rawValue: $0.entity) }
        }
        func place(_ record: RecordID?, _ field: UInt32) -> [(String, JSON?)] {
            let entity = record.flatMap(entity)
            return [
                ("record", record.map { .string(names.name(of: $0, entity: entity)) }),
                ("field", field == 0 ? nil : .string(names.fieldName(field, in: entity))),
            ]
        }
        let outcomes: [Outcome: String] = [
            .accepted: "accepted", .merged: "merged", .refused: "refused", .waiting: "waiting",
            .handedOver: "handedOver",
        ]
        let handovers: [JSON] = told.handovers.map { handover in
            .members(
                place(handover.record, 0) + [
                    (
                        "suggestions",
                        handover.suggestions == 0 ? nil : .integer(handover.suggestions)
                    ),
                    ("movedTo", handover.movedTo.map { .string(names.name(of: $0)) }),
                ])
        }
        let dispositions: [Disposition: String] = [
            .office: "office", .discarded: "discarded", .resubmitted: "resubmitted",
        ]
        let merges: [JSON] = told.merges.map {
            .members(
                place($0.record, $0.field) + [("conflict", .bool($0.kind == .conflict))])
        }
        let at = told.refusal.map { JSON.members(place($0.record, $0.field)) }
        return .members([
            ("outcome", .string(outcomes[told.outcome] ?? "\(told.outcome)")),
            (
                "versions",
                told.versions.isEmpty ? nil : .array(told.versions.map(names.said(version:)))
            ),
            ("merges", merges.isEmpty ? nil : .array(merges)),
            ("handovers", handovers.isEmpty ? nil : .array(handovers)),
            ("code", told.refusal.map { .string($0.code.name) }),
            ("at", at.flatMap { $0.members.isEmpty ? nil : $0 }),
            ("retryable", verdict.refusal.retryable ? .bool(true) : nil),
            ("waitsFor", told.waitsFor.map { .string(names.name(of: $0)) }),
            ("clockSuspect", told.clockSuspect ? .bool(true) : nil),
            ("disposition", dispositions[told.disposition].map { .string($0) }),
        ])
    }

    // MARK: - Streams

    private func said(_ stream: WireStream, _ ids: IDList, isRenewed: Bool) throws -> JSON {
        .members([
            ("whole", .bool(stream.whole)),
            ("atHead", .bool(stream.behind == 0 && stream.part == 0)),
            ("part", .integer(Int(stream.part))),
            ("sum", stream.hasSum ? isRenewed ? .bool(true) : .string("\(stream.sum)") : .null),
            ("count", .integer(stream.deltas.count)),
            ("deltas", try said(stream.deltas, ids)),
            ("outlined", .integer(stream.outlines.count)),
            ("outlines", .members(try stream.outlines.map { try said($0, ids) })),
        ])
    }

    private func said(_ outline: WireOutline, _ ids: IDList) throws -> (String, JSON?) {
        let entity = EntityID(rawValue: outline.entity)
        let id = try ids.id(at: outline.record)
        let customers = try outline.customers.map {
            JSON.string(names.name(of: try ids.id(at: $0), entity: .customer))
        }
        let day = outline.hasDay ? CivilDate(days: outline.day).description : nil
        return (
            names.name(of: id, entity: entity),
            .members([
                ("version", names.said(version: outline.version)),
                ("customers", customers.isEmpty ? nil : .array(customers)),
                ("day", day.map { .string($0) }),
                ("deleted", outline.deleted ? .bool(true) : nil),
            ])
        )
    }

    private func said(_ deltas: [WireDelta], _ ids: IDList) throws -> JSON {
        .members(
            try deltas.map { delta in
                let entity = EntityID(rawValue: delta.entity)
                let id = try ids.id(at: delta.record)
                return (names.name(of: id, entity: entity), try said(delta, of: entity, ids))
            })
    }

    private func said(_ delta: WireDelta, of id: EntityID, _ ids: IDList) throws -> JSON {
        guard let entity = schema[id] else {
            throw VectorNames.Unknown(description: "entity \(id.rawValue)")
        }
        func value(_ wire: WireField) throws -> (FieldSchema, JSON) {
            guard let position = entity.position(ofNumber: wire.number) else {
                throw VectorNames.Unknown(description: "field \(wire.number)")
            }
            let field = entity.fields[position]
            return (field, names.said(try wire.model(ids), of: field))
        }
        if delta.left {
            let home = try delta.movedTo == 0 ? nil : ids.id(at: delta.movedTo - 1)
            return .members([
                ("left", .bool(true)), ("erased", delta.erased ? .bool(true) : nil),
                ("movedTo", home.map { .string(names.name(of: $0)) }),
                // A record that has left has nothing else.
                ("version", delta.version == 0 ? nil : names.said(version: delta.version)),
                ("fields", delta.fields.isEmpty ? nil : .bool(true)),
            ])
        }
        var fields: [(String, JSON?)] = []
        var sets: [String: [JSON]] = [:]
        for wire in delta.fields {
            let (field, value) = try value(wire)
            if field.isSet {
                sets[field.name, default: []].append(value)
            } else {
                fields.append((field.name, value))
            }
        }
        fields += sets.map { ($0.key, .members([("set", .array($0.value))])) }
        var siblings: [String: [JSON]] = [:]
        for sibling in delta.siblings {
            let (field, value) = try value(sibling.value)
            siblings[field.name, default: []].append(value)
            if sibling.shown != (siblings[field.name]?.count == 1) {
                throw VectorNames.Unknown(description: "a shown sibling that is not the first")
            }
        }
        let cleared: [JSON] = delta.cleared.map { .string(names.fieldName($0, in: id)) }
        return .members([
            ("version", names.said(version: delta.version)),
            ("fields", fields.isEmpty ? nil : .members(fields)),
            ("cleared", cleared.isEmpty ? nil : .array(cleared)),
            (
                "siblings",
                siblings.isEmpty
                    ? nil : .members(siblings.map { ($0.key, .array($0.value)) })
            ),
            ("deleted", delta.deleted ? .bool(true) : nil),
            ("contested", delta.contested ? .bool(true) : nil),
            (
                "creator",
                delta.creator == 0
                    ? nil : .string(names.personName(try ids.id(at: delta.creator - 1)))
            ),
        ])
    }
}

// MARK: - Comparing

extension ExchangeVector {
    /// Where an answer differs from the facts that a vector tells of it.
    static func differences(_ told: JSON?, expected: JSON?) -> [String] {
        guard let told else { return expected == nil ? [] : ["nothing comes of it"] }
        var expected = expected?.members ?? []
        if expected.isEmpty { return ["nothing is expected of it"] }
        if !expected.contains(where: { $0.key == "status" }), told["status"] != nil {
            expected.append(JSON.Member(key: "status", value: .integer(200)))
        }
        return expected.compactMap { fact in
            if told[fact.key] == nil, told["problem"] == nil { return "\(fact.key) is no fact" }
            let actual = restricted(told[fact.key] ?? .null, to: fact)
            let (wanted, got) = (fact.value.canonical(), actual.canonical())
            if wanted == got || wanted.isNothing && got.isNothing { return nil }
            return "\(fact.key): expected \(wanted.flat), got \(got.flat)"
        }
    }

    /// As much of an answer as the vector says something of.
    private static func restricted(_ told: JSON, to fact: JSON.Member) -> JSON {
        switch fact.key {
        case "verdicts":
            .object(
                told.members.map { verdict in
                    let isPlaced = fact.value[verdict.key]?["at"] != nil
                    let kept = verdict.value.members.filter { $0.key != "at" || isPlaced }
                    return JSON.Member(key: verdict.key, value: .object(kept))
                })
        case "streams":
            .object(
                fact.value.members.map { scope in
                    guard let stream = told[scope.key] else {
                        return JSON.Member(key: scope.key, value: .null)
                    }
                    let kept = scope.value.members.map { part in
                        JSON.Member(key: part.key, value: restricted(stream, to: part.key, part))
                    }
                    return JSON.Member(key: scope.key, value: .object(kept))
                })
        default: told
        }
    }

    private static func restricted(_ stream: JSON, to key: String, _ part: JSON.Member) -> JSON {
        let whole = ["some": "deltas", "someOutlined": "outlines"][key]
        guard let whole else { return stream[key] ?? .null }
        return .object(
            (stream[whole]?.members ?? []).filter { part.value[$0.key] != nil })
    }
}

extension JSON {
    fileprivate var isNothing: Bool {
        switch self {
        case .null, .bool(false): true
        case .number(let text): text == "0"
        case .array(let items): items.isEmpty
        case .object(let members): members.isEmpty
        case .bool, .string: false
        }
    }

    /// With its lists in one order, as far as their order means nothing.
    fileprivate func canonical(in key: String = "", of owner: String = "") -> JSON {
        switch self {
        case .object(let members):
            .object(
                members.map {
                    Member(key: $0.key, value: $0.value.canonical(in: $0.key, of: key))
                }
                .sorted { $0.key < $1.key })
        case .array(let items):
            switch (key, owner) {
            case ("set", _), ("merges", _), ("cleared", _), ("lostScopes", _), ("gone", _),
                ("customers", _):
                .array(items.map { $0.canonical() }.sorted { $0.flat < $1.flat })
            case (_, "siblings"):
                .array(
                    Array(items.prefix(1))
                        + items.dropFirst().sorted { $0.flat < $1.flat })
            default: .array(items.map { $0.canonical() })
            }
        default: self
        }
    }
}
