/// Addresses as each country writes them: with commas, signs and cross streets.
enum SampleStreet {
    static func address(
        in country: SampleCountry, using generator: inout SplitMix64
    ) -> String {
        switch country.code {
        case SampleCountry.colombia.code: colombian(using: &generator)
        case SampleCountry.ecuador.code: ecuadorian(using: &generator)
        case SampleCountry.argentina.code: argentine(using: &generator)
        default: mexican(using: &generator)
        }
    }

    private static func mexican(using generator: inout SplitMix64) -> String {
        let kind = generator.element(of: ["Av.", "Calle", "Calz.", "Privada"])
        let street = generator.element(of: SampleNames.streets)
        let number = generator.number(in: 10...2_900)
        let inside = generator.chance(25) ? " Int. \(generator.number(in: 1...40))" : ""
        let colony = generator.element(of: SampleNames.neighbourhoods)
        return "\(kind) \(street) \(number)\(inside), Col. \(colony)"
    }

    /// A grid: the street, then the cross street and the distance to it.
    private static func colombian(using generator: inout SplitMix64) -> String {
        let kind = generator.element(of: ["Calle", "Carrera", "Diagonal", "Transversal"])
        let letter = generator.element(of: ["", "", "", "A", "B", " Sur"])
        let street = "\(kind) \(generator.number(in: 1...120))\(letter)"
        let plate = "# \(generator.number(in: 1...90))-\(generator.number(in: 10...99))"
        let flat = generator.chance(30) ? ", Apto. \(generator.number(in: 101...1_204))" : ""
        return "\(street) \(plate)\(flat)"
    }

    private static func ecuadorian(using generator: inout SplitMix64) -> String {
        let kind = generator.element(of: ["Av.", "Calle", "Pasaje"])
        let street = generator.element(of: SampleNames.streets)
        let cross = generator.element(of: SampleNames.streets.filter { $0 != street })
        let zone = generator.element(of: ["N", "S", "E", "Oe"])
        let plate = "\(zone)\(generator.number(in: 1...60))-\(generator.number(in: 10...299))"
        return "\(kind) \(street) \(plate) y \(cross)"
    }

    private static func argentine(using generator: inout SplitMix64) -> String {
        let kind = generator.element(of: ["Av.", "Bv.", "Calle", "Pje."])
        let street = generator.element(of: SampleNames.streets)
        let number = generator.number(in: 50...6_900)
        guard generator.chance(30) else { return "\(kind) \(street) N° \(number)" }
        let floor = generator.number(in: 1...14)
        let flat = generator.element(of: ["A", "B", "C", "D"])
        return "\(kind) \(street) N° \(number), piso \(floor), dpto. \(flat)"
    }
}
