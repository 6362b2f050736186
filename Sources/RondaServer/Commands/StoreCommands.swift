internal import ArgumentParser
internal import Foundation
internal import Logging
internal import RondaHub
internal import RondaModel
internal import RondaSQLite
internal import RondaStore
internal import RondaStoreSQLite
internal import ServiceLifecycle
internal import UnixSignals

struct InitCommand: ServerSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Create an empty store / Crear un almacén vacío")

    @OptionGroup var options: CommonOptions

    @Flag(name: .long, help: "Make a certificate to try TLS with / Hacer un certificado de prueba.")
    var tls = false

    @OptionGroup var names: CertificateNames

    private struct Document: Encodable {
        let hub: String
        let data: String
        /// What `ronda login --pin` takes.
        let pin: String?
    }

    func run() async throws {
        // Devices know the store that a restore was about to put here; a new one would not know them.
        if Disk.restoreWasInterrupted(in: options.data) { throw Disk.interrupted(options.data) }
        let hub = Hub.identity(.system)
        _ = try SQLiteStore.create(in: options.data, hub: hub)
        let certificate = tls ? try ServerCertificate.make(in: options.data, for: names.all) : nil
        try options.terminal.show(
            Document(hub: hub.id.description, data: options.data, pin: certificate?.pin),
            (certificate.map(CertificateDocument.lines) ?? []) + [
                Phrase(
                    en: "Created a store in \(options.data). Next: ronda-server import, user add, "
                        + "device code, serve.",
                    es: "Se creó un almacén en \(options.data). Siga con: ronda-server import, "
                        + "user add, device code, serve.")
            ])
    }
}

struct ServeCommand: ServerSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve devices until stopped / Atender a los equipos")

    @OptionGroup var options: CommonOptions

    @Option(name: .long, help: "Address to listen on / Dirección.")
    var host = "127.0.0.1"

    @Option(name: .long, help: "Port, 0 for any free one / Puerto, 0 para uno libre.")
    var port = 8080

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Requests a second of one device, in the long run; 0 for no bound / "
                + "Solicitudes por segundo de un equipo; 0 sin límite.", valueName: "n"))
    var requestsPerSecond = 20

    @Option(
        name: .long,
        help: ArgumentHelp("Certificate and chain, PEM / Certificado, PEM.", valueName: "file"))
    var certificate: String?

    @Option(name: .long, help: ArgumentHelp("Its key, PEM / Su clave, PEM.", valueName: "file"))
    var key: String?

    @Flag(
        name: .long,
        help: "HTTP, although the store has a certificate / HTTP aunque haya un certificado.")
    var plain = false

    private struct Document: Encodable {
        let host: String
        let port: Int
        let url: String
        /// The fingerprint by which devices know the server; `nil` without TLS.
        let pin: String?
    }

    /// The given one, or that of `init --tls`; `nil` for HTTP.
    private func serverCertificate() throws -> ServerCertificate? {
        switch (certificate, key) {
        case (let certificate?, let key?):
            return try ServerCertificate(certificate: certificate, key: key)
        case (nil, nil):
            let paths = ServerCertificate.paths(in: options.data)
            guard !plain, Disk.exists(paths.certificate) || Disk.exists(paths.key) else {
                return nil
            }
            // Whoever asked for TLS is not served without it because the making was cut short.
            guard Disk.exists(paths.certificate) else {
                throw ServerTerminal.Failure(
                    .other, "badCertificate",
                    Phrase(
                        en:
                            "\(paths.key) has no certificate; make it with ronda-server certificate, "
                            + "or serve with --plain",
                        es:
                            "\(paths.key) no tiene certificado; hágalo con ronda-server certificate, "
                            + "o sirva con --plain"))
            }
            return try ServerCertificate(certificate: paths.certificate, key: paths.key)
        default:
            throw ServerTerminal.usage(
                "--certificate and --key belong together", "--certificate y --key van juntos")
        }
    }

    func run() async throws {
        guard (0...65_535).contains(port) else {
            throw ServerTerminal.usage(
                "--port must be between 0 and 65535", "--port debe estar entre 0 y 65535")
        }
        guard (0...100_000).contains(requestsPerSecond) else {
            throw ServerTerminal.usage(
                "--requests-per-second must be between 0 and 100000",
                "--requests-per-second debe estar entre 0 y 100000")
        }
        OpenFiles.raiseLimit()
        try SQLiteStore.check(in: options.data)
        let certificate = try serverCertificate()
        // Before the store is opened: a restore may be about to put another in its place.
        let lock = try ServeLock.take(in: options.data)
        defer { withExtendedLifetime(lock) {} }
        let hub = try options.openHub()
        let terminal = options.terminal
        // A store that was put in place by whatever means brings nobody back.
        try await Erasing.replay(in: hub, terminal)
        let address = RondaApplication.Address(host: host, port: port)
        let rates = Rates(requestsPerSecond: requestsPerSecond)
        let application = RondaApplication(
            hub: hub, address: address, rates: rates, certificate: certificate
        ) { address in
            let scheme = certificate == nil ? "http" : "https"
            let url = "\(scheme)://\(address.host):\(address.port)"
            // Standard output that cannot be written is no reason not to serve.
            try? terminal.show(
                Document(
                    host: address.host, port: address.port, url: url, pin: certificate?.pin),
                [Phrase(en: "Serving on \(url)", es: "Atendiendo en \(url)")]
                    + (certificate.map { [CertificateDocument.lines($0)[0]] } ?? []))
            fflush(nil)
        }
        do {
            // SIGTERM and an interrupt end the requests in progress first; SIGKILL may come at any
            // moment all the same.
            let group = ServiceGroup(
                services: [application], gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "ronda.server"))
            try await group.run()
            terminal.note(Phrase(en: "Stopped.", es: "Detenido."))
        } catch let error where "\(error)".contains("bind") {
            throw ServerTerminal.Failure(
                .other, "addressInUse",
                Phrase(
                    en: "cannot listen on \(host):\(port); is another program using it?",
                    es: "no se puede escuchar en \(host):\(port); ¿lo usa otro programa?"))
        } catch let error where "\(type(of: error)) \(error)".contains("SocketAddressError") {
            throw ServerTerminal.Failure(
                .usage, "badAddress",
                Phrase(
                    en: "\(host) is no address of this machine; --host takes one like 127.0.0.1 "
                        + "or 0.0.0.0",
                    es: "\(host) no es una dirección de esta máquina; --host lleva una como "
                        + "127.0.0.1 o 0.0.0.0"))
        }
    }
}

