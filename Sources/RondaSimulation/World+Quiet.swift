internal import Foundation
internal import GRDB
internal import RondaClient
internal import RondaHub
internal import RondaMerge
internal import RondaModel
internal import RondaStore
internal import RondaStoreSQLite
internal import RondaWire

/// The end of a world: everything works again, and then nothing may be left to do, and both sides
/// must agree about everything.
extension World {
    private static let mostRounds = 12

    func heal() async throws {
        trace.add("all is well again")
        for machine in live() {
            machine.clock.suffer(.right)
            try machine.store.withWriter { try $0.setFull(false) }
        }
        hubClock.suffer(.right)
        try network.store.withWriter { try $0.setFull(false) }
        time.pass(milliseconds: 3_600_000)
        try await endAccesses()
        for round in 1...Self.mostRounds {
            // What a recovery ends with, its devices hear with their next sync.
            let now = hub.surroundings.now()
            var isQuiet = try await network.store.read { try !$0.isRecovering(at: now) }
            for machine in try await inTouch() {
                let outcome = try await sync(machine, dies: nil)
                isQuiet = isQuiet && outcome.report?.isQuiet == true
                // Who is shown a conflict settles it, though others do the same meanwhile.
                if round == 1, try await hasConflicts(machine) {
                    try await capture(.settle(machine.person), on: machine, dies: nil)
                    isQuiet = false
                }
            }
            let isRecovering = try await network.store.read { try $0.isRecovering(at: now) }
            if isQuiet && !isRecovering { return }
            if round > Self.mostRounds / 2, isRecovering {
                guard isAnybodyGone else {
                    throw Violation(what: "the hub waits for devices that have offered all")
                }
                try await hub.closeRecovery()
                trace.add("the office closes the recovery")
            }
        }
        throw Violation(what: "no quiet after \(Self.mostRounds) rounds")
    }

    func checkAgreement() async throws {
        let journal = try await journal()
        try checkNothingLost(in: journal)
        try await checkWatermarks(in: journal)
        try await checkDelivered(journal)
        for row in journal.ofDevices { trace.count("commits \(row.verdict.outcome)") }
        if let problem = try await Verification.of(network.store, schema: hub.schema)
            .problems.first
        {
            throw Violation(what: "verification: \(problem)")
        }
        try await checkIncidents()
        try await checkViews(journal)
        try await checkErased(journal)
        if !wasPurged { try await checkMerge(journal) }
    }

    /// Everything that still exists has its verdict, and the device knows it.
    private func checkDelivered(_ journal: Journal) async throws {
        let rows = Dictionary(grouping: journal.ofDevices, by: \.commit.tag)
        let epoch = try await network.store.read { try $0.hub().epoch }
        for machine in try await inTouch() {
            // What a restored hub lost, and was erased since, nobody has any more; what is left of it
            // where it was refused is in the tray, for its author.
            let gone = Set(
                try OutboxRow.all(in: machine.store, by: reader)
                    .filter { $0.isRedacted && ($0.commit.changes.isEmpty || $0.state == 3) }
                    .map(\.commit.tag))
            for tag in machine.expected.subtracting(gone).sorted() where rows[tag] == nil {
                throw Violation(what: "#\(tag) of \(machine.name) never reached the hub")
            }
            for own in try OutboxRow.all(in: machine.store, by: reader) {
                guard let outcomes = rows[own.commit.tag]?.map(\.verdict.outcome) else { continue }
                // Decided anew after a history was lost: a store without the content cannot ask.
                if own.isRedacted && outcomes.contains(.refused) { continue }
                let known: Outcome? =
                    switch own.state {
                    case 1 where outcomes.contains(.handedOver): .handedOver
                    case 1: .accepted
                    case 2: .merged
                    case 3: .refused
                    case 4: .waiting
                    default: nil
                    }
                // A copy delivered it once more to a hub that was set back and does not know (SPEC
                // §10): it was merged this time, or then, under the same number and chain.
                let applied: [Outcome] = [.accepted, .merged]
                if let known, applied.contains(known), applied.contains(where: outcomes.contains),
                    copies > 0, epochSetBack == epoch
                {
                    continue
                }
                guard let known, outcomes.contains(known) else {
                    throw Violation(
                        what: "#\(own.commit.tag) is \(outcomes[0]) at the hub and "
                            + "\(known.map { "\($0)" } ?? "pending") on \(machine.name)")
                }
            }
        }
        for row in journal.ofDevices where row.verdict.outcome == .waiting {
            try checkWaiting(row, journal)
        }
    }

