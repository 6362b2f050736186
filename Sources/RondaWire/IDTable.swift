package import Foundation
package import RondaModel

/// Ids named many times in one message travel once and are referred to by index (SPEC §2.3).
package struct IDTable: Sendable {
    package private(set) var ids: [RecordID] = []
    /// Made once the table is too long to look through, which a single commit's seldom is.
    private var indexes: [RecordID: UInt32] = [:]
    private static let longestSearched = 16

    package init() {}

    package mutating func index(of id: RecordID) -> UInt32 {
        let known = indexes.isEmpty ? ids.firstIndex(of: id).map { UInt32($0) } : indexes[id]
        if let known { return known }
        let index = UInt32(ids.count)
        ids.append(id)
        if !indexes.isEmpty {
            indexes[id] = index
        } else if ids.count > Self.longestSearched {
            for (index, id) in ids.enumerated() { indexes[id] = UInt32(index) }
        }
        return index
    }

    package var encoded: [Data] { ids.map { Data($0.bytes) } }
}

/// The reading side of an `IDTable`.
package struct IDList: Sendable {
    private let ids: [RecordID]

    package init(_ encoded: [Data]) throws(WireError) {
        var ids: [RecordID] = []
        ids.reserveCapacity(encoded.count)
        for (index, bytes) in encoded.enumerated() {
            guard bytes.count == 16 else {
                throw WireError(.badID, "ids[\(index)] has \(bytes.count) bytes, not 16")
            }
            ids.append(RecordID(data: bytes))
        }
        self.ids = ids
    }

    package func id(at index: UInt32) throws(WireError) -> RecordID {
        guard index < ids.count else {
            throw WireError(.badID, "index \(index) in a table of \(ids.count) ids")
        }
        return ids[Int(index)]
    }
}

extension RecordID {
    /// Reads 16 bytes; any other length, which callers have already refused, is the zero id.
    package init(data: Data) {
        self = data.withUnsafeBytes { bytes in
            guard bytes.count == 16, let start = bytes.baseAddress else { return .zero }
            return RecordID(unaligned: start)
        }
    }
}

/// Bytes that are not what the protocol says they are.
package struct WireError: Error, Sendable, Hashable {
    package enum Code: String, Sendable {
        case notProtobuf, notJSON, notGzip, inflatesTooFar, badID, badField
    }
    package let code: Code
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }
}
