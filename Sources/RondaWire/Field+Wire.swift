package import RondaModel
package import RondaProtobuf

extension WireField {
    package init(_ number: UInt32, _ value: Value, _ table: inout IDTable) {
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
        case .ref(let id): ref = table.index(of: id)
        case .status(let option, let round):
            var status = WireStatus()
            status.option = option
            status.round = round
            self.status = status
        }
    }

    /// The value, `nil` when the message carries none.
    package func model(_ ids: IDList) throws(WireError) -> Value? {
        switch value {
        case nil: nil
        case .text(let text): .text(text)
        case .integer(let number): .integer(number)
        case .real(let number): .real(number)
        case .boolean(let flag): .boolean(flag)
        case .instant(let moment): .instant(Instant(milliseconds: moment))
        case .date(let days): .date(CivilDate(days: days))
        case .option(let number): .option(number)
        case .ref(let index): .ref(try ids.id(at: index))
        case .status(let status): .status(option: status.option, round: status.round)
        }
    }
}
