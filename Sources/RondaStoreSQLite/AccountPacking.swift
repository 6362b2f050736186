internal import RondaMerge
internal import RondaModel

/// What an account is assigned, in columns of bytes: always read and written whole.
enum AccountPacking {
    static func bytes(_ ids: Set<RecordID>) -> [UInt8] { ids.sorted().flatMap(\.bytes) }

    static func ids(_ bytes: [UInt8]) -> Set<RecordID> {
        Set(records(bytes, of: 16).compactMap { RecordID(bytes: $0) })
    }

    static func bytes(_ stays: [Stay]) -> [UInt8] {
        stays.flatMap { stay in
            stay.scope.bytes
                + [stay.from, stay.until].flatMap { number in
                    withUnsafeBytes(of: number.bigEndian, Array.init)
                }
        }
    }

    static func stays(_ bytes: [UInt8]) -> [Stay] {
        records(bytes, of: 32).compactMap { record in
            guard let scope = RecordID(bytes: record.prefix(16)) else { return nil }
            func number(_ offset: Int) -> UInt64 {
                record.dropFirst(offset).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
            }
            return Stay(scope: scope, from: number(16), until: number(24))
        }
    }

    private static func records(_ bytes: [UInt8], of size: Int) -> [ArraySlice<UInt8>] {
        stride(from: 0, to: bytes.count - bytes.count % size, by: size).map {
            bytes[$0..<$0 + size]
        }
    }
}
