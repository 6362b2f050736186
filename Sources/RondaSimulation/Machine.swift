internal import GRDB
internal import RondaClient
internal import RondaModel

/// A device of the world: its store, its clock, and what the checkers know of it.
final class Machine {
    let name: String
    /// Its place in `Template.people`.
    let person: Int
    let clock: Clock
    let source: Source
    let captures: Counter
    var store: LocalStore
    var isLoggedIn = false
    var isLost = false
    /// The code it was given, until it has worked.
    var code: String?
    /// What this store, and the stores it is a copy of, captured: no less must exist.
    var expected: Set<Tag> = []
    var kept: Kept?

    struct Kept {
        let store: LocalStore
        let expected: Set<Tag>
        let isLoggedIn: Bool
        let code: String?
    }

    init(
        name: String, person: Int, clock: Clock, source: Source, captures: Counter,
        store: LocalStore
    ) throws {
        self.name = name
        self.person = person
        self.clock = clock
        self.source = source
        self.captures = captures
        self.store = try store.reopened(surroundings: clock.surroundings(source, captures))
    }

    var surroundings: DeviceSurroundings { clock.surroundings(source, captures) }

    /// Whether it belongs to nobody yet, or the hub does not know it any more.
    var needsCode: Bool {
        get throws {
            try store.withWriter { database in
                let facts = try String.fetchAll(
                    database, sql: "SELECT name FROM fact WHERE name IN ('device', 'isUnknown')")
                return facts != ["device"]
            }
        }
    }

    func keepCopy() throws {
        kept = Kept(
            store: try LocalStore.inMemory(
                surroundings: surroundings, limits: World.limits, content: store),
            expected: expected, isLoggedIn: isLoggedIn, code: code)
    }

    /// - Returns: false when there is no copy.
    func rollBack() throws -> Bool {
        guard let kept else { return false }
        store = try LocalStore.inMemory(
            surroundings: surroundings, limits: World.limits, content: kept.store)
        expected = kept.expected
        isLoggedIn = kept.isLoggedIn
        code = kept.code
        return true
    }

    /// Runs `body` as a process that dies after so many writes, if it gets so far.
    /// - Returns: whether it died.
    func run(dies: Int?, _ body: () async -> Void) async throws -> Bool {
        guard let dies else {
            await body()
            return false
        }
        let fuse = Fuse(after: dies)
        store.withWriter { fuse.arm($0) }
        await body()
        store.withWriter { fuse.takeOut($0) }
        if fuse.isBlown { store = try store.reopened(surroundings: surroundings) }
        return fuse.isBlown
    }
}
