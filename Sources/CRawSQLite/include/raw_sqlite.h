#pragma once

#include <stddef.h>

// The raw SQLite limits: what plain C with prepared statements reaches on the same disk, with the
// same library and the same pragmas. The benchmark measures ours and these in one run.
//
// Common to all functions that take a database path:
//  - the path must name a database that does not exist yet; its directory is the caller's, and
//    nothing is cleaned up;
//  - `pragmas` is SQL executed right after opening (it may be several statements, or NULL);
//  - every parameter is bound, texts and blobs without a copy, and each transaction is
//    BEGIN IMMEDIATE … COMMIT of `per_transaction` steps (the last one may be shorter);
//  - the answer is the elapsed monotonic seconds from the first BEGIN to the end of the last
//    COMMIT, negative on error. Opening, schema, seeding and closing are not measured, and so
//    neither is the checkpoint at closing; the checkpoints that `wal_autocheckpoint` makes inside
//    COMMIT are.
//
// The content is pseudo-random and the same in every run. A type string has one letter for each
// parameter of the insert (at most 64), in order:
//   'b'  a new 16-byte blob id, its first 6 bytes a time that grows with each id (like UUIDv7)
//   'r'  a reference: one of 4096 random 16-byte blobs
//   'i'  an integer like a timestamp in milliseconds, different and growing in each row
//   'o'  an integer from 0 to 99
//   't'  an ASCII text of 12 to 40 bytes
//   'T'  an ASCII text of 104 to 135 bytes
//   'n'  NULL

// The message of the last error in this thread; empty when there was none.
const char *raw_last_error(void);

// The limit of capturing visits on a device: per visit, one row by `insert_sql` into the table that
// `table_sql` creates, and one 150-byte row in outbox(n INTEGER PRIMARY KEY, bytes BLOB NOT NULL),
// which this function creates. `column_count` must be the length of `types`.
double raw_capture(const char *path, const char *pragmas, const char *table_sql,
                   const char *insert_sql, const char *types, int column_count,
                   long transactions, long per_transaction);

// The limit of accepting commits on the hub: per commit, read the version and state of a random
// record by id, write its new state, version and sequence, and insert one row in
// journal(device, n, bytes). Each transaction is the upload of one device, of 64 that take turns.
// `create_sql` creates record(id, scope, seq, version, state) with the indexes it wants; NULL means
// a rowid table with a unique id and an index on (scope, seq). `rows_seeded` records in 64 scopes
// are there, checkpointed, before the measured part starts on the same connection.
double raw_read_modify_write(const char *path, const char *pragmas, const char *create_sql,
                             long rows_seeded, long commits, long per_transaction,
                             int state_bytes, int journal_bytes);

// The limit of bulk insertion: `rows` generated rows by `insert_sql`, after `create_sql` (which may
// be several statements). Generating the values is measured too; it costs some nanoseconds each.
double raw_insert_rows(const char *path, const char *pragmas, const char *create_sql,
                       const char *insert_sql, const char *types, long rows,
                       long per_transaction);

// The limit of inserting given rows: all rows of `select_sql` in the database at `source_path`
// (opened read-only) are loaded into memory, and then inserted into `dest_path` as they are and in
// the same order. Only the insertion is measured. A selection without rows is an error.
double raw_copy_rows(const char *source_path, const char *select_sql, const char *dest_path,
                     const char *pragmas, const char *create_sql, const char *insert_sql,
                     long per_transaction);

// The limit of durable commits: `count` transactions, one by one, of one 150-byte row each. They
// are durable only if `pragmas` say so (synchronous=FULL).
double raw_durable_commits(const char *path, const char *pragmas, long count);

// What the disk itself asks for one durable commit: the average seconds of writing 4096 bytes to
// the file at `path_of_file` and syncing them, with the call that SQLite uses (fdatasync on Linux,
// fsync elsewhere). The file is overwritten in a circle of 1000 blocks, like a write-ahead log in
// its steady state; it is created, filled and synced before the measured part.
double raw_fsync(const char *path_of_file, long count);
