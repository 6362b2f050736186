import Foundation
import RondaHub
import RondaMerge
import RondaModel
import RondaProtobuf
import RondaWire
import Testing

/// The least that can hold a device's side of the exchange: an outbox, cursors and the records as
/// the hub told them. What it sent itself and was accepted it adds itself, as a device must.
struct TestDevice: Sendable {
    struct Copy: Sendable, Hashable {
        var entity = EntityID(rawValue: 0)
        var version: UInt64 = 0
        var fields: [UInt32: Set<Value>] = [:]
        /// By field: what the hub said stands beside the shown value, with the author of each.
        var siblings: [UInt32: [Sibling]] = [:]
        var isDeleted = false
        var isContested = false
        var creator: RecordID?
    }
    struct Sibling: Sendable, Hashable {
        let value: Value?
        let author: RecordID
        let isShown: Bool
    }

    let id: RecordID
    let account: RecordID
    let secret: [UInt8]
    let surroundings: TestSurroundings
    var epoch = Data()
    /// Whether it reads large scopes in parts.
    var readsInParts = false
    /// Whether it takes history in outline.
    var takesOutlines = false
    /// What it was told in outline: the version, and whether it is there.
    var outlines: [RecordID: (version: UInt64, isLive: Bool)] = [:]
    var cursors: [UInt32: WireCursor] = [:]
    var scopes: [UInt32: RecordID] = [:]
    var records: [RecordID: Copy] = [:]
    /// By record, the scopes that have told it and not said that it left.
    private var standing: [RecordID: Set<UInt32>] = [:]
    var outbox: [Commit] = []
    var verdicts: [UInt64: Verdict] = [:]
    private var number: UInt64 = 0
    private var chain = ChainHash.start
    private var stamp = Stamp.zero

    init(id: RecordID, account: RecordID, secret: [UInt8], surroundings: TestSurroundings) {
        self.id = id
        self.account = account
        self.secret = secret
        self.surroundings = surroundings
    }

    // MARK: - Capturing

    /// Seals a commit of these changes into the outbox.
    @discardableResult
    mutating func capture(_ changes: Change...) -> Commit {
        stamp = stamp.next(now: surroundings.now)
        number += 1
        let commit = Commit(
            number: number, stamp: stamp, schema: Schema.current.version, previous: chain,
            changes: changes)
        chain = commit.chainHash
        outbox.append(commit)
        return commit
    }

    /// Captures a new customer.
    @discardableResult
    mutating func capture(creating fill: (inout Customer) -> Void) -> RecordID {
        var customer = Customer(id: surroundings.id())
        fill(&customer)
        capture(Change(creating: customer))
        return customer.id
    }

    /// An edit of a record as this device last had it from the hub.
    func edit(
        _ record: RecordID, _ entity: EntityID, _ sets: [FieldWrite], adds: [ElementWrite] = [],
        removes: [ElementWrite] = []
    ) -> Change {
        Change(
            entity: entity, record: record, base: records[record]?.version ?? 0, sets: sets,
            adds: adds, removes: removes)
    }

    /// An edit of one text field of a customer.
    func edit(_ customer: RecordID, _ field: UInt32, _ text: String) -> Change {
        edit(customer, .customer, [FieldWrite(field, .text(text))])
    }

    // MARK: - The exchange

    func request(_ commits: some Sequence<Commit>) -> WireExchangeRequest {
        var request = WireExchangeRequest()
        request.protocol = 1
        request.schema = Schema.current.version
        request.epoch = epoch
        request.device = Data(id.bytes)
        request.cursors = cursors.sorted { $0.key < $1.key }.map(\.value)
        request.commits = commits.map(WireCommit.init)
        request.inParts = readsInParts
        request.outline = takesOutlines
        return request
    }

    /// One exchange with everything in the outbox; answers with what the hub said.
    @discardableResult
    mutating func exchange(with hub: Hub) async throws -> WireExchangeResponse {
        let response = try await hub.exchange(request(outbox), secret: secret)
        try absorb(response)
        return response
    }

    /// Exchanges until the outbox is empty and nothing more is to come.
    mutating func sync(with hub: Hub) async throws {
        for _ in 0..<1_000 {
            if !(try await exchange(with: hub).more), outbox.isEmpty { return }
        }
        Issue.record("the exchange does not come to an end")
    }

