import Foundation
import Testing

/// The table of scenarios in `Protocol/vectors/README.md` names what is there.
@Suite("The table of scenarios")
struct ScenarioTableTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private func rows() throws -> [[Substring]] {
        let text = try String(
            contentsOf: Self.root.appending(path: "Protocol/vectors/README.md"), encoding: .utf8)
        let table = text.split(separator: "## The table of scenarios").last ?? ""
        return table.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst()
            .map { $0.split(separator: "|", omittingEmptySubsequences: false) }
    }

    private func sources() throws -> String {
        let tests = Self.root.appending(path: "Tests")
        let paths = try FileManager.default.subpathsOfDirectory(atPath: tests.path)
        return try paths.filter { $0.hasSuffix("Tests.swift") }.map {
            try String(contentsOf: tests.appending(path: $0), encoding: .utf8)
        }.joined()
    }

    @Test("every row has a proof that exists, or says that it is not built")
    func rowsAreProven() throws {
        let sources = try sources()
        let rows = try rows()
        #expect(rows.count == 24)
        for row in rows {
            let name = row[1].trimmingCharacters(in: .whitespaces)
            let files = row[2].matches(of: /`([^`]+)`/).map { String($0.1) }
            let tests = row[3].matches(of: /“([^”]+)”/).map { String($0.1) }
            for file in files {
                let path = Self.root.appending(path: "Protocol/vectors/\(file)").path
                #expect(FileManager.default.fileExists(atPath: path), "\(name): \(file)")
            }
            for test in tests { #expect(sources.contains("@Test(\"\(test)"), "\(name): \(test)") }
            #expect(
                !files.isEmpty || !tests.isEmpty || row[3].contains("not built"), "\(name)")
        }
    }
}
