/*
 * Refusal, waiting and the tray, with two devices, through backup and restore.
 *
 * Device A creates record r with commit A1 and goes on from it with A2. When A1 is refused, the rep hands it to the
 * office, discards it, or captures it again, corrected, as A3. Device B, once it has r, captures B1, which changes r.
 *
 * Covered
 *   - What is handed to the office may still be discarded, but not be captured again. Discarded, or captured again, is
 *     the last word. That it was captured again is told when the new commit has its verdict.
 *   - Each planning of A1 or A3 may end in acceptance or refusal: the hub's state differs from one history to the
 *     next.
 *   - A2 and B1 wait for r while r may arrive: while the hub is recovering, or while a refused commit of any device
 *     that would create r is neither discarded nor captured again. They are released when r comes, and refused when
 *     it cannot.
 *   - The office accepts what was handed to it, at any time, but not what a device still has to confirm after a
 *     restore.
 *   - Dispositions (`tray`) and questions (`open`), lost answers, one request of A that reaches the hub a second time
 *     at any later moment, also after a restore.
 *   - Restore: new epoch; each device offers again what is above L, refused ones with their code and disposition
 *     (`given`), so that they are refused again without being planned; it sends all its dispositions again and asks
 *     again about all commits up to L, because the hub may have gone back behind an answer.
 *   - Recovery ends when each device has sent a request of the present epoch with nothing left over, or by hand.
 *   - A hub applies nothing of a request that was made in another epoch; its answer tells the present one.
 *
 * Bounds
 *   2 devices, 4 commits, 1 record, 2 backups besides the empty hub, of which the last is restored, 1 restore, 2 lost
 *   answers, 1 late duplicate. Each exchange offers everything that is left and is one step, but for its answer:
 *   absorbing changes the device only, so nothing is hidden by that. `check --deep` goes to 2 restores.
 *
 * Not covered
 *   Networks in detail and the death of processes (exchange.pml), deletion on devices (retention.pml), copies of
 *   stores (fork.pml), visibility and roles, several records that wait for each other, refusal of A2 or B1 for other
 *   reasons. A restored hub waits for both devices: it cannot wait for one that it does not know. With
 *   -DUNKNOWN_DEVICE it does not know A when the backup has nothing of A, and B1 is refused though A will bring r.
 *   `check` expects to find that.
 *
 * Properties
 *   After every step: what is settled under the hub's epoch is in the hub; A1 and A3 never both count; what was
 *   discarded, and confirmed, is not accepted, unless the office closed the recovery by hand; nothing is refused for
 *   want of r while a person may still bring r, with the same exception. Where a run ends (and every run ends, there
 *   is no cycle), nothing waits, every commit has a verdict, devices and hub agree on all verdicts and dispositions.
 *
 * In what `check` prints, commits are 0 A1, 1 A2, 2 A3, 3 B1; verdicts 0 none, 1 accepted, 2 waiting, 3 refused.
 */

#ifndef BACKUPS
#define BACKUPS  2
#endif
#ifndef RESTORES
#define RESTORES 1
#endif
#ifndef LOSSES
#define LOSSES   2
#endif

#define A1 0
#define A2 1
#define A3 2
#define B1 3

/* verdicts; NONE is also "not there" */
#define NONE     0
#define ACCEPTED 1
#define WAITING  2
#define REFUSED  3

/* dispositions */
#define OFFICE      1
#define DISCARDED   2
#define RESUBMITTED 3

/* ---- the hub ---- */
typedef History {
    byte verdict[4];
    byte disposition[4]         /* of A1 and A3 */
}
History hub;
History backup;
byte hub_epoch = 1;
bool a_is_back = true;          /* has sent everything under the present epoch */
bool b_is_back = true;
bool closed;                    /* recovery was ended by hand */

