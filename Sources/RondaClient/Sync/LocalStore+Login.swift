internal import Foundation
internal import GRDB
internal import RondaModel
internal import RondaProtobuf
internal import RondaSQLite

extension LocalStore {
    /// Turns this store into a device of the account that the code was made for.
    ///
    /// The secret is made here and kept before the code is sent, so that the same code may be sent
    /// again when the answer was lost. A store that is logged in stays whose it is; when a restored
    /// server does not know it any more, it is brought back as the device it was. The pin that it has
    /// for this address stays when none is given.
    /// - Throws: `ClientError` with code `alreadyLoggedIn`, `offline` or `server`.
    public func login(
        server: String, pin: String? = nil, code: String, deviceName: String,
        transport: any Transport
    ) async throws(ClientError) -> DeviceIdentity {
        let lost = try await lostIdentity()
        let pin = pin ?? lost?.identity.address.pin(at: server)
        let secret: [UInt8]
        if let lost { secret = lost.secret } else { secret = try await pendingSecret(for: code) }
        var request = WireEnrolRequest()
        request.code = code
        request.secret = Data(secret)
        if let lost {
            request.device = Data(lost.identity.device.bytes)
            request.account = Data(lost.identity.account.bytes)
        }
        request.name = deviceName
        let answer = try await enrol(request, over: transport, as: lost?.identity)
        guard let device = RecordID(bytes: answer.device),
            let account = RecordID(bytes: answer.account), let hub = RecordID(bytes: answer.hub),
            let role = Role(rawValue: answer.role)
        else {
            throw ClientError(
                .server,
                Phrase(
                    en: "the server's answer was not understood; update this program",
                    es: "no se entendió la respuesta del servidor; actualice este programa"),
                detail: "login answer with role \(answer.role)")
        }
        // A device stays whose it was, at the hub it was.
        if let lost, try await !writing({ try Facts(database: $0).isOurs(answer) }) {
            throw Self.codeOfAnother(lost.identity)
        }
        let identity = DeviceIdentity(
            device: device, account: account, accountName: answer.accountName, role: role, hub: hub,
            server: server, pin: pin, ordinal: lost?.identity.ordinal ?? 0)
        try await adopt(
            identity, secret: secret, hubKey: Array(answer.hubKey),
            bundleKey: Array(answer.bundleKey))
        return identity
    }

    /// `lost` is the device that is brought back, whose account alone the code may be for.
    private func enrol(
        _ request: WireEnrolRequest, over transport: any Transport, as lost: DeviceIdentity?
    ) async throws(ClientError) -> WireEnrolResponse {
        do throws(ClientError) {
            let calls = ServerCalls(transport: transport, limits: limits, isLogin: true)
            return try await calls.enrol(request)
        } catch {
            guard let lost, error.serverCode == "badCode" else { throw error }
            throw Self.codeOfAnother(lost, detail: error.detail)
        }
    }

    private static func codeOfAnother(
        _ lost: DeviceIdentity, detail: String = ""
    ) -> ClientError {
        ClientError(
            .server,
            Phrase(
                en: "this code is wrong, was used, has expired or is for another account or "
                    + "server; ask the office for a new one for \(lost.accountName)",
                es: "este código no es válido, ya se usó, venció o es de otra cuenta o de otro "
                    + "servidor; pida a la oficina uno nuevo para \(lost.accountName)"),
            detail: detail, serverCode: "badCode")
    }

    /// The identity of a store whose server does not know it any more.
    private func lostIdentity() async throws(ClientError) -> (
        identity: DeviceIdentity, secret: [UInt8]
    )? {
        try await writing { database in
            let facts = Facts(database: database)
            guard let identity = try facts.identity() else { return nil }
            guard try facts.number(.isUnknown) != nil, let secret = try facts.bytes(.secret) else {
                throw Self.alreadyLoggedIn(identity)
            }
            return (identity, secret)
        }
    }

    private static func alreadyLoggedIn(_ identity: DeviceIdentity) -> ClientError {
        ClientError(
            .alreadyLoggedIn,
            Phrase(
                en: "this device already belongs to \(identity.accountName); use another "
                    + "directory (--home) for another account",
                es: "este equipo ya es de \(identity.accountName); use otro directorio (--home) "
                    + "para otra cuenta"))
    }

    /// Makes the store the device that `identity` names.
    package func adopt(
        _ identity: DeviceIdentity, secret: [UInt8], hubKey: [UInt8] = [],
        bundleKey: [UInt8] = []
    ) async throws(ClientError) {
        do {
            try await pool.write { database in
                let facts = Facts(database: database)
                // Two logins at once on one store: the first one holds.
                let other = try facts.identity()
                if let other, other.device != identity.device {
                    throw Self.alreadyLoggedIn(other)
                } else if other != nil {
                    // A hub that had lost the device had lost what it told it, too.
                    try History(database: database).forgetStreams()
                }
                try facts.set(.device, identity.device.bytes)
                try facts.set(.account, identity.account.bytes)
                try facts.set(.accountName, text: identity.accountName)
                try facts.set(.role, text: identity.role.rawValue)
                try facts.set(.hub, identity.hub.bytes)
                try facts.set(identity.address)
                try facts.set(.secret, secret)
                try facts.remove(.pendingSecret)
                // What it has signed is checked with the key that was there first.
                if try facts.bytes(.hubKey) ?? [] == [] { try facts.set(.hubKey, hubKey) }
                try facts.learn(bundleKey: bundleKey)
                try facts.remove(.isUnknown)
            }
        } catch {
            throw .store(error, path: path)
        }
    }

    /// The server is somewhere else now, or has another key. Nothing is sent.
    public func move(to address: ServerAddress) async throws(ClientError) {
        try await writing { try Facts(database: $0).set(address) }
    }

    /// The secret that was made for this code: the same one when the code is sent again.
    private func pendingSecret(for typed: String) async throws(ClientError) -> [UInt8] {
        // The same code, however it is typed the second time.
        let code = typed.uppercased().filter { $0.isLetter || $0.isNumber }
        let surroundings = surroundings
        do {
            return try await pool.write { database in
                let facts = Facts(database: database)
                let kept = try facts.bytes(.pendingSecret) ?? []
                if Array(kept.dropFirst(32)) == Array(code.utf8) { return Array(kept.prefix(32)) }
                let secret = (0..<4).flatMap { _ in
                    withUnsafeBytes(of: surroundings.random(), Array.init)
                }
                try facts.set(.pendingSecret, secret + Array(code.utf8))
                return secret
            }
        } catch {
            throw .store(error, path: path)
        }
    }
}
