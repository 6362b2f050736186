internal import ArgumentParser
internal import RondaClient
internal import RondaMethod
internal import RondaModel

struct PointsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "points", abstract: "Points of a customer / Puntos de un cliente.",
        subcommands: [Show.self, Earn.self, Redeem.self, Reverse.self],
        defaultSubcommand: Show.self, aliases: ["puntos"])

    struct Show: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "What there is, and every entry / Lo que hay, y cada movimiento.",
            aliases: ["ver"])

        @OptionGroup var whose: PointsOwner
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let (whose, now) = (whose, session.wording.now)
            let account = try await session.read { try whose.account($0, at: now) }
            return PointsView.page(account, at: now, in: session.wording)
        }
    }

    struct Earn: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "For a completed visit or a converted referral / "
                + "Por una visita completada o un referido convertido.",
            aliases: ["ganar"])

        @OptionGroup var whose: PointsOwner
        @Argument(help: "How many points / Cuántos puntos.") var points: Int
        @Option(help: "For this visit / Por esta visita.") var visit: String?
        @Option(help: "For this referral / Por este referido.") var referral: String?
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            if points <= 0 { throw TerminalError(PointsRefusal.notPositive) }
            let store = try await session.open()
            let (whose, now, asked, referred) = (whose, session.wording.now, visit, referral)
            let (account, cause) = try await session.read(store) { reader in
                (
                    try whose.account(reader, at: now),
                    try Self.cause(asked, referred, Finder(reader: reader))
                )
            }
            if let problem = cause.cause.problem { throw TerminalError(problem) }
            let entry = PointsKey.entry(
                .earn, points: points, of: account.enrolment,
                cause: PointsKey.cause(cause.name, edition: account.terms?.edition),
                causeRecord: cause.record, terms: account.terms, at: now)
            return try await PointsPosting(session: session, store: store).post(entry, whose)
        }

        private static func cause(
            _ visit: String?, _ referral: String?, _ finder: Finder
        ) throws -> (name: String, record: RecordID, cause: PointsCause) {
            switch (visit, referral) {
            case (let visit?, nil):
                let visit = try finder.record(Visit.self, visit)
                return ("visit", visit.id, .visit(visit))
            case (nil, let referral?):
                let referral = try finder.record(Referral.self, referral)
                return ("referral", referral.id, .referral(referral))
            default:
                throw TerminalError.usage(
                    en: "say what the points are for: --visit or --referral",
                    es: "diga por qué son los puntos: --visit o --referral")
            }
        }
    }

    struct Redeem: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a reward, within what was set aside for this person / "
                + "Entregar un premio, con el cupo de esta persona.",
            aliases: ["canjear"])

        @OptionGroup var whose: PointsOwner
        @Argument(help: "Points, or the benefit's code / Puntos, o el código del beneficio.")
        var what: String
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let store = try await session.open()
            let (whose, what, now) = (whose, what, session.wording.now)
            let (account, points, reward, me) = try await session.read(store) { reader in
                let account = try whose.account(reader, at: now)
                let benefit = try reader.records(ProgrammeBenefit.self).first {
                    $0.programme == account.enrolment.programme && $0.withdrawn != true
                        && Folding.fold($0.code ?? "") == Folding.fold(what)
                }
                guard let points = benefit?.cost ?? Int(what) else {
                    throw TerminalError.notFound(
                        en: "there is no benefit “\(what)”; give its code or a number of points",
                        es: "no hay un beneficio «\(what)»; dé su código o un número de puntos")
                }
                return (account, points, benefit?.code ?? "points", try reader.identity()?.account)
            }
            guard let terms = account.terms else {
                throw TerminalError(PointsRefusal.offlineNotOffered)
            }
            let allowance: RedemptionAllowance
            do throws(PointsRefusal) {
                allowance = try Redemption(
                    account.ledger, terms: terms, allowances: account.allowances
                ).allowance(
                    for: points, of: account.enrolment.id, holder: me ?? .zero, at: now)
            } catch {
                throw TerminalError(error)
            }
            if terms.overdraft != true && account.ledger.available(at: now) < points {
                throw TerminalError(PointsRefusal.notEnough)
            }
            return try await PointsPosting(session: session, store: store)
                .redeem(points, reward, account, allowance, whose)
        }
    }

    struct Reverse: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take an entry back / Reversar un movimiento.", aliases: ["reversar"])

        @OptionGroup var whose: PointsOwner
        @Argument(help: "Beginning of the entry's id / Comienzo del id del movimiento.")
        var entry: String
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let store = try await session.open()
            let (whose, asked, now) = (whose, entry, session.wording.now)
            let (account, entry) = try await session.read(store) { reader in
                (
                    try whose.account(reader, at: now),
                    try Finder(reader: reader).record(PointsEntry.self, asked)
                )
            }
            if let problem = account.ledger.problem(reversing: entry) {
                throw TerminalError(problem)
            }
            return try await PointsPosting(session: session, store: store)
                .post(PointsKey.reversing(entry, at: now), whose)
        }
    }
}

/// Whose points, in which programme.
struct PointsOwner: ParsableArguments, Sendable {
    @Argument(help: "Customer: code or id / Cliente: código o id.") var customer: String
    @Option(help: "Programme code / Código del programa.") var programme: String?

    func account(_ reader: LocalReader, at now: Instant) throws -> PointsAccount {
        let finder = Finder(reader: reader)
        let customer = try finder.customer(customer)
        let programme = try finder.programme(programme)
        let ids = [customer.id] + (try reader.aliases(of: customer.id).map(\.id))
        func all<R: RondaRecord>(_ type: R.Type) throws -> [R] {
            try ids.flatMap { try reader.records(type, of: $0) }
        }
        let enrolments = try all(Enrolment.self).filter { $0.programme == programme.id }
        let terms = ProgrammeTerms.inForce(
            try reader.records(ProgrammeTerms.self), of: programme.id, at: now)
        let membership = Membership(enrolments, entries: try all(PointsEntry.self))
        guard let enrolment = membership.enrolments.first(where: { $0.state == .active }) else {
            throw TerminalError(PointsRefusal.notEnrolled)
        }
        return PointsAccount(
            customer: try Names(reader).customer(customer), programme: programme,
            enrolment: enrolment, ledger: membership.ledger, terms: terms,
            allowances: try all(RedemptionAllowance.self))
    }
}
