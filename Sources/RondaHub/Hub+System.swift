package import RondaModel
package import RondaStore
internal import RondaWire

/// What the server itself captures: imports and administration go through the same commits,
/// verdicts and journal as everybody's work.
extension Hub {
    /// Submits each group of changes as one commit of the server's own device. `note` is written in
    /// each transaction in which not all of them are refused; `settling` is settled in one in which
    /// none is.
    package func submitAsSystem(
        _ groups: [[Change]], note: AuditNote? = nil, settling: SettledCommit? = nil
    ) async throws(HubError) -> [Verdict] {
        var verdicts: [Verdict] = []
        var fruitless = 0
        while verdicts.count < groups.count {
            // Another process may have written as the same device since: its number and chain are
            // read again, and what comes too late is made anew.
            var device = try await systemDevice()
            let left = groups[verdicts.count...].prefix(limits.commitsPerExchange)
            let commits = left.map { changes in
                let commit = Commit(
                    number: device.lastNumber + 1,
                    stamp: Stamp(milliseconds: surroundings.now().milliseconds),
                    schema: schema.version, previous: device.chain, changes: changes)
                device.lastNumber += 1
                device.chain = commit.chainHash
                return commit
            }
            let taken = try await submit(commits, as: device.id, note: note, settling: settling)
            fruitless = taken.isEmpty ? fruitless + 1 : 0
            if fruitless == 5 { throw HubError(.busy, "the server's own device is in use") }
            verdicts += taken
        }
        return verdicts
    }
}
