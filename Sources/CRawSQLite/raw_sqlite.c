#include "raw_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifndef __linux__
#define fdatasync fsync  // as SQLite does where it is missing
#endif

enum { max_columns = 64, reference_count = 4096, scope_count = 64, device_count = 64 };
enum { outbox_bytes = 150, seed_batch = 10000, pool_bytes = 1 << 20 };

static const char *const outbox_table =
    "CREATE TABLE outbox(n INTEGER PRIMARY KEY, bytes BLOB NOT NULL)";
static const char *const outbox_insert = "INSERT INTO outbox(bytes) VALUES (?)";
static const char *const record_table =
    "CREATE TABLE record(id BLOB NOT NULL UNIQUE, scope INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " version INTEGER NOT NULL, state BLOB NOT NULL);"
    "CREATE INDEX record_feed ON record(scope, seq)";
static const char *const journal_table =
    "CREATE TABLE journal(device INTEGER NOT NULL, n INTEGER NOT NULL, bytes BLOB NOT NULL,"
    " PRIMARY KEY(device, n)) WITHOUT ROWID";

// All that one measurement owns. Each function below answers false after keeping a message.
struct limit {
    sqlite3 *db;
    sqlite3_stmt *insert, *outbox, *select, *update, *journal;
    long index;  // of the step
    // Texts and blobs are windows at random places of two pools, bound without a copy.
    uint64_t random, clock;  // milliseconds, one more for each id or timestamp
    unsigned char *bytes;
    char *text;
    const char *types;
    int columns, spare;  // columns of the row being inserted; spare bytes at the end of a pool
    unsigned char row_ids[max_columns][16];
    // Read-modify-write.
    unsigned char (*records)[16];
    long record_count, per_transaction;
    sqlite3_int64 sequence;
    int state_bytes, journal_bytes;
    // Copy: the loaded values in row order.
    sqlite3_value **values;
    long value_count;
};

static _Thread_local char last_error[512];
const char *raw_last_error(void) { return last_error; }

