/// One event of a live stream.
enum StreamEvent: Sendable, Hashable {
    case event(name: String, data: String)
    /// A line that only says that the stream is alive.
    case comment
}

/// Server-sent events out of bytes, in whatever pieces they come
/// (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream).
///
/// An event that grows beyond `mostBytes` is left out, so that a broken server cannot fill the
/// memory.
struct EventStreamParser: Sendable {
    private let mostBytes: Int
    private var line: [UInt8] = []
    private var name = ""
    private var data: [String] = []
    /// Of the event so far.
    private var bytes = 0
    private var endedWithReturn = false

    init(mostBytes: Int) {
        self.mostBytes = mostBytes
    }

    mutating func take(_ piece: [UInt8]) -> [StreamEvent] {
        var events: [StreamEvent] = []
        for byte in piece {
            // A line ends with LF, CR or CR LF.
            let isSecondHalf = endedWithReturn && byte == UInt8(ascii: "\n")
            endedWithReturn = byte == UInt8(ascii: "\r")
            if isSecondHalf { continue }
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                if let event = endLine() { events.append(event) }
            } else {
                bytes += 1
                if bytes <= mostBytes { line.append(byte) }
            }
        }
        return events
    }

    private mutating func endLine() -> StreamEvent? {
        let text = String(decoding: line, as: UTF8.self)
        line.removeAll(keepingCapacity: true)
        if text.isEmpty { return endEvent() }
        if text.hasPrefix(":") {
            // Between two events it takes no room from the next one.
            if name.isEmpty && data.isEmpty { bytes = 0 }
            return .comment
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let value = parts.count > 1 ? parts[1] : ""
        let content = String(value.hasPrefix(" ") ? value.dropFirst() : value)
        switch parts[0] {
        case "event": name = content
        case "data": data.append(content)
        default: break
        }
        return nil
    }

    private mutating func endEvent() -> StreamEvent? {
        defer {
            name = ""
            data = []
            bytes = 0
        }
        guard !data.isEmpty, bytes <= mostBytes else { return nil }
        return .event(
            name: name.isEmpty ? "message" : name, data: data.joined(separator: "\n"))
    }
}
