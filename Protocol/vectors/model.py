"""Merge and plan: pure functions over values (SPEC 5, 6, 7.1). No clock, no store, no wire.

A value is None or a pair of Field member and payload: ("text", "x"), ("integer", 3), ("status", (option, round)),
("ref", 16 bytes). Ids are 16 bytes. Stamps are integers, milliseconds << 16 | counter.
"""
import math
import uuid
from dataclasses import dataclass, field, replace

import schema as schemas
import standing

MAX_CHANGES, MAX_WRITES, MAX_ELEMENTS, MAX_COMMIT = 1000, 500, 500, 1_048_576
MAX_AHEAD, EARLIEST = 120_000, 1_577_836_800_000
RETRYABLE = {"unknownEntity", "unknownField", "futureBase", "schemaTooNew", "internalFault"}


# What comes in

@dataclass(frozen=True)
class Change:
    entity: int
    record: bytes
    base: int = 0
    sets: tuple = ()       # (field number, value)
    cleared: tuple = ()    # field numbers
    adds: tuple = ()
    removes: tuple = ()
    deletes: bool = False


@dataclass(frozen=True)
class Commit:
    number: int
    stamp: int
    schema: int
    changes: tuple
    size: int = 0          # of its canonical bytes
    assignment: int = 0    # what the device knew of who sees what


ACTING = {"rep": "rep", "supervisor": "rep", "office": "office", "administrator": "office",
          "integration": "office", "auditor": None}


@dataclass(frozen=True)
class Account:
    id: bytes
    role: str
    scopes: frozenset = frozenset()   # of a rep, beside the catalogue and its own
    stays: tuple = ()

    @property
    def acting(self):
        """As whom it writes: the schema speaks of reps and of the office only."""
        return ACTING[self.role]

    @property
    def office(self):
        return self.acting == "office"

    @property
    def sees_all(self):
        return self.acting != "rep"


@dataclass(frozen=True)
class Context:
    schema: object
    generation: int
    stored: dict           # records by id
    account: Account
    device: bytes
    received: int          # milliseconds, the hub's clock
    device_time: int = 0   # the device's clock as it sent the request; 0 when it did not say
    former: tuple = ()     # versions that a lost history gave to the changes
    may_arrive: object = lambda record: False
    assignment: int = 0    # the hub's
    known: int = 0         # what the device knew at least, when it captured


# What is stored

@dataclass(frozen=True)
class Mark:
    """The trace of one commit in a record."""
    version: int
    number: int
    stamp: int
    device: bytes
    author: bytes
    office: bool
    base: int
    former: int = 0


@dataclass(frozen=True)
class Sibling:
    mark: Mark
    value: object


@dataclass(frozen=True)
class Record:
    entity: int
    id: bytes
    creator: bytes
    version: int = 0
    registers: dict = field(default_factory=dict)   # field number -> tuple of siblings
    sets: dict = field(default_factory=dict)        # field number -> {element: tuple of marks}
    changed: dict = field(default_factory=dict)     # field number of a set -> mark of its last change
    lives: tuple = ()
    deletions: tuple = ()
    scopes: tuple = ()
    born: int = 0          # the assignment version when it was made
    stays: tuple = ()      # of a customer or a record under several, that ever stood elsewhere; of an erased one
    followers: tuple = ()  # of a customer: (person, record that is the cause)
    erased: bool = False   # nothing is left of it but that it was there

    @property
    def deleted(self):
        return not self.lives

    @property
    def contested(self):
        return bool(self.lives and self.deletions)


# What comes out

@dataclass(frozen=True)
class Refusal:
    code: str
    record: bytes = None
    field: int = 0


@dataclass(frozen=True)
class Plan:
    outcome: str                 # accepted, merged, handedOver, refused, waiting
    refusal: Refusal = None
    waits_for: bytes = None
    merges: tuple = ()           # (record, field, conflict)
    versions: tuple = ()
    suspect: bool = False
    records: dict = field(default_factory=dict)   # as they are afterwards
    arrived: tuple = ()          # records that it made, or brought into a further scope
    handovers: tuple = ()        # (record, suggestions, territory or None)
    assignment: int = 0          # the hub's, afterwards

    @property
    def applied(self):
        return self.outcome in ("accepted", "merged", "handedOver")


