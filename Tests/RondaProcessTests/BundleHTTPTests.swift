import Foundation
import RondaClient
import RondaProtobuf
import SwiftProtobuf
import Testing

@Suite("Bundles over HTTP", .timeLimit(.minutes(2)))
struct BundleHTTPTests {
    @Test("are taken without a credential, and what is none gets its status and its code")
    func statuses() async throws {
        let office = try await Office.prepared()
        let server = try await office.serve()
        try await office.login("ana", url: server.url)
        #expect(try await office.ronda("ana", "sync").status == 0)
        try await office.note("ana", "una")
        let file = office.root + "/ana.ronda"
        #expect(try await office.ronda("ana", "outbox", "export", file).status == 0)
        let bytes = try Data(contentsOf: URL(filePath: file))
        let bundles = try WireBundleFile(
            serializedBytes: bytes.dropFirst("ronda bundle 1\n".utf8.count)
        ).bundles
        let client = RawClient(
            transport: try Office.transport(to: server.url),
            secret: [UInt8](repeating: 5, count: 32))
        func post(_ bundle: WireBundle) async throws -> TransportResponse {
            try await client.post(
                try bundle.serializedData(), to: "/v1/bundles", bearer: nil)
        }
        var altered = bundles[0]
        altered.sealed[20] ^= 1
        var elsewhere = bundles[0]
        elsewhere.hub[0] ^= 1
        for (bundle, status, code) in [
            (altered, 400, "badBundle"), (elsewhere, 421, "wrongHub"),
            (WireBundle(), 421, "wrongHub"),
        ] {
            let answer = try await post(bundle)
            #expect(answer.status == status)
            let problem = try answer.problem()
            #expect(problem.code == code && !problem.es.isEmpty && problem.es != problem.en)
        }
        var large = bundles[0]
        large.sealed = Data(count: 3 << 20)
        #expect(try await post(large).status == 413)
        for _ in 1...2 { #expect(try await post(bundles[0]).status == 200) }
        #expect(try await office.status().records["visit"] == 1)
        #expect(try await office.ronda("ana", "sync").status == 0)
        #expect(try await office.status().records["visit"] == 1)
        let audit = try await office.expectDone("audit").output
        #expect(audit.contains("bundle.deliver") && audit.contains("bundle.refuse"))
        await server.stop()
    }
}
