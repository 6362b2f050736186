internal import RondaClient
internal import RondaModel

/// What was recorded in a visit, besides its own fields.
struct VisitBeside: Sendable {
    let moments: [(record: Moment, handle: String)]
    let requests: [(record: SpecialRequest, handle: String)]

    init(_ visit: Visit, _ reader: LocalReader) throws {
        func all<R: RondaRecord>(_ type: R.Type) throws -> [R] {
            try visit.customer.map { try reader.records(type, of: $0) } ?? []
        }
        moments = try all(Moment.self).filter { $0.visit == visit.id }
            .map { ($0, try reader.shortID(Moment.self, $0.id)) }
        requests = try all(SpecialRequest.self).filter { $0.visit == visit.id }
            .map { ($0, try reader.shortID(SpecialRequest.self, $0.id)) }
    }
}
