package import RondaModel
package import RondaProtobuf

extension WireVerdict {
    package init(_ verdict: Verdict, _ table: inout IDTable) {
        self.init()
        number = verdict.number
        outcome = WireOutcome(rawValue: Int(verdict.outcome.rawValue)) ?? .unspecified
        versions = verdict.versions
        clockSuspect = verdict.clockSuspect
        disposition = WireDisposition(verdict.disposition)
        waitsFor = verdict.waitsFor.map { table.index(of: $0) + 1 } ?? 0
        merges = verdict.merges.map { merge in
            var wire = WireMerge()
            wire.record = table.index(of: merge.record)
            wire.field = merge.field
            wire.conflict = merge.kind == .conflict
            return wire
        }
        handovers = verdict.handovers.map { handover in
            var wire = WireHandOver()
            wire.record = table.index(of: handover.record)
            wire.suggestions = UInt32(clamping: handover.suggestions)
            wire.movedTo = handover.movedTo.map { table.index(of: $0) + 1 } ?? 0
            return wire
        }
        if let refusal = verdict.refusal {
            var wire = WireRefusal()
            wire.code = WireCode(rawValue: Int(refusal.code.rawValue)) ?? .unspecified
            wire.entity = refusal.entity?.rawValue ?? 0
            wire.record = refusal.record.map { table.index(of: $0) + 1 } ?? 0
            wire.field = refusal.field
            wire.detail = refusal.detail
            wire.retryable = refusal.code.isRetryable
            self.refusal = wire
        }
    }

    package func model(_ ids: IDList) throws(WireError) -> Verdict {
        guard let outcome = Outcome(rawValue: UInt32(clamping: outcome.rawValue)) else {
            throw WireError(.badField, "verdict \(number) has outcome \(outcome.rawValue)")
        }
        var merges: [Merge] = []
        for merge in self.merges {
            merges.append(
                Merge(
                    record: try ids.id(at: merge.record), field: merge.field,
                    kind: merge.conflict ? .conflict : .parallel))
        }
        var handovers: [HandOver] = []
        for handover in self.handovers {
            handovers.append(
                HandOver(
                    record: try ids.id(at: handover.record), suggestions: Int(handover.suggestions),
                    movedTo: handover.movedTo == 0 ? nil : try ids.id(at: handover.movedTo - 1)))
        }
        return Verdict(
            number: number, outcome: outcome,
            refusal: hasRefusal ? try refusal.model(ids) : nil, merges: merges,
            handovers: handovers,
            versions: versions, clockSuspect: clockSuspect,
            waitsFor: waitsFor == 0 ? nil : try ids.id(at: waitsFor - 1),
            disposition: disposition.model)
    }
}

extension WireDisposition {
    package init(_ disposition: Disposition) {
        self = WireDisposition(rawValue: Int(disposition.rawValue)) ?? .unspecified
    }

    /// One from a later edition counts as undecided.
    package var model: Disposition { Disposition(rawValue: UInt32(clamping: rawValue)) ?? .open }
}

extension WireRefusal {
    func model(_ ids: IDList) throws(WireError) -> Refusal {
        // A code from a later edition is kept as a fault that waits: the commit stays here.
        Refusal(
            RefusalCode(rawValue: UInt32(clamping: code.rawValue)) ?? .internalFault,
            entity: entity == 0 ? nil : EntityID(rawValue: entity),
            record: record == 0 ? nil : try ids.id(at: record - 1), field: field, detail: detail)
    }
}
