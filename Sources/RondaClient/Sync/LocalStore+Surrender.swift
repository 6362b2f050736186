internal import RondaModel
internal import RondaSQLite

extension LocalStore {
    /// Hands in what a device without access has not sent: the office gets its content and decides
    /// about it. Nothing is taken, and nothing here is deleted.
    ///
    /// Each commit that is handed in lies in the tray afterwards, at the office. Safe to stop and to
    /// repeat, as a sync is.
    /// - Throws: `ClientError`; with code `offline` nothing is lost and it may be tried again.
    public func surrender(
        over transport: any Transport,
        progress: @Sendable (SyncReport) -> Void = { _ in }
    ) async throws(ClientError) -> SyncReport {
        let lock = try lock()
        defer { withExtendedLifetime(lock) {} }
        var session = SyncSession(
            store: self,
            calls: ServerCalls(transport: transport, limits: limits, sleep: surroundings.sleep),
            readsAhead: false, surrenders: true)
        return try await session.surrender(progress: progress)
    }
}

extension Facts {
    /// A hub keeps its key through restores: another one is not the hub's.
    func learn(bundleKey: [UInt8]) throws {
        guard bundleKey.count == 32, try bytes(.bundleKey) == nil else { return }
        try set(.bundleKey, bundleKey)
    }

    /// The name of the program, unless the hub has it in its present history. Also said to be told
    /// the key for bundles.
    func untold(app: String) throws -> String {
        guard !app.isEmpty, try bytes(.bundleKey) != nil, let told = try bytes(.toldApp),
            told == Self.telling(app, in: try bytes(.epoch) ?? [])
        else { return app }
        return ""
    }

    func set(told app: String, in epoch: [UInt8]) throws {
        try set(.toldApp, Self.telling(app, in: epoch))
    }

    private static func telling(_ app: String, in epoch: [UInt8]) -> [UInt8] {
        epoch + Array(app.utf8)
    }
}
