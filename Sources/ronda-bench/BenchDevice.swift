import Foundation
import RondaClient
import RondaModel
import RondaProtobuf
import RondaWire
import SwiftProtobuf

/// A device reduced to its exchanges, so that a measurement holds the wire and the hub only.
struct BenchDevice {
    let identity: DeviceIdentity
    let secret: [UInt8]
    let transport: any Transport
    private var number: UInt64 = 0
    private var previous = ChainHash.start
    private var epoch = Data()
    private var cursors: [UInt32: WireCursor] = [:]
    private(set) var lastTraffic = Traffic()

    init(_ seeded: SeededHub, _ name: String, _ transport: any Transport) async throws {
        (identity, secret) = try await seeded.device(name)
        self.transport = transport
    }

    /// The next commit of this device: one edit of one customer's street.
    mutating func edit(_ customer: RecordID, _ text: String) -> Commit {
        number += 1
        let change = Change(
            entity: .customer, record: customer, base: 1, sets: [FieldWrite(8, .text(text))])
        let commit = Commit(
            number: number,
            stamp: Stamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)), schema: 1,
            previous: previous, changes: [change])
        previous = commit.chainHash
        return commit
    }

    /// One exchange; the cursors move on with the answer.
    mutating func exchange(_ commits: [Commit] = []) async throws -> WireExchangeResponse {
        var request = WireExchangeRequest()
        request.protocol = 1
        request.schema = 1
        request.epoch = epoch
        request.device = Data(identity.device.bytes)
        request.cursors = cursors.sorted { $0.key < $1.key }.map(\.value)
        request.commits = commits.map { WireCommit($0) }
        let answer = try await transport.send(
            TransportRequest(
                method: "POST", path: "/v1/exchange",
                headers: [
                    ("authorization", "Bearer " + Data(secret).base64EncodedString()),
                    ("content-type", "application/x-protobuf"),
                ], body: Array(try request.serializedData())))
        guard answer.status == 200 else { throw BenchFailure("HTTP \(answer.status)") }
        lastTraffic = answer.traffic
        let response = try WireExchangeResponse(serializedBytes: answer.body)
        if response.verdicts.contains(where: { $0.outcome == .refused })
            || response.verdicts.count != commits.count
        {
            throw BenchFailure("a commit was not accepted: \(response.verdicts)")
        }
        epoch = response.epoch
        for stream in response.streams {
            var cursor = WireCursor()
            cursor.scope = stream.scope
            cursor.seq = stream.seq
            cursor.behind = stream.behind
            cursors[stream.scope] = cursor
        }
        return response
    }

    /// Reads everything there is.
    mutating func catchUp() async throws -> Int {
        var records = 0
        while true {
            let response = try await exchange()
            records += response.streams.reduce(0) { $0 + $1.deltas.count }
            if !response.more { return records }
        }
    }

    /// One request that does nothing.
    func ping() async throws {
        let answer = try await transport.send(
            TransportRequest(method: "GET", path: "/v1/health"))
        guard answer.status == 200 else { throw BenchFailure("HTTP \(answer.status)") }
    }
}
