import RondaMerge
import RondaModel
import Testing

/// Design of issue 3, §G.
@Suite("Laws of versions")
struct VersionLawTests {
    @Test("versions grow, and no generation gives one of another's", arguments: 1...UInt64(100))
    func growing(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var (version, generation) = (UInt64(0), UInt64(0))
        for _ in 0..<50 {
            // Also the restored hub, which holds versions of older generations.
            generation += UInt64(Int.random(in: 0..<4, using: &random) / 3)
            let next = Version.next(after: version, generation: generation)
            #expect(next > version)
            #expect(Version.generation(of: next) == generation)
            #expect(next & 0xffff_ffff > 0)
            if Version.generation(of: version) == generation {
                #expect(next == version + 1)
            } else {
                #expect(next & 0xffff_ffff == 1)
            }
            version = next
        }
    }

    /// Marks as a history could have left them: versions in order of arrival, bases below.
    private func marks(seed: UInt64) -> [Mark] {
        var random = SeededGenerator(seed: seed)
        var numbers: [UInt64] = [0, 0, 0]
        var bases: [UInt64] = [0, 0, 0]
        return (1...12).map { version in
            let device = Int.random(in: 0..<3, using: &random)
            numbers[device] += 1
            bases[device] = UInt64.random(in: bases[device]..<UInt64(version), using: &random)
            return Mark(
                version: UInt64(version), number: numbers[device], stamp: .zero,
                device: RecordID(UInt64(device)), author: .zero, isOffice: false,
                base: bases[device])
        }
    }

    @Test("having seen is an order: of two writes at most one had seen the other, and so on")
    func seen() {
        for seed in 1...UInt64(40) {
            let marks = marks(seed: seed)
            for x in marks {
                #expect(!x.hasSeen(x))
                for y in marks where x.hasSeen(y) {
                    #expect(!y.hasSeen(x))
                    for z in marks where y.hasSeen(z) { #expect(x.hasSeen(z)) }
                }
            }
        }
    }

    @Test("a former version counts among bases of its own generation only")
    func former() {
        func mark(_ device: UInt64, version: UInt64, base: UInt64 = 0, former: UInt64 = 0) -> Mark {
            Mark(
                version: version, number: 1, stamp: .zero, device: RecordID(device), author: .zero,
                isOffice: false, base: base, former: former)
        }
        let first: UInt64 = 1 << 32
        let again = mark(1, version: 2 * first + 1, former: first + 4)
        #expect(mark(2, version: 9 * first, base: first + 4).hasSeen(again))
        #expect(mark(2, version: 9 * first, base: first + 9).hasSeen(again))
        #expect(!mark(2, version: 9 * first, base: first + 3).hasSeen(again))
        #expect(!mark(2, version: 9 * first, base: 9).hasSeen(again))
        #expect(!mark(2, version: 9 * first, base: 2 * first).hasSeen(again))
        #expect(mark(2, version: 9 * first, base: 2 * first + 1).hasSeen(again))
        // Without one it was not seen, whatever else the base may be.
        #expect(!mark(2, version: 9 * first, base: 5).hasSeen(mark(1, version: first + 1)))
        #expect(!mark(2, version: 9 * first).hasSeen(mark(1, version: first + 1)))
    }

    @Test("a former version is kept only where it is of a lost history")
    func kept() {
        let second: UInt64 = 1 << 32 + 7
        let cases: [(former: UInt64, generation: UInt64, kept: UInt64)] = [
            (7, 0, 0), (7, 1, 7), (second, 1, 0), (second, 2, second), (3 << 32, 2, 0),
        ]
        for (former, generation, kept) in cases {
            var hub = TestHub.withTerritories()
            hub.generation = generation
            let plan = hub.plan(
                commit(at: 0, customer(RecordID(1))), from: Person(1, .rep), former: [former, 99])
            #expect(plan.records.map { $0.record.marks.last?.former } == [kept])
        }
    }

    @Test(
        "a base above the record's version is refused; one of a lost history never",
        arguments: 0...UInt64(3))
    func bases(generation: UInt64) {
        for stored in 0...generation {
            var hub = TestHub.withTerritories()
            hub.generation = stored
            hub.accept(commit(at: 0, customer(RecordID(1))), from: Person(1, .rep))
            let version = hub.version(RecordID(1))
            hub.generation = generation
            let ahead: UInt64 = generation << 32 + 1_000_000
            let lost: UInt64 = generation == 0 ? 1 : (generation - 1) << 32 + 500
            let bases: [(UInt64, Bool)] = [
                (version, false), (version + 1, stored == generation), (ahead, true),
                ((generation + 1) << 32, true), (lost, false), (0, false),
            ]
            for (base, isFuture) in bases {
                let plan = hub.plan(
                    commit(2, at: 1, edit(RecordID(1), base: base, [FieldWrite(3, .text("a"))])),
                    from: Person(1, .rep))
                #expect(plan.verdict.refusal?.code == (isFuture ? .futureBase : nil), "\(base)")
                // A record that is not there is what is lacking, whatever the base.
                let absent = hub.plan(
                    commit(2, at: 1, edit(RecordID(5), base: base, [FieldWrite(3, .text("a"))])),
                    from: Person(1, .rep))
                #expect(absent.verdict.refusal?.code == .unknownRecord, "\(base)")
                #expect(absent.lacking == RecordID(5))
                #expect(absent.waiting(for: RecordID(5)).verdict.outcome == .waiting)
                #expect(absent.waiting(for: RecordID(5)).verdict.number == 2)
            }
        }
    }
}
