import Foundation
import RondaClient
import RondaModel
import RondaProtobuf
import SwiftProtobuf
import Synchronization
import Testing

extension Fuzzing {
    @Suite("The device")
    struct Devices {
        @Test("takes a mutated answer or refuses it, loses nothing, and ends in agreement")
        func mutated() async throws {
            let template = try await FuzzWorld.make(seed: 1)
            let device = try await template.device(of: "ana", seed: 2)
            _ = try await device.store.sync(over: device.transport)
            var outcomes: [String: Int] = [:]
            for seed in Fuzzing.seeds(60) {
                Fuzzing.trying("device", seed)
                let outcome = try await Self.story(seed, template, device)
                outcomes[outcome, default: 0] += 1
            }
            Fuzzing.tried()
            Fuzzing.report("device: \(outcomes.sorted { $0.key < $1.key })")
        }

        /// - Returns: how the sync with spoilt answers ended.
        private static func story(
            _ seed: UInt64, _ template: FuzzWorld, _ first: FuzzDevice
        ) async throws -> String {
            var random = FuzzRandom(seed: seed)
            let world = try template.copy(seed: seed)
            let device = try first.copy(at: world.hub)
            // From the start, in one of a few: then all of the answers are long.
            if random.chance(3) { try await device.store.forgetCursors() }
            try await device.work(&random)
            let kept = try device.kept()
            let spoiler = Mutex(random)
            device.transport.spoil { body in
                spoiler.withLock { random in
                    let other = (try? Kind.exchangeResponse.sample(&random)) ?? []
                    return random.chance(5) ? body : Mutation.mutated(body, with: other, &random)
                }
            }
            var outcome = "absorbed"
            do throws(ClientError) {
                let report = try await device.store.sync(over: device.transport)
                if !report.isComplete { outcome = "incomplete" }
            } catch {
                outcome = error.code.rawValue
            }
            device.transport.spoil(nil)
            #expect(try device.kept() == kept, "seed \(seed): a captured commit is gone")
            do throws(ClientError) {
                _ = try await device.store.sync(over: device.transport)
                // What a lie told cannot be told from the truth; reading anew does away with it.
                try await Self.readAnew(device)
                let report = try await device.store.sync(over: device.transport)
                #expect(report.isComplete && report.pending == 0, "seed \(seed): \(report)")
            } catch {
                Issue.record("seed \(seed): \(error.code) \(error.detail) after \(outcome)")
                return outcome
            }
            #expect(try device.kept() >= kept, "seed \(seed): a captured commit is gone")
            // What the hub has is here as it is there. What only a lie told of may stay: nothing
            // the hub says later speaks of it.
            let differences = try await world.differences(from: device)
            let wrong = differences.filter { !$0.hasSuffix("extra") }
            #expect(wrong == [], "seed \(seed) after \(outcome)")
            return differences.isEmpty ? outcome : outcome + ", a lie stayed"
        }

        private static func readAnew(_ device: FuzzDevice) async throws(ClientError) {
            do {
                try await device.store.forgetCursors()
            } catch {
                throw error as? ClientError
                    ?? ClientError(.store, Phrase(en: "\(error)", es: "\(error)"))
            }
        }

        /// Each in a process of its own, because what it looks for ends the process.
        @Test(
            "takes whatever number the server says",
            arguments: ["server time", "last commit", "fork", "position", "version", "advice"])
        func edges(of name: String) async {
            await #expect(processExitsWith: .success) { [name] in
                for number: UInt64 in [.max, 1 << 63, 1 << 63 - 1, 1 << 32, 1, 0] {
                    await Self.sync { answer in
                        switch name {
                        case "server time": answer.serverTimeMs = Int64(bitPattern: number)
                        case "last commit": answer.lastCommit = number
                        case "fork": answer.forkedAt = number
                        case "advice": answer.advice.coveredByBackup = number
                        default:
                            for stream in answer.streams.indices {
                                if name == "position" {
                                    answer.streams[stream].seq = number
                                    answer.streams[stream].behind = number
                                    continue
                                }
                                for delta in answer.streams[stream].deltas.indices {
                                    answer.streams[stream].deltas[delta].version = number
                                }
                            }
                        }
                    }
                }
            }
        }

        @Test("leaves alone what it does not know, and still comes to an end")
        func unknownEntity() async {
            await #expect(processExitsWith: .success) {
                await Self.sync { answer in
                    guard !answer.streams.isEmpty else { return }
                    answer.ids.append(Data(RecordID(high: 9, low: 9).bytes))
                    answer.streams[0].deltas.append(
                        .with {
                            ($0.entity, $0.version) = (99, 1)
                            $0.record = UInt32(answer.ids.count - 1)
                        })
                }
            }
        }

        @Test("waits no longer than it can count, whatever the server advises")
        func retryAfter() async {
            await #expect(processExitsWith: .success) {
                let world = try await FuzzWorld.make(seed: 1)
                let device = try await world.device(of: "ana", seed: 2)
                do throws(ClientError) {
                    _ = try await device.store.sync(over: BusyTransport())
                    exit(3)
                } catch {
                    guard error.code == .server else { exit(4) }
                }
            }
        }

        /// A sync whose answers are changed, and a clean one that reads everything anew.
        private static func sync(
            _ change: @escaping @Sendable (inout WireExchangeResponse) -> Void
        ) async {
            do {
                let world = try await FuzzWorld.make(seed: 1)
                let device = try await world.device(of: "ana", seed: 2)
                device.transport.spoil { body in
                    guard var answer = try? WireExchangeResponse(serializedBytes: body) else {
                        return body
                    }
                    change(&answer)
                    return (try? answer.serializedBytes()) ?? body
                }
                _ = try? await device.store.sync(over: device.transport)
                var random = FuzzRandom(seed: 3)
                try await device.work(&random)
                _ = try? await device.store.sync(over: device.transport)
                device.transport.spoil(nil)
                try await device.store.forgetCursors()
                let report = try await device.store.sync(over: device.transport)
                guard report.isComplete else { exit(3) }
            } catch {
                exit(5)
            }
        }
    }
}

private struct BusyTransport: Transport {
    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
        TransportResponse(status: 503, headers: ["retry-after": "9223372036854775807"])
    }
}
