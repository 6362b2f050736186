import Foundation
import Testing

@Suite("The office's devices and what was done about them", .timeLimit(.minutes(2)))
struct DeviceCommandTests {
    struct Line: Decodable {
        let device: String
        let account: String
        let name: String
        let app: String
        let schema: UInt32
        let access: String
        let queued: UInt32
        let lastCommit: UInt64
        let completeTo: String?
        let hasDelivered: Bool
        let lastDivergence: String?
    }

    struct Act: Decodable {
        let n: Int64
        let actor: String
        let act: String
        let subject: String
        let detail: String
    }

    private func devices(_ office: Office) async throws -> [Line] {
        try await office.expectDone("devices").decode([Line].self)
    }

    @Test("are listed, renamed, revoked, given back and taken in; each act is noted")
    func life() async throws {
        let office = try await Office.prepared()
        let server = try await office.serve()
        #expect(try await devices(office).isEmpty)
        try await office.login("ana", url: server.url)
        #expect(try await office.run("devices", "hand-in", "ana").status == 7)
        #expect(try await office.ronda("ana", "sync").status == 0)
        try await office.note("ana", "una")
        #expect(try await office.ronda("ana", "sync").status == 0)
        let line = try #require(try await devices(office).first)
        #expect(line.account == "ana" && line.app.hasPrefix("ronda ") && line.schema > 0)
        #expect(line.lastCommit == 1 && line.queued == 0 && line.hasDelivered)
        #expect(line.completeTo != nil && line.lastDivergence == nil && line.access == "granted")

        try await office.expectDone("devices", "rename", "ana", "--to", "Portátil 7")
        #expect(try await office.run("devices", "rename", "ana", "--to", "").status == 2)
        try await office.expectDone("devices", "revoke", "Portátil 7")
        #expect(try await office.ronda("ana", "sync").status == 4)
        #expect(
            try await office.run("devices", "expire", "ana", "--at", "2999-01-01").status == 7)
        try await office.expectDone("devices", "restore-access", "ana")
        #expect(try await office.ronda("ana", "sync").status == 0)
        try await office.expectDone("devices", "expire", "ana", "--at", "2020-01-01")
        #expect(try await devices(office).first?.access == "expired")
        #expect(try await office.run("devices", "expire", "ana", "--at", "soon").status == 2)
        #expect(try await office.run("devices", "revoke", "nobody").status == 3)
        try await office.expectDone("devices", "restore-access", "ana")
        let spanish = try await office.say("equipos", "recibir", "ana", language: "es")
        #expect(spanish.status == 0 && spanish.output.contains("había entregado todo"))
        #expect(try await devices(office).first?.access == "revoked")
        let people = try await office.say("devices", language: "en")
        #expect(people.output.contains("Portátil 7") && people.output.contains("REVOKED"))

        let acts = try await office.expectDone("audit").decode([Act].self)
        #expect(
            acts.map(\.act).filter { $0.hasPrefix("device.") } == [
                "device.enrol", "device.rename", "device.revoke", "device.refuse",
                "device.restore-access",
                "device.expire", "device.restore-access", "device.hand-in",
            ])
        let others = ["device.enrol", "device.refuse"]
        #expect(
            acts.filter { !others.contains($0.act) }.allSatisfy { $0.actor == acts[0].actor })
        #expect(!acts[0].actor.isEmpty && acts.map(\.n) == acts.map(\.n).sorted())
        #expect(acts.contains { $0.act == "import" && $0.subject == "customers.csv" })
        #expect(
            try await office.expectDone("audit", "--since", "1d").decode([Act].self).count
                == acts.count)
        #expect(
            try await office.expectDone("audit", "--since", "2999-01-01").decode([Act].self)
                .isEmpty)
        #expect(try await office.run("audit", "--since", "ayer").status == 2)
        let told = try await office.say("auditoria", language: "es")
        #expect(told.output.contains("revocó un equipo"))
        await server.stop()
    }
}
