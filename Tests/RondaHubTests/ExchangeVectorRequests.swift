import Foundation
import RondaHub
import RondaModel
import RondaProtobuf
import RondaStore
import RondaWire
import SwiftProtobuf

/// The little that a device of a vector remembers between two requests.
struct ExchangeDevice {
    let id: RecordID
    let secret: [UInt8]
    var epoch = Data()
    var cursors: [UInt32: WireCursor] = [:]
    var sent: [UInt64: WireCommit] = [:]
    var receipt: WireReceipt?
    /// What it has taken over of who sees what.
    var assignment: UInt64 = 0

    mutating func absorb(_ answer: WireExchangeResponse) {
        if answer.epoch != epoch {
            cursors = [:]
            if !epoch.isEmpty { assignment = 0 }
        }
        let isSame = epoch.isEmpty || answer.epoch == epoch
        if isSame, !answer.more, !answer.advice.recovering, answer.assignment > 0 {
            assignment = answer.assignment
        }
        epoch = answer.epoch
        for stream in answer.streams {
            cursors[stream.scope] = .with {
                $0.scope = stream.scope
                $0.seq = stream.seq
                $0.behind = stream.behind
                $0.start = stream.start
                $0.part = stream.part
            }
        }
        for scope in answer.lostScopes { cursors[scope] = nil }
        if answer.hasReceipt { receipt = answer.receipt }
    }
}

extension ExchangeVector {
    mutating func exchange(_ step: JSON) async throws -> JSON {
        let name = step["device"]?.text ?? ""
        var device = try device(step["device"])
        let asked = step["request"] ?? .null
        let request = try request(asked, of: &device, scopes: try await scopes())
        devices[name] = device
        let secret = asked["secret"] == nil ? device.secret : try asked.bytes("secret")
        let before = try await identity().generation
        let answer: WireExchangeResponse
        do throws(HubError) {
            answer = try await hub.exchange(request, secret: secret)
        } catch {
            return .problem(error)
        }
        if try await identity().generation != before { try await noteGeneration() }
        try await check(answer, to: device)
        let told = try said(
            answer, to: device, scopes: try await scopes(),
            isRenewed: try await identity().generation > 0)
        if step["dropAnswer"]?.flag != true { devices[name]?.absorb(answer) }
        return told
    }

    /// What another carries: a bundle of the device, which keeps nothing of the answer.
    mutating func deliver(_ asked: JSON, of name: String) async throws -> JSON {
        var device = try device(.string(name))
        var request = try request(asked, of: &device, scopes: try await scopes())
        devices[name] = device
        if asked["cursors"] == nil { request.cursors = [] }
        if asked["pushOnly"] == nil { request.pushOnly = true }
        if asked["assignment"] == nil { request.assignment = 0 }
        let hub = try await identity()
        let bundle = try BundleSeal.seal(
            request, of: device.id, secret: device.secret, for: hub.id,
            key: BundleSeal.publicKey(ofSeed: hub.key))
        do throws(HubError) {
            let answer = try await self.hub.deliver(bundle)
            return .members([
                ("status", .integer(200)), ("commits", .integer(Int(answer.commits))),
                ("known", .bool(answer.known)),
            ])
        } catch {
            return .problem(error)
        }
    }

