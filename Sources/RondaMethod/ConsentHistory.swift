package import RondaModel

/// What a person has allowed and forbidden, by what each event had seen (domain §2.6).
///
/// Clocks play no part: a withdrawal holds until a grant that had seen it brings new evidence. So
/// whoever records a grant without knowing of a withdrawal never undoes it.
package struct ConsentHistory: Sendable {
    package enum Standing: Sendable, Hashable {
        /// Nobody has asked.
        case unknown
        case granted(by: RecordID)
        case forbidden(by: RecordID)
    }

    /// Of one person, in order of id.
    package let events: [ConsentEvent]

    package init(_ events: some Sequence<ConsentEvent>, of person: RecordID) {
        self.events = events.filter { $0.person == person }.sorted { $0.id < $1.id }
    }

    /// Whether the person allows a purpose through a channel.
    package func standing(_ purpose: ContactPurpose, _ channel: ContactChannel) -> Standing {
        let forbidding = events.filter { $0.forbids && $0.concerns(purpose, channel) }
        // One grant that had seen all of them: two that had each seen one undo neither.
        let valid = events.first { grant in
            grant.grants(purpose, channel) && grant.counts
                && (forbidding.isEmpty || grant.hasNewEvidence)
                && forbidding.allSatisfy { grant.seen.contains($0.id) }
        }
        if let valid { return .granted(by: valid.id) }
        return forbidding.last.map { .forbidden(by: $0.id) } ?? .unknown
    }

    /// Grants that came to nothing because they had not seen a withdrawal: whoever recorded one asks
    /// the person again (rule 7).
    package var toAskAgain: [ConsentEvent] {
        let forbidding = events.filter(\.forbids)
        return events.filter { grant in
            guard grant.action == .grant, let purpose = grant.purpose, let channel = grant.channel
            else { return false }
            let passedBy = forbidding.contains {
                $0.meets(purpose, channel) && !grant.seen.contains($0.id)
                    && !$0.seen.contains(grant.id)
            }
            if case .forbidden = standing(purpose, channel) { return passedBy }
            return false
        }
    }

    /// What a new event has to name as seen.
    package var seen: [RecordID] { events.map(\.id) }
}

extension ConsentEvent {
    var forbids: Bool { action == .withdraw || action == .object || action == .restrict }

    /// Whether it is about this purpose and this channel; `all` is about each.
    fileprivate func concerns(_ purpose: ContactPurpose, _ channel: ContactChannel) -> Bool {
        (self.purpose == .all || self.purpose == purpose)
            && (self.channel == .all || channel == .all || self.channel == channel)
    }

    /// The same, for a grant that may be about all of them itself.
    fileprivate func meets(_ purpose: ContactPurpose, _ channel: ContactChannel) -> Bool {
        concerns(purpose, channel)
            || purpose == .all
                && (self.channel == .all || channel == .all || self.channel == channel)
    }

    /// Consent is given for a purpose: a grant for all of them is for none.
    fileprivate func grants(_ purpose: ContactPurpose, _ channel: ContactChannel) -> Bool {
        action == .grant && self.purpose == purpose
            && (self.channel == .all || self.channel == channel)
    }

    /// Something that the person gave: without it a grant revives nothing (rule 3).
    fileprivate var hasNewEvidence: Bool { counts && (evidenceKind != nil || evidence != nil) }

    /// Files and other systems may bring withdrawals, and grants only with evidence (rule 6).
    fileprivate var counts: Bool {
        switch source {
        case .importFile, .integration, nil: evidenceKind != nil
        case .person, .call, .form, .web, .office: true
        }
    }
}
