import Foundation
import Testing

@Suite("A server restored from a backup", .timeLimit(.minutes(2)))
struct RestoreCommandTests {
    private struct NamedRecord: Decodable {
        let entity: String
        let note: String?
    }

    private func synced(_ office: Office, _ who: String) async throws {
        let sync = try await office.ronda(who, "sync")
        #expect(sync.status == 0, "\(who): \(sync.output)\(sync.errors)")
    }

    private func state(_ office: Office, _ who: String) async throws -> String {
        let export = try await office.ronda(who, "export-state")
        #expect(export.status == 0, "\(export.errors)")
        return export.output
    }

    @Test("everything that was delivered since the backup comes back once, and all agree")
    func comesBack() async throws {
        let office = try await Office.prepared(reps: ["ana", "beto"])
        var server = try await office.serve()
        for who in ["ana", "beto"] {
            try await office.login(who, url: server.url)
            try await synced(office, who)
        }
        try await office.note("ana", "before")
        try await synced(office, "ana")
        let file = office.root + "/a.backup"
        try await office.expectDone("backup", file)
        // Delivered after the backup, seen by both, and then more that is only queued.
        try await office.note("ana", "after")
        try await synced(office, "ana")
        try await synced(office, "beto")
        let receipt = try await office.ronda("ana", "receipt")
        #expect(receipt.status == 0, "\(receipt.output)\(receipt.errors)")
        let saved = try office.write(receipt.output, to: "receipt.json")
        #expect(try await office.run("receipt", "check", saved).status == 0)
        try await office.note("beto", "queued")
        let before = try await office.status()
        await server.kill()

        let restored = try await office.expectDone("restore", file, "--replace")
            .decode(RestoreAnswer.self)
        #expect(restored.expected == 2)
        let lost = try await office.run("receipt", "check", saved)
        #expect(lost.status == 1)
        #expect(try lost.decode(ReceiptAnswer.self).journal == "missing")
        #expect(try await office.status().records["visit"] == 1)
        server = try await office.serve(port: server.port)
        let waiting = try await office.expectDone("recovery").decode(RecoveryAnswer.self)
        #expect(waiting.recovering && waiting.devices.map(\.account).sorted() == ["ana", "beto"])
        for who in ["beto", "ana", "beto"] { try await synced(office, who) }

        let after = try await office.status()
        #expect(after.records["visit"] == 3)
        #expect(after.commits == before.commits + 1)
        #expect(after.refused == 0 && after.conflicts == 0)
        #expect(try await office.run("receipt", "check", saved).status == 0)
        let recovery = try await office.expectDone("recovery").decode(RecoveryAnswer.self)
        #expect(!recovery.recovering && recovery.devices.isEmpty && recovery.waiting == 0)
        let status = try await office.devices()
        #expect(status.generation > 0 && !status.recovering)
        #expect(status.devices.allSatisfy { $0.isReconciled && $0.queued == 0 })
        #expect(status.territories.first?.completeTo != nil)
        let ana = try await state(office, "ana")
        #expect(try await state(office, "beto") == ana)
        let records = try JSONDecoder().decode([NamedRecord].self, from: Data(ana.utf8))
        let notes = records.filter { $0.entity == "visit" }.compactMap(\.note).sorted()
        #expect(notes == ["after", "before", "queued"])
        #expect(try await office.expectDone("verify").decode(VerifyAnswer.self).whole)
        await server.stop()
    }

    @Test("a device that never comes back is no longer waited for once that is said")
    func close() async throws {
        let office = try await Office.prepared(reps: ["ana", "beto"])
        var server = try await office.serve()
        for who in ["ana", "beto"] {
            try await office.login(who, url: server.url)
            try await synced(office, who)
        }
        #expect(try await office.say("recovery", language: "es").output.contains("nunca fue"))
        let file = office.root + "/a.backup"
        try await office.expectDone("backup", file)
        await server.kill()
        try await office.expectDone("restore", file, "--replace")
        server = try await office.serve(port: server.port)
        try await synced(office, "ana")
        let open = try await office.say("recovery", language: "es")
        #expect(open.output.contains("aún no han reenviado") && open.output.contains("beto"))
        let closed = try await office.expectDone("recovery", "--close").decode(RecoveryAnswer.self)
        #expect(!closed.recovering && closed.refused == 0)
        let again = try await office.say("recovery", "--close", language: "en")
        #expect(again.status == 0 && again.output.contains("nothing to close"))
        #expect(try await !office.devices().recovering)
        // It is taken all the same.
        try await office.note("beto", "late")
        try await synced(office, "beto")
        #expect(try await office.status().records["visit"] == 1)
        await server.stop()
    }
}
