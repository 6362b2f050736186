/// What a terminal tells whoever shows something on it.
package enum DeviceNews: Sendable, Hashable {
    case key(Key)
    case resized(ScreenSize)
}

/// A terminal that is shown one whole screen after another.
package protocol ScreenDevice: Sendable {
    /// The size first, then what happens. Ends when the terminal is gone.
    var news: AsyncStream<DeviceNews> { get }
    func show(_ canvas: Canvas)
    /// Gives the terminal back as it was; safe to call again.
    func close()
}
