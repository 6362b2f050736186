internal import RondaModel

extension ContactPoint.Problem {
    var error: TerminalError {
        switch self {
        case .notAPhone(let text):
            .usage(
                en: "“\(text)” is not a phone number; write it with + and the country's code",
                es: "«\(text)» no es un teléfono; escríbalo con + y el código del país")
        case .countryUnknown(let text):
            .usage(
                en: "the customer's country is not known; write “\(text)” with + and its code",
                es: "no se conoce el país del cliente; escriba «\(text)» con + y su código")
        case .notAnEmail(let text):
            .usage(
                en: "“\(text)” is not an e-mail address",
                es: "«\(text)» no es un correo electrónico")
        }
    }
}
