internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import Metrics
internal import NIOCore
internal import RondaHub

/// `GET /v1/live` (SPEC §4.15): an answer that does not end, of server-sent events
/// (https://html.spec.whatwg.org/multipage/server-sent-events.html).
struct LiveEndpoint: Sendable {
    let hub: Hub
    let limiter: RequestLimiter?
    let logger: Logger

    /// - Parameter failed: the answer to who may not listen.
    func respond(
        secret: Result<[UInt8], HubError>, failed: (HubError) -> Response
    ) async -> Response {
        do throws(HubError) {
            let secret = try secret.get()
            try await limiter?.admit(secret)
            let listener = try await hub.listen(secret: secret)
            count("ok")
            var headers: HTTPFields = [
                .contentType: "text/event-stream", .cacheControl: "no-store",
            ]
            // A proxy that holds an answer back until it is whole would hold this one for ever.
            if let name = HTTPField.Name("x-accel-buffering") { headers[name] = "no" }
            return Response(status: .ok, headers: headers, body: body(listener))
        } catch {
            count(error.code.rawValue)
            return failed(error)
        }
    }

    private func count(_ result: String) {
        Counter(label: "ronda_requests", dimensions: [("call", "live"), ("result", result)])
            .increment()
    }

    private func body(_ listener: LiveListener) -> ResponseBody {
        let live = hub.live
        return ResponseBody { writer in
            defer { live.leave(listener) }
            while let mail = await listener.next() {
                try await writer.write(ByteBuffer(string: mail.eventText))
                if mail.end != nil { break }
            }
            try await writer.finish(nil)
        }
    }
}

extension LiveMail {
    /// As it goes over the wire, scopes in order of their number.
    var eventText: String {
        var text = isHeartbeat ? ":\n\n" : ""
        if hasOtherScopes { text += "event: scopes\ndata: {}\n\n" }
        for (scope, seq) in pokes.sorted(by: { $0.key < $1.key }) {
            text += "event: poke\ndata: {\"scope\":\(scope),\"seq\":\(seq)}\n\n"
        }
        if let end { text += "event: bye\ndata: {\"code\":\"\(end.rawValue)\"}\n\n" }
        return text
    }
}