    private func request(
        _ asked: JSON, of device: inout ExchangeDevice, scopes: [ScopeHead]
    ) throws -> WireExchangeRequest {
        try asked.only([
            "commits", "cursors", "epoch", "protocol", "secret", "device", "tray", "given", "open",
            "queued", "pushOnly", "completeTo", "deviceTime", "proof", "assignment", "verdictsSeen",
            "erased", "inParts", "outline",
        ])
        var request = WireExchangeRequest()
        request.protocol = UInt32(asked["protocol"]?.int ?? 1)
        request.schema = schema.version
        request.epoch = asked["epoch"] == nil ? device.epoch : Data(try asked.bytes("epoch"))
        let claimed = try asked["device"].map { try self.device($0).id } ?? device.id
        request.device = Data(claimed.bytes)
        request.cursors =
            try asked["cursors"].map { try cursors($0, scopes: scopes) }
            ?? device.cursors.sorted { $0.key < $1.key }.map(\.value)
        for item in asked["commits"]?.repeated ?? [] {
            request.commits.append(try commit(item, of: &device))
        }
        request.tray = try (asked["tray"]?.repeated ?? []).map { item in
            try item.only(["number", "disposition", "times"])
            return try .with {
                $0.number = item["number"]?.uint ?? 0
                $0.disposition = try disposition(item["disposition"])
            }
        }
        request.given = try (asked["given"]?.repeated ?? []).map(given)
        request.open = try numbers(asked["open"])
        request.erased = try (asked["erased"]?.items ?? []).map {
            Data(try names.record($0.text ?? "").id.bytes)
        }
        request.queued = UInt32(asked["queued"]?.int ?? 0)
        request.pushOnly = asked["pushOnly"]?.flag ?? false
        request.inParts = asked["inParts"]?.flag ?? false
        request.outline = asked["outline"]?.flag ?? false
        request.verdictsSeen = asked["verdictsSeen"]?.uint ?? 0
        request.completeToMs = asked["completeTo"]?.uint ?? 0
        request.assignment =
            try asked["assignment"].map(names.mark) ?? (request.pushOnly ? 0 : device.assignment)
        request.deviceTimeMs = asked["deviceTime"]?.int ?? 0
        if let proof = asked["proof"] { request.proof = try receipt(proof, of: device) }
        return request
    }

    private func cursors(_ asked: JSON, scopes: [ScopeHead]) throws -> [WireCursor] {
        var cursors: [WireCursor] = []
        for item in asked.items {
            try item.only(["scope", "number", "seq", "behind", "start", "part", "times"])
            let named = scopes.first { scopeName($0.id) == item["scope"]?.text }?.number
            guard let first = named ?? item["number"]?.uint.map({ UInt32($0) }) else {
                throw VectorNames.Unknown(description: "cursor \(item.flat)")
            }
            for more in 0..<UInt32(item["times"]?.int ?? 1) {
                var cursor = WireCursor()
                cursor.scope = first + more
                cursor.seq = item["seq"]?.uint ?? 0
                cursor.behind = item["behind"]?.uint ?? 0
                cursor.start = item["start"]?.uint ?? 0
                cursor.part = UInt32(item["part"]?.uint ?? 0)
                cursors.append(cursor)
            }
        }
        return cursors
    }

    private func commit(_ item: JSON, of device: inout ExchangeDevice) throws -> WireCommit {
        if let number = item["again"]?.uint {
            try item.only(["again", "of"])
            let sender = try item["of"].map { try self.device($0) } ?? device
            guard let commit = sender.sent[number] else {
                throw VectorNames.Unknown(description: "commit \(item.flat)")
            }
            return commit
        }
        var commit: WireCommit
        if let raw = item["raw"] {
            try item.only(["raw"])
            commit = try WireCommit(jsonString: raw.flat)
        } else {
            try item.only([
                "number", "stamp", "schema", "changes", "previous", "times", "assignment",
            ])
            commit = WireCommit(try names.commit(item, assignment: device.assignment))
            if item["previous"] != nil {
                commit.previous = Data(try item.bytes("previous"))
            } else if commit.number > 1, let before = device.sent[commit.number - 1] {
                let bytes: Data = try before.numbered(schema: schema).serializedData()
                commit.previous = Data(ChainHash.of(bytes).id.bytes)
            }
        }
        device.sent[commit.number] = commit
        return commit
    }

    private func given(_ item: JSON) throws -> WireGiven {
        try item.only(["number", "versions", "code", "disposition", "times"])
        var given = WireGiven()
        given.number = item["number"]?.uint ?? 0
        given.versions = try (item["versions"]?.items ?? []).map { try names.version($0) }
        if let name = item["code"]?.text {
            guard let code = RefusalCode.allCases.first(where: { $0.name == name }) else {
                throw VectorNames.Unknown(description: "code \(name)")
            }
            given.code = WireCode(rawValue: Int(code.rawValue)) ?? .unspecified
        }
        given.disposition = try disposition(item["disposition"])
        return given
    }

