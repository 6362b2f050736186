// What is told of a record of which a device wants to know no more than that it is there (SPEC §4.4).
extension EntitySchema {
    /// Whether records of this entity may be history: what a device may be told in outline. What says of
    /// others what they are (the catalogue), and customers, it always has whole.
    package var hasHistory: Bool {
        if case .customer = scope { true } else { false }
    }

    /// The number of the field that names the customers which a record is under.
    package var customerField: UInt32? {
        if case .customer(let position) = scope { fields[position].number } else { nil }
    }

    /// The latest day that a record shows, by UTC, in days since 1970; `nil` when it shows none. It is how
    /// recent a record is to people: what was imported yesterday may be years old.
    package func day(showing shown: some Sequence<Value>) -> Int32? {
        shown.lazy.compactMap { value -> Int32? in
            switch value {
            case .date(let date): date.days
            case .instant(let instant):
                Int32(clamping: Self.days(milliseconds: instant.milliseconds))
            case .text, .integer, .real, .boolean, .option, .status, .ref: nil
            }
        }.max()
    }

    /// Rounded down, before 1970 too.
    private static func days(milliseconds: Int64) -> Int64 {
        let (days, rest) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        return rest < 0 ? days - 1 : days
    }
}
