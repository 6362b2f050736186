internal import ArgumentParser
internal import Foundation
internal import RondaModel

struct CertificateCommand: ServerSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "certificate",
        abstract: "The server's own certificate, made when there is none / "
            + "El certificado propio del servidor",
        aliases: ["certificado"])

    @OptionGroup var options: CommonOptions
    @OptionGroup var names: CertificateNames

    func run() async throws {
        // Only beside a store: elsewhere nobody would look for it.
        _ = try options.openHub()
        let paths = ServerCertificate.paths(in: options.data)
        let isThere = FileManager.default.fileExists(atPath: paths.certificate)
        let certificate =
            isThere
            ? try ServerCertificate(certificate: paths.certificate, key: paths.key)
            : try ServerCertificate.make(in: options.data, for: names.all)
        try options.terminal.show(
            CertificateDocument(
                certificate: paths.certificate, pin: certificate.pin, made: !isThere),
            CertificateDocument.lines(certificate))
    }
}

struct CertificateNames: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "A name or address of this server, repeatable / Un nombre o dirección de este servidor.",
            valueName: "host"))
    var name: [String] = []

    var all: [String] {
        let own = ["localhost", "127.0.0.1", "::1", ProcessInfo.processInfo.hostName]
        return name + own.filter { !name.contains($0) }
    }
}

struct CertificateDocument: Encodable {
    let certificate: String
    /// What `ronda login --pin` takes.
    let pin: String
    let made: Bool

    static func lines(_ certificate: ServerCertificate) -> [Phrase] {
        [
            Phrase(
                en: "Devices know this server by: \(certificate.pin)",
                es: "Los equipos reconocen este servidor por: \(certificate.pin)"),
            Phrase(
                en: "They log in with: ronda login --server https://HOST:PORT --pin PIN",
                es: "Entran con: ronda entrar --server https://HOST:PUERTO --pin PIN"),
        ]
    }
}
