package import RondaModel

/// A scope that a record stands in, or that an account sees, between two changes of who sees
/// what. Such changes are counted by the hub: the count is the assignment version (SPEC §4.12).
package struct Stay: Sendable, Hashable {
    /// As the scope of an account's stay: all of them.
    package static let everywhere = RecordID.zero

    package var scope: RecordID
    package var from: UInt64
    /// The change that ended it; 0 while it lasts.
    package var until: UInt64

    package init(scope: RecordID, from: UInt64 = 0, until: UInt64 = 0) {
        self.scope = scope
        self.from = from
        self.until = until
    }

    /// Whether both held at some moment that is not before `since`. What a device shows while it reads
    /// pages is a mix of what was then and of what is now.
    package func meets(_ other: Stay, since: UInt64) -> Bool {
        func end(_ stay: Stay) -> UInt64 { stay.until == 0 ? .max : stay.until }
        return max(since, from, other.from) < min(end(self), end(other))
    }
}

extension [Stay] {
    /// Notes that from `assignment` on these are the scopes.
    package mutating func become(_ scopes: [RecordID], at assignment: UInt64) {
        let wanted = Set(scopes)
        for index in indices where self[index].until == 0 && !wanted.contains(self[index].scope) {
            self[index].until = assignment
        }
        let open = Set(filter { $0.until == 0 }.map(\.scope))
        self += scopes.filter { !open.contains($0) }.map { Stay(scope: $0, from: assignment) }
    }
}

/// A scope that a record has left, the position at which its stream says so, and the change of who
/// sees what that it was.
package struct Departure: Sendable, Hashable {
    package var scope: RecordID
    package var seq: UInt64
    package var assignment: UInt64

    package init(scope: RecordID, seq: UInt64, assignment: UInt64) {
        self.scope = scope
        self.seq = seq
        self.assignment = assignment
    }
}

/// A person who follows a customer into whatever territory it goes, and the record for which.
package struct Follower: Sendable, Hashable {
    package var person: RecordID
    package var cause: RecordID

    package init(person: RecordID, cause: RecordID) {
        self.person = person
        self.cause = cause
    }
}

/// What an account saw when one of its devices captured, or later (SPEC §4.13).
package struct Sight: Sendable {
    let stays: [Stay]
    /// What the device knew of who sees what.
    let known: UInt64

    package init(stays: [Stay], known: UInt64) {
        self.stays = stays
        self.known = known
    }

    package func saw(scope: RecordID) -> Bool { saw(Stay(scope: scope), since: 0) }

    /// Whether it saw a record that keeps its stays, and stands in these scopes now.
    package func saw(_ record: StoredRecord, standing: [RecordID], since: UInt64) -> Bool {
        record.allStays(standing: standing).contains { saw($0, since: since) }
    }

    /// Whether the account saw a record, by these customers that it is under or by itself.
    package func saw(
        _ record: StoredRecord, _ entity: EntitySchema, by account: RecordID,
        customers: [StoredRecord], standing: (StoredRecord) -> [RecordID]
    ) -> Bool {
        // What it made since then it knows, wherever others may have put it.
        if record.creator == account && record.born >= known { return true }
        // Of what was made by others since, one has no right to hear; what one had a hand in may have
        // been made by others later.
        let isOthers = !record.marks.contains { $0.author == account }
        let hasStays = entity.keepsStays || record.isErased
        return (customers + (hasStays ? [record] : [])).contains {
            saw($0, standing: standing($0), since: isOthers ? record.born : 0)
        }
    }

    private func saw(_ other: Stay, since: UInt64) -> Bool {
        stays.contains {
            ($0.scope == other.scope || $0.scope == Stay.everywhere)
                && $0.meets(other, since: max(known, since))
        }
    }
}

// MARK: - Where a record belongs

