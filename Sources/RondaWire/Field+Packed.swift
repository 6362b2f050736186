package import RondaModel
package import RondaProtobuf

/// Values as a store keeps them: with their ids in full, because a row stands alone.
extension PackedField {
    package init(_ number: UInt32, _ value: Value) {
        self.init()
        self.number = number
        switch value {
        case .text(let text): self.text = text
        case .integer(let number): integer = number
        case .real(let number): real = number
        case .boolean(let flag): boolean = flag
        case .instant(let moment): instant = moment.milliseconds
        case .date(let day): date = day.days
        case .option(let number): option = number
        case .ref(let id): ref = PackedId(id)
        case .status(let option, let round):
            var status = PackedStatus()
            status.option = option
            status.round = round
            self.status = status
        }
    }

    package var model: Value? {
        switch value {
        case nil: nil
        case .text(let text): .text(text)
        case .integer(let number): .integer(number)
        case .real(let number): .real(number)
        case .boolean(let flag): .boolean(flag)
        case .instant(let moment): .instant(Instant(milliseconds: moment))
        case .date(let days): .date(CivilDate(days: days))
        case .option(let number): .option(number)
        case .ref(let id): .ref(id.model)
        case .status(let status): .status(option: status.option, round: status.round)
        }
    }
}

extension PackedId {
    package init(_ id: RecordID) {
        self.init()
        high = id.high
        low = id.low
    }

    package var model: RecordID { RecordID(high: high, low: low) }
}
