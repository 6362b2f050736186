internal import RondaClient
internal import RondaMethod
internal import RondaModel

/// What one person allows, and whether they may be contacted now.
struct ConsentPage: Sendable {
    struct Line: Sendable {
        let purpose: ContactPurpose
        /// Channels with the same answer; all of them where there is only one answer.
        let channels: [ContactChannel]
        let answer: ContactAnswer
    }

    let customer: CustomerName
    /// The customer, or a contact of theirs.
    let person: RecordID
    let name: String
    let lines: [Line]
    /// Purposes that are permitted by some channel, at whatever time.
    let allowed: [ContactPurpose]
    let history: ConsentHistory
    let contactGuard: ContactGuard

    static let purposes = ContactPurpose.allCases.filter { $0 != .all }
    static let channels = ContactChannel.allCases.filter { $0 != .all }

    static func load(
        _ asked: String, person: String?, at now: LocalMoment, from reader: LocalReader
    ) throws -> ConsentPage {
        let finder = Finder(reader: reader)
        let customer = try finder.customer(asked)
        let contact = try person.map { try finder.contact($0, of: customer) }
        return try load(customer, contact: contact, at: now, from: reader)
    }

    static func load(
        _ customer: Customer, contact: Contact? = nil, aliases: [RecordID]? = nil,
        at now: LocalMoment, from reader: LocalReader
    ) throws -> ConsentPage {
        let aliases = try aliases ?? reader.aliases(of: customer.id).map(\.id)
        let ids = [customer.id] + aliases
        func all<R: RondaRecord>(_ type: R.Type) throws -> [R] {
            try ids.flatMap { try reader.records(type, of: $0) }
        }
        var policy = ContactPolicy()
        policy.add(try reader.records(Holiday.self))
        let contactGuard = ContactGuard(
            events: try all(ConsentEvent.self),
            contacts: try all(ContactLog.self).compactMap { PastContact($0) }, policy: policy,
            lastSync: try reader.lastSync())
        var subject =
            contact.map { ContactSubject($0, of: customer) }
            ?? ContactSubject(customer, aliases: aliases)
        let names = try Names(reader)
        subject.hasOpenDuty =
            try names.cases(of: ids).contains { !$0.state.isOver }
            || all(DataRequest.self).contains { $0.answeredAt == nil && $0.doneAt == nil }
        let person = contact?.id ?? customer.id
        return ConsentPage(
            customer: try names.customer(customer), person: person,
            name: contact?.name ?? customer.name ?? "",
            lines: lines(subject, contactGuard, at: now),
            allowed: purposes.filter { purpose in
                channels.contains {
                    contactGuard.permission(subject, purpose, $0).isAllowed
                }
            },
            history: ConsentHistory(contactGuard.events, of: person), contactGuard: contactGuard)
    }

    private static func lines(
        _ subject: ContactSubject, _ contactGuard: ContactGuard, at now: LocalMoment
    ) -> [Line] {
        purposes.flatMap { purpose in
            channels.reduce(into: [Line]()) { lines, channel in
                let answer = contactGuard.mayContact(subject, for: purpose, by: channel, at: now)
                if let index = lines.firstIndex(where: { $0.answer == answer }) {
                    let known = lines[index].channels
                    lines[index] = Line(
                        purpose: purpose, channels: known + [channel], answer: answer)
                } else {
                    lines.append(Line(purpose: purpose, channels: [channel], answer: answer))
                }
            }
        }
    }

    /// `puede: servicio, posventa; NO: mercadeo`: those that somebody was asked about.
    var summary: Phrase {
        let forbidden = Self.purposes.filter { purpose in
            lines.contains { $0.purpose == purpose && $0.answer == .no(.forbidden) }
                && !allowed.contains(purpose)
        }
        let yes = Phrase.list(allowed.map(\.label))
        let no = Phrase.list(forbidden.map(\.label))
        let may = Phrase(
            en: "may: \(allowed.isEmpty ? "nothing" : yes.en)",
            es: "puede: \(allowed.isEmpty ? "nada" : yes.es)")
        if forbidden.isEmpty { return may }
        return may + Phrase(en: "; NOT: \(no.en)", es: "; NO: \(no.es)")
    }
}
