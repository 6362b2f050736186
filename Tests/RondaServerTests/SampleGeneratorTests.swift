import RondaModel
import RondaServer
import Testing

/// 2026-06-30.
private let today: Int32 = 20_634

private struct Sample {
    let files: SampleFiles
    let territories: ParsedFile<TerritoryRow>
    let customers: ParsedFile<CustomerRow>
    let purchases: ParsedFile<PurchaseRow>

    init(seed: UInt64 = 1, customers: Int = SampleGenerator.defaultCustomers) throws {
        var generator = SplitMix64(seed: seed)
        files = SampleGenerator.files(customers: customers, today: today, using: &generator)
        territories = try TerritoryFile.parse(
            bytes: Array(files.territories.utf8), fileName: "territories.csv")
        self.customers = try CustomerFile.parse(
            bytes: Array(files.customers.utf8), fileName: "customers.csv", today: today)
        purchases = try PurchaseFile.parse(
            bytes: Array(files.purchases.utf8), fileName: "purchases.csv", today: today)
    }
}

@Suite("The sample data")
struct SampleGeneratorTests {
    @Test(
        "an import takes all of it",
        arguments: [(UInt64(1), 400), (2, 400), (3, 0), (4, 1), (5, 2_000)])
    func isImportable(seed: UInt64, customers: Int) throws {
        let sample = try Sample(seed: seed, customers: customers)
        #expect(sample.territories.refusals == [] && sample.territories.notes == [])
        #expect(sample.customers.refusals == [] && sample.customers.notes == [])
        #expect(sample.purchases.refusals == [] && sample.purchases.notes == [])
        #expect(sample.territories.rows.count == 8)
        #expect(sample.customers.rows.count == customers)
    }

    @Test("the same seed gives the same bytes, another seed gives others")
    func isDeterministic() throws {
        #expect(try Sample(seed: 7).files == Sample(seed: 7).files)
        let (one, other) = (try Sample(seed: 7).files, try Sample(seed: 8).files)
        #expect(one.customers != other.customers)
        #expect(one.purchases != other.purchases)
    }

    @Test("the draw is the published SplitMix64")
    func reference() {
        // https://rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64
        var generator = SplitMix64(seed: 1_234_567)
        #expect(
            (0..<5).map { _ in generator.next() } == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
            ])
    }

    @Test("the columns are those of the real files, in their order")
    func columns() throws {
        let files = try Sample(customers: 1).files
        let headers = [files.territories, files.customers, files.purchases].map { text in
            text.prefix { $0 != "\n" }
        }
        #expect(
            headers == [
                "code,country,main_city",
                """
                code,kind,name,contact,phone,email,street,city,latitude,longitude,country,\
                territory,since,consent_marketing
                """,
                "customer,date,units,amount",
            ])
    }

    @Test("every customer is in a territory of its country, and every territory has customers")
    func territories() throws {
        let sample = try Sample()
        let countries = Dictionary(
            uniqueKeysWithValues: sample.territories.rows.map { ($0.code, $0.country) })
        for country in ["MX", "CO", "EC", "AR"] {
            #expect(countries.values.count { $0 == country } == 2)
        }
        for customer in sample.customers.rows {
            #expect(countries[customer.territory] == customer.country)
            #expect(customer.territory.hasPrefix(customer.country + "-"))
        }
        #expect(Set(sample.customers.rows.map(\.territory)) == Set(countries.keys))
    }

    @Test("purchases belong to customers and lie in the 400 days before today, about 3 for each")
    func purchases() throws {
        let sample = try Sample()
        let since = Dictionary(
            uniqueKeysWithValues: sample.customers.rows.map { ($0.code, $0.since) })
        for purchase in sample.purchases.rows {
            let first = try #require(since[purchase.customer])
            #expect(purchase.date >= first)
            #expect((today - 400...today - 1).contains(purchase.date))
            #expect(purchase.units > 0 && purchase.amountHundredths > 0)
        }
        #expect((1_000...1_400).contains(sample.purchases.rows.count))
        #expect(Set(sample.purchases.rows.map(\.customer)).count < sample.customers.rows.count)
    }

    @Test("nobody can be reached: e-mails at example domains, phones that no one has")
    func nobodyIsReached() throws {
        let beginnings = [
            "MX-14": "+52330", "MX-21": "+522220", "CO-02": "+576040", "CO-29": "+576020",
            "EC-18": "+59320", "EC-10": "+59340", "AR-05": "+543510", "AR-21": "+543410",
        ]
        let lengths = ["MX": 12, "CO": 12, "EC": 11, "AR": 12]
        for customer in try Sample().customers.rows {
            let phone = try #require(customer.phone)
            #expect(phone.hasPrefix(try #require(beginnings[customer.territory])))
            #expect(phone.dropFirst().count == lengths[customer.country])
            #expect(phone.dropFirst().allSatisfy { $0.isASCII && $0.isNumber })
            if let email = customer.email {
                #expect(email.hasSuffix("@example.com") || email.hasSuffix("@example.org"))
                #expect(email.allSatisfy { $0.isASCII && !$0.isUppercase })
            }
        }
    }

    @Test("places are near the main city of their territory")
    func places() throws {
        /// Whole degrees, well around the territory's three towns.
        let boxes: [String: (latitude: ClosedRange<Double>, longitude: ClosedRange<Double>)] = [
            "MX-14": (20...21, -104...(-103)), "MX-21": (18...20, -99...(-98)),
            "CO-02": (6...7, -76...(-75)), "CO-29": (3...4, -77...(-76)),
            "EC-18": (-1...1, -79...(-78)), "EC-10": (-3...(-2), -80...(-79)),
            "AR-05": (-33...(-31), -65...(-63)), "AR-21": (-34...(-32), -61...(-60)),
        ]
        for customer in try Sample().customers.rows {
            let box = try #require(boxes[customer.territory])
            #expect(box.latitude.contains(try #require(customer.latitude)))
            #expect(box.longitude.contains(try #require(customer.longitude)))
        }
    }

    @Test("it holds what makes real data hard")
    func isVaried() throws {
        let sample = try Sample()
        let rows = sample.customers.rows
        let names = rows.map(\.name)
        for part in ["ñ", "á", "ü", " de la ", " de los ", " del ", "\"", "S.A. de C.V.", "S.A.S."]
        {
            #expect(names.contains { $0.contains(part) }, "\(part)")
        }
        #expect(rows.contains { $0.kind == .company && $0.contact != $0.name })
        #expect(rows.contains { $0.kind == .person && $0.contact == $0.name })
        #expect(rows.contains { $0.street?.contains(",") == true })
        #expect(rows.contains { $0.street?.contains(" # ") == true })
        #expect(rows.contains { $0.email == nil })
        for consent in [true, false, nil] {
            #expect(rows.contains { $0.consentMarketing == consent })
        }
        #expect(
            rows.contains { $0.since < today - 400 } && rows.contains { $0.since > today - 400 })
        #expect(Set(names).count > rows.count * 9 / 10)
    }
}
