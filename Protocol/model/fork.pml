/*
 * Copied and rolled-back stores: forks, re-identification, and restore of the hub while copies are about.
 *
 * Covered
 *   - A store is copied at any moment: between sealing, sending, the answer, and each step of re-identification. Copy
 *     and original both go on; or the original is no more, and then the copy is a store that was rolled back.
 *   - The hub compares content: another commit under a number it has, or another one before, is `forked_at`.
 *   - Re-identification: the secret of the new identity is stored first (so a copy may hold it too), the hub enrols
 *     it, and the store moves what has no verdict to it, with new numbers. A fork in a past identity moves to the
 *     present one. Settled commits stay under the old identity, which the store keeps.
 *   - Only `forked_at` makes a store move anything. A last commit above its own highest tells that it is a copy, but
 *     what it still holds may have been delivered by the other one, and must be offered under the old identity first.
 *   - Restore, with any number of identities to reconcile, also those that the backup does not know and that are
 *     brought back. The answer has the chain hash of L. If that is on the store's own chain, commits above L are
 *     offered again; otherwise all that it keeps, because the hub may have taken the other copy's commits under these
 *     numbers.
 *   - One request that reaches the hub a second time at any later moment, and lost answers. A hub judges no commits
 *     of a request that was made in another epoch.
 *
 * Bounds
 *   2 stores (1 copy), 3 commits, 4 identities, 1 backup besides the hub of the start, 1 restore, 1 lost answer, 1
 *   late duplicate, 1 store that is no more. Requests offer one commit; an exchange is one step but for its answer.
 *   `check --deep` goes to 4 commits. `check` also runs 3 stores without restore, and `check --deep` with it, both
 *   with -DORIGIN: the hub recognises a commit by the chain hash that it had when it was first sealed. Without that,
 *   two copies of a store that holds forked, unsent commits deliver these twice, under two new identities. `check`
 *   expects to find that.
 *
 * Not covered
 *   Verdicts other than accepted (waiting.pml), deletion on devices (retention.pml), the network in detail
 *   (exchange.pml), `undo` of a commit that is not sealed yet: commits are numbered when they are captured. Commits
 *   that only a store had which is no more, and that no backup has, are lost.
 *
 * Properties
 *   After every step: what a store takes for settled under the hub's epoch is in the hub, with that content; no
 *   commit took effect twice; no number has had two contents in one history. Where a run ends (and every run ends,
 *   there is no cycle), all that any store holds took effect exactly once, and nothing is left to offer.
 */

#ifndef STORES
#define STORES   2
#endif
#ifndef WORK
#define WORK     4              /* commits captured in all, on any store. A commit keeps its name under any number */
#endif
#ifndef RESTORES
#define RESTORES 1
#endif
#ifndef LOSSES
#define LOSSES   1
#endif
#ifndef LATE
#define LATE     1
#endif
#ifndef ENDS
#define ENDS     1
#endif
#ifndef IDS
#define IDS      4
#endif
#define NOBODY   255

/* A chain of commits under one identity: at[n - 1] names the commit with number n. Two chains that name the same commit
   at n are the same up to n, as with chain hashes. */
typedef Chain { byte at[WORK] }

typedef Store {
    bool there;
    byte identity;              /* under which it captures */
    byte prepared;              /* identity whose secret is stored but not yet used; NOBODY */
    byte forked;                /* identity that left the hub's chain; NOBODY */
    Chain chain[IDS];
    byte sealed[IDS];           /* numbers 1..sealed exist */
    byte settled[IDS];          /* 1..settled have their verdict, under epoch */
    byte epoch[IDS]             /* in which this identity was last reconciled; 0: not this store's, or not yet */
}
Store store[STORES];

typedef History {
    bool known[IDS];
    byte last[IDS];             /* L */
    Chain chain[IDS];           /* the journal */
    byte applied[WORK + 1]      /* how often each commit took effect */
}
History hub;
History backup;
byte hub_epoch = 1;

byte stores = 1;                /* that have been so far */
byte captured;
byte identities = 1;
byte losses = LOSSES;
byte restores = RESTORES;
byte backups = 1;
bool may_end = ENDS;            /* one store may still be lost */
bool duplicate = LATE;
typedef Late { byte epoch; byte id; byte nth; byte name; byte prior }
Late late;                      /* epoch 0: none */

#define UNSETTLED(s, i) (store[s].settled[i] < store[s].sealed[i])
#define NEEDS(s, i) (store[s].there && store[s].forked == NOBODY && MINE(s, i) && \
    (UNSETTLED(s, i) || store[s].epoch[i] != hub_epoch))
#define MINE(s, i) (store[s].sealed[i] > 0 || store[s].identity == (i))

