import CRawSQLite
import Foundation
import RondaClient
import RondaModel

/// Capturing on the device, beside plain inserts into the very same table.
enum Captures {
    static func run(_ bench: Workbench) async throws -> [Measurement] {
        [
            try await measure(
                bench, id: "capture.single", transactions: 500 / bench.scale, perTransaction: 1),
            try await measure(
                bench, id: "capture.bulk", transactions: max(1, 20 / bench.scale),
                perTransaction: 1_000),
        ]
    }

    private static func measure(
        _ bench: Workbench, id: String, transactions: Int, perTransaction: Int
    ) async throws -> Measurement {
        var pairs = Pairs()
        let visits = Double(transactions * perTransaction)
        for _ in 0..<5 {
            let ours = try await capture(bench, transactions, perTransaction)
            let limit = try plain(bench, transactions, perTransaction)
            pairs.add(ours: visits / ours, limit: visits / limit, fsync: bench.fsync())
        }
        return pairs.measurement(id, unit: "visits/s", reach: 0.5, direction: .atLeast)
    }

    private static func capture(
        _ bench: Workbench, _ transactions: Int, _ perTransaction: Int
    ) async throws -> Double {
        let store = try LocalStore.open(at: bench.path("device"), create: true)
        let identity = DeviceIdentity(
            device: .made(1), account: .made(2), accountName: "bench", role: .rep, hub: .made(3),
            server: "bench")
        try await store.adopt(identity, secret: [UInt8](repeating: 7, count: 32))
        let customer = RecordID.made(4)
        let items = Array(0..<perTransaction)
        return try await Workbench.time {
            for _ in 0..<transactions {
                try await store.capture(each: items) { item, capture in
                    try capture.create(
                        Self.visit(capture.new(Visit.self), customer, capture.author, item))
                }
            }
        }
    }

    static func visit(
        _ empty: Visit, _ customer: RecordID, _ author: RecordID, _ index: Int
    ) -> Visit {
        var visit = empty
        visit.customer = customer
        visit.at = Instant(milliseconds: 1_790_000_000_000 + Int64(index) * 60_000)
        visit.state = .completed
        visit.madeBy = author
        visit.expectation = "Esperaba que el equipo redujera el consumo de luz \(index)"
        visit.reality = .met
        visit.repurchaseIntent = index % 11
        visit.referralAsked = true
        visit.handoffOk = true
        visit.note =
            "Pidió que el técnico pase el jueves por la tarde; la bodega abre a las 9 \(index)"
        return visit
    }

    /// The same columns with the same kinds of values, and the same index.
    private static func plain(
        _ bench: Workbench, _ transactions: Int, _ perTransaction: Int
    ) throws -> Double {
        let (create, insert) = try LocalStore.tableSQL(.visit)
        // id, version, flags, creator, then the visit's fields in order; what was added since has none.
        let filled = "boor" + "rnior" + "Tonn" + "on" + "o" + "nno" + "T"
        let fields = Schema.current[.visit]?.fields.count ?? 0
        let types = filled + String(repeating: "n", count: max(0, 4 + fields - filled.count))
        return try bench.raw(
            raw_capture(
                bench.path("raw.sqlite"), bench.pragmas, create, insert, types, Int32(types.count),
                transactions, perTransaction))
    }
}

extension RecordID {
    /// A fixed id for measurements.
    static func made(_ number: UInt64) -> RecordID {
        RecordID(high: 0x0190_0000_0000_7000, low: number)
    }
}
