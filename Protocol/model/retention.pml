/*
 * When a device may delete a commit that the hub has: backups, what they cover, how long they can be restored.
 *
 * Covered
 *   - Backup in two steps, copy and verification. Only a verified copy covers, and it covers what is in the copy.
 *   - Restore of the newest verified backup, however old, or of another one that is at most KEEP days old.
 *   - The device deletes a commit only in the transaction that absorbs an answer, when that answer says that the
 *     commit is covered and its age is above KEEP days. Age is the difference of two times that the hub told: from
 *     the answer in which the device learnt the verdict, or the first answer of a new epoch if that is later.
 *   - After a restore the hub covers nothing until a backup of the new history is verified.
 *   - Answers that are absorbed late or never, one request that reaches the hub a second time at any later moment.
 *   - Restores while an answer or a copy is under way; the device offers again what is above L.
 *
 * Bounds
 *   1 device, KEEP = 1 day, 3 days; the newest verified backup and one older are at hand, the first is that of the
 *   empty hub; 1 late duplicate, 1 lost answer, 1 or 2 requests without need. 1 commit with 3 backups and 2 restores; 2
 *   commits with 2 backups and 1 restore. `check --deep` goes to 4 days, and to 2 commits with 2 restores.
 *
 * Not covered
 *   Loss, reordering and crashes in general (exchange.pml; one exchange is one step here but for its answer), a hub
 *   that loses its end silently, a clock of the hub that jumps, the restore of an older file against the rule above,
 *   a backup that turns bad after it was verified. Verdicts are final here: a commit that waits, or is in the tray
 *   and still needs a person, must be kept besides (waiting.pml).
 *
 * Properties
 *   After every step: what has left the device is in the hub, and in every backup that may be restored; what the
 *   device takes for settled under the hub's epoch, the hub has. Where a run ends (and every run ends, there is no
 *   cycle), the hub has everything.
 */

#ifndef N
#define N        2              /* at most 2 */
#endif
#define KEEP     1
#ifndef DAYS
#define DAYS     4
#endif
#ifndef BACKUPS
#define BACKUPS  3
#endif
#ifndef RESTORES
#define RESTORES 2
#endif
#ifndef SPARE
#define SPARE    3
#endif

/* ---- the device ---- */
byte captured;
byte settled;
byte deleted;                   /* commits 1..deleted have left the device */
byte epoch = 1;
byte since[3];                  /* the hub's day from which the age of each settled commit counts */
#ifdef BUG_AGE_FROM_CAPTURE
byte captured_on[3];
#endif
#ifdef BUG_DELETE_FROM_MEMORY
byte remembered;                /* what an earlier answer said to be covered */
#endif

/* ---- the hub ---- */
byte hub_epoch = 1;
byte last;                      /* L */
byte covered;

typedef File { byte last; byte made_on }
File file[2];                   /* [0] the newest verified one */
File copying;                   /* not verified yet */
byte copying_epoch;             /* 0: no copy is being made */

byte today;
byte backups = BACKUPS;
byte restores = RESTORES;

/* ---- an answer under way, and a request that will come again ---- */
typedef Answer { byte epoch; byte last; byte upto; byte covered; byte day }
Answer down;                    /* epoch 0: none */
byte again_from; byte again_to;
bool again = true;              /* one may still be duplicated */
byte losses = 1;
byte spare = SPARE;

#define MAY_BE_RESTORED(f) ((f) == 0 || file[f].made_on + KEEP >= today)
#define TO_LEARN (settled < captured || epoch != hub_epoch)

#ifdef BUG_DELETE_ON_ACK
#define COVERED(number) true
#else
#define COVERED(number) ((number) <= down.covered)
#endif
#ifdef BUG_NO_AGE
#define OLD_ENOUGH(number, day) true
#elif defined(BUG_AGE_FROM_CAPTURE)
#define OLD_ENOUGH(number, day) (captured_on[number] + KEEP < (day))
#else
#define OLD_ENOUGH(number, day) (since[number] + KEEP < (day))
#endif

inline holds() {
    assert(deleted <= last);
    assert(deleted <= file[0].last);
    assert(!MAY_BE_RESTORED(1) || deleted <= file[1].last);
    assert(epoch != hub_epoch || settled <= last)
}

inline clear_answer() {
    down.epoch = 0; down.last = 0; down.upto = 0; down.covered = 0; down.day = 0
}

inline judge(from, to) {
    last = (from <= last + 1 && to > last -> to : last)
}

inline exchange() {
    judge(settled + 1, captured);
    printf("day %d: device asks in epoch %d with commits %d..%d; hub: epoch %d, last commit %d, covered %d\n",
        today, epoch, settled + 1, captured, hub_epoch, last, covered);
    if
    :: again && settled < captured ->
        again = false; again_from = settled + 1; again_to = captured;
        printf("day %d: that request will come a second time\n", today)
    :: true
    fi;
    down.epoch = hub_epoch;
    down.last = last;
    down.upto = (captured > last -> last : captured);
    down.covered = covered;
    down.day = today;
    holds()
}

