package import RondaModel

/// What somebody did as an administrator, written in the transaction that did it. Names no secret,
/// and of people nothing but their login.
package struct AuditEntry: Sendable, Hashable {
    /// Its place in the order of writing; 0 before it is written.
    package let n: Int64
    package let at: Instant
    /// The operating-system user of a command, the login of a device's owner, or `server`.
    package let actor: String
    package let act: AuditAct
    /// What it was done to: a login, the id of a device, the name of a file.
    package let subject: String
    /// English, for whoever looks back; never contents of records.
    package let detail: String

    /// Who acts when no person is known.
    package static let server = "ronda-server"
    /// Somebody who has not shown who they are.
    package static let nobody = "-"
    /// The longest text of a field, in characters: what is noted may come from outside.
    private static let mostCharacters = 200

    package init(
        n: Int64 = 0, at: Instant, actor: String, act: AuditAct, subject: String = "",
        detail: String = ""
    ) {
        self.n = n
        self.at = at
        self.actor = Self.plain(actor)
        self.act = act
        self.subject = Self.plain(subject)
        self.detail = Self.plain(detail)
    }

    /// One line, of bounded length.
    private static func plain(_ text: String) -> String {
        String(
            text.prefix(mostCharacters).map { character in
                character.unicodeScalars.contains { $0.value < 32 || $0.value == 127 }
                    ? " " : character
            })
    }
}

/// What was done. The names are stable; a later version may know more of them.
package struct AuditAct: RawRepresentable, Sendable, Hashable {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }
    private init(_ name: String) { rawValue = name }

    package static let accountAdd = AuditAct("account.add")
    package static let accountTerritories = AuditAct("account.territories")
    package static let teamChange = AuditAct("team.change")
    package static let customerMove = AuditAct("customer.move")
    package static let customerMerge = AuditAct("customer.merge")
    package static let customerSeparate = AuditAct("customer.separate")
    package static let customerApart = AuditAct("customer.apart")
    package static let customerErase = AuditAct("customer.erase")
    package static let accountPassword = AuditAct("account.password")
    package static let accountLock = AuditAct("account.lock")
    package static let codeIssue = AuditAct("code.issue")
    package static let codeCancel = AuditAct("code.cancel")
    package static let codeLock = AuditAct("code.lock")
    package static let codeWrong = AuditAct("code.wrong")
    package static let deviceEnrol = AuditAct("device.enrol")
    package static let deviceRename = AuditAct("device.rename")
    package static let deviceRevoke = AuditAct("device.revoke")
    package static let deviceExpire = AuditAct("device.expire")
    package static let deviceRestore = AuditAct("device.restore-access")
    package static let deviceHandIn = AuditAct("device.hand-in")
    package static let deviceRefuse = AuditAct("device.refuse")
    package static let deviceSurrender = AuditAct("device.surrender")
    package static let programmeAdd = AuditAct("programme.add")
    package static let importRows = AuditAct("import")
    package static let trayRetry = AuditAct("tray.retry")
    package static let trayDiscard = AuditAct("tray.discard")
    package static let trayResubmit = AuditAct("tray.resubmit")
    package static let trayOffice = AuditAct("tray.office")
    package static let recoveryClose = AuditAct("recovery.close")
    package static let purge = AuditAct("purge")
    package static let backup = AuditAct("backup")
    package static let restore = AuditAct("restore")
    package static let bundle = AuditAct("bundle.deliver")
    package static let bundleRefuse = AuditAct("bundle.refuse")
}

/// What to note when a submission of the server's own device is accepted.
package struct AuditNote: Sendable, Hashable {
    package let actor: String
    package let act: AuditAct
    package let subject: String
    package let detail: String
    /// Whether the commits that were taken are named: where there are many, and each says whom it is
    /// about.
    package let namesCommits: Bool

    package init(
        _ act: AuditAct, by actor: String, subject: String = "", detail: String = "",
        namesCommits: Bool = false
    ) {
        self.namesCommits = namesCommits
        self.actor = actor
        self.act = act
        self.subject = subject
        self.detail = detail
    }

    /// `commits` are those that were taken.
    package func entry(at now: Instant, commits: [UInt64] = []) -> AuditEntry {
        var parts = detail.isEmpty ? [] : [detail]
        if namesCommits, let first = commits.first, let last = commits.last {
            parts.append("\(commits.count) of the commits \(first) to \(last)")
        }
        return AuditEntry(
            at: now, actor: actor, act: act, subject: subject,
            detail: parts.joined(separator: ", "))
    }
}
