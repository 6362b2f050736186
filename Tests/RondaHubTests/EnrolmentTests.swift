import Foundation
import RondaHub
import RondaMerge
import RondaModel
import RondaProtobuf
import RondaStore
import RondaStoreSQLite
import Testing

@Suite("Turning a code into a device")
struct EnrolmentTests {
    private func error(
        _ world: TestWorld, _ code: String, _ secret: [UInt8]
    ) async -> HubError.Code? {
        await #expect(throws: HubError.self) {
            try await world.hub.enrol(by: .code(code), secret: secret, name: "phone")
        }?.code
    }

    @Test("gives a device of the account, once")
    func once() async throws {
        let world = try await TestWorld()
        let (code, expiresAt) = try await world.hub.newCode(login: "ana")
        #expect(expiresAt == world.surroundings.now.adding(milliseconds: 86_400_000))
        let secret = world.surroundings.secret()
        let first = try await world.hub.enrol(by: .code(code), secret: secret, name: "phone")
        #expect(first.account.login == "ana")
        #expect(first.hub.id == RecordID(high: 1, low: 1))
        // The answer may be lost: asking again gives the same device, even when the code is old.
        world.surroundings.advance(milliseconds: 90_000_000)
        let again = try await world.hub.enrol(by: .code(code), secret: secret, name: "phone")
        #expect(again.device.id == first.device.id)
        #expect(await error(world, code, world.surroundings.secret()) == .badCode)
        #expect(try await world.store.read { try $0.counts() }.devices == 1)
    }

    @Test("takes a code as people type it, and no other")
    func spelling() async throws {
        let world = try await TestWorld()
        let code = try await world.hub.newCode(login: "ana").code
        #expect(code.count == 10)
        #expect(await error(world, "", world.surroundings.secret()) == .badCode)
        #expect(
            await error(world, String(code.dropLast()), world.surroundings.secret()) == .badCode)
        let typed = code.lowercased().prefix(4) + " - " + code.lowercased().suffix(6)
        _ = try await world.hub.enrol(
            by: .code(String(typed).replacing("0", with: "o").replacing("1", with: "l")),
            secret: world.surroundings.secret(), name: "phone")
    }

    @Test("refuses a code that has expired, to the millisecond")
    func expired() async throws {
        let world = try await TestWorld()
        let lifetime = world.hub.limits.codeLifetimeMilliseconds
        let codes = [
            try await world.hub.newCode(login: "ana").code,
            try await world.hub.newCode(login: "ana", keepsOthers: true).code,
        ]
        world.surroundings.advance(milliseconds: lifetime - 1)
        _ = try await world.hub.enrol(
            by: .code(codes[0]), secret: world.surroundings.secret(), name: "phone")
        world.surroundings.advance(milliseconds: 1)
        #expect(await error(world, codes[1], world.surroundings.secret()) == .badCode)
    }

    @Test("refuses a secret of another length, and one that another device has")
    func secrets() async throws {
        let world = try await TestWorld()
        let code = try await world.hub.newCode(login: "ana").code
        #expect(await error(world, code, [1, 2, 3]) == .badRequest)
        let taken = try await world.device(of: "luis").secret
        let reused = await error(world, code, taken)
        #expect(reused == .badRequest || reused == .badCode)
        _ = try await world.hub.enrol(
            by: .code(code), secret: world.surroundings.secret(), name: "phone")
    }

    @Test("who has neither a code nor a device's secret does not get as far as the writer")
    func looksFirst() async throws {
        let watch = Watch()
        let world = try await TestWorld { WatchedStore(base: $0, watch: watch) }
        let code = try await world.hub.newCode(login: "ana").code
        func tryBoth() async {
            let secret = world.surroundings.secret()
            #expect(await error(world, "ZZZZZ00000", secret) == .badCode)
            let bearer = await #expect(throws: HubError.self) {
                try await world.hub.enrol(by: .device(secret: secret), secret: secret, name: "x")
            }
            #expect(bearer?.code == .badCredential)
        }
        // What is noted of it is bounded: after that nothing is written.
        for _ in 1...20 { await tryBoth() }
        let writes = watch.writes
        for _ in 1...20 { await tryBoth() }
        #expect(watch.writes == writes)
        // Half of a code is counted all the same.
        let wrong = code.prefix(5) + (code.hasSuffix("00000") ? "11111" : "00000")
        #expect(await error(world, String(wrong), world.surroundings.secret()) == .badCode)
        #expect(try await world.hub.codes().map(\.code.failures) == [1])
    }

    @Test("an account has its own login and territories that exist")
    func accounts() async throws {
        let world = try await TestWorld()
        await #expect(throws: Hub.AccountProblem.loginTaken) {
            try await world.hub.addAccount(
                login: "ana", name: "Other", role: .rep, territoryCodes: ["north"])
        }
        await #expect(throws: Hub.AccountProblem.unknownTerritory("west")) {
            try await world.hub.addAccount(
                login: "eva", name: "Eva", role: .rep, territoryCodes: ["north", "west"])
        }
        await #expect(throws: Refusal.self) {
            try await world.hub.addAccount(login: "eva", name: "", role: .rep, territoryCodes: [])
        }
        await #expect(throws: Hub.AccountProblem.unknownLogin) {
            try await world.hub.newCode(login: "eva")
        }
        #expect(try await world.store.read { try $0.account(login: "eva") } == nil)
        let eva = try await world.hub.addAccount(
            login: "eva", name: "Eva", role: .office, territoryCodes: [])
        #expect(try await world.record(eva.id).entity == .staff)
    }

    @Test("brings a lost device back as its own account's, never with a code of another")
    func anotherAccount() async throws {
        let world = try await TestWorld()
        let owner = try await world.hub.addAccount(
            login: "beto", name: "Beto", role: .rep, territoryCodes: []
        ).id
        let codes = try await (
            ana: world.hub.newCode(login: "ana").code, beto: world.hub.newCode(login: "beto").code
        )
        let before = try await world.store.read { try $0.counts() }.devices
        var request = WireEnrolRequest()
        request.device = Data(RecordID(high: 7, low: 7).bytes)
        request.secret = Data(world.surroundings.secret())
        request.name = "laptop"
        request.code = codes.beto
        let silent = await #expect(throws: HubError.self) {
            try await world.hub.enrol(request, secret: nil)
        }
        #expect(silent?.code == .badRequest)
        request.account = Data(owner.bytes)
        request.code = codes.ana
        let refused = await #expect(throws: HubError.self) {
            try await world.hub.enrol(request, secret: nil)
        }
        #expect(refused?.code == .badCode)
        #expect(try await world.store.read { try $0.counts() }.devices == before)
        // The secret is still the device's own, and nobody's code is used up.
        request.code = codes.beto
        let answer = try await world.hub.enrol(request, secret: nil)
        #expect(answer.device == request.device)
        #expect(answer.account == request.account)
        _ = try await world.hub.enrol(
            by: .code(codes.ana), secret: world.surroundings.secret(), name: "phone")
    }
}
