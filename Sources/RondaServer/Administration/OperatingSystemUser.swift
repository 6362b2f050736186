internal import Foundation

/// Who runs this process, as the operating system knows it.
enum OperatingSystemUser {
    /// The login of the real user id. Somebody who became root with `sudo` is named beside it: only
    /// root could have put another name there.
    static var name: String {
        let id = getuid()
        let login = name(of: id)
        guard id == 0, let person = ProcessInfo.processInfo.environment["SUDO_USER"],
            !person.isEmpty, person != login
        else { return login }
        return "\(person) (\(login))"
    }

    private static func name(of id: uid_t) -> String {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16_384)
        return buffer.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress,
                getpwuid_r(id, &entry, start, buffer.count, &found) == 0, found != nil,
                let name = entry.pw_name
            else { return "uid \(id)" }
            return String(cString: name)
        }
    }
}
