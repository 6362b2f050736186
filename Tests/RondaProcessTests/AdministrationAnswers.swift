/// The documents of `ronda-server --json` that tests read.
struct BackupAnswer: Decodable {
    let records: Int
    let commits: Int
    let devices: Int
}

struct RestoreAnswer: Decodable {
    let records: Int
    let generation: UInt64
    let expected: Int
    let replaced: String?
    let accessEnded: Int?
    let cancelledCodes: Int
}

struct VerifyAnswer: Decodable {
    let whole: Bool
    let problems: [String]
}

struct RecoveryAnswer: Decodable {
    struct Line: Decodable {
        let account: String
    }
    let recovering: Bool
    let generation: UInt64
    let waiting: Int
    let devices: [Line]
    let refused: Int?
}

struct DevicesAnswer: Decodable {
    struct Line: Decodable {
        let device: String
        let account: String
        let lastCommit: UInt64
        let covered: UInt64
        let queued: UInt32
        let isReconciled: Bool
    }
    struct Territory: Decodable {
        let territory: String
        let completeTo: String?
    }
    let generation: UInt64
    let recovering: Bool
    let waiting: Int
    let incidents: Int
    let devices: [Line]
    let territories: [Territory]
}

struct OfficeTrayAnswer: Decodable {
    struct Record: Decodable {
        struct Field: Decodable {
            let name: String
            let captured: String
            let now: String
        }
        let entity: String
        let record: String
        let fields: [Field]
    }
    let device: String
    let number: UInt64
    let code: String
    let field: String?
    let disposition: String
    let waiting: Int
    let contents: [String]
    let records: [Record]?
}

struct PurgeAnswer: Decodable {
    let purged: Int
}

struct ReceiptAnswer: Decodable {
    let signed: Bool
    let journal: String
}