class Refused(Exception):
    """`lacks` is the record whose absence is the reason."""

    def __init__(self, code, record=None, number=0, lacks=None):
        self.refusal, self.lacks = Refusal(code, record, number), lacks


# Generations, seen and unseen (SPEC 5.2)

def generation(version):
    return version >> 32


def fresh_version(stored, present_generation):
    return max(stored + 1, (present_generation << 32) + 1)


def had_seen(w, x):
    return (x.device == w.device and x.number < w.number
            or x.version <= w.base
            or x.former != 0 and generation(x.former) == generation(w.base) and x.former <= w.base)


def stand_beside(existing, w, of=lambda x: x):
    """What is left of `existing` after w, and whether w stands beside it."""
    rest = tuple(x for x in existing if not had_seen(w, of(x)))
    return rest, not any(had_seen(of(x), w) for x in rest)


# Clocks (SPEC 7.3)

def next_stamp(last, now):
    """The stamp of a device's next capture."""
    wall = now << 16
    if (last >> 16) - now > MAX_AHEAD:
        return wall
    return wall if wall > last else last + 1


def ordered_stamp(stamp, now, device_time=0):
    """The stamp that the hub merges by, and whether the clock is suspect."""
    offset = max(0, device_time - now) if device_time else 0
    ms = stamp >> 16
    if EARLIEST <= ms <= now + MAX_AHEAD:
        return stamp, False
    if ms > now + MAX_AHEAD and EARLIEST <= ms - offset <= now + MAX_AHEAD:
        return ms - offset << 16 | stamp & 0xFFFF, False
    return now << 16, True


# Registers (SPEC 5.3)

def order_key(value):
    """Values of one field in ascending order; every field holds one member."""
    return value[1].encode() if value[0] == "text" else value[1]


def rank(spec, value):
    option = spec.option(value[1][0] if spec.type == "status" else value[1]) if value else None
    return option.rank if option else -1


def shown(spec, siblings):
    """The sibling that is shown, or None."""
    def latest(s):
        return s.mark.stamp, s.mark.device
    keys = {
        "latest": latest,
        "office": lambda s: (s.mark.office, latest(s)),
        "furthest": lambda s: (s.value[1][1] if s.value else -1, rank(spec, s.value), latest(s)),
        "protective": lambda s: (rank(spec, s.value), latest(s)),
    }
    if not siblings:
        return None
    if spec.rule in keys:
        return max(siblings, key=keys[spec.rule])
    return min(siblings, key=latest)   # first; least and greatest have one


def write_register(spec, siblings, w, value):
    """The siblings after the write, or None where it is refused: fixedValue."""
    new = Sibling(w, value)
    if spec.rule in ("least", "greatest"):
        def better(s):
            key = order_key(s.value)
            return key, s.mark.stamp, s.mark.device
        if spec.rule == "least" or not siblings:
            return (min((*siblings, new), key=better),)
        best = max(order_key(s.value) for s in (*siblings, new))
        return (min((s for s in (*siblings, new) if order_key(s.value) == best), key=better),)
    if spec.rule == "first":
        known = [s for s in siblings if had_seen(w, s.mark)]
        if any(s.value == value for s in known):
            return siblings
        if known:
            return None
    rest, stands = stand_beside(siblings, w, lambda s: s.mark)
    return (*rest, new) if stands else rest


def differ(siblings):
    return len({s.value for s in siblings}) > 1


# The plan

@dataclass(frozen=True)
class Done:
    """What became of one change."""
    records: dict          # it, as it is afterwards, and suggestions
    version: int = 0
    merges: tuple = ()
    handover: tuple = None


