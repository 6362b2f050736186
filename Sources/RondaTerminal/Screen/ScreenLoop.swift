internal import ArgumentParser
internal import RondaClient
internal import RondaModel
internal import RondaScreen
internal import Synchronization

/// The full screen: events in, pictures out, effects on the store. All decisions are the model's.
struct ScreenLoop: Sendable {
    let context: CommandContext
    let options: GlobalOptions
    let store: LocalStore
    let device: any ScreenDevice
    private let reads = ScreenReads()
    private let drafts: ScreenDrafts

    init(
        context: CommandContext, options: GlobalOptions, store: LocalStore,
        device: any ScreenDevice
    ) {
        (self.context, self.options, self.store, self.device) = (context, options, store, device)
        drafts = ScreenDrafts(home: context.home(option: options.home))
    }

    /// A session of this moment, in which nothing is printed over the screen.
    /// - Parameter say: takes what a command says beside its output.
    private func session(say: @escaping @Sendable (String) -> Void = { _ in }) -> Session {
        var context = context
        (context.write, context.writeError) = ({ _ in }, say)
        (context.isInputTerminal, context.isErrorTerminal) = (false, false)
        return Session(context: context, options: options)
    }

    /// Returns when the person has left; the terminal is as it was by then.
    func run() async throws {
        let (events, out) = AsyncStream<ScreenEvent>.makeStream()
        let tell: @Sendable (ScreenEvent) -> Void = { out.yield($0) }
        defer { device.close() }
        var model = try await begin()
        await withTaskGroup { group in
            group.addTask { [device] in
                for await news in device.news {
                    switch news {
                    case .key(let key): tell(.key(key))
                    case .resized(let size): tell(.resized(size))
                    }
                }
                tell(.interrupted)
            }
            group.addTask { [context] in
                for await _ in context.interrupts() { tell(.interrupted) }
            }
            group.addTask { await reads.run(store, session: { session() }, tell: tell) }
            let live = Live(isOn: Mutex(false))
            keepLive(live, in: &group, tell)
            var effects = model.begin()
            if let draft = drafts.latest() { effects += model.update(.found(draft)) }
            effects.forEach { perform($0, in: &group, live, tell) }
            device.show(model.draw())
            loop: for await event in events {
                for effect in model.update(event) {
                    if effect == .quit { break loop }
                    perform(effect, in: &group, live, tell)
                }
                device.show(model.draw())
            }
            group.cancelAll()
        }
    }

    private func begin() async throws -> ScreenModel {
        let session = session()
        let wording = session.wording
        var model = ScreenModel(
            language: wording.language, size: ScreenSize(width: context.width, height: 24))
        let name = try await store.identity()?.accountName ?? ""
        let day = LocalTime.civil(wording.now, in: wording.zone).day
        model.title = "\(name) · \(wording(wording.day(day)))"
        return model
    }

    // MARK: Effects

    private func perform(
        _ effect: ScreenEffect, in group: inout TaskGroup<Void>, _ live: Live,
        _ tell: @escaping @Sendable (ScreenEvent) -> Void
    ) {
        switch effect {
        case .readRows(let panel, let query): reads.ask(.rows(panel, query: query))
        case .readPage(let request): reads.ask(.page(request))
        case .readStatus: reads.ask(.status)
        case .keep(let form):
            // Before the key is shown: what is on the screen is on the disk.
            do throws(TerminalError) {
                try drafts.keep(form)
            } catch {
                tell(.said(ScreenMessage(session().wording(error.phrase), .alert)))
            }
        case .open(let kind, let customer, let name):
            group.addTask { await guarded(tell) { tell(try await open(kind, customer, name)) } }
        case .check(let form):
            group.addTask {
                await guarded(tell) {
                    let capture = ScreenCapture(session: session(), store: store)
                    tell(.checked(form, try await capture.problems(form)))
                }
            }
        case .finish(let form): group.addTask { tell(await finish(form)) }
        case .sync:
            if !live.isOn.withLock({ $0 }) { return keepLive(live, in: &group, tell) }
            group.addTask { await sync(tell) }
        case .settle(let row, let keep):
            group.addTask { await guarded(tell) { try await settle(row, keep, tell) } }
        case .quit: break
        }
    }

    /// Says what went wrong, where it is not said otherwise.
    private func guarded(
        _ tell: @Sendable (ScreenEvent) -> Void, _ body: () async throws -> Void
    ) async {
        do { try await body() } catch { tell(.said(failure(error))) }
    }

    private func failure(_ error: any Error) -> ScreenMessage {
        ScreenMessage(session().wording(TerminalError(any: error).phrase), .alert)
    }

