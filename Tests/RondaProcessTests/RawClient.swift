import Foundation
import RondaClient
import RondaModel
import RondaProtobuf
import RondaWire
import SwiftProtobuf
import Testing

/// Speaks to a server in bytes of the test's choosing.
struct RawClient: Sendable {
    static let protobuf = "application/x-protobuf"
    static let json = "application/json"

    let transport: any Transport
    let secret: [UInt8]

    var bearer: String { "Bearer \(Data(secret).base64EncodedString())" }

    init(transport: any Transport, secret: [UInt8]) {
        self.transport = transport
        self.secret = secret
    }

    /// Enrols with a secret of the test.
    init(_ office: Office, login: String, url: String, secret: UInt8 = 7) async throws {
        transport = try Office.transport(to: url)
        self.secret = [UInt8](repeating: secret, count: 32)
        let answer = try await enrol(code: try await office.code(for: login))
        try #require(answer.status == 200)
    }

    func enrol(code: String, secret: [UInt8]? = nil) async throws -> TransportResponse {
        var request = WireEnrolRequest()
        request.code = code
        request.secret = Data(secret ?? self.secret)
        request.name = "raw"
        return try await post(try request.serializedData(), to: "/v1/devices", bearer: nil)
    }

    func post(
        _ body: Data, to path: String = "/v1/exchange", type: String? = protobuf,
        bearer: String? = "", encoding: String? = nil
    ) async throws -> TransportResponse {
        var headers: [(name: String, value: String)] = []
        if let type { headers.append(("content-type", type)) }
        if let bearer {
            headers.append(("authorization", bearer.isEmpty ? self.bearer : bearer))
        }
        if let encoding { headers.append(("content-encoding", encoding)) }
        return try await send("POST", path, headers, body)
    }

    func send(
        _ method: String, _ path: String, _ headers: [(name: String, value: String)] = [],
        _ body: Data = Data()
    ) async throws -> TransportResponse {
        try await transport.send(
            TransportRequest(method: method, path: path, headers: headers, body: Array(body)))
    }

    func exchange(_ commits: [WireCommit]) async throws -> WireExchangeResponse {
        let answer = try await post(try Self.request(commits).serializedData())
        try #require(answer.status == 200, "\(answer.status)")
        return try WireExchangeResponse(serializedBytes: Data(answer.body))
    }

    static func request(_ commits: [WireCommit] = []) -> WireExchangeRequest {
        var request = WireExchangeRequest()
        request.protocol = 1
        request.schema = Schema.current.version
        request.commits = commits
        return request
    }
}

/// The commits of one raw device, one after another.
struct RawChain {
    private(set) var number: UInt64 = 0
    private var previous = Data()

    /// A promise to the customer, after `spoil` has had its way with it.
    mutating func promise(
        _ words: String = "Llamar", _ spoil: (inout WireCommit) -> Void = { _ in }
    ) throws -> WireCommit {
        var commit = WireCommit()
        commit.number = number + 1
        commit.stamp = UInt64(1_790_000_000_000 + number) << 16
        commit.schema = Schema.current.version
        commit.previous = previous
        let record = RecordID.minted(
            milliseconds: 1_790_000_000_000,
            random: (.random(in: 0 ... .max), .random(in: 0 ... .max)))
        commit.ids = [Data(record.bytes), Data(Office.customer.bytes)]
        var change = WireChange()
        change.entity = 5
        change.record = 0
        change.sets = [
            .with { ($0.number, $0.ref) = (1, 1) },
            .with { ($0.number, $0.text) = (3, words) },
            .with { ($0.number, $0.instant) = (4, Office.due.milliseconds) },
        ]
        commit.changes = [change]
        spoil(&commit)
        number += 1
        previous = Data(ChainHash.of(try commit.serializedData()).id.bytes)
        return commit
    }
}

extension TransportResponse {
    /// The problem in the answer, in the encoding that was asked in.
    func problem(_ type: String = RawClient.protobuf) throws -> WireProblem {
        #expect(headers["content-type"] == type)
        let body = Data(body)
        return type == RawClient.json
            ? try WireProblem(jsonUTF8Bytes: body) : try WireProblem(serializedBytes: body)
    }
}