inline count_age_from(number, day) {
    since[number] = day
}

inline delete_what_may_go() {
    do
    :: deleted < settled && COVERED(deleted + 1) && OLD_ENOUGH(deleted + 1, down.day) ->
        deleted++; since[deleted] = 0; printf("day %d: device deletes commit %d\n", today, deleted)
    :: else -> break
    od
}

/* One local transaction. */
inline absorb() {
    printf("day %d: device absorbs the answer of day %d: epoch %d, last commit %d, covered %d\n",
        today, down.day, down.epoch, down.last, down.covered);
    if
    :: down.epoch != epoch ->
        epoch = down.epoch;
        settled = (settled > down.last -> down.last : settled);
        n = deleted;
        do
        :: n < captured -> n++;
            if
            :: n > settled -> since[n] = 0
#ifndef BUG_AGE_ACROSS_EPOCHS
            :: n <= settled -> since[n] = down.day      /* backups of another history may lack it */
#endif
            :: else
            fi
        :: else -> n = 0; break
        od
    :: else
    fi;
    do
    :: settled < down.upto -> settled++; since[settled] = down.day
    :: else -> break
    od;
#ifdef BUG_DELETE_FROM_MEMORY
    remembered = down.covered;
#else
    delete_what_may_go();
#endif
    clear_answer();
    holds()
}

active proctype Device() {
    byte n;
end:
    do
    :: atomic { captured < N -> captured++;
#ifdef BUG_AGE_FROM_CAPTURE
        captured_on[captured] = today;
#endif
        printf("day %d: device captures commit %d\n", today, captured) }
    :: atomic { down.epoch == 0 && (TO_LEARN || spare > 0) -> spare = (TO_LEARN -> spare : spare - 1); exchange() }
    :: atomic { down.epoch != 0 -> absorb() }
    :: atomic { down.epoch != 0 && losses > 0 -> losses--; clear_answer(); printf("day %d: answer lost\n", today) }
#ifdef BUG_DELETE_FROM_MEMORY
    :: atomic { deleted < settled && deleted < remembered && OLD_ENOUGH(deleted + 1, today) ->
        deleted++; since[deleted] = 0; printf("day %d: device deletes commit %d\n", today, deleted); holds() }
#endif
    :: atomic { again_to > 0 ->
        judge(again_from, again_to); again_from = 0; again_to = 0;
        printf("day %d: a late duplicate reaches the hub; last commit %d\n", today, last); holds() }
    od
}

inline set_file(to, from) {
    to.last = from.last; to.made_on = from.made_on
}

inline end_copy() {
    copying.last = 0; copying.made_on = 0; copying_epoch = 0
}

inline verify() {
#ifdef BUG_COVERED_IS_NOW
    covered = last;
#else
    covered = copying.last;
#endif
    printf("day %d: backup of commits 1..%d is verified\n", today, copying.last);
    if
    :: set_file(file[1], file[0])
    :: true                                             /* another older one is kept */
    fi;
    set_file(file[0], copying);
    end_copy();
    holds()
}

inline restore(f) {
    restores--;
    hub_epoch++;
    last = file[f].last;
#ifdef BUG_COVERED_AFTER_RESTORE
    covered = last;
#else
    covered = 0;                /* until a backup of this history is verified: the newest file may be of another */
#endif
    printf("day %d: restore of the backup of day %d with commits 1..%d, epoch %d\n", today, file[f].made_on, last,
        hub_epoch);
    holds()
}

active proctype Operator() {
end:
    do
    :: atomic { backups > 0 && copying_epoch == 0 ->
        backups--; copying_epoch = hub_epoch; copying.last = last; copying.made_on = today;
        printf("day %d: backup of commits 1..%d begins\n", today, last) }
    :: atomic { copying_epoch == hub_epoch -> verify() }
    :: atomic { copying_epoch != 0 ->                   /* the copy is bad, or a restore came between */
#ifdef BUG_COVERED_UNVERIFIED
        covered = (copying_epoch == hub_epoch -> copying.last : covered);
#endif
        printf("day %d: backup given up\n", today);
        end_copy(); holds() }
    :: atomic { restores > 0 -> restore(0) }
#ifdef BUG_RESTORE_ANY_FILE
    :: atomic { restores > 0 -> restore(1) }
#endif
    :: atomic { restores > 0 && MAY_BE_RESTORED(1) -> restore(1) }
    :: atomic { today < DAYS -> today++; holds() }
    od
}

/* Where a run ends, everything is delivered. */
active proctype Watch() {
    timeout -> assert(settled == N && last == N && epoch == hub_epoch)
}
