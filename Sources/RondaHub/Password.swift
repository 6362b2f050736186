internal import Crypto
internal import CryptoExtras
internal import Foundation
internal import RondaModel

/// Passwords of people who sign in at the office, kept as scrypt hashes (RFC 7914).
package enum Password {
    package static let leastCharacters = 10
    package static let mostBytes = 1_024

    /// 32 MiB and three passes: what OWASP's password storage sheet asks for at this memory.
    private struct Cost {
        var logRounds = 15
        var blockSize = 8
        var parallelism = 3
    }
    private static let hashBytes = 32
    /// Bounds what a row that was tampered with can make the server compute.
    private static let mostLogRounds = 20

    /// `scrypt$15$8$3$<salt>$<hash>`, both in base64. `salt` is 16 random bytes.
    package static func hash(_ password: String, salt: [UInt8]) throws -> String {
        let cost = Cost()
        let key = try derive(password, salt: salt, cost)
        return [
            "scrypt", String(cost.logRounds), String(cost.blockSize), String(cost.parallelism),
            Data(salt).base64EncodedString(), Data(key).base64EncodedString(),
        ].joined(separator: "$")
    }

    /// Whether the password is the one that was hashed, however its accents were typed.
    package static func verify(_ password: String, _ hash: String) -> Bool {
        let parts = hash.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "scrypt", let logRounds = Int(parts[1]),
            (1...mostLogRounds).contains(logRounds), let blockSize = Int(parts[2]),
            (1...32).contains(blockSize), let parallelism = Int(parts[3]),
            (1...16).contains(parallelism), let salt = Data(base64Encoded: String(parts[4])),
            let expected = Data(base64Encoded: String(parts[5])), expected.count == hashBytes,
            let key = try? derive(
                password, salt: Array(salt),
                Cost(logRounds: logRounds, blockSize: blockSize, parallelism: parallelism))
        else { return false }
        // In constant time: the key is derived from a secret.
        return zip(key, expected).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func derive(_ password: String, salt: [UInt8], _ cost: Cost) throws -> [UInt8] {
        let rounds = 1 << cost.logRounds
        let key = try KDF.Scrypt.deriveKey(
            from: Array(password.composed.utf8), salt: salt, outputByteCount: hashBytes,
            rounds: rounds, blockSize: cost.blockSize, parallelism: cost.parallelism,
            maxMemory: 256 * rounds * cost.blockSize + (1 << 20))
        return key.withUnsafeBytes { Array($0) }
    }
}
