internal import Foundation
internal import GRDB
package import RondaModel
internal import RondaSQLite

extension SQLiteStore {
    /// Opens a backup to look at it: nothing is written to the file nor beside it. Whoever writes to
    /// the store gets `readOnly`.
    package static func openCopy(
        at path: String, schema: Schema = .current
    ) throws(StoreError) -> SQLiteStore {
        guard FileManager.default.fileExists(atPath: path) else {
            throw StoreError(.notFound, path)
        }
        return try StoreError.mapping {
            try StoreFile.check(path: path, applicationID: applicationID, format: format)
            var configuration = Configuration()
            configuration.readonly = true
            configuration.label = "backup"
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            let version = try queue.read { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 }
            guard version <= format else { throw StoreError(.newerFormat, "format \(version)") }
            if version == format { return SQLiteStore(pool: queue, schema: schema) }
            // Bringing it to the present format would change it: that is done to a copy in memory,
            // and a restore does it to its own.
            let copy = try DatabaseQueue()
            try queue.backup(to: copy)
            try copy.write { try upgrade($0, schema: schema) }
            return SQLiteStore(pool: copy, schema: schema)
        }
    }
}
