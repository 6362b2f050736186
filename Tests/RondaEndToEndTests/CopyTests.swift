import RondaClient
import RondaHub
import RondaMerge
import RondaModel
import RondaStore
import Testing

@Suite("A store that exists twice becomes two devices")
struct CopyTests {
    private func commits(_ world: World, _ device: RecordID) async throws -> [UInt64] {
        try await world.hub.store.read { store in
            var numbers: [UInt64] = []
            try store.journal(of: device) { numbers.append($0.number) }
            return numbers
        }
    }

    @Test("copied with work unsent: nothing lost, nothing twice, no number reused, both told")
    func cloned() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.sync()
        try await ana.promise(customer, "Común, entregada")
        try await ana.sync()
        try await ana.promise(customer, "Común, sin enviar")
        // Sealed, and its answer lost: the copy holds it under the same number.
        ana.transport.loseAnswers(1)
        await #expect(throws: ClientError.self) { try await ana.sync() }
        let copy = try world.copy(of: ana)
        try await ana.promise(customer, "Del original")
        try await copy.promise(customer, "De la copia")
        try await copy.setStreet(customer, "Calle de la copia")

        let original = try #require(try await ana.store.identity()).device
        let first = try await ana.sync()
        #expect(!first.wasCopied)
        let second = try await copy.sync()
        #expect(second.wasCopied)
        #expect(second.isComplete)
        let new = try #require(try await copy.store.identity()).device
        #expect(new != original)
        let third = try await ana.sync()
        #expect(third.wasCopied)
        #expect(!(try await ana.sync()).wasCopied)
        #expect(try await commits(world, original) == [1, 2, 3])
        #expect(try await commits(world, new) == [1, 2])
        try await copy.sync()
        let words = try await copy.store.read { try $0.records(Commitment.self) }
            .compactMap(\.words).sorted()
        #expect(
            words == ["Común, entregada", "Común, sin enviar", "De la copia", "Del original"])
        try await world.expectAgreement(of: ana)
        try await world.expectAgreement(of: copy)
    }

    @Test("set back to an old state: noticed before anything is sent, and nothing is reused")
    func rolledBack() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.sync()
        let old = try world.copy(of: ana)
        try await ana.promise(customer, "Después del respaldo")
        try await ana.sync()
        try await old.promise(customer, "Tras volver atrás")
        let report = try await old.sync()
        #expect(report.wasCopied)
        #expect(report.isComplete)
        let words = try await old.store.read { try $0.records(Commitment.self) }
            .compactMap(\.words).sorted()
        #expect(words == ["Después del respaldo", "Tras volver atrás"])
        try await world.expectAgreement(of: old)
    }

    @Test("and a hub restored later still gets what the copy delivered under its first name")
    func restoredLater() async throws {
        let world = try await World()
        let customer = try await world.customer("C1")
        let ana = try await world.device("ana")
        try await ana.sync()
        let backup = try world.backup()
        try await ana.promise(customer, "Con el primer nombre")
        try await ana.sync()
        let copy = try world.copy(of: ana)
        try await ana.promise(customer, "Del original")
        try await ana.sync()
        try await copy.promise(customer, "De la copia")
        try await copy.sync()
        // The original is lost with its laptop; the hub goes back to before all of it.
        try await world.restore(backup)
        let (code, _) = try await world.hub.newCode(login: "ana")
        await #expect(throws: ClientError.self) { try await copy.sync() }
        _ = try await copy.store.login(
            server: "test", code: code, deviceName: "copy", transport: copy.transport)
        try await copy.sync()
        try await world.hub.closeRecovery()
        try await copy.sync()
        let words = try await world.hub.store.read { store in
            var words: [String] = []
            try store.records(of: .commitment) { record in
                if case .text(let text)? = record.shown(2).value { words.append(text) }
            }
            return words.sorted()
        }
        #expect(words == ["Con el primer nombre", "De la copia"])
        try await world.expectAgreement(of: copy)
    }
}
