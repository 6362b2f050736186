internal import RondaClient
internal import RondaMethod
internal import RondaModel
internal import RondaScreen

/// Reads what the screen shows: the same pages as the commands, in rows and lines.
struct ScreenPages: Sendable {
    let session: Session
    private var wording: Wording { session.wording }

    /// The most customers listed at a time; more words find the others.
    static let mostCustomers = 200

    /// A row's id names the kind of record and the record.
    struct RowID {
        enum Kind: String { case visit, promise, followUp, customer, serviceCase, conflict }
        let kind: Kind
        let record: String

        init(_ kind: Kind, _ record: String) {
            (self.kind, self.record) = (kind, record)
        }

        init?(_ text: String) {
            let parts = text.split(separator: ":", maxSplits: 1).map { String($0) }
            guard parts.count == 2, let kind = Kind(rawValue: parts[0]) else { return nil }
            self.init(kind, parts[1])
        }

        var text: String { "\(kind.rawValue):\(record)" }
    }

    // MARK: Rows

    func rows(
        _ panel: Panel, query: String, _ reader: LocalReader
    ) throws -> (rows: [PanelRow], isCut: Bool) {
        switch panel {
        case .agenda: return (agenda(try Today.load(wording, from: reader)), false)
        case .customers:
            let names = try Names(reader)
            let found = try reader.search(Customer.self, query, limit: Self.mostCustomers + 1)
            let rows = try found.prefix(Self.mostCustomers).map { customer in
                let name = try names.customer(customer)
                let city = customer.city.map { ", \($0)" } ?? ""
                return row(.customer, customer.id, "\(name.name) (\(name.handle)\(city))", name)
            }
            return (rows, found.count > Self.mostCustomers)
        case .promises:
            let names = try Names(reader)
            let now = wording.local(wording.now)
            let open = try names.promises()
                .filter { $0.state(at: now, heardUntil: nil).isUnsettled }
            return (
                PromiseRow.ordered(try open.map { try names.row($0, at: now) }).map(promise), false
            )
        case .cases:
            let names = try Names(reader)
            let open = try names.cases().filter { !$0.state.isOver }.map { try names.row($0) }
            return (CaseRow.ordered(open).map(serviceCase), false)
        case .conflicts: return (try Names(reader).conflictItems().map(conflict), false)
        }
    }

    private func row(
        _ kind: RowID.Kind, _ id: RecordID, _ text: String, _ customer: CustomerName,
        _ style: Style = .plain
    ) -> PanelRow {
        PanelRow(
            id: RowID(kind, id.description).text, text: text, style: style,
            customer: customer.id == .zero ? nil : customer.id.description, name: customer.name)
    }

    private func clock(_ instant: Instant?) -> String {
        instant.map { String(LocalTime.clock($0, in: wording.zone).prefix(5)) } ?? "     "
    }

    private func agenda(_ today: Today) -> [PanelRow] {
        let visits = today.visits.map { visit in
            row(
                .visit, visit.visit.id, "\(clock(visit.visit.at)) \(visit.customer.name)",
                visit.customer)
        }
        let followUps = today.followUps.map { item in
            let what = item.followUp.rule.map { wording($0.label) } ?? ""
            return row(
                .followUp, item.followUp.id, "\(what): \(item.customer.name)", item.customer)
        }
        return visits + today.promises.map(promise) + followUps
    }

    private func promise(_ promise: PromiseRow) -> PanelRow {
        let state = promise.state.cell(in: wording)
        let isLate = state.tone == .alert
        let day = LocalTime.civil(promise.dueAt, in: wording.zone).day
        let isToday = day == LocalTime.civil(wording.now, in: wording.zone).day
        let when = isToday ? clock(promise.dueAt) : wording(wording.day(day))
        return row(
            .promise, promise.promise.id,
            "\(isLate ? "! \(state.text) " : "")\(when) \(promise.promise.words ?? ""), "
                + promise.customer.name,
            promise.customer, isLate ? .alert : .plain)
    }

    private func serviceCase(_ serviceCase: CaseRow) -> PanelRow {
        row(
            .serviceCase, serviceCase.record.id,
            "\(serviceCase.customer.name): \(wording(serviceCase.history.state.label))",
            serviceCase.customer)
    }

    private func conflict(_ item: ConflictItem) -> PanelRow {
        switch item {
        case .field(let row):
            PanelRow(
                id: RowID(.conflict, "\(row.handle).\(row.conflict.fieldName)").text,
                text: "\(row.title): \(wording(row.conflict.fieldLabel))", style: .alert)
        case .deletion(let row):
            PanelRow(
                id: RowID(.conflict, row.handle).text,
                text: "\(row.title): \(wording(ContestedRow.what))", style: .alert)
        }
    }

    // MARK: The page at the right

    func page(_ request: DetailRequest, _ reader: LocalReader) throws -> DetailPage {
        DetailPage(request, lines(try blocks(request, reader), width: request.width))
    }

    private func blocks(_ request: DetailRequest, _ reader: LocalReader) throws -> [Block] {
        guard let row = RowID(request.row) else { return [] }
        let names = try Names(reader)
        let finder = Finder(reader: reader)
        let now = wording.local(wording.now)
        func brief(_ customer: RecordID?) throws -> [Block] {
            guard let customer else { return [] }
            return BriefView.blocks(
                try CustomerPage.load(customer.description, now: now, from: reader), in: wording)
        }
        switch row.kind {
        case .customer: return try brief(finder.customer(row.record).id)
        case .visit: return try brief(finder.record(Visit.self, row.record).customer)
        case .followUp: return try brief(finder.record(FollowUp.self, row.record).customer)
        case .promise:
            let promise = try names.row(try names.promise(row.record), at: now)
            return PromiseView.page(promise, at: now, in: wording).blocks
                + (try brief(promise.promise.customer))
        case .serviceCase:
            let found = try names.row(try names.serviceCase(row.record))
            return CaseView.page(found, promises: [], at: now, in: wording).blocks
                + (try brief(found.record.customer))
        case .conflict:
            let item = try ConflictItem.find(row.record, in: try names.conflictItems())
            guard case .field(let conflict) = item else { return item.page(in: wording).blocks }
            let own = try reader.identity()?.account
            return ConflictColumns(row: conflict, own: own, wording: wording)
                .blocks(width: request.width)
        }
    }

    /// Every line as the commands would print it, headings set off.
    private func lines(_ blocks: [Block], width: Int) -> [DetailPage.Line] {
        let renderer = Renderer(mode: .people(width: width, color: false), wording: wording)
        return blocks.enumerated().flatMap { index, block -> [DetailPage.Line] in
            let text = renderer.text(Output(json: .null, blocks: [block]), pretty: false)
            let style: Style = if case .heading = block { .title } else { .plain }
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
                .map { DetailPage.Line(String($0), style) }
            return (style == .title && index > 0 ? [DetailPage.Line("")] : []) + lines
        }
    }
}
