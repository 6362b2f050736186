internal import ArgumentParser
internal import RondaClient

/// The command that somebody probably meant: offered, never executed.
enum CommandSpelling {
    /// - Parameters:
    ///   - word: what was typed.
    ///   - root: the command under which it was looked for.
    static func nearest(to word: String, under root: any ParsableCommand.Type) -> String? {
        let asked = Folding.fold(word)
        let names = root.configuration.subcommands.flatMap { command in
            [command.configuration.commandName ?? "\(command)".lowercased()]
                + command.configuration.aliases
        }
        let near = names.map { (name: $0, steps: steps(from: asked, to: Folding.fold($0))) }
            .filter { $0.steps <= max(1, asked.count / 3) }
        return near.min { ($0.steps, $0.name) < ($1.steps, $1.name) }?.name
    }

    /// How many letters are to be put in, left out, changed or swapped with the next.
    static func steps(from one: String, to other: String) -> Int {
        let (a, b) = (Array(one), Array(other))
        var rows = [Array(0...b.count)]
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var least = min(
                    rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    least = min(least, rows[i - 1][j - 1] + 1)
                }
                row.append(least)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