#define R_IS_THERE (hub.verdict[A1] == ACCEPTED || hub.verdict[A3] == ACCEPTED)
#define RECOVERING (hub_epoch > 1 && !closed && !(a_is_back && b_is_back))
#ifdef BUG_RESUBMITTED_MAY_ARRIVE
#define STANDS(c) (hub.verdict[c] == REFUSED && hub.disposition[c] != DISCARDED)
#else
#define STANDS(c) (hub.verdict[c] == REFUSED && hub.disposition[c] != DISCARDED && hub.disposition[c] != RESUBMITTED)
#endif
#ifdef BUG_WAITS_FOR_OWN_DEVICE_ONLY
#define MAY_ARRIVE(c) (RECOVERING || ((c) != B1 && (STANDS(A1) || STANDS(A3))))
#else
#define MAY_ARRIVE(c) (RECOVERING || STANDS(A1) || STANDS(A3))
#endif

/* ---- the devices ---- */
byte captured;                  /* of A: A1, A2, A3 in this order */
byte settled;
byte known[4];                  /* verdicts on the devices' disks */
byte decided[4];                /* the rep's word on A1 and A3 */
bool confirmed[4];              /* the hub has that word */
bool ask_again[4];              /* what became of it under the new epoch? */
byte epoch_a = 1;
bool b_has_r;
bool b_captured;
bool b_settled;
byte epoch_b = 1;

/* ---- the rest ---- */
byte backups = BACKUPS;
byte restores = RESTORES;
byte losses = LOSSES;
bool was_discarded[4];          /* the hub confirmed that it is discarded */
bool duplicate = true;          /* one request may still be duplicated */
typedef Late { byte epoch; byte first; byte last; byte given; byte given_word; byte tray }
Late late;                      /* epoch 0: none */

/* Could r still come, for all that people have decided? */
#define UNDECIDED(c) (captured > (c) && decided[c] != DISCARDED && decided[c] != RESUBMITTED)
#define R_CAN_COME (UNDECIDED(A1) || UNDECIDED(A3))

#define TRAY_TO_SEND(c) (decided[c] != NONE && !confirmed[c] && (decided[c] != RESUBMITTED || settled > A3))
#ifdef BUG_TRAY_OF_ACCEPTED_IGNORED
#define TRAY_IS_ANSWERED(c) (TRAY_TO_SEND(c) && hub.verdict[c] == REFUSED)
#else
#define TRAY_IS_ANSWERED(c) TRAY_TO_SEND(c)
#endif
#define OPEN(c) (known[c] == WAITING || (known[c] == REFUSED && (c == A1 || c == A3) && decided[c] == OFFICE))
#define NEWS(c) ((OPEN(c) && hub.verdict[c] != known[c]) || ask_again[c])
#define A_TO_LEARN ((hub_epoch > 1 && !a_is_back) || settled < captured || epoch_a != hub_epoch || \
    TRAY_TO_SEND(A1) || TRAY_TO_SEND(A3) || NEWS(A1) || NEWS(A2) || NEWS(A3))
#define B_TO_LEARN ((hub_epoch > 1 && !b_is_back) || (b_captured && !b_settled) || epoch_b != hub_epoch || \
    NEWS(B1) || (R_IS_THERE && !b_has_r))

inline holds() {
    /* What is settled under the hub's epoch, the hub has; the rest is on the device, to be offered: nothing is lost. */
    assert(epoch_a != hub_epoch || settled < 1 || hub.verdict[A1] != NONE);
    assert(epoch_a != hub_epoch || settled < 2 || hub.verdict[A2] != NONE);
    assert(epoch_a != hub_epoch || settled < 3 || hub.verdict[A3] != NONE);
    assert(epoch_b != hub_epoch || !b_settled || hub.verdict[B1] != NONE);
    /* The same work never counts twice, and what was discarded stays so. */
    assert(!(hub.verdict[A1] == ACCEPTED && hub.verdict[A3] == ACCEPTED));
    assert(!(was_discarded[A1] && hub.verdict[A1] == ACCEPTED));
    assert(!(was_discarded[A3] && hub.verdict[A3] == ACCEPTED))
}

/* ---- the hub ---- */

