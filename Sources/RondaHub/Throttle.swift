package import RondaModel
internal import Synchronization

/// How often something may be done: so many times at once, and then so many times a minute.
package struct Rate: Sendable, Hashable {
    package let burst: Double
    package let perMinute: Double

    package init(burst: Double, perMinute: Double) {
        self.burst = burst
        self.perMinute = perMinute
    }
}

/// Token buckets by key, in memory: whoever empties theirs waits for it to fill again, and nobody
/// else does.
package final class Throttle<Key: Hashable & Sendable>: Sendable {
    private struct Bucket {
        var tokens: Double
        var at: Int64
    }

    private let rate: Rate
    /// So that keys from outside cannot fill the memory.
    private let mostKeys: Int
    /// Guards every bucket.
    private let buckets = Mutex<[Key: Bucket]>([:])

    package init(_ rate: Rate, mostKeys: Int = 100_000) {
        self.rate = rate
        self.mostKeys = mostKeys
    }

    /// Takes one token.
    /// - Returns: how long to wait when there is none; `nil` when it was taken.
    package func take(_ key: Key, at now: Instant) -> Int64? {
        buckets.withLock { buckets in
            var bucket = filled(buckets[key], at: now)
            guard bucket.tokens >= 1 else { return wait(bucket) }
            bucket.tokens -= 1
            if buckets[key] == nil, buckets.count >= mostKeys { makeRoom(in: &buckets, at: now) }
            buckets[key] = bucket
            return nil
        }
    }

    /// Puts back a token that was taken for nothing.
    package func giveBack(_ key: Key, at now: Instant) {
        buckets.withLock { buckets in
            var bucket = filled(buckets[key], at: now)
            bucket.tokens = min(rate.burst, bucket.tokens + 1)
            buckets[key] = bucket.tokens < rate.burst ? bucket : nil
        }
    }

    /// How long somebody has to wait who would take one now; `nil` when there is one.
    package func wait(_ key: Key, at now: Instant) -> Int64? {
        buckets.withLock { buckets in
            let bucket = filled(buckets[key], at: now)
            return bucket.tokens >= 1 ? nil : wait(bucket)
        }
    }

    private func wait(_ bucket: Bucket) -> Int64 {
        let missing = 1 - bucket.tokens
        return max(1, Int64((missing * 60_000 / rate.perMinute).rounded(.up)))
    }

    /// A clock that was set back fills nothing.
    private func filled(_ bucket: Bucket?, at now: Instant) -> Bucket {
        guard let bucket else { return Bucket(tokens: rate.burst, at: now.milliseconds) }
        let passed = Double(max(0, now.milliseconds - bucket.at))
        let tokens = bucket.tokens + passed * rate.perMinute / 60_000
        return Bucket(tokens: min(rate.burst, tokens), at: now.milliseconds)
    }

    /// Those that are full again say nothing. When none is, some have to go all the same.
    private func makeRoom(in buckets: inout [Key: Bucket], at now: Instant) {
        buckets = buckets.filter { filled($0.value, at: now).tokens < rate.burst }
        if buckets.count >= mostKeys { buckets.removeAll(keepingCapacity: true) }
    }
}