    /// What still waits does so for a record that a refused commit of the same device may yet make.
    private func checkWaiting(_ row: JournalRow, _ journal: Journal) throws {
        let isExpected = journal.rows.contains { other in
            other.device == row.device && other.commit.tag != row.commit.tag
                && other.verdict.disposition != .discarded
                && [.refused, .waiting].contains(other.verdict.outcome)
                && other.commit.changes.contains { $0.record == row.verdict.waitsFor }
        }
        if !isExpected { throw Violation(what: "#\(row.commit.tag) waits for nothing") }
    }

    private func checkIncidents() async throws {
        let incidents = try await network.store.read { try $0.incidents() }
        // Who had read what such a hub lost can have nothing to prove it by; the sums find it.
        for incident in incidents where incident.kind == .divergence && !wasSetBackUnnoticed {
            throw Violation(what: "the sums of scope \(incident.about) differed")
        }
        for incident in incidents where incident.kind == .quarantine {
            throw Violation(what: "commit \(incident.about) was put into quarantine")
        }
    }

    // MARK: The views

    private func checkViews(_ journal: Journal) async throws {
        let schema = hub.schema
        let (records, scopes, accounts, teams) = try await network.store.read { store in
            var records: [StoredRecord] = []
            for entity in Schema.current.entities {
                try store.records(of: entity.id) { records.append($0) }
            }
            return (records, try store.scopes(), try store.accounts(), try store.teams())
        }
        try checkPlaces(records)
        try checkGoodFaith(journal, records)
        // A hub that was set back gives its versions twice until somebody has a receipt to prove it
        // (SPEC §5.6): where nobody had one, two records may look like one.
        let identity = try await network.store.read { try $0.hub() }
        if let epochSetBack, identity.epoch == epochSetBack {
            try await checkNobodyKnows(identity)
            trace.count("set back and never found out")
            return
        }
        let sights = Sights(accounts, teams: teams, records, schema: schema)
        let standing = Set(records.flatMap { $0.placements.map(\.scope) })
        for machine in try await inTouch() where machine.isLoggedIn {
            let account = template.accounts[machine.person]
            let visible = standing.filter { sights.sees(account, $0) }
            let seen = records.filter { record in
                record.placements.contains { visible.contains($0.scope) }
            }
            try await View(machine, hub: schema, wasPurged: wasPurged, reader).check(seen)
            if try await machine.store.read({ try !$0.outlines().isEmpty }) {
                trace.count("devices without all history")
            }
            try checkSums(machine, scopes)
        }
    }

    /// Nobody has a receipt for what the hub does not have.
    private func checkNobodyKnows(_ identity: HubIdentity) async throws {
        for machine in try await inTouch() where machine.isLoggedIn {
            guard let receipt = try await machine.store.read({ try $0.receipt() }),
                let device = RecordID(receipt.device),
                receipt.receivedAtMilliseconds >= identity.renewedAt?.milliseconds ?? 0
            else { continue }
            let entry = try await network.store.read {
                try $0.journal(device: device, number: receipt.number)
            }
            if entry?.chain.id.hex != receipt.chain {
                throw Violation(
                    what: "\(machine.name) has a receipt for what the hub lost, and nobody knows")
            }
        }
    }

    private func checkSums(_ machine: Machine, _ scopes: [ScopeHead]) throws {
        let sums = try machine.store.withWriter { database in
            try Row.fetchAll(database, sql: "SELECT scope, sum FROM cursor ORDER BY scope")
        }
        for row in sums {
            let (number, sum) = (row[0] as Int64, UInt64(bitPattern: row[1] as Int64))
            guard let head = scopes.first(where: { Int64($0.number) == number }) else { continue }
            if head.sum != sum {
                throw Violation(what: "\(machine.name): its sum of scope \(number) is another")
            }
        }
    }
}

extension SyncReport {
    /// Whether there was nothing left to do.
    var isQuiet: Bool {
        isComplete && pending == 0 && accepted + refused + waiting + received == 0 && !isRestored
            && !wasCopied
    }
}

/// What one device shows, against what the hub would show its account.
struct View {
    private let machine: Machine
    private let hub: Schema
    private let wasPurged: Bool
    private let reader: CommitReader

    init(_ machine: Machine, hub: Schema, wasPurged: Bool, _ reader: CommitReader) {
        self.wasPurged = wasPurged
        self.reader = reader
        self.machine = machine
        self.hub = hub
    }

