extension Schema {
    /// A commit as this version of the schema would have captured it (SPEC §3.5). Numbers never
    /// change their meaning, so there is only one thing to do: options that were replaced by others
    /// after the commit was captured are written as those.
    package func upCast(_ commit: Commit) -> Commit {
        guard commit.schema < version else { return commit }
        var commit = commit
        for index in commit.changes.indices {
            guard let entity = self[commit.changes[index].entity] else { continue }
            let change = commit.changes[index]
            func cast(_ number: UInt32, _ value: Value) -> Value {
                guard let position = entity.position(ofNumber: number) else { return value }
                return entity.fields[position].upCast(value, from: commit.schema)
            }
            commit.changes[index].sets = change.sets.map { write in
                FieldWrite(write.number, write.value.map { cast(write.number, $0) })
            }
            commit.changes[index].adds = change.adds.map {
                ElementWrite($0.number, cast($0.number, $0.value))
            }
            commit.changes[index].removes = change.removes.map {
                ElementWrite($0.number, cast($0.number, $0.value))
            }
        }
        return commit
    }
}

extension FieldSchema {
    fileprivate func upCast(_ value: Value, from version: UInt32) -> Value {
        switch value {
        case .option(let number): .option(replacement(of: number, since: version))
        case .status(let number, let round):
            .status(option: replacement(of: number, since: version), round: round)
        default: value
        }
    }

    /// Follows the replacements made after `version`, one version at a time.
    private func replacement(of number: UInt32, since version: UInt32) -> UInt32 {
        var (number, version) = (number, version)
        while let step = replacements.filter({ $0.option == number && $0.version > version })
            .min(by: { $0.version < $1.version })
        {
            (number, version) = (step.by, step.version)
        }
        return number
    }
}
