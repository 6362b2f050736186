import Foundation
import GRDB
import RondaHub
import RondaModel
import RondaStore
import RondaStoreSQLite
import Testing

@Suite("What connected devices are told")
struct LiveFeedTests {
    /// The numbers of the scopes on the wire, by id.
    private func numbers(_ world: TestWorld) async throws -> [RecordID: UInt32] {
        let heads = try await world.store.read { try $0.scopes() }
        return Dictionary(uniqueKeysWithValues: heads.map { ($0.id, $0.number) })
    }

    private func heads(_ world: TestWorld) async throws -> [UInt32: UInt64] {
        let heads = try await world.store.read { try $0.scopes() }
        return Dictionary(uniqueKeysWithValues: heads.map { ($0.number, $0.seq) })
    }

    /// A device that listens and has been told how things stand.
    private func listener(
        _ world: TestWorld, _ device: TestDevice
    ) async throws -> (LiveListener, first: LiveMail) {
        let listener = try await world.hub.listen(secret: device.secret)
        await world.hub.live.look(.heads)
        return (listener, try #require(await listener.next()))
    }

    private func commit(_ world: TestWorld, in territory: RecordID) async throws {
        var olga = try await world.device(of: "olga")
        _ = try await world.customer(by: &olga, in: territory)
        await world.hub.live.look(.heads)
    }

    private func assign(_ world: TestWorld, _ login: String, _ territories: Set<RecordID>)
        async throws
    {
        try await world.store.write { store in
            let account = try #require(try store.account(login: login))
            try store.put(
                Account(
                    id: account.id, login: login, name: account.name, role: account.role,
                    territories: territories))
        }
    }

    @Test("who connects is told the heads of the scopes it sees, and no others")
    func connecting() async throws {
        let world = try await TestWorld()
        try await commit(world, in: TestWorld.north)
        try await commit(world, in: TestWorld.south)
        let (numbers, heads) = (try await numbers(world), try await heads(world))
        let (_, rep) = try await listener(world, try await world.device(of: "ana"))
        let (_, office) = try await listener(world, try await world.device(of: "olga"))
        let south = try #require(numbers[TestWorld.south])
        #expect(office.pokes == heads)
        #expect(rep.pokes == heads.filter { $0.key != south })
        #expect(rep.isHeartbeat)
    }

    @Test("a commit is told to those who see its scope, and says nothing to others")
    func visibility() async throws {
        let world = try await TestWorld()
        let (ana, _) = try await listener(world, try await world.device(of: "ana"))
        let (luis, _) = try await listener(world, try await world.device(of: "luis"))
        let (olga, _) = try await listener(world, try await world.device(of: "olga"))
        try await commit(world, in: TestWorld.south)
        let south = try #require(try await numbers(world)[TestWorld.south])
        let seq = try #require(try await heads(world)[south])
        #expect(!ana.hasMail)
        #expect(await luis.next()?.pokes == [south: seq])
        #expect(await olga.next()?.pokes == [south: seq])
    }

    @Test("what a slow reader has not taken is merged: one newest position a scope")
    func coalescing() async throws {
        let world = try await TestWorld()
        let (olga, _) = try await listener(world, try await world.device(of: "olga"))
        for _ in 0..<5 {
            try await commit(world, in: TestWorld.south)
            try await commit(world, in: TestWorld.north)
        }
        let numbers = try await numbers(world)
        let mail = try #require(await olga.next())
        let now = try await heads(world).filter {
            $0.key == numbers[TestWorld.north] || $0.key == numbers[TestWorld.south]
        }
        #expect(mail.pokes == now)
        #expect(!olga.hasMail)
    }

    @Test("what lies unread of a scope that was lost since is not told, and nothing with the end")
    func staleMail() async throws {
        let world = try await TestWorld()
        let device = try await world.device(of: "ana")
        try await commit(world, in: TestWorld.south)
        let (ana, _) = try await listener(world, device)
        try await commit(world, in: TestWorld.north)
        let north = try #require(try await numbers(world)[TestWorld.north])
        // She has not read that when the territory is somebody else's.
        try await assign(world, "ana", [TestWorld.south])
        await world.hub.live.look(.everyone)
        let mail = try #require(await ana.next())
        #expect(mail.hasOtherScopes && mail.pokes[north] == nil && !mail.pokes.isEmpty)
        try await commit(world, in: TestWorld.south)
        try await world.hub.revokeDevice(device.id)
        await world.hub.live.look(.everyone)
        let last = try #require(await ana.next())
        #expect(last.end == .revoked && last.pokes.isEmpty)
    }

    @Test("the write path asks for a look by itself")
    func writePath() async throws {
        let world = try await TestWorld()
        let hub = world.hub
        let device = try await world.device(of: "luis")
        await withThrowingTaskGroup { group in
            group.addTask {
                await hub.live.run { _ in
                    // No step of time ever: only the write path may wake it.
                    try await Task.sleep(for: .seconds(3_600))
                }
            }
            group.addTask {
                let luis = try await hub.listen(secret: device.secret)
                _ = await luis.next()
                var olga = try await world.device(of: "olga")
                _ = try await world.customer(by: &olga, in: TestWorld.south)
                let mail = try #require(await luis.next())
                #expect(mail.pokes.count == 1)
            }
            // The feed itself does not end.
            do { try await group.next() } catch { Issue.record(error) }
            group.cancelAll()
        }
    }

    @Test("who writes for a long time does not hold the heartbeats up", .timeLimit(.minutes(1)))
    func longWrite() async throws {
        let world = try await TestWorld { BusyStore(base: $0) }
        let device = try await world.device(of: "ana")
        let hub = world.hub
        await withTaskGroup { group in
            group.addTask {
                await hub.live.run { _ in
                    await Task.yield()
                    try Task.checkCancellation()
                }
            }
            group.addTask {
                do {
                    let ana = try await hub.listen(secret: device.secret)
                    for _ in 1...3 { #expect(await ana.next()?.isHeartbeat == true) }
                } catch {
                    Issue.record(error)
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    @Test("what another process writes is found with the next step of time")
    func otherProcess() async throws {
        let world = try await TestWorld()
        let (luis, _) = try await listener(world, try await world.device(of: "luis"))
        await world.hub.live.tick()
        await world.hub.live.tick()
        #expect(!luis.hasMail)
        let other = Hub(
            store: try SQLiteStore.open(in: world.directory.path),
            surroundings: world.surroundings.real)
        var olga = try await world.device(of: "olga")
        olga.capture { customer in
            customer.territory = TestWorld.south
            customer.name = "Rosa"
        }
        try await olga.sync(with: other)
        #expect(!luis.hasMail)
        await world.hub.live.tick()
        let south = try #require(try await numbers(world)[TestWorld.south])
        #expect(await luis.next()?.pokes.keys.sorted() == [south])
    }

    @Test(
        "a device that loses a territory is told that its scopes changed, and nothing of it since")
    func lostTerritory() async throws {
        let world = try await TestWorld()
        let (ana, _) = try await listener(world, try await world.device(of: "ana"))
        try await assign(world, "ana", [])
        // In the same breath: nothing of the north is said to who has just lost it.
        try await commit(world, in: TestWorld.north)
        let mail = try #require(await ana.next())
        #expect(mail.hasOtherScopes)
        #expect(mail.pokes.isEmpty)
        try await commit(world, in: TestWorld.north)
        await world.hub.live.tick()
        #expect(!ana.hasMail)
    }

    @Test("a device that gains a territory is told its head")
    func gainedTerritory() async throws {
        let world = try await TestWorld()
        try await commit(world, in: TestWorld.south)
        let (ana, _) = try await listener(world, try await world.device(of: "ana"))
        try await assign(world, "ana", [TestWorld.north, TestWorld.south])
        await world.hub.live.tick()
        let south = try #require(try await numbers(world)[TestWorld.south])
        let mail = try #require(await ana.next())
        #expect(mail.hasOtherScopes)
        #expect(mail.pokes == [south: try #require(try await heads(world)[south])])
    }

    @Test(
        "a device whose secret is no longer good is told so and nothing else, and the stream ends")
    func revoked() async throws {
        let world = try await TestWorld()
        let device = try await world.device(of: "ana")
        let (ana, _) = try await listener(world, device)
        try world.store.withWriter {
            try $0.execute(
                sql: "DELETE FROM device WHERE id = ?", arguments: [Data(device.id.bytes)])
        }
        try await commit(world, in: TestWorld.north)
        let last = try #require(await ana.next())
        #expect(last == .ended(.badCredential))
        #expect(await ana.next() == nil)
        #expect(world.hub.live.listenerCount == 0)
        await #expect(throws: HubError(.badCredential)) {
            try await world.hub.listen(secret: device.secret)
        }
    }

    @Test("access that is taken away, or comes to its end, ends the stream, whatever moves")
    func accessEnds() async throws {
        let world = try await TestWorld()
        let (first, second) = (try await world.device(of: "ana"), try await world.device(of: "ana"))
        let (ana, _) = try await listener(world, first)
        let (other, _) = try await listener(world, second)
        try await world.hub.revokeDevice(first.id)
        await world.hub.live.tick()
        #expect(await ana.next() == .ended(.revoked))
        #expect(!other.hasMail)
        let end = world.surroundings.now.adding(milliseconds: 60_000)
        try await world.hub.expireDevice(second.id, at: end)
        await world.hub.live.tick()
        #expect(world.hub.live.listenerCount == 1)
        // Nothing is written when the moment comes: the next heartbeat finds it.
        world.surroundings.advance(milliseconds: 60_000)
        let limits = world.hub.limits
        for _ in 0...(limits.liveHeartbeatMilliseconds / limits.livePollMilliseconds) {
            await world.hub.live.tick()
        }
        #expect(await other.next() == .ended(.revoked))
        #expect(world.hub.live.listenerCount == 0)
        await #expect(throws: HubError(.revoked)) {
            try await world.hub.listen(secret: first.secret)
        }
    }

    @Test("a renewed history ends the streams of the old one")
    func renewed() async throws {
        let world = try await TestWorld()
        let device = try await world.device(of: "ana")
        let (ana, _) = try await listener(world, device)
        try await world.hub.renewHistory()
        await world.hub.live.tick()
        #expect(await ana.next() == .ended(.renewed))
        let (_, again) = try await listener(world, device)
        #expect(!again.pokes.isEmpty)
    }

    @Test("a heartbeat comes after its time of silence, and not before")
    func heartbeat() async throws {
        var limits = Limits()
        limits.liveHeartbeatMilliseconds = 3 * limits.livePollMilliseconds
        let world = try await TestWorld(limits: limits)
        let (ana, _) = try await listener(world, try await world.device(of: "ana"))
        for _ in 0..<2 {
            for _ in 0..<2 {
                await world.hub.live.tick()
                #expect(!ana.hasMail)
            }
            await world.hub.live.tick()
            let mail = try #require(await ana.next())
            #expect(mail.isHeartbeat && mail.pokes.isEmpty)
        }
    }

    @Test("who does not read for three heartbeats is given up")
    func deaf() async throws {
        var limits = Limits()
        limits.liveHeartbeatMilliseconds = limits.livePollMilliseconds
        let world = try await TestWorld(limits: limits)
        let (ana, _) = try await listener(world, try await world.device(of: "ana"))
        for _ in 0..<10 where world.hub.live.listenerCount > 0 { await world.hub.live.tick() }
        #expect(world.hub.live.listenerCount == 0)
        #expect(await ana.next()?.end == .closing)
        #expect(await ana.next() == nil)
    }

    @Test("a device holds a few streams; the oldest gives way")
    func replaced() async throws {
        var limits = Limits()
        limits.liveStreamsPerDevice = 2
        let world = try await TestWorld(limits: limits)
        let device = try await world.device(of: "ana")
        let (first, _) = try await listener(world, device)
        let (second, _) = try await listener(world, device)
        let (third, _) = try await listener(world, device)
        #expect(await first.next() == .ended(.replaced))
        #expect(!second.hasMail && !third.hasMail)
        #expect(world.hub.live.listenerCount == 2)
    }

    @Test("a server holds so many streams and no more")
    func full() async throws {
        var limits = Limits()
        limits.liveStreams = 1
        let world = try await TestWorld(limits: limits)
        _ = try await listener(world, try await world.device(of: "ana"))
        let luis = try await world.device(of: "luis")
        await #expect(throws: HubError.self) { try await world.hub.listen(secret: luis.secret) }
    }

    @Test("who leaves, or is cancelled, is not kept")
    func leaving() async throws {
        let world = try await TestWorld()
        let (ana, _) = try await listener(world, try await world.device(of: "ana"))
        let (luis, _) = try await listener(world, try await world.device(of: "luis"))
        world.hub.live.leave(ana)
        #expect(await ana.next() == nil)
        let last = await withTaskGroup { group in
            group.addTask { await luis.next() }
            group.cancelAll()
            return await group.next() ?? nil
        }
        #expect(last == nil)
        await world.hub.live.tick()
        #expect(world.hub.live.listenerCount == 0)
    }

    @Test("a server that stops ends its streams and takes no more")
    func closing() async throws {
        let world = try await TestWorld()
        let device = try await world.device(of: "ana")
        let (ana, _) = try await listener(world, device)
        world.hub.live.close()
        #expect(await ana.next() == .ended(.closing))
        await #expect(throws: HubError.self) { try await world.hub.listen(secret: device.secret) }
    }
}

extension LiveMail {
    fileprivate static func ended(_ end: LiveEnd) -> LiveMail {
        var mail = LiveMail()
        mail.end = end
        return mail
    }
}

/// Whoever writes does not come to an end: the connection that writes cannot be asked.
private struct BusyStore: CentralStore {
    let base: SQLiteStore

    func read<Result: Sendable>(
        _ body: @Sendable (any StoreReader) throws -> Result
    ) async throws -> Result {
        try await base.read(body)
    }

    func write<Result: Sendable>(
        _ body: @Sendable (any StoreWriter) throws -> Result
    ) async throws -> Result {
        try await base.write(body)
    }

    func writeMark() async throws -> WriteMark? {
        try await Task.sleep(for: .seconds(3_600))
        return nil
    }
}
