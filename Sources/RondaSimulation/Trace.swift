/// What happened in a world, in short lines, and a hash of it: two runs of one story are the same
/// when their hashes are.
package struct Trace: Sendable {
    package private(set) var lines: [String] = []
    package private(set) var faults: [String: Int] = [:]

    /// FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/).
    package var hash: UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for line in lines {
            for byte in line.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            hash = (hash ^ 10) &* 0x100_0000_01b3
        }
        return hash
    }

    mutating func add(_ line: String, fault: String? = nil) {
        lines.append(line)
        if let fault { count(fault) }
    }

    mutating func count(_ fault: String) { faults[fault, default: 0] += 1 }

    mutating func count(_ others: [String: Int]) {
        faults.merge(others) { $0 + $1 }
    }
}
