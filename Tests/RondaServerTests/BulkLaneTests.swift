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
        let lane = BulkLane(width: 1, mostWaiting: 10)
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

    @Test("when as many wait as may, the next one is told to come back")
    func full() async throws {
        let lane = BulkLane(width: 2, mostWaiting: 0)
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
