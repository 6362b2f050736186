#if os(Linux)
    import Foundation
    import RondaClient
    import Synchronization
    import Testing

    /// A file system in memory that is as small, or as full, as a test wants. Only root may mount.
    final class TinyDisk: Sendable {
        struct Failed: Error {
            let what: String
        }

        let path: String
        private let scratch: String

        init(in office: Office, kilobytes: Int) async throws {
            path = office.root + "/tiny-\(UUID().uuidString)"
            scratch = office.root
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
            try await mount("-t", "tmpfs", "-o", "size=\(kilobytes)k", "ronda-test", path)
        }

        func resize(kilobytes: Int) async throws {
            try await mount("-o", "remount,size=\(kilobytes)k", path)
        }

        func setReadOnly(_ isReadOnly: Bool) async throws {
            try await mount("-o", isReadOnly ? "remount,ro" : "remount,rw", path)
        }

        /// Everything on it is gone.
        func unmount() async throws {
            // Lazily: a program of a failed test may still have a file open.
            _ = try await RunningProgram.run(.umount, ["-l", path], scratch: scratch)
        }

        private func mount(_ words: String...) async throws {
            let outcome = try await RunningProgram.run(.mount, words, scratch: scratch)
            if outcome.status != 0 { throw Failed(what: outcome.errors) }
        }

        /// Runs a test on a disk that is gone when it returns.
        static func with(
            _ office: Office, kilobytes: Int, _ test: (TinyDisk) async throws -> Void
        ) async throws {
            let disk = try await TinyDisk(in: office, kilobytes: kilobytes)
            do {
                try await test(disk)
            } catch {
                try await disk.unmount()
                throw error
            }
            try await disk.unmount()
        }

        static func isPermitted() async -> Bool {
            guard let office = try? Office() else { return false }
            return (try? await with(office, kilobytes: 64) { _ in }) != nil
        }
    }

    /// Remembers with which status the server answered last.
    final class StatusTransport: Transport {
        private let inner: any Transport
        private let last = Mutex(0)

        init(_ inner: any Transport) { self.inner = inner }

        var lastStatus: Int { last.withLock { $0 } }

        func send(
            _ request: TransportRequest
        ) async throws(TransportError) -> TransportResponse {
            let response = try await inner.send(request)
            last.withLock { $0 = response.status }
            return response
        }
    }
#endif
