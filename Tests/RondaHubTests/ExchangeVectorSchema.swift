import Foundation
import RondaModel

/// The folder of the contract, beside which this repository's Swift is one reader of several.
enum Contract {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Protocol").standardizedFileURL

    /// The vectors of a kind, in order of name. None is a failure of whoever asks.
    static func vectors(_ kind: String) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(
            at: folder.appending(path: "vectors/\(kind)"), includingPropertiesForKeys: nil
        ).filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }
    }
}

/// The schema as its files say it, read once more: a vector may lay changes over it.
struct SchemaFile {
    struct Unreadable: Error {
        let what: String
    }

    private var options: [String: JSON] = [:]
    private var entities: [JSON] = []
    private var renumbered: [JSON] = []
    private var version: UInt32
    private let namespace: RecordID

    init(overlay: JSON? = nil) throws {
        let schema = Contract.folder.appending(path: "schema")
        let common = try JSON(contentsOf: schema.appending(path: "ronda.json"))
        for list in common["options"]?.members ?? [] { options[list.key] = list.value }
        for list in overlay?["options"]?.members ?? [] { options[list.key] = list.value }
        namespace = try Self.needed(common["namespace"]?.text.flatMap { RecordID($0) }, "namespace")
        version = UInt32(
            try Self.needed((overlay?["version"] ?? common["version"])?.int, "version"))
        renumbered = overlay?["renumbered"]?.items ?? []
        let files = try FileManager.default.contentsOfDirectory(
            at: schema.appending(path: "entities"), includingPropertiesForKeys: nil)
        for file in files where file.pathExtension == "json" {
            let entity = try JSON(contentsOf: file)
            let added = overlay?["fields"]?[entity["entity"]?.text ?? ""]?.items ?? []
            entities.append(
                .object(
                    entity.members.map {
                        $0.key == "fields"
                            ? JSON.Member(key: "fields", value: .array($0.value.items + added)) : $0
                    }))
        }
        entities.sort { ($0["number"]?.int ?? 0) < ($1["number"]?.int ?? 0) }
    }

    private static func needed<Value>(_ value: Value?, _ what: String) throws -> Value {
        guard let value else { throw Unreadable(what: what) }
        return value
    }

    func schema() throws -> Schema {
        Schema(version: version, namespace: namespace, entities: try entities.map(entity))
    }

    private func id(ofEntity name: String) throws -> EntityID {
        let found = entities.first { $0["entity"]?.text == name }?["number"]?.int
        return EntityID(rawValue: UInt32(try Self.needed(found, "entity \(name)")))
    }

    private func entity(_ file: JSON) throws -> EntitySchema {
        let name = try Self.needed(file["entity"]?.text, "entity")
        let fields = (file["fields"]?.items ?? []).sorted {
            ($0["number"]?.int ?? 0) < ($1["number"]?.int ?? 0)
        }
        func position(_ name: String?) throws -> Int {
            try Self.needed(fields.firstIndex { $0["name"]?.text == name }, "field \(name ?? "")")
        }
        let identity: Identity =
            file["id"]?.text == "minted"
            ? .minted : .derived(from: try (file["id"]?.items ?? []).map { try position($0.text) })
        let named =
            (file["scope"]?.items.compactMap(\.text)).flatMap { $0.isEmpty ? nil : $0 }
            ?? [file["scope"]?.text ?? ""]
        let scope: ScopeRule
        if named == ["catalogue"] {
            scope = .catalogue
        } else {
            let indices = try named.map { try position($0) }
            scope =
                fields[indices[0]]["to"]?.text == "territory"
                ? .territory(fields: indices) : .customer(field: indices[0])
        }
        let follow = try file["follow"].map { rule in
            FollowRule(
                person: try position(rule["person"]?.text),
                until: try (rule["until"]?.items ?? []).map { try position($0.text) })
        }
        let urgency = try file["urgent"].map { rule in
            if let ends = rule["until"]?.items {
                return UrgencyRule.until(try ends.map { try position($0.text) })
            }
            let during = try Self.needed(rule["while"], "while")
            let field = try position(during["field"]?.text)
            let list = (fields[field]["options"]?.text).flatMap { options[$0] }
            return .during(
                field: field,
                options: try (during["in"]?.items ?? []).map { option in
                    let number = option.text.flatMap { list?[$0]?["number"]?.int }
                    return UInt32(try Self.needed(number, "urgent option"))
                })
        }
        func roles(_ key: String) throws -> [Role] {
            try (file[key]?.items ?? []).map {
                try Self.needed($0.text == "rep" ? .rep : $0.text == "office" ? .office : nil, key)
            }
        }
        return EntitySchema(
            try id(ofEntity: name), name, identity: identity, scope: scope, follow: follow,
            urgency: urgency, creators: try roles("create"), deleters: try roles("delete"),
            en: file["en"]?.text ?? "", es: file["es"]?.text ?? "",
            fields: try fields.map { try field($0, of: name) })
    }

    private func field(_ file: JSON, of entity: String) throws -> FieldSchema {
        let name = try Self.needed(file["name"]?.text, "name")
        let type = file["type"]?.text
        let types: [String: FieldType] = [
            "text": .text, "integer": .integer, "money": .integer, "real": .real,
            "boolean": .boolean, "instant": .instant, "date": .date, "option": .option,
            "status": .status, "ref": .ref,
        ]
        let list = (file["options"]?.text).flatMap { options[$0] }
        return FieldSchema(
            UInt32(try Self.needed(file["number"]?.int, "number")), name,
            try Self.needed(type.flatMap { types[$0] }, "type of \(name)"),
            try Self.needed(MergeRule(rawValue: file["rule"]?.text ?? ""), "rule of \(name)"),
            isSet: file["set"]?.flag ?? false, review: file["review"]?.flag ?? false,
            required: file["required"]?.flag ?? false, personal: file["personal"]?.flag ?? false,
            searched: file["search"]?.flag ?? false, isMoney: type == "money",
            parent: file["parent"]?.flag ?? false,
            target: try file["to"]?.text.map { try id(ofEntity: $0) },
            options: try (list?.members ?? []).map { option in
                OptionSchema(
                    UInt32(try Self.needed(option.value["number"]?.int, option.key)), option.key,
                    rank: Int(option.value["rank"]?.int ?? 0), option.value["en"]?.text ?? "",
                    option.value["es"]?.text ?? "")
            },
            minimum: file["min"]?.real, maximum: file["max"]?.real,
            writers: try (file["write"]?.items ?? []).map {
                try Self.needed(Writer(rawValue: $0.text ?? ""), "write of \(name)")
            },
            readers: try file["read"].map { list in
                try list.items.map {
                    try Self.needed(Role(rawValue: $0.text ?? ""), "read of \(name)")
                }
            },
            since: UInt32(file["since"]?.int ?? 1),
            isContactPoint: file["format"]?.text == "contactPoint",
            replacements: replacements(of: name, in: entity),
            en: file["en"]?.text ?? "", es: file["es"]?.text ?? "")
    }

    private func replacements(of field: String, in entity: String) -> [OptionReplacement] {
        renumbered.filter { $0["entity"]?.text == entity && $0["field"]?.text == field }
            .flatMap { step in
                (step["options"]?.members ?? []).compactMap { pair in
                    guard let old = UInt32(pair.key), let new = pair.value.int,
                        let version = step["version"]?.int
                    else { return nil }
                    return OptionReplacement(old, by: UInt32(new), version: UInt32(version))
                }
            }
    }
}