def plan(context, commit):
    stamp, suspect = ordered_stamp(commit.stamp, context.received, context.device_time)
    records, done = {}, []
    try:
        commit = checked_commit(context.schema, commit)
        for index, change in enumerate(commit.changes):
            former = context.former[index] if index < len(context.former) else 0
            if generation(former) >= context.generation:
                former = 0
            stored = {**context.stored, **records}
            done.append(plan_change(context, stored, commit, index, stamp, former))
            records.update(done[-1].records)
    except Refused as refused:
        if refused.lacks is not None and context.may_arrive(refused.lacks):
            return Plan("waiting", waits_for=refused.lacks, suspect=suspect)
        return Plan("refused", refusal=refused.refusal, suspect=suspect)
    records, assignment = standing.consequences(
        context.schema, context.stored, records, context.assignment,
        fresh_version(context.assignment, context.generation))
    arrived = tuple(id for id, r in records.items()
                    if id not in context.stored or set(r.scopes) - set(context.stored[id].scopes))
    merges = tuple((change.record, *m) for change, d in zip(commit.changes, done) for m in d.merges)
    handovers = tuple(d.handover for d in done if d.handover)
    outcome = "handedOver" if any(h[1] for h in handovers) else "merged" if merges else "accepted"
    return Plan(outcome, None, None, merges, tuple(d.version for d in done), suspect, records, arrived, handovers,
                assignment)


def checked_commit(schema, commit):
    """Step 1 of SPEC 7.1, and the commit as the hub's schema reads it."""
    if commit.size > MAX_COMMIT:
        raise Refused("tooLarge")
    if commit.schema == 0:
        raise Refused("malformed")
    if commit.schema > schema.version:
        raise Refused("schemaTooNew")
    if not commit.changes:
        raise Refused("malformed")
    if len(commit.changes) > MAX_CHANGES:
        raise Refused("tooLarge")
    if len({c.record for c in commit.changes}) < len(commit.changes):
        raise Refused("malformed")
    return up_cast(schema, commit)


def up_cast(schema, commit):
    """An older commit with the option numbers of the present schema (SPEC 3.5)."""
    for version, entity, name, numbers in sorted(schema.renumbered, key=lambda r: r[0]):
        if commit.schema >= version:
            continue
        spec = schema.entity(entity).field(name)

        def renumber(number, value):
            if number != spec.number or value is None:
                return number, value
            if value[0] == "option":
                return number, ("option", numbers.get(value[1], value[1]))
            if value[0] == "status":
                return number, ("status", (numbers.get(value[1][0], value[1][0]), value[1][1]))
            return number, value
        commit = replace(commit, changes=tuple(replace(
            c, sets=tuple(renumber(*s) for s in c.sets), adds=tuple(renumber(*s) for s in c.adds),
            removes=tuple(renumber(*s) for s in c.removes)) if c.entity == schema.entity(entity).number else c
            for c in commit.changes))
    return commit


def sees(context, scopes):
    return standing.sees(context.account, context.schema.catalogue, scopes)


def seen_record(context, stored, id):
    record = stored.get(id)
    return record if record and sees(context, record.scopes) else None


def saw(context, stored, record):
    """Whether the account saw it when the commit was captured, or later."""
    return standing.saw(context.schema, stored, context.account, record, context.known)


def saw_customers(context, stored, record):
    """Those of its customers by which the account saw it."""
    return standing.seen_customers(context.schema, stored, context.account, record, context.known)


def known_record(context, stored, id):
    """A record that may be named: one that the account sees, or saw."""
    record = stored.get(id)
    return record if record and (sees(context, record.scopes) or saw(context, stored, record)) else None


