import RondaHub
import Synchronization
import Testing

@testable import RondaServer

@Suite("Taking turns for large answers")
struct BulkLaneTests {
    /// Who had a turn, in order.
    private final class Order: Sendable {
        private let names = Mutex<[Int]>([])
        func note(_ name: Int) { names.withLock { $0.append(name) } }
        var noted: [Int] { names.withLock { $0 } }
    }

    @Test("no more than its width run at a time, and who waits longest is next")
    func turns() async throws {
        let lane = BulkLane(width: 1, mostWaiting: 10, patience: .seconds(60))
        let order = Order()
        try await lane.enter()
        let tasks = try await withThrowingTaskGroup { group in
            for name in 1...3 {
                group.addTask {
                    try await lane.enter()
                    order.note(name)
                    lane.leave()
                }
                while lane.waitingCount < name { await Task.yield() }
            }
            #expect(order.noted == [])
            lane.leave()
            try await group.waitForAll()
            return order.noted
        }
        #expect(tasks == [1, 2, 3])
        // The turn came back.
        try await lane.enter()
    }

    /// Time that passes when the test says so.
    private final class Clock: Sendable {
        private let time = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { time.withLock { $0 } }
        func pass(_ duration: Duration) { time.withLock { $0 += duration } }
    }

    @Test("whoever has waited so long that nobody listens any more gets no turn")
    func late() async throws {
        let clock = Clock()
        let lane = BulkLane(
            width: 1, mostWaiting: 10, patience: .seconds(60), now: { clock.now })
        try await lane.enter()
        let order = Order()
        let refused = await withTaskGroup { group in
            for name in 1...4 {
                group.addTask { () -> Int? in
                    do throws(HubError) {
                        try await lane.enter()
                        order.note(name)
                        lane.leave()
                        return nil
                    } catch {
                        return error.code == .busy ? name : -1
                    }
                }
                while lane.waitingCount < name { await Task.yield() }
                // The first two came a minute before their turn, and more.
                clock.pass(.seconds(name == 2 ? 30 : 20))
            }
            lane.leave()
            var refused: [Int] = []
            for await case let name? in group { refused.append(name) }
            return refused.sorted()
        }
        #expect(refused == [1, 2] && order.noted == [3, 4])
        try await lane.enter()
    }

    @Test("when as many wait as may, the next one is told to come back")
    func full() async throws {
        let lane = BulkLane(width: 2, mostWaiting: 0, patience: .seconds(60))
        try await lane.enter()
        try await lane.enter()
        await #expect {
            try await lane.enter()
        } throws: {
            ($0 as? HubError)?.code == .busy
        }
        lane.leave()
        try await lane.enter()
    }
}