/* Release what waits for r, or refuse what waits in vain. */
inline settle_waiting(c) {
    if
    :: hub.verdict[c] == WAITING && R_IS_THERE ->
#ifdef BUG_WAITING_DROPPED
        hub.verdict[c] = NONE;
#else
        hub.verdict[c] = ACCEPTED;
#endif
        printf("hub: commit %d is released\n", c)
    :: hub.verdict[c] == WAITING && !R_IS_THERE && !MAY_ARRIVE(c) ->
        printf("hub: commit %d is refused, nothing may bring r\n", c);
        assert(closed || !R_CAN_COME);          /* nothing is refused that may only have to wait */
        hub.verdict[c] = REFUSED
    :: else
    fi
}

inline settle_all_waiting() {
    settle_waiting(A2);
    settle_waiting(B1)
}

/* A commit that is next in its chain. */
inline judge(c, code, word) {
    if
    :: code == REFUSED ->                       /* by a lost history: journalled again, not planned */
        hub.verdict[c] = REFUSED;
        hub.disposition[c] = word
    :: else ->
        if
        :: c == A1 || c == A3 ->
            if
            :: hub.verdict[c] = ACCEPTED
            :: hub.verdict[c] = REFUSED
            fi
        :: else ->
            hub.verdict[c] = WAITING            /* for the rest of the transaction; then settle_all_waiting */
        fi
    fi;
    printf("hub: takes commit %d, verdict %d\n", c, hub.verdict[c])
}

#ifdef BUG_DISCARDED_NOT_LAST
#define MAY_REPLACE(word) true
#else
#define MAY_REPLACE(word) ((word) == NONE || (word) == OFFICE)
#endif

inline set_disposition(c, word) {
    if
    :: word != NONE && hub.verdict[c] == REFUSED && MAY_REPLACE(hub.disposition[c]) ->
        hub.disposition[c] = word
    :: else
    fi
}

#ifdef BUG_RETRY_BEFORE_DEVICE_IS_BACK
#define MAY_RETRY true
#else
#define MAY_RETRY (a_is_back || closed)
#endif

#define HANDED_OVER(c) (hub.verdict[c] == REFUSED && hub.disposition[c] == OFFICE && MAY_RETRY)

active proctype Office() {
    byte c;
end:
    do
    :: atomic { HANDED_OVER(A1) || HANDED_OVER(A3) || RECOVERING ->
        if
        :: HANDED_OVER(A1) -> c = A1
        :: HANDED_OVER(A3) -> c = A3
        :: RECOVERING -> c = B1
        fi;
        if
        :: c == B1 -> closed = true; printf("office: closes the recovery\n")
        :: else ->
            printf("office: accepts commit %d\n", c);
            was_discarded[c] = was_discarded[c] && !closed;
            hub.verdict[c] = ACCEPTED;
            hub.disposition[c] = NONE
        fi;
        c = 0;
        settle_all_waiting();
        holds() }
    od
}

inline copy_history(to, from) {
    to.verdict[A1] = from.verdict[A1]; to.verdict[A2] = from.verdict[A2];
    to.verdict[A3] = from.verdict[A3]; to.verdict[B1] = from.verdict[B1];
    to.disposition[A1] = from.disposition[A1]; to.disposition[A3] = from.disposition[A3]
}

active proctype Operator() {
end:
    do
    :: atomic { backups > 0 && restores > 0 ->
        backups--; copy_history(backup, hub); printf("operator: backup\n") }
    :: atomic { restores > 0 ->
        restores--; copy_history(hub, backup); hub_epoch++;
#ifdef UNKNOWN_DEVICE
        a_is_back = backup.verdict[A1] == NONE;
#else
        a_is_back = false;
#endif
        b_is_back = false; closed = false;
        printf("operator: restores the backup; epoch %d\n", hub_epoch); holds() }
    :: atomic { restores > 0 -> restores = 0; backups = 0 }
    od
}

/* ---- device A ---- */

