/// Where things are on a screen of a size; `nil` where nothing can be.
package struct ScreenLayout: Sendable, Hashable {
    static let least = ScreenSize(width: 60, height: 16)

    /// The lists, then a line between, then the page.
    let listWidth: Int
    package let detailWidth: Int
    /// The rows between the title and the two lines at the bottom.
    let body: Range<Int>
    let messageRow: Int
    let statusRow: Int

    package init?(_ size: ScreenSize) {
        guard size.width >= Self.least.width, size.height >= Self.least.height else { return nil }
        listWidth = min(48, max(28, size.width * 2 / 5))
        // A line and a space on either side of it.
        detailWidth = size.width - listWidth - 3
        body = 1..<(size.height - 2)
        messageRow = size.height - 2
        statusRow = size.height - 1
    }
}
