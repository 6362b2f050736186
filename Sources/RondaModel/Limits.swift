/// Every bound of the exchange in one value, with its unit in its name. SPEC §8 prints them.
package struct Limits: Sendable, Hashable {
    package var commitsPerExchange = 200
    package var requestBytes = 2 << 20
    /// A compressed body may not grow beyond this once opened.
    package var inflatedRequestBytes = 8 << 20
    /// A request for a device, as it travels and once opened: it comes from anybody.
    package var enrolmentBytes = 64 << 10
    /// Half a request, so that any commit fits into one.
    package var commitBytes = 1 << 20
    package var changesPerCommit = 1_000
    package var writesPerChange = 500
    package var elementsPerSet = 500
    package var cursorsPerExchange = 1_000
    package var pageRecords = 2_000
    package var pageBytes = 1 << 20
    package var responseBytes = 32 << 20
    package var futureStampMilliseconds: Int64 = 120_000
    /// 2020-01-01: an earlier stamp comes from a clock that lost its time.
    package var earliestStampMilliseconds: Int64 = 1_577_836_800_000
    package var backOffFirstMilliseconds: Int64 = 1_000
    package var backOffLastMilliseconds: Int64 = 300_000
    package var backOffJitterPercent: Int64 = 25
    package var codeLifetimeMilliseconds: Int64 = 24 * 3_600_000
    package var commitsPerGroup = 1_024
    /// Entries of each list of commit numbers in a request.
    package var numbersPerExchange = 1_000
    package var failuresBeforeQuarantine = 5
    package var rangesPerComparison = 256
    /// The records of a range that are told one by one rather than as sums of its parts.
    package var recordsPerRange = 128
    package var wantedPerComparison = 500
    /// For how many a device asks at once, so that answers stay small.
    package var wantedPerFetch = 200
    /// How many records of history a device makes outlines of in one transaction.
    package var droppedPerTransaction = 1_000
    /// How long a device keeps a commit that a verified backup holds.
    package var keptCommitMilliseconds: Int64 = 30 * 24 * 3_600_000
    /// How long a deleted record is kept, so that every device hears of it.
    package var tombstoneMilliseconds: Int64 = 400 * 24 * 3_600_000
    /// A device not seen for so long does not hold back the watermark.
    package var activeDeviceMilliseconds: Int64 = 30 * 24 * 3_600_000
    package var compressFromBytes = 1_024
    /// Changes of history that a device follows in one sync; more of them contradict each other.
    package var surprisesPerSync = 8
    /// Requests of devices that read from the start, while another one is answered.
    package var bulkRequestsWaiting = 4_096
    /// How long one of them may have waited when its turn comes.
    package var bulkWaitMilliseconds: Int64 = 60_000
    /// A live stream says something at least so often.
    package var liveHeartbeatMilliseconds: Int64 = 20_000
    /// How often the hub looks for what another process has written, while a device listens.
    package var livePollMilliseconds: Int64 = 1_000
    /// Heartbeats that may lie unread before the hub gives a stream up.
    package var liveUnreadHeartbeats: Int64 = 3
    package var liveStreams = 10_000
    package var liveStreamsPerDevice = 4
    /// A stream on which a device has heard nothing for so long is a dead one: 2.5 heartbeats.
    package var liveStaleMilliseconds: Int64 = 50_000
    /// The random part of the time between a poke and the exchange, so that devices which are poked
    /// together do not come together.
    package var livePokeJitterMilliseconds: Int64 = 200
    /// How often a connected device looks for work that another process has captured.
    package var liveCapturePollMilliseconds: Int64 = 1_000
    /// A connected device exchanges at least so often: not everything moves a scope.
    package var liveExchangeMilliseconds: Int64 = 300_000
    /// Scopes of which a device keeps the poked position; with more it exchanges without looking.
    package var livePokedScopes = 1_000
    package var liveEventBytes = 4_096
    /// How a client names itself.
    package var appBytes = 64
    package var deviceNameCharacters = 100
    /// Wrong tries at a one-time code before it is locked.
    package var wrongTriesOfCode = 5
    /// How many commits are looked through at once for what concerns somebody who is to be erased.
    package var journalRowsPerLook = 20_000
    /// How often that is done again because something came under the person meanwhile.
    package var searchesPerErasure = 3
    /// How often the hub tries to cut off the log of the database after an erasure.
    package var washings = 6
    /// A wrong code is not answered sooner than this after it came.
    package var wrongCodeMilliseconds: Int64 = 250
    /// The cost of a password's hash, as a power of two: 32 MiB and three passes, which is what OWASP's
    /// password storage sheet asks for at this memory.
    package var passwordLogRounds = 15

    package init() {}
}
