internal import ArgumentParser
internal import RondaClient
internal import RondaModel

struct SurrenderCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "surrender",
        abstract: "Hand in what is unsent after the access has ended / "
            + "Entregar lo que falta por enviar cuando terminó el acceso.",
        aliases: ["entregar"])

    @OptionGroup var globals: GlobalOptions

    func perform(in session: Session) async throws -> Output {
        let store = try await session.open()
        let before = try await session.read(store) { try $0.status() }
        guard before.isRevoked else {
            throw TerminalError(
                .usage, "hasAccess",
                en: "this device has its access, as far as it knows; send with: ronda sync",
                es: "este equipo tiene acceso, hasta donde sabe; envíe con: ronda sync")
        }
        let transport = try session.transport(
            try await store.identity()?.address ?? ServerAddress(""))
        let report: SyncReport
        do {
            report = try await session.interruptibly {
                try await store.surrender(over: transport) { session.progress($0) }
            }
            session.endProgress()
        } catch {
            session.endProgress()
            throw error
        }
        return Self.output(report)
    }

    private static func output(_ report: SyncReport) -> Output {
        let delivered = report.accepted + report.merged + report.refused + report.waiting
        let sentence: Phrase
        if report.pending > 0 {
            sentence = Phrase(
                en:
                    "Not everything could be handed in; nothing is lost, try again: ronda surrender",
                es: "No se pudo entregar todo; nada se pierde, intente de nuevo: ronda entregar")
        } else if delivered == 0 {
            sentence = Phrase(
                en: "There was nothing left to hand in.", es: "No quedaba nada por entregar.")
        } else {
            sentence =
                Phrase.count(
                    delivered,
                    one: Phrase(
                        en: "change was handed in; the office has it and decides.",
                        es: "cambio se entregó; la oficina lo tiene y decide."),
                    many: Phrase(
                        en: "changes were handed in; the office has them and decides.",
                        es: "cambios se entregaron; la oficina los tiene y decide."))
                + Phrase(
                    en: " A copy stays here: ronda tray",
                    es: " Aquí queda una copia: ronda bandeja")
        }
        return Output(
            json: .object([
                "surrendered": .integer(delivered), "pending": .integer(report.pending),
                "complete": .bool(report.isComplete),
            ]),
            blocks: [.sentence(sentence)],
            status: report.pending > 0 ? .offline : .done)
    }
}
