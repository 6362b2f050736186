internal import Foundation
internal import HTTPTypes
internal import Hummingbird
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
    private let onRunning: @Sendable (Address) async -> Void

    /// - Parameter onRunning: called once with the address in use, which tells the port when 0 was
    ///   asked for.
    package init(
        hub: Hub, address: Address,
        onRunning: @escaping @Sendable (Address) async -> Void = { _ in }
    ) {
        self.hub = hub
        self.address = address
        self.onRunning = onRunning
    }

    package func run() async throws {
        let (address, onRunning) = (address, onRunning)
        var logger = Logger(label: "ronda.http")
        logger.logLevel = .warning
        let application = Application(
            router: router(),
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port), serverName: nil),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? address.port
                await onRunning(Address(host: address.host, port: port))
            }, logger: logger)
        try await application.run()
    }

    private func router() -> Router<BasicRequestContext> {
        let hub = hub
        let logger = Logger(label: "ronda.server")
        let known: @Sendable (HTTPFields) async throws(HubError) -> Void = {
            headers async throws(HubError) in
            try await hub.admit(secret: try Self.secret(in: headers))
        }
        // Anybody may ask for a device, and nobody needs much for it.
        var small = hub.limits
        small.requestBytes = hub.limits.enrolmentBytes
        small.inflatedRequestBytes = hub.limits.enrolmentBytes
        let exchange = Endpoint<WireExchangeRequest, WireExchangeResponse>(
            name: "exchange", limits: hub.limits, logger: logger, admit: known
        ) { question, headers, encoding throws(HubError) in
            let answer = try await hub.exchange(question, secret: try Self.secret(in: headers))
            return encoding == .json ? answer.namingFields(hub.schema) : answer
        }
        let enrol = Endpoint<WireEnrolRequest, WireEnrolResponse>(
            name: "devices", limits: small, logger: logger, admit: { _ in }
        ) { question, headers, _ throws(HubError) in
            let secret = headers[.authorization] == nil ? nil : try Self.secret(in: headers)
            return try await hub.enrol(question, secret: secret)
        }
        let compare = Endpoint<WireCompareRequest, WireCompareResponse>(
            name: "compare", limits: hub.limits, logger: logger, admit: known
        ) { question, headers, _ throws(HubError) in
            try await hub.compare(question, secret: try Self.secret(in: headers))
        }
        let router = Router()
        router.post("v1/exchange") { request, _ in await exchange.respond(to: request) }
        router.post("v1/devices") { request, _ in await enrol.respond(to: request) }
        router.post("v1/compare") { request, _ in await compare.respond(to: request) }
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
