internal import Crypto
package import Foundation
package import RondaModel
package import RondaProtobuf
internal import SwiftProtobuf

extension WireCommit {
    package init(_ commit: Commit) {
        self.init()
        var table = IDTable()
        number = commit.number
        stamp = commit.stamp.bits
        schema = commit.schema
        boot = commit.uptime.boot
        uptimeMs = commit.uptime.milliseconds
        assignment = commit.assignment
        if commit.previous != .start { previous = Data(commit.previous.id.bytes) }
        changes = commit.changes.map { WireChange($0, &table) }
        ids = table.encoded
    }

    /// The same commit with every field numbered: what is hashed and kept, however it came.
    package func numbered(schema: Schema) -> WireCommit {
        var numbered = self
        for change in numbered.changes.indices {
            let entity = schema[EntityID(rawValue: changes[change].entity)]
            numbered.changes[change].sets.numberAll(entity)
            numbered.changes[change].adds.numberAll(entity)
            numbered.changes[change].removes.numberAll(entity)
        }
        return numbered
    }

    /// Reads the commit; `schema` resolves fields that JSON named instead of numbering.
    package func model(schema: Schema) throws(WireError) -> Commit {
        let list = try IDList(ids)
        let chain: ChainHash
        switch previous.count {
        case 0: chain = .start
        case 16: chain = ChainHash(id: RecordID(data: previous))
        default: throw WireError(.badID, "previous has \(previous.count) bytes, not 16")
        }
        var model = Commit(
            number: number, stamp: Stamp(bits: stamp), schema: self.schema,
            uptime: Uptime(boot: boot, milliseconds: uptimeMs), previous: chain, changes: [],
            assignment: assignment)
        model.changes.reserveCapacity(changes.count)
        for change in changes { model.changes.append(try change.model(list, schema: schema)) }
        return model
    }
}

extension WireChange {
    init(_ change: Change, _ table: inout IDTable) {
        self.init()
        entity = change.entity.rawValue
        record = table.index(of: change.record)
        base = change.base
        deletes = change.deletes
        sets.reserveCapacity(change.sets.count)
        for write in change.sets {
            if let value = write.value {
                sets.append(WireField(write.number, value, &table))
            } else {
                cleared.append(write.number)
            }
        }
        adds = change.adds.map { WireField($0.number, $0.value, &table) }
        removes = change.removes.map { WireField($0.number, $0.value, &table) }
    }

    func model(_ ids: IDList, schema: Schema) throws(WireError) -> Change {
        var model = Change(
            entity: EntityID(rawValue: entity), record: try ids.id(at: record), base: base,
            deletes: deletes)
        let entity = schema[model.entity]
        model.sets.reserveCapacity(sets.count + cleared.count)
        for field in sets {
            guard let value = try field.model(ids) else {
                throw WireError(.badField, "field \(field.number) in sets has no value")
            }
            model.sets.append(FieldWrite(field.number(in: entity), value))
        }
        for number in cleared { model.sets.append(FieldWrite(number, nil)) }
        for field in adds {
            guard let value = try field.model(ids) else {
                throw WireError(.badField, "field \(field.number) in adds has no value")
            }
            model.adds.append(ElementWrite(field.number(in: entity), value))
        }
        for field in removes {
            guard let value = try field.model(ids) else {
                throw WireError(.badField, "field \(field.number) in removes has no value")
            }
            model.removes.append(ElementWrite(field.number(in: entity), value))
        }
        return model
    }
}

extension WireField {
    /// The field's number; when only a name is given, the number of that name, or 0, which no
    /// field has.
    func number(in entity: EntitySchema?) -> UInt32 {
        guard number == 0, !name.isEmpty, let entity else { return number }
        return entity.position(named: name).map { entity.fields[$0].number } ?? 0
    }
}

extension Commit {
    /// The canonical bytes of a commit, over which the chain is hashed (SPEC §3.4).
    package var canonicalBytes: Data {
        // Serialising to memory fails only for messages over 2 GiB, which the limits exclude.
        (try? WireCommit(self).serializedData()) ?? Data()
    }

    /// The chain hash of this commit: it covers the one before through `previous`.
    package var chainHash: ChainHash { ChainHash.of(canonicalBytes) }
}

extension ChainHash {
    package static func of(_ canonicalBytes: Data) -> ChainHash {
        SHA256.hash(data: canonicalBytes).withUnsafeBytes { digest in
            ChainHash(id: digest.baseAddress.map { RecordID(unaligned: $0) } ?? .zero)
        }
    }
}

extension [WireField] {
    fileprivate mutating func numberAll(_ entity: EntitySchema?) {
        for index in indices where !self[index].name.isEmpty {
            self[index].number = self[index].number(in: entity)
            self[index].name = ""
        }
    }
}
