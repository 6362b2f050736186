internal import RondaModel
internal import RondaStore

/// What one look asks of a snapshot. No state of its own: the same snapshot gives the same answer.
struct LiveQuestion: Sendable {
    let wish: LiveFeed.Wish
    let entries: [UInt64: LiveFeed.Entry]
    let heads: [UInt32: UInt64]
    let epoch: UInt64?
    let heartbeatMilliseconds: Int64
    /// By the hub's clock, which ends access at the moment that was set for it.
    let now: Instant

    enum Outcome: Sendable {
        case end(LiveEnd)
        case seen(Set<RecordID>?, LiveMail)
    }

    struct Answer: Sendable {
        let heads: [UInt32: UInt64]
        let epoch: UInt64
        let outcomes: [(UInt64, Outcome)]
    }

    func answer(in store: any StoreReader, schema: Schema) throws -> Answer {
        let epoch = try store.hub().epoch
        let isRenewed = self.epoch.map { $0 != epoch } ?? false
        let all = try store.scopes()
        let moved = all.filter { heads[$0.number] != $0.seq }
        var outcomes: [(UInt64, Outcome)] = []
        for (key, entry) in entries {
            if isRenewed && !entry.isNew {
                outcomes.append((key, .end(.renewed)))
                continue
            }
            let isDue = entry.silentMilliseconds >= heartbeatMilliseconds
            let isConcerned =
                entry.isNew || isDue || wish.contains(.everyone)
                || moved.contains { entry.sees($0.id) }
            guard isConcerned else { continue }
            let login: Login
            do {
                login = try entry.credential.login(in: store, at: now)
            } catch let error as HubError where error.code == .badCredential {
                outcomes.append((key, .end(.badCredential)))
                continue
            } catch let error as HubError where error.code == .revoked {
                outcomes.append((key, .end(.revoked)))
                continue
            }
            let visible = login.account.visible(schema)
            var mail = LiveMail()
            for head in entry.isNew ? all : moved where visible?.contains(head.id) ?? true {
                mail.pokes[head.number] = head.seq
            }
            if !entry.isNew && visible != entry.visible {
                mail.hasOtherScopes = true
                mail.seen = visible.map { seen in
                    Set(all.lazy.filter { seen.contains($0.id) }.map(\.number))
                }
                for head in all
                where !entry.sees(head.id) && visible?.contains(head.id) ?? true {
                    mail.pokes[head.number] = head.seq
                }
            }
            mail.isHeartbeat = entry.isNew || (isDue && mail.isEmpty)
            outcomes.append((key, .seen(visible, mail)))
        }
        let positions = all.map { ($0.number, $0.seq) }
        return Answer(
            heads: Dictionary(positions, uniquingKeysWith: { $1 }), epoch: epoch,
            outcomes: outcomes)
    }
}

extension LiveFeed.Entry {
    func sees(_ scope: RecordID) -> Bool { visible?.contains(scope) ?? true }
}

extension LiveMail {
    static func end(_ end: LiveEnd) -> LiveMail {
        var mail = LiveMail()
        mail.end = end
        return mail
    }
}
