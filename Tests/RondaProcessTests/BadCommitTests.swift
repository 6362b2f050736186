import Foundation
import RondaClient
import RondaProtobuf
import RondaWire
import SwiftProtobuf
import Testing

@Suite("A bad commit is refused with its place, and the next one goes in", .timeLimit(.minutes(2)))
struct BadCommitTests {
    private struct Case: Sendable {
        let name: String
        let code: WireCode
        /// 0 where the commit as a whole is at fault.
        var entity: UInt32 = 5
        var field: UInt32 = 0
        let spoil: @Sendable (inout WireCommit) -> Void
    }

    private static let cases = [
        Case(name: "unknown entity", code: .unknownEntity, entity: 99) {
            $0.changes[0].entity = 99
        },
        Case(name: "unknown field", code: .unknownField, field: 99) {
            $0.changes[0].sets[1].number = 99
        },
        Case(name: "wrong type", code: .wrongType, field: 3) {
            $0.changes[0].sets[1].integer = 3
        },
        Case(name: "text over its limit", code: .tooLong, field: 3) {
            $0.changes[0].sets[1].text = String(repeating: "ñ", count: 501)
        },
        Case(name: "control character", code: .malformed, field: 3) {
            $0.changes[0].sets[1].text = "a\u{1b}[2J"
        },
        Case(name: "instant before 1970", code: .outOfRange, field: 4) {
            $0.changes[0].sets[2].instant = -1
        },
        Case(name: "required field left out", code: .requiredField, field: 3) {
            $0.changes[0].sets.remove(at: 1)
        },
        Case(name: "no such customer", code: .unknownParent, field: 1) {
            $0.ids[1] = Data(repeating: 3, count: 16)
        },
        Case(name: "later schema", code: .schemaTooNew, entity: 0) { $0.schema = 9_999 },
        Case(name: "no changes", code: .malformed, entity: 0) { $0.changes = [] },
        Case(name: "index past the end of the ids", code: .malformed, entity: 0) {
            $0.changes[0].record = 7
        },
        Case(name: "reference past the end of the ids", code: .malformed, entity: 0) {
            $0.changes[0].sets[0].ref = .max
        },
        Case(name: "id of 15 bytes", code: .malformed, entity: 0) { $0.ids[0].removeLast() },
        Case(name: "field without a value", code: .malformed, entity: 0) {
            $0.changes[0].sets[1].value = nil
        },
    ]

    @Test("in protobuf: code, entity, record and field, also when it is offered again")
    func refused() async throws {
        let office = try await Office.prepared()
        let server = try await office.serve()
        let client = try await RawClient(office, login: "ana", url: server.url)
        _ = try await client.exchange([])
        var chain = RawChain()
        var expected = try await office.status()
        for bad in Self.cases {
            let commits = [try chain.promise(bad.name, bad.spoil), try chain.promise(bad.name)]
            let answer = try await client.exchange(commits)
            try #require(
                answer.verdicts.map(\.outcome) == [.refused, .accepted], "\(bad.name)")
            let refusal = answer.verdicts[0].refusal
            #expect(refusal.code == bad.code, "\(bad.name)")
            #expect(refusal.entity == bad.entity, "\(bad.name)")
            #expect(refusal.field == bad.field, "\(bad.name)")
            if bad.entity != 0 {
                let index = Int(refusal.record)
                try #require((1...answer.ids.count).contains(index), "\(bad.name)")
                #expect(answer.ids[index - 1] == commits[0].ids[0], "\(bad.name)")
            } else {
                #expect(!refusal.detail.isEmpty || bad.code == .schemaTooNew, "\(bad.name)")
            }
            #expect(!refusal.detail.contains(bad.name), "\(bad.name) tells what was captured")
            let again = try await client.exchange(commits)
            #expect(again.verdicts.map(\.outcome) == answer.verdicts.map(\.outcome), "\(bad.name)")
            #expect(again.verdicts.map(\.refusal.code) == answer.verdicts.map(\.refusal.code))
            #expect(again.lastCommit == chain.number)
            #expect(try await client.send("GET", "/v1/health").status == 200)
            let status = try await office.status()
            var records = expected.records
            records["commitment", default: 0] += 1
            expected = Office.Status(
                records: records, conflicts: 0, accounts: expected.accounts,
                commits: expected.commits + 2, refused: expected.refused + 1)
            #expect(status == expected, "\(bad.name)")
        }
        await server.stop()
    }

    @Test("in JSON: an unknown field name is refused, a known one is stored under its number")
    func json() async throws {
        let office = try await Office.prepared()
        let server = try await office.serve()
        let client = try await RawClient(office, login: "ana", url: server.url)
        var chain = RawChain()
        let numbered = try chain.promise("con número")
        // The canonical bytes, and with them the chain, have numbers only (SPEC §3.4).
        var named = numbered
        named.changes[0].sets[1].number = 0
        named.changes[0].sets[1].name = "words"
        let next = try chain.promise("después")
        let answer = try await exchange([named, next], client)
        #expect(answer.verdicts.map(\.outcome) == [.accepted, .accepted])
        // In protobuf it is the same commit: its verdict comes again.
        let again = try await client.exchange([numbered, next])
        #expect(again.verdicts.map(\.outcome) == [.accepted, .accepted])
        let misnamed = try chain.promise { $0.changes[0].sets[1].number = 0 }
        var wrong = misnamed
        wrong.changes[0].sets[1].name = "wrods"
        let last = try chain.promise("al final")
        let refused = try await exchange([wrong, last], client)
        #expect(refused.verdicts.map(\.outcome) == [.refused, .accepted])
        #expect(refused.verdicts[0].refusal.code == .unknownField)
        #expect(refused.verdicts[0].refusal.entity == 5)
        #expect(try await office.status().records["commitment"] == 3)
        await server.stop()
    }

    private func exchange(
        _ commits: [WireCommit], _ client: RawClient
    ) async throws -> WireExchangeResponse {
        let answer = try await client.post(
            try RawClient.request(commits).jsonUTF8Data(), type: RawClient.json)
        try #require(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
        #expect(answer.headers["content-type"] == RawClient.json)
        return try WireExchangeResponse(jsonUTF8Bytes: Data(answer.body))
    }
}
