internal import RondaClient
internal import RondaModel

/// Finds the record a person means by the few characters they typed.
struct Finder {
    let reader: LocalReader

    func record<R: RondaRecord>(_ type: R.Type, _ text: String) throws -> R {
        let ids = try reader.ids(type, prefix: text)
        if ids.count > 1 { throw ambiguous(type, text) }
        guard let id = ids.first, let record = try reader.record(type, id) else {
            throw missing(type, text)
        }
        return record
    }

    /// A customer's code may look like the beginning of an id (`C0099` is one), so that a mistyped
    /// code must not mean somebody else: an id has to be given this far.
    private static let leastDigits = 8

    /// A customer by code or by the beginning of the id.
    func customer(_ text: String) throws -> Customer {
        let coded = try reader.customers(code: text)
        if coded.count > 1 { throw ambiguous(Customer.self, text) }
        if let customer = coded.first { return customer }
        if text.count(where: \.isHexDigit) < Self.leastDigits { throw missing(Customer.self, text) }
        return try record(Customer.self, text)
    }

    /// Somebody of the company by name, or by the beginning of the id.
    func staff(_ text: String) throws -> Staff {
        let asked = Folding.fold(text)
        let all = try reader.records(Staff.self)
        let exact = all.filter { Folding.fold($0.name ?? "") == asked }
        let found =
            exact.isEmpty
            ? all.filter { !asked.isEmpty && Folding.fold($0.name ?? "").contains(asked) } : exact
        if found.count > 1 { throw ambiguous(Staff.self, text) }
        return try found.first ?? record(Staff.self, text)
    }

    /// A contact of a customer by name, or by the beginning of the id.
    func contact(_ text: String, of customer: Customer) throws -> Contact {
        let asked = Folding.fold(text)
        let own = try reader.records(Contact.self, of: customer.id)
        let named = own.filter { !asked.isEmpty && Folding.fold($0.name ?? "").contains(asked) }
        if named.count > 1 { throw ambiguous(Contact.self, text) }
        if let contact = named.first { return contact }
        let contact = try record(Contact.self, text)
        if contact.customer != customer.id { throw missing(Contact.self, text) }
        return contact
    }

    /// The programme with this code; without one, the only programme there is.
    func programme(_ code: String?) throws -> Programme {
        let programmes = try reader.records(Programme.self)
        guard let code else {
            if programmes.count == 1 { return programmes[0] }
            if programmes.isEmpty {
                throw TerminalError.notFound(
                    en: "no loyalty programme is on this device; sync first: ronda sync",
                    es: "no hay programas de lealtad en este equipo; primero: ronda sincronizar")
            }
            let codes = programmes.compactMap(\.code).sorted().joined(separator: ", ")
            throw TerminalError.usage(
                en: "say which programme with --programme: \(codes)",
                es: "diga qué programa con --programme: \(codes)")
        }
        let folded = Folding.fold(code)
        if let programme = programmes.first(where: { Folding.fold($0.code ?? "") == folded }) {
            return programme
        }
        throw missing(Programme.self, code)
    }

    private func label(_ type: any RondaRecord.Type) -> Phrase {
        Schema.current[type.entity]?.label ?? Phrase(en: "record", es: "registro")
    }

    private func missing(_ type: any RondaRecord.Type, _ text: String) -> TerminalError {
        let label = label(type)
        return .notFound(
            en: "no \(label.en) “\(text)” is on this device; check how it is written, or sync: "
                + "ronda sync",
            es: "en este equipo no hay: \(label.es) «\(text)»; revise cómo se escribe, o "
                + "sincronice: ronda sync")
    }

    private func ambiguous(_ type: any RondaRecord.Type, _ text: String) -> TerminalError {
        let label = label(type)
        return .usage(
            en: "“\(text)” fits more than one \(label.en); write more of it",
            es: "«\(text)» corresponde a más de un registro (\(label.es)); escriba más caracteres")
    }
}
