import Foundation
import RondaHub
import RondaModel
import RondaProtobuf
import RondaWire
import SwiftProtobuf
import Testing

@testable import RondaServer

extension Fuzzing {
    @Suite("Bodies")
    struct Bodies {
        @Test("read mutated protobuf and JSON, or say where they are wrong")
        func mutated() throws {
            var (readable, refused) = (0, 0)
            for seed in Fuzzing.seeds(500) {
                Fuzzing.trying("body", seed)
                var random = FuzzRandom(seed: seed)
                let isRead =
                    switch random.below(3) {
                    case 0: try Self.check(random.exchangeRequest(), seed, &random)
                    case 1: try Self.check(random.compareRequest(), seed, &random)
                    default: try Self.check(random.enrolRequest(), seed, &random)
                    }
                if isRead { readable += 1 } else { refused += 1 }
            }
            Fuzzing.tried()
            Fuzzing.report("bodies: \(readable) readable, \(refused) refused")
            #expect(readable > 0 && refused > 0)
        }

        @Test(
            "that are strange JSON are refused, and never end the server",
            arguments: [
                "", " ", "null", "1", "\"a\"", "[]", "[[]]", "{}{}", "{\"a\":1e999}",
                "{\"a\":-1e999}", "{\"a\":NaN}", "{\"a\":\"\\ud800\"}", "{\"\\u0000\":1}",
                "{\"commits\":{\"a\":1}}", "{\"commits\":[1e999]}", "{\"commits\":[null]}",
                "{\"commits\":[{\"number\":1e999}]}", "{\"a\":1,\"a\":2}", "\u{feff}{}",
                "{\"commits\":[{\"ids\":[\"*\"]}],\"x\":18446744073709551616}",
                "{\"commits\":[{\"number\":0.1}]}", "{\"queued\":99999999999}",
                "{\"deviceTimeMs\":\"-9223372036854775809\"}",
            ])
        func strange(body: String) {
            Fuzzing.trying("body \(body)", 0)
            do {
                let _: WireExchangeRequest = try BodyEncoding.json.read(Data(body.utf8))
                Issue.record("\(body) was read")
            } catch {
                #expect(error.code == .badRequest)
            }
            Fuzzing.tried()
        }

        private static func check<Question: Message & Equatable>(
            _ question: Question, _ seed: UInt64, _ random: inout FuzzRandom
        ) throws -> Bool {
            let encoding: BodyEncoding = random.chance(4) ? .protobuf : .json
            var body = Array(try encoding.write(question))
            let other = Array(try encoding.write(random.exchangeRequest()))
            body =
                encoding == .json
                ? TextMutation.mutated(body, with: other, &random)
                : Mutation.mutated(body, with: other, &random)
            do throws(HubError) {
                let read: Question = try encoding.read(Data(body))
                let written = try encoding.write(read)
                let again: Question = try encoding.read(written)
                let second = try encoding.write(again)
                #expect(second == written, "seed \(seed)")
                return true
            } catch {
                #expect(error.code == .badRequest, "seed \(seed)")
                // A place, not a body.
                #expect(error.detail.utf8.count <= 300, "seed \(seed)")
                return false
            }
        }
    }
}
