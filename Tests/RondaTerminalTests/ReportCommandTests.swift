import RondaModel
import Testing

@testable import RondaTerminal

@Suite("One's own numbers, at the keyboard")
struct ReportCommandTests {
    @Test("one's own numbers are split in confirmed, pending and refused")
    func report() async throws {
        let world = try await TerminalWorld()
        for device in ["ana", "luis"] { try await world.join(device) }
        func numbers(_ name: String) async throws -> [String: Int] {
            let page = try await world.run("ana", "informe", "hoy", "--json")
                .json([String: Any].self)
            let lines = try #require(page["lines"] as? [String: [String: Int]])
            return try #require(lines[name])
        }
        _ = await world.run(
            "ana", "visit", "new", "--customer", "C0001", "--reality", "met", "--referral-name",
            "Rosa", "--referral-phone", "300 555 0101", "--enrol", "CLUB")
        #expect(
            try await numbers("visits") == ["confirmed": 0, "pending": 1, "refused": 0])
        #expect(try await numbers("points") == ["confirmed": 0, "pending": 100, "refused": 0])
        _ = await world.run("ana", "sync")
        #expect(try await numbers("claims") == ["confirmed": 1, "pending": 0, "refused": 0])
        #expect(try await numbers("points")["confirmed"] == 100)
        // Another rep's visits are not one's own.
        _ = await world.run("luis", "visit", "new", "--customer", "C0001", "--reality", "met")
        _ = await world.run("luis", "sync")
        _ = await world.run("ana", "sync")
        #expect(try await numbers("visits")["confirmed"] == 1)
        let month = await world.run("ana", "report", "2026-10", "--json")
        #expect(month.out.contains("\"from\":\"2026-10-01\"") && month.out.contains("2026-10-31"))
        #expect(await world.run("ana", "report", "siempre").status == .usage)
        let screen = await world.run("ana", "informe", language: "es", terminal: true)
        #expect(screen.out.contains("visitas hechas") && screen.out.contains("RECHAZADO"))
    }
}
