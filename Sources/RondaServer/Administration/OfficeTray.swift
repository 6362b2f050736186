internal import Foundation
internal import RondaHub
internal import RondaMerge
internal import RondaModel
internal import RondaProtobuf
internal import RondaStore
internal import RondaWire
internal import SwiftProtobuf

/// A refused commit as the office sees it.
struct OfficeTrayEntry: Sendable {
    let device: Device
    let title: String
    let entry: JournalEntry
    /// `nil` for bytes that cannot be read as a commit.
    let commit: Commit?
    /// What the touched records hold now.
    let now: [RecordID: FieldValues]
    /// Commits of the same device that wait for what it would have made.
    let waiting: Int

    var refusal: Refusal { entry.verdict.refusal ?? Refusal(.malformed) }

    init(
        _ entry: JournalEntry, device: Device, title: String, schema: Schema,
        in store: any StoreReader
    ) throws {
        self.device = device
        self.title = title
        self.entry = entry
        // Of what cannot be read there is nothing to show but its number and why it was refused.
        let wire = entry.content.flatMap { try? WireCommit(serializedBytes: $0) }
        let read = wire.flatMap { try? $0.model(schema: schema) }.map(schema.upCast)
        commit = read
        var now: [RecordID: FieldValues] = [:]
        for change in read?.changes ?? [] {
            guard let record = try store.record(change.record), !record.isDeleted else { continue }
            now[change.record] = record.shownValues
        }
        self.now = now
        let records = Set(read?.changes.map(\.record) ?? [])
        waiting = try store.waiting(for: nil)
            .count { $0.device == device.id && records.contains($0.record) }
    }
}

/// The refused commits of every device.
struct OfficeTray: Sendable {
    let hub: Hub
    /// Who decides.
    var actor = AuditEntry.server

    /// Those that nobody has dealt with. What the server itself was refused was said at once.
    func list() async throws -> [OfficeTrayEntry] {
        let schema = hub.schema
        return try await hub.store.read { store in
            let names = try DeviceNames(store)
            return try store.tray().compactMap { entry in
                guard let device = names.devices.first(where: { $0.id == entry.device }) else {
                    return nil
                }
                return try OfficeTrayEntry(
                    entry, device: device, title: names.title(device), schema: schema, in: store)
            }
        }
    }

    /// The refused commit of a device with this number, which nobody has dealt with.
    func find(_ asked: String, _ number: UInt64) async throws -> OfficeTrayEntry {
        let schema = hub.schema
        let found: Result<OfficeTrayEntry, ServerTerminal.Failure> = try await hub.store.read {
            store in
            do throws(ServerTerminal.Failure) {
                return .success(try Self.find(asked, number, schema: schema, in: store))
            } catch {
                return .failure(error)
            }
        }
        return try found.get()
    }

    private static func find(
        _ asked: String, _ number: UInt64, schema: Schema, in store: any StoreReader
    ) throws(ServerTerminal.Failure) -> OfficeTrayEntry {
        do {
            let names = try DeviceNames(store)
            let device = try names.find(asked)
            let entry = try store.journal(device: device.id, number: number)
            guard let entry, entry.verdict.outcome == .refused,
                [.open, .office].contains(entry.verdict.disposition)
            else { throw notThere(entry, number, names.title(device)) }
            return try OfficeTrayEntry(
                entry, device: device, title: names.title(device), schema: schema, in: store)
        } catch {
            throw error as? ServerTerminal.Failure ?? ServerTerminal.Failure(error, path: "")
        }
    }

    private static func notThere(
        _ entry: JournalEntry?, _ number: UInt64, _ device: String
    ) -> ServerTerminal.Failure {
        let why: Phrase
        switch (entry?.verdict.outcome, entry?.verdict.disposition) {
        case (nil, _):
            why = Phrase(
                en: "there is no commit \(number) of \(device)",
                es: "no hay una captura \(number) de \(device)")
        case (.refused?, .discarded?):
            why = Phrase(
                en: "commit \(number) of \(device) was given up",
                es: "la captura \(number) de \(device) fue descartada")
        case (.refused?, _):
            why = Phrase(
                en: "commit \(number) of \(device) was captured again, corrected",
                es: "la captura \(number) de \(device) se capturó de nuevo, corregida")
        default:
            why = Phrase(
                en: "commit \(number) of \(device) was not refused",
                es: "la captura \(number) de \(device) no fue rechazada")
        }
        return ServerTerminal.Failure(
            .notFound, "notInTray",
            Phrase(
                en: "\(why.en); see: ronda-server tray list",
                es: "\(why.es); vea: ronda-server tray list"))
    }

    /// The office's corrected capture in place of the refused one. What it lacks still is refused and
    /// leaves the tray as it was.
    func resubmit(_ entry: OfficeTrayEntry, _ changes: [Change]) async throws -> Verdict {
        for change in changes {
            if let refusal = Validation.problem(
                in: change, schema: hub.schema, limits: hub.limits)
            {
                throw Self.stillRefused(refusal, schema: hub.schema)
            }
        }
        // With the decision about the refused one, in one transaction: it is never in twice.
        let settled = SettledCommit(
            device: entry.device.id, number: entry.entry.number, disposition: .resubmitted,
            actor: actor)
        let verdicts = try await hub.submitAsSystem([changes], settling: settled)
        guard let verdict = verdicts.first else {
            throw HubError(.fault, "no verdict")
        }
        if let refusal = verdict.refusal {
            // The attempt is nobody's to deal with: the capture itself is still in the tray.
            let system = try await hub.systemDevice()
            _ = try await hub.dispose(device: system.id, number: verdict.number, .discarded)
            throw Self.stillRefused(refusal, schema: hub.schema)
        }
        return verdict
    }

    private static func stillRefused(
        _ refusal: Refusal, schema: Schema
    ) -> ServerTerminal.Failure {
        let entity = refusal.entity.flatMap { schema[$0] }
        let field = entity?.position(ofNumber: refusal.field).flatMap { entity?.fields[$0] }
        let place = field.map { Phrase(en: "\($0.label.en): ", es: "\($0.label.es): ") }
        let reason = refusal.code.phraseForOffice
        return ServerTerminal.Failure(
            .refusedByRule, refusal.code.name,
            Phrase(
                en: "still refused, and still in the tray: \(place?.en ?? "")\(reason.en)",
                es: "sigue rechazada, y sigue en la bandeja: \(place?.es ?? "")\(reason.es)"))
    }
}
