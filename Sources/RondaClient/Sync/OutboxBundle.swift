internal import Foundation
internal import GRDB
internal import RondaModel
internal import RondaProtobuf
internal import RondaSQLite
internal import RondaWire
internal import SwiftProtobuf

/// What a device has not sent, sealed for its server, for anybody to carry there.
public struct OutboxBundle: Sendable {
    /// The file: whoever carries it can neither read it nor change it unnoticed.
    public let bytes: [UInt8]
    /// How many commits are in it.
    public let commits: Int

    /// Before the messages, so that a file is known for what it is.
    private static let mark = Array("ronda bundle 1\n".utf8)
    /// Far above what a device captures in a season.
    private static let mostBytes = 256 << 20

    init(_ bundles: [WireBundle], commits: Int) throws {
        let file = WireBundleFile.with { $0.bundles = bundles }
        bytes = try Self.mark + file.serializedBytes()
        self.commits = commits
    }

    fileprivate static func parts(_ bytes: [UInt8]) throws(ClientError) -> [WireBundle] {
        // Whatever cannot be read is no such file, and the sentence says so.
        guard bytes.count <= mostBytes, bytes.starts(with: mark),
            let file = try? WireBundleFile(serializedBytes: Array(bytes.dropFirst(mark.count))),
            !file.bundles.isEmpty
        else {
            throw ClientError(
                .badBundle,
                Phrase(
                    en: "this is not a whole bundle of Ronda; nothing was delivered",
                    es: "esto no es un paquete de Ronda completo; no se entregó nada"))
        }
        return file.bundles
    }

    /// What became of a bundle that was delivered.
    public struct Delivery: Sendable, Hashable {
        public var commits = 0
        /// The server had all of them already.
        public var wasKnown = true
    }

    /// Delivers what another device has exported; needs no device of one's own. Safe to repeat.
    /// - Throws: `ClientError`: with code `badBundle` for a file that is none, `offline`, or `server`.
    ///   What was delivered before the failure stays delivered.
    public static func deliver(
        _ bytes: [UInt8], over transport: any Transport
    ) async throws(ClientError) -> Delivery {
        let sleep = DeviceSurroundings.system.sleep
        let calls = ServerCalls(transport: transport, limits: Limits(), sleep: sleep)
        var delivery = Delivery()
        for part in try parts(bytes) {
            let answer = try await calls.deliver(part)
            delivery.commits += Int(answer.commits)
            delivery.wasKnown = delivery.wasKnown && answer.known
        }
        return delivery
    }
}

extension LocalStore {
    /// Seals everything that is not sent, in order, for the server alone. The outbox stays as it is:
    /// this device goes on offering the same until it hears of it from the server.
    /// - Returns: `nil` when nothing is unsent.
    /// - Throws: `ClientError` with code `notLoggedIn`, or `noBundleKey` before the server has told its
    ///   key, which it does with the next sync.
    public func exportOutbox() async throws(ClientError) -> OutboxBundle? {
        let (limits, now) = (limits, surroundings.now())
        let exported: Result<OutboxBundle?, ClientError> = try await writing { database in
            do throws(ClientError) {
                return .success(try OutboxExport(database: database).run(limits: limits, now: now))
            } catch {
                return .failure(error)
            }
        }
        return try exported.get()
    }
}

/// Cuts the outbox into requests, as a sync would send them, and seals each.
private struct OutboxExport {
    let database: Database

    func run(limits: Limits, now: Instant) throws(ClientError) -> OutboxBundle? {
        do {
            let facts = Facts(database: database)
            guard let present = try facts.identity(), let secret = try facts.bytes(.secret) else {
                throw LocalStore.notLoggedIn
            }
            guard let key = try facts.bytes(.bundleKey), !key.isEmpty else {
                throw ClientError(
                    .noBundleKey,
                    Phrase(
                        en: "this device has no key of the server for bundles yet; it gets it with "
                            + "one sync: ronda sync",
                        es: "este equipo aún no tiene la clave del servidor para paquetes; la "
                            + "recibe al sincronizar una vez: ronda sync"))
            }
            let identities =
                [
                    (
                        present.ordinal, present.device, secret, try facts.bytes(.epoch) ?? []
                    )
                ]
                + (try facts.pastIdentities().map { ($0.identity, $0.device, $0.secret, $0.epoch) })
            var bundles: [WireBundle] = []
            var commits = 0
            let outboxes = try identities.map { try requests(of: $0.0, limits: limits) }
            let isOnlyPresent = outboxes.dropFirst().allSatisfy(\.isEmpty)
            for ((_, device, secret, epoch), requests) in zip(identities, outboxes) {
                for (index, var request) in requests.enumerated() {
                    request.device = Data(device.bytes)
                    request.epoch = Data(epoch)
                    if isOnlyPresent && index == requests.count - 1 {
                        // With this one nothing that was captured is left here.
                        request.completeToMs = UInt64(clamping: now.milliseconds)
                    }
                    commits += request.commits.count
                    bundles.append(
                        try BundleSeal.seal(
                            request, of: device, secret: secret, for: present.hub, key: key))
                }
            }
            return bundles.isEmpty ? nil : try OutboxBundle(bundles, commits: commits)
        } catch {
            throw .store(error, path: "outbox")
        }
    }

    private func requests(of ordinal: Int64, limits: Limits) throws -> [WireExchangeRequest] {
        let facts = Facts(database: database)
        let isPresent = try facts.number(.identity) ?? 0 == ordinal
        let heard = isPresent ? try facts.number(.heard) ?? 0 : 0
        let sealed = try Outbox(database: database)
            .seal(
                of: ordinal, limit: .max, bytes: .max, told: UInt64(clamping: heard),
                withGaps: true)
        var requests: [WireExchangeRequest] = []
        var size = 0
        for entry in sealed {
            let isFull =
                requests.last?.commits.count ?? 0 >= limits.commitsPerExchange
                || size + entry.bytes.count > limits.commitBytes
            let last = requests.last?.commits.last?.number
            let isAfterGap = last.map { entry.commit.number != $0 + 1 } ?? false
            if requests.isEmpty || isFull || isAfterGap {
                var request = WireExchangeRequest()
                request.protocol = 1
                request.schema = Schema.current.version
                request.pushOnly = true
                requests.append(request)
                size = 0
            }
            size += entry.bytes.count
            let current = requests.count - 1
            requests[current].commits.append(try WireCommit(serializedBytes: entry.bytes))
            if var given = entry.given {
                given.number = entry.commit.number
                requests[current].given.append(given)
            }
        }
        return requests
    }
}
