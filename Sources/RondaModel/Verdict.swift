/// What became of a commit.
package enum Outcome: UInt32, Sendable {
    case accepted = 1
    /// Accepted beside concurrent writes; see `merges`.
    case merged = 2
    case handedOver = 3
    /// Kept at the hub until a record comes that it needs.
    case waiting = 4
    case refused = 5
}

/// What was decided about a refused commit.
public enum Disposition: UInt32, Sendable {
    /// Nothing yet: it lies in the tray.
    case open = 0
    /// Handed to the office.
    case office = 1
    case discarded = 2
    /// Captured again, corrected, as another commit.
    case resubmitted = 3
}

/// A field that somebody else had changed, without this device having seen it.
package struct Merge: Sendable, Hashable {
    package enum Kind: UInt32, Sendable {
        /// Nothing for a person to settle: somebody else changed another field of the record, or
        /// this one where its rule decides.
        case parallel = 1
        /// Both changed this field: both values are kept and one of them is shown.
        case conflict = 2
    }
    package let record: RecordID
    /// The field written by this commit; 0 for the record as a whole.
    package let field: UInt32
    package let kind: Kind

    package init(record: RecordID, field: UInt32, kind: Kind) {
        self.record = record
        self.field = field
        self.kind = kind
    }
}

/// A record that a commit concerns and that whoever captured it does not see any more.
package struct HandOver: Sendable, Hashable {
    package let record: RecordID
    /// How many writes became suggestions to whoever has the record now; the others stand.
    package let suggestions: Int
    /// The territory where it is now, if it is in one.
    package let movedTo: RecordID?

    package init(record: RecordID, suggestions: Int, movedTo: RecordID?) {
        self.record = record
        self.suggestions = suggestions
        self.movedTo = movedTo
    }
}

/// Why a commit was refused, and where.
package struct Refusal: Sendable, Hashable, Error {
    package let code: RefusalCode
    package let entity: EntityID?
    package let record: RecordID?
    /// The number of the field, 0 where it is the record or the commit as a whole.
    package let field: UInt32
    /// A short technical remark in English, never with personal data in it.
    package let detail: String

    package init(
        _ code: RefusalCode, entity: EntityID? = nil, record: RecordID? = nil, field: UInt32 = 0,
        detail: String = ""
    ) {
        self.code = code
        self.entity = entity
        self.record = record
        self.field = field
        self.detail = detail
    }
}

package struct Verdict: Sendable, Hashable {
    package let number: UInt64
    package let outcome: Outcome
    package let refusal: Refusal?
    package let merges: [Merge]
    package let handovers: [HandOver]
    /// The version each changed record got, in the order of the commit's changes.
    package var versions: [UInt64]
    /// The capture stamp lay too far ahead, or before there was a Ronda; the hub ordered the commit
    /// by its time of arrival.
    package let clockSuspect: Bool
    /// The record that a waiting commit lacks.
    package let waitsFor: RecordID?
    /// What was decided about a refused commit.
    package var disposition: Disposition

    package init(
        number: UInt64, outcome: Outcome, refusal: Refusal? = nil, merges: [Merge] = [],
        handovers: [HandOver] = [], versions: [UInt64] = [], clockSuspect: Bool = false,
        waitsFor: RecordID? = nil,
        disposition: Disposition = .open
    ) {
        self.number = number
        self.outcome = outcome
        self.refusal = refusal
        self.merges = merges
        self.handovers = handovers
        self.versions = versions
        self.clockSuspect = clockSuspect
        self.waitsFor = waitsFor
        self.disposition = disposition
    }

    package static func waiting(_ number: UInt64, for record: RecordID) -> Verdict {
        Verdict(number: number, outcome: .waiting, waitsFor: record)
    }

    package static func refused(_ number: UInt64, _ refusal: Refusal) -> Verdict {
        Verdict(number: number, outcome: .refused, refusal: refusal)
    }
}

/// What a device does about a refusal.
package enum Remedy: String, Sendable {
    case wait, upgrade, reidentify, resync, tellUser, fixCommit
}

/// The closed list of reasons for refusing a commit (SPEC §6.2). Numbers are stable.
public enum RefusalCode: UInt32, Sendable, CaseIterable, Error {
    case malformed = 1
    case unknownEntity = 2
    case unknownField = 3
    case wrongType = 4
    case tooLong = 5
    case outOfRange = 6
    case unknownOption = 7
    case requiredField = 8
    case wrongDerivedID = 9
    case fixedValue = 10
    case futureBase = 11
    case unknownRecord = 12
    case unknownParent = 13
    case notPermitted = 14
    case tooLarge = 15
    case erased = 16
    case schemaTooNew = 17
    case internalFault = 18
    /// Offered after the device's access had ended: kept for the office, not applied.
    case revoked = 19

