internal import Foundation
internal import Hummingbird
internal import RondaHub
internal import RondaModel
internal import RondaProtobuf
internal import RondaWire
internal import SwiftProtobuf

/// The two encodings of every message: protobuf for devices, proto3 JSON for people and `curl`.
enum BodyEncoding: String, Sendable {
    case protobuf = "application/x-protobuf"
    case json = "application/json"

    init?(contentType: String?) {
        let plain = contentType?.split(separator: ";").first?.lowercased() ?? ""
        self.init(rawValue: plain.trimmingCharacters(in: .whitespaces))
    }

    func read<Question: Message>(_ body: Data) throws(HubError) -> Question {
        do {
            return switch self {
            case .protobuf: try Question(serializedBytes: body)
            case .json: try Question(jsonUTF8Bytes: body)
            }
        } catch {
            // The library's error names the place in JSON and never repeats the body.
            throw HubError(.badRequest, "not a \(Question.protoMessageName) message: \(error)")
        }
    }

    func write(_ answer: some Message) throws(HubError) -> Data {
        do {
            return switch self {
            case .protobuf: try answer.serializedData()
            case .json: try answer.jsonUTF8Data()
            }
        } catch {
            throw HubError(.fault, "the answer could not be written")
        }
    }
}

extension WireExchangeResponse {
    /// With each field named, for the JSON encoding.
    func namingFields(_ schema: Schema) -> WireExchangeResponse {
        var named = self
        for stream in named.streams.indices {
            for delta in named.streams[stream].deltas.indices {
                guard
                    let entity = schema[
                        EntityID(rawValue: named.streams[stream].deltas[delta].entity)]
                else { continue }
                func name(_ field: inout WireField) {
                    guard let position = entity.position(ofNumber: field.number) else { return }
                    field.name = entity.fields[position].name
                }
                for field in named.streams[stream].deltas[delta].fields.indices {
                    name(&named.streams[stream].deltas[delta].fields[field])
                }
                for sibling in named.streams[stream].deltas[delta].siblings.indices {
                    name(&named.streams[stream].deltas[delta].siblings[sibling].value)
                }
            }
        }
        return named
    }
}
