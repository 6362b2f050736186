internal import ArgumentParser
internal import RondaClient
internal import RondaModel

struct CustomerEditCommand: TerminalCommand {
    static let configuration = CommandConfiguration(
        commandName: "edit",
        abstract: "Correct a customer; an empty text clears a field / "
            + "Corregir un cliente; un texto vacío borra un campo.",
        aliases: ["editar"])

    @Argument(help: "Code or beginning of the id / Código o comienzo del id.") var id: String
    @Option(help: "Name / Nombre.") var name: String?
    @Option(help: "Contact person / Persona de contacto.") var contact: String?
    @Option(help: "Street address / Dirección.") var street: String?
    @Option(help: "City / Ciudad.") var city: String?
    @Option(help: "Best hours to call / Mejor horario.") var bestHours: String?
    @Option(help: "Phone to add / Teléfono que agregar.") var addPhone: [String] = []
    @Option(help: "Phone to remove / Teléfono que quitar.") var removePhone: [String] = []
    @Option(help: "E-mail to add / Correo que agregar.") var addEmail: [String] = []
    @Option(help: "E-mail to remove / Correo que quitar.") var removeEmail: [String] = []
    @Option(help: "Note to add / Nota que agregar.") var note: [String] = []
    @OptionGroup var globals: GlobalOptions

    func perform(in session: Session) async throws -> Output {
        let (id, edit) = (id, try edit())
        let store = try await session.open()
        let (customer, called) = try await session.read(store) { reader in
            let customer = try Finder(reader: reader).customer(id)
            return (customer, try Names(reader).customer(customer))
        }
        try edit.check(customer)
        let saved = try await session.save(customer.id, in: store) { capture in
            try capture.update(Customer.self, customer.id) { edit.apply(to: &$0) }
        }
        let what =
            saved.receipt == nil
            ? Phrase(
                en: "Nothing differs from what is recorded of \(called.name).",
                es: "Nada difiere de lo registrado de \(called.name).")
            : Phrase(
                en: "Customer \(called.name) (\(called.handle)) updated.",
                es: "Cliente \(called.name) (\(called.handle)) actualizado.")
        return saved.output("customer", what)
    }

    private func edit() throws(TerminalError) -> CustomerEdit {
        let edit = CustomerEdit(
            texts: [
                (\.name, name), (\.contact, contact), (\.street, street), (\.city, city),
                (\.bestHours, bestHours),
            ].compactMap { path, text in text.map { (path, AnswerWords.text($0)) } },
            addedPhones: addPhone, removedPhones: removePhone, addedEmails: addEmail,
            removedEmails: removeEmail, addedNotes: note.compactMap(AnswerWords.text))
        guard edit.isEmpty else { return edit }
        throw .usage(
            en: "say what to change, for example --street “Calle 5 n.º 12”",
            es: "diga qué cambiar, por ejemplo --street «Calle 5 n.º 12»")
    }
}
