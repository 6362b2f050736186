import Foundation
import GRDB
import RondaStoreSQLite
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

    @Test("puts its history above a replaced one from years ahead, at once")
    func farAhead() async throws {
        let office = try await Office.prepared()
        let file = office.root + "/a.backup"
        try await office.expectDone("backup", file)
        let database = try DatabaseQueue(path: office.data + "/hub.sqlite")
        try await database.write {
            try $0.execute(sql: "UPDATE hub SET generation = 2000000000, renewed = 1")
        }
        try database.close()
        try await office.expectDone("restore", file, "--replace")
        #expect(try await office.devices().generation == 2_000_000_001)
    }

    @Test("waits for nobody: a command that has the store open keeps it where it is")
    func inUse() async throws {
        let office = try await Office.prepared()
        let file = office.root + "/a.backup"
        try await office.expectDone("backup", file)
        do {
            // As an import in progress holds it.
            let store = try SQLiteStore.open(in: office.data)
            let refused = try await office.run("restore", file, "--replace")
            #expect(refused.status == 8, "\(refused.output)\(refused.errors)")
            #expect(try refused.decode(ErrorAnswer.self).error.code == "inUse")
            withExtendedLifetime(store) {}
        }
        try await office.expectDone("restore", file, "--replace")
        // And what is about to be served is what is in place then.
        do {
            let lock = try SQLiteStore.lock(directory: office.data, isShared: false)
            for words in [["serve", "--port", "0"], ["status"], ["recovery"]] {
                let outcome = try await office.run(words)
                #expect(outcome.status == 8, "\(words): \(outcome.output)\(outcome.errors)")
            }
            withExtendedLifetime(lock) {}
        }
        #expect(try await office.status().records["customer"] == 3)
    }

    @Test("cut short while it moved the old store aside, keeps that store's files together")
    func cutShort() async throws {
        let office = try await Office.prepared()
        let file = office.root + "/a.backup"
        try await office.expectDone("backup", file)
        // Written since, and only in the log: the server was killed.
        let server = try await office.serve()
        try await office.login("ana", url: server.url)
        try await synced(office, "ana")
        try await office.note("ana", "after")
        try await synced(office, "ana")
        await server.kill()
        let manager = FileManager.default
        #expect(manager.fileExists(atPath: office.data + "/hub.sqlite-wal"))
        let begun = office.data + "/replacing"
        try manager.createDirectory(atPath: begun, withIntermediateDirectories: false)
        try manager.moveItem(
            atPath: office.data + "/hub.sqlite", toPath: begun + "/hub.sqlite")
        let stale = office.data + "/restoring-20260101T000000Z-7"
        try manager.createDirectory(atPath: stale, withIntermediateDirectories: false)
        let restored = try await office.expectDone("restore", file, "--replace")
            .decode(RestoreAnswer.self)
        #expect(try await office.status().records["visit"] ?? 0 == 0)
        #expect(!manager.fileExists(atPath: begun) && !manager.fileExists(atPath: stale))
        // The store that was there is whole where it is now.
        let replaced = try #require(restored.replaced)
        let kept = try await office.run(["status"], data: replaced)
            .decode(Office.Status.self)
        #expect(kept.records["visit"] == 1)
    }

    private struct DeviceLine: Decodable {
        let account: String
        let access: String
    }

    @Test(
        "cut short and run again, it ends again what had ended: read where the first run put it",
        arguments: [false, true])
    func accessAfterCut(hasMoved: Bool) async throws {
        let office = try await Office.prepared(reps: ["ana", "beto"])
        let server = try await office.serve()
        for who in ["ana", "beto"] { try await office.login(who, url: server.url) }
        let file = office.root + "/a.backup"
        let code = try await office.code(for: "beto")
        try await office.expectDone("backup", file)
        try await office.expectDone("devices", "revoke", "ana")
        // What was revoked is in the log alone.
        await server.kill()
        let generation = try await office.devices().generation
        let manager = FileManager.default
        let begun = office.data + (hasMoved ? "/replaced-20260101T000000Z-1" : "/replacing")
        try manager.createDirectory(atPath: begun, withIntermediateDirectories: false)
        for name in hasMoved ? ["hub.sqlite", "hub.sqlite-wal", "hub.sqlite-shm"] : ["hub.sqlite"]
        where manager.fileExists(atPath: "\(office.data)/\(name)") {
            try manager.moveItem(
                atPath: "\(office.data)/\(name)", toPath: "\(begun)/\(name)")
        }
        let restored = try await office.expectDone("restore", file, "--replace")
        #expect(try restored.decode(RestoreAnswer.self).accessEnded == 1)
        #expect(try restored.decode(RestoreAnswer.self).generation > generation)
        let access = try await office.expectDone("devices").decode([DeviceLine].self)
        #expect(access.first { $0.account == "ana" }?.access == "revoked")
        #expect(access.first { $0.account == "beto" }?.access == "granted")
        // A code of the backup may have been used since.
        #expect(try restored.decode(RestoreAnswer.self).cancelledCodes == 1)
        #expect(try await !office.expectDone("codes").output.contains(code.prefix(5)))
    }

    @Test("where no earlier store is, it says that the office has to end access again")
    func nothingToRead() async throws {
        let office = try await Office.prepared()
        let file = office.root + "/a.backup"
        try await office.expectDone("backup", file)
        let quiet = try await office.run(["restore", file], data: office.root + "/one")
        #expect(try quiet.decode(RestoreAnswer.self).accessEnded == nil)
        let said = try await office.say(
            "restore", file, language: "es", data: office.root + "/another")
        #expect(said.status == 0 && said.errors.contains("vea: ronda-server devices"))
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
        #expect(open.output.contains("equipo aún no ha reenviado") && open.output.contains("beto"))
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

    /// What a restore leaves that was killed before it came to its end.
    private func leftovers(_ office: Office, _ prefix: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: office.data)
            .filter { $0.hasPrefix(prefix) }
    }

    @Test("what a killed one had prepared is removed by the next; the copy it moved aside is kept")
    func leftoversGo() async throws {
        let office = try await Office.prepared()
        let file = office.root + "/a.backup"
        try await office.expectDone("backup", file)
        for name in ["restoring-20260101T000000Z-1", "replaced-20260101T000000Z-1"] {
            try FileManager.default.createDirectory(
                atPath: "\(office.data)/\(name)", withIntermediateDirectories: true)
        }
        try await office.expectDone("restore", file, "--replace")
        #expect(try leftovers(office, "restoring-").isEmpty)
        #expect(try leftovers(office, "replaced-").count == 2)
        // The old store is whole: its log stays beside it.
        let aside = try #require(
            try leftovers(office, "replaced-").first { !$0.hasSuffix("20260101T000000Z-1") })
        let moved = try FileManager.default.contentsOfDirectory(atPath: "\(office.data)/\(aside)")
        #expect(moved.contains("hub.sqlite"))
    }

    @Test("half way, no command takes the directory for one without a store")
    func halfWay() async throws {
        let office = try await Office.prepared()
        let file = office.root + "/a.backup"
        try await office.expectDone("backup", file)
        let aside = "\(office.data)/replaced-20260101T000000Z-1"
        try FileManager.default.createDirectory(
            atPath: aside, withIntermediateDirectories: true)
        for name in ["hub.sqlite", "hub.sqlite-wal", "hub.sqlite-shm"]
        where FileManager.default.fileExists(atPath: "\(office.data)/\(name)") {
            try FileManager.default.moveItem(
                atPath: "\(office.data)/\(name)", toPath: "\(aside)/\(name)")
        }
        for words in [["status"], ["serve", "--port", "0"], ["init"]] {
            let outcome = try await office.run(words)
            #expect(outcome.status == 8, "\(words): \(outcome.output)\(outcome.errors)")
            let error = try outcome.decode(ErrorAnswer.self).error
            #expect(error.code == "restoreInterrupted" && error.es.contains("repítala"))
        }
        try await office.expectDone("restore", file, "--replace")
        #expect(try await office.expectDone("verify").decode(VerifyAnswer.self).whole)
    }

    @Test("killed at any moment, it leaves the old store, the new one, or a word to do it again")
    func killed() async throws {
        var dice = Dice("restore kills")
        let office = try await Office.prepared()
        let file = office.root + "/a.backup"
        try await office.expectDone("backup", file)
        var kills = 0
        for round in 0..<12 {
            let restore = try RunningProgram(
                .server, ["restore", file, "--replace", "--data", office.data, "--json"],
                scratch: office.root)
            while !restore.hasEnded, try leftovers(office, "restoring-").isEmpty {}
            dice.dawdle(thousands: 300 * (round % 4))
            restore.signal(SIGKILL)
            kills += await restore.outcome().wasKilled ? 1 : 0
            let verified = try await office.run("verify")
            if verified.status == 0 { continue }
            let error = try verified.decode(ErrorAnswer.self).error
            #expect(error.code == "restoreInterrupted", "\(verified.output)\(verified.errors)")
        }
        print("restore kills: \(kills)")
        #expect(kills >= 3)
        try await office.expectDone("restore", file, "--replace")
        #expect(try leftovers(office, "restoring-").isEmpty)
        #expect(try await office.expectDone("verify").decode(VerifyAnswer.self).whole)
    }
}
