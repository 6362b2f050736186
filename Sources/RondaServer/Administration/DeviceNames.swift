internal import Foundation
internal import RondaModel
internal import RondaStore

/// What devices are called by those who administer them.
struct DeviceNames: Sendable {
    private let logins: [RecordID: String]
    /// Those of people: the server's own is nobody's.
    let devices: [Device]

    init(_ store: any StoreReader) throws {
        logins = Dictionary(
            try store.accounts().map { ($0.id, $0.login) }, uniquingKeysWith: { $1 })
        devices = try store.devices().filter { !$0.secretHash.isEmpty }
    }

    func login(_ device: Device) -> String { logins[device.account] ?? "?" }

    /// `ana (portátil) 3f2a91c4`
    func title(_ device: Device) -> String {
        "\(login(device)) (\(device.name)) \(handle(device))"
    }

    func title(_ id: RecordID) -> String {
        devices.first { $0.id == id }.map(title) ?? String(id.hex.prefix(8))
    }

    /// The end of the id: ids minted on the same day begin alike.
    func handle(_ device: Device) -> String { String(device.id.hex.suffix(8)) }

    /// The device that is meant by its id, the beginning or the end of it, its name, or the login of
    /// somebody who has only one.
    func find(_ asked: String) throws(ServerTerminal.Failure) -> Device {
        let digits = asked.lowercased().filter { $0 != "-" }
        let isID = digits.count >= 4 && digits.allSatisfy(\.isHexDigit)
        let byID = devices.filter {
            isID && ($0.id.hex.hasPrefix(digits) || $0.id.hex.hasSuffix(digits))
        }
        let byName = devices.filter { $0.name == asked || login($0) == asked }
        let found = byID.isEmpty ? byName : byID
        if found.count == 1 { return found[0] }
        if found.isEmpty {
            throw ServerTerminal.Failure(
                .notFound, "unknownDevice",
                Phrase(
                    en: "there is no device “\(asked)”; see: ronda-server status",
                    es: "no hay un equipo «\(asked)»; vea: ronda-server status"))
        }
        let list = found.map(title).joined(separator: ", ")
        throw ServerTerminal.usage(
            "“\(asked)” fits more than one device; write its id: \(list)",
            "«\(asked)» corresponde a más de un equipo; escriba su identificador: \(list)")
    }
}

extension Instant {
    /// `2026-11-22T07:20:36Z`
    var text: String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1_000).formatted(.iso8601)
    }
}
