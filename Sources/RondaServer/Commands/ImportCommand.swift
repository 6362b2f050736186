internal import ArgumentParser
internal import Foundation
internal import RondaHub
internal import RondaModel

struct ImportCommand: ServerSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Import CSV files; run it again to add what is new / Importar archivos CSV",
        discussion: """
            Rows that cannot be imported are listed with their line and reason, and the rest goes \
            in. What is already there stays as it is. A file never grants consent.
            """)

    @OptionGroup var options: CommonOptions

    @Option(name: .long, help: "code, country, main_city")
    var territories: String?

    @Option(name: .long, help: "code, kind, name, contact, phone, email, street, city, …")
    var customers: String?

    @Option(name: .long, help: "customer, date, units, amount")
    var purchases: String?

    @Option(
        name: .long, help: "Write every refused row to this CSV / Filas rechazadas, a este CSV.")
    var report: String?

    private struct FileDocument: Encodable {
        let file: String
        let imported: Int
        let known: Int
        let refused: Int
        /// Lines about somebody who was erased.
        let erased: [Int]
    }

    private struct RefusalDocument: Encodable {
        let file: String
        let line: Int
        let column: String?
        let code: String
        let value: String?
        let en: String
        let es: String
    }

    private struct Document: Encodable {
        var territories: FileDocument?
        var customers: FileDocument?
        var purchases: FileDocument?
        var refusals: [RefusalDocument] = []
    }

    func run() async throws {
        guard territories != nil || customers != nil || purchases != nil else {
            throw ServerTerminal.usage(
                "give at least one of --territories, --customers, --purchases",
                "indique al menos uno de --territories, --customers, --purchases")
        }
        let hub = try options.openHub()
        let importer = Importer(hub: hub, actor: options.actor)
        let today = Int32(hub.surroundings.now().milliseconds / 86_400_000)
        var document = Document()
        var refusals: [ImportRefusal] = []
        // Every file is read and parsed before the first row goes in: an unusable file stops all.
        let territoryFile = try territories.map { path in
            try parsed(path) { try TerritoryFile.parse(bytes: $0, fileName: $1) }
        }
        let customerFile = try customers.map { path in
            try parsed(path) { try CustomerFile.parse(bytes: $0, fileName: $1, today: today) }
        }
        let purchaseFile = try purchases.map { path in
            try parsed(path) { try PurchaseFile.parse(bytes: $0, fileName: $1, today: today) }
        }
        if let (file, name) = territoryFile {
            let bar = bar("territories", "territorios", file.rows.count)
            let result = try await importer.territories(file, name: name) { bar.show($0) }
            document.territories = finish(result, name, file.notes, &refusals)
        }
        if let (file, name) = customerFile {
            let bar = bar("customers", "clientes", file.rows.count)
            let result = try await importer.customers(file, name: name) { bar.show($0) }
            document.customers = finish(result, name, file.notes, &refusals)
        }
        if let (file, name) = purchaseFile {
            let bar = bar("purchases", "compras", file.rows.count)
            let result = try await importer.purchases(file, name: name) { bar.show($0) }
            document.purchases = finish(result, name, file.notes, &refusals)
        }
        document.refusals = refusals.map {
            RefusalDocument(
                file: $0.file, line: $0.line, column: $0.column, code: $0.code.rawValue,
                value: $0.value, en: $0.phrase.en, es: $0.phrase.es)
        }
        if let report { try write(refusals, to: report) }
        try options.terminal.show(document, lines(document, refusals))
        if !refusals.isEmpty { throw ExitCode(ServerTerminal.Exit.partlyRefused.rawValue) }
    }

    private func bar(_ en: String, _ es: String, _ total: Int) -> ProgressBar {
        let terminal = options.terminal
        return ProgressBar(
            Phrase(en: en, es: es).text(in: terminal.language), total: total,
            isShown: !terminal.json)
    }

    private func parsed<Row>(
        _ path: String,
        _ parse: ([UInt8], String) throws -> ParsedFile<Row>
    ) throws -> (file: ParsedFile<Row>, name: String) {
        let name = URL(filePath: path).lastPathComponent
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw ServerTerminal.Failure(
                .notFound, "fileNotFound",
                Phrase(
                    en: "cannot read \(path); check the name and its permissions",
                    es: "no se puede leer \(path); revise el nombre y los permisos"))
        }
        do {
            return (try parse(Array(bytes), name), name)
        } catch let error as ImportFileError {
            throw ServerTerminal.Failure(
                .refusedByRule, error.code.rawValue,
                Phrase(
                    en: "\(name): \(error.phrase.en); nothing was imported",
                    es: "\(name): \(error.phrase.es); no se importó nada"))
        }
    }

    private func finish(
        _ result: ImportResult, _ name: String, _ notes: [Phrase],
        _ refusals: inout [ImportRefusal]
    ) -> FileDocument {
        for note in notes { options.terminal.note(note) }
        refusals += result.refusals
        return FileDocument(
            file: name, imported: result.imported, known: result.known,
            refused: Set(result.refusals.map(\.line)).count, erased: result.erased)
    }

    private func lines(_ document: Document, _ refusals: [ImportRefusal]) -> [Phrase] {
        let files = [document.territories, document.customers, document.purchases]
        var lines = files.compactMap { $0 }.map {
            Phrase(
                en: "\($0.file): \($0.imported) imported, \($0.known) already there, "
                    + "\($0.refused) refused",
                es: "\($0.file): \($0.imported) importadas, \($0.known) ya estaban, "
                    + "\($0.refused) rechazadas")
        }
        lines += files.compactMap { $0 }.filter { !$0.erased.isEmpty }.map { file in
            let places = file.erased.prefix(10).map(String.init).joined(separator: ", ")
            let more = file.erased.count > 10 ? ", …" : ""
            return Phrase(
                en: "\(file.file): \(file.erased.count) rows name somebody who was erased and were "
                    + "left out (line \(places)\(more)). Whoever came back by themselves, or has the "
                    + "code now, needs another code.",
                es: "\(file.file): \(file.erased.count) filas nombran a alguien cuyos datos se "
                    + "suprimieron y se dejaron fuera (línea \(places)\(more)). Quien volvió por su "
                    + "cuenta, o tiene ahora ese código, necesita otro código.")
        }
        let most = 20
        lines += refusals.prefix(most).map { refusal in
            let place = [refusal.column, refusal.value.map { "«\($0)»" }]
                .compactMap { $0 }.joined(separator: " ")
            let gap = place.isEmpty ? "" : " \(place)"
            return Phrase(
                en: "\(refusal.file), line \(refusal.line):\(gap) \(refusal.phrase.en)",
                es: "\(refusal.file), línea \(refusal.line):\(gap) \(refusal.phrase.es)")
        }
        if refusals.count > most {
            let more = refusals.count - most
            lines.append(
                Phrase(
                    en: "… and \(more) more; --report FILE writes them all",
                    es: "… y \(more) más; --report ARCHIVO las escribe todas"))
        }
        return lines
    }

    private func write(_ refusals: [ImportRefusal], to path: String) throws {
        let language = options.terminal.language
        var text = "file,line,column,code,value,reason\n"
        for refusal in refusals {
            text +=
                [
                    refusal.file, String(refusal.line), refusal.column ?? "", refusal.code.rawValue,
                    refusal.value ?? "", refusal.phrase.text(in: language),
                ].map { "\"" + $0.replacing("\"", with: "\"\"") + "\"" }.joined(separator: ",")
                + "\n"
        }
        guard FileManager.default.createFile(atPath: path, contents: Data(text.utf8)) else {
            throw ServerTerminal.Failure(
                .other, "cannotWrite",
                Phrase(
                    en: "the rows went in, but the report could not be written to \(path)",
                    es: "las filas entraron, pero no se pudo escribir el informe en \(path)"))
        }
    }
}