    private func disposition(_ name: JSON?) throws -> WireDisposition {
        guard let name else { return .unspecified }
        let all: [String: WireDisposition] = [
            "office": .office, "discarded": .discarded, "resubmitted": .resubmitted,
        ]
        guard let disposition = all[name.text ?? ""] else {
            throw VectorNames.Unknown(description: "disposition \(name.flat)")
        }
        return disposition
    }

    private func numbers(_ asked: JSON?) throws -> [UInt64] {
        if let first = asked?["from"]?.uint, let last = asked?["to"]?.uint {
            return Array(first...last)
        }
        return try (asked?.items ?? []).map { item in
            guard let number = item.uint else {
                throw VectorNames.Unknown(description: "number \(item.flat)")
            }
            return number
        }
    }

    private func receipt(_ asked: JSON, of device: ExchangeDevice) throws -> WireReceipt {
        guard var receipt = device.receipt, let which = asked.text else {
            throw VectorNames.Unknown(description: "proof \(asked.flat)")
        }
        switch which {
        case "latest": break
        case "forged": receipt.number += 1
        default: throw VectorNames.Unknown(description: "proof \(which)")
        }
        return receipt
    }
}

// MARK: - The other calls

extension ExchangeVector {
    mutating func enrol(_ asked: JSON, as name: String) async throws -> JSON {
        try asked.only(["by", "secret", "device", "account", "reason"])
        var request = WireEnrolRequest()
        request.secret = Data(try asked.bytes("secret"))
        request.name = name
        if asked["device"] != nil { request.device = Data(try asked.bytes("device")) }
        if let name = asked["account"]?.text {
            guard let person = names.people[name] else {
                throw VectorNames.Unknown(description: "person \(name)")
            }
            request.account = Data(person.id.bytes)
        }
        if asked["reason"]?.text == "continued" { request.reason = .continued }
        let secret = try device(asked["by"]).secret
        let answer: WireEnrolResponse
        do throws(HubError) {
            answer = try await hub.enrol(request, secret: secret)
        } catch {
            return .problem(error)
        }
        let id = RecordID(data: answer.device)
        let person = names.personName(RecordID(data: answer.account))
        if names.deviceName(id) == nil {
            names.devices[name] = (id, person)
            devices[name] = ExchangeDevice(id: id, secret: Array(request.secret))
        }
        return .members([
            ("status", .integer(200)), ("account", .string(person)),
            ("device", .string(names.deviceName(id) ?? "")),
        ])
    }

    func compare(_ asked: JSON, of device: ExchangeDevice) async throws -> JSON {
        try asked.only(["scope", "ranges", "wanted", "epoch"])
        let scope = asked["scope"]?.text ?? ""
        var request = WireCompareRequest()
        request.epoch = asked["epoch"] == nil ? device.epoch : Data(try asked.bytes("epoch"))
        request.scope = try await scopes().first { scopeName($0.id) == scope }?.number ?? 0
        for item in asked["ranges"]?.items ?? [] {
            try item.only(["id", "bits", "times"])
            let range = try WireRange.with {
                $0.bits = UInt32(item["bits"]?.int ?? 0)
                $0.id = item["id"] == nil ? Data(count: 16) : Data(try item.bytes("id"))
            }
            request.ranges += Array(repeating: range, count: Int(item["times"]?.int ?? 1))
        }
        request.wanted = try (asked["wanted"]?.items ?? []).map {
            Data(try names.record($0.text ?? "").id.bytes)
        }
        let answer: WireCompareResponse
        do throws(HubError) {
            answer = try await hub.compare(request, secret: device.secret)
        } catch {
            return .problem(error)
        }
        return try said(answer)
    }
}

extension JSON {
    /// The items of a list, of which one with `times` stands for as many with ascending numbers.
    fileprivate var repeated: [JSON] {
        items.flatMap { item in
            guard let times = item["times"]?.uint, let first = item["number"]?.uint else {
                return [item]
            }
            return (0..<times).map { more in
                .object(
                    item.members.map {
                        $0.key == "number"
                            ? Member(key: "number", value: .integer(first + more)) : $0
                    })
            }
        }
    }
}
