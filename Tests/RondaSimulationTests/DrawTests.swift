import RondaSimulation
import Testing

@Suite struct DrawTests {
    @Test("the same seed draws the same, another seed something else")
    func repeats() {
        func numbers(_ seed: UInt64) -> [UInt64] {
            var draw = Draw(seed: seed)
            return (0..<8).map { _ in draw.next() }
        }
        #expect(numbers(7) == numbers(7))
        #expect(numbers(7) != numbers(8))
    }
}
