internal import GRDB

extension SQLiteStore {
    /// What format 4 adds for devices, sign-in and audit: run when a store is made and when one of
    /// an earlier format is brought up to date, so that both have the same columns.
    static let securityTables = """
        ALTER TABLE device ADD COLUMN app TEXT NOT NULL DEFAULT '';
        ALTER TABLE device ADD COLUMN schema INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE device ADD COLUMN clock_offset INTEGER;
        -- When the device's access ends or ended; revoked says that somebody took it away.
        ALTER TABLE device ADD COLUMN access_ends INTEGER;
        ALTER TABLE device ADD COLUMN revoked INTEGER NOT NULL DEFAULT 0;
        -- The first half of the code, which tells it from others, and the wrong tries at its rest.
        ALTER TABLE code ADD COLUMN selector TEXT NOT NULL DEFAULT '';
        ALTER TABLE code ADD COLUMN issued_at INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE code ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX IF NOT EXISTS code_selector ON code(selector);
        CREATE TABLE IF NOT EXISTS audit(
            n INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, actor TEXT NOT NULL,
            act TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL);
        CREATE INDEX IF NOT EXISTS audit_at ON audit(at);
        CREATE TABLE IF NOT EXISTS password(
            account BLOB NOT NULL PRIMARY KEY, hash TEXT NOT NULL, changed_at INTEGER NOT NULL);
        """
}