    func check(_ seen: [StoredRecord]) async throws {
        // Work that waits is shown on top of the hub's records.
        let own = Set(
            try OutboxRow.all(in: machine.store, by: reader).filter { $0.state == 4 }
                .flatMap { $0.commit.changes.map(\.record) })
        // What a commit is about that waits, or was refused, stays in sight until that is decided.
        var kept: Set<RecordID> = []
        for row in try OutboxRow.all(in: machine.store, by: reader) where row.state >= 3 {
            for change in row.commit.changes {
                let values = change.sets.compactMap(\.value) + change.adds.map(\.value)
                kept.formUnion(values.compactMap(\.reference))
                kept.formUnion(try await customers(of: change))
                kept.insert(change.record)
            }
        }
        try checkNothingBeside()
        let outlines = try await checkOutlines(seen, own: own, kept: kept)
        let siblings = try siblings()
        for entity in Schema.current.entities {
            let shown = try rows(of: entity)
            let told = seen.filter { $0.entity == entity.id && !own.contains($0.id) }
            let live = Dictionary(
                uniqueKeysWithValues: told.filter { !$0.isDeleted }.map { ($0.id, $0) })
            let known = Set(told.map(\.id))
            for (id, row) in shown.sorted(by: { $0.key < $1.key }) where !own.contains(id) {
                // What a hub has purged of deletions its devices may keep.
                let isPurged = row.flags & 1 != 0 && wasPurged
                guard known.contains(id) || isPurged || kept.contains(id) else {
                    throw differs(entity, id, "the hub does not have it")
                }
            }
            for (id, record) in live.sorted(by: { $0.key < $1.key }) {
                if outlines.contains(id) { continue }
                guard let row = shown[id], row.flags & 1 == 0 else {
                    throw differs(entity, id, "it is not there")
                }
                if row.version != record.version {
                    throw differs(entity, id, "version \(row.version), hub \(record.version)")
                }
                if row.flags != (record.isContested ? 2 : 0) {
                    throw differs(entity, id, "flags \(row.flags)")
                }
                try compare(record, entity, siblings: siblings[id] ?? [:])
            }
            if !live.isEmpty { try await compareValues(of: entity, live) }
        }
    }

    /// What is here in outline is history that the hub has, as it is there; nothing of it is shown, and of
    /// the rest there is no more than there is room for.
    /// - Returns: the records that the device has in outline.
    private func checkOutlines(
        _ seen: [StoredRecord], own: Set<RecordID>, kept: Set<RecordID>
    ) async throws -> Set<RecordID> {
        let (outlines, budget, conflicts) = try await machine.store.read {
            (
                try $0.outlines(), try $0.historyBudget(),
                Set(try $0.conflicts().map(\.record) + $0.contested().map(\.record))
            )
        }
        let there = Dictionary(uniqueKeysWithValues: seen.map { ($0.id, $0) })
        for outline in outlines {
            func differs(_ how: String) -> Violation {
                Violation(what: "\(machine.name): outline of \(outline.record): \(how)")
            }
            guard let entity = Schema.current[outline.entity] else { throw differs("no entity") }
            if own.contains(outline.record) { continue }
            if outline.isDue { throw differs("it was not fetched") }
            if try rows(of: entity)[outline.record] != nil { throw differs("it has a row") }
            guard let record = there[outline.record] else {
                if outline.isDeleted && wasPurged { continue }
                throw differs("the hub does not have it")
            }
            if record.version != outline.version { throw differs("version \(outline.version)") }
            if record.isDeleted != outline.isDeleted { throw differs("deleted or not") }
            if !isHistory(record) { throw differs("it is open") }
            if Set(outline.customers) != customers(of: record) { throw differs("customers") }
        }
        guard case .records(let most) = budget else { return Set(outlines.map(\.record)) }
        let open = Set(seen.filter { !$0.isDeleted && !isHistory($0) }.flatMap(references))
        let needed = own.union(kept).union(conflicts).union(open)
        let absent = Set(outlines.map(\.record))
        let whole = seen.filter {
            !$0.isDeleted && isHistory($0) && !absent.contains($0.id) && !needed.contains($0.id)
        }
        if whole.count > most {
            throw Violation(
                what: "\(machine.name): \(whole.count) records of history, room for \(most)")
        }
        return absent
    }

    private func shown(_ record: StoredRecord) -> [(number: UInt32, value: Value)] {
        guard let entity = hub[record.entity] else { return [] }
        return entity.fields.enumerated().flatMap { position, field in
            let content = record.shown(position)
            return (content.value.map { [$0] } ?? content.elements).map { (field.number, $0) }
        }
    }

    private func isHistory(_ record: StoredRecord) -> Bool {
        guard let entity = hub[record.entity], entity.hasHistory else { return false }
        return entity.part(showing: shown(record)) == .history
    }

    private func references(_ record: StoredRecord) -> [RecordID] {
        shown(record).compactMap { if case .ref(let id) = $0.value { id } else { nil } }
    }

    private func customers(of record: StoredRecord) -> Set<RecordID> {
        let number = hub[record.entity]?.customerField
        return Set(
            shown(record).compactMap {
                if $0.number == number, case .ref(let id) = $0.value { id } else { nil }
            })
    }

