import RondaClient
import RondaHub
import RondaModel
import Testing

@Suite("A first download on a link that is cut")
struct FirstSyncTests {
    @Test("brings what is open first, says what is not here yet, and goes on where it was")
    func cut() async throws {
        var limits = Limits()
        limits.pageRecords = 10
        let world = try await World(limits: limits)
        let beto = try await world.device("beto")
        try await beto.sync()
        for number in 1...30 {
            let customer = try await world.customer("C\(number)")
            let verdicts = try await world.hub.submitAsSystem([promises(customer, number)])
            try #require(verdicts.allSatisfy { $0.refusal == nil })
        }
        let ana = try await world.device("ana")
        var stages: [Unread?] = []
        var received = 0
        for _ in 1...40 {
            // Two pages come through, then the link is cut.
            ana.transport.loseOneAnswer(after: 1)
            let report = try? await ana.sync()
            let status = try await ana.status
            if stages.last != status.unread { stages.append(status.unread) }
            let (open, customers, kept) = try await ana.store.read { reader in
                let promises = try reader.records(Commitment.self)
                return (
                    promises.count { $0.keptAt == nil }, try reader.records(Customer.self).count,
                    promises.count { $0.keptAt != nil }
                )
            }
            switch status.unread {
            case .everything: #expect(kept == 0)
            case .customers: #expect(open == 30 && kept == 0)
            case .history: #expect(open == 30 && customers == 30)
            case nil: break
            }
            #expect(status.isDownloadUnfinished == (report == nil))
            // Nothing of what came through comes again.
            let here = open + customers + kept
            #expect(here >= received)
            received = here
            if report != nil { break }
        }
        #expect(stages.compactMap { $0 } == [.everything, .customers, .history])
        #expect(stages.last == .some(nil))
        try await world.expectAgreement(of: ana)
    }

    /// One that is open, and one that was kept.
    private func promises(_ customer: RecordID, _ number: Int) -> [Change] {
        [false, true].map { isKept in
            let name = "promise \(number) \(isKept)"
            var promise = Commitment(
                id: .derived(namespace: Schema.current.namespace, name: name))
            promise.customer = customer
            promise.words = name
            promise.dueAt = Instant(milliseconds: 1_790_100_000_000)
            if isKept { promise.keptAt = promise.dueAt }
            return Change(creating: promise)
        }
    }
}
