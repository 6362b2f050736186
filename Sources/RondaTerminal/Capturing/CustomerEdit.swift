internal import RondaModel

/// What becomes of a customer's fields.
struct CustomerEdit: Sendable {
    typealias TextField = WritableKeyPath<Customer, String?> & Sendable

    /// A field and its new text, `nil` to clear it.
    var texts: [(any TextField, String?)]
    var addedPhones: [String]
    var removedPhones: [String]
    var addedEmails: [String]
    var removedEmails: [String]
    var addedNotes: [String]

    var isEmpty: Bool {
        texts.isEmpty && addedPhones.isEmpty && removedPhones.isEmpty && addedEmails.isEmpty
            && removedEmails.isEmpty && addedNotes.isEmpty
    }

    /// What is to be removed must be there: a mistyped number must not look removed.
    func check(_ customer: Customer) throws(TerminalError) {
        for phone in removedPhones where !customer.phones.contains(where: same(phone, customer)) {
            throw .notFound(
                en: "\(customer.name ?? "") has no phone \(phone)",
                es: "\(customer.name ?? "") no tiene el teléfono \(phone)")
        }
        for email in removedEmails where !customer.emails.contains(where: same(email, customer)) {
            throw .notFound(
                en: "\(customer.name ?? "") has no e-mail \(email)",
                es: "\(customer.name ?? "") no tiene el correo \(email)")
        }
    }

    func apply(to customer: inout Customer) {
        for (path, text) in texts { customer[keyPath: path] = text }
        let before = customer
        customer.phones.removeAll { phone in
            removedPhones.contains { same($0, before)(phone) }
        }
        customer.emails.removeAll { email in
            removedEmails.contains { same($0, before)(email) }
        }
        for phone in addedPhones where !customer.phones.contains(where: same(phone, customer)) {
            customer.phones.append(Self.spelled(phone, customer))
        }
        for email in addedEmails where !customer.emails.contains(where: same(email, customer)) {
            customer.emails.append(Self.spelled(email, customer))
        }
        customer.notes += addedNotes
    }

    /// Whether a number or address on record is the one typed, however either is written.
    private func same(_ typed: String, _ customer: Customer) -> (String) -> Bool {
        let wanted = Self.spelled(typed, customer)
        return { Self.spelled($0, customer) == wanted }
    }

    /// In the one spelling everybody uses; as typed when it has none, such as an extension.
    static func spelled(_ typed: String, _ customer: Customer) -> String {
        let text = AnswerWords.text(typed) ?? typed
        if text.contains("@") { return (try? ContactPoint.address(text)) ?? text }
        return (try? ContactPoint.number(text, country: customer.country)) ?? text
    }
}
