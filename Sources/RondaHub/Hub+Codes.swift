package import RondaModel
package import RondaStore

/// One-time codes: issued, listed, cancelled, and locked when somebody guesses at them.
///
/// A code has two halves. The first, its selector, tells it from other codes and stands in the
/// store; of the whole only the hash does. So a wrong code with a known selector can be counted
/// against that very code, and five of them lock it: a code is guessed with a chance of 5 in 2^25
/// at most, however many try from wherever. What is not done: counting by address alone, or
/// refusing right codes while others guess. 35 laptops that are set up behind one address do not
/// notice a guesser beside them, and to lock a code on purpose one has to know half of it.
extension Hub {
    /// A one-time code for a new device of this account. Only its hash is kept. The account's earlier
    /// codes that nobody has used end with it, unless `keepsOthers`.
    package func newCode(
        login: String, keepsOthers: Bool = false, by actor: String = AuditEntry.server
    ) async throws -> (code: String, expiresAt: Instant) {
        let now = surroundings.now()
        let expiresAt = now.adding(milliseconds: limits.codeLifetimeMilliseconds)
        let surroundings = surroundings
        let code = try await store.write { store in
            guard let account = try store.account(login: login) else {
                throw AccountProblem.unknownLogin
            }
            for other in try store.codes() where other.account == account.id && other.device == nil
            {
                if !keepsOthers || other.expiresAt <= now { try store.remove(other) }
            }
            var code = Secret.code(random: surroundings.random())
            // Two codes with one selector would be locked together.
            while try store.code(selector: Secret.selector(of: code)) != nil {
                code = Secret.code(random: surroundings.random())
            }
            try store.put(
                EnrolmentCode(
                    codeHash: Secret.hash(Array(code.utf8)), account: account.id,
                    expiresAt: expiresAt, selector: Secret.selector(of: code), issuedAt: now))
            try store.append(
                AuditEntry(
                    at: now, actor: actor, act: .codeIssue, subject: login,
                    detail: Secret.selector(of: code)))
            return code
        }
        return (code, expiresAt)
    }

    /// The codes of all accounts, with whose they are, in order of issue.
    package func codes() async throws(HubError) -> [(code: EnrolmentCode, login: String)] {
        do {
            return try await store.read { store in
                let logins = Dictionary(
                    try store.accounts().map { ($0.id, $0.login) }, uniquingKeysWith: { $1 })
                return try store.codes().map { ($0, logins[$0.account] ?? "?") }
            }
        } catch {
            throw HubError(error)
        }
    }

    /// Cancels the codes that nobody has used: of one account, or the one with this selector.
    /// - Returns: how many.
    package func cancelCodes(
        of asked: String, by actor: String = AuditEntry.server
    ) async throws -> Int {
        let now = surroundings.now()
        let selector = Secret.normalised(code: asked)
        return try await store.write { store in
            let account = try store.account(login: asked)
            let found = try store.codes().filter {
                $0.device == nil && (account.map(\.id) == $0.account || $0.selector == selector)
            }
            if found.isEmpty, account == nil { throw AccountProblem.unknownLogin }
            for code in found {
                try store.remove(code)
                let login = try store.account(code.account)?.login ?? "?"
                try store.append(
                    AuditEntry(
                        at: now, actor: actor, act: .codeCancel, subject: login,
                        detail: code.selector))
            }
            return found.count
        }
    }

    /// Removes, after a restore, the codes that nobody had used when the backup was made: some may
    /// have been used, cancelled or locked since, and a backup must not open them again.
    /// - Returns: how many were still open.
    package func removeUnusedCodes(
        by actor: String = AuditEntry.server
    ) async throws(HubError) -> Int {
        let (now, limits) = (surroundings.now(), limits)
        do {
            return try await store.write { store in
                var count = 0
                for code in try store.codes() where code.device == nil {
                    try store.remove(code)
                    guard code.state(at: now, limits: limits) == .open else { continue }
                    count += 1
                    try store.append(
                        AuditEntry(
                            at: now, actor: actor, act: .codeCancel,
                            subject: try store.account(code.account)?.login ?? "?",
                            detail: "\(code.selector), after a restore"))
                }
                return count
            }
        } catch {
            throw HubError(error)
        }
    }

    /// Counts a wrong code against the one it may have been meant to guess, in the transaction that
    /// found it wrong: tries that are made at once are no more than others.
    static func count(
        wrong typed: String, at now: Instant, limits: Limits, in store: any StoreWriter
    ) throws {
        let code = Secret.normalised(code: typed)
        guard var entry = try store.code(selector: Secret.selector(of: code)),
            entry.device == nil, entry.codeHash != Secret.hash(Array(code.utf8))
        else { return }
        entry.failures += 1
        try store.put(entry)
        if entry.failures == limits.wrongTriesOfCode {
            let login = try store.account(entry.account)?.login ?? "?"
            try store.append(
                AuditEntry(
                    at: now, actor: AuditEntry.nobody, act: .codeLock, subject: login,
                    detail: Secret.selector(of: code)))
        }
    }

    func noteWrongCode() async throws(HubError) {
        let now = surroundings.now()
        // Who guesses a lot writes little.
        guard let count = refusalNotes.count("code", at: now) else { return }
        do {
            try await store.write {
                try $0.append(
                    AuditEntry(
                        at: now, actor: AuditEntry.nobody, act: .codeWrong,
                        detail: "\(count) since the last note"))
            }
        } catch {
            throw HubError(error)
        }
    }
}

extension EnrolmentCode {
    package enum State: String, Sendable {
        case open, used, expired, locked
    }

    package func state(at now: Instant, limits: Limits) -> State {
        if device != nil { return .used }
        if failures >= limits.wrongTriesOfCode { return .locked }
        return now < expiresAt ? .open : .expired
    }
}
