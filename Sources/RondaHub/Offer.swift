internal import Foundation
internal import RondaModel
internal import RondaProtobuf
internal import RondaStore
internal import RondaWire
internal import SwiftProtobuf

/// A commit as it was offered: one that cannot be read gets a verdict like any other, so that it
/// holds up nothing that comes after it.
struct Offer: Sendable {
    let number: UInt64
    /// `nil` for none, which only the first commit has.
    let previous: ChainHash?
    /// Canonical: what is chained, kept in the journal and compared when it is offered again.
    let bytes: Data
    let commit: Result<Commit, Refusal>
    /// What a lost history of the hub had made of it.
    var given: WireGiven?

    init(_ wire: WireCommit, schema: Schema, limits: Limits) {
        number = wire.number
        // Serialising to memory fails only for messages over 2 GiB, which the limits exclude.
        bytes = (try? wire.numbered(schema: schema).serializedData()) ?? Data()
        previous = wire.previous.count == 16 ? ChainHash(id: RecordID(data: wire.previous)) : nil
        guard bytes.count <= limits.commitBytes else {
            let detail = "\(bytes.count) bytes, at most \(limits.commitBytes)"
            commit = .failure(Refusal(.tooLarge, detail: detail))
            return
        }
        do throws(WireError) {
            commit = .success(try wire.model(schema: schema))
        } catch {
            commit = .failure(Refusal(.malformed, detail: error.detail))
        }
    }

    init(_ commit: Commit) {
        number = commit.number
        previous = commit.previous == .start ? nil : commit.previous
        bytes = commit.canonicalBytes
        self.commit = .success(commit)
    }

    /// As it stands in the journal.
    init(_ bytes: [UInt8], schema: Schema, limits: Limits) {
        let wire = (try? WireCommit(serializedBytes: bytes)) ?? WireCommit()
        self.init(wire, schema: schema, limits: limits)
    }
}

/// What one device brings in one exchange.
struct Push: Sendable {
    let credential: Credential
    let offers: [Offer]
    /// The rest of its request; empty for a device inside the server.
    var request = WireExchangeRequest()
    /// Brought by somebody else, some time after the device wrote it.
    var isCarried = false
    /// What to note of a commit of the server's own device, once it is in.
    var note: AuditNote?
    /// What else is settled once all of its commits are in.
    var settling: SettledCommit?
}

struct PushResult: Sendable {
    var verdicts: [Verdict] = []
    /// The last commit of the device that the hub has, and its chain hash.
    var lastNumber: UInt64
    var chain: ChainHash
    var receivedAt = Instant(milliseconds: 0)
    /// Where the offered chain leaves the one the hub has; 0 nowhere.
    var forkedAt: UInt64 = 0
}
