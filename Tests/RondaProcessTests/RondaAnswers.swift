/// The documents of `ronda --json` that tests read.
struct SavedAnswer: Decodable {
    let id: String
    let pending: Int
}

struct SyncAnswer: Decodable {
    let accepted: Int
    let refused: Int
    let pending: Int
    let complete: Bool
}

struct StatusAnswer: Decodable {
    let pending: Int
    let accepted: Int
    let refused: Int
}

struct ErrorAnswer: Decodable {
    struct Body: Decodable {
        let code: String
        let en: String
        let es: String
    }
    let error: Body
}
