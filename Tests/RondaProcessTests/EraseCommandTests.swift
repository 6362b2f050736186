import Foundation
import RondaModel
import Testing

@Suite("Erasing a customer by command", .timeLimit(.minutes(2)))
struct EraseCommandTests {
    struct Erased: Decodable {
        let erased: Bool
        let records: [String: Int]
        let shared: Int
        let devices: [String]
    }

    struct Listed: Decodable {
        struct Missing: Decodable {
            let device: String
            let account: String?
        }
        let customer: String
        let records: Int
        let devices: Int
        let missing: [Missing]
    }

    private func listed(_ office: Office) async throws -> [Listed] {
        try await office.expectDone("erasures").decode([Listed].self)
    }

    @Test("asks first, does it once, lists who has not confirmed; no restore undoes it")
    func life() async throws {
        let office = try await Office.prepared()
        let server = try await office.serve()
        try await office.login("ana", url: server.url)
        #expect(try await office.ronda("ana", "sync").status == 0)
        try await office.expectDone("backup", office.root + "/noche.sqlite")
        #expect(try await listed(office).isEmpty)
        let dry = try await office.expectDone("erase", "C1", "--dry-run").decode(Erased.self)
        #expect(!dry.erased && dry.records == ["customer": 1] && dry.devices.count == 1)
        #expect(try await office.run("erase", "C1").status == 7)
        #expect(try await office.run("erase", "C9", "--yes").status == 3)
        #expect(try await listed(office).isEmpty)
        let done = try await office.expectDone("suprimir", "C1", "--yes").decode(Erased.self)
        #expect(done.erased && done.records == dry.records)
        #expect(try await office.run("erase", "C1", "--yes").status == 3)
        var notes = try await listed(office)
        #expect(notes.map(\.records) == [1] && notes[0].missing.map(\.account) == ["ana"])
        #expect(try await office.ronda("ana", "sync").status == 0)
        notes = try await listed(office)
        #expect(notes.map(\.devices) == [1] && notes[0].missing.isEmpty)
        let told = try await office.say("supresiones", language: "es")
        #expect(told.output.contains("1 de 1 equipos lo confirmaron"))
        _ = await server.stop()

        try await office.expectDone("restore", office.root + "/noche.sqlite", "--replace")
        notes = try await listed(office)
        #expect(notes.map(\.customer) == [Office.customer.description])
        #expect(try await office.run("erase", "C1", "--yes").status == 3)
        try await office.expectDone("verify")
    }

