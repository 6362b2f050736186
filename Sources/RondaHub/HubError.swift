package import RondaModel

/// Why a hub does not answer a request at all. The answer to a single commit is a `Verdict`.
package struct HubError: Error, Sendable, Hashable {
    package enum Code: String, Sendable, CaseIterable {
        case badRequest, badCredential, revoked, badCode, badBundle, wrongHub, notNext, tooLarge,
            unsupported, busy, full, fault
    }
    package let code: Code
    /// English, for the log and the answer's `detail`; names places, never values.
    package let detail: String
    /// What happened to the store, when that is the reason: for who stands beside it, not for a
    /// device far away.
    package let store: StoreError?
    /// How long to wait, where somebody asked too much; 0 otherwise.
    package let waitMilliseconds: Int64

    package init(
        _ code: Code, _ detail: String = "", store: StoreError? = nil, waitMilliseconds: Int64 = 0
    ) {
        self.waitMilliseconds = waitMilliseconds
        self.code = code
        self.detail = detail
        self.store = store
    }

    package var phrase: Phrase {
        switch code {
        case .badRequest:
            Phrase(
                en:
                    "the request is not well formed; nothing was applied, your work is kept here: update "
                    + "this program, or tell the office (\(detail))",
                es:
                    "la solicitud está mal formada; no se aplicó nada, su trabajo se conserva aquí: "
                    + "actualice este programa o avise a la oficina (\(detail))")
        case .badCredential:
            Phrase(
                en: "the server does not know this device; its unsent work is kept, tell the "
                    + "office",
                es: "el servidor no conoce este equipo; su trabajo sin enviar se conserva, avise a "
                    + "la oficina")
        case .revoked:
            Phrase(
                en:
                    "this device's access has ended; its unsent work is kept, hand it to the office "
                    + "with: ronda surrender",
                es:
                    "el acceso de este equipo terminó; su trabajo sin enviar se conserva, entréguelo "
                    + "a la oficina con: ronda entregar")
        case .badCode:
            Phrase(
                en: "the code is wrong, was used or has expired; ask the office for a new one",
                es: "el código no es válido, ya se usó o venció; pida a la oficina uno nuevo")
        case .badBundle:
            Phrase(
                en:
                    "the bundle was altered, is not whole, or is of a device that the server does not "
                    + "know; nothing was applied: ask for it to be exported again, and tell the "
                    + "office if that does not help",
                es:
                    "el paquete fue alterado, no está completo o es de un equipo que el servidor no "
                    + "conoce; no se aplicó nada: pida que lo exporten de nuevo y, si no ayuda, "
                    + "avise a la oficina")
        case .wrongHub:
            Phrase(
                en: "the bundle is for another server; nothing was applied, keep it and deliver it "
                    + "there",
                es: "el paquete es para otro servidor; no se aplicó nada, consérvelo y entréguelo "
                    + "allí")
        case .notNext:
            Phrase(
                en: "what is in the bundle does not follow on what the server has of that device; "
                    + "nothing is lost, the device itself has to sync",
                es:
                    "lo que trae el paquete no sigue a lo que el servidor tiene de ese equipo; nada "
                    + "se pierde, el propio equipo debe sincronizar")
        case .tooLarge:
            Phrase(
                en: "the request is larger than the server takes; nothing was applied, tell the "
                    + "office",
                es: "la solicitud supera lo que acepta el servidor; no se aplicó nada, avise a la "
                    + "oficina")
        case .unsupported:
            Phrase(
                en: "the server does not speak the version of this program; update it",
                es: "el servidor no habla la versión de este programa; actualícelo")
        case .busy:
            Phrase(
                en: "the server is busy; it will be tried again in a moment",
                es: "el servidor está ocupado; se intentará de nuevo en un momento")
        case .full:
            Phrase(
                en: "the server's disk is full; nothing was applied, your work is kept here: tell "
                    + "the office, and sync again later",
                es: "el disco del servidor está lleno; no se aplicó nada, su trabajo se conserva "
                    + "aquí: avise a la oficina y sincronice más tarde")
        case .fault:
            Phrase(
                en: "the server failed; nothing was applied, your work is kept here: sync again "
                    + "later, and tell the office if it goes on",
                es: "el servidor falló; no se aplicó nada, su trabajo se conserva aquí: sincronice "
                    + "más tarde y avise a la oficina si continúa")
        }
    }

    package var isRetryable: Bool { code == .busy || code == .full || code == .fault }

    package init(_ error: any Error) {
        switch error {
        case let error as HubError: self = error
        case let error as StoreError:
            switch error.code {
            case .inUse: self.init(.busy, error.detail, store: error)
            case .full: self.init(.full, error.detail, store: error)
            default: self.init(.fault, error.detail, store: error)
            }
        default: self.init(.fault, "\(type(of: error))")
        }
    }
}