inline holds() {
    d_step {
        s = 0;
        do
        :: s < STORES ->
            k = 0;
            do
            :: k < IDS ->
                n = 0;
                do
                :: n < store[s].settled[k] && store[s].epoch[k] == hub_epoch ->
                    /* what is settled under the hub's epoch is in the hub, with this content */
                    assert(hub.chain[k].at[n] == store[s].chain[k].at[n]);
                    n++
                :: else -> break
                od;
                k++
            :: else -> break
            od;
            s++
        :: else -> break
        od;
        n = 1;
        do
        :: n <= WORK -> assert(hub.applied[n] <= 1); n++        /* nothing twice */
        :: else -> break
        od;
        s = 0; k = 0; n = 0
    }
}

/* The hub judges one commit; `said`: 0 nothing, 1 verdict, 2 forked_at. */
inline judge(who, num, what, previous) {
    said = 0;
    if
    :: !hub.known[who] || num > hub.last[who] + 1
    :: hub.known[who] && num <= hub.last[who] ->
#ifdef BUG_REPEAT_NOT_COMPARED
        said = 1
#else
        said = (hub.chain[who].at[num - 1] == what -> 1 : 2)
#endif
    :: hub.known[who] && num == hub.last[who] + 1 ->
        if
        :: num > 1 && hub.chain[who].at[num - 2] != previous -> said = 2
        :: else ->
            assert(hub.chain[who].at[num - 1] == 0);           /* one content for one number */
            hub.chain[who].at[num - 1] = what;
            hub.last[who] = num;
#ifdef ORIGIN
            hub.applied[what] = 1;              /* its origin is known: it has its verdict and changes nothing */
#else
            hub.applied[what]++;
#endif
            said = 1;
            printf("hub: takes commit %d as number %d of identity %d\n", what, num, who)
        fi
    fi
}

inline exchange(x, i) {
    printf("store %d: asks as identity %d in epoch %d, settled %d of %d\n", x, i, store[x].epoch[i],
        store[x].settled[i], store[x].sealed[i]);
    if
    :: !hub.known[i] -> hub.known[i] = true; printf("store %d: brings identity %d back\n", x, i)
    :: else
    fi;
    n = store[x].settled[i] + 1;
    said = 0;
    if
    :: store[x].epoch[i] == hub_epoch && n <= store[x].sealed[i] ->
        if
        :: n > 1 -> k = store[x].chain[i].at[n - 2]
        :: else -> k = 0
        fi;
        if
        :: duplicate -> duplicate = false;
            late.epoch = hub_epoch; late.id = i; late.nth = n;
            late.name = store[x].chain[i].at[n - 1]; late.prior = k;
            printf("store %d: that request will come a second time\n", x)
        :: true
        fi;
        what = store[x].chain[i].at[n - 1]; judge(i, n, what, k); what = 0
    :: else
    fi;
    if
    :: losses > 0 -> losses--; printf("store %d: answer lost\n", x)
    :: true ->
        if
        :: store[x].epoch[i] != hub_epoch ->
            store[x].epoch[i] = hub_epoch;
            k = hub.last[i];
            if
            :: k == 0 -> store[x].settled[i] = 0
#ifndef BUG_CHAIN_OF_L_NOT_COMPARED
            :: k > 0 && (k > store[x].sealed[i] || store[x].chain[i].at[k - 1] != hub.chain[i].at[k - 1]) ->
                store[x].settled[i] = 0                         /* everything it keeps is offered again */
#endif
            :: else -> store[x].settled[i] = (store[x].settled[i] > k -> k : store[x].settled[i])
            fi;
            printf("store %d: identity %d in epoch %d; L is %d, settled %d\n", x, i, hub_epoch, hub.last[i],
                store[x].settled[i])
        :: else ->
            if
            :: said == 1 -> store[x].settled[i] = n
            :: said == 2 -> store[x].forked = i; printf("store %d: identity %d forked at %d\n", x, i, n)
            :: else
            fi
        fi;
#ifdef BUG_COPY_MOVES_UNTRIED
        if
        :: hub.last[i] > store[x].sealed[i] && UNSETTLED(x, i) ->
            store[x].forked = i; printf("store %d: identity %d has more at the hub: a copy\n", x, i)
        :: else
        fi
#endif
    fi;
    k = 0; n = 0; said = 0;
    holds()
}

/* What has no verdict goes to the present identity, or to a new one when it was the present one that forked. */
#define MAY_MOVE(s) (store[s].forked != NOBODY && (store[s].forked != store[s].identity || \
    (store[s].prepared != NOBODY && hub.known[store[s].prepared])))

inline move(x, to) {
    s = store[x].forked;
#ifdef BUG_MOVES_SETTLED
    k = 0;
#else
    k = store[x].settled[s];
#endif
    n = k;
    do
    :: n < store[x].sealed[s] ->
        assert(store[x].sealed[to] < WORK);
        store[x].chain[to].at[store[x].sealed[to]] = store[x].chain[s].at[n];
        store[x].sealed[to]++;
        store[x].chain[s].at[n] = 0;
        n++
    :: else -> break
    od;
    store[x].sealed[s] = k;
    store[x].settled[s] = (store[x].settled[s] > k -> k : store[x].settled[s]);
    store[x].identity = to;
    store[x].forked = NOBODY;
    store[x].prepared = NOBODY;
    printf("store %d: moves what is unsettled from identity %d to %d\n", x, s, to);
    holds()
}