def plan_change(context, stored, commit, index, stamp, former):
    change = commit.changes[index]
    entity = context.schema.entities.get(change.entity)
    check_shape(entity, change)
    if context.account.role == "auditor":
        raise Refused("notPermitted", change.record)
    if takes_computed_id(context.account, entity, change, commit.schema):
        raise Refused("malformed", change.record)
    check_erased(context, stored, entity, change)
    present, hidden = seen_record(context, stored, change.record), None
    is_seen = present is not None
    if present is None and change.record in stored:
        hidden = stored[change.record]
        if hidden.entity == change.entity and saw(context, stored, hidden):
            if all(m.author == context.account.id for m in marks(hidden)) and hidden.creator == context.account.id:
                present = hidden
            elif not (entity.id != "minted" and is_full_creation(entity, change, commit.schema)):
                check_permission(context, entity, change, hidden)
                kept = {n for n, v in change.sets if protects(entity.fields[n], hidden, v)}
                return in_good_faith(context, stored, commit, index, stamp, hidden, former,
                                     {n for n, _ in writes(change)} - kept | {0})
    if present and present.entity != change.entity:
        raise Refused("malformed", change.record)
    if present is None and change.base != 0:
        raise Refused("unknownRecord", change.record, lacks=change.record)
    if present:
        check_base(context, change, present)
    else:
        check_creation(context, entity, change, commit.schema)
    check_permission(context, entity, change, present)
    if present is None and hidden and not (entity.id != "minted" and hidden.entity == change.entity):
        raise Refused("unknownRecord", change.record, lacks=change.record)
    check_derived_id(context, entity, change, present)
    check_references(context, stored, entity, change)
    before = present or hidden or Record(change.entity, change.record, context.account.id)
    w = Mark(fresh_version(before.version, context.generation), commit.number, stamp, context.device,
             context.account.id, context.account.office, change.base, former)
    check_settling(context, entity, change, before, w)
    after = placed(context, stored, merge(entity, before, change, w))
    is_new = change.record not in stored
    check_places(context, entity, before, after, is_new)
    is_in_view = is_seen or sees(context, after.scopes)
    if is_in_view and not brings_unseen(context, stored, before, after):
        after = replace(after, born=context.assignment) if is_new else after
        return Done({after.id: after}, after.version, tuple(tell(entity, before, after, change, w)))
    person = {entity.field(entity.follow[0]).number} if entity.follow else set()
    return in_good_faith(context, stored, commit, index, stamp, before, former, person)


def placed(context, stored, record):
    return replace(record, scopes=standing.scopes(context.schema, stored, record))


def marks(record):
    """All that a record remembers of commits."""
    return [*(s.mark for siblings in record.registers.values() for s in siblings), *record.changed.values(),
            *(m for elements in record.sets.values() for ms in elements.values() for m in ms),
            *record.lives, *record.deletions]


# Good faith (SPEC 4.13)

def protects(spec, record, value):
    """A value that protects the person more than what is there, which cannot wait for anybody's decision."""
    top = shown(spec, record.registers.get(spec.number, ()))
    return spec.rule == "protective" and rank(spec, value) > max(
        rank(spec, top.value if top else None), min(o.rank for o in spec.options))


def in_good_faith(context, stored, commit, index, stamp, before, former, fields):
    """The change, but for the writes of `fields` (0: the deletion), which become suggestions."""
    change, entity = commit.changes[index], context.schema.entities[before.entity]
    rest = replace(change, deletes=change.deletes and 0 not in fields, **{
        part: tuple(w for w in getattr(change, part) if w[0] not in fields) for part in ("sets", "adds", "removes")},
        cleared=tuple(n for n in change.cleared if n not in fields))
    after = before
    if writes(rest) or rest.deletes:
        base = 0 if is_future(context, change, before) else change.base
        w = Mark(fresh_version(before.version, context.generation), commit.number, stamp, context.device,
                 context.account.id, context.account.office, base, former)
        after = placed(context, stored, merge(entity, before, rest, w))
        if brings_unseen(context, stored, before, after):
            every = {n for n, _ in writes(change)} | {0}
            return in_good_faith(context, stored, commit, index, stamp, before, former, every)
    if change.record not in stored:
        after = replace(after, born=context.known)
    told = hand_over(context, {**stored, after.id: after}, commit, index, stamp, after, fields)
    return replace(told, records={after.id: after, **told.records})


def brings_unseen(context, stored, before, after):
    """Whether by this change somebody comes to follow a customer that its author does not see."""
    new = standing.followings(context.schema, stored, after) - standing.followings(context.schema, stored, before)
    return any(not seen_record(context, stored, customer) for _, customer in new)


