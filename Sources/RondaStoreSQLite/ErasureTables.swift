internal import GRDB

extension SQLiteStore {
    /// What format 5 adds for erasure: run when a store is made and when one of an earlier format is
    /// brought up to date.
    static let erasureTables = """
        -- Whether `bytes` is only what is left of them: their chain hash.
        ALTER TABLE journal ADD COLUMN redacted INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE IF NOT EXISTS erasure(
            n INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, actor TEXT NOT NULL,
            customer BLOB NOT NULL);
        -- The records that are erased; up to format 6 `erasure` is missing for what was never there.
        CREATE TABLE IF NOT EXISTS tombstone(
            record BLOB NOT NULL PRIMARY KEY, erasure INTEGER) WITHOUT ROWID;
        -- Every device that had something of them, and whether it has said that nothing is left.
        CREATE TABLE IF NOT EXISTS due(
            device BLOB NOT NULL, record BLOB NOT NULL, confirmed INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (device, record)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS due_record ON due(record);
        -- Keyed hashes of contact points.
        CREATE TABLE IF NOT EXISTS suppressed(hash BLOB NOT NULL PRIMARY KEY) WITHOUT ROWID;
        """

    /// What format 6 adds.
    static let washing = """
        -- Whether the write-ahead log was cut off since.
        ALTER TABLE erasure ADD COLUMN washed INTEGER NOT NULL DEFAULT 0;
        """
}
