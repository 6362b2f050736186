internal import RondaModel

/// A small invented business in the three CSV files an import takes.
package struct SampleFiles: Sendable, Hashable {
    package let territories: String
    package let customers: String
    package let purchases: String
}

/// Makes sample data: the same generator, day and size give the same bytes on every machine.
///
/// Nobody is in it. Names are drawn from lists, e-mail addresses are at example.com and example.org
/// (RFC 2606), and every phone number has a zero after its area code: no subscriber's number begins
/// so in the four countries, so none of them can be somebody's.
package enum SampleGenerator {
    package static let defaultCustomers = 400

    /// How far back purchases go.
    static let purchaseDays = 400
    /// The longest a customer has been one.
    static let customerDays = 1_500

    /// - Parameters:
    ///   - customers: spread evenly over eight territories.
    ///   - today: days since 1970-01-01; everything in the sample happened before it.
    package static func files(
        customers: Int = defaultCustomers, today: Int32, using generator: inout SplitMix64
    ) -> SampleFiles {
        let width = max(4, String(customers).count)
        var customerLines = [CustomerFile.Column.allCases.map(\.rawValue)]
        var purchaseLines = [PurchaseFile.Column.allCases.map(\.rawValue)]
        for index in 0..<max(0, customers) {
            let digits = String(index + 1)
            let code = "C" + String(repeating: "0", count: width - digits.count) + digits
            let territory = SampleTerritory.all[index % SampleTerritory.all.count]
            let since = today - Int32(generator.number(in: 1...customerDays))
            customerLines.append(
                customer(code: code, in: territory, since: since, using: &generator))
            purchaseLines += purchases(of: code, since: since, today: today, using: &generator)
        }
        return SampleFiles(
            territories: csv(territoryLines()), customers: csv(customerLines),
            purchases: csv(purchaseLines))
    }

    private static func territoryLines() -> [[String]] {
        [TerritoryFile.Column.allCases.map(\.rawValue)]
            + SampleTerritory.all.map { territory in
                [territory.code, territory.country.code, territory.towns.first?.name ?? ""]
            }
    }

    // MARK: - Customers

    private static func customer(
        code: String, in territory: SampleTerritory, since: Int32,
        using generator: inout SplitMix64
    ) -> [String] {
        let isCompany = generator.chance(25)
        let contact = personName(in: territory.country, using: &generator)
        let name = isCompany ? companyName(in: territory.country, using: &generator) : contact
        let mainCity = territory.towns.prefix(generator.chance(60) ? 1 : territory.towns.count)
        let town = generator.element(of: Array(mainCity))
        let values: [CustomerFile.Column: String] = [
            .code: code,
            .kind: (isCompany ? CustomerRow.Kind.company : .person).rawValue,
            .name: name,
            .contact: contact,
            .phone: phone(in: territory, using: &generator),
            .email: generator.chance(70) ? email(of: contact, using: &generator) : "",
            .street: SampleStreet.address(in: territory.country, using: &generator),
            .city: town.name,
            .latitude: degrees(town.latitude + generator.number(in: -2_500...2_500)),
            .longitude: degrees(town.longitude + generator.number(in: -2_500...2_500)),
            .country: territory.country.code,
            .territory: territory.code,
            .since: CivilDate(days: since).description,
            .consentMarketing: generator.element(of: ["yes", "yes", "no", ""]),
        ]
        return CustomerFile.Column.allCases.map { values[$0] ?? "" }
    }

    private static func personName(
        in country: SampleCountry, using generator: inout SplitMix64
    ) -> String {
        let given = generator.element(of: SampleNames.givenNames)
        var parts = [generator.element(of: given.first)]
        if generator.chance(40) { parts.append(generator.element(of: given.second)) }
        parts.append(generator.element(of: SampleNames.surnames))
        if generator.chance(country.twoSurnames) {
            parts.append(generator.element(of: SampleNames.surnames))
        }
        return parts.joined(separator: " ")
    }

    private static func companyName(
        in country: SampleCountry, using generator: inout SplitMix64
    ) -> String {
        let trade = generator.element(of: SampleNames.trades)
        let name = generator.element(of: SampleNames.tradeNames)
        return "\(trade) \(name) \(generator.element(of: country.companyForms))"
    }

    private static func phone(
        in territory: SampleTerritory, using generator: inout SplitMix64
    ) -> String {
        "+" + territory.country.callingCode + territory.areaCode + "0"
            + generator.digits(territory.subscriberDigits - 1)
    }

    private static func email(of name: String, using generator: inout SplitMix64) -> String {
        let words = name.lowercased().split(separator: " ").map { $0.map(unaccented).joined() }
        let domain = generator.element(of: ["example.com", "example.org"])
        return "\(words.joined(separator: "."))@\(domain)"
    }

    /// Enough for the lists above; anything else would not be ASCII, which a test looks for.
    private static func unaccented(_ letter: Character) -> String {
        switch letter {
        case "á": "a"
        case "é": "e"
        case "í": "i"
        case "ó": "o"
        case "ú", "ü": "u"
        case "ñ": "n"
        default: String(letter)
        }
    }

    /// Five decimals from hundred-thousandths.
    private static func degrees(_ hundredThousandths: Int) -> String {
        let (whole, fraction) = abs(hundredThousandths).quotientAndRemainder(dividingBy: 100_000)
        let digits = String(fraction)
        let sign = hundredThousandths < 0 ? "-" : ""
        return "\(sign)\(whole)." + String(repeating: "0", count: 5 - digits.count) + digits
    }

    // MARK: - Purchases

    /// About three on average: a few customers buy often, most now and then, some not at all.
    private static let purchaseCounts = [0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 5, 6, 8, 9]

    private static func purchases(
        of customer: String, since: Int32, today: Int32, using generator: inout SplitMix64
    ) -> [[String]] {
        let longest = min(purchaseDays, Int(today - since))
        var days: [Int32] = []
        for _ in 0..<generator.element(of: purchaseCounts) {
            // Now and then two on one day: an import must keep both.
            if let last = days.last, generator.chance(6) {
                days.append(last)
            } else {
                days.append(today - Int32(generator.number(in: 1...longest)))
            }
        }
        return days.sorted().map { day in
            let units = generator.number(in: 1...12)
            let hundredths = units * generator.number(in: 450...9_500)
            let cents = String(hundredths % 100)
            return [
                customer, CivilDate(days: day).description, String(units),
                "\(hundredths / 100)." + String(repeating: "0", count: 2 - cents.count) + cents,
            ]
        }
    }

    // MARK: - CSV

    private static func csv(_ lines: [[String]]) -> String {
        lines.map { $0.map(quoted).joined(separator: ",") + "\n" }.joined()
    }

    private static func quoted(_ value: String) -> String {
        guard value.utf8.contains(where: { "\",\n\r".utf8.contains($0) }) else { return value }
        return "\""
            + value.split(separator: "\"", omittingEmptySubsequences: false)
            .joined(separator: "\"\"") + "\""
    }
}
