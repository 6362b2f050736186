internal import ArgumentParser
internal import RondaClient
internal import RondaMethod
internal import RondaModel

/// A customer leaves: why, and what may be said to it.
struct DesertionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "desertion",
        abstract: "Customers who leave, and why / Clientes que se van, y por qué.",
        subcommands: [New.self, Arguments.self, List.self], defaultSubcommand: List.self,
        aliases: ["desercion", "deserción"])

    struct New: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record that a customer leaves, or what came of it / "
                + "Registrar que un cliente se va, o qué resultó.",
            aliases: ["nueva"])

        @Argument(help: "Customer: code or id / Cliente: código o id.") var customer: String
        @Option(
            help: """
                abandonmentNoContact, serviceDissatisfaction, noRenewalWanted, personal, noUse, \
                nonPayment, misuse, movedToCorporatePlan / Motivo.
                """)
        var reason: String
        @Option(help: "Can the customer be won back? yes, no / ¿Es recuperable? sí, no.")
        var recoverable: String?
        @Option(help: "Number of the argument that was used / Número del argumento utilizado.")
        var argument: Int?
        @Option(help: "What was offered / Qué se ofreció.") var offer: String?
        @Option(help: "recovered, thinking, refused, notReached / Resultado.") var result: String?
        @Option(help: "Note / Nota.") var note: [String] = []
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let command = self
            guard
                let reason = try AnswerWords.required(
                    DesertionReason.self, reason, flag: "--reason")
            else { throw TerminalError.usage(en: "say the reason", es: "diga el motivo") }
            let recoverable = try AnswerWords.requiredYesNo(recoverable, flag: "--recoverable")
            let result = try AnswerWords.required(WinBackResult.self, result, flag: "--result")
            let store = try await session.open()
            let now = session.wording.now
            let (customer, draft, arguments) = try await session.read(store) { reader in
                let customer = try Finder(reader: reader).customer(command.customer)
                let last = try reader.records(Purchase.self, of: customer.id)
                    .compactMap(\.date).max()
                let arguments = reason.counterArguments(
                    in: try reader.records(CounterArgument.self))
                return (customer, Desertion.of(customer.id, lastPurchase: last), arguments)
            }
            var used: RecordID?
            if let number = command.argument {
                guard arguments.indices.contains(number - 1) else {
                    throw TerminalError.usage(
                        en: "this reason has \(arguments.count) arguments: ronda desertion "
                            + "arguments \(reason.name)",
                        es: "este motivo tiene \(arguments.count) argumentos: ronda deserción "
                            + "argumentos \(reason.name)")
                }
                used = arguments[number - 1].id
            }
            let argument = used
            let saved = try await session.save(draft.id, in: store) { capture in
                let me = capture.author
                func fill(_ desertion: inout Desertion) {
                    desertion.reason = reason
                    desertion.recoverable = recoverable ?? desertion.recoverable
                    desertion.argument = argument ?? desertion.argument
                    desertion.offer = AnswerWords.text(command.offer) ?? desertion.offer
                    desertion.result = result ?? desertion.result
                    if result == .recovered, desertion.recoveredAt == nil {
                        desertion.recoveredAt = now
                    }
                    desertion.notes += command.note.compactMap(AnswerWords.text)
                }
                if try capture.reader.record(Desertion.self, draft.id) != nil {
                    try capture.update(Desertion.self, draft.id, fill)
                } else {
                    var desertion = draft
                    desertion.detectedAt = now
                    desertion.detectedBy = me
                    fill(&desertion)
                    try capture.create(desertion)
                }
            }
            let (who, label, group) = (customer.name ?? "", reason.label, reason.group.label)
            var output = saved.output(
                "desertion",
                Phrase(
                    en: "\(who) leaves: \(label.en) (\(group.en)).",
                    es: "\(who) se va: \(label.es) (\(group.es))."),
                more: [
                    "reason": .string(reason.name), "group": .string(reason.group.rawValue),
                    "counterArguments": .strings(arguments.compactMap(\.words)),
                ])
            if result == nil {
                output.notes += arguments.enumerated().map { index, argument in
                    Phrase("\(index + 1). \(argument.words ?? "")")
                }
            }
            return output
        }
    }

    struct Arguments: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "What may be said to who leaves for a reason / "
                + "Qué decir a quien se va por un motivo.",
            aliases: ["argumentos"])

        @Argument(help: "Reason / Motivo.") var reason: String
        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            guard
                let reason = try AnswerWords.required(DesertionReason.self, reason, flag: "REASON")
            else { throw TerminalError.usage(en: "say the reason", es: "diga el motivo") }
            let arguments = try await session.read {
                reason.counterArguments(in: try $0.records(CounterArgument.self))
            }
            let table = Table(
                kind: "counterArgument",
                columns: [
                    Table.Column("N", "N", isNumber: true),
                    Table.Column("ARGUMENT", "ARGUMENTO", wraps: true),
                ],
                rows: arguments.enumerated().map { [Cell("\($0 + 1)"), Cell($1.words ?? "")] })
            return Output(
                json: .array(arguments.map { .record($0) }),
                blocks: arguments.isEmpty
                    ? [
                        .sentence(
                            Phrase(
                                en: "The office has entered no arguments for this reason.",
                                es: "La oficina no ha cargado argumentos para este motivo."))
                    ] : [.table(table)])
        }
    }

    struct List: TerminalCommand {
        static let configuration = CommandConfiguration(
            abstract: "Who leaves and why / Quién se va y por qué.", aliases: ["lista"])

        @OptionGroup var globals: GlobalOptions

        func perform(in session: Session) async throws -> Output {
            let (rows, called) = try await session.read { reader in
                let names = try Names(reader)
                let rows = try reader.records(Desertion.self).map {
                    (record: $0, handle: try reader.shortID(Desertion.self, $0.id))
                }
                let customers = try Set(rows.compactMap(\.record.customer)).map {
                    ($0, try names.customer($0).name)
                }
                return (rows, Dictionary(customers, uniquingKeysWith: { $1 }))
            }
            let table = RecordTable<Desertion>(
                wording: session.wording, name: { called[$0] ?? String($0.hex.prefix(8)) }
            ).table(rows, ["customer", "reason", "detectedAt", "result"])
            return Output(
                json: .array(
                    rows.map {
                        .record($0.record, ["group": .optional($0.record.reason?.group.rawValue)])
                    }),
                blocks: rows.isEmpty
                    ? [
                        .sentence(
                            Phrase(
                                en: "No customer is known to leave.",
                                es: "No se sabe de clientes que se vayan."))
                    ] : [.table(table)])
        }
    }
}
