/*
 * The exchange between one device and its hub: delivery, acknowledgement, restore.
 *
 * Covered
 *   - Capture, sealing and offering in order; one request under way at a time; an answer belongs to its request.
 *   - A network that loses, duplicates, delays and reorders. A request that was given up, or the duplicate of one,
 *     may reach the hub at any later time, also after a restore.
 *   - The device dies between receiving an answer and absorbing it: nothing is absorbed. The hub dies before its
 *     transaction (nothing happened) or after it (no answer).
 *   - Repeats: a commit up to the hub's last number L changes nothing and gets its verdict again.
 *   - Backup; restore of any backup, under a new epoch and generation. The device takes back its settled marks above
 *     L and offers those commits again.
 *   - With -DSILENT: the hub goes back to a backup without noticing, under the epoch of that backup, and the device's
 *     receipt proves to it that it lost something.
 *   - The cursor of one stream, which moves together with the rows.
 *
 * Bounds
 *   1 device, 3 commits, requests of one commit or of all that are left. 2 faults in any mixture: request lost,
 *   request duplicated, answer lost (or device died before absorbing it), hub died after its transaction, request
 *   given up while under way. 2 backups besides the empty hub of the start, any of which may be at hand (the latest
 *   and one older), 1 restore or silent loss, and 1 request for which there was no need. With 2 commits, 2 restores.
 *   `check --deep` goes to 3 commits, 3 faults, 2 restores.
 *
 * Not covered
 *   Deleting commits on the device (retention.pml), refusals, waiting, a second device (waiting.pml), copied stores
 *   (fork.pml), merging, scopes and pages, quarantine. Numbers of several devices are independent of each other, so
 *   one device stands for all here.
 *
 * Properties
 *   Assertions in `holds` and where something is absorbed or renewed. Liveness: no run goes on for ever (there is no
 *   cycle; `check` looks for them with -DNP, and so needs no assumption of fairness), and where a run ends everything
 *   is delivered and settled (`Watch`). Faults may cease at any moment (`healed`). A device asks as long as there is
 *   something to learn; more requests, which change nothing, are left out but for `spare` ones.
 */

#ifndef N
#define N        3              /* at most 3 */
#endif
#ifndef FAULTS
#define FAULTS   3
#endif
#ifndef BACKUPS
#define BACKUPS  2
#endif
#ifndef RESTORES
#define RESTORES 2
#endif

/* ---- the device ---- */
byte captured;                  /* commits 1..captured are on its disk */
byte settled;                   /* 1..settled have their verdict, under `epoch` */
byte epoch = 1;
byte cursor;                    /* position read in the stream */
byte rows;                      /* position that the rows show */
byte receipt;                   /* number in the latest signed receipt */
bool use_proof;                 /* the last answer had less than we have, under our epoch */
bool asking;                    /* a request is under way */
byte spare = 1;

/* ---- the hub ---- */
typedef History {
    byte epoch;
    byte generation;
    byte last;                  /* L */
    byte journal[4]             /* how often each commit was applied */
}
History hub;
History backup[2];              /* the latest, and an older one */

byte epochs = 1;                /* epochs given so far */
byte generations;               /* highest generation given so far */
bool silent_loss;               /* the hub lost its end and does not know it */
byte backups = BACKUPS;
byte restores = RESTORES;
byte faults = FAULTS;
bool healed;

/* ---- the network ---- */
typedef Request {
    bool there;
    bool live;                  /* the device listens for the answer */
    byte epoch;
    byte first; byte last;      /* commits first..last; none if first > last */
    byte cursor;
    byte proof                  /* number in the receipt; 0 for none */
}
Request up[2];

typedef Answer {
    bool there;
    byte epoch;
    byte last;                  /* L */
    byte first; byte upto;      /* verdicts for first..upto */
    byte from; byte head        /* what the stream has after `from`, up to `head` */
}
Answer down;

#define LIVE_UNDER_WAY ((up[0].there && up[0].live) || (up[1].there && up[1].live) || down.there)
#define TO_LEARN (settled < captured || settled > hub.last || epoch != hub.epoch || cursor != hub.last || use_proof)
#define DONE (captured == N && settled == N && hub.last == N && epoch == hub.epoch && rows == N)

