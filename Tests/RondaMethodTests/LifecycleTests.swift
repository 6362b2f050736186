import RondaMethod
import RondaModel
import Testing

@Suite("Domain §1.2, §2.4: the customer's life cycle")
struct LifecycleTests {
    private func lifecycle(
        _ purchases: [String], on day: String, contractEnd: String? = nil,
        _ fill: (inout Customer) throws -> Void = { _ in }
    ) throws -> Lifecycle {
        var customer = Customer(id: rosa)
        try fill(&customer)
        return Lifecycle(
            of: customer, purchases: try purchases.map(date),
            contractEnd: try contractEnd.map(date), on: try date(day))
    }

    @Test(
        "potential, active, at risk, lost: each with its strategy",
        arguments: [
            ([], "2025-03-13", .potential, .conquer),
            (["2025-01-01"], "2025-05-16", .active, .retain),
            (["2025-01-01"], "2025-05-17", .atRisk, .retain),
            (["2025-01-01"], "2025-09-28", .atRisk, .retain),
            (["2025-01-01"], "2025-09-29", .lost, .recover),
            // Who buys every ten days is missed sooner.
            (["2025-01-01", "2025-01-11", "2025-01-21"], "2025-02-05", .active, .retain),
            (["2025-01-01", "2025-01-11", "2025-01-21"], "2025-02-06", .atRisk, .retain),
            (["2025-01-01", "2025-01-11", "2025-01-21"], "2025-02-21", .lost, .recover),
            // A purchase of tomorrow is none yet.
            (["2025-03-14"], "2025-03-13", .potential, .conquer),
        ] as [([String], String, CustomerLifecycle, Lifecycle.Strategy)])
    func states(
        _ purchases: [String], _ day: String, _ state: CustomerLifecycle,
        _ strategy: Lifecycle.Strategy
    ) throws {
        let lifecycle = try lifecycle(purchases, on: day)
        #expect(lifecycle.state == state)
        #expect(lifecycle.strategy == strategy)
        let reversed = try self.lifecycle(purchases.reversed() + purchases, on: day)
        #expect(reversed == lifecycle)
    }

    @Test("by the end of a contract where there is one")
    func contract() throws {
        #expect(
            try lifecycle(["2020-01-01"], on: "2025-03-13", contractEnd: "2025-03-13").state
                == .active)
        #expect(
            try lifecycle(["2025-03-01"], on: "2025-03-14", contractEnd: "2025-03-13").state
                == .lost)
    }

    @Test("who comes back is active, and recovered since that purchase")
    func recovered() throws {
        let back = try lifecycle(["2023-01-01", "2025-03-01"], on: "2025-03-13")
        #expect(back.state == .active)
        #expect(back.recoveredOn == (try date("2025-03-01")))
        #expect(try lifecycle(["2023-01-01", "2025-03-01"], on: "2026-03-13").recoveredOn == nil)
        #expect(try lifecycle(["2025-01-01", "2025-03-01"], on: "2025-03-13").recoveredOn == nil)
    }

    @Test("the office may decide otherwise, until its decision ends")
    func decided() throws {
        func decided(on day: String) throws -> Lifecycle {
            try lifecycle(["2025-03-01"], on: day) {
                $0.lifecycleOverride = .lost
                $0.lifecycleOverrideUntil = try date("2025-03-20")
            }
        }
        #expect(try decided(on: "2025-03-20").state == .lost)
        #expect(try decided(on: "2025-03-20").isDecided)
        #expect(try decided(on: "2025-03-21").state == .active)
    }
}
