internal import RondaClient
internal import RondaModel

/// What a capture is reported with: at most two lines, what changed and what to do next.
struct Saved: Sendable {
    let id: RecordID
    let receipt: CaptureReceipt?
    let pending: Int

    /// - Parameters:
    ///   - kind: the stable name of the record, where programs read.
    ///   - what: the sentence about what changed.
    ///   - next: what to do now; the count of what is to be sent otherwise.
    func output(
        _ kind: String, _ what: Phrase, next: Phrase? = nil, more: [String: JSONValue] = [:]
    ) -> Output {
        let records = receipt?.records ?? []
        let hint = next ?? StatusView.pending(pending)
        return Output(
            json: .object([
                "id": .id(id), "records": .array(records.map { .id($0) }),
                "pending": .integer(pending),
            ]).adding(more),
            blocks: [.sentence(what), .table(Self.table(kind, id))],
            notes: hint.map { [$0] } ?? [])
    }

    /// One line for programs: what it is, and its id.
    private static func table(_ kind: String, _ id: RecordID) -> Table {
        Table(kind: kind, columns: [], rows: [[Cell(kind), Cell(id.description)]])
    }
}

extension Session {
    /// Captures, and reads what it left behind.
    func save(
        _ id: RecordID? = nil, in store: LocalStore,
        _ body: @Sendable (inout Capture) throws -> Void
    ) async throws -> Saved {
        let receipt = try await store.capture(body)
        let pending = try await read(store) { try $0.status().pending }
        return Saved(
            id: id ?? receipt?.records.first ?? .zero, receipt: receipt, pending: pending)
    }
}
