internal import Foundation
package import RondaModel

/// A look at a file before SQLite opens it: opening for writing turns on WAL, which changes the
/// file, and a file that is not ours must stay as it is.
package enum StoreFile {
    /// Throws `damaged` for a file that is not an SQLite database, or that belongs to another
    /// program, `newerFormat` for one of a later format. Reads the header only
    /// (https://sqlite.org/fileformat.html#the_database_header).
    ///
    /// An empty file is one whose making was cut short: `isNew` says that it may be made now.
    package static func check(
        path: String, applicationID: Int, format: Int, isNew: Bool = false
    ) throws(StoreError) {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw StoreError(.readOnly, "cannot read \(path)")
        }
        let header = [UInt8]((try? file.read(upToCount: 100)) ?? Data())
        // The file of a store that was just made is empty until the first checkpoint.
        let hasLog = FileManager.default.fileExists(atPath: path + "-wal")
        if header.isEmpty && (hasLog || isNew) { return }
        guard header.count == 100, header.starts(with: Array("SQLite format 3\0".utf8)) else {
            throw StoreError(.damaged, "not an SQLite file")
        }
        func number(at offset: Int) -> Int {
            header[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
        }
        let owner = number(at: 68)
        // One page, nobody's mark and no log: the making was cut short as WAL was turned on.
        if owner == 0, number(at: 60) == 0, number(at: 28) == 1, !hasLog {
            if isNew { return }
            throw StoreError(.notFound, "its making was cut short")
        }
        // 0 as long as the owner's mark is still in the write-ahead log.
        guard owner == applicationID || owner == 0 && hasLog else {
            throw StoreError(.damaged, "the database of another program")
        }
        if owner == applicationID, number(at: 60) > format {
            throw StoreError(.newerFormat, "format \(number(at: 60))")
        }
    }
}
