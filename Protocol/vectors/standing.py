"""Where records stand, who follows them, and what an account sees and saw (SPEC 4.1, 4.11 to 4.13). Pure functions."""
import math
from dataclasses import dataclass, replace

import model
import schema as schemas


@dataclass(frozen=True)
class Stay:
    """In a scope (None: in every one) from an assignment version until before another; 0 is: still."""
    scope: bytes
    first: int
    end: int = 0

    @property
    def until(self):
        return self.end or math.inf


def gone_on(stays, left, entered, version, born=0):
    """Stays after scopes were left and entered at an assignment version."""
    kept = [replace(s, end=version) if s.scope in left and not s.end else s for s in stays]
    never_noted = {s for s in left if not any(k.scope == s and k.end == version for k in kept)}
    return (*kept, *(Stay(s, born, version) for s in sorted(never_noted, key=repr)),
            *(Stay(s, version) for s in sorted(entered, key=repr)))


def meet(mine, others, since):
    """Whether some stay of `mine` and one of `others` share a scope and a moment at or after `since`."""
    return any(max(since, a.first, b.first) < min(a.until, b.until)
               for a in mine for b in others if b.scope is None or a.scope == b.scope)


# Of a record

def value_of(entity, name, record):
    """What a field shows: None, a value, or the elements of a set in order."""
    spec = entity.field(name)
    if spec.set:
        return sorted(record.sets.get(spec.number, {}), key=model.order_key)
    top = model.shown(spec, record.registers.get(spec.number, ()))
    return top.value if top else None


def scope_fields(entity):
    return [] if entity.scope == "catalogue" else [entity.field(name) for name in entity.scope]


def under_customers(entity):
    return any(f.to == "customer" for f in scope_fields(entity))


def is_customer(entity):
    return any(f.to == "territory" for f in scope_fields(entity))


def customers(schema, record):
    """Ids of the customers that a record is under, in order; a customer is under itself."""
    entity = schema.entities[record.entity]
    if is_customer(entity):
        return [record.id]
    if not under_customers(entity):
        return []
    named = value_of(entity, entity.scope[0], record)
    return [v[1] for v in named] if isinstance(named, list) else [named[1]] if named else []


def home(schema, customer):
    """The territory of a customer: the first of its scope fields that shows one."""
    entity = schema.entities[customer.entity]
    return next((v[1] for v in (value_of(entity, name, customer) for name in entity.scope) if v), None)


def scopes(schema, stored, record):
    """Where a record stands by what it and its customers show; nowhere to go means that it stays."""
    entity = schema.entities[record.entity]
    if entity.scope == "catalogue":
        return (schema.catalogue,)
    if is_customer(entity):
        place = home(schema, record)
        people = sorted({person for person, _ in record.followers})
        return (*([place] if place else []), *people)
    found = []
    for id in customers(schema, record):
        found += [s for s in stored[id].scopes if s not in found] if id in stored else []
    return tuple(found) or record.scopes


def follower(schema, record):
    """The person who follows the customers of this record because of it, or None."""
    entity = schema.entities[record.entity]
    if not entity.follow or record.deleted:
        return None
    person, until = entity.follow
    who = value_of(entity, person, record)
    # The catalogue, a territory, or one that may come: such ids are no person's.
    return who[1] if who and not schemas.is_computed(who[1]) and not any(
        value_of(entity, name, record) for name in until) else None


def followings(schema, stored, record):
    """(person, customer) for whom and which this record is a reason to follow."""
    person = follower(schema, record)
    return {(person, id) for id in customers(schema, record) if id in stored} if person else set()


def stays(record):
    """All stays of a customer, or of a record under several, those too that are not noted because they are as old as
    it is."""
    noted = {s.scope for s in record.stays if not s.end}
    return (*record.stays, *(Stay(s, record.born) for s in record.scopes if s not in noted))


