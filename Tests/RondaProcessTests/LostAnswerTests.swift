#if os(Linux)
    import Foundation
    import RondaProtobuf
    import RondaWire
    import SwiftProtobuf
    import Testing

    @Suite("An answer is cut off between the server and ronda", .timeLimit(.minutes(2)))
    struct LostAnswerTests {
        @Test("the next sync has one effect and the same verdict")
        func lost() async throws {
            let office = try await Office.prepared()
            let server = try await office.serve()
            let proxy = try Proxy(to: server.port)
            defer { proxy.stop() }
            try await office.login("ana", url: proxy.url)
            #expect(try await office.ronda("ana", "sync").status == 0)
            let before = try await office.status()
            let saved = try await office.ronda(
                "ana", "visit", "new", "--customer", "C1", "--note", "una", "--promise", "dos",
                "--due", "+3d", "--no-input")
            #expect(saved.status == 0, "\(saved.output)\(saved.errors)")
            let known = proxy.answers.count
            proxy.dropAnswers(3)
            for attempt in 1...3 {
                let sync = try await office.ronda("ana", "sync")
                #expect(sync.status == 6, "\(sync.output)\(sync.errors)")
                #expect(try sync.decode(ErrorAnswer.self).error.code == "offline")
                #expect(proxy.answers.count == known + attempt)
                let status = try await office.ronda("ana", "status").decode(StatusAnswer.self)
                #expect(status.pending == 1)
                #expect(status.accepted == 0)
            }
            let sync = try await office.ronda("ana", "sync")
            #expect(sync.status == 0)
            let report = try sync.decode(SyncAnswer.self)
            #expect(report.accepted == 1)
            #expect(report.pending == 0)
            #expect(report.complete)
            let verdicts = try proxy.answers[known..<(known + 4)].map { answer in
                let body = Data(answer.body)
                let plain = answer.isGzip ? try Gzip.expand(body, mostBytes: 32 << 20) : body
                return try WireExchangeResponse(serializedBytes: plain).verdicts
            }
            #expect(verdicts[0].map(\.outcome) == [.accepted])
            #expect(verdicts.allSatisfy { $0 == verdicts[0] })
            let after = try await office.status()
            #expect(after.commits == before.commits + 1)
            #expect(after.records["visit"] == 1)
            #expect(after.records["commitment"] == 1)
            await server.stop()
        }

        @Test("the answer to an enrolment is lost: the same code still makes the device")
        func lostEnrolment() async throws {
            let office = try await Office.prepared()
            let server = try await office.serve()
            let proxy = try Proxy(to: server.port)
            defer { proxy.stop() }
            let code = try await office.code(for: "ana")
            proxy.dropAnswers(1)
            let words = ["login", "--server", proxy.url]
            let first = try await office.start("ana", words, input: code).outcome()
            #expect(first.status == 6, "\(first.output)\(first.errors)")
            let again = try await office.start("ana", words, input: code).outcome()
            #expect(again.status == 0, "\(again.output)\(again.errors)")
            #expect(try await office.ronda("ana", "sync").status == 0)
            await server.stop()
        }
    }
#endif
