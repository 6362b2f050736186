import RondaMerge
import RondaModel

/// What people do in a `Roaming`, drawn.
struct RoamingWork {
    private(set) var world: Roaming
    private var random: SeededGenerator
    private var made: UInt64 = 0

    init(seed: UInt64, steps: Int = 60) {
        world = Roaming()
        random = SeededGenerator(seed: seed)
        for _ in 0..<4 { makeCustomer(by: 0, in: draw(Roaming.territories)) }
        for _ in 0..<steps { act() }
    }

    private mutating func draw<Element>(_ all: [Element]) -> Element {
        all[Int.random(in: all.indices, using: &random)]
    }

    private mutating func newID() -> RecordID {
        made += 1
        return RecordID(high: 9, low: made)
    }

    func ids(_ entity: EntityID) -> [RecordID] {
        world.records.values.filter { $0.entity == entity }.map(\.id).sorted()
    }

    /// Some record, the zero id where there is none: that is refused.
    private mutating func some(_ entity: EntityID) -> RecordID {
        ids(entity).randomElement(using: &random) ?? .zero
    }

    private mutating func person() -> Int { Int.random(in: world.accounts.indices, using: &random) }
    private mutating func rep() -> Int {
        Int.random(in: 1..<world.accounts.count, using: &random)
    }

    private mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &random) < percent
    }

    /// What a device knew: mostly something old.
    private mutating func known() -> UInt64 {
        chance(40) ? world.assignment : UInt64.random(in: 0...world.assignment, using: &random)
    }

    /// The record's version, or an earlier one.
    private mutating func base(of id: RecordID) -> UInt64 {
        let version = world.records[id]?.version ?? 0
        return chance(70) ? version : UInt64.random(in: 0...version, using: &random)
    }
}

extension RoamingWork {
    mutating func act() {
        switch Int.random(in: 0..<16, using: &random) {
        case 0...1: move()
        case 2: assign()
        case 3: makeCustomer(by: person(), in: draw(Roaming.territories))
        case 4, 13...14: makeVisit()
        case 5...6: promise()
        case 7...8: goOnWithPromise()
        case 9: refer()
        case 10...11: changeReferrers()
        case 12: allAtOnce()
        default: edit()
        }
    }

    private mutating func makeCustomer(by account: Int, in territory: RecordID) {
        let id = newID()
        world.commit(
            [
                world.change(
                    .customer, id, sets: ["territory": .ref(territory), "name": .text("n")])
            ], by: account, known: known())
    }

    private mutating func movedTo(_ id: RecordID) -> Change {
        let territory: Value? = chance(25) ? nil : .ref(draw(Roaming.territories))
        return world.change(.customer, id, base: base(of: id), sets: ["movedTo": territory])
    }

    private mutating func move() {
        let change = movedTo(some(.customer))
        world.commit([change], by: 0)
    }

    private mutating func assign() {
        let count = Int.random(in: 0...2, using: &random)
        let territories = Roaming.territories.shuffled(using: &random).prefix(count)
        world.assign(rep(), Set(territories))
    }

    private mutating func makeVisit() {
        let customer = some(.customer)
        let change =
            chance(50)
            ? world.change(
                .visit, newID(), sets: ["customer": .ref(customer), "at": .instant(Roaming.now)])
            : world.newEnrolment(of: customer)
        world.commit([change], by: person(), known: known())
    }

    private mutating func owner() -> RecordID { world.accounts[rep()].id }

    private mutating func newPromise(of customer: RecordID) -> Change {
        var change = world.change(
            .commitment, newID(),
            sets: [
                "customer": .ref(customer), "words": .text("w"), "dueAt": .instant(Roaming.now),
            ])
        if chance(80) {
            change.sets.append(
                FieldWrite(world.number(.commitment, "owner"), .ref(owner())))
        }
        return change
    }

    private mutating func promise() {
        let change = newPromise(of: some(.customer))
        world.commit([change], by: person(), known: known())
    }

    private mutating func goOnWithPromise() {
        let id = some(.commitment)
        let base = base(of: id)
        switch Int.random(in: 0..<8, using: &random) {
        case 0:
            world.commit(
                [world.change(.commitment, id, base: base, sets: ["owner": .ref(owner())])],
                by: person(), known: known())
        case 1:
            world.commit(
                [world.change(.commitment, id, base: base, sets: ["owner": nil])], by: 0)
        case 2:
            world.commit(
                [
                    world.change(
                        .commitment, id, base: base, sets: ["keptAt": .instant(Roaming.now)])
                ], by: person(), known: known())
        case 3:
            world.commit([world.change(.commitment, id, base: base, deletes: true)], by: 0)
            // Somebody goes on with it, whether knowing that it was deleted or not.
            let before = chance(50) ? base : self.base(of: id)
            if chance(60) {
                world.commit(
                    [world.change(.commitment, id, base: before, adds: ["evidence": .text("d")])],
                    by: person(), known: known())
            }
        case 4...5:
            putElsewhere(id)
        default:
            world.commit(
                [world.change(.commitment, id, base: base, adds: ["evidence": .text("e\(made)")])],
                by: person(), known: known())
        }
    }