def went_to(schema, records, customers, scope):
    """The territory to which one of the customers went when the last of them left a scope, or None."""
    ended = [(s.end, customer) for customer in customers for s in customer.stays if s.scope == scope and s.end]
    if not ended:
        return None
    end, customer = max(ended, key=lambda e: e[0])
    territory = schema.entity("territory").number
    return next((s.scope for s in stays(customer) if s.first == end and s.scope in records
                 and records[s.scope].entity == territory), None)


# Which part of a scope that is read from the start (SPEC 4.4)

def part(schema, record):
    entity = schema.entities[record.entity]
    return 1 if is_urgent(entity, record) else 2 if is_customer(entity) else 3


def day(entity, record, acting):
    """The latest day that a record shows to whoever acts as this, by UTC; None when it shows none."""
    shown = [value_of(entity, spec.name, record) for spec in entity.fields.values()
             if not spec.set and (not acting or acting in spec.read)]
    return max((v if kind == "date" else v // 86_400_000 for kind, v in filter(None, shown)
                if kind in ("date", "instant")), default=None)


def is_urgent(entity, record):
    if not entity.urgent:
        return False
    if entity.urgent[0] == "until":
        return all(value_of(entity, name, record) is None for name in entity.urgent[1])
    _, name, names = entity.urgent
    value = value_of(entity, name, record)
    if value is None:
        return False
    member, payload = value
    option = entity.field(name).option(payload[0] if member == "status" else payload)
    return option is not None and option.name in names


# Of an account

def account_stays(account, catalogue):
    return (*account.stays, Stay(catalogue, 0), Stay(account.id, 0))


def sees(account, catalogue, of_record):
    return account.sees_all or any(s in account.scopes or s in (catalogue, account.id) for s in of_record)


def saw_scope(account, catalogue, scope, since):
    return meet([Stay(scope, 0)], account_stays(account, catalogue), since)


def saw(schema, stored, account, record, since):
    """Whether the account saw a record under customers at `since` or later: not before it was born, unless the account
    had a hand in it; and what it made since then it knows in any case."""
    if record.creator == account.id and record.born >= since:
        return True
    if any(m.author == account.id for m in model.marks(record)):
        record = replace(record, born=0)
    if (several(schema, record) or record.erased) and meet(
            stays(record), account_stays(account, schema.catalogue), max(since, record.born)):
        return True
    return bool(seen_customers(schema, stored, account, record, since))


def seen_customers(schema, stored, account, record, since):
    """The customers of a record by which the account saw it at `since` or later."""
    mine = account_stays(account, schema.catalogue)
    return [id for id in customers(schema, record)
            if id in stored and meet(stays(stored[id]), mine, max(since, record.born))]


# Erasure (SPEC 4.14)

def contact_points(schema, record):
    """How the person whom a record is about can be reached, in the spelling of a referral's."""
    entity, found = schema.entities[record.entity], set()
    for name, prefix in (("phones", "tel:"), ("emails", "mailto:"), ("contactPoint", "")):
        if entity.field(name):
            value = value_of(entity, name, record)
            found |= {prefix + v[1] for v in (value if isinstance(value, list) else [value] if value else [])}
    return found


def recommended(schema, stored, id):
    """The referrals by which the same person was recommended, as `erased` takes them."""
    points = contact_points(schema, stored[id]) if id in stored else set()
    return {r.id: (r.entity, ()) for r in stored.values()
            if r.id != id and not r.erased and several(schema, r) and points & contact_points(schema, r)}