    /// What is kept beside records goes with them.
    private func checkNothingBeside() throws {
        let records = Schema.current.entities.map { "SELECT id FROM \"\($0.name)\"" }
            .joined(separator: " UNION ALL ")
        for table in ["sibling", "shadow"] {
            let sql = "SELECT record FROM \(table) WHERE record NOT IN (\(records)) LIMIT 1"
            let row = try machine.store.withWriter { try Row.fetchOne($0, sql: sql) }
            if let row {
                let id = RecordID(data: row[0])
                throw Violation(what: "\(machine.name): \(table) rows of \(id) were left behind")
            }
        }
    }

    private func differs(_ entity: EntitySchema, _ id: RecordID, _ how: String) -> Violation {
        Violation(what: "\(machine.name): \(entity.name) \(id): \(how)")
    }

    private func rows(
        of entity: EntitySchema
    ) throws -> [RecordID: (version: UInt64, flags: Int64)] {
        try machine.store.withWriter { database in
            let rows = try Row.fetchAll(
                database, sql: "SELECT id, _version, _flags FROM \"\(entity.name)\"")
            return Dictionary(
                uniqueKeysWithValues: rows.map { row in
                    (
                        RecordID(data: row[0]),
                        (UInt64(bitPattern: row[1] as Int64), row[2] as Int64)
                    )
                })
        }
    }

    /// The customers that a changed record is under on the device.
    private func customers(of change: Change) async throws -> [RecordID] {
        guard let entity = Schema.current[change.entity],
            case .customer(let position) = entity.scope
        else { return [] }
        let content = try await machine.store.read {
            try $0.content(of: entity.id, change.record, at: position)
        }
        return (content?.value.map { [$0] } ?? content?.elements ?? []).compactMap(\.reference)
    }

    private struct Told: Hashable {
        let stamp: Int64
        let device: RecordID
        let author: RecordID
    }

    private func siblings() throws -> [RecordID: [UInt32: Set<Told>]] {
        try machine.store.withWriter { database in
            var siblings: [RecordID: [UInt32: Set<Told>]] = [:]
            let sql = "SELECT record, number, stamp, device, author FROM sibling"
            for row in try Row.fetchAll(database, sql: sql) {
                let told = Told(
                    stamp: row[2], device: RecordID(data: row[3]), author: RecordID(data: row[4]))
                siblings[RecordID(data: row[0]), default: [:]][row[1], default: []].insert(told)
            }
            return siblings
        }
    }

    private func compare(
        _ record: StoredRecord, _ entity: EntitySchema, siblings: [UInt32: Set<Told>]
    ) throws {
        for field in entity.fields {
            guard let position = hub[record.entity]?.position(ofNumber: field.number) else {
                continue
            }
            let told = Set(
                record.differing(position).map { sibling in
                    let mark = record.marks[sibling.mark]
                    return Told(
                        stamp: Int64(bitPattern: mark.stamp.bits), device: mark.device,
                        author: mark.author)
                })
            if siblings[field.number] ?? [] != told {
                throw differs(entity, record.id, "other concurrent values in \(field.name)")
            }
        }
    }

    private func compareValues(
        of entity: EntitySchema, _ live: [RecordID: StoredRecord]
    ) async throws {
        let shown = try await machine.store.read { try $0.values(of: entity.id) }
        for (id, values) in shown.sorted(by: { $0.key < $1.key }) {
            guard let record = live[id] else { continue }
            for (position, field) in entity.fields.enumerated() {
                let there =
                    hub[entity.id]?.position(ofNumber: field.number)
                    .map { record.shown($0) } ?? FieldContent.none
                if values[position] != there {
                    throw differs(
                        entity, id, "\(field.name) is \(values[position]), at the hub \(there)")
                }
            }
        }
    }
}

extension LocalReader {
    /// What people see of one kind of record.
    fileprivate func values(of entity: EntityID) throws -> [RecordID: FieldValues] {
        func all<R: RondaRecord>(_ type: R.Type) throws -> [RecordID: FieldValues] {
            Dictionary(uniqueKeysWithValues: try records(type).map { ($0.id, $0.fields) })
        }
        return switch entity {
        case .territory: try all(Territory.self)
        case .customer: try all(Customer.self)
        case .purchase: try all(Purchase.self)
        case .visit: try all(Visit.self)
        case .commitment: try all(Commitment.self)
        case .referral: try all(Referral.self)
        case .referralClaim: try all(ReferralClaim.self)
        case .programme: try all(Programme.self)
        case .enrolment: try all(Enrolment.self)
        case .pointsEntry: try all(PointsEntry.self)
        case .staff: try all(Staff.self)
        case .suggestion: try all(Suggestion.self)
        default: throw Violation(what: "entity \(entity.rawValue) is not checked")
        }
    }
}