    /// The stable name used in JSON.
    public var name: String { "\(self)" }

    package var remedy: Remedy {
        switch self {
        case .malformed, .wrongType, .tooLong, .outOfRange, .unknownOption, .requiredField,
            .wrongDerivedID, .fixedValue, .unknownRecord, .unknownParent, .tooLarge:
            .fixCommit
        case .unknownEntity, .unknownField, .schemaTooNew: .upgrade
        case .futureBase: .resync
        case .notPermitted, .erased, .revoked: .tellUser
        case .internalFault: .wait
        }
    }

    package var isRetryable: Bool {
        switch remedy {
        case .wait, .upgrade, .resync: true
        case .reidentify, .tellUser, .fixCommit: false
        }
    }

    /// What is wrong and what to do next.
    public var phrase: Phrase {
        switch self {
        case .malformed:
            Phrase(
                en: "the change is not well formed; correct it and capture it again",
                es: "el cambio está mal formado; corríjalo y captúrelo de nuevo")
        case .unknownEntity:
            Phrase(
                en:
                    "the server does not know this kind of record; update the server or this device",
                es:
                    "el servidor no conoce este tipo de registro; actualice el servidor o este equipo"
            )
        case .unknownField:
            Phrase(
                en: "the server does not know this field; update the server or this device",
                es: "el servidor no conoce este campo; actualice el servidor o este equipo")
        case .wrongType:
            Phrase(
                en: "the value is of the wrong type for this field; write it again",
                es: "el valor no es del tipo de este campo; escríbalo de nuevo")
        case .tooLong:
            Phrase(
                en: "the text is longer than this field holds; shorten it",
                es: "el texto es más largo de lo que cabe en este campo; acórtelo")
        case .outOfRange:
            Phrase(
                en: "the value is outside what this field allows; correct it",
                es: "el valor está fuera de lo que permite este campo; corríjalo")
        case .unknownOption:
            Phrase(
                en: "that is not one of the choices of this field; choose again",
                es: "esa no es una de las opciones de este campo; elija de nuevo")
        case .requiredField:
            Phrase(
                en: "a required field is missing; fill it in",
                es: "falta un campo obligatorio; complételo")
        case .wrongDerivedID:
            Phrase(
                en: "the record's id does not follow from its key fields; capture it again",
                es: "el identificador no corresponde a los campos clave; captúrelo de nuevo")
        case .fixedValue:
            Phrase(
                en: "this field was already set and cannot change; record a new fact instead",
                es: "este campo ya quedó fijado y no puede cambiar; registre un hecho nuevo")
        case .futureBase:
            Phrase(
                en: "the device claims a state the server never had; sync again",
                es: "el equipo dice conocer un estado que el servidor no tuvo; sincronice de nuevo")
        case .unknownRecord:
            Phrase(
                en: "the record is not known to the server or not visible to you; look it up again",
                es: "el servidor no conoce el registro o usted no lo ve; búsquelo de nuevo")
        case .unknownParent:
            Phrase(
                en: "it belongs to a record the server does not have or you cannot see; "
                    + "correct that one first",
                es: "pertenece a un registro que el servidor no tiene o que usted no ve; "
                    + "corrija primero ese")
        case .notPermitted:
            Phrase(
                en: "your role may not change this; ask the office to do it",
                es: "su función no puede cambiar esto; pida a la oficina que lo haga")
        case .tooLarge:
            Phrase(
                en: "more than one capture may hold; shorten it or split it",
                es: "más de lo que cabe en una captura; acórtela o divídala")
        case .erased:
            Phrase(
                en:
                    "the person asked for erasure, so nothing more can be recorded about them; what "
                    + "it says of others is still here and can be captured again, else discard it",
                es:
                    "la persona pidió la supresión de sus datos, así que no se puede registrar nada "
                    + "más sobre ella; lo que dice de otros sigue aquí y se puede capturar de nuevo, "
                    + "si no, descártelo")
        case .schemaTooNew:
            Phrase(
                en:
                    "captured with a newer version than the server's; it is kept in the tray, capture "
                    + "it again once the server is updated",
                es: "capturado con una versión más nueva que la del servidor; queda en la bandeja, "
                    + "captúrelo de nuevo cuando el servidor se actualice")
        case .internalFault:
            Phrase(
                en: "the server failed on this change; it is kept in the tray, tell the office",
                es: "el servidor falló con este cambio; queda en la bandeja, avise a la oficina")
        case .revoked:
            Phrase(
                en: "handed in after this device's access had ended; the office has it and decides",
                es: "entregado cuando el acceso de este equipo ya había terminado; la oficina lo "
                    + "tiene y decide")
        }
    }
}
