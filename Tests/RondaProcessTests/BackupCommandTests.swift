import Foundation
import GRDB
import Testing

@Suite("Backups, and what is no backup", .timeLimit(.minutes(2)))
struct BackupCommandTests {
    /// An office with one device that has delivered one capture.
    private func delivered() async throws -> (office: Office, server: ServerProcess) {
        let office = try await Office.prepared()
        let server = try await office.serve()
        try await office.login("ana", url: server.url)
        #expect(try await office.ronda("ana", "sync").status == 0)
        try await office.note("ana", "uno")
        #expect(try await office.ronda("ana", "sync").status == 0)
        return (office, server)
    }

    private func expectFailure(
        _ office: Office, _ words: [String], _ status: Int32, _ code: String, data: String? = nil
    ) async throws {
        let outcome = try await office.run(words, data: data)
        #expect(outcome.status == status, "\(words): \(outcome.output)\(outcome.errors)")
        let error = try outcome.decode(ErrorAnswer.self).error
        #expect(error.code == code && error.en != error.es)
    }

    @Test("a backup is taken while the store is served, is whole, and devices are told")
    func backup() async throws {
        let (office, server) = try await delivered()
        let file = office.root + "/a.backup"
        let answer = try await office.expectDone("backup", file).decode(BackupAnswer.self)
        #expect(answer.devices > 0 && answer.commits > 1 && answer.records > 4)
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        let bytes = FileManager.default.contents(atPath: file)
        #expect(try await office.expectDone("verify", file).decode(VerifyAnswer.self).whole)
        // Looking at it leaves it as it was, and nothing beside it.
        #expect(FileManager.default.contents(atPath: file) == bytes)
        let names = try FileManager.default.contentsOfDirectory(atPath: office.root)
        #expect(
            names.filter { $0.hasPrefix("a.backup") }.sorted() == ["a.backup", "a.backup.erasures"])
        #expect(try await office.expectDone("verify").decode(VerifyAnswer.self).whole)
        let line = try await office.devices().devices.first
        #expect(line?.lastCommit == 1 && line?.covered == 1)
        await server.stop()
    }

    @Test("a file that is there is not written over, and a place that is not there is said")
    func refusals() async throws {
        let office = try await Office.prepared()
        let file = try office.write("precious", to: "taken")
        try await expectFailure(office, ["backup", file], 7, "alreadyThere")
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "precious")
        try await expectFailure(office, ["backup", office.root + "/no/where"], 3, "noDirectory")
        try await expectFailure(
            office, ["backup", office.root + "/b"], 3, "notFound", data: office.root + "/none")
        #expect(!FileManager.default.fileExists(atPath: office.root + "/b"))
    }

    @Test("a damaged, a truncated and a foreign file are no backups; nothing is changed by them")
    func damaged() async throws {
        let office = try await Office.prepared()
        let file = office.root + "/whole"
        try await office.expectDone("backup", file)
        let whole = try #require(FileManager.default.contents(atPath: file))
        var flipped = whole
        for index in stride(from: whole.count / 2, to: whole.count, by: 512) {
            flipped[index] ^= 0x55
        }
        let place = office.root + "/restored"
        for (name, bytes) in [
            ("flipped", flipped), ("truncated", whole.prefix(whole.count * 2 / 3)),
            ("header", whole.prefix(60)), ("empty", Data()), ("foreign", Data("hello".utf8)),
        ] {
            let path = try office.write(bytes, to: name)
            let verify = try await office.run("verify", path)
            #expect(verify.status == 8, "\(name): \(verify.output)\(verify.errors)")
            try await expectFailure(office, ["restore", path], 8, "damaged", data: place)
            #expect(!FileManager.default.fileExists(atPath: place + "/hub.sqlite"))
        }
        try await expectFailure(office, ["verify", file + "x"], 3, "fileNotFound")
        try await expectFailure(office, ["restore", file + "x"], 3, "fileNotFound", data: place)
        // A journal that was tampered with is whole as a file and broken as a history.
        let forged = try office.write(whole, to: "forged")
        try await DatabaseQueue(path: forged).write {
            try $0.execute(sql: "UPDATE journal SET bytes = x'0801' WHERE number = 1")
        }
        let verify = try await office.run("verify", forged)
        #expect(verify.status == 8)
        #expect(try !verify.decode(VerifyAnswer.self).problems.isEmpty)
        try await expectFailure(office, ["restore", forged], 8, "damaged", data: place)
    }

    @Test("a store that is damaged is not backed up as if it were whole")
    func damagedStore() async throws {
        let office = try await Office.prepared()
        try await DatabaseQueue(path: office.data + "/hub.sqlite").write {
            try $0.execute(sql: "UPDATE scope SET sum = sum + 1")
        }
        let verify = try await office.run("verify")
        #expect(verify.status == 8, "\(verify.output)")
        let said = try await office.say("verify", language: "es")
        #expect(said.output.contains("su suma no es correcta"), "\(said.output)")
        let file = office.root + "/b"
        try await expectFailure(office, ["backup", file], 8, "notWhole")
        let left = try FileManager.default.contentsOfDirectory(atPath: office.root)
        #expect(left.filter { $0.hasPrefix("b") }.isEmpty)
    }

    @Test("nothing is restored under a server, or over a store without --replace")
    func occupied() async throws {
        let (office, server) = try await delivered()
        let file = office.root + "/a.backup"
        try await office.expectDone("backup", file)
        try await expectFailure(office, ["restore", file, "--replace"], 8, "inUse")
        #expect(try await office.ronda("ana", "sync").status == 0)
        await server.stop()
        try await expectFailure(office, ["restore", file], 7, "alreadyThere")
        let answer = try await office.expectDone("restore", file, "--replace")
            .decode(RestoreAnswer.self)
        #expect(answer.generation > 0 && answer.expected == 1)
        // What was there is a store still.
        let aside = try #require(answer.replaced)
        // The same backup again is another history all the same.
        let again = try await office.expectDone("restore", file, "--replace")
            .decode(RestoreAnswer.self)
        #expect(again.generation > answer.generation)
        let status = try await office.run(["status"], data: aside)
        #expect(try status.decode(Office.Status.self).records["visit"] == 1)
        let names = try FileManager.default.contentsOfDirectory(atPath: office.data)
        #expect(!names.contains { $0.hasPrefix("restoring") })
    }

    @Test("the sentences come in both languages")
    func languages() async throws {
        let office = try await Office.prepared()
        let file = office.root + "/a.backup"
        let backup = try await office.say("backup", file, language: "es")
        #expect(backup.output.contains("Se escribió y comprobó"))
        for (language, words) in [
            ("en", ["is whole", "Restored", "offer again", "new code"]),
            ("es", ["está completo", "Se restauró", "reenvían", "código nuevo"]),
        ] {
            let verify = try await office.say("verify", file, language: language)
            let restore = try await office.say(
                "restore", file, language: language, data: office.root + "/" + language)
            for word in words { #expect((verify.output + restore.output).contains(word)) }
        }
    }
}

extension Office {
    /// `ronda-server` as a person reads it.
    func say(
        _ words: String..., language: String, data: String? = nil
    ) async throws -> RunningProgram.Outcome {
        try await RunningProgram.run(
            .server, words + ["--data", data ?? self.data, "--lang", language], scratch: root)
    }

    /// Captures a visit with a note.
    func note(_ who: String, _ note: String) async throws {
        let saved = try await ronda(
            who, "visit", "new", "--customer", "C1", "--note", note, "--no-input")
        try #require(saved.status == 0, "\(saved.output)\(saved.errors)")
    }

    func devices() async throws -> DevicesAnswer {
        try await expectDone("status").decode(DevicesAnswer.self)
    }
}
