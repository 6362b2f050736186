import RondaHub
import RondaModel
import RondaStore
import RondaStoreSQLite
import Testing

@Suite("Codes and passwords")
struct SignInTests {
    private func enrol(_ world: TestWorld, _ code: String) async -> HubError.Code? {
        do {
            _ = try await world.hub.enrol(
                by: .code(code), secret: world.surroundings.secret(), name: "phone")
            return nil
        } catch {
            return error.code
        }
    }

    /// The same first half, another second one.
    private func guess(_ code: String, _ number: Int) -> String {
        let end = code.hasSuffix("0000\(number)") ? "1111\(number)" : "0000\(number)"
        return code.prefix(5) + end
    }

    private func acts(_ world: TestWorld, _ act: AuditAct) async throws -> [AuditEntry] {
        try await world.store.read { try $0.audit(since: nil, last: 10_000) }
            .filter { $0.act == act }
    }

    @Test("five wrong tries at a code lock it, and no other")
    func locks() async throws {
        let world = try await TestWorld()
        let ana = try await world.hub.newCode(login: "ana").code
        let luis = try await world.hub.newCode(login: "luis").code
        for number in 1...4 { #expect(await enrol(world, guess(ana, number)) == .badCode) }
        let states = try await world.hub.codes()
        #expect(states.map(\.code.failures).sorted() == [0, 4])
        #expect(await enrol(world, guess(ana, 5)) == .badCode)
        // The right one comes too late now.
        #expect(await enrol(world, ana) == .badCode)
        #expect(await enrol(world, luis) == nil)
        let now = world.surroundings.now
        let locked = try await world.hub.codes().first { $0.login == "ana" }
        #expect(locked?.code.state(at: now, limits: world.hub.limits) == .locked)
        #expect(try await acts(world, .codeLock).map(\.subject) == ["ana"])
        #expect(await enrol(world, try await world.hub.newCode(login: "ana").code) == nil)
    }

    @Test("five wrong tries lock a code also when they are made at once")
    func locksAtOnce() async throws {
        let queue = WriteQueue()
        let world = try await TestWorld { QueuedStore(base: $0, queue: queue) }
        let code = try await world.hub.newCode(login: "ana").code
        await queue.hold(until: 51)
        let codes = await withTaskGroup { group in
            for number in 10..<60 {
                let end = code.hasSuffix("000\(number)") ? "111\(number)" : "000\(number)"
                group.addTask { await enrol(world, code.prefix(5) + end) }
            }
            // The right one is judged after all of them, and before anything else is written.
            while await queue.arrived < 50 { await Task.yield() }
            group.addTask { await enrol(world, code) }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes == Array(repeating: .badCode, count: 51))
        #expect(try await world.store.read { try $0.counts() }.devices == 0)
    }

    @Test("a code is right after four wrong tries, and a used one is not locked any more")
    func notYet() async throws {
        let world = try await TestWorld()
        let code = try await world.hub.newCode(login: "ana").code
        for number in 1...4 { _ = await enrol(world, guess(code, number)) }
        let secret = world.surroundings.secret()
        let first = try await world.hub.enrol(by: .code(code), secret: secret, name: "phone")
        for number in 5...9 { _ = await enrol(world, guess(code, number)) }
        let again = try await world.hub.enrol(by: .code(code), secret: secret, name: "phone")
        #expect(again.device.id == first.device.id)
    }

    @Test("who guesses at nothing in particular locks nothing, and fills no disk")
    func blind() async throws {
        let world = try await TestWorld()
        let code = try await world.hub.newCode(login: "ana").code
        for number in 0..<200 {
            let blind = Secret.code(random: UInt64(number) &* 0x9e37_79b9_7f4a_7c15)
            #expect(await enrol(world, blind) == .badCode)
        }
        #expect(try await acts(world, .codeWrong).count == 20)
        world.surroundings.advance(milliseconds: 60_000)
        _ = await enrol(world, "00000-00000")
        #expect(try await acts(world, .codeWrong).last?.detail == "181 since the last note")
        #expect(await enrol(world, code) == nil)
    }

    @Test("one open code an account, unless asked for more")
    func oneOpen() async throws {
        let world = try await TestWorld()
        let first = try await world.hub.newCode(login: "ana").code
        let second = try await world.hub.newCode(login: "ana").code
        let third = try await world.hub.newCode(login: "ana", keepsOthers: true).code
        let other = try await world.hub.newCode(login: "luis").code
        #expect(await enrol(world, first) == .badCode)
        for code in [second, third, other] { #expect(await enrol(world, code) == nil) }
    }

    @Test("codes are cancelled by login or by their first half; used ones stay")
    func cancel() async throws {
        let world = try await TestWorld()
        let used = try await world.hub.newCode(login: "ana").code
        let secret = world.surroundings.secret()
        _ = try await world.hub.enrol(by: .code(used), secret: secret, name: "phone")
        let code = try await world.hub.newCode(login: "ana").code
        let other = try await world.hub.newCode(login: "luis").code
        #expect(try await world.hub.cancelCodes(of: "ana", by: "marta") == 1)
        #expect(await enrol(world, code) == .badCode)
        #expect(try await world.hub.cancelCodes(of: other.prefix(5).lowercased()) == 1)
        #expect(await enrol(world, other) == .badCode)
        #expect(try await world.hub.cancelCodes(of: "ana") == 0)
        await #expect(throws: Hub.AccountProblem.unknownLogin) {
            try await world.hub.cancelCodes(of: "00000")
        }
        _ = try await world.hub.enrol(by: .code(used), secret: secret, name: "phone")
        #expect(try await acts(world, .codeCancel).map(\.subject) == ["ana", "luis"])
    }

    @Test("a backup opens no code that may have been used, cancelled or locked after it")
    func restoredCodes() async throws {
        let world = try await TestWorld()
        let used = try await world.hub.newCode(login: "olga").code
        let secret = world.surroundings.secret()
        _ = try await world.hub.enrol(by: .code(used), secret: secret, name: "phone")
        let ana = try await world.hub.newCode(login: "ana").code
        _ = try await world.hub.newCode(login: "luis")
        let backup = try world.store.copy()
        let hub = Hub(store: backup, surroundings: world.surroundings.real)
        #expect(try await hub.removeUnusedCodes(by: "marta") == 2)
        #expect(try await hub.codes().map(\.login) == ["olga"])
        let error = await #expect(throws: HubError.self) {
            try await hub.enrol(
                by: .code(ana), secret: world.surroundings.secret(), name: "phone")
        }
        #expect(error?.code == .badCode)
        _ = try await hub.enrol(by: .code(used), secret: secret, name: "phone")
        let notes = try await backup.read { try $0.audit(since: nil, last: 1_000) }
            .filter { $0.act == .codeCancel }
        #expect(notes.map(\.subject).sorted() == ["ana", "luis"])
    }

