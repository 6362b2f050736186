internal import RondaClient
internal import RondaModel

/// A receipt, and whether it can be relied on.
enum ReceiptView {
    static func output(_ checked: CheckedReceipt, in wording: Wording) -> Output {
        let receipt = checked.receipt
        let receivedAt = Instant(milliseconds: receipt.receivedAtMilliseconds)
        let rows = [
            CardRow("hub", Phrase(en: "server", es: "servidor"), Cell(receipt.hub)),
            CardRow("device", Phrase(en: "device", es: "equipo"), Cell(receipt.device)),
            CardRow(
                "number", Phrase(en: "captures", es: "capturas"),
                Cell("1–\(receipt.number)", plain: String(receipt.number))),
            CardRow("chain", Phrase(en: "chain", es: "cadena"), Cell(receipt.chain)),
            CardRow(
                "receivedAt", Phrase(en: "received", es: "recibido"), wording.cell(receivedAt)),
            CardRow("signature", Phrase(en: "signature", es: "firma"), Cell(receipt.signature)),
            CardRow(
                "signed", Phrase(en: "signed by", es: "la firma"),
                Cell(
                    wording(words(checked.signature)), plain: checked.signature.rawValue,
                    tone: checked.signature == .valid ? .good : .alert)),
            CardRow(
                "matches", Phrase(en: "kept here", es: "guardado aquí"),
                Cell(
                    wording(words(checked.match)), plain: checked.match.rawValue,
                    tone: checked.match == .different ? .alert : .plain)),
        ]
        return Output(
            json: json(checked), blocks: [.card(rows), .sentence(verdict(checked))],
            status: checked.isValid ? .done : .otherError)
    }

    private static func words(_ signature: CheckedReceipt.Signature) -> Phrase {
        switch signature {
        case .valid: Phrase(en: "this device's server", es: "es del servidor de este equipo")
        case .invalid:
            Phrase(
                en: "NOT this device's server", es: "NO es del servidor de este equipo")
        case .unknown:
            Phrase(
                en: "not known: this device does not have the server's key",
                es: "no se sabe: este equipo no tiene la clave del servidor")
        }
    }

    private static func words(_ match: CheckedReceipt.Match) -> Phrase {
        switch match {
        case .same: Phrase(en: "the very same captures", es: "exactamente las mismas capturas")
        case .different: Phrase(en: "OTHER captures", es: "capturas DISTINTAS")
        case .notKept:
            Phrase(
                en: "not kept here, so there is nothing to compare with",
                es: "no se guardan aquí, así que no hay con qué comparar")
        case .otherDevice:
            Phrase(en: "of another device", es: "de otro equipo")
        }
    }

    private static func verdict(_ checked: CheckedReceipt) -> Phrase {
        let count = checked.receipt.number
        if checked.signature == .unknown {
            return Phrase(
                en: "It cannot be checked here: this device does not know the server's key.",
                es: "No se puede comprobar aquí: este equipo no conoce la clave del servidor.")
        }
        if checked.signature == .invalid {
            return Phrase(
                en: "Not valid: the server of this device did not sign this.",
                es: "No es válida: el servidor de este equipo no firmó esto.")
        }
        if checked.match == .different {
            return Phrase(
                en: "The server signed it, but for other captures than those kept here; tell the "
                    + "office.",
                es: "La firmó el servidor, pero por capturas distintas de las guardadas aquí; "
                    + "avise a la oficina.")
        }
        return Phrase(
            en: "Valid: the server has captures 1 to \(count).",
            es: "Válida: el servidor tiene las capturas 1 a \(count).")
    }

    /// The receipt as it is checked anywhere, and what is known of it here.
    private static func json(_ checked: CheckedReceipt) -> JSONValue {
        let receipt = checked.receipt
        return .object([
            "hub": .string(receipt.hub), "device": .string(receipt.device),
            "number": .integer(Int64(clamping: receipt.number)),
            "chain": .string(receipt.chain),
            "receivedAtMilliseconds": .integer(receipt.receivedAtMilliseconds),
            "receivedAt": .instant(Instant(milliseconds: receipt.receivedAtMilliseconds)),
            "signature": .string(receipt.signature),
            "signed": .string(checked.signature.rawValue),
            "matches": .string(checked.match.rawValue), "valid": .bool(checked.isValid),
        ])
    }
}
