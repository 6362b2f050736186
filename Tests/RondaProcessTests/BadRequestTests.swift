import Foundation
import RondaClient
import RondaProtobuf
import RondaWire
import SwiftProtobuf
import Testing

@Suite("Bad requests leave the server and its store as they are", .timeLimit(.minutes(2)))
struct BadRequestTests {
    private struct Case {
        let name: String
        let status: Int
        let code: String
        var type: String? = RawClient.protobuf
        var answerType = RawClient.protobuf
        var bearer: String? = ""
        var encoding: String?
        var body = Data()
        /// What `detail` must say, so that whoever wrote the client finds the place.
        var place = ""
    }

    private static let empty = Data([UInt8(8), 1])  // {"protocol": 1}

    private static func json(
        _ name: String, _ text: String, place: String
    ) -> Case {
        Case(
            name: name, status: 400, code: "badRequest", type: RawClient.json,
            answerType: RawClient.json, body: Data(text.utf8), place: place)
    }

    private static func unauthorised(_ name: String, _ bearer: String?) -> Case {
        Case(name: name, status: 401, code: "badCredential", bearer: bearer, body: empty)
    }

    private static func unsupported(
        _ name: String, type: String?, encoding: String? = nil, answer: String = RawClient.json
    ) -> Case {
        Case(
            name: name, status: 415, code: "unsupported", type: type, answerType: answer,
            encoding: encoding, body: empty)
    }

    private static func cases() throws -> [Case] {
        let zeros = try Gzip.compress(Data(count: (8 << 20) + 1))
        let packed = try Gzip.compress(
            try RawClient.request([try numbered(1)]).serializedData())
        let jumping = RawClient.request([try numbered(1), try numbered(3)])
        let falling = RawClient.request([try numbered(2), try numbered(1)])
        let zeroth = RawClient.request([try numbered(0)])
        return [
            Case(
                name: "malformed protobuf", status: 400, code: "badRequest",
                body: Data([0xFF, 0xFF, 0xFF]), place: "ExchangeRequest"),
            Case(
                name: "cut protobuf", status: 400, code: "badRequest", body: Data([0x1A, 200, 1])),
            json("cut JSON", "{\"protocol\": 1, \"commits\": [{", place: "ExchangeRequest"),
            json("unknown key", "{\"protocol\": 1, \"comits\": []}", place: "comits"),
            json(
                "text for a number", "{\"protocol\": \"uno\"}", place: " at protocol"),
            json("no JSON", "Hola", place: "ExchangeRequest"),
            json("JSON that is not an object", "[1, 2]", place: "ExchangeRequest"),
            json("NUL in a key", "{\"protocol\u{0}\": 1}", place: "ExchangeRequest"),
            Case(
                name: "JSON that is not UTF-8", status: 400, code: "badRequest",
                type: RawClient.json, answerType: RawClient.json,
                body: Data("{\"epoch\": \"".utf8) + [0xF1, 0xFF] + Data("\"}".utf8)),
            unsupported("text", type: "text/plain"),
            unsupported("no content type", type: nil),
            unsupported(
                "another compression", type: RawClient.protobuf, encoding: "br",
                answer: RawClient.protobuf),
            unauthorised("no bearer", nil),
            unauthorised("garbled bearer", "Bearer %%%"),
            unauthorised("short bearer", "Bearer \(Data(count: 31).base64EncodedString())"),
            unauthorised("another scheme", "Basic \(Data(count: 32).base64EncodedString())"),
            unauthorised("unknown bearer", "Bearer \(Data(count: 32).base64EncodedString())"),
            // Nothing is opened for somebody who is not known.
            Case(
                name: "a bomb of nobody's", status: 401, code: "badCredential",
                bearer: "Bearer \(Data(count: 32).base64EncodedString())", encoding: "gzip",
                body: zeros),
            Case(
                name: "many bytes of nobody's", status: 401, code: "badCredential", bearer: nil,
                body: Data(count: 2 << 20)),
            // Where a person would look for the place; not in what no person wrote.
            json(
                "much JSON with a fault",
                "{\"protocol\": \"uno\", \"epoch\": \"\(String(repeating: "A", count: 70_000))\"}",
                place: "message: "),
            Case(
                name: "too many bytes", status: 413, code: "tooLarge",
                body: Data(count: (2 << 20) + 1)),
            Case(
                name: "far too many bytes", status: 413, code: "tooLarge",
                body: Data(count: 20 << 20)),
            Case(
                name: "gzip bomb", status: 413, code: "tooLarge", encoding: "gzip", body: zeros),
            Case(
                name: "cut gzip", status: 400, code: "badRequest", encoding: "gzip",
                body: packed.dropLast(9)),
            Case(
                name: "no gzip", status: 400, code: "badRequest", encoding: "gzip", body: empty),
            Case(
                name: "two gzip members", status: 400, code: "badRequest", encoding: "gzip",
                body: packed + packed),
            Case(
                name: "numbers that jump", status: 400, code: "badRequest",
                body: try jumping.serializedData(), place: "commits[1]"),
            Case(
                name: "numbers that fall", status: 400, code: "badRequest",
                body: try falling.serializedData(), place: "commits[1]"),
            Case(
                name: "number zero", status: 400, code: "badRequest",
                body: try zeroth.serializedData(), place: "commits[0]"),
            Case(
                name: "too many commits", status: 413, code: "tooLarge",
                body: try RawClient.request(try (1...201).map { try numbered($0) })
                    .serializedData()),
        ]
    }