    @Test("a file put in place by hand is served without who was erased, a damaged ledger not")
    func putBack() async throws {
        let office = try await Office.prepared()
        let file = office.data + "/hub.sqlite"
        let copy = try Data(contentsOf: URL(filePath: file))
        try await office.expectDone("erase", "C1", "--yes")
        for extra in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file + extra) }
        try copy.write(to: URL(filePath: file))
        let server = try await office.serve()
        #expect(try await listed(office).count == 1)
        _ = await server.stop()
        let ledger = office.data + "/erasures.ledger"
        var bytes = try Data(contentsOf: URL(filePath: ledger))
        bytes[60] ^= 1
        try bytes.write(to: URL(filePath: ledger))
        let refused = try await office.run("serve", "--port", "0")
        #expect(refused.status == 8 && (refused.output + refused.errors).contains("damagedLedger"))
    }

    @Test("a backup has the ledger beside it; a restore without one says so")
    func ledgerOfBackup() async throws {
        let office = try await Office.prepared()
        let before = office.root + "/antes.sqlite"
        let after = office.root + "/despues.sqlite"
        try await office.expectDone("backup", before)
        try await office.expectDone("erase", "C1", "--yes")
        try await office.expectDone("backup", after)
        let ledger = office.data + "/erasures.ledger"
        // The disk is lost, and the ledger with it.
        try FileManager.default.removeItem(atPath: office.data)
        try FileManager.default.moveItem(atPath: after + ".erasures", toPath: before + ".erasures2")
        try FileManager.default.removeItem(atPath: before + ".erasures")
        let blind = try await office.say("restore", before, language: "en")
        #expect(blind.status == 0 && blind.errors.contains("ledger of erasures"))
        #expect(try await listed(office).isEmpty)
        try FileManager.default.moveItem(
            atPath: before + ".erasures2", toPath: before + ".erasures")
        try FileManager.default.removeItem(atPath: office.data)
        let done = try await office.say("restore", before, language: "en")
        #expect(done.status == 0 && done.errors.contains("before the backup"))
        #expect(try await listed(office).count == 1)
        // One that is older than the store is written anew, and that is said.
        try FileManager.default.removeItem(atPath: ledger)
        let server = try await office.serve()
        _ = await server.stop()
        #expect(FileManager.default.fileExists(atPath: ledger))
    }

    @Test("a device that was set up after the backup is listed among those that have not confirmed")
    func unknownDevice() async throws {
        let office = try await Office.prepared()
        let backup = office.root + "/noche.sqlite"
        try await office.expectDone("backup", backup)
        let server = try await office.serve()
        try await office.login("ana", url: server.url)
        #expect(try await office.ronda("ana", "sync").status == 0)
        try await office.expectDone("erase", "C1", "--yes")
        _ = await server.stop()
        let device = try #require(try await listed(office).first?.missing.first)
        #expect(device.account == "ana")
        try await office.expectDone("restore", backup, "--replace")
        let missing = try await listed(office).flatMap(\.missing)
        #expect(missing.map(\.device) == [device.device] && missing.map(\.account) == [nil])
    }

    @Test("a backup without its ledger does not stand under its name, and its ledger is whole")
    func backedUp() async throws {
        let office = try await Office.prepared()
        let backup = office.root + "/noche.sqlite"
        let ledger = URL(filePath: office.data + "/erasures.ledger")
        try await office.expectDone("erase", "C1", "--yes")
        let whole = try Data(contentsOf: ledger)
        var damaged = whole
        damaged[60] ^= 1
        try damaged.write(to: ledger)
        let refused = try await office.run("backup", backup)
        #expect(refused.status == 8 && (refused.output + refused.errors).contains("damagedLedger"))
        #expect(!FileManager.default.fileExists(atPath: backup))
        // One that is missing is written anew, and that is said.
        try FileManager.default.removeItem(at: ledger)
        let done = try await office.say("backup", backup, language: "en")
        #expect(done.status == 0 && done.errors.contains("was missing or older"))
        let copied = try String(contentsOfFile: backup + ".erasures", encoding: .utf8)
        #expect(copied.contains(Office.customer.description))
    }

    @Test(
        "a telephone of several customers is not called a code, and a national one is helped with")
    func telephones() async throws {
        let office = try await Office.prepared()
        let lines = ["C8", "C9"].map { code in
            "\(code),person,Peña \(code),,+525512345678,,Calle 1,Guadalajara,,,MX,MX-14,2024-02-03,\n"
        }
        let file = try office.write(Office.customerHeader + lines.joined(), to: "more.csv")
        try await office.expectDone("import", "--customers", file)
        let several = try await office.say("erase", "+525512345678", "--dry-run", language: "en")
        #expect(several.status == 7 && several.errors.contains("is the telephone or e-mail of"))
        let national = try await office.say("suprimir", "5512345678", "--dry-run", language: "es")
        #expect(national.status == 3 && national.errors.contains("con + y el código del país"))
    }

    @Test("a restore asks the store that it replaces who was erased", arguments: [true, false])
    func replaced(isOld: Bool) async throws {
        let office = try await Office.prepared()
        let backup = office.root + "/noche.sqlite"
        let ledger = URL(filePath: office.data + "/erasures.ledger")
        try await office.expectDone("backup", backup)
        try await office.expectDone("erase", "C1", "--yes")
        let older = try Data(contentsOf: ledger)
        try await office.expectDone("erase", "C2", "--yes")
        // The ledger is lost, or an older one was put in its place.
        if isOld {
            try older.write(to: ledger)
        } else {
            try FileManager.default.removeItem(at: ledger)
        }
        let done = try await office.say("restore", backup, "--replace", language: "en")
        #expect(done.status == 0 && done.errors.contains("knew of \(isOld ? "1" : "2") erasure"))
        #expect(!done.errors.contains("before anybody syncs"))
        #expect(try await listed(office).count == 2)
        #expect(try await office.run("erase", "C2", "--dry-run").status == 3)
        #expect(try String(contentsOf: ledger, encoding: .utf8).split(separator: "\n").count == 3)
    }

    @Test("an import says which lines name somebody who was erased, and takes the others")
    func imported() async throws {
        struct Document: Decodable {
            struct File: Decodable {
                let imported: Int
                let known: Int
                let refused: Int
                let erased: [Int]
            }
            let customers: File
            let purchases: File
        }
        let office = try await Office.prepared()
        try await office.expectDone("erase", "C1", "--yes")
        let purchases = try office.write(
            "customer,date,units,amount\nC2,2024-05-01,1,10.00\nC1,2024-05-01,1,10.00\n",
            to: "purchases.csv")
        let customers = office.root + "/customers.csv"
        for isNew in [true, false] {
            let document = try await office.expectDone(
                "import", "--customers", customers, "--purchases", purchases
            ).decode(Document.self)
            #expect(document.customers.erased == [2] && document.customers.known == 2)
            #expect(document.purchases.erased == [3])
            #expect(document.purchases.imported == (isNew ? 1 : 0))
            #expect(document.customers.refused + document.purchases.refused == 0)
        }
        let told = try await office.say("import", "--customers", customers, language: "es")
        #expect(told.output.contains("línea 2"))
    }
}
