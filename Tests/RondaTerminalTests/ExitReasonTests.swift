import RondaClient
import RondaModel
import Testing

@testable import RondaTerminal

@Suite("Exit codes")
struct ExitReasonTests {
    @Test("the numbers are the documented ones")
    func numbers() {
        #expect(ExitReason.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 130])
        for status in ExitReason.allCases {
            #expect(ExitReason.help.contains("\n  \(status.rawValue) "))
            #expect(!status.meaning.en.isEmpty && status.meaning.en != status.meaning.es)
        }
    }

    @Test(
        "each failure of the client has its exit code",
        arguments: [
            (ClientError.Code.notLoggedIn, nil, ExitReason.notPermitted),
            (.unknownRecord, nil, .notFound), (.refused, nil, .refusedByRule),
            (.offline, nil, .offline), (.server, "badCredential", .notPermitted),
            (.server, "badCode", .notPermitted), (.server, "fork", .notPermitted),
            (.server, "busy", .offline), (.server, nil, .otherError),
            (.alreadySyncing, nil, .store), (.store, nil, .store), (.cancelled, nil, .interrupted),
            (.serverBehind, nil, .otherError), (.alreadyLoggedIn, nil, .otherError),
        ] as [(ClientError.Code, String?, ExitReason)])
    func mapping(code: ClientError.Code, serverCode: String?, status: ExitReason) {
        let error = ClientError(code, Phrase(en: "a", es: "b"), serverCode: serverCode)
        #expect(TerminalError(error).status == status)
        #expect(TerminalError(error).code == code.rawValue)
    }
}
