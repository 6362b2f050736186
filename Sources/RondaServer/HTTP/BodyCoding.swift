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
            let isShort = self == .json && body.count <= Self.mostSearchedBytes
            let place = isShort ? " at " + Self.faultyPlace(in: body, Question.self) : ""
            // The library's error never repeats the body.
            throw HubError(
                .badRequest,
                "not a \(Question.protoMessageName) message\(place.prefix(300)): \(error)")
        }
    }

    /// The search reads the body again for each level: worth it for what a person has typed.
    private static let mostSearchedBytes = 64 << 10

    /// Where JSON that was refused goes wrong, as a path such as `commits[3].number`: the library
    /// says what is wrong and not where. The branches are tried one by one, each in a document that
    /// holds nothing else.
    private static func faultyPlace<Question: Message>(
        in body: Data, _ type: Question.Type
    ) -> String {
        let document: Any
        do {
            document = try JSONSerialization.jsonObject(with: body)
        } catch {
            let details = (error as NSError).userInfo[NSDebugDescriptionErrorKey] as? String
            return details ?? "the body, which is not JSON"
        }
        func fails(_ document: Any) -> Bool {
            guard let data = try? JSONSerialization.data(withJSONObject: document) else {
                return true
            }
            return (try? Question(jsonUTF8Bytes: data)) == nil
        }
        func search(_ value: Any, _ path: String, _ wrap: @escaping (Any) -> Any) -> String {
            if let object = value as? [String: Any] {
                for (key, part) in object.sorted(by: { $0.key < $1.key }) {
                    let wrapPart = { (part: Any) in wrap([key: part]) }
                    if fails(wrapPart(part)) {
                        return search(part, path.isEmpty ? key : "\(path).\(key)", wrapPart)
                    }
                }
            } else if let list = value as? [Any] {
                let wrapPart = { (part: Any) in wrap([part]) }
                if let index = list.firstIndex(where: { fails(wrapPart($0)) }) {
                    return search(list[index], "\(path)[\(index)]", wrapPart)
                }
            }
            return path
        }
        return search(document, "") { $0 }
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
