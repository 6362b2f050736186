internal import ArgumentParser
internal import Foundation
internal import RondaHub
internal import RondaModel
internal import RondaStore

struct DevicesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices",
        abstract: "Every device, and its access / Los equipos y su acceso",
        subcommands: [
            List.self, Rename.self, Revoke.self, Expire.self, RestoreAccess.self, HandIn.self,
        ], defaultSubcommand: List.self, aliases: ["equipos"])

    struct List: ServerSubcommand {
        static let configuration = CommandConfiguration(
            abstract: "All of them / Todos", aliases: ["lista"])

        @OptionGroup var options: CommonOptions

        func run() async throws {
            let hub = try options.openHub()
            let states = try await hub.devices()
            let names = try await hub.store.read { try DeviceNames($0) }
            let empty = Phrase(en: "There are no devices yet.", es: "Todavía no hay equipos.")
            try options.terminal.show(
                states.map { DeviceDocument($0) },
                states.isEmpty ? [empty] : states.flatMap { DeviceLines.of($0, names) })
        }
    }

    struct Rename: ServerSubcommand {
        static let configuration = CommandConfiguration(
            abstract: "Give it another name / Cambiar su nombre", aliases: ["renombrar"])

        @OptionGroup var options: CommonOptions
        @OptionGroup var place: DevicePlace

        @Option(name: .long, help: "The new name / El nombre nuevo.")
        var to: String

        func run() async throws {
            let hub = try options.openHub()
            try await place.change(hub, options) { device in
                try await hub.renameDevice(device.id, to: to, by: options.actor)
                return Phrase(en: "is now called “\(to)”", es: "ahora se llama «\(to)»")
            }
        }
    }

    struct Revoke: ServerSubcommand {
        static let configuration = CommandConfiguration(
            abstract: "End its access at once, as when it is lost / Quitarle el acceso ya",
            discussion: """
                What it has not sent stays on it, and can still be handed in with ronda surrender. \
                To take a device back that is here, use devices hand-in.

                Lo que no ha enviado queda en él, y aún se puede entregar con ronda entregar. Para \
                recibir un equipo que está aquí, use devices hand-in.
                """, aliases: ["revocar"])

        @OptionGroup var options: CommonOptions
        @OptionGroup var place: DevicePlace

        func run() async throws {
            let hub = try options.openHub()
            try await place.change(hub, options) { device in
                try await hub.revokeDevice(device.id, by: options.actor)
                return Phrase(
                    en: "has no access from its next request on",
                    es: "no tiene acceso desde su próxima solicitud")
            }
        }
    }

    struct Expire: ServerSubcommand {
        static let configuration = CommandConfiguration(
            abstract: "Say when its access ends / Decir cuándo vence su acceso",
            aliases: ["vencer"])

        @OptionGroup var options: CommonOptions
        @OptionGroup var place: DevicePlace

        @Option(
            name: .long,
            help: ArgumentHelp(
                "2026-12-31, 2026-12-31T18:00:00Z or 30d from now / Una fecha, una hora o 30d.",
                valueName: "when"))
        var at: String

        func run() async throws {
            let hub = try options.openHub()
            let end = try Moment.parse(
                at, now: hub.surroundings.now(), daysAhead: true)
            try await place.change(hub, options) { device in
                try await hub.expireDevice(device.id, at: end, by: options.actor)
                return Phrase(
                    en: "has access until \(end.text)", es: "tiene acceso hasta \(end.text)")
            }
        }
    }

    struct RestoreAccess: ServerSubcommand {
        static let configuration = CommandConfiguration(
            commandName: "restore-access",
            abstract: "Give it its access back / Devolverle el acceso",
            aliases: ["devolver-acceso"])

        @OptionGroup var options: CommonOptions
        @OptionGroup var place: DevicePlace

        func run() async throws {
            let hub = try options.openHub()
            try await place.change(hub, options) { device in
                try await hub.restoreAccess(device.id, by: options.actor)
                return Phrase(en: "has access again", es: "tiene acceso de nuevo")
            }
        }
    }

    struct HandIn: ServerSubcommand {
        static let configuration = CommandConfiguration(
            commandName: "hand-in",
            abstract: "Take it back, once it has delivered what it has / Recibirlo de vuelta",
            discussion: """
                Let its owner sync first, or deliver its file of ronda outbox export. / Que su dueño \
                sincronice antes, o entregue su archivo de ronda outbox export.
                """, aliases: ["recibir"])

        @OptionGroup var options: CommonOptions
        @OptionGroup var place: DevicePlace

        @Flag(name: .long, help: "Although it has unsent work / Aunque tenga trabajo sin enviar.")
        var evenWithUnsent = false

        func run() async throws {
            let hub = try options.openHub()
            let names = try await hub.store.read { try DeviceNames($0) }
            let device = try names.find(place.device)
            do {
                let state = try await hub.handIn(
                    device.id, evenWithUnsent: evenWithUnsent, by: options.actor)
                try options.terminal.show(
                    DeviceDocument(state, access: "revoked"),
                    DeviceLines.handIn(state, names, now: hub.surroundings.now()))
            } catch Hub.DeviceProblem.unsentWork(let state) {
                let (title, why) = (names.title(device), DeviceLines.outstanding(state))
                throw ServerTerminal.Failure(
                    .refusedByRule, "unsentWork",
                    Phrase(
                        en: "\(title) keeps its access: \(why.en). Have it run ronda sync and try "
                            + "again, or say --even-with-unsent",
                        es: "\(title) conserva su acceso: \(why.es). Haga que use ronda sync e "
                            + "intente de nuevo, o diga --even-with-unsent"))
            }
        }
    }
}

/// Which device is meant.
struct DevicePlace: ParsableArguments {
    @Argument(help: "Its id, name, or the login / Identificador, nombre o usuario.")
    var device: String

    /// Does something to the device and says what it is now.
    func change(
        _ hub: Hub, _ options: CommonOptions, _ body: (Device) async throws -> Phrase
    ) async throws {
        let names = try await hub.store.read { try DeviceNames($0) }
        let device = try names.find(self.device)
        let what: Phrase
        do {
            what = try await body(device)
        } catch Hub.DeviceProblem.badName {
            throw ServerTerminal.usage(
                "a name has 1 to 100 characters, and no line breaks",
                "un nombre tiene de 1 a 100 caracteres, sin saltos de línea")
        } catch Hub.DeviceProblem.isRevoked {
            let title = names.title(device)
            throw ServerTerminal.Failure(
                .refusedByRule, "revoked",
                Phrase(
                    en:
                        "\(title) was revoked and has no access that could end; give it back first: "
                        + "ronda-server devices restore-access",
                    es: "\(title) fue revocado y no tiene acceso que venza; devuélvaselo primero: "
                        + "ronda-server devices restore-access"))
        }
        let state = try await hub.devices().first { $0.device.id == device.id }
        let title = names.title(device)
        try options.terminal.show(
            state.map { DeviceDocument($0) },
            [Phrase(en: "\(title) \(what.en).", es: "\(title) \(what.es).")])
    }
}