    /// Hashes that cost next to nothing.
    private var quick: Limits {
        var limits = Limits()
        limits.passwordLogRounds = 4
        return limits
    }

    @Test("a password is kept as a hash with its own salt, and its accents in any spelling")
    func passwords() async throws {
        let world = try await TestWorld(limits: quick)
        try await world.hub.setPassword("caf\u{e9} con leche", of: "olga", by: "marta")
        let account = try #require(try await world.store.read { try $0.account(login: "olga") })
        let hash = try #require(
            try await world.store.read { try $0.passwordHash(of: account.id) })
        #expect(hash.hasPrefix("scrypt$4$8$3$") && !hash.contains("leche"))
        #expect(
            try await world.hub.signIn(login: "olga", password: "cafe\u{301} con leche") == account)
        #expect(try await world.hub.signIn(login: "olga", password: "café con lech") == nil)
        try await world.hub.setPassword("caf\u{e9} con leche", of: "olga")
        #expect(try await world.store.read { try $0.passwordHash(of: account.id) } != hash)
        // Somebody without a password does not get in, with whatever they say.
        #expect(try await world.hub.signIn(login: "ana", password: "") == nil)
        await #expect(throws: Hub.PasswordProblem.badLength) {
            try await world.hub.setPassword("short", of: "olga")
        }
        await #expect(throws: Hub.PasswordProblem.unknownLogin) {
            try await world.hub.setPassword("long enough it is", of: "eva")
        }
        for broken in ["", "scrypt", "scrypt$40$8$3$AA==$AA==", "plain$15$8$3$AA==$AA=="] {
            #expect(await !Password.verify("", broken))
        }
    }

    @Test("ten wrong passwords hold a login back, whether it exists or not, and no other")
    func lockout() async throws {
        let world = try await TestWorld(limits: quick)
        try await world.hub.setPassword("café con leche", of: "olga")
        for login in ["olga", "nobody"] {
            for _ in 1...10 {
                #expect(try await world.hub.signIn(login: login, password: "wrong") == nil)
            }
            let error = await #expect(throws: HubError.self) {
                try await world.hub.signIn(login: login, password: "café con leche")
            }
            #expect(error?.code == .busy && error?.waitMilliseconds == 60_000)
        }
        // Both cost a note: how long it takes does not tell who is there.
        #expect(try await acts(world, .accountLock).map(\.subject) == ["olga", "nobody"])
        #expect(try await world.hub.signIn(login: "ana", password: "wrong") == nil)
        world.surroundings.advance(milliseconds: 60_000)
        #expect(try await world.hub.signIn(login: "olga", password: "café con leche") != nil)
    }

    @Test("many tries at once count as many, and right ones cost nothing")
    func atOnce() async throws {
        let world = try await TestWorld(limits: quick)
        try await world.hub.setPassword("café con leche", of: "olga")
        for _ in 1...20 {
            #expect(try await world.hub.signIn(login: "olga", password: "café con leche") != nil)
        }
        let busy = await withTaskGroup { group in
            for _ in 1...30 {
                group.addTask {
                    do {
                        _ = try await world.hub.signIn(login: "olga", password: "wrong")
                        return 0
                    } catch {
                        return (error as? HubError)?.code == .busy ? 1 : 0
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(busy == 20)
    }

    @Test("a bucket empties, fills with time and never over its rim, each for itself")
    func throttle() {
        let throttle = Throttle<String>(Rate(burst: 3, perMinute: 6), mostKeys: 2)
        func at(_ seconds: Int64) -> Instant { Instant(milliseconds: seconds * 1_000) }
        for _ in 1...3 { #expect(throttle.take("a", at: at(0)) == nil) }
        #expect(throttle.take("a", at: at(0)) == 10_000)
        #expect(throttle.take("b", at: at(0)) == nil)
        #expect(throttle.take("a", at: at(9)) == 1_000)
        #expect(throttle.take("a", at: at(10)) == nil)
        // A clock set back gives nothing.
        #expect(throttle.take("a", at: at(1)) == 10_000)
        for _ in 1...3 { #expect(throttle.take("a", at: at(1_000)) == nil) }
        #expect(throttle.take("a", at: at(1_000)) == 10_000)
        // More keys than there is room for: it goes on.
        for key in ["c", "d", "e"] { #expect(throttle.take(key, at: at(1_000)) == nil) }
    }

    @Test("a device that asks too much waits, and an account with many devices too; others do not")
    func limiter() async throws {
        let world = try await TestWorld()
        let (first, second) = (try await world.device(of: "ana"), try await world.device(of: "ana"))
        let luis = try await world.device(of: "luis")
        let limiter = RequestLimiter(
            hub: world.hub, device: Rate(burst: 4, perMinute: 60),
            account: Rate(burst: 6, perMinute: 60))
        func admits(_ secret: [UInt8]) async -> Int64? {
            do {
                try await limiter.admit(secret)
                return nil
            } catch {
                #expect(error.code == .busy)
                return error.waitMilliseconds
            }
        }
        for _ in 1...4 { #expect(await admits(first.secret) == nil) }
        #expect(await admits(first.secret) == 1_000)
        for _ in 1...2 { #expect(await admits(second.secret) == nil) }
        #expect(await admits(second.secret) == 1_000)
        #expect(await admits(luis.secret) == nil)
        for _ in 1...100 { #expect(await admits([1, 2, 3]) == nil) }
        world.surroundings.advance(milliseconds: 1_000)
        #expect(await admits(second.secret) == nil)
    }
}