def erased(schema, stored, id, listed, version, step, mark):
    """What is left when a customer is erased: `listed` are records that are known to have been under it, by id with
    entity and scopes. `version` gives the next one of a record, `mark` that of the hub's own write."""
    found = {rid: model.Record(entity, rid, b"", scopes=scopes) for rid, (entity, scopes) in listed.items()}
    found |= {r.id: r for r in stored.values() if r.id == id or r.id in listed or (
        under_customers(schema.entities[r.entity]) and not several(schema, r) and customers(schema, r) == [id])}
    after = {r.id: tombstone(schema, stored, r, version, step) for r in found.values() if not r.erased}
    for record in stored.values():
        if several(schema, record) and record.id not in after and id in customers(schema, record):
            number = schema.entities[record.entity].field(schema.entities[record.entity].scope[0]).number
            w = mark(record)
            elements = {e: m for e, m in record.sets[number].items() if e[1] != id}
            changed = replace(record, version=w.version, sets={**record.sets, number: elements},
                              changed={**record.changed, number: w}, lives=(w,) if record.lives else ())
            now = scopes(schema, {**stored, **after}, changed)
            after[record.id] = replace(changed, scopes=now, stays=gone_on(
                record.stays, set(record.scopes) - set(now), set(), step, record.born))
    return after


def tombstone(schema, stored, record, version, step):
    """What is left of a record: that it was there, and where it and its customers were."""
    keeps_stays = is_customer(schema.entities[record.entity]) or several(schema, record) or not record.registers
    where = [stored[c] for c in customers(schema, record) if c in stored and c != record.id]
    where += [record] if keeps_stays else []
    return model.Record(
        record.entity, record.id, record.creator, version(record), born=record.born, erased=True,
        stays=tuple(s if s.end else replace(s, end=step) for r in where for s in stays(r)))


def about_erased(schema, stored):
    """The suggestions about erased records, wherever they are placed: they hold what somebody wrote of the person."""
    spec = schema.entity("suggestion")
    abouts = ((r, value_of(spec, "about", r)) for r in stored.values() if r.entity == spec.number and not r.erased)
    return [r for r, about in abouts if about and about[1] in stored and stored[about[1]].erased]


def several(schema, record):
    """Whether the record may be under several customers."""
    entity = schema.entities[record.entity]
    return under_customers(entity) and entity.field(entity.scope[0]).set


# What a commit does to where records stand, beside its own

def consequences(schema, before, records, assignment, next_assignment):
    """All records that the commit changes, `records` among them, and the assignment version after it."""
    stored, after = {**before, **records}, dict(records)

    def put(record):
        stored[record.id] = after[record.id] = record
    for record in records.values():
        if not schema.entities[record.entity].follow:
            continue
        old = before.get(record.id)
        now = customers(schema, record)
        person = follower(schema, record)
        for id in {*now, *(customers(schema, old) if old else ())} & stored.keys():
            others = [f for f in stored[id].followers if f[1] != record.id]
            mine = [(person, record.id)] if person and id in now else []
            put(replace(stored[id], followers=tuple(sorted(others + mine))))
    moved = set()
    for record in [r for r in after.values() if is_customer(schema.entities[r.entity])]:
        placed = replace(record, scopes=scopes(schema, stored, record))
        old = before.get(record.id)
        if old is None or set(old.scopes) != set(placed.scopes):
            moved.add(record.id)
        if old and record.id in moved:
            assignment = next_assignment
            placed = replace(placed, stays=gone_on(
                record.stays, set(old.scopes) - set(placed.scopes), set(placed.scopes) - set(old.scopes),
                assignment, record.born))
        put(placed)
    for record in list(stored.values()):
        if under_customers(schema.entities[record.entity]) and (
                record.id in records or moved.intersection(customers(schema, record))):
            placed = scopes(schema, stored, record)
            if record.id in records or set(placed) != set(record.scopes):
                put(replace(record, scopes=placed))
    if any(set(before[r.id].scopes) - set(r.scopes) for r in after.values() if r.id in before):
        assignment = next_assignment
    for record in list(after.values()):
        old = before.get(record.id)
        if old and several(schema, record):
            put(replace(record, stays=gone_on(record.stays, set(old.scopes) - set(record.scopes),
                                              set(record.scopes) - set(old.scopes), assignment, record.born)))
    return after, assignment