extension EntitySchema {
    /// Whether the hub keeps where its records stood, and when: of customers, and of what may be under
    /// several of them. The others stood where their one customer did.
    package var keepsStays: Bool {
        switch scope {
        case .catalogue: false
        case .territory: true
        case .customer(let position): fields[position].isSet
        }
    }
}

extension StoredRecord {
    /// The customers it is under, in the order in which they are shown.
    package func customers(_ entity: EntitySchema) -> [RecordID] {
        guard case .customer(let position) = entity.scope else { return [] }
        return references(at: position)
    }

    /// The territory where a customer is at home: the first of its fields that names one.
    package func home(_ entity: EntitySchema) -> RecordID? {
        guard case .territory(let positions) = entity.scope else { return nil }
        return positions.lazy.compactMap { references(at: $0).first }.first
    }

    private func references(at position: Int) -> [RecordID] {
        let values: [Value] =
            switch shown(position) {
            case .none: []
            case .one(let value): [value]
            case .many(let elements): elements
            }
        return values.references
    }

    /// The person who follows this record's customers because of it.
    package func followedBy(_ entity: EntitySchema) -> RecordID? {
        guard let rule = entity.follow, !isDeleted,
            rule.until.allSatisfy({ shown($0).isEmpty })
        else { return nil }
        // Ids that are made from names are those of territories and of the catalogue: what others see.
        return references(at: rule.person).first.flatMap { $0.isDerived ? nil : $0 }
    }

    /// The scopes it belongs in. `customerScopes` are those of the customers it is under, in their
    /// order.
    package func belonging(
        _ entity: EntitySchema, catalogue: RecordID, customerScopes: [[RecordID]]
    ) -> [RecordID] {
        var scopes: [RecordID] = []
        func add(_ scope: RecordID) { if !scopes.contains(scope) { scopes.append(scope) } }
        switch entity.scope {
        case .catalogue: add(catalogue)
        case .territory:
            if let home = home(entity) { add(home) }
            for person in Set(followers.map(\.person)).sorted() { add(person) }
        case .customer:
            for scope in customerScopes.joined() { add(scope) }
        }
        return scopes
    }
}

// MARK: - Where a record stands

extension StoredRecord {
    /// Every scope that a record stood in which keeps its stays, also those that nobody has ever moved
    /// it from.
    package var allStays: [Stay] { allStays(standing: placements.map(\.scope)) }

    fileprivate func allStays(standing: [RecordID]) -> [Stay] {
        stays
            + standing
            .filter { scope in !stays.contains { $0.scope == scope && $0.until == 0 } }
            .map { Stay(scope: $0, from: born) }
    }

    /// Puts the record into these scopes. In those where it stood already it stays where it is; in
    /// the others, and in the streams of those it leaves, it gets the position `seq` gives.
    package mutating func move(
        to scopes: [RecordID], assignment: UInt64, seq: (RecordID) -> UInt64
    ) {
        let before = placements
        placements = scopes.map { scope in
            before.first { $0.scope == scope }
                ?? Placement(scope: scope, seq: seq(scope), arrived: seq(scope))
        }
        guard before.map(\.scope) != scopes else { return }
        for mark in marks.indices where !marks[mark].seqs.isEmpty {
            let old = marks[mark].seqs
            marks[mark].seqs = placements.map { placement in
                let place = before.firstIndex { $0.scope == placement.scope }
                return place.flatMap { old.indices.contains($0) ? old[$0] : nil }
                    ?? placement.arrived
            }
        }
        departures.removeAll { scopes.contains($0.scope) }
        departures += before.map(\.scope).filter { !scopes.contains($0) }
            .map { Departure(scope: $0, seq: seq($0), assignment: assignment) }
    }

    /// Notes where a record stands now in the history by which good faith is told.
    package mutating func noteStays(from before: StoredRecord, assignment: UInt64) {
        stays = before.allStays
        stays.become(placements.map(\.scope), at: assignment)
    }
}

extension [Value] {
    /// The records that they name.
    var references: [RecordID] { compactMap(\.reference) }
}
