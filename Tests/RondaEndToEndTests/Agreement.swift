import RondaClient
import RondaHub
import RondaMerge
import RondaModel
import RondaStore
import Testing

extension World {
    /// Checks that the device shows what the hub has for its account, no less and no more.
    func expectAgreement(
        of device: TestDevice, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await compare(Customer.self, device, sourceLocation)
        try await compare(Commitment.self, device, sourceLocation)
        try await compare(Visit.self, device, sourceLocation)
    }

    private func compare<R: RondaRecord>(
        _ type: R.Type, _ device: TestDevice, _ sourceLocation: SourceLocation
    ) async throws {
        let account = try #require(try await device.store.identity()).account
        let expected = try await hub.store.read { store in
            let account = try #require(try store.account(account))
            var records: [RecordID: FieldValues] = [:]
            try store.records(of: R.entity) { record in
                let isSeen =
                    account.role == .office
                    || record.placements.contains { account.territories.contains($0.scope) }
                if isSeen && !record.isDeleted { records[record.id] = record.shownValues }
            }
            return records
        }
        let shown = try await device.store.read { reader in
            Dictionary(
                uniqueKeysWithValues: try reader.records(type).map { ($0.id, $0.fields) })
        }
        #expect(Set(shown.keys) == Set(expected.keys), sourceLocation: sourceLocation)
        for (id, values) in expected where shown[id] != nil {
            #expect(shown[id] == values, sourceLocation: sourceLocation)
        }
    }
}

extension TestDevice {
    @discardableResult
    func promise(_ customer: RecordID, _ words: String) async throws -> RecordID {
        let receipt = try await store.capture { capture in
            var promise = capture.new(Commitment.self)
            promise.customer = customer
            promise.words = words
            promise.dueAt = Instant(milliseconds: 1_790_100_000_000)
            try capture.create(promise)
        }
        return try #require(receipt?.records.first)
    }

    func setStreet(_ customer: RecordID, _ street: String) async throws {
        try await store.capture { capture in
            try capture.update(Customer.self, customer) { $0.street = street }
        }
    }

    func newCustomer(_ name: String) async throws -> RecordID {
        let receipt = try await store.capture { capture in
            var customer = capture.new(Customer.self)
            customer.territory = try #require(
                try capture.reader.records(Territory.self).first { $0.code == "MX-14" }?.id)
            customer.name = name
            try capture.create(customer)
        }
        return try #require(receipt?.records.first)
    }

    var status: LocalStatus { get async throws { try await store.read { try $0.status() } } }
}
