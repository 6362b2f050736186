internal import Foundation
package import RondaMerge
package import RondaModel
internal import RondaWire

/// That a person was erased, as the hub remembers it (SPEC §4.14).
package struct ErasureNote: Sendable, Hashable {
    /// Its place in the order of erasures; 0 before it is written.
    package let n: Int64
    package let at: Instant
    package let actor: String
    package let customer: RecordID
    /// How many records it concerned, and how many devices had any of them.
    package var records = 0
    package var devices = 0
    /// The devices that have not said yet that nothing is left on them.
    package var missing: [RecordID] = []
    /// Whether the log of the database holds nothing of it any more.
    package var isWashed = false

    package init(n: Int64 = 0, at: Instant, actor: String, customer: RecordID) {
        self.n = n
        self.at = at
        self.actor = actor
        self.customer = customer
    }
}

/// An erasure as it is kept beside the store, so that no backup brings anybody back.
package struct LedgerEntry: Sendable, Hashable {
    package let hub: RecordID
    package let at: Instant
    package let actor: String
    package let customer: RecordID
    package let records: [Erasure.Listed]
    /// Keyed hashes of the ways to reach the person.
    package let suppressed: [[UInt8]]

    package init(
        hub: RecordID, at: Instant, actor: String, customer: RecordID, records: [Erasure.Listed],
        suppressed: [[UInt8]]
    ) {
        self.hub = hub
        self.at = at
        self.actor = actor
        self.customer = customer
        self.records = records
        self.suppressed = suppressed
    }
}

/// Where erasures are written down before they are done. It outlives every store.
package protocol ErasureLedger: Sendable {
    /// When it returns, the entry is on the disk.
    func append(_ entry: LedgerEntry) throws
    /// All entries, oldest first.
    func entries() throws -> [LedgerEntry]
}

extension JournalEntry {
    /// The chain hash of the commit.
    package var chain: ChainHash {
        isRedacted
            ? ChainHash(id: RecordID(bytes: commit.prefix(Self.chainBytes)) ?? .zero)
            : .of(Data(commit))
    }

    /// What there is to read as a commit; `nil` where nothing is left of it.
    package var content: [UInt8]? {
        if !isRedacted { return commit }
        return commit.count > Self.chainBytes ? Array(commit.dropFirst(Self.chainBytes)) : nil
    }

    /// What is kept of a commit when it is redacted.
    package static func redacted(_ chain: ChainHash, rest: [UInt8]) -> [UInt8] {
        chain.id.bytes + rest
    }

    package static let chainBytes = 16
}
