internal import RondaClient
internal import RondaModel

/// What records and people are called, for those who read about them.
struct Names {
    let reader: LocalReader
    private let staff: [RecordID: String]

    init(_ reader: LocalReader) throws {
        self.reader = reader
        let known = try reader.records(Staff.self).map { ($0.id, $0.name ?? "") }
        // Imports are written by an account of the server itself, which is nobody's staff record.
        let system = RecordID.derived(
            namespace: Schema.current.namespace, name: "system account")
        staff = Dictionary(known + [(system, "Ronda")], uniquingKeysWith: { first, _ in first })
    }

    /// A person by account; the beginning of the id when the device does not know them.
    func person(_ account: RecordID) -> String {
        staff[account] ?? String(account.hex.prefix(8))
    }

    func customer(_ id: RecordID?) throws -> CustomerName {
        guard let id else { return CustomerName(id: .zero, handle: "", name: "") }
        guard let customer = try reader.record(Customer.self, id) else {
            let handle = String(id.hex.prefix(8))
            return CustomerName(id: id, handle: handle, name: handle)
        }
        return try self.customer(customer)
    }

    func customer(_ customer: Customer) throws -> CustomerName {
        CustomerName(
            id: customer.id,
            handle: try customer.code ?? reader.shortID(Customer.self, customer.id),
            name: customer.name ?? "")
    }

    /// What a record is called: its own name, or that of the customer it is about.
    func title(_ entity: EntityID, _ id: RecordID) throws -> String {
        func about<R: RondaRecord>(
            _ type: R.Type, _ customer: (R) -> RecordID?
        ) throws -> String? {
            try reader.record(type, id).map { try self.customer(customer($0)).name }
        }
        let title: String? =
            switch entity {
            case .customer: try customer(id).name
            case .referral: try reader.record(Referral.self, id)?.name
            case .programme: try reader.record(Programme.self, id)?.name
            case .territory: try reader.record(Territory.self, id)?.code
            case .staff: person(id)
            case .visit: try about(Visit.self, \.customer)
            case .commitment: try about(Commitment.self, \.customer)
            case .purchase: try about(Purchase.self, \.customer)
            case .enrolment: try about(Enrolment.self, \.customer)
            case .pointsEntry: try about(PointsEntry.self, \.customer)
            case .referralClaim: try about(ReferralClaim.self, \.customer)
            default: try customer(under: entity, id)?.name
            }
        return title ?? String(id.hex.prefix(8))
    }

    /// The customer that a record of whatever kind belongs to.
    private func customer(under entity: EntityID, _ id: RecordID) throws -> CustomerName? {
        guard case .customer(let position)? = Schema.current[entity]?.scope,
            case .one(.ref(let customer))? = try reader.content(of: entity, id, at: position)
        else { return nil }
        return try self.customer(customer)
    }

    /// What a field that names a record shows.
    func ref(_ id: RecordID, target: EntityID?) -> String {
        let title = target.flatMap { try? self.title($0, id) }
        return title ?? String(id.hex.prefix(8))
    }
}

/// A customer as others refer to them.
struct CustomerName: Sendable, Hashable {
    let id: RecordID
    /// What to type to mean them: the code, or the beginning of the id.
    let handle: String
    let name: String

    var cell: Cell { Cell("\(name) (\(handle))", plain: name) }
}
