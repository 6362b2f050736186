package import RondaModel

/// A commit as a device keeps it until it is sealed: capture is the hot path, and the canonical
/// bytes are needed only once the commit has its number and its place in the chain.
extension Commit {
    package var packed: [UInt8] {
        var writer = PackedWriter(capacity: 512)
        writer.write(fixed: stamp.bits)
        writer.write(schema)
        writer.write(uptime.boot)
        writer.write(uptime.milliseconds)
        writer.write(changes.count)
        for change in changes { writer.write(change) }
        if assignment > 0 { writer.write(assignment) }
        return writer.bytes
    }

    /// Reads a commit without number and predecessor.
    package init(packed bytes: [UInt8]) throws(StoreError) {
        var reader = PackedReader(bytes)
        self.init(
            number: 0, stamp: Stamp(bits: try reader.fixed()), schema: try reader.number32(),
            uptime: Uptime(boot: try reader.number32(), milliseconds: try reader.number()),
            changes: [])
        for _ in 0..<(try reader.count()) { changes.append(try reader.change()) }
        // Editions before territories could change did not keep it.
        if !reader.isAtEnd { assignment = try reader.number() }
        guard reader.isAtEnd else { throw StoreError(.unreadable, "bytes after a packed commit") }
    }
}

extension PackedWriter {
    fileprivate mutating func write(_ change: Change) {
        write(change.entity.rawValue)
        write(change.record)
        write(change.base)
        write(change.deletes ? 1 : 0)
        write(change.sets.count)
        for set in change.sets {
            write(set.number)
            write(set.value)
        }
        for elements in [change.adds, change.removes] {
            write(elements.count)
            for element in elements {
                write(element.number)
                write(element.value)
            }
        }
    }
}

extension PackedReader {
    fileprivate mutating func change() throws(StoreError) -> Change {
        var change = Change(
            entity: EntityID(rawValue: try number32()), record: try id(), base: try number(),
            deletes: try number() != 0)
        for _ in 0..<(try count()) {
            change.sets.append(FieldWrite(try number32(), try value()))
        }
        change.adds = try elements()
        change.removes = try elements()
        return change
    }

    private mutating func elements() throws(StoreError) -> [ElementWrite] {
        var elements: [ElementWrite] = []
        for _ in 0..<(try count()) {
            let number = try number32()
            guard let value = try value() else {
                throw StoreError(.unreadable, "an element without value")
            }
            elements.append(ElementWrite(number, value))
        }
        return elements
    }
}
