import Foundation
import RondaClient
import Testing

#if os(Linux)
    @Suite("TLS, by a certificate or by a fingerprint", .timeLimit(.minutes(2)))
    struct TLSTests {
        private struct Made: Decodable {
            let pin: String?
        }

        private struct ErrorAnswer: Decodable {
            struct Body: Decodable {
                let code: String
                let en: String
                let es: String
            }
            let error: Body
        }

        private func secured() async throws -> (Office, pin: String) {
            let office = try await Office.prepared()
            let pin = try await office.expectDone("certificate").decode(Made.self).pin
            return (office, try #require(pin))
        }

        @Test(
            "a device that knows the fingerprint logs in and syncs; one that does not sends nothing"
        )
        func pinned() async throws {
            let (office, pin) = try await secured()
            #expect(pin.hasPrefix("sha256//"))
            #expect(try await office.expectDone("certificate").decode(Made.self).pin == pin)
            let key = try FileManager.default.attributesOfItem(atPath: office.data + "/tls-key.pem")
            #expect(key[.posixPermissions] as? Int == 0o600)
            let server = try await office.serve()
            #expect(server.url.hasPrefix("https://"))
            let code = try await office.code(for: "ana")
            let blind = try await office.ronda(
                "ana", "login", "--server", server.url, input: code)
            #expect(blind.status == 1)
            #expect(try blind.decode(ErrorAnswer.self).error.code == "insecure")
            #expect(try blind.decode(ErrorAnswer.self).error.es.contains("--pin"))
            for wrong in ["sha256//AAAA", "md5//\(pin)", pin + "x"] {
                let outcome = try await office.ronda(
                    "ana", "login", "--server", server.url, "--pin", wrong, input: code)
                #expect(outcome.status == 2, "\(wrong)")
            }
            let login = try await office.ronda(
                "ana", "login", "--server", server.url, "--pin", pin, input: code)
            #expect(login.status == 0, "\(login.output)\(login.errors)")
            #expect(try await office.ronda("ana", "sync").status == 0)
            try await office.note("ana", "una")
            #expect(try await office.ronda("ana", "sync").status == 0)
            #expect(try await office.status().records["visit"] == 1)
            await server.stop()
        }

        @Test(
            "another key at the same address is refused in so many words, until the device is told")
        func changed() async throws {
            let (office, pin) = try await secured()
            var server = try await office.serve()
            let code = try await office.code(for: "ana")
            _ = try await office.ronda(
                "ana", "login", "--server", server.url, "--pin", pin, input: code)
            #expect(try await office.ronda("ana", "sync").status == 0)
            try await office.note("ana", "una")
            await server.stop()
            for name in ["tls-key.pem", "tls-certificate.pem"] {
                try FileManager.default.removeItem(atPath: office.data + "/" + name)
            }
            let other = try #require(
                try await office.expectDone("certificate").decode(Made.self).pin)
            #expect(other != pin)
            server = try await office.serve(port: server.port)
            let refused = try await office.ronda("ana", "sync")
            #expect(refused.status == 1)
            let error = try refused.decode(ErrorAnswer.self).error
            #expect(error.code == "insecure" && error.en.contains("not the one this device knows"))
            #expect(error.es.contains("1 cambio espera aquí"))
            let told = try await office.ronda("ana", "server", "--pin", other)
            #expect(told.status == 0, "\(told.output)\(told.errors)")
            #expect(try await office.ronda("ana", "sync").status == 0)
            #expect(try await office.status().records["visit"] == 1)
            await server.stop()
        }

        @Test("a device that is brought back keeps the fingerprint it has for this address")
        func broughtBack() async throws {
            let (office, pin) = try await secured()
            let file = office.root + "/a.backup"
            try await office.expectDone("backup", file)
            var server = try await office.serve()
            _ = try await office.ronda(
                "ana", "login", "--server", server.url, "--pin", pin,
                input: try await office.code(for: "ana"))
            #expect(try await office.ronda("ana", "sync").status == 0)
            await server.stop()
            try await office.expectDone("restore", file, "--replace")
            server = try await office.serve(port: server.port)
            #expect(try await office.ronda("ana", "sync").status == 4)
            let back = try await office.ronda(
                "ana", "login", "--server", server.url, input: try await office.code(for: "ana"))
            #expect(back.status == 0, "\(back.output)\(back.errors)")
            let known = try await office.ronda("ana", "server").decode(Made.self)
            #expect(known.pin == pin)
            #expect(try await office.ronda("ana", "sync").status == 0)
            await server.stop()
        }

        @Test("a certificate of one's own, and what is none, said before anything is served")
        func files() async throws {
            let (office, _) = try await secured()
            let (certificate, key) = (
                office.data + "/tls-certificate.pem", office.data + "/tls-key.pem"
            )
            let other = try Office()
            try await other.expectDone("init", "--tls", "--name", "ronda.example")
            let foreign = other.data + "/tls-key.pem"
            let text = try office.write("no certificate", to: "text.pem")
            for (words, status) in [
                (["--certificate", certificate], Int32(2)), (["--key", key], 2),
                (["--certificate", office.root + "/none", "--key", key], 3),
                (["--certificate", text, "--key", key], 1),
                (["--certificate", certificate, "--key", text], 1),
                (["--certificate", certificate, "--key", foreign], 1),
            ] {
                let outcome = try await office.run(["serve", "--port", "0"] + words)
                #expect(outcome.status == status, "\(words): \(outcome.output)\(outcome.errors)")
            }
            let server = try await office.serve(
                port: 0, "--certificate", certificate, "--key", key)
            #expect(server.url.hasPrefix("https://"))
            await server.stop()
            let plain = try await office.serve(port: 0, "--plain")
            #expect(plain.url.hasPrefix("http://"))
            await plain.stop()
        }

        @Test("a pair whose making was cut short is finished, and nothing is served without it")
        func halfMade() async throws {
            let (office, pin) = try await secured()
            try FileManager.default.removeItem(atPath: office.data + "/tls-certificate.pem")
            _ = try office.write("-----BEGIN", to: "hub/tls-certificate.pem.new")
            let refused = try await office.run("serve", "--port", "0")
            #expect(refused.status == 1)
            #expect(
                try refused.decode(ErrorAnswer.self).error.en.contains("ronda-server certificate"))
            let again = try await office.expectDone("certificate").decode(Made.self)
            #expect(again.pin == pin)
            #expect(!FileManager.default.fileExists(atPath: office.data + "/tls-key.pem.new"))
            let server = try await office.serve()
            #expect(server.url.hasPrefix("https://"))
            await server.stop()
            // A key that somebody else put there is not taken, nor touched.
            try FileManager.default.removeItem(atPath: office.data + "/tls-certificate.pem")
            let path = try office.write("no key", to: "hub/tls-key.pem")
            #expect(try await office.run("certificate").status == 7)
            #expect(FileManager.default.contents(atPath: path) == Data("no key".utf8))
        }

        @Test("plain HTTP beyond this machine is warned of, once, at login")
        func exposed() async throws {
            #expect(ServerAddress("http://ronda.example:8080").isExposed)
            #expect(ServerAddress("http://192.168.1.4").isExposed)
            for safe in [
                "http://localhost:1", "http://127.0.0.1", "http://[::1]:80",
                "https://ronda.example",
            ] {
                #expect(!ServerAddress(safe).isExposed, "\(safe)")
            }
            let pin = "sha256//" + Data(count: 32).base64EncodedString()
            #expect(ServerAddress("https://a", pin: pin).problem == nil)
            #expect(ServerAddress("http://a", pin: pin).problem != nil)
        }
    }
#endif
