internal import Crypto
internal import CryptoExtras
internal import Dispatch
internal import Foundation
internal import RondaModel

/// Passwords of people who sign in at the office, kept as scrypt hashes (RFC 7914).
package enum Password {
    package static let leastCharacters = 10
    package static let mostBytes = 1_024

    /// What a hash costs in memory and time, which is written beside it.
    private struct Cost {
        var logRounds: Int
        var blockSize = 8
        var parallelism = 3
    }
    private static let hashBytes = 32
    /// Bounds what a row that was tampered with can make the server compute.
    private static let mostLogRounds = 20

    /// One at a time, and on no thread that requests are answered on: each takes memory, and a good
    /// part of a second.
    private static let queue = DispatchQueue(label: "ronda.password")

    /// `scrypt$15$8$3$<salt>$<hash>`, both in base64. `salt` is 16 random bytes.
    package static func hash(
        _ password: String, salt: [UInt8], logRounds: Int
    ) async throws -> String {
        let cost = Cost(logRounds: logRounds)
        let key = try await apart { try derive(password, salt: salt, cost) }
        return text(cost, salt: salt, key: key)
    }

    /// The hash of a password that nobody has typed, as costly as others.
    static func nobodysHash(logRounds: Int) -> String {
        text(
            Cost(logRounds: logRounds), salt: Array(repeating: 0, count: 16),
            key: Array(repeating: 0, count: hashBytes))
    }

    private static func text(_ cost: Cost, salt: [UInt8], key: [UInt8]) -> String {
        [
            "scrypt", String(cost.logRounds), String(cost.blockSize), String(cost.parallelism),
            Data(salt).base64EncodedString(), Data(key).base64EncodedString(),
        ].joined(separator: "$")
    }

    private static func apart<Result: Sendable>(
        _ work: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Swift.Result { try work() }) }
        }
    }

    /// Whether the password is the one that was hashed, however its accents were typed.
    package static func verify(_ password: String, _ hash: String) async -> Bool {
        let parts = hash.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "scrypt", let logRounds = Int(parts[1]),
            (1...mostLogRounds).contains(logRounds), let blockSize = Int(parts[2]),
            (1...32).contains(blockSize), let parallelism = Int(parts[3]),
            (1...16).contains(parallelism), let salt = Data(base64Encoded: String(parts[4])),
            let expected = Data(base64Encoded: String(parts[5])), expected.count == hashBytes,
            let key = try? await apart({
                try derive(
                    password, salt: Array(salt),
                    Cost(logRounds: logRounds, blockSize: blockSize, parallelism: parallelism))
            })
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
