/// What can go wrong in a store, on the hub or on a device, for whoever has to tell a person.
public struct StoreError: Error, Sendable, Hashable {
    public enum Code: String, Sendable {
        case notFound, alreadyThere, inUse, full, damaged, readOnly, newerFormat, failed
        /// One record or commit in the store cannot be read; the store as a whole can.
        case unreadable
    }
    public let code: Code
    /// For the log: never holds row data.
    public let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    /// Whether the same work may succeed later without anybody changing the store.
    public var isRetryable: Bool { code == .inUse || code == .full }

    /// Whose store it is: what can be done about a damaged one differs.
    package enum Owner: Sendable { case hub, device }

    /// What happened to the store at `path`, and what to do; `creator` is the command that makes one.
    package func phrase(path: String, creator: String, of owner: Owner) -> Phrase {
        switch code {
        case .notFound:
            Phrase(
                en: "there is no Ronda store at \(path); create one with: \(creator)",
                es: "no hay un almacén de Ronda en \(path); créelo con: \(creator)")
        case .alreadyThere:
            Phrase(
                en:
                    "there is already a Ronda store at \(path); nothing was changed, choose another "
                    + "directory",
                es: "ya hay un almacén de Ronda en \(path); no se cambió nada, elija otro "
                    + "directorio")
        case .inUse:
            Phrase(
                en: "the store at \(path) is in use by another process; stop it and try again",
                es: "otro proceso está usando el almacén en \(path); deténgalo e intente de nuevo")
        case .full:
            Phrase(
                en: "the disk with \(path) is full; nothing was changed, free some space",
                es: "el disco de \(path) está lleno; no se cambió nada, libere espacio")
        case .damaged:
            switch owner {
            case .hub:
                Phrase(
                    en: "the file at \(path) is damaged or is not a Ronda store; it was left as it "
                        + "is, put a backup in its place: ronda-server restore FILE --replace",
                    es: "el archivo en \(path) está dañado o no es un almacén de Ronda; se dejó "
                        + "como estaba, ponga un respaldo en su lugar: ronda-server restore "
                        + "ARCHIVO --replace")
            case .device:
                Phrase(
                    en: "the file at \(path) is damaged or is not a Ronda store; it was left as it "
                        + "is, keep it and tell the office. What the server has comes back with a "
                        + "new code in another directory: ronda login --home DIR",
                    es: "el archivo en \(path) está dañado o no es un almacén de Ronda; se dejó "
                        + "como estaba, consérvelo y avise a la oficina. Lo que tiene el servidor "
                        + "vuelve con un código nuevo en otro directorio: ronda login --home DIR")
            }
        case .unreadable:
            Phrase(
                en:
                    "a record in the store at \(path) cannot be read; nothing was changed, tell the "
                    + "office (\(detail))",
                es: "no se puede leer un registro del almacén en \(path); no se cambió nada, avise "
                    + "a la oficina (\(detail))")
        case .readOnly:
            Phrase(
                en: "\(path) cannot be read or written; check its permissions",
                es: "no se puede leer o escribir en \(path); revise los permisos")
        case .newerFormat:
            Phrase(
                en: "the store at \(path) was written by a newer Ronda; update this one",
                es: "el almacén en \(path) es de una versión más nueva de Ronda; actualice esta")
        case .failed:
            Phrase(
                en: "the store at \(path) failed; nothing was changed, try again, and tell the "
                    + "office if it goes on (\(detail))",
                es: "el almacén en \(path) falló; no se cambió nada, intente de nuevo y avise "
                    + "a la oficina si continúa (\(detail))")
        }
    }
}