inline judge_a(from, to, code, word) {
    c = from;
    do
    :: c < to ->
        if
        :: hub.verdict[c] == NONE && (c == A1 || hub.verdict[c - 1] != NONE) ->
            if
            :: c == A1 -> judge(c, code, word)
            :: c == A2 && known[A2] == REFUSED -> judge(c, REFUSED, NONE)
            :: c == A3 && known[A3] == REFUSED -> judge(c, REFUSED, decided[A3])
            :: else -> judge(c, NONE, NONE)
            fi
        :: else                                 /* a repeat */
        fi;
        c++
    :: else -> c = 0; break
    od
}

inline learn(c) {
    if
    :: known[c] != hub.verdict[c] && hub.verdict[c] != REFUSED && (c == A1 || c == A3) ->
        decided[c] = NONE; was_discarded[c] = false
    :: else
    fi;
    known[c] = hub.verdict[c];
    ask_again[c] = false
}

inline learn_disposition(c) {
    if
    :: known[c] == REFUSED && decided[c] == hub.disposition[c] && decided[c] != NONE ->
        confirmed[c] = true;
        was_discarded[c] = was_discarded[c] || decided[c] == DISCARDED
    :: known[c] == REFUSED && decided[c] == NONE ->
        decided[c] = hub.disposition[c];
        confirmed[c] = decided[c] != NONE
    :: else -> confirmed[c] = false
    fi
}

inline take_back() {
    epoch_a = hub_epoch;
    printf("device A: a new epoch; settled commits: %d\n", settled);
    n = 0;
    do
    :: n < 3 ->
        ask_again[n] = n < settled && hub.verdict[n] != NONE;
        if
        :: n < settled && hub.verdict[n] == NONE -> settled = n
        :: else
        fi;
        n++
    :: else -> n = 0; break
    od;
#ifndef BUG_DISPOSITIONS_NOT_SENT_AGAIN
    confirmed[A1] = false;
    confirmed[A3] = false;
#endif
#ifdef BUG_VERDICTS_NOT_ASKED_AGAIN
    ask_again[A1] = false; ask_again[A2] = false; ask_again[A3] = false
#endif
}

inline exchange_a() {
    printf("device A: asks in epoch %d with commits %d..%d\n", epoch_a, settled, captured - 1);
    if
    :: duplicate && settled < captured ->
        duplicate = false;
        late.epoch = epoch_a; late.first = settled; late.last = captured;
        late.given = (settled == A1 && known[A1] == REFUSED -> REFUSED : NONE);
        late.given_word = (late.given == REFUSED -> decided[A1] : NONE);
        late.tray = (TRAY_TO_SEND(A1) -> decided[A1] : NONE);
        printf("device A: that request will come a second time\n")
    :: true
    fi;
    if
#ifdef BUG_OTHER_EPOCH_IS_BACK
    :: true ->
#else
    :: epoch_a == hub_epoch ->
#endif
        if
        :: epoch_a == hub_epoch ->
            judge_a(settled, captured, known[A1], decided[A1]);
            n = (TRAY_TO_SEND(A1) -> decided[A1] : NONE);
            set_disposition(A1, n);
            n = (TRAY_TO_SEND(A3) -> decided[A3] : NONE);
            set_disposition(A3, n)
        :: else
        fi;
        a_is_back = true;
        settle_all_waiting()
    :: else
    fi;
    if
    :: losses > 0 -> losses--; printf("device A: answer lost\n")
    :: epoch_a == hub_epoch ->
        n = settled;
        do
        :: n < captured && hub.verdict[n] != NONE -> learn(n); n++
        :: else -> break
        od;
        settled = n;
        n = 0;
        do
        :: n < 3 ->
            if
            :: n < settled && (OPEN(n) || ask_again[n] || TRAY_IS_ANSWERED(n)) -> learn(n)
            :: else
            fi;
            n++
        :: else -> n = 0; break
        od;
        learn_disposition(A1);
        learn_disposition(A3);
        printf("device A: knows %d %d %d\n", known[A1], known[A2], known[A3])
    :: epoch_a != hub_epoch -> take_back()
    fi;
    holds()
}

