internal import Foundation
internal import RondaModel
package import RondaStore

/// People who sign in with a password: the office, at its console.
extension Hub {
    package enum PasswordProblem: Error, Sendable, Hashable {
        case unknownLogin
        /// Shorter than `Password.leastCharacters`, or longer than `Password.mostBytes`.
        case badLength
    }

    package func setPassword(
        _ password: String, of login: String, by actor: String = AuditEntry.server
    ) async throws {
        guard password.count >= Password.leastCharacters,
            password.utf8.count <= Password.mostBytes
        else { throw PasswordProblem.badLength }
        let salt = (0..<2).flatMap { _ in
            withUnsafeBytes(of: surroundings.random(), Array.init)
        }
        // Outside the transaction: it takes a good part of a second.
        let hash = try await Password.hash(
            password, salt: salt, logRounds: limits.passwordLogRounds)
        let now = surroundings.now()
        try await store.write { store in
            guard let account = try store.account(login: login) else {
                throw PasswordProblem.unknownLogin
            }
            try store.put(passwordHash: hash, of: account.id, at: now)
            try store.append(
                AuditEntry(at: now, actor: actor, act: .accountPassword, subject: login))
        }
    }

    /// The account that signs in, `nil` when login and password do not fit.
    ///
    /// Wrong passwords count against the login, whether anybody has it or not, and whatever address
    /// they come from. Whoever has used up theirs waits; the password is not looked at meanwhile.
    /// - Throws: `HubError` with code `busy` and the time to wait.
    package func signIn(
        login: String, password: String
    ) async throws(HubError) -> Account? {
        let now = surroundings.now()
        // Taken before the password is looked at, so that many tries at once count as many.
        if let wait = wrongPasswords.take(login, at: now) {
            throw HubError(.busy, "too many wrong passwords", waitMilliseconds: wait)
        }
        do {
            let (account, hash) = try await store.read { store in
                let account = try store.account(login: login)
                return (account, try account.flatMap { try store.passwordHash(of: $0.id) })
            }
            // A login without password costs the same time as one with a wrong password.
            let fits = await Password.verify(
                password.utf8.count <= Password.mostBytes ? password : "",
                hash ?? Password.nobodysHash(logRounds: limits.passwordLogRounds))
            if let account, hash != nil, fits {
                wrongPasswords.giveBack(login, at: now)
                return account
            }
            // Also for a login that nobody has: how long it takes must not tell.
            if wrongPasswords.wait(login, at: now) != nil {
                try await store.write {
                    try $0.append(
                        AuditEntry(
                            at: now, actor: AuditEntry.nobody, act: .accountLock, subject: login))
                }
            }
            return nil
        } catch {
            throw HubError(error)
        }
    }
}
