/// How the office arranges who sees what. Masks and numbers choose among `Template.places`,
/// `Template.teams` and `Template.people`.
package enum OrganisationAct: Sendable, Hashable {
    /// What a team is assigned, and who leads it.
    case team(Int, places: Int, leaders: Int)
    /// Which teams a person is in.
    case join(Int, teams: Int)
    /// Any territories, among them one that others may lie within.
    case assign(Int, places: Int)
    case role(Int, Int)
    /// One territory comes to lie within another, or within none.
    case place(Int, within: Int?)
    /// The office hands one customer over to any territory.
    case move(Int, to: Int)
}

extension OrganisationAct {
    /// What it is, without what it is done to.
    var name: String { "organise " + "\(self)".prefix { $0 != "(" } }

    /// One of each kind.
    package static let names = Set(
        ["team", "join", "assign", "role", "place", "move"].map { "organise \($0)" })

    static func drawn(by draw: inout Draw) -> OrganisationAct {
        let (people, places) = (Template.people.count, Template.places.count)
        let person = draw.below(people)
        return switch draw.below(12) {
        case ..<3:
            .team(
                draw.below(Template.teams.count), places: draw.below(1 << places),
                leaders: draw.below(1 << people) & draw.below(1 << people))
        case ..<5: .join(person, teams: draw.below(1 << Template.teams.count))
        case ..<7: .assign(person, places: draw.below(1 << places))
        case 7: .role(person, draw.below(6))
        case ..<10:
            .place(draw.below(places), within: draw.percent(75) ? draw.below(places) : nil)
        default: .move(draw.below(1_000), to: draw.below(places))
        }
    }
}
