package import RondaModel

/// What a planned commit does to where records stand: those it touches, and those that go along with
/// a customer (SPEC §4.11).
package struct Moves: Sendable {
    fileprivate struct Move {
        let record: StoredRecord
        let before: StoredRecord?
        let scopes: [RecordID]
        let isTouched: Bool
        let keepsStays: Bool
    }

    private var moves: [Move]
    /// The scopes in whose streams something happens: each gives one position.
    package private(set) var scopes: Set<RecordID> = []
    /// Whether it is a change of who sees what: a record leaves a scope, or a customer comes into one.
    package private(set) var changesSight = false

    /// `record` and `dependents` look up what the commit does not touch: a record, and the ids of the
    /// records under a customer.
    package init(
        _ planned: [PlannedRecord], replacing stored: [RecordID: StoredRecord], schema: Schema,
        record: (RecordID) throws -> StoredRecord?, dependents: (RecordID) throws -> [RecordID]
    ) rethrows {
        moves = planned.map {
            Move(
                record: $0.record, before: stored[$0.record.id], scopes: $0.scopes,
                isTouched: $0.isTouched,
                keepsStays: schema[$0.record.entity].map(\.keepsStays) == true)
        }
        let customers = moves.filter { $0.record.entity == .customer && $0.isMoved }
        if !customers.isEmpty {
            var standing = Dictionary(
                uniqueKeysWithValues: planned.map { ($0.record.id, $0.scopes) })
            var done = Set(standing.keys)
            for customer in customers {
                for id in try dependents(customer.record.id) where done.insert(id).inserted {
                    guard let follower = try record(id), let entity = schema[follower.entity] else {
                        continue
                    }
                    let above = follower.customers(entity)
                    for other in above where standing[other] == nil {
                        standing[other] = try record(other)?.placements.map(\.scope) ?? []
                    }
                    let scopes = follower.belonging(
                        entity, catalogue: schema.catalogue,
                        customerScopes: above.compactMap { standing[$0] })
                    if scopes.isEmpty || scopes == follower.placements.map(\.scope) { continue }
                    moves.append(
                        Move(
                            record: follower, before: follower, scopes: scopes, isTouched: false,
                            keepsStays: entity.keepsStays))
                }
            }
        }
        for move in moves { note(move) }
    }

    private mutating func note(_ move: Move) {
        let old = Set(move.before?.placements.map(\.scope) ?? [])
        let (left, gained) = (old.subtracting(move.scopes), Set(move.scopes).subtracting(old))
        scopes.formUnion(left)
        scopes.formUnion(move.isTouched ? Set(move.scopes) : gained)
        let comes = move.record.entity == .customer && move.before != nil && !gained.isEmpty
        if !left.isEmpty || comes { changesSight = true }
    }

    /// The records that are new, or come into view somewhere, in the order of the plan.
    package var arrived: [RecordID] {
        moves.filter { move in
            !Set(move.scopes).isSubset(of: move.before?.placements.map(\.scope) ?? [])
        }.map(\.record.id)
    }

    /// The records as they are to be stored. `seqs` are the positions given, `assignment` is the
    /// change of who sees what that this is, or else the last one before it.
    package func placed(
        seqs: [RecordID: UInt64], assignment: UInt64
    ) -> [(record: StoredRecord, before: StoredRecord?)] {
        moves.map { move in
            var record = move.record
            record.move(to: move.scopes, assignment: assignment) { seqs[$0] ?? 0 }
            if move.isTouched { record.touch(at: seqs) }
            if let before = move.before, move.keepsStays,
                Set(before.placements.map(\.scope)) != Set(move.scopes)
            {
                record.noteStays(from: before, assignment: assignment)
            }
            return (record, move.before)
        }
    }
}

extension Moves.Move {
    /// A new customer has nothing under it that the commit does not touch.
    fileprivate var isMoved: Bool { before.map { $0.placements.map(\.scope) != scopes } ?? false }
}

extension StoredRecord {
    /// Puts the record at the new head of its streams.
    fileprivate mutating func touch(at seqs: [RecordID: UInt64]) {
        for index in placements.indices {
            placements[index].seq = seqs[placements[index].scope] ?? 0
        }
        // A mark without positions is this commit's, or one whose field it has changed.
        for mark in marks.indices where marks[mark].seqs.isEmpty {
            marks[mark].seqs = placements.map(\.seq)
        }
    }
}