inline decide(c, word) {
    decided[c] = word;
    confirmed[c] = false;
    printf("rep: decides about commit %d: %d (1 office, 2 discarded, 3 captured again)\n", c, word)
}

active proctype DeviceA() {
    byte n; byte c;
end:
    do
    :: atomic { captured < 2 -> captured++; printf("device A: captures commit %d\n", captured - 1); holds() }
    :: atomic { A_TO_LEARN -> exchange_a() }
    :: atomic { known[A1] == REFUSED && decided[A1] == NONE && !ask_again[A1] && settled > A1 ->
        if
        :: decide(A1, OFFICE)
        :: decide(A1, DISCARDED)
        :: captured == 2 -> decide(A1, RESUBMITTED); captured = 3
        fi;
        holds() }
    :: atomic { known[A1] == REFUSED && decided[A1] == OFFICE && !ask_again[A1] -> decide(A1, DISCARDED); holds() }
#ifdef BUG_CAPTURED_AGAIN_AFTER_OFFICE
    :: atomic { known[A1] == REFUSED && decided[A1] == OFFICE && !ask_again[A1] && captured == 2 ->
        decide(A1, RESUBMITTED); captured = 3; holds() }
#endif
    :: atomic { known[A3] == REFUSED && decided[A3] == NONE && !ask_again[A3] && settled > A3 ->
        if
        :: decide(A3, OFFICE)
        :: decide(A3, DISCARDED)
        fi;
        holds() }
    :: atomic { late.epoch != 0 ->
        printf("network: A's late duplicate of epoch %d reaches the hub\n", late.epoch);
        if
#ifndef BUG_OTHER_EPOCH_JUDGED
        :: late.epoch != hub_epoch
#endif
        :: else ->
            judge_a(late.first, late.last, late.given, late.given_word);
            set_disposition(A1, late.tray);
            settle_all_waiting()
        fi;
        late.epoch = 0; late.first = 0; late.last = 0; late.given = 0; late.given_word = 0; late.tray = 0;
        holds() }
    od
}

/* ---- device B ---- */

inline exchange_b() {
    printf("device B: asks in epoch %d with %d commits\n", epoch_b, (b_captured && !b_settled -> 1 : 0));
    if
    :: epoch_b == hub_epoch ->
        if
        :: b_captured && hub.verdict[B1] == NONE ->
            judge(B1, (known[B1] == REFUSED -> REFUSED : NONE), NONE)
        :: else
        fi;
        b_is_back = true;
        settle_all_waiting()
    :: else
    fi;
    if
    :: losses > 0 -> losses--; printf("device B: answer lost\n")
    :: epoch_b == hub_epoch ->
        b_has_r = b_has_r || R_IS_THERE;
        b_settled = b_captured;
        learn(B1);
        printf("device B: knows %d\n", known[B1])
    :: epoch_b != hub_epoch ->
        epoch_b = hub_epoch;
        ask_again[B1] = b_settled && hub.verdict[B1] != NONE;
        b_settled = b_settled && hub.verdict[B1] != NONE;
        printf("device B: a new epoch; settled: %d\n", b_settled)
    fi;
    holds()
}

active proctype DeviceB() {
end:
    do
    :: atomic { b_has_r && !b_captured ->
        b_captured = true; printf("device B: captures B1, which changes r\n"); holds() }
    :: atomic { B_TO_LEARN -> exchange_b() }
    od
}

#define AGREE(c) (known[c] == hub.verdict[c])
#define SETTLED_WORD(c) (known[c] != REFUSED || (decided[c] == hub.disposition[c] && decided[c] != NONE))

active proctype Watch() {
    timeout ->
        assert(settled == captured && captured >= 2 && b_settled == b_captured);
        assert(hub.verdict[A2] != WAITING && hub.verdict[B1] != WAITING);
        assert(AGREE(A1) && AGREE(A2) && AGREE(A3) && AGREE(B1));
        assert(SETTLED_WORD(A1) && SETTLED_WORD(A3))
}
