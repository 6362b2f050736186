package import RondaModel
package import RondaProtobuf
package import RondaStore
internal import Foundation
internal import Logging
internal import RondaWire
internal import Synchronization

/// What the hub takes from the world around it; only an executable makes the real one.
package struct Surroundings: Sendable {
    package let now: @Sendable () -> Instant
    package let random: @Sendable () -> UInt64

    package init(
        now: @escaping @Sendable () -> Instant, random: @escaping @Sendable () -> UInt64
    ) {
        self.now = now
        self.random = random
    }

    package func mint() -> RecordID {
        .minted(milliseconds: now().milliseconds, random: (random(), random()))
    }
}

/// The centre: takes commits, gives verdicts, serves what changed. Knows nothing of HTTP.
package final class Hub: Sendable {
    package let store: any CentralStore
    package let schema: Schema
    package let limits: Limits
    package let surroundings: Surroundings
    /// Tells connected devices what has moved.
    package let live: LiveFeed
    private let queue: PushQueue
    /// Where erasures are written down before they are done; `nil` for a hub that does none.
    let ledger: (any ErasureLedger)?
    /// What devices that only read have said lately of how far their work is in: not worth a write.
    private let heard = Mutex<[RecordID: Instant]>([:])
    /// Whether the last answer found the hub recovering; `nil` before the first.
    private let wasRecovering = Mutex<Bool?>(nil)
    /// Wrong passwords, by login: ten at once, then one a minute.
    let wrongPasswords = Throttle<String>(Rate(burst: 10, perMinute: 1))
    let refusalNotes = RefusalNotes()
    /// Of each device at most one an hour.
    let deviceRefusals = RefusalNotes(Rate(burst: 1, perMinute: 1 / 60))
    let logger = Logger(label: "ronda.hub")

    package init(
        store: any CentralStore, schema: Schema = .current, limits: Limits = Limits(),
        ledger: (any ErasureLedger)? = nil, surroundings: Surroundings
    ) {
        self.store = store
        self.ledger = ledger
        self.schema = schema
        self.limits = limits
        self.surroundings = surroundings
        let live = LiveFeed(
            store: store, schema: schema, limits: limits, now: surroundings.now)
        self.live = live
        queue = PushQueue(
            store: store,
            pusher: Pusher(schema: schema, limits: limits, surroundings: surroundings),
            most: limits.commitsPerGroup, onWritten: { live.wrote() })
    }

    /// One exchange: every commit gets its verdict, durably, and then the device gets what changed.
    ///
    /// Safe to repeat: a commit seen before is answered with its original verdict.
    package func exchange(
        _ request: WireExchangeRequest, secret: [UInt8]
    ) async throws(HubError) -> WireExchangeResponse {
        try check(request)
        let offers = try offers(request)
        let hash = Secret.hash(secret)
        do {
            let credential = Credential.secret(hash: hash, claimed: request.device)
            var answer: WireExchangeResponse?
            if !request.changesSomething {
                answer = try await answerFromOneRead(request, credential)
            }
            if answer == nil {
                let pushed = try await queue.submit(
                    Push(credential: credential, offers: offers, request: request))
                if pushed.verdicts.contains(where: { $0.refusal?.code == .erased }) {
                    await noteUnmade()
                }
                answer = try await store.read { store in
                    let login = try credential.login(
                        in: store, at: self.surroundings.now(), surrenders: request.pushOnly)
                    // Where the chain forked, the same numbers name another store's work.
                    let judged = Set(pushed.verdicts.map(\.number))
                    return try self.page(
                        request, login, offers.filter { judged.contains($0.number) },
                        pushed.verdicts
                    ).answer(store, login: login, pushed: pushed)
                }
            }
            guard var response = answer else { throw HubError(.fault, "no answer") }
            await noteRecovery(response.advice.recovering)
            response.serverTimeMs = surroundings.now().milliseconds
            return response
        } catch {
            throw await noted(error, secretHash: hash)
        }
    }

    /// What a commit would have made under somebody who was erased goes into the ledger at once: a store
    /// that is restored has to know it when others go on writing about it.
    private func noteUnmade() async {
        do {
            _ = try await mendLedger()
        } catch {
            // The commit is in, and its sender has a right to the verdict; `serve` tries again.
            logger.error("ledger of erasures: cannot add", metadata: ["error": "\(error)"])
        }
    }

    /// A device's access ends at its moment without anybody writing (SPEC §9.5). Where it was the last
    /// that the hub waited for, the next answer notices, and what waited is judged again.
    private func noteRecovery(_ isRecovering: Bool) async {
        let isOver = wasRecovering.withLock { was in
            defer { was = isRecovering }
            return !isRecovering && was != false
        }
        guard isOver else { return }
        do {
            let anyWaits = try await store.read {
                try $0.hub().isRenewed && !$0.waiting(for: nil).isEmpty
            }
            if anyWaits { try await committing { committer, _ in try committer.reconsiderAll() } }
        } catch {
            // What was asked has its answer all the same; the next one tries again.
            wasRecovering.withLock { $0 = nil }
            logger.error("recovery: cannot judge again", metadata: ["error": "\(error)"])
        }
    }

    /// Throws `badCredential` unless the secret is a device's: nothing is opened for anybody else. One
    /// without access is let in as far as this: it may hand in what it still has.
    package func admit(secret: [UInt8]) async throws(HubError) {
        let hash = Secret.hash(secret)
        let credential = Credential.secret(hash: hash, claimed: Data())
        do {
            let now = surroundings.now()
            _ = try await store.read { try credential.login(in: $0, at: now, surrenders: true) }
        } catch {
            throw await noted(error, secretHash: hash)
        }
    }

    /// Submits commits of a device inside the server, such as an import.
    package func submit(
        _ commits: [Commit], as device: RecordID, note: AuditNote? = nil,
        settling: SettledCommit? = nil
    ) async throws(HubError) -> [Verdict] {
        do {
            let offers = commits.map { Offer($0) }
            var push = Push(credential: .inside(device), offers: offers)
            push.note = note
            push.settling = settling
            return try await queue.submit(push).verdicts
        } catch {
            throw HubError(error)
        }
    }

    /// Judges the commits of a device that somebody else brings.
    func carry(
        _ request: WireExchangeRequest, from device: RecordID
    ) async throws(HubError) -> PushResult {
        try check(request)
        do {
            var push = Push(
                credential: .inside(device), offers: try offers(request), request: request)
            push.isCarried = true
            return try await queue.submit(push)
        } catch {
            throw HubError(error)
        }
    }

    private func check(_ request: WireExchangeRequest) throws(HubError) {
        guard request.protocol == 1 else {
            throw HubError(.unsupported, "protocol \(request.protocol), this hub speaks 1")
        }
        if request.commits.count > limits.commitsPerExchange {
            throw HubError(
                .tooLarge, "\(request.commits.count) commits, at most \(limits.commitsPerExchange)")
        }
        if request.cursors.count > limits.cursorsPerExchange {
            throw HubError(
                .tooLarge, "\(request.cursors.count) cursors, at most \(limits.cursorsPerExchange)")
        }
        let numbers = max(
            max(request.tray.count, request.given.count), request.open.count, request.erased.count)
        if numbers > limits.numbersPerExchange {
            throw HubError(
                .tooLarge, "\(numbers) commits named, at most \(limits.numbersPerExchange)")
        }
    }

    private func offers(_ request: WireExchangeRequest) throws(HubError) -> [Offer] {
        let given = Dictionary(
            request.given.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
        var offers: [Offer] = []
        offers.reserveCapacity(request.commits.count)
        for (index, commit) in request.commits.enumerated() {
            guard commit.number > 0 else {
                throw HubError(.badRequest, "commits[\(index)]: numbers start at 1")
            }
            if let last = offers.last, commit.number - 1 != last.number {
                throw HubError(.badRequest, "commits[\(index)]: numbers must rise by one")
            }
            var offer = Offer(commit, schema: schema, limits: limits)
            offer.given = given[commit.number]
            offers.append(offer)
        }
        return offers
    }

    private func page(
        _ request: WireExchangeRequest, _ login: Login, _ offers: [Offer], _ verdicts: [Verdict]
    ) -> Page {
        Page(
            schema: schema, limits: limits, request: request, now: surroundings.now(),
            own: OwnWrites(
                offers, verdicts: verdicts, device: login.device.id, schema: schema))
    }

    /// The answer to a device that offers nothing; `nil` when it has to be written down that the
    /// device was seen.
    private func answerFromOneRead(
        _ request: WireExchangeRequest, _ credential: Credential
    ) async throws -> WireExchangeResponse? {
        let now = surroundings.now()
        return try await store.read { store in
            let login = try credential.login(in: store, at: now, surrenders: request.pushOnly)
            guard let seen = login.device.lastSeen,
                now.milliseconds - seen.milliseconds < Self.lastSeenMilliseconds
            else { return nil }
            let hub = try store.hub()
            let isSettled = login.device.epoch == hub.epoch || !hub.isRenewed
            guard isSettled, login.device.queued == request.queued,
                request.queued > 0 || login.device.floor >= min(request.assignment, hub.assignment),
                !login.device.learns(from: request, limits: self.limits)
            else { return nil }
            let pushed = PushResult(
                lastNumber: login.device.lastNumber, chain: login.device.chain)
            self.hear(request, from: login.device.id, at: now)
            return try self.page(request, login, [], []).answer(
                store, login: login, pushed: pushed)
        }
    }

    private func hear(_ request: WireExchangeRequest, from device: RecordID, at now: Instant) {
        guard request.completeToMs > 0 else { return }
        let claimed = Instant(milliseconds: Int64(clamping: request.completeToMs))
        heard.withLock { $0[device] = min(claimed, now) }
    }

    /// Up to when everything captured on the device is in.
    func completeTo(_ device: Device) -> Instant? {
        let heard = heard.withLock { $0[device.id] }
        return device.completeTo.map { max($0, heard ?? $0) }
    }

    /// How exactly it is known when a device that only reads was last here.
    private static let lastSeenMilliseconds: Int64 = 300_000
}

extension WireExchangeRequest {
    /// Whether it brings something that has to be written down.
    fileprivate var changesSomething: Bool {
        !commits.isEmpty || !tray.isEmpty || !erased.isEmpty || hasProof
    }
}

/// A device and whose it is.
struct Login {
    let device: Device
    let account: Account
    /// False for one that may only hand in what it still has.
    let hasAccess: Bool
}

/// By what a device is known.
enum Credential: Sendable {
    /// A device inside the server.
    case inside(RecordID)
    /// `claimed` is the id the request names; it may be empty.
    case secret(hash: [UInt8], claimed: Data)

    /// Looked up in every transaction, so that a revocation holds from the next request on.
    /// `surrenders` says that a device without access brings only what it still has.
    func login(
        in store: any StoreReader, at now: Instant, surrenders: Bool = false
    ) throws -> Login {
        let device: Device?
        switch self {
        case .inside(let id): device = try store.device(id)
        case .secret(let hash, let claimed):
            device = try store.device(secretHash: hash)
            if let device, !claimed.isEmpty, Array(claimed) != device.id.bytes {
                throw HubError(.badCredential, "the credential belongs to another device")
            }
        }
        guard let device, let account = try store.account(device.account) else {
            throw HubError(.badCredential)
        }
        let hasAccess = device.hasAccess(at: now)
        guard hasAccess || surrenders else { throw HubError(.revoked) }
        return Login(device: device, account: account, hasAccess: hasAccess)
    }
}
