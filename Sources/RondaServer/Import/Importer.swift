package import RondaHub
internal import RondaMerge
package import RondaModel
internal import RondaStore

/// What an import did with one file.
package struct ImportResult: Sendable {
    package var imported = 0
    /// Rows whose record was there already: left as it is, with what people have corrected in it.
    package var known = 0
    package var refusals: [ImportRefusal] = []
    /// The lines of rows that are not taken, because they are about somebody who was erased.
    package var erased: [Int] = []
}

/// Puts rows into the hub as commits of the server's own device, with verdicts and journal like
/// everybody's work. Importing the same file again adds only what is new.
package struct Importer: Sendable {
    private let hub: Hub
    /// Who imports.
    private let actor: String
    /// Rows in one commit: large enough to share a durable write, small enough to page.
    private static let rowsPerCommit = 200

    package init(hub: Hub, actor: String = AuditEntry.server) {
        self.hub = hub
        self.actor = actor
    }

    /// A row as the record it becomes.
    private struct Item: Sendable {
        let line: Int
        let id: RecordID
        let change: Change
        /// A record that must be there first, and the refusal when it is not.
        let parent: (id: RecordID, refusal: ImportRefusal)?
    }

    package func territories(
        _ file: ParsedFile<TerritoryRow>, name: String, progress: (Int) -> Void
    ) async throws -> ImportResult {
        let items = file.rows.map { row in
            var territory = Territory(id: Self.territoryID(row.code))
            territory.code = row.code
            territory.country = row.country
            territory.mainCity = row.mainCity
            return Item(
                line: row.line, id: territory.id, change: Change(creating: territory), parent: nil)
        }
        return try await submit(items, name: name, refusals: file.refusals, progress: progress)
    }

    package func customers(
        _ file: ParsedFile<CustomerRow>, name: String, progress: (Int) -> Void
    ) async throws -> ImportResult {
        let items = file.rows.map { row in
            let customer = Self.customer(row)
            return Item(
                line: row.line, id: customer.id, change: Change(creating: customer),
                parent: (
                    Self.territoryID(row.territory),
                    .unknownTerritory(row.territory, file: name, line: row.line)
                ))
        }
        return try await submit(items, name: name, refusals: file.refusals, progress: progress)
    }

    package func purchases(
        _ file: ParsedFile<PurchaseRow>, name: String, progress: (Int) -> Void
    ) async throws -> ImportResult {
        let items = file.rows.map { row in
            let purchase = Self.purchase(row)
            return Item(
                line: row.line, id: purchase.id, change: Change(creating: purchase),
                parent: (
                    Self.customerID(row.customer),
                    .unknownCustomer(row.customer, file: name, line: row.line)
                ))
        }
        return try await submit(items, name: name, refusals: file.refusals, progress: progress)
    }

    private func submit(
        _ items: [Item], name: String, refusals: [ImportRefusal], progress: (Int) -> Void
    ) async throws -> ImportResult {
        var result = ImportResult(refusals: refusals)
        var start = 0
        while start < items.count {
            let batch = Array(items[start..<min(start + Self.rowsPerCommit, items.count)])
            start += batch.count
            let (known, orphans, erased) = try await hub.store.read { store in
                var known = Set<RecordID>()
                var orphans = Set<RecordID>()
                var erased = Set<RecordID>()
                for item in batch {
                    let parent = try item.parent.flatMap { try store.record($0.id) }
                    let record = try store.record(item.id)
                    if record?.isErased == true || parent?.isErased == true {
                        erased.insert(item.id)
                        continue
                    }
                    if record != nil { known.insert(item.id) }
                    if let parent = item.parent?.id, try store.record(parent) == nil {
                        orphans.insert(item.id)
                    }
                }
                return (known, orphans, erased)
            }
            result.erased += batch.filter { erased.contains($0.id) }.map(\.line)
            result.known += known.count
            var fresh: [Item] = []
            for item in batch where !known.contains(item.id) && !erased.contains(item.id) {
                if orphans.contains(item.id), let parent = item.parent {
                    result.refusals.append(parent.refusal)
                } else {
                    fresh.append(item)
                }
            }
            try await submit(fresh, name: name, into: &result)
            progress(start)
        }
        result.refusals.sort { $0.line < $1.line }
        return result
    }

    /// One commit for all; when the hub refuses it, one for each, so that only the row at fault
    /// stays out.
    private func submit(_ items: [Item], name: String, into result: inout ImportResult) async throws
    {
        if items.isEmpty { return }
        let verdicts = try await hub.submitAsSystem(
            [items.map(\.change)],
            note: AuditNote(
                .importRows, by: actor, subject: name,
                detail: "\(items.count) rows, lines \(items[0].line) to "
                    + "\(items[items.count - 1].line)"))
        guard let refusal = verdicts.first?.refusal else {
            result.imported += items.count
            return
        }
        if items.count == 1 {
            result.refusals.append(
                ImportRefusal(refusal, file: name, line: items[0].line, schema: hub.schema))
            return
        }
        for item in items { try await submit([item], name: name, into: &result) }
    }
}

// MARK: - Rows as records

extension Importer {
    package static func territoryID(_ code: String) -> RecordID {
        Schema.current.derivedID(of: .territory) { _ in .composed(code) } ?? .zero
    }

    /// A customer from a file is known by its code, so that the same file finds it again.
    package static func customerID(_ code: String) -> RecordID {
        .derived(
            namespace: Schema.current.namespace(of: .customer), name: "import\u{1f}" + code.composed
        )
    }

    private static func customer(_ row: CustomerRow) -> Customer {
        var customer = Customer(id: customerID(row.code))
        customer.territory = territoryID(row.territory)
        customer.code = row.code
        customer.kind = row.kind == .company ? .company : .person
        customer.name = row.name
        customer.contact = row.contact
        customer.phones = row.phone.map { [$0] } ?? []
        customer.emails = row.email.map { [$0] } ?? []
        customer.street = row.street
        customer.city = row.city
        customer.latitude = row.latitude
        customer.longitude = row.longitude
        customer.country = row.country
        customer.since = CivilDate(days: row.since)
        // A file is no evidence of consent: it may withdraw, never grant.
        customer.marketingConsent = row.consentMarketing == false ? .refused : nil
        return customer
    }

    private static func purchase(_ row: PurchaseRow) -> Purchase {
        let name = [
            "import", row.customer.composed, CivilDate(days: row.date).description,
            String(row.units), String(row.amountHundredths), String(row.ordinal),
        ].joined(separator: "\u{1f}")
        var purchase = Purchase(
            id: .derived(namespace: Schema.current.namespace(of: .purchase), name: name))
        purchase.customer = customerID(row.customer)
        purchase.date = CivilDate(days: row.date)
        purchase.units = row.units
        purchase.amount = Int(row.amountHundredths)
        return purchase
    }
}

extension ImportRefusal {
    /// A row that parsed but that the hub's own rules refuse.
    package init(_ refusal: Refusal, file: String, line: Int, schema: Schema) {
        let entity = refusal.entity.flatMap { schema[$0] }
        let field = entity?.position(ofNumber: refusal.field).flatMap { entity?.fields[$0].name }
        self.init(
            file: file, line: line, column: field, code: .refusedByHub, value: nil,
            phrase: Phrase(
                en: "The server refuses it: \(refusal.code.phrase.en).",
                es: "El servidor no la acepta: \(refusal.code.phrase.es)."))
    }
}
