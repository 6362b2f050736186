public import RondaModel

/// How much of what is done with (purchases, visits made, promises kept and the like) a device keeps.
/// What is open, customers and the catalogue it always has.
public enum HistoryBudget: Sendable, Hashable {
    case all
    /// At most so many records, the most recent ones.
    case records(Int)

    /// What a device keeps that was told nothing else.
    public static let standard = HistoryBudget.records(20_000)
}

/// Records of history of one kind that the device knows of and does not have.
public struct AbsentRecords: Sendable, Hashable {
    public let entity: EntityID
    public let name: String
    public let label: Phrase
    public let count: Int
}

extension LocalStore {
    public func historyBudget() async throws(ClientError) -> HistoryBudget {
        try await read { try $0.historyBudget() }
    }

    /// Changes how much history the device keeps. What is too much goes, and what there is room for comes,
    /// with the next sync.
    public func setHistoryBudget(_ budget: HistoryBudget) async throws(ClientError) {
        try await writing { database in
            let facts = Facts(database: database)
            switch budget {
            case .all: try facts.set(.historyBudget, text: "all")
            case .records(let most):
                try facts.set(.historyBudget, number: Int64(max(0, most)))
            }
            try facts.set(.isHistoryDue, number: 1)
        }
    }
}

extension Facts {
    func historyBudget() throws -> HistoryBudget {
        guard let text = try text(.historyBudget) else { return .standard }
        return Int(text).map { .records($0) } ?? .all
    }
}

extension LocalReader {
    public func historyBudget() throws -> HistoryBudget {
        try Facts(database: database).historyBudget()
    }

    /// What is not on this device of the history that its account sees, by kind, in order of the schema.
    public func absentHistory() throws -> [AbsentRecords] {
        absent(try Outline(database: database).counts())
    }

    /// The same, of one customer, who may have several ids (SPEC §5.7).
    public func absentHistory(of customers: [RecordID]) throws -> [AbsentRecords] {
        let writer = RowWriter(database: database)
        let entries = try Outline(database: database).of(customers)
            .filter { try !$0.isDue || writer.head($0.entity, $0.record) == nil }
        return absent(
            Dictionary(grouping: entries, by: \.entity).mapValues(\.count))
    }

    private func absent(_ counts: [EntityID: Int]) -> [AbsentRecords] {
        Schema.current.entities.compactMap { entity in
            counts[entity.id].map {
                AbsentRecords(
                    entity: entity.id, name: entity.name, label: entity.label, count: $0)
            }
        }
    }
}
