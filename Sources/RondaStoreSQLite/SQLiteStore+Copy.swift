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
            // Bringing it to the present format would change it; a restore does that to its own copy.
            guard version == format else { throw StoreError(.failed, "format \(version)") }
            return SQLiteStore(pool: queue, schema: schema)
        }
    }
}
