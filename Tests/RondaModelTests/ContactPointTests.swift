import RondaModel
import Testing

@Suite("Contact points")
struct ContactPointTests {
    @Test(
        "every way to write a phone is one contact point",
        arguments: [
            ("+52 33 1234 5678", nil, "tel:+523312345678"),
            ("33 1234-5678", "MX", "tel:+523312345678"),
            ("(33) 1234.5678", "mx", "tel:+523312345678"),
            ("0052 33 12345678", "CO", "tel:+523312345678"),
            ("+52 1 33 1234 5678", nil, "tel:+523312345678"),
            ("52 33 1234 5678", "MX", "tel:+523312345678"),
            ("044 33 1234 5678", "MX", "tel:+523312345678"),
            ("01 33 1234 5678", "MX", "tel:+523312345678"),
            ("300 555 0101", "CO", "tel:+573005550101"),
            ("+57 300 555 0101", "MX", "tel:+573005550101"),
            ("02 255 0123", "EC", "tel:+59322550123"),
            ("0351 455-0123", "AR", "tel:+543514550123"),
            ("351 455 0123", "AR", "tel:+543514550123"),
        ] as [(String, String?, String)])
    func phones(text: String, country: String?, expected: String) throws {
        #expect(try ContactPoint.phone(text, country: country) == expected)
    }

    @Test(
        "what is not a phone is refused",
        arguments: [
            ("", "MX", ContactPoint.Problem.notAPhone("")),
            ("llamar", "MX", .notAPhone("llamar")), ("+", nil, .notAPhone("+")),
            ("+12", nil, .notAPhone("+12")),
            ("+1234567890123456", nil, .notAPhone("+1234567890123456")),
            ("33 1234 5678 ext 4", "MX", .notAPhone("33 1234 5678 ext 4")),
            ("33 1234 5678", nil, .countryUnknown("33 1234 5678")),
            ("33 1234 5678", "XX", .countryUnknown("33 1234 5678")),
        ] as [(String, String?, ContactPoint.Problem)])
    func refusedPhones(text: String, country: String?, problem: ContactPoint.Problem) {
        #expect(throws: problem) { try ContactPoint.phone(text, country: country) }
    }

    @Test("an e-mail is trimmed and in lower case")
    func emails() throws {
        #expect(
            try ContactPoint.email("  Rosa.Nunez@Example.COM ") == "mailto:rosa.nunez@example.com")
        for wrong in [
            "rosa", "rosa@", "@example.com", "a@b", "a b@example.com", "a@b@c.com", "a@.com",
        ] {
            #expect(throws: ContactPoint.Problem.notAnEmail(wrong)) {
                try ContactPoint.email(wrong)
            }
        }
    }

    @Test("an e-mail with composed letters and one with decomposed ones are one contact point")
    func composedEmails() throws {
        let (composed, decomposed) = ("mu\u{f1}oz@example.com", "MUN\u{303}OZ@example.com")
        let point = try ContactPoint.email(decomposed)
        #expect(point.utf8.elementsEqual("mailto:\(composed)".utf8))
        #expect(ContactPoint.isCanonical(point))
        #expect(!ContactPoint.isCanonical("mailto:mun\u{303}oz@example.com"))
    }

    @Test("normalising what is normal changes nothing")
    func idempotence() throws {
        for (code, plan) in DiallingPlan.all {
            let number = try ContactPoint.number("2 2345 6789".filter { $0 != " " }, country: code)
            #expect(number.hasPrefix("+\(plan.code)"))
            #expect(try ContactPoint.number(number, country: code) == number)
            #expect(try ContactPoint.number(number, country: nil) == number)
        }
    }
}
