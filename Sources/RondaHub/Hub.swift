package import RondaModel
package import RondaProtobuf
package import RondaStore
internal import Foundation
internal import RondaWire

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
    private let queue: PushQueue

    package init(
        store: any CentralStore, schema: Schema = .current, limits: Limits = Limits(),
        surroundings: Surroundings
    ) {
        self.store = store
        self.schema = schema
        self.limits = limits
        self.surroundings = surroundings
        queue = PushQueue(
            store: store,
            pusher: Pusher(schema: schema, limits: limits, surroundings: surroundings),
            most: limits.commitsPerGroup)
    }

    /// One exchange: every commit gets its verdict, durably, and then the device gets what changed.
    ///
    /// Safe to repeat: a commit seen before is answered with its original verdict.
    package func exchange(
        _ request: WireExchangeRequest, secret: [UInt8]
    ) async throws(HubError) -> WireExchangeResponse {
        try check(request)
        let offers = try offers(request.commits)
        do {
            let login = try await authenticate(secret: secret, claimed: request.device)
            let pushed =
                offers.isEmpty && !isStale(login.device)
                ? PushResult(verdicts: [], lastNumber: login.device.lastNumber)
                : try await queue.submit(Push(device: login.device.id, offers: offers))
            let page = Page(
                schema: schema, limits: limits, request: request, device: login.device.id)
            var response = try await store.read { store in
                try page.answer(store, account: login.account, pushed: pushed)
            }
            response.serverTimeMs = surroundings.now().milliseconds
            return response
        } catch {
            throw HubError(error)
        }
    }

    /// Submits commits of a device inside the server, such as an import.
    package func submit(
        _ commits: [Commit], as device: RecordID
    ) async throws(HubError) -> [Verdict] {
        do {
            let offers = commits.map(Offer.init)
            return try await queue.submit(Push(device: device, offers: offers)).verdicts
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
    }

    private func offers(_ commits: [WireCommit]) throws(HubError) -> [Offer] {
        var offers: [Offer] = []
        offers.reserveCapacity(commits.count)
        for (index, commit) in commits.enumerated() {
            guard commit.number > 0 else {
                throw HubError(.badRequest, "commits[\(index)]: numbers start at 1")
            }
            if let last = offers.last, commit.number != last.number + 1 {
                throw HubError(.badRequest, "commits[\(index)]: numbers must rise by one")
            }
            offers.append(Offer(commit, schema: schema))
        }
        return offers
    }

    private func isStale(_ device: Device) -> Bool {
        guard let seen = device.lastSeen else { return true }
        return surroundings.now().milliseconds - seen.milliseconds > 300_000
    }

    private func authenticate(
        secret: [UInt8], claimed: Data
    ) async throws -> (device: Device, account: Account) {
        let hash = Secret.hash(secret)
        let found = try await store.read { store -> (Device, Account)? in
            guard let device = try store.device(secretHash: hash),
                let account = try store.account(device.account)
            else { return nil }
            return (device, account)
        }
        guard let (device, account) = found else { throw HubError(.badCredential) }
        guard claimed.isEmpty || Array(claimed) == device.id.bytes else {
            throw HubError(.badCredential, "the credential belongs to another device")
        }
        return (device, account)
    }
}