def hand_over(context, stored, commit, index, stamp, record, fields):
    """Suggestions in place of the writes of some fields."""
    schema, change = context.schema, commit.changes[index]
    mine = saw_customers(context, stored, replace(record, born=0))
    whose = next(iter([*mine, *standing.customers(schema, record)]), None)
    spec = schema.entity("suggestion")
    made = {}
    for n, (number, action, value) in enumerate(actions(change)):
        if number not in fields:
            continue
        name = "\x1f".join([str(uuid.UUID(bytes=context.device)), str(commit.number), str(index), str(number), str(n)])
        id = schemas.named_id(schema, spec, name)
        while id in stored or id in made:
            name += "\x1f"
            id = schemas.named_id(schema, spec, name)
        mark = Mark(fresh_version(0, context.generation), commit.number, stamp, context.device, context.account.id,
                    context.account.office, 0)
        holds = {"customer": ("ref", whose) if whose else None, "about": ("ref", change.record), "entity": ("integer", change.entity),
                 "field": ("integer", number) if number else None,
                 "action": ("option", spec.field("action").option(action).number),
                 "value": ("text", plain_text(value)) if value else None, "by": ("ref", context.account.id),
                 "capturedAt": ("instant", commit.stamp >> 16),
                 "state": ("status", (spec.field("state").option("open").number, 0)),
                 "base": ("integer", min(change.base, (1 << 63) - 1))}
        registers = {spec.field(k).number: (Sibling(mark, v),) for k, v in holds.items() if v}
        made[id] = placed(context, stored, Record(spec.number, id, context.account.id, mark.version, registers,
                                                  lives=(mark,), scopes=record.scopes, born=context.assignment))
    return Done(made, handover=(change.record, len(made), standing.home(schema, stored[mine[0]]) if mine else None))


def actions(change):
    """The writes of a change, as suggestions name them."""
    yield from ((n, "set", v) for n, v in change.sets)
    yield from ((n, "clear", None) for n in change.cleared)
    yield from ((n, "add", v) for n, v in change.adds)
    yield from ((n, "remove", v) for n, v in change.removes)
    if change.deletes:
        yield 0, "delete", None


def plain_text(value):
    member, payload = value
    if member == "ref":
        return str(uuid.UUID(bytes=payload))
    if member == "status":
        return f"{payload[0]}.{payload[1]}"
    if member == "boolean":
        return "true" if payload else "false"
    return repr(payload) if member == "real" else str(payload)


def writes(change):
    """Field and value of everything the change writes, in the order in which it is judged."""
    return [*change.sets, *((n, None) for n in change.cleared), *change.adds, *change.removes]


def check_shape(entity, change):
    def no(code, number=0):
        raise Refused(code, change.record, number)
    if entity is None:
        no("unknownEntity")
    if len(writes(change)) > MAX_WRITES:
        no("tooLarge")
    if change.deletes == bool(writes(change)):
        no("malformed")
    written = set()
    for number, value in [*change.sets, *((n, None) for n in change.cleared)]:
        spec = entity.fields.get(number)
        if spec is None:
            no("unknownField", number)
        if spec.set or number in written:
            no("malformed", number)
        written.add(number)
        if value is not None:
            check_value(spec, value, no)
        elif spec.required or spec.rule not in ("latest", "office"):
            no("requiredField", number)
    named = set()
    for number, value in [*change.adds, *change.removes]:
        spec = entity.fields.get(number)
        if spec is None:
            no("unknownField", number)
        if not spec.set:
            no("malformed", number)
        check_value(spec, value, no)
        if (number, value) in named:
            no("malformed", number)
        named.add((number, value))


