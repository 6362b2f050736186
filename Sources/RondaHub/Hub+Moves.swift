internal import RondaMerge
package import RondaModel
package import RondaStore

/// What a reassignment would move, and who may still hold unsent work for it.
package struct MovePreview: Sendable, Hashable {
    package var records: [EntityID: Int] = [:]
    package var openPromises = 0
    package var plannedVisits = 0
    /// Customers that somebody follows, and goes on seeing.
    package var followed = 0
    /// The devices of the people who see any of it now through their territories.
    package var devices: [Device] = []
}

/// Customers go to another territory, with all that is under them (SPEC §4.11).
extension Hub {
    /// The customers at home in a territory, in order of id.
    package func customers(in territory: RecordID) async throws(HubError) -> [RecordID] {
        let schema = schema
        return try await reading { store in
            guard let entity = schema[.customer] else { return [] }
            var found: [RecordID] = []
            try store.records(of: .customer) { customer in
                if !customer.isDeleted, customer.home(entity) == territory {
                    found.append(customer.id)
                }
            }
            return found
        }
    }

    /// The territory with this code; `nil` when there is none.
    package func territory(code: String) async throws(HubError) -> RecordID? {
        let schema = schema
        return try await reading { store in
            guard let entity = schema[.territory],
                let id = schema.derivedID(of: entity, values: { _ in .composed(code) }),
                let territory = try store.record(id), !territory.isDeleted
            else { return nil }
            return id
        }
    }

    /// The customers that have these codes or ids, in their order; `nil` for one that is not there.
    package func customers(
        codesOrIDs names: [String]
    ) async throws(HubError) -> [RecordID?] {
        let schema = schema
        return try await reading { store in
            var byCode: [String: RecordID] = [:]
            let position = schema[.customer]?.position(named: "code")
            try store.records(of: .customer) { customer in
                if let position, case .one(.text(let code)) = customer.shown(position),
                    !customer.isDeleted
                {
                    byCode[code] = customer.id
                }
            }
            return try names.map { name in
                if let id = byCode[name] { return id }
                guard let id = RecordID(name), let record = try store.record(id),
                    record.entity == .customer, !record.isDeleted
                else { return nil }
                return id
            }
        }
    }

    /// Says what moving these customers would do, and changes nothing.
    package func preview(
        moving customers: [RecordID]
    ) async throws(HubError) -> MovePreview {
        let schema = schema
        return try await reading { store in
            var preview = MovePreview()
            var scopes: Set<RecordID> = []
            var seen: Set<RecordID> = []
            for id in customers {
                guard let customer = try store.record(id), !customer.isDeleted else { continue }
                scopes.formUnion(customer.placements.map(\.scope))
                if !customer.followers.isEmpty { preview.followed += 1 }
                for other in [id] + (try store.dependents(of: id))
                where seen.insert(other).inserted {
                    if let record = try store.record(other) { preview.count(record, schema) }
                }
            }
            for device in try store.devices() where !device.secretHash.isEmpty {
                guard let account = try store.account(device.account),
                    let visible = account.visible(schema), !visible.isDisjoint(with: scopes)
                else { continue }
                preview.devices.append(device)
            }
            return preview
        }
    }

    /// Moves customers to a territory; those that are there already, or deleted, stay as they are.
    /// - Returns: how many moved.
    package func move(
        _ customers: [RecordID], to territory: RecordID, by actor: String = AuditEntry.server,
        progress: @Sendable (Int) -> Void = { _ in }
    ) async throws(HubError) -> Int {
        let schema = schema
        guard let entity = schema[.customer], let position = entity.position(named: "movedTo")
        else { throw HubError(.fault, "a schema without movedTo") }
        let number = entity.fields[position].number
        let code = try await reading { try $0.code(ofTerritory: territory, schema) }
        let note = AuditNote(.customerMove, by: actor, subject: code, namesCommits: true)
        var moved = 0
        for start in stride(from: 0, to: customers.count, by: 100) {
            let part = Array(customers[start..<min(start + 100, customers.count)])
            let changes = try await reading { store in
                try part.compactMap { id -> Change? in
                    guard let customer = try store.record(id), customer.entity == .customer,
                        !customer.isDeleted, customer.home(entity) != territory
                    else { return nil }
                    return Change(
                        entity: .customer, record: id, base: customer.version,
                        sets: [FieldWrite(number, .ref(territory))])
                }
            }
            let verdicts = try await submitAsSystem(changes.map { [$0] }, note: note)
            moved += verdicts.count { $0.refusal == nil }
            progress(start + part.count)
        }
        return moved
    }

    func reading<Result: Sendable>(
        _ body: @escaping @Sendable (any StoreReader) throws -> Result
    ) async throws(HubError) -> Result {
        do {
            return try await store.read(body)
        } catch {
            throw HubError(error)
        }
    }
}

extension StoreReader {
    /// A territory as administrators call it.
    func code(ofTerritory id: RecordID, _ schema: Schema) throws -> String {
        guard let position = schema[.territory]?.position(named: "code"),
            case .one(.text(let code)) = try record(id)?.shown(position)
        else { return id.description }
        return code
    }
}

extension MovePreview {
    fileprivate mutating func count(_ record: StoredRecord, _ schema: Schema) {
        guard !record.isDeleted, let entity = schema[record.entity] else { return }
        records[record.entity, default: 0] += 1
        func isEmpty(_ name: String) -> Bool {
            entity.position(named: name).map { record.shown($0).isEmpty } ?? true
        }
        switch record.entity {
        case .commitment where isEmpty("keptAt") && isEmpty("releasedAt"):
            openPromises += 1
        case .visit:
            let state = entity.position(named: "state").map(record.shown)
            if case .one(.status(VisitState.planned.rawValue, _)) = state { plannedVisits += 1 }
        default: break
        }
    }
}
