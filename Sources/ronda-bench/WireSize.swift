import Foundation
import RondaModel
import RondaProtobuf
import RondaWire
import SwiftProtobuf

/// The bytes of a batch of visits with a promise each, beside the same as JSON.
enum WireSize {
    static func run(_ bench: Workbench) throws -> [Measurement] {
        var request = WireExchangeRequest()
        request.protocol = 1
        request.schema = 1
        request.device = Data(RecordID.made(1).bytes)
        var plain: [PlainVisit] = []
        var previous = ChainHash.start
        for number in 1...100 {
            let (commit, json) = visit(number, previous: previous)
            previous = commit.chainHash
            request.commits.append(WireCommit(commit))
            plain.append(json)
        }
        let ours = try Gzip.compress(try request.serializedData()).count
        let sameMessage = try Gzip.compress(try request.jsonUTF8Data()).count
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let handWritten = try Gzip.compress(try encoder.encode(plain)).count
        return [
            Measurement(
                "wire.visit", value: Double(ours) / 100, unit: "bytes",
                limit: Double(min(sameMessage, handWritten)) / 100, reach: 0.8,
                direction: .atMost,
                note: "gzip; the same message as proto3 JSON \(sameMessage / 100), "
                    + "plain JSON \(handWritten / 100)")
        ]
    }

    /// What somebody would write by hand for the same facts.
    private struct PlainVisit: Encodable {
        let number: Int
        let capturedAt: UInt64
        let previous: String
        let id: String
        let customer: String
        let madeBy: String
        let at: Int64
        let state: String
        let expectation: String
        let reality: String
        let repurchaseIntent: Int
        let referralAsked: Bool
        let handoffOk: Bool
        let note: String
        let promiseID: String
        let promiseWords: String
        let promiseDueAt: Int64
        let promiseOwedBy: String
    }

    private static let words = [
        "equipo", "entrega", "técnico", "bodega", "garantía", "factura", "repuesto", "motor",
        "pedido", "jueves", "oficina", "ruido", "manual", "precio", "visita", "llamada",
    ]

    private static func visit(
        _ number: Int, previous: ChainHash
    ) -> (Commit, PlainVisit) {
        var random = SystemRandomNumberGenerator()
        func id() -> RecordID {
            .minted(
                milliseconds: 1_790_000_000_000 + Int64(number) * 900_000,
                random: (random.next(), random.next()))
        }
        func text(_ count: Int) -> String {
            (0..<count).compactMap { _ in words.randomElement(using: &random) }
                .joined(separator: " ")
        }
        let author = RecordID.made(2)
        let (visitID, promiseID, customer) = (id(), id(), id())
        var visit = Captures.visit(Visit(id: visitID), customer, author, number)
        visit.expectation = text(9)
        visit.note = text(14)
        var promise = Commitment(id: promiseID)
        promise.customer = customer
        promise.visit = visitID
        promise.words = text(6)
        promise.dueAt = Instant(milliseconds: 1_790_000_000_000 + Int64(number) * 7_200_000)
        promise.owedBy = .staff
        let commit = Commit(
            number: UInt64(number),
            stamp: Stamp(milliseconds: 1_790_000_000_000 + Int64(number) * 900_000), schema: 1,
            uptime: Uptime(boot: 77, milliseconds: UInt64(number) * 900_000), previous: previous,
            changes: [Change(creating: visit), Change(creating: promise)])
        let plain = PlainVisit(
            number: number, capturedAt: commit.stamp.bits, previous: previous.id.hex,
            id: visitID.description, customer: customer.description, madeBy: author.description,
            at: visit.at?.milliseconds ?? 0, state: "completed",
            expectation: visit.expectation ?? "", reality: "met",
            repurchaseIntent: visit.repurchaseIntent ?? 0, referralAsked: true, handoffOk: true,
            note: visit.note ?? "", promiseID: promiseID.description,
            promiseWords: promise.words ?? "", promiseDueAt: promise.dueAt?.milliseconds ?? 0,
            promiseOwedBy: "staff")
        return (commit, plain)
    }
}
