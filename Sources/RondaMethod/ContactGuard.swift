package import RondaModel

/// Whom it is about, and what is known of the person beside consent.
package struct ContactSubject: Sendable {
    /// The person's ids: more than one where it was registered several times and merged.
    package var ids: [RecordID]
    /// The customer of whom it is a contact: what the customer forbids is forbidden to all of its
    /// contacts, what it allows to none of them.
    package var customer: RecordID?
    package var country: String?
    /// When the person asked not to be contacted.
    package var notAt: Set<DayPart> = []
    /// An open complaint of theirs, or a duty by law, such as answering a privacy request.
    package var hasOpenDuty = false
    package var isOnNoCallList = false
    /// Somebody who was referred and is not a customer.
    package var isReferred = false
    /// The referral's state is `noPermission`.
    package var isClosedToReferral = false
    /// What the customer's own field says; refused there is refused.
    package var marketingConsent: MarketingConsent?

    package init(_ ids: [RecordID], country: String?) {
        self.ids = ids
        self.country = country
    }

    package init(_ customer: Customer, aliases: [RecordID] = []) {
        self.init([customer.id] + aliases, country: customer.country)
        notAt = Set(customer.notAt)
        marketingConsent = customer.marketingConsent
    }

    package init(_ contact: Contact, of customer: Customer) {
        self.init([contact.id], country: customer.country)
        self.customer = customer.id
        notAt = Set(contact.notAt).union(customer.notAt)
        marketingConsent = customer.marketingConsent
    }

    package init(_ referral: Referral, country: String?) {
        self.init([referral.id], country: country)
        isReferred = true
        isClosedToReferral = referral.state == .noPermission
    }
}

/// A contact that took place: a visit, a call, a message.
package struct PastContact: Sendable, Hashable {
    package let person: RecordID
    package let purpose: ContactPurpose
    package let channel: ContactChannel
    package let at: Instant

    package init(
        person: RecordID, purpose: ContactPurpose, channel: ContactChannel, at: Instant
    ) {
        self.person = person
        self.purpose = purpose
        self.channel = channel
        self.at = at
    }

    /// Only what we began counts: whoever calls us may be answered.
    package init?(_ log: ContactLog) {
        guard log.direction == .outgoing, let person = log.person ?? log.customer,
            let purpose = log.purpose, let channel = log.channel, let at = log.at
        else { return nil }
        self.init(person: person, purpose: purpose, channel: channel, at: at)
    }
}

