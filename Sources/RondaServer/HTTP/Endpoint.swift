internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import Metrics
internal import NIOCore
internal import RondaHub
internal import RondaModel
internal import RondaProtobuf
internal import RondaWire
internal import SwiftProtobuf

/// Who asks, as far as HTTP tells.
struct Caller: Sendable {
    let headers: HTTPFields
    /// The network the request came from; empty where it is not known.
    let address: String
}

/// One call of the protocol over HTTP: opens the body, asks, writes the answer, and turns every
/// failure into a `Problem` with its status. Nothing that a client sends can end the server.
struct Endpoint<Question: Message, Answer: Message>: Sendable {
    let name: String
    let limits: Limits
    let logger: Logger
    /// Looks at who asks, before anything is opened for them.
    let admit: @Sendable (HTTPFields) async throws(HubError) -> Void
    /// Where the question asks for much: for making and writing its answer it waits for a turn.
    var lane: (@Sendable (Question) -> BulkLane?) = { _ in nil }
    let ask: @Sendable (Question, Caller, BodyEncoding) async throws(HubError) -> Answer

    func respond(to request: Request, from address: String = "") async -> Response {
        let encoding = BodyEncoding(contentType: request.headers[.contentType])
        do throws(HubError) {
            guard let encoding else {
                throw HubError(
                    .unsupported,
                    "content-type must be \(BodyEncoding.protobuf.rawValue) or "
                        + BodyEncoding.json.rawValue)
            }
            try await admit(request.headers)
            let question: Question = try encoding.read(try await open(request))
            let lane = lane(question)
            try await lane?.enter()
            defer { lane?.leave() }
            let answer = try await ask(
                question, Caller(headers: request.headers, address: address), encoding)
            Counter(label: "ronda_requests", dimensions: [("call", name), ("result", "ok")])
                .increment()
            return try write(answer, status: .ok, encoding: encoding, for: request)
        } catch {
            Counter(
                label: "ronda_requests",
                dimensions: [("call", name), ("result", error.code.rawValue)]
            ).increment()
            logger.log(
                level: error.code == .fault || error.code == .full ? .error : .info,
                "\(name) refused",
                metadata: ["code": "\(error.code.rawValue)", "detail": "\(error.detail)"])
            return problem(error, encoding: encoding ?? .json, for: request)
        }
    }

    private func open(_ request: Request) async throws(HubError) -> Data {
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: limits.requestBytes)
        } catch is NIOTooManyBytesError {
            throw HubError(.tooLarge, "more than \(limits.requestBytes) bytes")
        } catch {
            throw HubError(.badRequest, "the body did not arrive whole")
        }
        let body = Data(buffer.readableBytesView)
        switch request.headers[.contentEncoding]?.lowercased() {
        case nil, "identity": return body
        case "gzip":
            do throws(WireError) {
                return try Gzip.expand(body, mostBytes: limits.inflatedRequestBytes)
            } catch {
                throw HubError(
                    error.code == .inflatesTooFar ? .tooLarge : .badRequest, error.detail)
            }
        case .some:
            throw HubError(.unsupported, "content-encoding must be gzip or identity")
        }
    }

    private func write(
        _ answer: some Message, status: HTTPResponse.Status, encoding: BodyEncoding,
        for request: Request
    ) throws(HubError) -> Response {
        var body = try encoding.write(answer)
        var headers: HTTPFields = [.contentType: encoding.rawValue]
        let takesGzip = request.headers[.acceptEncoding]?.contains("gzip") == true
        if takesGzip && body.count >= limits.compressFromBytes,
            let packed = try? Gzip.compress(body)
        {
            body = packed
            headers[.contentEncoding] = "gzip"
        }
        return Response(
            status: status, headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    func problem(
        _ error: HubError, encoding: BodyEncoding, for request: Request
    ) -> Response {
        var problem = WireProblem()
        problem.code = error.code.rawValue
        problem.detail = error.detail
        problem.en = error.phrase.en
        problem.es = error.phrase.es
        let written = try? write(
            problem, status: error.status, encoding: encoding, for: request)
        var response = written ?? Response(status: error.status)
        if error.code == .busy {
            response.headers[.retryAfter] = String(max(1, (error.waitMilliseconds + 999) / 1_000))
        }
        return response
    }
}

extension HubError {
    /// Busy with others, or with this one alone.
    fileprivate var status: HTTPResponse.Status {
        code == .busy && waitMilliseconds > 0 ? .tooManyRequests : code.status
    }
}

extension HubError.Code {
    var status: HTTPResponse.Status {
        switch self {
        case .badRequest: .badRequest
        case .badCredential: .unauthorized
        case .badCode, .revoked: .forbidden
        case .badBundle: .badRequest
        case .wrongHub: .misdirectedRequest
        case .notNext: .conflict
        case .tooLarge: .contentTooLarge
        case .unsupported: .unsupportedMediaType
        case .busy: .serviceUnavailable
        case .full: .init(code: 507, reasonPhrase: "Insufficient Storage")
        case .fault: .internalServerError
        }
    }
}
