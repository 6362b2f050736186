import RondaModel
import Testing

@testable import RondaTerminal

@Suite("Consent, at the keyboard")
struct ConsentCommandTests {
    private func world(_ devices: String...) async throws -> TerminalWorld {
        let world = try await TerminalWorld()
        for device in devices { try await world.join(device) }
        // Monday, half past ten: within the hours of contact.
        world.advance(hours: 24)
        return world
    }

    /// What is said of one purpose and channel: the stable name of the reason.
    private func reason(
        _ world: TerminalWorld, _ device: String = "ana", purpose: String = "marketing",
        channel: String = "phone"
    ) async throws -> String {
        let page = try await world.run(device, "consent", "show", "C0001", "--json")
            .json([String: Any].self)
        let lines = try #require(page["permissions"] as? [[String: Any]])
        #expect(lines.count == 9 * 8)
        let line = lines.first {
            $0["purpose"] as? String == purpose && $0["channel"] as? String == channel
        }
        return try #require(line?["reason"] as? String)
    }

    private static let grant = [
        "consent", "grant", "C0001", "--purpose", "marketing", "--evidence-kind", "signature",
        "--evidence", "hoja 12",
    ]

    @Test("domain §2.6: nobody asked is not permitted; a grant permits its purpose only")
    func granted() async throws {
        let world = try await world("ana")
        #expect(try await reason(world) == "notAsked")
        #expect(try await reason(world, purpose: "service") == "contract")
        let run = await world.run("ana", Self.grant + ["--lang", "es"])
        #expect(run.status == .done)
        #expect(run.err.contains("puede: servicio, posventa, mercadeo"))
        #expect(try await reason(world) == "consent")
        #expect(try await reason(world, purpose: "survey") == "notAsked")
        // What has the same answer stands in one line.
        let screen = await world.run(
            "ana", "consentimiento", "C0001", language: "es", terminal: true)
        #expect(screen.out.split(separator: "\n").count < 24 && screen.out.contains("firma: hoja"))
    }

    @Test("a grant without evidence, or for everything, is refused with 7 in both languages")
    func refused() async throws {
        let world = try await world("ana")
        let bare = await world.run(
            "ana", "consent", "grant", "C0001", "--purpose", "marketing", "--evidence", "x")
        #expect(bare.status == .refusedByRule && bare.err.contains("a grant needs evidence"))
        let spanish = await world.run(
            "ana", "consentimiento", "otorgar", "C0001", "--purpose", "todas", "--lang", "es",
            "--evidence-kind", "firma")
        #expect(spanish.status == .refusedByRule)
        #expect(spanish.err.contains("el consentimiento se da para una finalidad"))
        let json = await world.run(
            "ana", "consent", "grant", "C0001", "--purpose", "survey", "--json")
        let document = try json.json([String: [String: String]].self)
        #expect(document["error"]?["code"] == "noEvidence")
        let page = try await world.run("ana", "consent", "show", "C0001", "--json")
            .json([String: Any].self)
        #expect((page["events"] as? [Any])?.isEmpty == true)
    }

    @Test("a withdrawal takes one word, covers everything, and is undone only by a new grant")
    func withdrawn() async throws {
        let world = try await world("ana")
        _ = await world.run("ana", Self.grant)
        let run = await world.run("ana", "consentimiento", "retirar", "C0001", "--lang", "es")
        #expect(run.status == .done && run.err.contains("Rige desde ya"))
        #expect(try await reason(world) == "forbidden")
        #expect(try await reason(world, purpose: "service", channel: "visit") == "forbidden")
        let show = await world.run("ana", "cliente", "ver", "C0001", language: "es", terminal: true)
        #expect(show.line.contains("puede: nada; NO: servicio, posventa"))
        #expect(await world.run("ana", Self.grant).status == .done)
        #expect(try await reason(world) == "consent")
        #expect(try await reason(world, purpose: "service") == "forbidden")
    }

    @Test("domain §2.6 rule 7: a grant that had not seen a withdrawal revives nothing")
    func apart() async throws {
        let world = try await world("ana", "luis")
        _ = await world.run("luis", "consent", "withdraw", "C0001", "--purpose", "marketing")
        world.advance(hours: 1)
        _ = await world.run("ana", Self.grant)
        for device in ["ana", "luis", "ana"] { _ = await world.run(device, "sync") }
        for device in ["ana", "luis"] {
            #expect(try await reason(world, device) == "forbidden")
        }
        let page = await world.run("ana", "consent", "show", "C0001", "--lang", "es")
        #expect(page.err.contains("pregunte de nuevo a la persona"))
        _ = await world.run("ana", Self.grant)
        #expect(try await reason(world) == "consent")
    }

    @Test("Ley 2300: out of the hours of contact it is not now, and the consent stands")
    func hours() async throws {
        let world = try await world("ana")
        _ = await world.run("ana", Self.grant)
        world.advance(hours: 12)
        #expect(try await reason(world) == "outsideHours")
        #expect(try await reason(world, purpose: "service") == "contract")
    }

    @Test("an open case is answered, whatever was withdrawn")
    func duty() async throws {
        let world = try await world("ana")
        _ = await world.run("ana", "consent", "withdraw", "C0001")
        _ = await world.run("ana", "case", "new", "--customer", "C0001", "llegó rota")
        #expect(try await reason(world, purpose: "service") == "duty")
        #expect(try await reason(world) == "forbidden")
    }
}