inline copy_store(x, y) {
    d_step {
        store[y].there = true;
        store[y].identity = store[x].identity;
        store[y].prepared = store[x].prepared;
        store[y].forked = store[x].forked;
        k = 0;
        do
        :: k < IDS ->
            store[y].sealed[k] = store[x].sealed[k];
            store[y].settled[k] = store[x].settled[k];
            store[y].epoch[k] = store[x].epoch[k];
            n = 0;
            do
            :: n < WORK -> store[y].chain[k].at[n] = store[x].chain[k].at[n]; n++
            :: else -> break
            od;
            k++
        :: else -> break
        od;
        k = 0; n = 0
    }
    printf("store %d: is copied to store %d\n", x, y)
}

inline copy_history(to, from) {
    d_step {
        k = 0;
        do
        :: k < IDS ->
            to.known[k] = from.known[k];
            to.last[k] = from.last[k];
            n = 0;
            do
            :: n < WORK -> to.chain[k].at[n] = from.chain[k].at[n]; n++
            :: else -> break
            od;
            k++
        :: else -> break
        od;
        n = 1;
        do
        :: n <= WORK -> to.applied[n] = from.applied[n]; n++
        :: else -> break
        od;
        k = 0; n = 0
    }
}

proctype Use(byte me) {
    byte s; byte k; byte n; byte said; byte what; byte id;
end:
    do
    :: atomic { store[me].there && captured < WORK && store[me].forked == NOBODY ->
        captured++;
        k = store[me].identity;
        store[me].chain[k].at[store[me].sealed[k]] = captured;
        store[me].sealed[k]++;
        printf("store %d: captures commit %d as number %d of identity %d\n", me, captured, store[me].sealed[k], k);
        k = 0;
        holds() }
    :: atomic { NEEDS(me, 0) || NEEDS(me, 1) || NEEDS(me, 2) || NEEDS(me, 3) ->
        if
        :: NEEDS(me, 0) -> id = 0
        :: NEEDS(me, 1) -> id = 1
        :: NEEDS(me, 2) -> id = 2
        :: NEEDS(me, 3) -> id = 3
        fi;
        exchange(me, id);
        id = 0 }
    :: atomic { store[me].there && store[me].forked == store[me].identity && store[me].prepared == NOBODY ->
        assert(identities < IDS);
        store[me].prepared = identities; identities++ }
    :: atomic { store[me].there && store[me].prepared != NOBODY && !hub.known[store[me].prepared] ->
        hub.known[store[me].prepared] = true; printf("hub: enrols identity %d\n", store[me].prepared) }
    :: atomic { store[me].there && MAY_MOVE(me) ->
        id = (store[me].prepared == NOBODY -> store[me].identity : store[me].prepared);
        move(me, id);
        id = 0 }
    :: atomic { store[me].there && stores < STORES ->
        copy_store(me, stores); stores++; holds() }
    :: atomic { store[0].there && store[1].there && may_end ->
        may_end = false; store[me].there = false; printf("store %d: is no more\n", me) }
    od
}

active proctype Hub() {
    byte s; byte k; byte n; byte said; byte what;
end:
    do
    :: atomic { backups > 0 && restores > 0 -> backups--; copy_history(backup, hub); printf("operator: backup\n") }
    :: atomic { restores > 0 ->
        restores--; hub_epoch++; copy_history(hub, backup); printf("operator: restores the backup\n"); holds() }
    :: atomic { restores > 0 -> restores = 0; backups = 0 }
    :: atomic { late.epoch != 0 ->
        printf("network: a late duplicate reaches the hub\n");
        if
#ifndef BUG_OTHER_EPOCH_JUDGED
        :: late.epoch != hub_epoch
#endif
        :: else -> judge(late.id, late.nth, late.name, late.prior); said = 0
        fi;
        late.epoch = 0; late.id = 0; late.nth = 0; late.name = 0; late.prior = 0;
        holds() }
    od
}

init {
    byte x; byte k; byte n;
    atomic {
        do
        :: x < STORES -> store[x].prepared = NOBODY; store[x].forked = NOBODY; run Use(x); x++
        :: else -> x = 0; break
        od;
        store[0].there = true; store[0].epoch[0] = 1;
        hub.known[0] = true; backup.known[0] = true
    };
    timeout ->
        x = 0;
        do
        :: x < STORES ->
            k = 0;
            do
            :: k < IDS && store[x].there ->
                assert(store[x].settled[k] == store[x].sealed[k]);
                n = 0;
                do
                :: n < store[x].sealed[k] -> assert(hub.applied[store[x].chain[k].at[n]] == 1); n++
                :: else -> break
                od;
                k++
            :: else -> break
            od;
            x++
        :: else -> break
        od;
        n = 1;
        do
        :: n <= WORK && may_end == ENDS -> assert(hub.applied[n] == 1); n++
        :: else -> break
        od
}