    /// Captured earlier, by a device that knew nothing of the promise: this customer is shown. Mostly by
    /// a rep who sees the promise, and not the customer any more.
    private mutating func putElsewhere(_ promise: RecordID) {
        made += 1
        let seeing = world.accounts.indices.filter { index in
            index > 0
                && world.records[promise].map { world.sees(world.accounts[index], $0) } ?? false
        }
        let author = (chance(80) ? seeing.randomElement(using: &random) : nil) ?? person()
        let unseen = ids(.customer).filter { id in
            world.records[id].map { !world.sees(world.accounts[author], $0) } ?? false
        }
        let customer =
            (chance(80) ? unseen.randomElement(using: &random) : nil) ?? some(.customer)
        world.commit(
            [world.change(.commitment, promise, sets: ["customer": .ref(customer)])],
            by: author, known: known(), device: RecordID(high: 6, low: made),
            late: 100_000 + Int64(made))
    }

    private mutating func refer() {
        let change = world.newReferral(
            by: Set([some(.customer), some(.customer)]).sorted(),
            number: Int.random(in: 10..<13, using: &random))
        world.commit([change], by: person(), known: known())
    }

    private mutating func changeReferrers() {
        let id = some(.referral)
        let here = world.shown(id, "referrers").elements.randomElement(using: &random)
        let change =
            if let here, chance(60) {
                world.change(.referral, id, base: base(of: id), removes: ["referrers": here])
            } else {
                world.change(
                    .referral, id, base: base(of: id), adds: ["referrers": .ref(some(.customer))])
            }
        world.commit([change], by: person(), known: known())
    }

    /// A customer moves, is promised something and refers somebody, in one commit.
    private mutating func allAtOnce() {
        let customer = some(.customer)
        var changes = [movedTo(customer), newPromise(of: customer)]
        let (referral, promise) = (some(.referral), some(.commitment))
        if chance(50) {
            changes.append(
                world.change(
                    .referral, referral, base: base(of: referral),
                    adds: ["referrers": .ref(customer)]))
        }
        if chance(50) {
            changes.append(
                world.change(
                    .commitment, promise, base: base(of: promise),
                    sets: ["releasedAt": .instant(Roaming.now)]))
        }
        world.commit(changes.shuffled(using: &random), by: 0)
    }

    private mutating func edit() {
        let all = ids(.customer) + ids(.visit) + ids(.referral) + ids(.enrolment)
        if all.isEmpty { return }
        let id = draw(all)
        guard let entity = world.records[id]?.entity else { return }
        let change = world.probe(entity, id, base: base(of: id))
        world.commit([change], by: person(), known: known())
    }
}

extension Roaming {
    /// An edit that a rep may make of any record of this entity.
    func probe(_ entity: EntityID, _ id: RecordID, base: UInt64) -> Change {
        switch entity {
        case .visit, .suggestion:
            change(entity, id, base: base, sets: ["state": .status(option: 2, round: 0)])
        case .commitment: change(entity, id, base: base, adds: ["evidence": .text("p")])
        case .referral: change(entity, id, base: base, sets: ["relation": .text("p")])
        case .enrolment: change(entity, id, base: base, adds: ["cards": .text("p")])
        default: change(entity, id, base: base, sets: ["street": .text("p")])
        }
    }

    static let programme = Value.ref(RecordID(high: 8, low: 8))

    /// A new record whose id follows from what is set.
    func newDerived(_ entity: EntityID, sets: KeyValuePairs<String, Value?>) -> Change {
        var change = change(entity, .zero, sets: sets)
        let id = schema[entity].flatMap { entity in
            schema.derivedID(of: entity) { position in
                change.sets.first { $0.number == entity.fields[position].number }?.value
            }
        }
        change.record = id ?? .zero
        return change
    }

    func newEnrolment(of customer: RecordID) -> Change {
        newDerived(
            .enrolment,
            sets: [
                "programme": Self.programme, "customer": .ref(customer),
                "enrolledAt": .instant(Self.now),
            ])
    }

    /// The making of a referral, of which there is one for each number.
    func newReferral(by customers: [RecordID], number: Int = 10) -> Change {
        var change = newDerived(
            .referral,
            sets: [
                "programme": Self.programme, "contactPoint": .text("tel:+5730012345\(number)"),
                "name": .text("n"),
            ])
        change.adds = customers.map { ElementWrite(self.number(.referral, "referrers"), .ref($0)) }
        return change
    }
}
