package import RondaModel

/// The ids that a commit holds, read off its bytes: whoever looks through a whole journal does not
/// decode all of it.
package enum CommitIDs {
    /// `Commit.ids` of `exchange.proto`.
    private static let field: UInt64 = 5

    /// Calls `body` for each, also in what is no commit, as far as its fields can be told.
    package static func each(
        in commit: UnsafeRawBufferPointer, _ body: (RecordID) -> Void
    ) {
        var reader = FieldReader(bytes: commit)
        while let tag = reader.varint() {
            // https://protobuf.dev/programming-guides/encoding/#structure
            switch tag & 7 {
            case 0: guard reader.varint() != nil else { return }
            case 1: guard reader.skip(8) != nil else { return }
            case 2:
                guard let count = reader.varint(), let start = reader.skip(count) else { return }
                if tag >> 3 == field, count == 16, let base = commit.baseAddress {
                    body(RecordID(unaligned: base + start))
                }
            case 5: guard reader.skip(4) != nil else { return }
            default: return
            }
        }
    }

    private struct FieldReader {
        let bytes: UnsafeRawBufferPointer
        private var at = 0

        init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

        mutating func varint() -> UInt64? {
            var value: UInt64 = 0
            for shift in stride(from: UInt64(0), to: 70, by: 7) {
                guard at < bytes.count else { return nil }
                let byte = bytes[at]
                at += 1
                value |= UInt64(byte & 0x7f) << shift
                if byte < 0x80 { return value }
            }
            return nil
        }

        /// - Returns: where what is passed over begins; `nil` when it is longer than what is left.
        mutating func skip(_ count: UInt64) -> Int? {
            guard count <= UInt64(bytes.count - at) else { return nil }
            defer { at += Int(count) }
            return at
        }
    }
}
