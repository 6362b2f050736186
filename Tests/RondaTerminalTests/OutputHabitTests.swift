import RondaModel
import Testing

@testable import RondaTerminal

@Suite("Forms of output, spelling, doctor and completion")
struct OutputHabitTests {
    private func world() async throws -> TerminalWorld {
        let world = try await TerminalWorld()
        try await world.join("ana")
        return world
    }

    @Test("one document a line, and records for a spreadsheet")
    func data() async throws {
        let world = try await world()
        _ = await world.run(
            "ana", "customer", "new", "Tienda \"La Ñ\", S.A.", "--city", "=1+1", "--yes")
        let lines = await world.run("ana", "customer", "find", "a", "--jsonl")
        #expect(lines.out.split(separator: "\n").count == 3)
        #expect(lines.out.split(separator: "\n").allSatisfy { $0.hasPrefix("{") })
        let csv = await world.run("ana", "customer", "find", "tienda", "--csv", language: "es")
        let rows = csv.out.split(separator: "\r\n")
        #expect(rows.first == "id,code,name,city,address,phones")
        #expect(rows.last?.contains("\"Tienda \"\"La Ñ\"\", S.A.\",'=1+1,") == true)
        let error = await world.run("ana", "customer", "show", "C9", "--jsonl")
        #expect(error.out.contains("\"code\":\"notFound\""))
        let status = await world.run("ana", "status", "--csv")
        #expect(status.out.hasPrefix("account,role,server"))
    }

    @Test(
        "a mistyped command is answered with the one that was probably meant, and not executed",
        arguments: [
            ("promis", "promise"), ("vsita", "visita"), ("consentimeinto", "consentimiento"),
            ("ojh", "hoy"),
        ])
    func spelling(typed: String, meant: String) async throws {
        let world = try await world()
        let run = await world.run("ana", typed, "--lang", "es")
        #expect(run.status == .usage && run.out.isEmpty)
        if typed == "ojh" {
            #expect(run.err.contains("vea: ronda --help"))
        } else {
            #expect(run.err.contains("¿quiso decir: ronda \(meant)?"), "\(run.err)")
        }
        #expect(CommandSpelling.steps(from: "hoy", to: "hyo") == 1)
    }

    @Test("the doctor says what is not well, and what to do")
    func doctor() async throws {
        let world = try await TerminalWorld()
        let none = await world.run("ana", "doctor", "--lang", "es")
        #expect(none.status == .otherError && none.out.contains("ronda entrar"))
        try await world.join("ana")
        let lately = try await world.run("ana", "diagnostico", "--json").json([[String: Any]].self)
        #expect(lately.first { $0["name"] as? String == "sync" }?["well"] as? Bool == true)
        // The test's server is no https one.
        #expect(lately.first { $0["name"] as? String == "server" }?["well"] as? Bool == false)
        world.advance(hours: 24 * 9)
        let screen = await world.run("ana", "diagnóstico", language: "es", terminal: true)
        #expect(screen.status == .otherError && screen.out.contains("! MAL"))
        #expect(screen.out.contains("sincronización") && screen.out.contains("bandeja"))
        #expect(screen.out.contains("9 días sin sincronizar"))
    }

    @Test("there is a script for each shell", arguments: ["bash", "zsh", "fish"])
    func completion(shell: String) async throws {
        let world = try await TerminalWorld()
        let run = await world.run("ana", "completion", shell)
        #expect(run.status == .done && run.out.contains("renegotiate"))
        #expect(await world.run("ana", "completado", "csh", "--lang", "es").status == .usage)
    }
}
