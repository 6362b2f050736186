internal import CNcurses
internal import Dispatch
internal import Foundation
package import RondaScreen
internal import Synchronization

/// A terminal driven by ncurses, which sends only what differs from what is shown already.
///
/// ncurses knows one thread only: all its calls are on the thread that `open` starts. Other threads
/// leave a picture to show, or the wish to end, and wake that thread through a pipe.
package final class NcursesScreen: ScreenDevice {
    private struct State {
        var canvas: Canvas?
        var isClosing = false
    }

    package let news: AsyncStream<DeviceNews>
    private let continuation: AsyncStream<DeviceNews>.Continuation
    private let state = Mutex(State())
    private let isColored: Bool
    private let wakeReader: Int32
    private let wakeWriter: Int32
    private let ended = DispatchSemaphore(value: 0)

    /// - Returns: `nil` when this terminal cannot be driven, a dumb one for example.
    package static func open(isColored: Bool) -> NcursesScreen? {
        var pipe: [Int32] = [0, 0]
        guard unsafe Foundation.pipe(&pipe) == 0 else { return nil }
        let screen = NcursesScreen(isColored: isColored, pipe: pipe)
        let opened = DispatchSemaphore(value: 0)
        let isOpen = Mutex(false)
        let thread = Thread {
            let works = ronda_screen_open() != 0
            isOpen.withLock { $0 = works }
            opened.signal()
            if works { screen.run() }
            screen.ended.signal()
        }
        thread.start()
        opened.wait()
        return isOpen.withLock { $0 } ? screen : nil
    }

    private init(isColored: Bool, pipe: [Int32]) {
        self.isColored = isColored
        (wakeReader, wakeWriter) = (pipe[0], pipe[1])
        (news, continuation) = AsyncStream.makeStream()
    }

    package func show(_ canvas: Canvas) {
        state.withLock { $0.canvas = canvas }
        wake()
    }

    package func close() {
        let isFirst = state.withLock { state in
            defer { state.isClosing = true }
            return !state.isClosing
        }
        guard isFirst else { return }
        wake()
        ended.wait()
    }

    private func wake() {
        var byte: UInt8 = 0
        // A full pipe wakes as well as one more byte does.
        _ = write(wakeWriter, &byte, 1)
    }

    // MARK: On the thread of ncurses

    /// How often the size is looked at, should its signal have gone to another thread.
    private static let resizeCheckMilliseconds: Int32 = 200

    private func run() {
        tellSize()
        while true {
            var waiting = [
                pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wakeReader, events: Int16(POLLIN), revents: 0),
            ]
            _ = poll(&waiting, 2, Self.resizeCheckMilliseconds)
            if waiting[1].revents != 0 {
                var bytes = [UInt8](repeating: 0, count: 256)
                _ = read(wakeReader, &bytes, bytes.count)
            }
            let (canvas, isClosing) = state.withLock { state in
                defer { state.canvas = nil }
                return (state.canvas, state.isClosing)
            }
            if isClosing { break }
            if ronda_screen_fit() != 0 { tellSize() }
            takeKeys()
            // A terminal that is gone reads as ready for ever and gives nothing.
            if Int32(waiting[0].revents) & (POLLHUP | POLLERR | POLLNVAL) != 0 { break }
            if let canvas { draw(canvas) }
        }
        ronda_screen_close()
        continuation.finish()
    }

    private func tellSize() {
        let size = ScreenSize(
            width: Int(ronda_screen_width()), height: Int(ronda_screen_height()))
        continuation.yield(.resized(size))
    }

    private func takeKeys() {
        var code: wint_t = 0
        while true {
            let kind = ronda_screen_key(&code)
            if kind == Int32(RONDA_NO_KEY) { return }
            if kind == Int32(RONDA_KEY) && code == UInt32(KEY_RESIZE) {
                tellSize()
            } else if let key = KeyCode.key(code, isCharacter: kind == 0) {
                continuation.yield(.key(key))
            }
        }
    }

    private func draw(_ canvas: Canvas) {
        ronda_screen_begin()
        for y in 0..<canvas.size.height {
            for run in canvas.runs(y: y)
            where run.style != .plain || run.text.contains(where: { $0 != " " }) {
                let scalars = run.text.unicodeScalars.map { wchar_t($0.value) }
                ronda_screen_put(
                    Int32(y), Int32(run.x), style(run.style), isColored ? 1 : 0, scalars,
                    Int32(scalars.count))
            }
        }
        ronda_screen_end(Int32(canvas.cursor?.y ?? -1), Int32(canvas.cursor?.x ?? 0))
    }

    private func style(_ style: Style) -> Int32 {
        let flag =
            switch style {
            case .plain: 0
            case .strong: RONDA_STRONG
            case .alert: RONDA_ALERT
            case .good: RONDA_GOOD
            case .quiet: RONDA_QUIET
            case .chosen: RONDA_CHOSEN
            case .title: RONDA_TITLE
            }
        return Int32(flag)
    }
}
