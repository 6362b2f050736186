import Foundation
import Synchronization
import Testing

/// All of it in a row: the note of what is being tried belongs to one test at a time.
@Suite("Bytes from anywhere", .serialized)
enum Fuzzing {
    /// How much longer than usual to try: `RONDA_FUZZ_ROUNDS`.
    static let rounds =
        ProcessInfo.processInfo.environment["RONDA_FUZZ_ROUNDS"].flatMap { Int($0) } ?? 1

    /// The first seed of a run: `RONDA_FUZZ_SEED`, so that long runs do not repeat one another.
    static let firstSeed =
        ProcessInfo.processInfo.environment["RONDA_FUZZ_SEED"].flatMap { UInt64($0) } ?? 1

    /// Seeds for `count` inputs, times the rounds.
    static func seeds(_ count: Int) -> Range<UInt64> {
        firstSeed..<firstSeed + UInt64(count * rounds)
    }

    static func report(_ text: String) {
        FileHandle.standardError.write(Data("fuzz: \(text)\n".utf8))
    }

    /// Tells which seed it was when the process dies of it, or does not come to an end.
    static func trying(_ target: String, _ seed: UInt64) {
        _ = handlers
        let text = Array("\nfuzz: died of \(target), seed \(seed)\n".utf8.prefix(noteSize))
        note.withMemoryRebound(to: UInt8.self, capacity: noteSize) {
            $0.update(from: text, count: text.count)
        }
        noteLength.store(text.count, ordering: .relaxed)
        alarm(180)
    }

    static func tried() { alarm(0) }

    private static let noteSize = 200
    // Not freed: a signal may come at any moment.
    nonisolated(unsafe) private static let note = UnsafeMutableRawPointer.allocate(
        byteCount: noteSize, alignment: 8)
    private static let noteLength = Atomic(0)

    private static let handlers: Void = {
        for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGALRM] {
            signal(number) { number in
                _ = write(2, Fuzzing.note, Fuzzing.noteLength.load(ordering: .relaxed))
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }()
}
