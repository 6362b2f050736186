import RondaMethod
import RondaModel
import Testing

@Suite("Domain §1.2, §2.3: what is known of a customer")
struct KnowledgeTests {
    @Test("fourteen answers, each with who asked and when")
    func habits() {
        var profile = HabitProfile.of(rosa)
        #expect(profile.missing.count == 14)
        profile.answer(.withWhom, .buys, "con su hermana", at: noon, by: ana)
        #expect(
            profile[.withWhom, .buys]
                == HabitAnswer(text: "con su hermana", askedAt: noon, askedBy: ana))
        #expect(profile.withWhomBuys == "con su hermana")
        #expect(profile[.withWhom, .uses] == nil)
        #expect(profile.missing.count == 13)
        for act in HabitQuestion.Act.allCases {
            for question in HabitQuestion.allCases {
                profile.answer(question, act, "\(question) \(act)", at: noon, by: ana)
            }
        }
        #expect(profile.missing.isEmpty)
        #expect(profile[.where, .uses]?.text == "where uses")
    }

    @Test("asked by two apart: different answers stand, one that differs waits for a person")
    func habitsApart() throws {
        let id = HabitProfile.of(rosa).id
        func asked(_ staff: RecordID, at moment: Instant, _ fill: (inout HabitProfile) -> Void)
            -> Device
        {
            var profile = HabitProfile.of(rosa)
            fill(&profile)
            return Device(staff).creating(profile, at: moment)
        }
        let one = asked(ana, at: hour(1)) {
            $0.answer(.when, .buys, "los lunes", at: hour(1), by: ana)
            $0.answer(.what, .buys, "pan", at: hour(1), by: ana)
        }
        let other = asked(beto, at: hour(2)) {
            $0.answer(.when, .buys, "los martes", at: hour(2), by: beto)
            $0.answer(.what, .uses, "pan", at: hour(2), by: beto)
        }
        let apart = Apart([], one, other)
        let profile = try apart.shown(HabitProfile.self, id)
        #expect(profile[.what, .buys]?.askedBy == ana)
        #expect(profile[.what, .uses]?.askedBy == beto)
        // The answer that is shown is shown with who asked it.
        #expect(
            profile[.when, .buys]
                == HabitAnswer(text: "los martes", askedAt: hour(2), askedBy: beto))
        #expect(apart.hubs.allSatisfy { $0.conflicts(id) == 1 })
    }

    @Test("a contact's roles and telephones of two reps are all there")
    func contactApart() throws {
        let contact = make(Contact.self, 50) {
            $0.customer = rosa
            $0.name = "Marta"
        }
        func edit(_ staff: RecordID, _ role: ContactRole, _ phone: String) -> Device {
            Device(staff).editing(
                Contact.self, contact.id, at: hour(2),
                ["roles": .option(role.rawValue), "phones": .text(phone)])
        }
        let apart = Apart(
            [Change(creating: contact)], edit(ana, .decider, "300"), edit(beto, .payer, "301"))
        let shown = try apart.shown(Contact.self, contact.id)
        #expect(shown.roles == [.decider, .payer])
        #expect(shown.phones == ["300", "301"])
    }

    @Test("the national id: the office's, and until then the latest, which waits for a person")
    func nationalID() throws {
        func edit(_ device: Device, _ id: String, _ at: Int) -> Device {
            device.editing(Customer.self, rosa, at: hour(at), ["nationalId": .text(id)])
        }
        let reps = Apart([], edit(Device(ana), "CC 1", 1), edit(Device(beto), "CC 2", 2))
        #expect(try reps.shown(Customer.self, rosa).nationalId == "CC 2")
        #expect(reps.hubs.allSatisfy { $0.conflicts(rosa) == 1 })
        let office = Apart(
            [], edit(Device(ana), "CC 1", 9), edit(Device(carmen, .office), "CC 3", 1))
        #expect(try office.shown(Customer.self, rosa).nationalId == "CC 3")
    }

    @Test("the customer's words of a moment are written once, by who was there")
    func moment() throws {
        let moment = make(Moment.self, 60) {
            $0.customer = rosa
            $0.type = .complains
            $0.at = noon
            $0.result = "se calmó"
        }
        var hub = TestHub.with([])
        hub.accept(Device(ana).creating(moment, at: noon))
        hub.accept(
            Device(beto).editing(Moment.self, moment.id, at: hour(1), ["result": .text("no")]))
        hub.accept(
            Device(carmen, .office).editing(
                Moment.self, moment.id, at: hour(1), ["result": .text("no")]))
        #expect(hub.verdicts.map(\.outcome) == [.accepted, .refused, .refused])
        #expect(MomentType.allCases.count == 9)
        #expect(SpecialMoment.allCases.count == 6)
    }

    @Test("a special request that one fulfilled is fulfilled, whatever another had tried")
    func specialRequest() throws {
        let request = make(SpecialRequest.self, 61) {
            $0.customer = rosa
            $0.wanted = "en verde"
            $0.askedAt = noon
            $0.state = .trying
        }
        func become(_ device: Device, _ state: SpecialRequestState, _ at: Int) -> Device {
            device.editing(
                SpecialRequest.self, request.id, at: hour(at),
                ["state": .status(option: state.rawValue, round: 0), "tried": .text("\(state)")])
        }
        let apart = Apart(
            [Change(creating: request)], become(Device(ana), .fulfilled, 3),
            become(Device(carmen, .office), .notPossible, 9))
        let shown = try apart.shown(SpecialRequest.self, request.id)
        #expect(shown.state == .fulfilled)
        #expect(shown.tried == ["fulfilled", "notPossible"])
    }
}