inline copy_history(to, from) {
    to.epoch = from.epoch; to.generation = from.generation; to.last = from.last;
    to.journal[1] = from.journal[1]; to.journal[2] = from.journal[2]; to.journal[3] = from.journal[3]
}

inline clear_request(r) {
    r.there = false; r.live = false; r.epoch = 0; r.first = 0; r.last = 0; r.cursor = 0; r.proof = 0
}

inline clear_answer() {
    down.there = false; down.epoch = 0; down.last = 0; down.first = 0; down.upto = 0; down.from = 0; down.head = 0
}

/* What must hold after every step. */
inline holds() {
    /* What the device takes for settled under the hub's epoch, the hub has. Commits that are not settled are on the
       device, to be offered: so nothing captured is lost. */
    assert(epoch != hub.epoch || settled <= hub.last || silent_loss);
    /* The hub has what it says it has, and nothing twice. */
    assert((hub.last < 1 || hub.journal[1] == 1) && (hub.last < 2 || hub.journal[2] == 1)
        && (hub.last < 3 || hub.journal[3] == 1));
    assert(hub.journal[1] <= 1 && hub.journal[2] <= 1 && hub.journal[3] <= 1)
}

/* ---- the device ---- */

inline ask(slot, to) {
    printf("device: asks in epoch %d with commits %d..%d\n", epoch, settled + 1, to);
    up[slot].there = true;
    up[slot].live = true;
    up[slot].epoch = epoch;
    up[slot].first = settled + 1;
    up[slot].last = to;
    up[slot].cursor = cursor;
    up[slot].proof = (use_proof -> receipt : 0);
    asking = true;
#ifdef BUG_SETTLED_WHEN_SENT
    settled = (to > settled -> to : settled);
#endif
    holds()
}

/* One local transaction. */
inline absorb() {
    printf("device: absorbs: epoch %d, last commit %d, verdicts %d..%d\n",
        down.epoch, down.last, down.first, down.upto);
    if
    :: down.epoch == epoch && down.last < settled ->
        printf("device: the hub lost commits without a new epoch\n");
        use_proof = true                        /* and absorbs nothing else */
    :: else ->
        if
        :: down.epoch != epoch ->
            epoch = down.epoch;
            cursor = 0;
#ifndef BUG_NO_REWIND
            settled = (settled > down.last -> down.last : settled)
#endif
        :: else
        fi;
        use_proof = false;
        if
        :: down.upto > 0 ->
            settled = (down.upto > settled -> down.upto : settled);
            receipt = down.last
        :: else
        fi;
        assert(down.from <= rows);              /* no position is passed over */
        rows = down.head;
        cursor = down.head
    fi;
    clear_answer();
    asking = false;
    holds()
}

active proctype Device() {
end:
    do
    :: atomic { captured < N -> captured++; printf("device: captures commit %d\n", captured); holds() }
    :: atomic { !asking && !up[0].there && (TO_LEARN || spare > 0) ->
        spare = (TO_LEARN -> spare : spare - 1); ask(0, captured) }
    :: atomic { !asking && !up[0].there && captured > settled + 1 -> ask(0, settled + 1) }
    :: atomic { !asking && up[0].there && !up[1].there && TO_LEARN -> ask(1, captured) }
    :: atomic { asking && down.there -> absorb() }
    :: atomic { asking && !LIVE_UNDER_WAY -> asking = false }
#ifdef BUG_CURSOR_FIRST
    :: atomic { asking && down.there && faults > 0 && down.epoch == epoch && down.last >= settled ->
        printf("device: stores the cursor %d and dies\n", down.head);
        faults--; cursor = down.head; clear_answer(); asking = false }
#endif
    od
}

/* ---- the hub ---- */

inline renew_epoch() {
    epochs++;
    hub.epoch = epochs;
#ifdef BUG_GENERATION_OF_COPY
    hub.generation++;
#else
    hub.generation = generations + 1;
#endif
    printf("hub: epoch %d, generation %d, last commit %d\n", hub.epoch, hub.generation, hub.last);
    assert(hub.generation > generations);       /* versions of two histories never look alike */
    generations = hub.generation
}

/* One transaction: the proof, then the commits in order. Commits of a request with another epoch may be judged or left
   for the next request; nothing here depends on it (in waiting.pml and fork.pml it does). */