    mutating func absorb(_ response: WireExchangeResponse) throws {
        let ids = try IDList(response.ids)
        if response.epoch != epoch {
            cursors = [:]
            epoch = response.epoch
        }
        for wire in response.verdicts {
            let verdict = try wire.model(ids)
            verdicts[verdict.number] = verdict
            guard let commit = outbox.first(where: { $0.number == verdict.number }) else {
                continue
            }
            outbox.removeAll { $0.number == verdict.number }
            if verdict.outcome != .refused { commit.changes.forEach { apply($0) } }
        }
        for scope in response.lostScopes { cursors[scope] = nil }
        for stream in response.streams {
            if stream.id.count == 16 { scopes[stream.scope] = RecordID(data: stream.id) }
            for delta in stream.deltas { try apply(delta, of: stream, ids) }
            for told in stream.outlines {
                outlines[try ids.id(at: told.record)] = (told.version, !told.deleted)
            }
            var cursor = WireCursor()
            cursor.scope = stream.scope
            cursor.seq = stream.seq
            cursor.behind = stream.behind
            cursor.start = stream.start
            cursor.part = stream.part
            cursors[stream.scope] = cursor
        }
    }

    private mutating func apply(_ change: Change) {
        var copy = records[change.record, default: Copy()]
        copy.entity = change.entity
        let entity = Schema.current[change.entity]
        for write in change.sets {
            let rule = entity?.position(ofNumber: write.number).map { entity?.fields[$0].rule }
            let known = copy.fields[write.number] ?? []
            // A join never gives up what was known: the device joins too, and is not told.
            switch (rule, write.value) {
            case (.least, let value?): copy.fields[write.number] = [known.reduce(value, min)]
            case (.greatest, let value?): copy.fields[write.number] = [known.reduce(value, max)]
            default: copy.fields[write.number] = write.value.map { [$0] }
            }
            copy.siblings[write.number] = nil
        }
        for add in change.adds { copy.fields[add.number, default: []].insert(add.value) }
        for remove in change.removes { copy.fields[remove.number]?.remove(remove.value) }
        records[change.record] = copy
    }

    private mutating func apply(_ delta: WireDelta, of stream: WireStream, _ ids: IDList) throws {
        let id = try ids.id(at: delta.record)
        if delta.left {
            standing[id]?.remove(stream.scope)
            if standing[id]?.isEmpty ?? true { records[id] = nil }
            return
        }
        standing[id, default: []].insert(stream.scope)
        var copy = records[id, default: Copy()]
        if stream.whole {
            // What such a stream does not tell of a record is empty (SPEC §4.4).
            copy.fields = [:]
            copy.siblings = [:]
        }
        copy.entity = EntityID(rawValue: delta.entity)
        copy.version = delta.version
        copy.isDeleted = delta.deleted
        copy.isContested = delta.contested
        if delta.creator > 0 { copy.creator = try ids.id(at: delta.creator - 1) }
        for number in Set(delta.fields.map(\.number) + delta.cleared) {
            copy.fields[number] = nil
            copy.siblings[number] = nil
        }
        for field in delta.fields {
            let value = try #require(try field.model(ids))
            copy.fields[field.number, default: []].insert(value)
        }
        for sibling in delta.siblings {
            copy.siblings[sibling.value.number, default: []].append(
                Sibling(
                    value: try sibling.value.model(ids), author: try ids.id(at: sibling.author),
                    isShown: sibling.shown))
        }
        records[id] = copy
    }
}

extension TestDevice.Copy {
    /// What a device that has read everything must hold of a record.
    init(_ record: StoredRecord) throws {
        let schema = try #require(Schema.current[record.entity])
        entity = record.entity
        version = record.version
        isDeleted = record.isDeleted
        isContested = record.isContested
        for (position, field) in schema.fields.enumerated() {
            let content = record.shown(position)
            let values = Set(content.value.map { [$0] } ?? content.elements)
            if !values.isEmpty { fields[field.number] = values }
            let differing = record.differing(position)
            if differing.isEmpty { continue }
            siblings[field.number] = differing.enumerated().map { index, sibling in
                TestDevice.Sibling(
                    value: sibling.value, author: record.marks[sibling.mark].author,
                    isShown: index == 0)
            }
        }
        if schema.fields.contains(where: { $0.writers.contains(.author) }) {
            creator = record.creator
        }
    }

    /// Without what a device knows anyway of the records it made.
    var withoutCreator: TestDevice.Copy {
        var copy = self
        copy.creator = nil
        copy.fields = fields.filter { !$0.value.isEmpty }
        return copy
    }
}

extension TestWorld {
    /// Checks that the device holds exactly what the hub has for it.
    func expectAgreement(
        of device: TestDevice, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let expected = try await visible(to: device).mapValues {
            try TestDevice.Copy($0).withoutCreator
        }
        let actual = device.records.mapValues(\.withoutCreator)
        let wrong = Set(actual.keys).union(expected.keys).sorted()
            .filter { actual[$0] != expected[$0] }
        #expect(wrong == [], sourceLocation: sourceLocation)
        if let id = wrong.first {
            #expect(actual[id] == expected[id], sourceLocation: sourceLocation)
        }
    }
}