struct SampleCommand: ServerSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "sample",
        abstract: "Write invented customers to try with / Escribir clientes inventados")

    @OptionGroup var options: CommonOptions

    @Option(name: .long, help: "Directory for the three CSV files / Directorio de los CSV.")
    var out: String

    @Option(name: .long, help: "How many customers / Cuántos clientes.")
    var customers = 400

    @Option(name: .long, help: "The same seed gives the same files / Semilla.")
    var seed: UInt64 = 2026

    private struct Document: Encodable {
        let customers: String
        let purchases: String
        let territories: String
    }

    func run() async throws {
        guard (1...1_000_000).contains(customers) else {
            throw ServerTerminal.usage(
                "--customers must be between 1 and 1000000",
                "--customers debe estar entre 1 y 1000000")
        }
        let today = Int32(Surroundings.system.now().milliseconds / 86_400_000)
        var random = SplitMix64(seed: seed)
        let files = SampleGenerator.files(customers: customers, today: today, using: &random)
        let document = Document(
            customers: out + "/customers.csv", purchases: out + "/purchases.csv",
            territories: out + "/territories.csv")
        do {
            try FileManager.default.createDirectory(
                atPath: out, withIntermediateDirectories: true)
            try Data(files.customers.utf8).write(to: URL(filePath: document.customers))
            try Data(files.purchases.utf8).write(to: URL(filePath: document.purchases))
            try Data(files.territories.utf8).write(to: URL(filePath: document.territories))
        } catch {
            throw ServerTerminal.Failure(
                .other, "cannotWrite",
                Phrase(
                    en: "cannot write to \(out); check that it exists and has space",
                    es: "no se puede escribir en \(out); revise que exista y tenga espacio"))
        }
        try options.terminal.show(
            document,
            [
                Phrase(
                    en: "Wrote \(customers) invented customers to \(out)",
                    es: "Se escribieron \(customers) clientes inventados en \(out)")
            ])
    }
}
