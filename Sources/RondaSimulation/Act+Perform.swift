internal import RondaClient
internal import RondaModel

extension Act {
    /// Does on a device what a person would do; does nothing where there is nothing to do it to.
    func perform(
        in capture: inout Capture, by person: Template.Person, account: RecordID
    ) throws {
        let customers = try capture.reader.records(Customer.self)
        func customer(_ which: Int) -> Customer? {
            if customers.isEmpty { return nil }
            // A few have most of the work, so that people meet.
            let count = which % 5 < 3 ? min(3, customers.count) : customers.count
            return customers[which / 5 % count]
        }
        let now = Instant(milliseconds: Template.start)
        switch self {
        case .newCustomer(let which):
            let codes = person.territories.isEmpty ? Template.territories : person.territories
            var new = capture.new(Customer.self)
            new.territory = Template.territory(codes[which % codes.count])
            new.name = "Nuevo \(which)"
            new.tags = ["t\(which % 4)"]
            try capture.create(new)
        case .editCustomer(let which, let field, let value):
            guard let customer = customer(which) else { return }
            try capture.update(Customer.self, customer.id) { $0.edit(field: field, value: value) }
        case .addTag(let which, let tag):
            guard let customer = customer(which) else { return }
            try capture.update(Customer.self, customer.id) { $0.tags += ["t\(tag)"] }
        case .removeTag(let which):
            guard let customer = customer(which) else { return }
            try capture.update(Customer.self, customer.id) { $0.tags = Array($0.tags.dropFirst()) }
        case .editTwo(let first, let second):
            for (which, customer) in [first, second].compactMap(customer).enumerated() {
                try capture.update(Customer.self, customer.id) {
                    $0.city = "Ciudad \(first)\(which)"
                }
            }
        case .visit(let which, let aspects):
            guard let customer = customer(which) else { return }
            var visit = capture.new(Visit.self)
            visit.customer = customer.id
            visit.at = now
            visit.state = VisitState.allCases[which % 2]
            if aspects & 1 != 0 { visit.expectation = "Rápido \(which)" }
            if aspects & 2 != 0 { visit.repurchaseIntent = which % 11 }
            if aspects & 4 != 0 { visit.crossSellIdeas = ["idea \(which % 3)"] }
            try capture.create(visit)
        case .visitState(let which, let state):
            let visits = try capture.reader.records(Visit.self)
            guard !visits.isEmpty else { return }
            try capture.update(Visit.self, visits[which % visits.count].id) {
                $0.state = VisitState.allCases[state % VisitState.allCases.count]
            }
        case .promise(let which):
            guard let customer = customer(which) else { return }
            var promise = capture.new(Commitment.self)
            promise.customer = customer.id
            promise.words = "Llamar \(which)"
            promise.dueAt = now.adding(milliseconds: 86_400_000)
            if which % 3 == 0 { promise.owner = account }
            try capture.create(promise)
        case .takeOver(let which):
            let promises = try capture.reader.records(Commitment.self)
            guard !promises.isEmpty else { return }
            try capture.update(Commitment.self, promises[which % promises.count].id) {
                $0.owner = account
            }
        case .keepPromise(let which, let how):
            let promises = try capture.reader.records(Commitment.self)
            guard !promises.isEmpty else { return }
            try capture.update(Commitment.self, promises[which % promises.count].id) { promise in
                switch how {
                case 0: promise.keptAt = now.adding(milliseconds: Int64(which))
                case 1: promise.evidence += ["prueba \(which % 3)"]
                default: promise.brokenCause = BrokenCause.allCases[which % 5]
                }
            }
        default: try performMore(in: &capture, account: account, customer: customer, now: now)
        }
    }

