#if os(Linux)
    import Foundation
    import RondaClient
    import RondaModel
    import Testing

    @Suite("The full screen, driven as a person would", .timeLimit(.minutes(3)))
    struct FullScreenTests {
        private struct Page: Decodable {
            struct Named: Decodable { let name: String }
            struct Visit: Decodable {
                let expectation: String
                let reality: String
                let repurchaseIntent: Int
            }
            struct Promise: Decodable { let words: String }
            struct Enrolment: Decodable { let programmeCode: String }
            let visits: [Visit]
            let promises: [Promise]
            let referrals: [Named]
            let enrolments: [Enrolment]
        }

        private func terminal(
            _ office: Office, _ width: Int, _ height: Int, _ language: String
        ) async throws -> Tmux {
            let program = try RunningProgram.url(of: .ronda).path
            return try await Tmux(
                in: office, width: width, height: height, language: language,
                command: "RONDA_HOME=\(office.home(of: "ana")) \(program)")
        }

        private func office() async throws -> (Office, ServerProcess) {
            let office = try await Office.prepared()
            try await office.expectDone(
                "programme", "add", "--code", "ORO", "--name", "Club Oro", "--welcome-bonus", "100")
            let server = try await office.serve()
            try await office.login("ana", url: server.url)
            #expect(try await office.ronda("ana", "sync").status == 0)
            return (office, server)
        }

        /// The picture as it was looked at once; the day in the title is not the same every day.
        private func expectGolden(
            _ lines: [String], _ name: String, sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let file = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "Golden/\(name).txt")
            let text = lines.dropFirst().joined(separator: "\n") + "\n"
            if ProcessInfo.processInfo.environment["RONDA_RECORD_GOLDEN"] == "1" {
                try Data(text.utf8).write(to: file)
            }
            #expect(
                try String(contentsOf: file, encoding: .utf8) == text,
                sourceLocation: sourceLocation)
        }

        private static let words = [
            "es": ["en vivo", "Hay un borrador", "guardada", "por enviar 0"],
            "en": ["live", "A draft is here", "saved", "to send 0"],
        ]

        @Test(
            "a whole visit, killed in the middle of the form, goes on where it was and reaches the server",
            arguments: [(80, 24, "es"), (120, 40, "en")])
        func visit(_ width: Int, _ height: Int, _ language: String) async throws {
            let (office, server) = try await office()
            let words = try #require(Self.words[language])
            let name = "\(width)x\(height)-\(language)"
            var screen = try await terminal(office, width, height, language)
            try await screen.wait(for: words[0])
            try expectGolden(try await screen.wait(for: "(3)"), "morning-\(name)")
            try await screen.press("/")
            try await screen.type("pena c2")
            try await screen.wait(for: "/pena c2", "(1)", "Calle 1")
            try await screen.press("Enter", "n")
            try await screen.wait(for: "Peña C2", "F2")
            try await screen.type("que llegara a tiempo")
            try await screen.press("Down")
            try await screen.type("2")
            try await screen.press("Down", "Down", "Down")
            try await screen.type("9")
            try await screen.wait(for: "que llegara a tiempo", "> ", " 9")
            try await screen.killProgram()
            #expect(try await screen.hasEnded())

            screen = try await terminal(office, width, height, language)
            try await screen.wait(for: words[1], "Peña C2")
            try await screen.press("Enter")
            try await screen.wait(for: "que llegara a tiempo", " 9")
            // Asked for; name; contact.
            try await screen.press("Down", "Down")
            try await screen.type("1")
            try await screen.press("Down")
            try await screen.type("Rosa Núñez")
            try await screen.press("Down")
            try await screen.type("rosa@example.mx")
            // To the last three: what is promised, by when, and the programme.
            try await screen.press("PageDown", "Up", "Up")
            try await screen.type("llevar el repuesto")
            try await screen.press("Down")
            try await screen.type("+3d")
            try await screen.press("Down")
            try await screen.type("1")
            try expectGolden(
                try await screen.wait(for: "Club Oro", "llevar el repuesto"), "form-\(name)")
            try await screen.press("F2")
            try await screen.wait(for: words[2], "Rosa Núñez")
            try await screen.press("s")
            try await screen.wait(for: words[3])
            try await screen.press("q")
            #expect(try await screen.hasEnded())

            let answer = try await office.ronda("ana", "customer", "show", "C2")
            let page = try answer.decode(Page.self)
            #expect(page.visits.map(\.expectation) == ["que llegara a tiempo"])
            #expect(page.visits.map(\.reality) == ["met"])
            #expect(page.visits.map(\.repurchaseIntent) == [9])
            #expect(page.promises.map(\.words) == ["llevar el repuesto"])
            #expect(page.referrals.map(\.name) == ["Rosa Núñez"])
            #expect(page.enrolments.map(\.programmeCode) == ["ORO"])
            let seen = try await office.everything(url: server.url)
            #expect(seen.visits.count == 1 && seen.promises.count == 1)
            let drafts = office.home(of: "ana") + "/drafts"
            #expect(try FileManager.default.contentsOfDirectory(atPath: drafts) == [])
            await server.stop()
        }

        @Test(
            "the window may become too narrow and wide again, and the shell gets its terminal back")
        func resize() async throws {
            let (office, server) = try await office()
            let screen = try await terminal(office, 80, 24, "es")
            try await screen.wait(for: "Agenda", "(3)")
            try await screen.resize(width: 20, height: 24)
            try await screen.wait(for: "Muy angosto")
            try await screen.resize(width: 100, height: 30)
            let lines = try await screen.wait(for: "Agenda", "por enviar 0")
            #expect(lines.count == 30)
            try await screen.press("C-c")
            #expect(try await screen.hasEnded())
            await server.stop()
        }

        @Test("for screen readers and dumb terminals the morning is a list")
        func plain() async throws {
            let (office, server) = try await office()
            let program = try RunningProgram.url(of: .ronda).path
            for how in [
                "RONDA_SCREEN=plain \(program)", "TERM=dumb \(program)",
                "\(program) --plain-screen",
            ] {
                let screen = try await Tmux(
                    in: office, width: 80, height: 24, language: "es",
                    command: "RONDA_HOME=\(office.home(of: "ana")) sh -c '\(how); exec sleep 60'")
                let lines = try await screen.wait(for: "No hay promesas por cumplir hoy.")
                #expect(!lines.contains { $0.contains("Clientes") })
            }
            await server.stop()
        }
    }
#endif
