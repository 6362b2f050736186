internal import RondaClient
internal import RondaMethod
internal import RondaModel

/// One line of a list of cases.
struct CaseRow: Sendable {
    let history: CaseHistory
    let handle: String
    let customer: CustomerName
    let owner: String

    var record: ServiceCase { history.record }

    /// Open ones first, the longest open at the top; those that are over after, the latest first.
    static func ordered(_ rows: [CaseRow]) -> [CaseRow] {
        rows.sorted { left, right in
            let (isOver, otherIsOver) = (left.history.state.isOver, right.history.state.isOver)
            if isOver != otherIsOver { return otherIsOver }
            let (a, b) = (left.record.openedAt?.milliseconds, right.record.openedAt?.milliseconds)
            if a != b { return isOver ? (a ?? 0) > (b ?? 0) : (a ?? 0) < (b ?? 0) }
            return left.record.id < right.record.id
        }
    }
}

extension Names {
    func row(_ history: CaseHistory) throws -> CaseRow {
        CaseRow(
            history: history, handle: try reader.shortID(ServiceCase.self, history.record.id),
            customer: try customer(history.record.customer),
            owner: history.record.owner.map(person) ?? "")
    }

    /// Every case, or those of some customers, worked out from what was recorded.
    func cases(of customers: [RecordID]? = nil) throws -> [CaseHistory] {
        func all<R: RondaRecord>(_ type: R.Type) throws -> [R] {
            try customers?.flatMap { try reader.records(type, of: $0) } ?? reader.records(type)
        }
        let steps = Dictionary(grouping: try all(CaseStep.self), by: \.serviceCase)
        let events = Dictionary(grouping: try all(CaseEvent.self), by: \.serviceCase)
        return try all(ServiceCase.self).map {
            CaseHistory($0, steps: steps[$0.id] ?? [], events: events[$0.id] ?? [])
        }
    }

    /// One case, by the beginning of its id.
    func serviceCase(_ text: String) throws -> CaseHistory {
        let record = try Finder(reader: reader).record(ServiceCase.self, text)
        return try history(of: record)
    }

    func history(of record: ServiceCase) throws -> CaseHistory {
        guard let customer = record.customer else {
            return CaseHistory(record, steps: [], events: [])
        }
        return CaseHistory(
            record, steps: try reader.records(CaseStep.self, of: customer),
            events: try reader.records(CaseEvent.self, of: customer))
    }
}
