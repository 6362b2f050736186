#if os(Linux)
    import Foundation
    import RondaClient
    import RondaModel
    import Testing

    @Suite(
        "A full disk loses nothing that was acknowledged", .timeLimit(.minutes(2)),
        .enabled("mounting a small tmpfs is not permitted here; only root may") {
            await TinyDisk.isPermitted()
        })
    struct FullDiskTests {
        private struct Imported: Decodable {
            struct File: Decodable {
                let imported: Int
                let known: Int
                let refused: Int
            }
            let customers: File
        }

        @Test("an import that does not fit ends with a sentence, and finishes once there is space")
        func importing() async throws {
            let office = try Office()
            let rows = 3_000
            let territories = try office.write(
                "code,country,main_city\nMX-14,MX,Guadalajara\n", to: "territories.csv")
            let customers = try office.write(
                Office.customerHeader + (0..<rows).map { Office.customerLine("C\($0)") }.joined(),
                to: "customers.csv")
            try await TinyDisk.with(office, kilobytes: 1_500) { disk in
                let data = disk.path + "/hub"
                let words = ["import", "--territories", territories, "--customers", customers]
                #expect(try await office.run(["init"], data: data).status == 0)
                let full = try await office.run(words, data: data)
                #expect(full.status == 8, "\(full.output)\(full.errors)")
                #expect(try full.decode(ErrorAnswer.self).error.code == "full")
                try await disk.resize(kilobytes: 64_000)
                let stored = try await status(office, data).records["customer"] ?? 0
                #expect(stored < rows)
                let whole = try await office.run(words, data: data)
                #expect(whole.status == 0, "\(whole.output)\(whole.errors)")
                let answer = try whole.decode(Imported.self).customers
                #expect(answer.known == stored)
                #expect(answer.imported == rows - stored)
                #expect(try await status(office, data).records["customer"] == rows)
            }
        }

        @Test("a store that did not fit when it was made can be made once there is space")
        func initialising() async throws {
            let office = try Office()
            try await TinyDisk.with(office, kilobytes: 40) { disk in
                let data = disk.path + "/hub"
                let full = try await office.run(["init"], data: data)
                #expect(full.status == 8, "\(full.output)\(full.errors)")
                try await disk.resize(kilobytes: 8_000)
                let whole = try await office.run(["init"], data: data)
                #expect(whole.status == 0, "\(whole.output)\(whole.errors)")
                #expect(try await office.run(["status"], data: data).status == 0)
            }
        }

        @Test("a server on a full disk answers 507, stays up, and takes the rest later")
        func serving() async throws {
            let office = try await Office.prepared()
            try await TinyDisk.with(office, kilobytes: 2_000) { disk in
                let data = disk.path + "/hub"
                try FileManager.default.copyItem(atPath: office.data, toPath: data)
                // From here on the store is the copy; the codes must come from there too.
                try FileManager.default.removeItem(atPath: office.data)
                try FileManager.default.createSymbolicLink(
                    atPath: office.data, withDestinationPath: data)
                var server = try await office.serve()
                let device = try await office.device("ana", url: server.url)
                let transport = StatusTransport(device.transport)
                var promises: [RecordID: String] = [:]
                var acknowledged = 0
                while transport.lastStatus != 507 {
                    try #require(promises.count < 5_000, "the disk is never full")
                    promises.merge(try await capture(20, in: device.store)) { $1 }
                    do throws(ClientError) {
                        acknowledged += try await device.store.sync(over: transport).accepted
                    } catch {
                        #expect(error.code == .server, "\(error.detail)")
                        #expect(error.serverCode == "full", "\(error.detail)")
                        #expect(error.isRetryable)
                    }
                }
                let health = try await device.transport.send(
                    TransportRequest(method: "GET", path: "/v1/health"))
                #expect(health.status == 200)
                #expect(acknowledged > 0)
                #expect(try await device.store.read { try $0.status() }.accepted == acknowledged)
                // Killed while full: what was acknowledged is on the disk all the same.
                await server.kill()
                server = try await office.serve(port: server.port)
                let kept = try await office.status().records["commitment"] ?? 0
                #expect(kept >= acknowledged)
                try await disk.resize(kilobytes: 64_000)
                let report = try await device.store.sync(over: transport)
                #expect(report.isComplete)
                #expect(report.pending == 0)
                let stored = try await office.everything(url: server.url).promises
                #expect(stored.count == promises.count)
                #expect(stored.reduce(into: [:]) { $0[$1.id] = $1.words } == promises)
                await server.stop()
            }
        }

        @Test("a device on a full disk refuses the capture whole and goes on later")
        func capturing() async throws {
            let office = try await Office.prepared()
            let server = try await office.serve()
            try await TinyDisk.with(office, kilobytes: 1_500) { disk in
                let home = disk.path + "/ana"
                let device = try await office.device("ana", url: server.url, directory: home)
                _ = try await device.store.sync(over: device.transport)
                var promises: [RecordID: String] = [:]
                var refusal: ClientError?
                while refusal == nil {
                    try #require(promises.count < 5_000, "the disk is never full")
                    do {
                        promises.merge(try await capture(1, in: device.store)) { $1 }
                    } catch let error as ClientError {
                        refusal = error
                    }
                }
                #expect(refusal?.code == .store)
                #expect(refusal?.phrase.en.contains("full") == true, "\(refusal?.detail ?? "")")
                let command = try await office.ronda(
                    "ana", "visit", "new", "--home", home, "--customer", "C1", "--note",
                    String(repeating: "largo ", count: 150), "--no-input")
                #expect(command.status == 8, "\(command.output)\(command.errors)")
                let held = try await device.store.read {
                    (try $0.records(Commitment.self).count, try $0.status().pending)
                }
                #expect(held == (promises.count, promises.count))
                try await disk.resize(kilobytes: 64_000)
                promises.merge(try await capture(1, in: device.store)) { $1 }
                let report = try await device.store.sync(over: device.transport)
                #expect(report.isComplete)
                #expect(report.pending == 0)
                let stored = try await office.everything(url: server.url)
                #expect(stored.promises.reduce(into: [:]) { $0[$1.id] = $1.words } == promises)
                #expect(stored.visits.isEmpty)
            }
            await server.stop()
        }

        @Test("a device on a read-only disk says so, and works again once it may write")
        func readOnly() async throws {
            let office = try await Office.prepared()
            let server = try await office.serve()
            try await TinyDisk.with(office, kilobytes: 16_000) { disk in
                let home = disk.path + "/ana"
                let login = try await office.ronda(
                    "ana", "login", "--home", home, "--server", server.url,
                    input: try await office.code(for: "ana"))
                #expect(login.status == 0)
                #expect(try await office.ronda("ana", "sync", "--home", home).status == 0)
                try await disk.setReadOnly(true)
                for words in [["sync"], ["visit", "new", "--customer", "C1", "--no-input"]] {
                    let outcome = try await office.start("ana", words + ["--home", home]).outcome()
                    #expect(outcome.status == 8, "\(outcome.output)\(outcome.errors)")
                    #expect(outcome.errors.contains("permissions"), "\(outcome.errors)")
                }
                try await disk.setReadOnly(false)
                let visit = try await office.ronda(
                    "ana", "visit", "new", "--home", home, "--customer", "C1", "--no-input")
                #expect(visit.status == 0, "\(visit.output)\(visit.errors)")
            }
            await server.stop()
        }

        private func status(_ office: Office, _ data: String) async throws -> Office.Status {
            let outcome = try await office.run(["status"], data: data)
            try #require(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            return try outcome.decode(Office.Status.self)
        }

        /// Promises of a few hundred bytes that no compression helps with, one commit each.
        private func capture(
            _ count: Int, in store: LocalStore
        ) async throws -> [RecordID: String] {
            var promises: [RecordID: String] = [:]
            for _ in 0..<count {
                let words = (0..<20).map { _ in UUID().uuidString }.joined()
                let receipt = try await store.capture { capture in
                    var promise = capture.new(Commitment.self)
                    promise.customer = Office.customer
                    promise.words = words
                    promise.dueAt = Office.due
                    try capture.create(promise)
                }
                promises[try #require(receipt?.records.first)] = words
            }
            return promises
        }
    }
#endif