def check_value(spec, value, no):
    member, payload = value
    if member != spec.member:
        no("wrongType", spec.number)
    if member == "text":
        if payload == "" or any(ord(c) < 32 and c not in "\t\n" or ord(c) == 127 for c in payload):
            no("malformed", spec.number)
        if len(payload.encode()) > spec.max:
            no("tooLong", spec.number)
        if spec.format == "contactPoint" and not schemas.is_canonical_contact(payload):
            no("malformed", spec.number)
    elif member in ("integer", "real"):
        low = -math.inf if spec.min is None else spec.min
        high = math.inf if spec.max is None else spec.max
        if not math.isfinite(payload) or not low <= payload <= high:
            no("outOfRange", spec.number)
    elif member == "instant" and not 0 <= payload < 1 << 48:
        no("outOfRange", spec.number)
    elif member == "date" and not -62_091 <= payload <= 2_932_896:
        no("outOfRange", spec.number)
    elif member == "option" and not spec.option(payload):
        no("unknownOption", spec.number)
    elif member == "status":
        if not spec.option(payload[0]):
            no("unknownOption", spec.number)
        if not 0 <= payload[1] <= 32_767:
            no("outOfRange", spec.number)


def is_future(context, change, record):
    return (generation(change.base) > context.generation
            or generation(change.base) == context.generation and change.base > record.version)


def check_base(context, change, record):
    if is_future(context, change, record):
        raise Refused("futureBase", change.record)


def lacking(entity, change, captured_under):
    """The required fields that the change does not give."""
    given = {n for n, _ in (*change.sets, *change.adds)}
    return [f for f in entity.required if f.number not in given and captured_under >= f.since]


def is_full_creation(entity, change, captured_under):
    return change.base == 0 and not change.deletes and not lacking(entity, change, captured_under)


def takes_computed_id(account, entity, change, captured_under):
    """It would make a minted record under an id that may be that of another, of one that is still to come or of one
    that is out of sight: said by the change alone, so that nobody learns what there is (SPEC 3.2)."""
    return (entity is not None and entity.id == "minted" and not account.sees_all and schemas.is_computed(change.record)
            and is_full_creation(entity, change, captured_under))


def check_creation(context, entity, change, captured_under):
    if change.deletes:
        raise Refused("unknownRecord", change.record, lacks=change.record)
    given = {n for n, _ in (*change.sets, *change.adds)}
    if not any(f.number in given for f in entity.required):
        raise Refused("unknownRecord", change.record, lacks=change.record)
    for spec in lacking(entity, change, captured_under):
        raise Refused("requiredField", change.record, spec.number, lacks=change.record)
    if context.account.acting not in entity.create:
        raise Refused("notPermitted", change.record)


def check_permission(context, entity, change, present):
    acting = context.account.acting
    if change.deletes and (acting not in entity.delete or context.account.role == "integration"):
        raise Refused("notPermitted", change.record)
    mine = present is None or present.creator == context.account.id
    for number, _ in writes(change):
        write = entity.fields[number].write
        if acting not in write and not ("author" in write and mine):
            raise Refused("notPermitted", change.record, number)


def check_settling(context, entity, change, before, w):
    """Open conflicts wait for a person (SPEC 5.5)."""
    if context.account.role != "integration":
        return
    for number, _ in writes(change):
        siblings = before.registers.get(number, ())
        if entity.fields[number].review and differ([s for s in siblings if had_seen(w, s.mark)]):
            raise Refused("notPermitted", change.record, number)
    if before.contested and any(had_seen(w, m) for m in before.lives) and any(
            had_seen(w, m) for m in before.deletions):
        raise Refused("notPermitted", change.record)


def check_places(context, entity, before, after, is_new):
    """Only the office moves a customer (SPEC 4.11)."""
    if is_new or context.account.office or not standing.is_customer(entity):
        return
    for name in entity.scope:
        if standing.value_of(entity, name, before) != standing.value_of(entity, name, after):
            raise Refused("fixedValue", after.id, entity.field(name).number)


def check_derived_id(context, entity, change, present):
    if entity.id == "minted" or change.deletes:
        return
    values = dict(change.sets)
    keys = {}
    for name in entity.id:
        spec = entity.field(name)
        top = shown(spec, present.registers.get(spec.number, ())) if present else None
        keys[name] = values.get(spec.number, top.value if top else None)
    if schemas.derived_id(context.schema, entity, keys) != change.record:
        raise Refused("wrongDerivedID", change.record)


