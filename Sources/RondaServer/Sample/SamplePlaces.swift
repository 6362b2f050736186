/// A country as far as a sample needs it.
struct SampleCountry: Sendable {
    let code: String
    let callingCode: String
    let companyForms: [String]
    /// In percent: elsewhere nearly everyone has two, in Argentina many use one.
    let twoSurnames: Int
}

/// A territory: its code is the country and the first-level region as GeoNames numbers it.
struct SampleTerritory: Sendable {
    let code: String
    let country: SampleCountry
    /// The main city first.
    let towns: [SampleTown]
    let areaCode: String
    /// Digits of a phone number after the area code.
    let subscriberDigits: Int
}

struct SampleTown: Sendable {
    let name: String
    /// Hundred-thousandths of a degree (20_67000 is 20.67°), so that no text depends on rounding.
    let latitude: Int
    let longitude: Int

    init(_ name: String, _ latitude: Int, _ longitude: Int) {
        self.name = name
        self.latitude = latitude
        self.longitude = longitude
    }
}

extension SampleCountry {
    static let mexico = SampleCountry(
        code: "MX", callingCode: "52",
        companyForms: ["S.A. de C.V.", "S. de R.L. de C.V.", "S.A.P.I. de C.V."], twoSurnames: 97)
    static let colombia = SampleCountry(
        code: "CO", callingCode: "57", companyForms: ["S.A.S.", "Ltda.", "y Cía. S. en C."],
        twoSurnames: 92)
    static let ecuador = SampleCountry(
        code: "EC", callingCode: "593", companyForms: ["Cía. Ltda.", "S.A.", "S.A.S."],
        twoSurnames: 96)
    static let argentina = SampleCountry(
        code: "AR", callingCode: "54", companyForms: ["S.R.L.", "S.A.", "S.A.S."], twoSurnames: 30)
}

extension SampleTerritory {
    static let all = [
        SampleTerritory(
            code: "MX-14", country: .mexico,
            towns: [
                SampleTown("Guadalajara", 20_67000, -103_35000),
                SampleTown("Tlaquepaque", 20_64000, -103_31000),
                SampleTown("Tonalá", 20_62000, -103_24000),
            ], areaCode: "33", subscriberDigits: 8),
        SampleTerritory(
            code: "MX-21", country: .mexico,
            towns: [
                SampleTown("Puebla", 19_04000, -98_20000),
                SampleTown("San Pedro Cholula", 19_06000, -98_31000),
                SampleTown("Atlixco", 18_91000, -98_44000),
            ], areaCode: "222", subscriberDigits: 7),
        SampleTerritory(
            code: "CO-02", country: .colombia,
            towns: [
                SampleTown("Medellín", 6_25000, -75_57000),
                SampleTown("Envigado", 6_17000, -75_58000),
                SampleTown("Itagüí", 6_18000, -75_60000),
            ], areaCode: "604", subscriberDigits: 7),
        SampleTerritory(
            code: "CO-29", country: .colombia,
            towns: [
                SampleTown("Cali", 3_43000, -76_52000),
                SampleTown("Palmira", 3_54000, -76_30000),
                SampleTown("Jamundí", 3_26000, -76_54000),
            ], areaCode: "602", subscriberDigits: 7),
        SampleTerritory(
            code: "EC-18", country: .ecuador,
            towns: [
                SampleTown("Quito", -19000, -78_49000),
                SampleTown("Sangolquí", -33000, -78_45000),
                SampleTown("Cayambe", 4000, -78_14000),
            ], areaCode: "2", subscriberDigits: 7),
        SampleTerritory(
            code: "EC-10", country: .ecuador,
            towns: [
                SampleTown("Guayaquil", -2_19000, -79_89000),
                SampleTown("Durán", -2_17000, -79_83000),
                SampleTown("Milagro", -2_13000, -79_59000),
            ], areaCode: "4", subscriberDigits: 7),
        SampleTerritory(
            code: "AR-05", country: .argentina,
            towns: [
                SampleTown("Córdoba", -31_42000, -64_18000),
                SampleTown("Villa Carlos Paz", -31_42000, -64_50000),
                SampleTown("Villa María", -32_41000, -63_24000),
            ], areaCode: "351", subscriberDigits: 7),
        SampleTerritory(
            code: "AR-21", country: .argentina,
            towns: [
                SampleTown("Rosario", -32_95000, -60_65000),
                SampleTown("Funes", -32_92000, -60_81000),
                SampleTown("Villa Constitución", -33_23000, -60_33000),
            ], areaCode: "341", subscriberDigits: 7),
    ]
}
