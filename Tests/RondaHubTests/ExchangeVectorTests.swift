import Foundation
import Testing

/// The vectors are the contract for every implementation; here the hub is the one that is tested.
@Suite("The exchange vectors")
struct ExchangeVectorTests {
    @Test("come out as they say", arguments: try Contract.vectors("exchange"))
    func replay(_ file: URL) async throws {
        for difference in try await ExchangeVector.differences(JSON(contentsOf: file)) {
            Issue.record("\(file.lastPathComponent): \(difference)")
        }
    }

    @Test("are there, and not only a few")
    func present() throws {
        #expect(try Contract.vectors("exchange").count >= 40)
    }

    private static func text(_ name: String) throws -> String {
        let file = Contract.folder.appending(path: "vectors/exchange/\(name).json")
        return try String(contentsOf: file, encoding: .utf8)
    }

    @Test(
        "a fact that is wrong is noticed",
        arguments: [
            ("sums", "\"sum\": \"3324283602433002806\"", "\"sum\": \"3324283602433002807\""),
            ("sums", "\"atHead\": true", "\"atHead\": false"),
            ("sums", "\"whole\": false", "\"whole\": true"),
            ("sums", "\"creator\": \"beto\"", "\"creator\": \"ana\""),
            ("sums", "\"fields\": {\"street\": \"Calle 1\"}", "\"cleared\": [\"street\"]"),
            ("sums", "\"gone\": [\"c3\"]", "\"gone\": []"),
            ("sums", "{\"c1\": 2, \"v1\": 1}", "{\"c1\": 2, \"v1\": 2}"),
            ("sums", "\"lastCommit\": 2", "\"lastCommit\": 1"),
            ("restored-twice", "\"versions\": [\"2:2\"]", "\"versions\": [\"1:2\"]"),
            ("restored-twice", "\"newEpoch\": true", "\"newEpoch\": false"),
            ("tray-of-others", "\"verdicts\": {}", "\"verdicts\": {\"2\": {}}"),
            ("tray-of-others", "\"code\": \"futureBase\"", "\"code\": \"malformed\""),
            ("tray-of-others", "\"disposition\": \"resubmitted\"}", "\"disposition\": \"office\"}"),
            ("watermark", "\"is\": null", "\"is\": 1"),
            ("compare-bad", "\"status\": 413", "\"status\": 400"),
            ("enrol-again", "\"ana\", \"device\": \"A4\"", "\"ana\", \"device\": \"A5\""),
        ])
    func noticed(_ name: String, _ said: String, _ wrong: String) async throws {
        let text = try Self.text(name)
        let changed = text.replacing(said, with: wrong)
        #expect(changed != text)
        #expect(try await !ExchangeVector.differences(JSON(changed)).isEmpty)
    }

    @Test(
        "a step or a word that nobody knows is an error, not passed over",
        arguments: [
            ("sums", "\"compare\": {", "\"contrast\": {"),
            ("sums", "\"wanted\": [", "\"desired\": ["),
            ("sums", "\"lastCommit\": 1", "\"lastCommits\": 0"),
            ("sums", "\"kind\": \"exchange\"", "\"kind\": \"plan\""),
            ("restored-twice", "\"restore\": \"b1\"", "\"restore\": \"b2\""),
            ("restored-twice", "\"again\": 1", "\"again\": 7"),
            ("tray-of-others", "\"tray\": [", "\"trays\": ["),
            ("watermark", "\"completeTo\"", "\"completeUntil\""),
            ("watermark", "\"set\": {\"street\"", "\"put\": {\"street\""),
            ("watermark", "\"scopes\": [\"t2\"]", "\"areas\": [\"t2\"]"),
        ])
    func unknown(_ name: String, _ said: String, _ wrong: String) async throws {
        let text = try Self.text(name)
        let changed = text.replacing(said, with: wrong)
        #expect(changed != text)
        let understood = try? await ExchangeVector.differences(JSON(changed))
        #expect(understood?.isEmpty != true)
    }
}