// Keeps the first message of a measurement (later ones are consequences of it); answers false.
static bool failed(sqlite3 *db, const char *what) {
    int code = db ? sqlite3_errcode(db) : SQLITE_ERROR;
    bool ours = code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE;
    const char *why = ours ? "not as expected" : db ? sqlite3_errmsg(db) : strerror(errno);
    if (last_error[0] == '\0') snprintf(last_error, sizeof last_error, "%s: %s", what, why);
    return false;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool execute(struct limit *l, const char *sql) {
    return !sql || sqlite3_exec(l->db, sql, NULL, NULL, NULL) == SQLITE_OK || failed(l->db, sql);
}

static bool prepare(struct limit *l, sqlite3_stmt **s, const char *sql) {
    return sqlite3_prepare_v3(l->db, sql, -1, SQLITE_PREPARE_PERSISTENT, s, NULL) == SQLITE_OK
        || failed(l->db, sql);
}

// Runs a statement that answers no rows; `bound` is what binding its parameters answered.
static inline bool run(struct limit *l, sqlite3_stmt *s, int bound) {
    return (bound == SQLITE_OK && sqlite3_step(s) == SQLITE_DONE && sqlite3_reset(s) == SQLITE_OK)
        || failed(l->db, sqlite3_sql(s));
}

static bool open_database(struct limit *l, const char *path, int flags) {
    last_error[0] = '\0';
    return sqlite3_open_v2(path, &l->db, flags | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK
        || failed(l->db, path);
}

static void close_database(struct limit *l) {
    for (sqlite3_stmt *s; l->db && (s = sqlite3_next_stmt(l->db, NULL));) sqlite3_finalize(s);
    if (sqlite3_close(l->db) != SQLITE_OK) failed(l->db, "close");
    l->db = NULL;
}

// Gives everything back; answers `seconds`, or a negative number after any failure.
static double finish(struct limit *l, double seconds) {
    close_database(l);
    for (long i = 0; i < l->value_count; i++) sqlite3_value_free(l->values[i]);
    free(l->values);
    free(l->records);
    free(l->bytes);
    return last_error[0] == '\0' ? seconds : -1;
}

// The measured loop of all limits: `total` steps, some per transaction.
static double timed(struct limit *l, long total, long per_transaction, bool step(struct limit *)) {
    sqlite3_stmt *begin, *commit;
    bool positive = (total > 0 && per_transaction > 0) || failed(l->db, "a count");
    if (!positive || !prepare(l, &begin, "BEGIN IMMEDIATE") || !prepare(l, &commit, "COMMIT"))
        return -1;
    double start = now();
    for (long i = 0; i < total;) {
        long end = total - i < per_transaction ? total : i + per_transaction;
        if (!run(l, begin, SQLITE_OK)) return -1;
        for (; i < end; i++) {
            l->index = i;
            if (!step(l)) return -1;
        }
        if (!run(l, commit, SQLITE_OK)) return -1;
    }
    return now() - start;
}

static inline uint64_t next_random(struct limit *l) {  // xorshift64*
    l->random ^= l->random >> 12;
    l->random ^= l->random << 25;
    l->random ^= l->random >> 27;
    return l->random * 0x2545F4914F6CDD1DULL;
}

static inline uint64_t below(struct limit *l, uint64_t end) {
    return ((next_random(l) >> 32) * end) >> 32;
}

static bool make_content(struct limit *l) {
    size_t size = pool_bytes + outbox_bytes + (size_t)l->spare;
    l->random = 0x9E3779B97F4A7C15ULL;
    l->clock = 1750000000000ULL;
    l->bytes = malloc(2 * size);
    if (!l->bytes) return failed(NULL, "content");
    l->text = (char *)l->bytes + size;
    for (size_t i = 0; i < size; i++) {
        l->bytes[i] = (unsigned char)(next_random(l) >> 56);
        l->text[i] = "etaoinshrdlucmfwypvbgkjqxz      "[next_random(l) >> 59];
    }
    return true;
}

static inline const void *make_id(struct limit *l, unsigned char *id) {
    uint64_t high = l->clock++ << 16 | 0x7000 | next_random(l) >> 52;
    uint64_t low = 1ULL << 63 | next_random(l) >> 2;
    for (int i = 0; i < 8; i++) {
        id[i] = (unsigned char)(high >> (56 - 8 * i));
        id[8 + i] = (unsigned char)(low >> (56 - 8 * i));
    }
    return id;
}

static inline int bind_id(sqlite3_stmt *s, int column, const void *id) {
    return sqlite3_bind_blob(s, column, id, 16, SQLITE_STATIC);
}

static inline int bind_blob(struct limit *l, sqlite3_stmt *s, int column, int size) {
    return sqlite3_bind_blob(s, column, l->bytes + below(l, pool_bytes), size, SQLITE_STATIC);
}

static inline int bind_text(struct limit *l, sqlite3_stmt *s, int column, int size) {
    return sqlite3_bind_text(s, column, l->text + below(l, pool_bytes), size, SQLITE_STATIC);
}

// Opens and prepares what most limits need; the caller has set the expected columns and sizes.
static bool set_up(struct limit *l, const char *path, const char *pragmas, const char *schema,
                   const char *insert_sql) {
    if (!open_database(l, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
        || !execute(l, pragmas) || !execute(l, schema) || !prepare(l, &l->insert, insert_sql))
        return false;
    bool columns_fit = sqlite3_bind_parameter_count(l->insert) == l->columns
        && l->columns <= max_columns && (!l->types || (int)strlen(l->types) == l->columns);
    return (columns_fit || failed(l->db, "the number of columns")) && make_content(l);
}

static bool insert_row(struct limit *l) {
    sqlite3_stmt *s = l->insert;
    int code = SQLITE_OK;
    for (int i = 0, column = 1; i < l->columns; i++, column++) {
        switch (l->types[i]) {
        case 'b': code |= bind_id(s, column, make_id(l, l->row_ids[i])); break;
        case 'r': code |= bind_id(s, column, l->bytes + 16 * below(l, reference_count)); break;
        case 'i': code |= sqlite3_bind_int64(s, column, (sqlite3_int64)l->clock++); break;
        case 'o': code |= sqlite3_bind_int(s, column, (int)below(l, 100)); break;
        case 't': code |= bind_text(l, s, column, 12 + (int)below(l, 29)); break;
        case 'T': code |= bind_text(l, s, column, 104 + (int)below(l, 32)); break;
        case 'n': break;  // a parameter never bound is NULL
        default: return failed(l->db, "a letter of the type string");
        }
    }
    return run(l, s, code);
}

static bool insert_outbox(struct limit *l) {
    return run(l, l->outbox, bind_blob(l, l->outbox, 1, outbox_bytes));
}

static bool capture(struct limit *l) {
    return insert_row(l) && insert_outbox(l);
}

double raw_capture(const char *path, const char *pragmas, const char *table_sql,
                   const char *insert_sql, const char *types, int column_count,
                   long transactions, long per_transaction) {
    struct limit l = {.types = types, .columns = column_count};
    bool ready = set_up(&l, path, pragmas, table_sql, insert_sql) && execute(&l, outbox_table)
        && prepare(&l, &l.outbox, outbox_insert);
    long total = transactions * per_transaction;
    return finish(&l, ready ? timed(&l, total, per_transaction, capture) : -1);
}

double raw_insert_rows(const char *path, const char *pragmas, const char *create_sql,
                       const char *insert_sql, const char *types, long rows, long per_transaction) {
    struct limit l = {.types = types, .columns = (int)strlen(types)};
    bool ready = set_up(&l, path, pragmas, create_sql, insert_sql);
    return finish(&l, ready ? timed(&l, rows, per_transaction, insert_row) : -1);
}

double raw_durable_commits(const char *path, const char *pragmas, long count) {
    struct limit l = {.columns = 1};
    bool ready = set_up(&l, path, pragmas, outbox_table, outbox_insert);
    l.outbox = l.insert;
    return finish(&l, ready ? timed(&l, count, 1, insert_outbox) : -1);
}

static bool seed_record(struct limit *l) {
    int code = bind_id(l->insert, 1, make_id(l, l->records[l->index]));
    code |= sqlite3_bind_int64(l->insert, 2, (sqlite3_int64)below(l, scope_count));
    code |= sqlite3_bind_int64(l->insert, 3, ++l->sequence);
    code |= bind_blob(l, l->insert, 4, l->state_bytes);
    return run(l, l->insert, code);
}

static bool commit_record(struct limit *l) {
    const void *id = l->records[below(l, (uint64_t)l->record_count)];
    int code = bind_id(l->select, 1, id);
    if (code != SQLITE_OK || sqlite3_step(l->select) != SQLITE_ROW) return failed(l->db, "select");
    sqlite3_int64 version = sqlite3_column_int64(l->select, 0);
    const void *state = sqlite3_column_blob(l->select, 1);  // fetches the overflow pages too
    if (!state || sqlite3_reset(l->select) != SQLITE_OK) return failed(l->db, "select");
    code = sqlite3_bind_int64(l->update, 1, ++l->sequence);
    code |= sqlite3_bind_int64(l->update, 2, version + 1);
    code |= bind_blob(l, l->update, 3, l->state_bytes);
    code |= bind_id(l->update, 4, id);
    code |= sqlite3_bind_int64(l->journal, 1, l->index / l->per_transaction % device_count);
    code |= sqlite3_bind_int64(l->journal, 2, l->index);
    code |= bind_blob(l, l->journal, 3, l->journal_bytes);
    return run(l, l->update, code) && run(l, l->journal, code);
}

double raw_read_modify_write(const char *path, const char *pragmas, const char *create_sql,
                             long rows_seeded, long commits, long per_transaction,
                             int state_bytes, int journal_bytes) {
    struct limit l = {.record_count = rows_seeded, .per_transaction = per_transaction,
                      .state_bytes = state_bytes, .journal_bytes = journal_bytes,
                      .columns = 4, .spare = state_bytes + journal_bytes};
    l.records = calloc(rows_seeded > 0 ? (size_t)rows_seeded : 1, sizeof *l.records);
    bool ready = set_up(&l, path, pragmas, create_sql ? create_sql : record_table,
                        "INSERT INTO record(id, scope, seq, version, state) VALUES (?,?,?,1,?)")
        && ((l.records && state_bytes > 0 && journal_bytes > 0) || failed(l.db, "a size"))
        && execute(&l, journal_table)
        && prepare(&l, &l.select, "SELECT version, state FROM record WHERE id = ?")
        && prepare(&l, &l.update, "UPDATE record SET seq = ?, version = ?, state = ? WHERE id = ?")
        && prepare(&l, &l.journal, "INSERT INTO journal(device, n, bytes) VALUES (?, ?, ?)")
        && timed(&l, rows_seeded, seed_batch, seed_record) >= 0
        && execute(&l, "PRAGMA wal_checkpoint(TRUNCATE)");
    return finish(&l, ready ? timed(&l, commits, per_transaction, commit_record) : -1);
}

static bool load_rows(struct limit *l, const char *path, const char *sql) {
    if (!open_database(l, path, SQLITE_OPEN_READONLY) || !prepare(l, &l->select, sql)) return false;
    l->columns = sqlite3_column_count(l->select);
    int code;
    for (long room = 0; (code = sqlite3_step(l->select)) == SQLITE_ROW;) {
        if (room < l->value_count + l->columns) {
            room = 2 * l->value_count + 1024 * l->columns;
            void *moved = realloc(l->values, (size_t)room * sizeof *l->values);
            if (!moved) return failed(NULL, "loaded rows");
            l->values = moved;
        }
        for (int i = 0; i < l->columns; i++) {
            sqlite3_value *value = sqlite3_value_dup(sqlite3_column_value(l->select, i));
            if (!value) return failed(NULL, "loaded rows");
            l->values[l->value_count++] = value;
        }
    }
    if (code != SQLITE_DONE || l->value_count == 0) return failed(l->db, sql);
    close_database(l);
    return true;
}

static bool insert_copy(struct limit *l) {
    sqlite3_stmt *s = l->insert;
    sqlite3_value **values = l->values + l->index * l->columns;
    int code = SQLITE_OK;
    for (int i = 0; i < l->columns; i++) {  // texts and blobs without sqlite3_bind_value's copy
        sqlite3_value *v = values[i];
        int type = sqlite3_value_type(v);
        if (type == SQLITE_TEXT)
            code |= sqlite3_bind_text(s, i + 1, (const char *)sqlite3_value_text(v),
                                      sqlite3_value_bytes(v), SQLITE_STATIC);
        else if (type == SQLITE_BLOB && sqlite3_value_bytes(v) > 0)
            code |= sqlite3_bind_blob(s, i + 1, sqlite3_value_blob(v), sqlite3_value_bytes(v),
                                      SQLITE_STATIC);
        else
            code |= sqlite3_bind_value(s, i + 1, v);
    }
    return run(l, s, code);
}

double raw_copy_rows(const char *source_path, const char *select_sql, const char *dest_path,
                     const char *pragmas, const char *create_sql, const char *insert_sql,
                     long per_transaction) {
    struct limit l = {0};
    bool ready = load_rows(&l, source_path, select_sql)
        && set_up(&l, dest_path, pragmas, create_sql, insert_sql);
    long rows = ready ? l.value_count / l.columns : 0;
    return finish(&l, ready ? timed(&l, rows, per_transaction, insert_copy) : -1);
}

double raw_fsync(const char *path_of_file, long count) {
    enum { block_bytes = 4096, block_count = 1000 };
    char block[block_bytes] = {0};
    last_error[0] = '\0';
    errno = EINVAL;  // for a count that is not positive
    int file = count <= 0 ? -1 : open(path_of_file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    bool ok = file >= 0;
    double start = 0;
    for (long i = -block_count; ok && i < count; i++) {  // the negative ones fill the file
        off_t offset = (off_t)((i + block_count) % block_count) * block_bytes;
        memcpy(block, &i, sizeof i);
        ok = pwrite(file, block, block_bytes, offset) == block_bytes
            && (i < -1 || fdatasync(file) == 0);
        if (i == -1) start = now();
    }
    double seconds = now() - start;
    if (!ok) failed(NULL, path_of_file);
    if (file >= 0 && close(file) != 0) failed(NULL, "close");
    return last_error[0] == '\0' ? seconds / (double)count : -1;
}
