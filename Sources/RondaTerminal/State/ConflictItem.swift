internal import RondaClient
internal import RondaModel

/// A record that one person deleted and another edited.
struct ContestedRow: Sendable {
    /// Its place in the list, after the contested fields.
    let number: Int
    let contested: ContestedRecord
    let title: String
    /// What to type to mean the record.
    let handle: String
}

/// Something that asks for a person: a contested field, or a contested deletion.
enum ConflictItem: Sendable {
    case field(ConflictRow)
    case deletion(ContestedRow)

    var number: Int {
        switch self {
        case .field(let row): row.number
        case .deletion(let row): row.number
        }
    }

    var record: RecordID {
        switch self {
        case .field(let row): row.conflict.record
        case .deletion(let row): row.contested.record
        }
    }
}

extension Names {
    /// Everything there is to settle, numbered in one list.
    func conflictItems() throws -> [ConflictItem] {
        let fields = try conflicts()
        let contested = try reader.contested().enumerated().map { index, contested in
            ContestedRow(
                number: fields.count + index + 1, contested: contested,
                title: try title(contested.entity, contested.record),
                handle: try handle(contested.entity, contested.record))
        }
        return fields.map(ConflictItem.field) + contested.map(ConflictItem.deletion)
    }

    /// What to type to mean a record of whatever kind.
    func handle(_ entity: EntityID, _ id: RecordID) throws -> String {
        entity == .customer ? try customer(id).handle : String(id.hex.prefix(13))
    }
}
