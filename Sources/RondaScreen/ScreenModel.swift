package import RondaModel

/// Everything that is on the screen, and what every key does to it. Pure: what it needs to know
/// comes as an event, and what shall happen goes out as an effect.
package struct ScreenModel: Sendable, Hashable {
    package enum Mode: Sendable, Hashable {
        case browse
        /// Typing what the customers are searched by.
        case search
        case help
        case form
        /// What keeps the form from being saved, and which of it is chosen.
        case problems(Int)
        /// A draft from an earlier time is offered.
        case offer
    }

    package let language: Language
    /// Who works here, and what day it is.
    package var title = ""
    package internal(set) var size: ScreenSize
    package internal(set) var mode = Mode.browse
    package internal(set) var panel = Panel.agenda
    package internal(set) var lists: [Panel: PanelList] = [:]
    /// Whether the keys move the page at the right instead of the list.
    package internal(set) var isReading = false
    package internal(set) var detail: DetailPage?
    package internal(set) var scroll = 0
    package internal(set) var query = ""
    package internal(set) var status: ScreenStatus?
    package internal(set) var network = NetworkState.unknown
    package internal(set) var message: ScreenMessage?
    package internal(set) var form: ScreenForm?
    package internal(set) var problems: [String: Phrase] = [:]
    /// The form is being saved; a second F2 does nothing.
    package internal(set) var isSaving = false

    package init(language: Language, size: ScreenSize) {
        self.language = language
        self.size = size
    }

    package var list: PanelList { lists[panel] ?? PanelList() }

    func text(_ phrase: Phrase) -> String { phrase.text(in: language) }

    /// The fields whose answers cannot be taken, in the order of the form.
    var problemFields: [FormField] {
        (form?.fields ?? []).filter { problems[$0.name] != nil }
    }
}

package enum ScreenEvent: Sendable, Hashable {
    case key(Key)
    case resized(ScreenSize)
    /// The rows of a panel; for customers, those found by `query`.
    case rows(Panel, [PanelRow], isCut: Bool, query: String)
    case page(DetailPage)
    case status(ScreenStatus)
    case network(NetworkState)
    /// Something here or at the server has changed.
    case changed
    case said(ScreenMessage)
    /// A form to fill in: a new one, or its draft.
    case opened(ScreenForm, isDraft: Bool)
    /// A draft that was found when the program began.
    case found(ScreenForm)
    case checked(ScreenForm, [String: Phrase])
    /// It was to be saved, and these answers cannot be taken.
    case incomplete(ScreenForm, [String: Phrase])
    case saved(ScreenForm, [ScreenMessage])
    case notSaved(ScreenForm, ScreenMessage)
    /// The wish to stop from outside: Ctrl-C, or the system.
    case interrupted
}

package enum ScreenEffect: Sendable, Hashable {
    case readRows(Panel, query: String)
    case readPage(DetailRequest)
    case readStatus
    case open(ScreenForm.Kind, customer: String, name: String)
    case keep(ScreenForm)
    case check(ScreenForm)
    /// Checks and captures it.
    case finish(ScreenForm)
    case sync
    /// Settles the conflict of this row with the value of this number.
    case settle(row: String, keep: Int)
    case quit
}
