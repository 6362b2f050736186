import Foundation
import Testing

extension Fuzzing {
    @Suite("Decoders")
    struct Decoders {
        /// Named `kind.what.hex`: what once went wrong, and the edges.
        @Test("read every input of the corpus, or refuse it")
        func corpus() throws {
            let directory = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "Corpus")
            let files = try FileManager.default.contentsOfDirectory(
                at: directory, includingPropertiesForKeys: nil
            ).sorted { $0.path < $1.path }
            try #require(files.count > 20)
            for (index, file) in files.enumerated() {
                let name = file.lastPathComponent
                let kind = try #require(
                    Kind(rawValue: String(name.prefix { $0 != "." })), "\(name)")
                Fuzzing.trying(name, UInt64(index))
                let bytes = try Self.bytes(hex: try String(contentsOf: file, encoding: .utf8))
                Self.read(bytes, as: kind, name)
            }
            Fuzzing.tried()
        }

        @Test("read what was written", arguments: Kind.allCases)
        func valid(kind: Kind) throws {
            for seed in Fuzzing.seeds(50) {
                var random = FuzzRandom(seed: seed)
                let bytes = try kind.sample(&random)
                Fuzzing.trying(kind.rawValue, seed)
                #expect(throws: Never.self, "\(kind) seed \(seed)") { try kind.read(bytes) }
            }
            Fuzzing.tried()
        }

        @Test("read mutated bytes, or refuse them", arguments: Kind.allCases)
        func mutated(kind: Kind) throws {
            var readable = 0
            for seed in Fuzzing.seeds(300) {
                Fuzzing.trying(kind.rawValue, seed)
                let bytes = try Self.input(kind, seed: seed)
                if Self.read(bytes, as: kind, "\(kind) seed \(seed)") { readable += 1 }
            }
            Fuzzing.tried()
            let count = Fuzzing.seeds(300).count
            Fuzzing.report("\(kind): \(count) inputs, \(readable) readable")
            #expect(readable > 0 && readable < count)
        }

        @Test("read random bytes, or refuse them", arguments: Kind.allCases)
        func random(kind: Kind) {
            for seed in Fuzzing.seeds(200) {
                Fuzzing.trying("random \(kind.rawValue)", seed)
                var random = FuzzRandom(seed: seed)
                let bytes = random.bytes(random.below(120))
                Self.read(bytes, as: kind, "random \(kind) seed \(seed)")
            }
            Fuzzing.tried()
        }

        static func input(_ kind: Kind, seed: UInt64) throws -> [UInt8] {
            var random = FuzzRandom(seed: seed)
            let other = try random.pick(Kind.allCases, or: kind).sample(&random)
            return Mutation.mutated(try kind.sample(&random), with: other, &random)
        }

        /// - Returns: whether it could be read.
        @discardableResult
        private static func read(_ bytes: [UInt8], as kind: Kind, _ name: String) -> Bool {
            do {
                try kind.read(bytes)
                return true
            } catch let error as Broken {
                Issue.record("\(name): \(error)")
                return false
            } catch {
                return false
            }
        }

        private static func bytes(hex: String) throws -> [UInt8] {
            let digits = hex.split(separator: "\n").filter { !$0.hasPrefix("#") }.joined()
                .filter { !$0.isWhitespace }
            return try stride(from: 0, to: digits.utf8.count, by: 2).map { start in
                let pair = digits.utf8.dropFirst(start).prefix(2)
                return try #require(UInt8(String(decoding: pair, as: UTF8.self), radix: 16))
            }
        }
    }
}