/// The one question before every contact, whoever asks and wherever: on a device without network,
/// at the hub, in a campaign (domain §2.6, privacy.md feature 9).
package struct ContactGuard: Sendable {
    package var events: [ConsentEvent]
    package var contacts: [PastContact]
    package var policy: ContactPolicy
    /// When this device last knew all that the hub did; `nil` at the hub itself.
    package var lastSync: Instant?

    package init(
        events: [ConsentEvent], contacts: [PastContact] = [],
        policy: ContactPolicy = ContactPolicy(), lastSync: Instant? = nil
    ) {
        self.events = events
        self.contacts = contacts
        self.policy = policy
        self.lastSync = lastSync
    }

    package func mayContact(
        _ person: ContactSubject, for purpose: ContactPurpose, by channel: ContactChannel,
        at when: LocalMoment
    ) -> ContactAnswer {
        // The guard is asked about one contact, which has one of each.
        if purpose == .all || channel == .all || person.ids.isEmpty { return .no(.noChannel) }
        let permission = permission(person, purpose, channel)
        guard case .yes = permission else { return permission }
        if let refusal = timing(person, purpose, channel, at: when) { return .no(refusal) }
        return permission
    }

    /// A consent that cannot be used at this moment is still one: permission apart from the time.
    package func permission(
        _ person: ContactSubject, _ purpose: ContactPurpose, _ channel: ContactChannel
    ) -> ContactAnswer {
        // An open complaint is answered, and what the law asks is done, whatever was withdrawn.
        if purpose == .service && person.hasOpenDuty { return .yes(.duty) }
        if person.isClosedToReferral { return .no(.noPermission) }
        if purpose == .marketing && person.marketingConsent == .refused { return .no(.forbidden) }
        if let customer = person.customer,
            case .forbidden = ConsentHistory(events, of: customer).standing(purpose, channel)
        {
            return .no(.forbidden)
        }
        // Two that were merged allow only what both allow (rule 5).
        let answers = person.ids.map { id in
            answer(
                ConsentHistory(events, of: id).standing(purpose, channel), of: id, person, purpose)
        }
        return answers.first { $0 == .no(.forbidden) } ?? answers.first { !$0.isAllowed }
            ?? answers.first { $0 != .yes(.consent) } ?? answers[0]
    }

    private func answer(
        _ standing: ConsentHistory.Standing, of id: RecordID, _ person: ContactSubject,
        _ purpose: ContactPurpose
    ) -> ContactAnswer {
        switch standing {
        case .granted: return .yes(.consent)
        case .forbidden: return .no(.forbidden)
        case .unknown:
            if person.isReferred {
                guard purpose == .referralContact, policy.mayAskReferred else {
                    return .no(.notAsked)
                }
                let wasAsked = contacts.contains { $0.person == id }
                return wasAsked ? .no(.alreadyAsked) : .yes(.onceToAsk)
            }
            switch policy.bases[purpose] {
            case .contract: return .yes(.contract)
            case .tacit: return .yes(.tacit)
            case nil: return .no(.notAsked)
            }
        }
    }

    /// Why not now, though it is allowed.
    private func timing(
        _ person: ContactSubject, _ purpose: ContactPurpose, _ channel: ContactChannel,
        at when: LocalMoment
    ) -> ContactRefusal? {
        if let lastSync, ContactPolicy.marketing.contains(purpose),
            when.instant > lastSync.adding(days: policy.maxOfflineDays)
        {
            return .notSynced
        }
        if person.notAt.contains(where: { $0.contains(when) }) { return .notAtThisTime }
        if person.isOnNoCallList, channel == .phone || channel == .mobile,
            purpose == .marketing, policy.noCallCountries.contains(person.country ?? "")
        {
            return .noCallList
        }
        guard
            let rules = ContactRules.inForce(
                policy.rules, country: person.country, on: when.day),
            rules.purposes.contains(purpose)
        else { return nil }
        return hours(rules, person, at: when) ?? caps(rules, person, channel, at: when)
    }

    private func hours(
        _ rules: ContactRules, _ person: ContactSubject, at when: LocalMoment
    ) -> ContactRefusal? {
        let key = ContactPolicy.HolidayKey(country: person.country ?? "", day: when.day)
        if policy.holidays.contains(key) && !rules.allowsHolidays { return .holiday }
        guard let hours = rules.hours[when.day.weekday] else { return .holiday }
        return hours.contains(when.minute) ? nil : .outsideHours
    }

    private func caps(
        _ rules: ContactRules, _ person: ContactSubject, _ channel: ContactChannel,
        at when: LocalMoment
    ) -> ContactRefusal? {
        let made = contacts.filter {
            person.ids.contains($0.person) && rules.purposes.contains($0.purpose)
        }.map { (day: when.sameClock($0.at).day, channel: $0.channel) }
        if let most = rules.mostADay, made.filter({ $0.day == when.day }).count >= most {
            return .enoughForToday
        }
        let monday = when.day.adding(days: -when.day.weekday)
        let week = made.filter { $0.day >= monday && $0.day < monday.adding(days: 7) }
        let isOther = rules.oneChannelAWeek && week.contains { $0.channel != channel }
        return isOther ? .otherChannelThisWeek : nil
    }
}

extension DayPart {
    /// Whether a moment lies in it.
    package func contains(_ when: LocalMoment) -> Bool {
        switch self {
        case .earlyMorning: when.minute < 9 * 60
        case .morning: (9 * 60..<12 * 60).contains(when.minute)
        case .midday: (12 * 60..<15 * 60).contains(when.minute)
        case .afternoon: (15 * 60..<18 * 60).contains(when.minute)
        case .evening: when.minute >= 18 * 60
        case .saturday: when.day.weekday == 5
        case .sunday: when.day.weekday == 6
        }
    }
}
