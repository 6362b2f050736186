internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
internal import Logging
internal import NIOCore
package import RondaHub
internal import RondaModel
internal import RondaProtobuf
internal import RondaStore
internal import ServiceLifecycle

/// The server: the protocol over HTTP, for as long as its task runs.
package struct RondaApplication: Service {
    package struct Address: Sendable, Hashable {
        package let host: String
        package let port: Int

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    private let hub: Hub
    private let address: Address
    private let sleep: @Sendable (_ milliseconds: Int64) async throws -> Void
    private let rates: Rates
    private let certificate: ServerCertificate?
    private let onRunning: @Sendable (Address) async -> Void

    /// - Parameters:
    ///   - certificate: `nil` for plain HTTP.
    ///   - onRunning: called once with the address in use, which tells the port when 0 was asked
    ///     for.
    ///   - sleep: how the time passes between two looks for what live streams should tell.
    package init(
        hub: Hub, address: Address, rates: Rates = Rates(),
        certificate: ServerCertificate? = nil,
        onRunning: @escaping @Sendable (Address) async -> Void = { _ in },
        sleep: @escaping @Sendable (_ milliseconds: Int64) async throws -> Void = {
            try await Task.sleep(for: .milliseconds($0))
        }
    ) {
        self.hub = hub
        self.address = address
        self.rates = rates
        self.certificate = certificate
        self.sleep = sleep
        self.onRunning = onRunning
    }

    /// A thousand devices that lost the same network come back together.
    private static let waitingConnections = 1_024

    package func run() async throws {
        let (address, onRunning) = (address, onRunning)
        var logger = Logger(label: "ronda.http")
        logger.logLevel = .warning
        let application = Application(
            router: router(),
            server: try server(),
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port), serverName: nil,
                backlog: Self.waitingConnections),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? address.port
                await onRunning(Address(host: address.host, port: port))
            }, logger: logger)
        let (live, sleep) = (hub.live, sleep)
        try await withThrowingTaskGroup { group in
            group.addTask { await live.run(sleep: sleep) }
            // Streams end when they are told to, not by themselves.
            try await withGracefulShutdownHandler {
                try await application.run()
            } onGracefulShutdown: {
                live.close()
            }
            group.cancelAll()
        }
    }

    private func server() throws -> HTTPServerBuilder {
        guard let certificate else { return .http1() }
        return try .tls(.http1(), tlsConfiguration: certificate.configuration)
    }

    private func router() -> Router<RondaRequestContext> {
        let hub = hub
        let logger = Logger(label: "ronda.server")
        let limiter = rates.device.map {
            RequestLimiter(hub: hub, device: $0, account: rates.account)
        }
        let known: @Sendable (HTTPFields) async throws(HubError) -> Void = {
            headers async throws(HubError) in
            let secret = try Self.secret(in: headers)
            try await hub.admit(secret: secret)
            try await limiter?.admit(secret)
        }
        let desk = EnrolmentDesk(hub: hub, wrongCodes: rates.wrongCodes)
        // Anybody may ask for a device, and nobody needs much for it.
        var small = hub.limits
        small.requestBytes = hub.limits.enrolmentBytes
        small.inflatedRequestBytes = hub.limits.enrolmentBytes
        // One processor is always left to the others.
        let lane = BulkLane(
            width: max(1, ProcessInfo.processInfo.activeProcessorCount - 1),
            mostWaiting: hub.limits.bulkRequestsWaiting,
            patience: .milliseconds(hub.limits.bulkWaitMilliseconds))
        let exchange = Endpoint<WireExchangeRequest, WireExchangeResponse>(
            name: "exchange", limits: hub.limits, logger: logger, admit: known,
            lane: { $0.readsFromTheStart ? lane : nil }
        ) { question, caller, encoding throws(HubError) in
            let arrived = ContinuousClock.now
            let secret = try Self.secret(in: caller.headers)
            let answer = try await hub.exchange(question, secret: secret)
            if answer.tellsOfAbsence {
                // Who has hung up meanwhile does not read the answer anyway.
                try? await Task.sleep(for: AnswerTick.wait(after: ContinuousClock.now - arrived))
            }
            return encoding == .json ? answer.namingFields(hub.schema) : answer
        }
        let enrol = Endpoint<WireEnrolRequest, WireEnrolResponse>(
            name: "devices", limits: small, logger: logger,
            admit: { headers async throws(HubError) in
                if headers[.authorization] == nil { return }
                try await limiter?.admit(try Self.secret(in: headers))
            }
        ) { question, caller, _ throws(HubError) in
            guard caller.headers[.authorization] != nil else {
                return try await desk.enrol(question, from: caller.address)
            }
            let secret = try Self.secret(in: caller.headers)
            return try await hub.enrol(question, secret: secret)
        }
        let compare = Endpoint<WireCompareRequest, WireCompareResponse>(
            name: "compare", limits: hub.limits, logger: logger, admit: known
        ) { question, caller, _ throws(HubError) in
            try await hub.compare(question, secret: try Self.secret(in: caller.headers))
        }
        let depot = BundleDepot(hub: hub, rates: rates)
        let deliver = Endpoint<WireBundle, WireBundleResponse>(
            name: "bundles", limits: hub.limits, logger: logger, admit: { _ in }
        ) { question, caller, _ throws(HubError) in
            try await depot.deliver(question, from: caller.address)
        }
        let router = Router(context: RondaRequestContext.self)
        router.post("v1/exchange") { request, _ in await exchange.respond(to: request) }
        router.post("v1/devices") { request, context in
            await enrol.respond(to: request, from: context.network)
        }
        router.post("v1/compare") { request, _ in await compare.respond(to: request) }
        router.post("v1/bundles") { request, context in
            await deliver.respond(to: request, from: context.network)
        }
        let live = LiveEndpoint(hub: hub, limiter: limiter, logger: logger)
        router.get("v1/live") { request, _ in
            let secret = Result { () throws(HubError) in try Self.secret(in: request.headers) }
            let asksProtobuf =
                request.headers[.accept]?.contains(BodyEncoding.protobuf.rawValue) == true
            return await live.respond(secret: secret) {
                exchange.problem($0, encoding: asksProtobuf ? .protobuf : .json, for: request)
            }
        }
        router.get("v1/health") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: "{\"status\":\"ok\"}")))
        }
        return router
    }

    private static func secret(in headers: HTTPFields) throws(HubError) -> [UInt8] {
        let parts = headers[.authorization]?.split(separator: " ") ?? []
        guard parts.count == 2, parts[0].lowercased() == "bearer",
            let secret = Data(base64Encoded: String(parts[1])), secret.count == 32
        else { throw HubError(.badCredential, "no usable bearer token") }
        return Array(secret)
    }
}

extension WireExchangeRequest {
    /// Whether the answer is likely to be a full page: of a stream that is read from its start, or
    /// that was cut before.
    fileprivate var readsFromTheStart: Bool {
        !pushOnly && (cursors.isEmpty || cursors.contains { $0.behind > 0 || $0.part > 0 })
    }
}
