internal import Foundation
internal import RondaMerge
internal import RondaModel
package import RondaStore

/// The ledger of erasures, in a file beside the store: a line for each, that begins with a checksum
/// of the rest. It holds ids, and nothing by which anybody could be known.
package struct ErasureFile: ErasureLedger {
    package static let fileName = "erasures.ledger"
    private static let mark = "ronda erasures 1"

    package let path: String

    package init(directory: String) {
        path = directory + "/" + Self.fileName
    }

    /// The copy that goes with a backup, and is kept beside it.
    package init(besideBackup file: String) { path = file + ".erasures" }

    package var isThere: Bool { FileManager.default.fileExists(atPath: path) }

    /// Writes what is in it, which is verified, to the copy beside a backup; also when nobody was
    /// erased, so that a copy that is missing is told from one that is empty.
    package func copy(to other: ErasureFile) throws {
        do {
            let bytes = isThere ? try Data(contentsOf: URL(filePath: path)) : Data()
            var whole = Self.whole(bytes)
            if whole.isEmpty {
                whole = Data((Self.mark + "\n").utf8)
            } else {
                _ = try Self.lines(whole, of: path)
            }
            try whole.write(to: URL(filePath: other.path), options: .atomic)
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o600], ofItemAtPath: other.path)
            let file = try FileHandle(forUpdating: URL(filePath: other.path))
            try file.synchronize()
            try file.close()
            try other.synchronizeDirectory()
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(.failed, "\(path) cannot be copied to \(other.path)")
        }
    }

    /// Takes over what another has and this has not.
    package func take(from other: ErasureFile) throws {
        let known = Set(try entries())
        for entry in try other.entries() where !known.contains(entry) { try append(entry) }
    }

    /// What a line holds.
    fileprivate struct Line: Codable {
        struct Record: Codable {
            let id: String
            let entity: UInt32
            let scopes: [String]
            /// Which of the line's devices had it; earlier lines do not say.
            let due: [Int]?
        }
        let hub: String
        let at: Int64
        let actor: String
        let customer: String
        let records: [Record]
        let suppressed: [String]
        let devices: [String]?
    }

    package func append(_ entry: LedgerEntry) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json = String(decoding: try encoder.encode(Line(entry)), as: UTF8.self)
        try append(line: json)
    }

    private func append(line json: String) throws {
        do {
            if !FileManager.default.fileExists(atPath: path) {
                let isMade = FileManager.default.createFile(
                    atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
                guard isMade else { throw StoreError(.readOnly, "cannot make \(path)") }
            }
            let file = try FileHandle(forUpdating: URL(filePath: path))
            // What counts was synced before.
            defer { try? file.close() }
            // Another process may be at it, and what it writes must not be cut off; let go with the file.
            guard flock(file.fileDescriptor, LOCK_EX) == 0 else {
                throw StoreError(.failed, "cannot lock \(path)")
            }
            // What is cut off is only what was read through this handle and has no end: a file that
            // cannot be read is left as it is.
            let whole = Self.whole(try file.readToEnd() ?? Data())
            let isNew = whole.isEmpty
            if !isNew { _ = try Self.lines(whole, of: path) }
            // A line that was cut short belongs to an erasure that was never done.
            try file.truncate(atOffset: UInt64(whole.count))
            try file.seekToEnd()
            let text = (isNew ? Self.mark + "\n" : "") + Self.checksum(json) + " " + json + "\n"
            try file.write(contentsOf: Data(text.utf8))
            try file.synchronize()
            if isNew { try synchronizeDirectory() }
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(.failed, "\(path) cannot be read or written")
        }
    }

    private func synchronizeDirectory() throws {
        let folder = URL(filePath: path).deletingLastPathComponent().path
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreError(.readOnly, "cannot open \(folder)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw StoreError(.failed, "cannot synchronise \(folder)")
        }
    }

    /// The bytes up to the end of the last whole line.
    private static func whole(_ bytes: Data) -> Data {
        bytes.prefix(bytes.lastIndex(of: 10).map { $0 + 1 } ?? 0)
    }

    /// What follows the mark, each with its checksum verified.
    private static func lines(_ whole: Data, of path: String) throws -> [String] {
        let lines = String(decoding: whole, as: UTF8.self).split(separator: "\n")
        guard lines.first.map(String.init) == mark else {
            throw StoreError(.damaged, "\(path), line 1")
        }
        return try lines.dropFirst().enumerated().map { index, line in
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, checksum(String(parts[1])) == parts[0] else {
                throw StoreError(.damaged, "\(path), line \(index + 2)")
            }
            return String(parts[1])
        }
    }

    package func entries() throws -> [LedgerEntry] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw StoreError(.readOnly, "\(path) cannot be read")
        }
        let whole = Self.whole(bytes)
        if whole.isEmpty { return [] }
        return try Self.lines(whole, of: path).enumerated().map { index, line in
            // Whatever is no line of the ledger is damage, and is said where.
            guard let read = try? JSONDecoder().decode(Line.self, from: Data(line.utf8)),
                let entry = read.entry
            else { throw StoreError(.damaged, "\(path), line \(index + 2)") }
            return entry
        }
    }

    /// FNV-1a, 64 bits: against damage, not against anybody.
    private static func checksum(_ text: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension ErasureFile.Line {
    fileprivate init(_ entry: LedgerEntry) {
        hub = entry.hub.description
        at = entry.at.milliseconds
        actor = entry.actor
        customer = entry.customer.description
        let devices = Set(entry.records.flatMap { $0.due ?? [] }).sorted()
        let places = Dictionary(uniqueKeysWithValues: devices.enumerated().map { ($1, $0) })
        self.devices = devices.map(\.description)
        records = entry.records.map { record in
            Record(
                id: record.id.description, entity: record.entity.rawValue,
                scopes: record.scopes.map(\.description),
                due: record.due?.compactMap { places[$0] })
        }
        suppressed = entry.suppressed.map { Data($0).base64EncodedString() }
    }

    fileprivate var entry: LedgerEntry? {
        guard let hub = RecordID(hub), let customer = RecordID(customer) else { return nil }
        let devices = (devices ?? []).map { RecordID($0) }
        let listed = records.compactMap { record -> Erasure.Listed? in
            let scopes = record.scopes.compactMap { RecordID($0) }
            let due = record.due?.compactMap { devices.indices.contains($0) ? devices[$0] : nil }
            guard let id = RecordID(record.id), scopes.count == record.scopes.count,
                due?.count == record.due?.count
            else { return nil }
            return Erasure.Listed(
                id: id, entity: EntityID(rawValue: record.entity), scopes: scopes, due: due)
        }
        let hashes = suppressed.compactMap { Data(base64Encoded: $0).map { [UInt8]($0) } }
        guard listed.count == records.count, hashes.count == suppressed.count else { return nil }
        return LedgerEntry(
            hub: hub, at: Instant(milliseconds: at), actor: actor, customer: customer,
            records: listed, suppressed: hashes)
    }
}
