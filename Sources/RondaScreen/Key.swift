/// One press on the keyboard, whatever bytes a terminal sends for it.
package enum Key: Sendable, Hashable {
    case character(Character)
    /// With Ctrl held: the letter in lower case.
    case control(Character)
    case function(Int)
    case up, down, left, right, pageUp, pageDown, home, end
    case enter, escape, tab, backTab, backspace, delete
}