    private func performMore(
        in capture: inout Capture, account: RecordID, customer: (Int) -> Customer?, now: Instant
    ) throws {
        switch self {
        case .delete(let which):
            let visits = try capture.reader.records(Visit.self)
            if which % 2 == 0, !visits.isEmpty {
                try capture.delete(Visit.self, visits[which % visits.count].id)
            } else if let customer = customer(which) {
                try capture.delete(Customer.self, customer.id)
            }
        case .referral(let which, let contact):
            guard let customer = customer(which) else { return }
            var referral = capture.new(Referral.self)
            referral.programme = Template.programme
            // Some are customers too, by a telephone that `edit` gives them.
            referral.contactPoint = "tel:+52331234567\(contact)"
            referral.referrers = [customer.id]
            referral.name = "Referido \(which)"
            referral.state = ReferralState.allCases[which % 3]
            try capture.create(referral)
        case .editReferral(let which, let how):
            let referrals = try capture.reader.records(Referral.self)
            guard !referrals.isEmpty, let customer = customer(which / 7) else { return }
            try capture.update(Referral.self, referrals[which % referrals.count].id) {
                switch how {
                case 0, 1: $0.referrers += [customer.id]
                case 2: $0.referrers = Array($0.referrers.dropFirst())
                case 3: $0.notes += ["nota \(which % 5)"]
                default: $0.name = "Recomendado \(which)"
                }
            }
        case .claim(let which):
            let referrals = try capture.reader.records(Referral.self).filter {
                !$0.referrers.isEmpty
            }
            guard !referrals.isEmpty else { return }
            let referral = referrals[which % referrals.count]
            var claim = capture.new(ReferralClaim.self)
            claim.referral = referral.id
            claim.customer = referral.referrers[which % referral.referrers.count]
            claim.rep = account
            claim.claimedAt = now.adding(milliseconds: Int64(which))
            try capture.create(claim)
        case .enrol(let which):
            guard let customer = customer(which) else { return }
            var enrolment = capture.new(Enrolment.self)
            enrolment.programme = Template.programme
            enrolment.customer = customer.id
            enrolment.enrolledAt = now.adding(milliseconds: Int64(which))
            enrolment.cards = ["tarjeta \(which % 5)"]
            try capture.create(enrolment)
        case .points(let which, let cause):
            let enrolments = try capture.reader.records(Enrolment.self)
            guard !enrolments.isEmpty else { return }
            let enrolment = enrolments[which % enrolments.count]
            var entry = capture.new(PointsEntry.self)
            entry.enrolment = enrolment.id
            entry.customer = enrolment.customer
            entry.kind = .earn
            entry.points = 10 + cause
            entry.cause = "compra \(cause)"
            entry.at = now.adding(milliseconds: Int64(which))
            try capture.create(entry)
        case .settle(let which):
            let conflicts = try capture.reader.conflicts().filter {
                [.customer, .referral].contains($0.entity)
            }
            guard !conflicts.isEmpty else { return }
            let conflict = conflicts[which % conflicts.count]
            let value = conflict.values[which % conflict.values.count].value
            if conflict.entity == .customer {
                try capture.settle(
                    Customer.self, conflict.record, field: conflict.field, as: value)
            } else {
                try capture.settle(
                    Referral.self, conflict.record, field: conflict.field, as: value)
            }
        case .poison(let which) where which % 2 == 0:
            // A territory that is not there: what is captured about this customer will wait.
            var new = capture.new(Customer.self)
            new.territory = Template.territory("XX-00")
            new.name = "Sin territorio \(which)"
            try capture.create(new)
        case .poison:
            var visit = capture.new(Visit.self)
            visit.customer = capture.new(Customer.self).id
            visit.at = now
            visit.state = .planned
            try capture.create(visit)
        default: break
        }
    }

    /// Puts right what made the hub refuse a commit, where a person could.
    static func correct(
        _ item: TrayItem, in capture: inout Capture, by person: Template.Person
    ) throws {
        let code = person.territories.first ?? Template.territories[0]
        for change in item.changes where change.creates && change.entity == .customer {
            try capture.update(Customer.self, change.record) {
                $0.territory = Template.territory(code)
            }
        }
    }
}

extension Customer {
    fileprivate mutating func edit(field: Int, value: Int) {
        switch field {
        case 0, 10, 11: name = "Nombre \(value)"
        case 1: street = "Calle \(value)"
        case 2: street = value % 3 == 0 ? nil : "Esquina \(value % 4)"
        case 3: since = CivilDate(days: Int32(20_000 + value))
        case 4: marketingConsent = MarketingConsent.allCases[value % 2]
        case 5: phones += ["+52331234567\(value % 10)"]
        case 6: kind = CustomerKind.allCases[value % 2]
        case 7: latitude = Double(value % 90)
        case 8: code = "C-\(value)"
        default: bestHours = "después de las \(value % 24)"
        }
    }
}
