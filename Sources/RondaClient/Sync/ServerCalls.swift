internal import Foundation
internal import RondaModel
internal import RondaProtobuf
internal import RondaWire
internal import SwiftProtobuf

/// The calls a device makes, in protobuf over whatever transport there is.
struct ServerCalls: Sendable {
    let transport: any Transport
    let limits: Limits
    /// Nobody is logged in yet, so there is nothing queued of which people could be told.
    var isLogin = false
    /// Waits so many milliseconds; `nil` never to ask twice.
    var sleep: (@Sendable (Int64) async throws -> Void)?
    /// How often a call is made again that the server asked to wait with, and how long it waits at
    /// most: longer waits are for whoever called.
    private static let mostTurns = 5
    private static let longestWaitMilliseconds: Int64 = 30_000

    func exchange(
        _ request: WireExchangeRequest, secret: [UInt8]
    ) async throws(ClientError) -> WireExchangeResponse {
        try await call(
            "/v1/exchange", request, headers: [Self.bearer(secret)], timeoutSeconds: 120)
    }

    /// `credential` is the secret of a device of the same account, where there is no code.
    func enrol(
        _ request: WireEnrolRequest, credential: [UInt8]? = nil
    ) async throws(ClientError) -> WireEnrolResponse {
        try await call(
            "/v1/devices", request, headers: credential.map { [Self.bearer($0)] } ?? [],
            timeoutSeconds: 30)
    }

    func compare(
        _ request: WireCompareRequest, credential: [UInt8]
    ) async throws(ClientError) -> WireCompareResponse {
        try await call(
            "/v1/compare", request, headers: [Self.bearer(credential)], timeoutSeconds: 60)
    }

    func deliver(_ bundle: WireBundle) async throws(ClientError) -> WireBundleResponse {
        try await call("/v1/bundles", bundle, headers: [], timeoutSeconds: 120)
    }

    static func bearer(_ secret: [UInt8]) -> (name: String, value: String) {
        ("authorization", "Bearer \(Data(secret).base64EncodedString())")
    }

    /// Asks, and asks again after the wait when the server says that this device asks too much.
    private func call<Question: Message, Answer: Message>(
        _ path: String, _ question: Question, headers: [(name: String, value: String)],
        timeoutSeconds: Double
    ) async throws(ClientError) -> Answer {
        var turn = 1
        while true {
            do throws(ClientError) {
                return try await callOnce(
                    path, question, headers: headers, timeoutSeconds: timeoutSeconds)
            } catch {
                let wait = error.retryAfterMilliseconds
                guard let sleep, error.isTooMuch, wait <= Self.longestWaitMilliseconds,
                    turn < Self.mostTurns
                else { throw error }
                // The only error of a sleep is the cancellation.
                do { try await sleep(wait) } catch { throw ClientError.cancelled }
                turn += 1
            }
        }
    }

    private func callOnce<Question: Message, Answer: Message>(
        _ path: String, _ question: Question, headers: [(name: String, value: String)],
        timeoutSeconds: Double
    ) async throws(ClientError) -> Answer {
        var headers = headers
        headers.append(("content-type", "application/x-protobuf"))
        var body = Data()
        do {
            body = try question.serializedData()
            if body.count >= limits.compressFromBytes {
                body = try Gzip.compress(body)
                headers.append(("content-encoding", "gzip"))
            }
        } catch {
            throw unreadable("the request could not be written: \(error)")
        }
        let response: TransportResponse
        do throws(TransportError) {
            response = try await transport.send(
                TransportRequest(
                    method: "POST", path: path, headers: headers, body: Array(body),
                    timeoutSeconds: timeoutSeconds))
        } catch {
            throw noAnswer(error)
        }
        guard response.status == 200 else { throw problem(response) }
        // No answer of the protocol is empty: an empty body is one that was cut on its way.
        guard !response.body.isEmpty, let answer = try? Answer(serializedBytes: response.body)
        else { throw unreadable("\(response.body.count) bytes that are not an answer") }
        return answer
    }

    private func unreadable(_ detail: String) -> ClientError {
        ClientError(
            .offline,
            Phrase(
                en: "the answer of the server did not arrive whole; \(again.en)",
                es: "la respuesta del servidor no llegó completa; \(again.es)"), detail: detail)
    }