    /// The draft of this form, or a new one.
    private func open(
        _ kind: ScreenForm.Kind, _ customer: String, _ name: String
    ) async throws -> ScreenEvent {
        if let draft = drafts.draft(kind, customer) { return .opened(draft, isDraft: true) }
        let programmes = try await session().read(store) { reader in
            try reader.records(Programme.self).compactMap { programme in
                programme.code.map { code in
                    FormField.Choice(name: code, label: Phrase(programme.name ?? code))
                }
            }.sorted { $0.name < $1.name }
        }
        return .opened(
            ScreenForm(
                kind, customer: customer, name: name, begunAt: context.now.milliseconds,
                programmes: programmes), isDraft: false)
    }

    private func finish(_ form: ScreenForm) async -> ScreenEvent {
        let asides = Mutex<[String]>([])
        let session = session { text in asides.withLock { $0.append(text) } }
        let capture = ScreenCapture(session: session, store: store)
        do {
            let problems = try await capture.problems(form)
            if !problems.isEmpty { return .incomplete(form, problems) }
            let output = try await capture.save(form)
            try drafts.drop(form)
            let said = output.blocks.compactMap { block in
                if case .sentence(let phrase) = block { session.wording(phrase) } else { nil }
            }
            let warnings = asides.withLock { $0 }.map { $0.replacing("\n", with: " ") }
            let text = (said + warnings).joined(separator: " ")
            return .saved(form, [ScreenMessage(text, warnings.isEmpty ? .good : .alert)])
        } catch {
            return .notSaved(form, failure(error))
        }
    }

    private func settle(
        _ row: String, _ keep: Int, _ tell: @Sendable (ScreenEvent) -> Void
    ) async throws {
        guard let id = ScreenPages.RowID(row) else { return }
        let command = try ConflictsCommand.Resolve.parse([
            id.record, "--keep", String(keep), "--no-input",
            "--home=\(context.home(option: options.home))",
        ])
        let session = session()
        let output = try await command.perform(in: session)
        for case .sentence(let phrase) in output.blocks {
            tell(.said(ScreenMessage(session.wording(phrase), .good)))
        }
        tell(.changed)
    }
}

// MARK: - Sync

extension ScreenLoop {
    /// Whether the device is being kept in step.
    final class Live: Sendable {
        let isOn: Mutex<Bool>
        init(isOn: consuming sending Mutex<Bool>) { self.isOn = isOn }
    }

    private func keepLive(
        _ live: Live, in group: inout TaskGroup<Void>,
        _ tell: @escaping @Sendable (ScreenEvent) -> Void
    ) {
        live.isOn.withLock { $0 = true }
        group.addTask {
            defer { live.isOn.withLock { $0 = false } }
            do {
                let session = session()
                let address = try await store.identity()?.address ?? ServerAddress("")
                let transport = try session.transport(address)
                // The stream takes a connection for itself.
                let line = try session.transport(address) as? any StreamingTransport
                try await store.keepLive(over: transport, live: line) { hear($0, tell) }
            } catch {
                tell(.network(.stopped))
                tell(.said(failure(error)))
            }
        }
    }

    private func hear(_ news: LiveNews, _ tell: @Sendable (ScreenEvent) -> Void) {
        switch news {
        case .state(.live): tell(.network(.live))
        case .state(.polling): tell(.network(.polling))
        case .state(.offline): tell(.network(.offline))
        case .synced(let report, let changes):
            if !changes.isEmpty {
                let count = Phrase.count(
                    changes.count, one: Phrase(en: "change came in", es: "cambio recibido"),
                    many: Phrase(en: "changes came in", es: "cambios recibidos"))
                tell(.said(ScreenMessage(session().wording(count))))
            }
            if !changes.isEmpty || report.accepted + report.merged + report.refused > 0 {
                tell(.changed)
            }
        case .failed(let error):
            // To be without a network is how a day is; the title says it.
            if !error.isRetryable && error.code != .alreadySyncing { tell(.said(failure(error))) }
        }
    }

    /// Asked for by the person, who is told how it went.
    private func sync(_ tell: @Sendable (ScreenEvent) -> Void) async {
        let session = session()
        do {
            let address = try await store.identity()?.address ?? ServerAddress("")
            let report = try await store.sync(over: try session.transport(address))
            let status = try await session.read(store) { try $0.status() }
            let output = SyncView.output(report, status: status)
            let said = output.blocks.compactMap { block in
                if case .sentence(let phrase) = block { session.wording(phrase) } else { nil }
            }
            tell(.said(ScreenMessage(said.joined(separator: " "), .good)))
            tell(.network(.polling))
            tell(.changed)
        } catch let error as ClientError where error.code == .alreadySyncing {
            // What was asked for is under way.
            return
        } catch {
            let error = TerminalError(any: error)
            tell(.network(error.status == .offline ? .offline : .stopped))
            tell(.said(ScreenMessage(session.wording(error.phrase), .alert)))
        }
    }
}
