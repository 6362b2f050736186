import RondaMerge
import RondaModel
import Testing

/// SPEC §4.13: what becomes of each write about a record that has gone.
@Suite("Laws of handing over")
struct HandOverLawTests {
    private static let customer = RecordID(high: 9, low: 1)
    private static let rep = 1
    private static let other = 2

    /// A customer of the first rep's territory, and what else `prepare` makes; then it has gone.
    private func world(
        schema: Schema = .current, _ prepare: (inout Roaming) -> Void = { _ in }
    ) -> Roaming {
        var world = Roaming(schema: schema)
        world.commit(
            [
                world.change(
                    .customer, Self.customer,
                    sets: ["territory": .ref(Roaming.territories[0]), "name": .text("n")])
            ], by: 0)
        prepare(&world)
        world.move(Self.customer, to: Roaming.territories[1])
        return world
    }

    private func suggestions(in world: Roaming, about id: RecordID) -> [StoredRecord] {
        world.records.values.filter {
            $0.entity == .suggestion && world.shown($0.id, "about") == .one(.ref(id))
        }.sorted { $0.id < $1.id }
    }

    @Test(
        "a value that protects more than the shown one stands at once, any other is suggested",
        arguments: 0...UInt64(5))
    func protecting(base: UInt64) throws {
        let entity = try #require(Schema.current[.customer])
        let position = try #require(entity.position(named: "marketingConsent"))
        let options = entity.fields[position].options
        let least = options.map(\.rank).min()
        let shownBefore: [OptionSchema?] = [nil] + options
        let written: [OptionSchema?] = [nil] + options
        for before in shownBefore {
            for option in written {
                var world = world { world in
                    guard let before else { return }
                    world.commit(
                        [
                            world.change(
                                .customer, Self.customer, base: 1,
                                sets: ["marketingConsent": .option(before.number)])
                        ], by: 0)
                }
                let change = world.change(
                    .customer, Self.customer, base: base,
                    sets: [
                        "marketingConsent": option.map { .option($0.number) },
                        "street": .text("s"),
                    ])
                if option == nil && !world.mayClear(.customer, "marketingConsent") { continue }
                let version = world.records[Self.customer]?.version ?? 0
                let verdict = world.commit([change], by: Self.rep, known: 0)
                let isProtecting =
                    option.map { $0.rank > before?.rank ?? -1 && $0.rank != least } ?? false
                #expect(verdict.outcome == .handedOver)
                #expect(verdict.handovers.map(\.suggestions) == [isProtecting ? 1 : 2])
                #expect(verdict.handovers.map(\.movedTo) == [Roaming.territories[1]])
                #expect(verdict.versions == [0] && verdict.merges.isEmpty)
                let shown = isProtecting ? option : before
                #expect(
                    world.shown(Self.customer, "marketingConsent")
                        == shown.map { .one(.option($0.number)) } ?? .none)
                #expect(world.shown(Self.customer, "street") == .none)
                #expect(
                    world.records[Self.customer]?.version == version + (isProtecting ? 1 : 0))
                // A base above the version was not looked at: it has seen nothing then.
                if isProtecting {
                    let mark = world.records[Self.customer]?.marks.last
                    #expect(mark?.author == world.accounts[Self.rep].id)
                    #expect(mark?.base == (base > version ? 0 : base))
                }
            }
        }
    }

    @Test("a deletion is suggested like a write, to whoever has the record now")
    func deleting() {
        // Reps may delete no record of the schema as it is.
        let schema = Schema(
            version: Schema.current.version, namespace: Schema.current.namespace,
            entities: Schema.current.entities.map { entity in
                EntitySchema(
                    entity.id, entity.name, identity: entity.identity, scope: entity.scope,
                    follow: entity.follow, creators: entity.creators, deleters: [.rep, .office],
                    en: "", es: "", fields: entity.fields)
            })
        var world = world(schema: schema)
        let change = world.change(.customer, Self.customer, base: 1, deletes: true)
        let verdict = world.commit([change], by: Self.rep, known: 0)
        #expect(verdict.outcome == .handedOver)
        #expect(verdict.handovers.map(\.suggestions) == [1])
        #expect(world.records[Self.customer]?.isDeleted == false)
        let made = suggestions(in: world, about: Self.customer)
        #expect(made.count == 1)
        for suggestion in made {
            #expect(world.shown(suggestion.id, "field") == .none)
            #expect(
                world.shown(suggestion.id, "action")
                    == .one(.option(SuggestedAction.delete.rawValue)))
            #expect(suggestion.placements.map(\.scope) == [Roaming.territories[1]])
        }
        // One's own, in which nobody else has had a hand, one deletes.
        let visit = RecordID(high: 9, low: 2)
        world.commit(
            [
                world.change(
                    .visit, visit,
                    sets: ["customer": .ref(Self.customer), "at": .instant(Roaming.now)])
            ], by: Self.rep, known: 0)
        world.commit([world.change(.visit, visit, deletes: true)], by: Self.rep, known: 0)
        #expect(world.records[visit]?.isDeleted == true)
    }

    @Test("what is suggested about a record without customers stands where that stands")
    func alone() {
        var referral = RecordID.zero
        var world = world { world in
            let change = world.newReferral(by: [Self.customer])
            referral = change.record
            world.commit([change], by: 0)
            world.commit(
                [
                    world.change(
                        .referral, referral, base: 1, removes: ["referrers": .ref(Self.customer)])
                ], by: 0)
        }
        let before = world.assignment
        world.assign(Self.rep, [])
        let change = world.change(.referral, referral, base: 2, sets: ["relation": .text("r")])
        let verdict = world.commit([change], by: Self.rep, known: before)
        #expect(verdict.outcome == .handedOver)
        #expect(verdict.handovers.map(\.movedTo) == [nil])
        let made = suggestions(in: world, about: referral)
        #expect(made.map { $0.placements.map(\.scope) } == [[Roaming.territories[0]]])
        #expect(made.allSatisfy { world.shown($0.id, "customer") == .none })
    }

    /// The work of a day without the hub, on customers that are all the rep's in the morning.
    private func day(_ world: Roaming) -> [[Change]] {
        let base = world.records[Self.customer]?.version ?? 0
        let (visit, promise) = (RecordID(high: 9, low: 20), RecordID(high: 9, low: 21))
        return [
            [
                world.change(
                    .visit, visit,
                    sets: ["customer": .ref(Self.customer), "at": .instant(Roaming.now)]),
                world.change(
                    .customer, Self.customer, base: base, sets: ["street": .text("s")]),
            ],
            [world.change(.visit, visit, sets: ["note": .text("n")])],
            [
                world.change(
                    .commitment, promise,
                    sets: [
                        "customer": .ref(Self.customer), "words": .text("w"),
                        "dueAt": .instant(Roaming.now),
                        "owner": .ref(world.accounts[Self.rep].id),
                    ])
            ],
            [world.change(.commitment, promise, sets: ["keptAt": .instant(Roaming.now)])],
            [
                world.change(
                    .customer, Self.customer, base: base,
                    sets: ["marketingConsent": .option(2)], adds: ["tags": .text("t")])
            ],
        ]
    }

    /// What others do meanwhile, each as if it were alone.
    private func meanwhile(_ world: inout Roaming, _ random: inout SeededGenerator) {
        let base = world.records[Self.customer]?.version ?? 0
        switch Int.random(in: 0..<6, using: &random) {
        case 0...1:
            let territory = Roaming.territories.randomElement(using: &random) ?? .zero
            world.move(Self.customer, to: territory)
        case 2:
            world.assign(
                Self.rep, Set(Roaming.territories.prefix(Int.random(in: 0...2, using: &random))))
        case 3:
            world.commit(
                [
                    world.change(
                        .customer, Self.customer, base: base, sets: ["street": .text("other")])
                ], by: 0)
        case 4:
            world.commit(
                [
                    world.change(
                        .visit, RecordID(high: 9, low: 20),
                        base: world.records[RecordID(high: 9, low: 20)]?.version ?? 0,
                        sets: ["state": .status(option: 5, round: 0)])
                ], by: 0)
        default:
            world.commit(
                [
                    world.change(
                        .commitment, RecordID(high: 9, low: 21), base: 1,
                        sets: ["owner": .ref(world.accounts[Self.other].id)])
                ], by: 0)
        }
    }

    @Test(
        "a day's work is taken and attributed, whatever others did and in whatever order it came",
        arguments: 1...UInt64(80))
    func order(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var world = world()
        world.move(Self.customer, to: Roaming.territories[0])
        let known = world.assignment
        let author = world.accounts[Self.rep].id
        let day = day(world)
        for changes in day {
            for _ in 0..<Int.random(in: 0...2, using: &random) { meanwhile(&world, &random) }
            let verdict = world.commit(changes, by: Self.rep, known: known)
            #expect(verdict.refusal == nil)
            for handover in verdict.handovers {
                let index = changes.firstIndex { $0.record == handover.record } ?? 0
                #expect(verdict.versions[index] == 0)
            }
        }
        for id in [RecordID(high: 9, low: 20), RecordID(high: 9, low: 21)] {
            #expect(world.records[id]?.creator == author)
            #expect(world.records[id]?.marks.contains { $0.author == author } == true)
        }
        // Each write of the rep is there: it stands, or waits for whoever has the record.
        #expect(world.shown(Self.customer, "marketingConsent") == .one(.option(2)))
        let suggested = suggestions(in: world, about: Self.customer)
        func isSuggested(_ value: String) -> Bool {
            suggested.contains { world.shown($0.id, "value") == .one(.text(value)) }
        }
        let tags = world.shown(Self.customer, "tags").elements
        #expect(tags.contains(.text("t")) != isSuggested("t"))
        let promise = RecordID(high: 9, low: 21)
        let isKeptSuggested = suggestions(in: world, about: promise).contains {
            world.shown($0.id, "field") == .one(.integer(6))
        }
        #expect(world.shown(promise, "keptAt").isEmpty == isKeptSuggested)
        #expect(suggested.allSatisfy { $0.creator == author })
    }
}

extension Roaming {
    mutating func move(_ customer: RecordID, to territory: RecordID) {
        commit(
            [
                change(
                    .customer, customer, base: records[customer]?.version ?? 0,
                    sets: ["movedTo": .ref(territory)])
            ], by: 0)
    }

    /// Whether a field may be emptied (SPEC §3.3).
    func mayClear(_ entity: EntityID, _ name: String) -> Bool {
        let field = schema[entity].flatMap { entity in
            entity.position(named: name).map { entity.fields[$0] }
        }
        return field.map { !$0.required && [.latest, .office].contains($0.rule) } ?? false
    }
}
