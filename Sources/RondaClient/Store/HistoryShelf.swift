internal import GRDB
internal import RondaModel
internal import RondaSQLite

/// The history that is on the device: what of it must stay, and what goes when there is too much.
struct HistoryShelf {
    let database: Database
    private var outline: Outline { Outline(database: database) }

    init(database: Database) {
        self.database = database
    }

    private static let entities = Schema.current.entities.filter(\.hasHistory)

    private func budget() throws -> HistoryBudget {
        try Facts(database: database).historyBudget()
    }

    /// What should be on the device and what should not.
    func choice() throws -> HistoryChoice {
        switch try budget() {
        case .all:
            return HistoryChoice(
                whole: [], kept: [], outlined: try outlined(most: .max), budget: .all)
        case .records(let most):
            if try outline.isEmpty, try count() <= most {
                return HistoryChoice(whole: [], kept: [], outlined: [], budget: .all)
            }
            var whole: [Recency] = []
            try rows(of: Self.entities) { entity, row in
                if row.isHistory(entity) { whole.append(row.recency(entity)) }
            }
            let kept = try keptByWork().union(namedByOpen())
            return HistoryChoice(
                whole: whole, kept: kept, outlined: try outlined(most: most),
                budget: .records(most))
        }
    }

    /// Those that were asked for whatever room there is, and did not come, are not asked for again.
    private func outlined(most: Int) throws -> [Recency] {
        try outline.recent(limit: most).filter { !$0.isDue }.map(\.recency)
    }

    /// How many records there are that may be history: at least as many as are.
    private func count() throws -> Int {
        try Self.entities.reduce(0) { count, entity in
            let table = try LocalReader.table(entity.id)
            let rows = try Int.fetchOne(database, sql: "SELECT count(*) FROM \(table.name)")
            return count + (rows ?? 0)
        }
    }

    private func rows(
        of entities: [EntitySchema], _ body: (EntitySchema, DeviceRow) throws -> Void
    ) throws {
        for entity in entities {
            let table = try LocalReader.table(entity.id)
            let statement = try database.prepared(
                """
                SELECT \(table.columnList) FROM \(table.name)
                WHERE (_flags & \(RowFlags.deleted.rawValue)) = 0
                """)
            defer { statement.reset() }
            while try statement.step() { try body(entity, table.row(statement)) }
        }
    }

    /// Marks what is here in outline and something unfinished refers to: it must come whole.
    func noteNeeds() throws {
        if try outline.isEmpty { return }
        for record in try keptByWork().union(namedByOpen()).sorted() { try outline.need(record) }
    }

    /// What own work, the tray and questions to a person refer to, and what is not whole.
    private func keptByWork() throws -> Set<RecordID> {
        let reader = LocalReader(database)
        var kept = try Absorber(database, now: Instant(milliseconds: 0)).heldByOwnWork()
        kept.formUnion(try RowWriter(database: database).shadowedRecords())
        kept.formUnion(try reader.conflicts().map(\.record))
        kept.formUnion(try reader.contested().map(\.record))
        kept.formUnion(try outline.due().map(\.record))
        return kept
    }

    /// What open work refers to: the visit in which something was promised, what a suggestion is about.
    private func namedByOpen() throws -> Set<RecordID> {
        var named: Set<RecordID> = []
        try rows(of: Self.entities.filter { $0.urgency != nil }) { entity, row in
            if row.isHistory(entity) { return }
            for position in entity.fields.indices {
                if case .ref(let id)? = row.values[position].value { named.insert(id) }
            }
        }
        return named
    }

    /// Makes outlines of these, unless something refers to them by now.
    func drop(_ records: some Sequence<RecordID>) throws {
        let (standing, writer) = (Standing(database: database), RowWriter(database: database))
        let reader = LocalReader(database)
        let kept = try keptByWork()
        var touched: Set<EntityID> = []
        for record in records where !kept.contains(record) {
            // What is in doubt may have to go altogether.
            guard let place = try standing.place(of: record),
                let entity = Schema.current[place.entity],
                let row = try reader.row(entity.id, record), row.isHistory(entity),
                row.version == place.version
            else { continue }
            try outline.put(
                RecordOutline(
                    record: record, entity: entity.id, version: place.version,
                    customers: row.customers(entity), day: row.recency(entity).day))
            try writer.remove(entity, record)
            touched.insert(entity.id)
        }
        for entity in touched.sorted(by: { $0.rawValue < $1.rawValue }) {
            let table = try LocalReader.table(entity)
            try database.notifyChanges(in: Table(table.entity.name))
        }
    }
}

extension DeviceRow {
    private func shown(_ entity: EntitySchema) -> [(number: UInt32, value: Value)] {
        entity.fields.indices.flatMap { position in
            let values = self.values[position].value.map { [$0] } ?? self.values[position].elements
            return values.map { (entity.fields[position].number, $0) }
        }
    }

    /// Whether it is done with, by what is shown of it.
    func isHistory(_ entity: EntitySchema) -> Bool {
        entity.part(showing: shown(entity)) == .history
    }

    func recency(_ entity: EntitySchema) -> Recency {
        Recency(
            day: entity.day(showing: shown(entity).map(\.value)), version: version, record: id)
    }

    func customers(_ entity: EntitySchema) -> [RecordID] {
        shown(entity).compactMap { number, value in
            guard number == entity.customerField, case .ref(let id) = value else { return nil }
            return id
        }
    }
}
