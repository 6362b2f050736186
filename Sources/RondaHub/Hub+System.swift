package import RondaModel
package import RondaStore

/// What the server itself captures: imports and administration go through the same commits,
/// verdicts and journal as everybody's work.
extension Hub {
    /// Submits each group of changes as one commit of the server's own device. `note` is written in
    /// the transaction of each commit that is not refused.
    package func submitAsSystem(
        _ groups: [[Change]], note: AuditNote? = nil
    ) async throws(HubError) -> [Verdict] {
        var verdicts: [Verdict] = []
        for group in groups {
            // Another process may have written as the same device since: its number and chain are
            // read again, and a commit that comes too late is made anew.
            var verdict: Verdict?
            for _ in 0..<5 where verdict == nil {
                let device = try await systemDevice()
                let commit = Commit(
                    number: device.lastNumber + 1,
                    stamp: Stamp(milliseconds: surroundings.now().milliseconds),
                    schema: schema.version, previous: device.chain, changes: group)
                verdict = try await submit([commit], as: device.id, note: note).first
            }
            guard let verdict else { throw HubError(.busy, "the server's own device is in use") }
            verdicts.append(verdict)
        }
        return verdicts
    }
}
