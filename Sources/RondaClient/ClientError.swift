public import RondaModel
internal import RondaSQLite

/// Why the local store or a sync did not do what was asked. Nothing is half done.
public struct ClientError: Error, Sendable {
    public enum Code: String, Sendable {
        /// There is no store here, or it belongs to nobody yet.
        case notLoggedIn
        case alreadyLoggedIn
        /// The record is not on this device.
        case unknownRecord
        /// A rule of the schema forbids it; `problems` says which.
        case refused
        /// No answer from the server: what is captured stays queued.
        case offline
        /// The server answered, and refused the request as a whole.
        case server
        /// The server could not prove who it is: nothing was sent.
        case insecure
        /// The server has not told its key for bundles yet.
        case noBundleKey
        /// A file that is no bundle, or not a whole one.
        case badBundle
        /// Another process is syncing this store.
        case alreadySyncing
        /// The server no longer has work that it had acknowledged.
        case serverBehind
        case store
        case cancelled
    }

    public let code: Code
    public let phrase: Phrase
    /// For the log: no record contents.
    public let detail: String
    public let problems: [CaptureProblem]
    /// The reason in the server's own vocabulary, when it gave one.
    public let serverCode: String?
    /// How long the server asks to wait before the next try; 0 when it says nothing.
    public let retryAfterMilliseconds: Int64
    /// The server says that this device or its account asks too much.
    let isTooMuch: Bool

    package init(
        _ code: Code, _ phrase: Phrase, detail: String = "", problems: [CaptureProblem] = [],
        serverCode: String? = nil, retryAfterMilliseconds: Int64 = 0, isTooMuch: Bool = false
    ) {
        self.isTooMuch = isTooMuch
        self.code = code
        self.phrase = phrase
        self.detail = detail
        self.problems = problems
        self.serverCode = serverCode
        self.retryAfterMilliseconds = retryAfterMilliseconds
    }

    /// Whether the same call may succeed later without anybody doing anything.
    public var isRetryable: Bool {
        switch code {
        case .offline: true
        case .server: ["busy", "full", "fault"].contains(serverCode)
        default: false
        }
    }
}

/// One thing wrong with what was to be captured.
public struct CaptureProblem: Sendable, Hashable {
    public let code: RefusalCode
    public let record: RecordID?
    /// The label of the field, for people.
    public let field: Phrase?
    /// The stable English name of the field.
    public let fieldName: String?

    public var phrase: Phrase {
        guard let field else { return code.phrase }
        return Phrase(en: "\(field.en): \(code.phrase.en)", es: "\(field.es): \(code.phrase.es)")
    }

    init(_ refusal: Refusal) {
        code = refusal.code
        record = refusal.record
        let schema = refusal.entity.flatMap { Schema.current[$0] }
        let field = schema?.position(ofNumber: refusal.field).flatMap { schema?.fields[$0] }
        self.field = field?.label
        fieldName = field?.name
    }
}

extension ClientError {
    static func refused(_ refusals: [Refusal]) -> ClientError {
        let problems = refusals.map(CaptureProblem.init)
        return ClientError(
            .refused,
            Phrase(
                en: "nothing was saved: " + problems.map(\.phrase.en).joined(separator: "; "),
                es: "no se guardó nada: " + problems.map(\.phrase.es).joined(separator: "; ")),
            detail: refusals.map { "\($0.code.name) \($0.detail)" }.joined(separator: "; "),
            problems: problems)
    }

    static let cancelled = ClientError(
        .cancelled,
        Phrase(
            en: "interrupted; nothing is lost, go on when you like: ronda sync",
            es: "interrumpido; nada se pierde, siga cuando quiera: ronda sync"))

    static func store(_ error: any Error, path: String) -> ClientError {
        if let error = error as? ClientError { return error }
        if error is CancellationError { return .cancelled }
        let failure = StoreError(error)
        return ClientError(
            failure.code == .notFound ? .notLoggedIn : .store,
            failure.phrase(path: path, creator: "ronda login --server URL", of: .device),
            detail: "\(failure.code.rawValue): \(failure.detail)")
    }
}