inline transact(slot) {
    if
#ifdef BUG_PROOF_OF_ANY_EPOCH
    :: up[slot].proof > hub.last ->
#else
    :: up[slot].proof > hub.last && up[slot].epoch == hub.epoch ->
#endif
        printf("hub: a receipt proves that commit %d was here\n", up[slot].proof);
        assert(silent_loss);                    /* the epoch is not renewed without need */
        silent_loss = false;
        renew_epoch()
    :: else
    fi;
    n = up[slot].first;
    if
    :: true
    :: up[slot].epoch != hub.epoch -> n = N + 1
    fi;
    do
    :: n > up[slot].last || n > hub.last + 1 -> break
    :: n <= up[slot].last && n <= hub.last ->
#ifdef BUG_REPEAT_APPLIED
        hub.journal[n]++;
#endif
        n++
    :: n <= up[slot].last && n == hub.last + 1 ->
        printf("hub: commit %d in epoch %d\n", n, hub.epoch);
        hub.journal[n]++;
        hub.last = n;
        n++
#ifdef BUG_POSITION_APART
    :: n <= up[slot].last && n == hub.last + 1 && faults > 0 ->
        printf("hub: dies between the journal and L, at commit %d\n", n);
        faults--; hub.journal[n]++; break
#endif
    od;
    n = 0
}

inline answer(slot) {
    if
    :: !down.there && up[slot].live ->
        down.there = true;
        down.epoch = hub.epoch;
        down.last = hub.last;
        down.first = up[slot].first;
        down.upto = (up[slot].last < hub.last -> up[slot].last : hub.last);
        down.upto = (down.upto < down.first -> 0 : down.upto);
        down.from = (up[slot].epoch == hub.epoch && up[slot].cursor <= hub.last -> up[slot].cursor : 0);
        down.head = hub.last
    :: else
    fi
}

active proctype Hub() {
    byte n;
end:
    do
    :: atomic { up[0].there -> transact(0); answer(0); clear_request(up[0]); holds() }
    :: atomic { up[1].there -> transact(1); answer(1); clear_request(up[1]); holds() }
    :: atomic { up[0].there && faults > 0 ->    /* before its transaction it is the same as a lost request */
        faults--; transact(0); clear_request(up[0]); printf("hub: dies after its transaction\n"); holds() }
    od
}

/* ---- faults ---- */

active proctype Network() {
end:
    do
    :: atomic { faults > 0 && up[0].there -> faults--; clear_request(up[0]); printf("network: request lost\n") }
    :: atomic { faults > 0 && up[0].there && !up[1].there ->    /* nobody listens for the answer to the second */
        printf("network: request duplicated\n");
        faults--;
        up[1].there = true; up[1].live = false; up[1].epoch = up[0].epoch; up[1].first = up[0].first;
        up[1].last = up[0].last; up[1].cursor = up[0].cursor; up[1].proof = up[0].proof }
    :: atomic { faults > 0 && asking && !down.there && (up[0].there || up[1].there) ->
        printf("device: gives its request up, while it is under way\n");
        faults--; asking = false; up[0].live = false; up[1].live = false }
    :: atomic { faults > 0 && down.there -> faults--; clear_answer(); printf("network: answer lost\n") }
    :: atomic { !healed -> healed = true; faults = 0; restores = 0; printf("network: no more faults\n") }
    od
}

/* ---- the operator ---- */

inline go_back_to(b) {
    restores--;
    copy_history(hub, b);
#ifdef SILENT
    silent_loss = true;
    printf("hub: silently back in epoch %d at commit %d\n", hub.epoch, hub.last);
#else
    printf("operator: restores a backup\n");
    renew_epoch();
#endif
    holds()
}

active proctype Operator() {
    atomic { hub.epoch = 1; backup[0].epoch = 1; backup[1].epoch = 1 };
end:
    do
    :: atomic { backups > 0 ->
        printf("operator: backup of commits 1..%d\n", hub.last);
        backups--;
        if
        :: copy_history(backup[1], backup[0])
        :: true
        fi;
        copy_history(backup[0], hub) }
    :: atomic { restores > 0 -> go_back_to(backup[0]) }
    :: atomic { restores > 0 -> go_back_to(backup[1]) }
    od
}

/* Where a run ends, everything is delivered. */
active proctype Watch() {
    timeout -> assert(DONE)
}
