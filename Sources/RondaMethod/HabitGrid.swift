package import RondaModel

/// The basic question of the method: seven words, about buying and about using (domain §1.2).
package enum HabitQuestion: String, Sendable, CaseIterable {
    case what, why, how, withWhat, withWhom, when, `where`

    package enum Act: String, Sendable, CaseIterable { case buys, uses }
}

/// One of the fourteen answers, with who asked and when.
package struct HabitAnswer: Sendable, Hashable {
    package let text: String
    package let askedAt: Instant?
    package let askedBy: RecordID?

    package init(text: String, askedAt: Instant?, askedBy: RecordID?) {
        self.text = text
        self.askedAt = askedAt
        self.askedBy = askedBy
    }
}

extension HabitProfile {
    /// The profile of a customer: there is one, whoever begins it.
    package static func of(_ customer: RecordID) -> HabitProfile {
        var profile = HabitProfile(id: .zero)
        profile.customer = customer
        guard let entity = Schema.current[.habitProfile],
            let id = Schema.current.derivedID(of: entity, values: { profile.fields[$0].value })
        else { return profile }
        return HabitProfile(id: id, fields: profile.fields)
    }

    package subscript(question: HabitQuestion, act: HabitQuestion.Act) -> HabitAnswer? {
        guard let position = Self.position(question, act),
            let text = fields.text(position)
        else { return nil }
        return HabitAnswer(
            text: text, askedAt: fields.instant(position + 1), askedBy: fields.ref(position + 2))
    }

    /// Writes an answer with who asked and when, which are always told together.
    package mutating func answer(
        _ question: HabitQuestion, _ act: HabitQuestion.Act, _ text: String, at now: Instant,
        by staff: RecordID
    ) {
        guard let position = Self.position(question, act) else { return }
        fields.set(position, .composed(text))
        fields.set(position + 1, .instant(now))
        fields.set(position + 2, .ref(staff))
    }

    /// What nobody has asked yet, in the order of the method.
    package var missing: [(question: HabitQuestion, act: HabitQuestion.Act)] {
        HabitQuestion.Act.allCases.flatMap { act in
            HabitQuestion.allCases.filter { self[$0, act] == nil }.map { ($0, act) }
        }
    }

    private static func position(_ question: HabitQuestion, _ act: HabitQuestion.Act) -> Int? {
        let name = question.rawValue + (act == .buys ? "Buys" : "Uses")
        return Schema.current[.habitProfile]?.position(named: name)
    }
}
