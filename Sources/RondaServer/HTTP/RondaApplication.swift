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
    private let rates: Rates
    private let certificate: ServerCertificate?
    private let onRunning: @Sendable (Address) async -> Void

    /// - Parameters:
    ///   - certificate: `nil` for plain HTTP.
    ///   - onRunning: called once with the address in use, which tells the port when 0 was
    ///   asked for.
    package init(
        hub: Hub, address: Address, rates: Rates = Rates(),
        certificate: ServerCertificate? = nil,
        onRunning: @escaping @Sendable (Address) async -> Void = { _ in }
    ) {
        self.hub = hub
        self.address = address
        self.rates = rates
        self.certificate = certificate
        self.onRunning = onRunning
    }

    package func run() async throws {
        let (address, onRunning) = (address, onRunning)
        var logger = Logger(label: "ronda.http")
        logger.logLevel = .warning
        let application = Application(
            router: router(),
            server: try server(),
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port), serverName: nil),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? address.port
                await onRunning(Address(host: address.host, port: port))
            }, logger: logger)
        try await application.run()
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
        let desk = EnrolmentDesk(hub: hub, wrongCodes: rates.wrongCodes)
        let exchange = Endpoint<WireExchangeRequest, WireExchangeResponse>(
            name: "exchange", limits: hub.limits, logger: logger
        ) { question, caller, encoding throws(HubError) in
            let secret = try Self.secret(in: caller.headers)
            try await limiter?.admit(secret)
            let answer = try await hub.exchange(question, secret: secret)
            return encoding == .json ? answer.namingFields(hub.schema) : answer
        }
        let enrol = Endpoint<WireEnrolRequest, WireEnrolResponse>(
            name: "devices", limits: hub.limits, logger: logger
        ) { question, caller, _ throws(HubError) in
            guard caller.headers[.authorization] != nil else {
                return try await desk.enrol(question, from: caller.address)
            }
            let secret = try Self.secret(in: caller.headers)
            try await limiter?.admit(secret)
            return try await hub.enrol(question, secret: secret)
        }
        let compare = Endpoint<WireCompareRequest, WireCompareResponse>(
            name: "compare", limits: hub.limits, logger: logger
        ) { question, caller, _ throws(HubError) in
            let secret = try Self.secret(in: caller.headers)
            try await limiter?.admit(secret)
            return try await hub.compare(question, secret: secret)
        }
        let depot = BundleDepot(hub: hub, rates: rates)
        let deliver = Endpoint<WireBundle, WireBundleResponse>(
            name: "bundles", limits: hub.limits, logger: logger
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