    private static func numbered(_ number: UInt64) throws -> WireCommit {
        var chain = RawChain()
        return try chain.promise { $0.number = number }
    }

    @Test("each gets its status, a stable code and a sentence in both languages")
    func exchange() async throws {
        let office = try await Office.prepared()
        let server = try await office.serve()
        let client = try await RawClient(office, login: "ana", url: server.url)
        _ = try await client.exchange([])
        let before = try await office.status()
        for bad in try Self.cases() {
            let answer: TransportResponse
            do {
                answer = try await client.post(
                    bad.body, type: bad.type, bearer: bad.bearer, encoding: bad.encoding)
            } catch {
                Issue.record("\(bad.name): no answer, \(error)")
                continue
            }
            #expect(answer.status == bad.status, "\(bad.name)")
            guard answer.status != 200 else { continue }
            let problem = try answer.problem(bad.answerType)
            #expect(problem.code == bad.code, "\(bad.name)")
            #expect(!problem.en.isEmpty && !problem.es.isEmpty, "\(bad.name)")
            #expect(problem.en != problem.es, "\(bad.name)")
            let isTold = bad.place.isEmpty || problem.detail.contains(bad.place)
            #expect(isTold, "\(bad.name): \(problem.detail)")
            #expect(try await client.send("GET", "/v1/health").status == 200, "\(bad.name)")
            #expect(try await office.status() == before, "\(bad.name)")
        }
        var chain = RawChain()
        let answer = try await client.exchange([try chain.promise()])
        #expect(answer.verdicts.map(\.outcome) == [.accepted])
        await server.stop()
    }

    @Test("other paths and methods get a bare 404 or 405")
    func paths() async throws {
        let office = try await Office.prepared()
        let server = try await office.serve()
        let client = try await RawClient(office, login: "ana", url: server.url)
        let before = try await office.status()
        let calls = [
            ("GET", "/"), ("GET", "/v1"), ("POST", "/v2/exchange"), ("GET", "/v1/exchange"),
            ("PUT", "/v1/exchange"), ("DELETE", "/v1/devices"), ("POST", "/v1/health"),
            ("GET", "/../hub/hub.sqlite"), ("GET", "/%00"),
        ]
        for (method, path) in calls {
            let answer = try await client.send(method, path)
            #expect([404, 405].contains(answer.status), "\(method) \(path): \(answer.status)")
            #expect(try await client.send("GET", "/v1/health").status == 200)
        }
        #expect(try await office.status() == before)
        await server.stop()
    }

    @Test("a code works once, for one secret, and a wrong one for nobody")
    func codes() async throws {
        let office = try await Office.prepared()
        let server = try await office.serve()
        let client = try await RawClient(office, login: "ana", url: server.url)
        let code = try await office.code(for: "ana")
        let first = [UInt8](repeating: 1, count: 32)
        let second = [UInt8](repeating: 2, count: 32)
        for wrong in ["", "00000000", "ZZZZZZZZ", String(repeating: "A", count: 10_000), "ñ\u{0}"] {
            let answer = try await client.enrol(code: wrong, secret: first)
            #expect(answer.status == 403)
            let problem = try answer.problem()
            #expect(problem.code == "badCode")
            #expect(!problem.en.isEmpty && !problem.es.isEmpty)
        }
        let short = try await client.enrol(code: code, secret: [1, 2, 3])
        #expect(short.status == 400)
        #expect(try short.problem().code == "badRequest")
        let enrolled = try await client.enrol(code: code, secret: first)
        #expect(enrolled.status == 200)
        #expect(try await client.enrol(code: code, secret: second).status == 403)
        let again = try await client.enrol(code: code, secret: first)
        #expect(again.body == enrolled.body)
        // The same in JSON, which the answer speaks too.
        let text = "{\"code\": \"\(code)\", \"secret\": \"\(Data(second).base64EncodedString())\"}"
        let refused = try await client.post(
            Data(text.utf8), to: "/v1/devices", type: RawClient.json, bearer: nil)
        #expect(refused.status == 403)
        #expect(try refused.problem(RawClient.json).code == "badCode")
        let packed = try Gzip.compress(Data(count: 1 << 20))
        for (body, encoding) in [(Data(count: 70_000), nil), (packed, "gzip")] {
            let answer = try await client.post(
                body, to: "/v1/devices", bearer: nil, encoding: encoding)
            #expect(answer.status == 413)
        }
        #expect(try await client.send("GET", "/v1/health").status == 200)
        await server.stop()
    }
}