    /// What to do when there is no answer, or none of Ronda.
    private var again: Phrase {
        isLogin
            ? Phrase(
                en: "check the address and the network, and log in again with the same code",
                es: "revise la dirección y la red, e inicie sesión de nuevo con el mismo código")
            : Phrase(
                en: "what you captured stays queued here, sync again when there is network",
                es: "lo capturado sigue en cola aquí, sincronice de nuevo cuando haya red")
    }

    private func noAnswer(_ error: TransportError) -> ClientError {
        let detail = "\(error.code): \(error.detail)"
        switch error.code {
        case .cancelled: return .cancelled
        case .insecure:
            return ClientError(
                .insecure,
                Phrase(
                    en: "the server could not prove who it is; nothing was sent. If the office "
                        + "uses a certificate of its own, give its fingerprint: --pin sha256//…",
                    es: "el servidor no pudo probar quién es; no se envió nada. Si la oficina usa "
                        + "un certificado propio, indique su huella: --pin sha256//…"),
                detail: detail)
        case .keyChanged:
            return ClientError(
                .insecure,
                Phrase(
                    en: "the server's key is not the one this device knows; nothing was sent. Ask "
                        + "the office: if they changed it, take the new one with: ronda server "
                        + "--pin sha256//…",
                    es: "la clave del servidor no es la que este equipo conoce; no se envió nada. "
                        + "Pregunte a la oficina: si la cambiaron, tome la nueva con: ronda "
                        + "servidor --pin sha256//…"),
                detail: detail)
        case .misconfigured:
            return ClientError(
                .server,
                Phrase(
                    en: "no Ronda server is at the server's address; check it, it looks like "
                        + "https://ronda.example",
                    es: "en la dirección del servidor no hay un servidor de Ronda; revísela, es "
                        + "como https://ronda.example"), detail: detail)
        case .responseTooLarge:
            // The same question has the same answer: asking again by itself would only load the line.
            return ClientError(
                .server,
                Phrase(
                    en:
                        "the server's answer is larger than this program takes; everything is still "
                        + "kept here, tell the office",
                    es: "la respuesta del servidor supera lo que admite este programa; todo sigue "
                        + "guardado aquí, avise a la oficina"), detail: detail)
        case .unreachable, .timedOut, .interrupted:
            return ClientError(
                .offline,
                Phrase(
                    en: "no answer from the server; \(again.en)",
                    es: "el servidor no responde; \(again.es)"), detail: detail)
        }
    }

    private func problem(_ response: TransportResponse) -> ClientError {
        // A proxy answers with its own page: then the status is all there is to tell.
        let problem = try? WireProblem(serializedBytes: response.body)
        let known = problem.flatMap { $0.en.isEmpty ? nil : $0 }
        let unknown =
            isLogin
            ? Phrase(
                en: "no Ronda server answers at this address (\(response.status)); check it",
                es: "en esa dirección no responde un servidor de Ronda (\(response.status)); "
                    + "revísela")
            : Phrase(
                en: "the server answered \(response.status); what you captured stays queued here, "
                    + "sync again later",
                es: "el servidor respondió \(response.status); lo capturado sigue en cola aquí, "
                    + "sincronice más tarde")
        return ClientError(
            .server, known.map { Phrase(en: $0.en, es: $0.es) } ?? unknown,
            detail: "HTTP \(response.status) \(known?.detail ?? "")",
            serverCode: known?.code ?? Self.code(ofStatus: response.status),
            retryAfterMilliseconds: Self.wait(response.headers["retry-after"]),
            isTooMuch: response.status == 429)
    }

    /// Seconds; a date or anything else says nothing.
    private static func wait(_ retryAfter: String?) -> Int64 {
        let seconds = min(max(retryAfter.flatMap { Int64($0) } ?? 0, 0), mostWait)
        return bounded(milliseconds: seconds * 1_000)
    }

    /// A day in seconds: no advice holds for longer.
    private static let mostWait: Int64 = 86_400

    static func bounded(milliseconds: Int64) -> Int64 { min(milliseconds, mostWait * 1_000) }

    /// What a status alone says, from something between here and the server.
    private static func code(ofStatus status: Int) -> String? {
        switch status {
        case 429, 503: "busy"
        case 507: "full"
        case 500...599: "fault"
        default: nil
        }
    }
}
