internal import Crypto
internal import Foundation
internal import NIOSSL
internal import RondaModel
internal import SwiftASN1
internal import X509

/// By what the server proves who it is.
package struct ServerCertificate: Sendable {
    let configuration: TLSConfiguration
    /// SHA-256 of the public key (SubjectPublicKeyInfo), as libcurl takes it:
    /// https://curl.se/libcurl/c/CURLOPT_PINNEDPUBLICKEY.html. It stays when a certificate is made
    /// anew for the same key.
    let pin: String

    /// Where `init --tls` keeps the pair, in the directory of the store.
    static func paths(in data: String) -> (certificate: String, key: String) {
        (data + "/tls-certificate.pem", data + "/tls-key.pem")
    }

    /// A certificate with its chain, and its key, both in PEM.
    init(certificate: String, key: String) throws(ServerTerminal.Failure) {
        for path in [certificate, key] where !FileManager.default.isReadableFile(atPath: path) {
            throw ServerTerminal.Failure(
                .notFound, "fileNotFound",
                Phrase(
                    en: "cannot read \(path); check the name and its permissions",
                    es: "no se puede leer \(path); revise el nombre y los permisos"))
        }
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(certificate)
            guard let leaf = chain.first else { throw NIOSSLError.failedToLoadCertificate }
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["http/1.1"]
            // Says here, and not to the first device, that the two do not belong together.
            _ = try NIOSSLContext(configuration: configuration)
            self.configuration = configuration
            pin = Self.pin(of: try leaf.extractPublicKey().toSPKIBytes())
        } catch {
            throw ServerTerminal.Failure(
                .other, "badCertificate",
                Phrase(
                    en: "\(certificate) and \(key) are no certificate and its key, both in PEM",
                    es: "\(certificate) y \(key) no son un certificado y su clave, ambos en PEM"))
        }
    }

    private static func pin(of publicKey: some Sequence<UInt8>) -> String {
        "sha256//" + Data(SHA256.hash(data: Array(publicKey))).base64EncodedString()
    }
}

// MARK: - Made here

extension ServerCertificate {
    /// With a pinned key nobody looks at the dates; long enough for what it is meant for.
    private static let validDays = 3_650.0

    /// Makes a key and a certificate that it signs itself, for these names and addresses. Cut short
    /// between the two, it goes on with the key that it had made.
    static func make(in data: String, for names: [String]) throws -> ServerCertificate {
        let paths = paths(in: data)
        let key: P256.Signing.PrivateKey
        if Disk.exists(paths.key), !Disk.exists(paths.certificate) {
            key = try kept(at: paths.key)
        } else {
            key = P256.Signing.PrivateKey()
            try write(key.pemRepresentation + "\n", to: paths.key)
        }
        let name = try DistinguishedName { CommonName("Ronda") }
        let now = Date()
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(),
            publicKey: Certificate.PublicKey(key.publicKey),
            notValidBefore: now.addingTimeInterval(-86_400),
            notValidAfter: now.addingTimeInterval(validDays * 86_400), issuer: name, subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                SubjectAlternativeNames(names.map(generalName))
            }, issuerPrivateKey: Certificate.PrivateKey(key))
        try write(try certificate.serializeAsPEM().pemString + "\n", to: paths.certificate)
        return try ServerCertificate(certificate: paths.certificate, key: paths.key)
    }

    private static func generalName(_ name: String) -> GeneralName {
        var four = in_addr()
        if inet_pton(AF_INET, name, &four) == 1 {
            return .ipAddress(
                withUnsafeBytes(of: four) { ASN1OctetString(contentBytes: [UInt8]($0)[...]) })
        }
        var six = in6_addr()
        if inet_pton(AF_INET6, name, &six) == 1 {
            return .ipAddress(
                withUnsafeBytes(of: six) { ASN1OctetString(contentBytes: [UInt8]($0)[...]) })
        }
        return .dnsName(name)
    }

    /// The key of a pair whose certificate was never written.
    private static func kept(at path: String) throws -> P256.Signing.PrivateKey {
        do {
            return try P256.Signing.PrivateKey(
                pemRepresentation: String(contentsOfFile: path, encoding: .utf8))
        } catch {
            throw ServerTerminal.Failure(
                .refusedByRule, "alreadyThere",
                Phrase(
                    en: "\(path) is there without a certificate, and is no key that was made here; "
                        + "it was left as it is: move it away and try again",
                    es: "\(path) está sin certificado y no es una clave hecha aquí; se dejó como "
                        + "estaba: quítela de ahí e intente de nuevo"))
        }
    }

    /// Whole or not at all, readable by nobody else from its first moment, and never over a file that
    /// is there.
    private static func write(_ text: String, to path: String) throws {
        let making = path + ".new"
        // One that a run left which was cut short is nobody's.
        unlink(making)
        let descriptor = open(making, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw cannotMake(path) }
        defer { unlink(making) }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try handle.write(contentsOf: Data(text.utf8))
        try handle.synchronize()
        guard link(making, path) == 0 else { throw cannotMake(path) }
        try Disk.synchronize(directory: Disk.folder(of: path))
    }

    private static func cannotMake(_ path: String) -> ServerTerminal.Failure {
        ServerTerminal.Failure(
            .refusedByRule, "alreadyThere",
            Phrase(
                en: "\(path) exists already, or cannot be written; it was left as it is",
                es: "\(path) ya existe o no se puede escribir; se dejó como estaba"))
    }
}