def has_its_id(schema, entity, change):
    """Whether the id of a full creation is one that nobody else can compute, or follows from its key fields."""
    if entity.id == "minted":
        return not schemas.is_computed(change.record)
    return change.record == schemas.derived_id(
        schema, entity, {name: dict(change.sets).get(entity.field(name).number) for name in entity.id})


def check_erased(context, stored, entity, change):
    """The change is of an erased record, or places one under it; only who knew the record is told (SPEC 4.14)."""
    for number, id in [(0, change.record), *placing(entity, change)]:
        record = stored.get(id)
        if record and record.erased and (context.account.sees_all or record.creator == context.account.id
                                         or saw(context, stored, record)):
            raise Refused("erased", change.record, number)


def placing(entity, change, single=False):
    """Field and id of the parents of a change, and of what places its record; `single` leaves out sets."""
    return [(n, v[1]) for n, v in (*change.sets, *change.adds)
            if n in entity.fields and v and v[0] == "ref" and not (single and entity.fields[n].set)
            and (entity.fields[n].parent or entity.fields[n] in standing.scope_fields(entity))]


def check_references(context, stored, entity, change):
    """Parents, then what places the record in scopes."""
    named = [*change.sets, *change.adds]
    for by_parent in (True, False):
        for number, value in named:
            spec = entity.fields[number]
            if not (spec.parent if by_parent else spec in standing.scope_fields(entity)):
                continue
            target = known_record(context, stored, value[1])
            if not target or context.schema.entities[target.entity].name != spec.to:
                raise Refused("unknownParent", change.record, number, lacks=None if target else value[1])
            if spec.to == "territory" and not sees(context, (value[1],)) and not standing.saw_scope(
                    context.account, context.schema.catalogue, value[1], context.known):
                raise Refused("unknownParent", change.record, number, lacks=value[1])


def merge(entity, record, change, w):
    registers, sets, changed = dict(record.registers), dict(record.sets), dict(record.changed)
    for number, value in [*change.sets, *((n, None) for n in change.cleared)]:
        after = write_register(entity.fields[number], registers.get(number, ()), w, value)
        if after is None:
            raise Refused("fixedValue", change.record, number)
        registers[number] = after
    for adds, writes_ in ((False, change.removes), (True, change.adds)):
        for number, element in writes_:
            marks = sets.get(number, {}).get(element, ())
            marks = tuple(x for x in marks if not had_seen(w, x)) + ((w,) if adds else ())
            elements = {k: v for k, v in sets.get(number, {}).items() if k != element}
            sets[number] = {**elements, element: marks} if marks else elements
            changed[number] = w
    for number, elements in sets.items():
        if len(elements) > MAX_ELEMENTS:
            raise Refused("tooLarge", change.record, number)
    lives, live_stands = stand_beside(record.lives, w)
    deletions, deletion_stands = stand_beside(record.deletions, w)
    if live_stands and deletion_stands:
        if change.deletes:
            deletions = (*deletions, w)
        else:
            lives = (*lives, w)
    return replace(record, version=w.version, registers=registers, sets=sets, changed=changed, lives=lives,
                   deletions=deletions)


def tell(entity, before, after, change, w):
    """(field, conflict) of what the change met (SPEC 6.1)."""
    told = [(n, entity.fields[n].review) for n, _ in writes(change)
            if n in after.registers and differ(after.registers[n])]
    if after.contested:
        told.append((0, True))
    if told:
        return told
    written = {n for n, _ in writes(change)}
    others = [s.mark for n, siblings in before.registers.items() if n not in written for s in siblings]
    others += [m for n, elements in before.sets.items() if n not in written for marks in elements.values()
               for m in marks]
    others += [m for n, m in before.changed.items() if n not in written]
    return [(0, False)] if any(not had_seen(w, m) and not had_seen(m, w) for m in others) else []
