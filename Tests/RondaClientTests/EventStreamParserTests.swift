import Testing

@testable import RondaClient

@Suite("Server-sent events out of bytes")
struct EventStreamParserTests {
    private static let text = """
        :

        event: poke
        data: {"scope":1,"seq":2}

        data:first
        data: second
        id: 7

        event: alone

        event: bye\r\ndata: {}\r\n\r\n
        """

    private static let expected: [StreamEvent] = [
        .comment, .event(name: "poke", data: "{\"scope\":1,\"seq\":2}"),
        .event(name: "message", data: "first\nsecond"), .event(name: "bye", data: "{}"),
    ]

    @Test(
        "the same events come out, in whatever pieces the bytes come", arguments: [1, 2, 7, 4096])
    func pieces(size: Int) {
        var parser = EventStreamParser(mostBytes: 100)
        let bytes = Array(Self.text.utf8)
        let events = stride(from: 0, to: bytes.count, by: size).flatMap { start in
            parser.take(Array(bytes[start..<min(start + size, bytes.count)]))
        }
        #expect(events == Self.expected)
    }

    @Test("lines may end with a return alone")
    func returns() {
        var parser = EventStreamParser(mostBytes: 100)
        #expect(
            parser.take(Array("event: a\rdata: 1\r\r".utf8)) == [.event(name: "a", data: "1")])
    }

    @Test("an event without end takes no memory, and the next one is whole again")
    func endless() {
        var parser = EventStreamParser(mostBytes: 100)
        for _ in 0..<1_000 { #expect(parser.take(Array(repeating: 120, count: 1_000)) == []) }
        let rest = parser.take(Array("\n\ndata: 1\n\n".utf8))
        #expect(rest == [.event(name: "message", data: "1")])
    }

    @Test("comments between events never add up to one that is too long")
    func comments() {
        var parser = EventStreamParser(mostBytes: 20)
        for _ in 0..<100 { #expect(parser.take(Array(":\n\n".utf8)) == [.comment]) }
        #expect(parser.take(Array("data: 1\n\n".utf8)) == [.event(name: "message", data: "1")])
    }
}
