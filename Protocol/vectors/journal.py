"""What the hub does with one commit after another: judge, apply, wait, release (SPEC 6.1, 6.3, 6.4)."""
from dataclasses import dataclass, field, replace

import model
import standing


@dataclass
class Entry:
    """One commit in the journal, with its present verdict."""
    device: bytes
    number: int
    account: str
    commit: object            # None where it cannot be decoded
    received: int
    device_time: int = 0
    former: tuple = ()
    verdict: object = None    # model.Plan
    disposition: str = ""     # "", office, discarded, resubmitted
    known: int = 0            # the assignment version that counts for it, fixed when it arrives
    redacted: bool = False    # its bytes are gone, but for their hash
    entities: dict = field(default_factory=dict)   # of the records that it changes
    creates: tuple = ()       # the records that it would create, not there when it was judged


class Journal:
    def __init__(self, schema, generation=0, recovering=False):
        self.schema, self.generation, self.recovering = schema, generation, recovering
        self.records, self.entries, self.accounts, self.people = {}, {}, {}, None
        self.holders = {}   # the devices that had commits about a record, when these were redacted
        self.assignment, self.assured = 0, {}   # the hub's version; what devices said they had, with nothing queued
        self.applied = lambda entry, changed: None   # (record before, record after) by id, for whoever keeps streams

    def begin(self, people):
        self.people = people
        self.accounts = people.accounts(self.records, {}, 0)

    def assign(self, change):
        """`change` alters what people are assigned."""
        change(self.people)
        self.derive(self.assignment)

    def derive(self, before):
        """What accounts see now; a step of the assignment version where that is another, one for each commit."""
        step = self.assignment if self.assignment != before else model.fresh_version(before, self.generation)
        after = self.people.accounts(self.records, self.accounts, step)
        if any(a.stays != self.accounts[n].stays for n, a in after.items()):
            self.assignment = step
        self.accounts = after

    def assure(self, device, version):
        self.assured[device] = max(self.assured.get(device, 0), min(version, self.assignment))

    def add(self, entry):
        """Judges a new entry; the entries that stop waiting because of it, in order."""
        self.take(entry)
        return self.settle([entry])[1:]

    def take(self, entry):
        self.entries[entry.device, entry.number] = entry
        entry.known = min(self.assignment, max(entry.commit.assignment if entry.commit else 0,
                                               self.assured.get(entry.device, 0)))

    def keep(self, entry, code, disposition):
        """Refuses an entry without judging it."""
        self.take(entry)
        entry.verdict, entry.disposition = model.Plan("refused", model.Refusal(code)), disposition
        self.expect(entry)
        self.forget_erased(entry)

    def surrender(self, entry):
        """Takes in what a device without access still had (SPEC 9.5): only the office has it judged."""
        self.take(entry)
        judged = self.plan(entry).refusal
        self.keep(entry, "erased" if judged and judged.code == "erased" else "revoked", "office")

    def forget_erased(self, entry):
        """Of a refused commit that changes or names an erased record the content is not kept."""
        if entry.verdict.outcome == "refused" and entry.commit and (
                entry.verdict.refusal.code == "erased"
                or self.names_erased(entry.commit)):
            self.redact(entry)

    def names_erased(self, commit):
        return any(id in self.records and self.records[id].erased for id in named(commit))

    def settle(self, queue):
        """Plans each entry, and those that their new records release; all that were planned and wait no more."""
        settled = []
        while queue:
            entry = queue.pop(0)
            entry.verdict = self.plan(entry)
            self.expect(entry)
            self.forget_erased(entry)
            after = entry.verdict.records
            changed = {id: (self.records.get(id), record) for id, record in after.items()}
            self.records.update(after)
            if changed:
                before = self.assignment
                self.assignment = entry.verdict.assignment
                self.derive(before)
                self.applied(entry, changed)
            settled.append(entry)
            queue += self.waiting(entry.verdict.arrived, besides=queue)
        return settled

    def waiting(self, records, besides=()):
        found = [e for e in self.entries.values()
                 if e.verdict and e.verdict.outcome == "waiting" and e.verdict.waits_for in records
                 and e not in besides]
        return sorted(found, key=lambda e: (e.device, e.number))

    def plan(self, entry):
        if entry.commit is None:
            return model.Plan("refused", model.Refusal("malformed"))
        return model.plan(model.Context(
            self.schema, self.generation, self.records, self.accounts[entry.account], entry.device, entry.received,
            entry.device_time, entry.former, lambda record: not self.names_erased(entry.commit) and self.may_arrive(entry, record),
            self.assignment, entry.known), entry.commit)

    def may_arrive(self, entry, record):
        return self.recovering or any(
            self.would_create(other, record) for other in self.entries.values()
            if other.device == entry.device and other is not entry)

    def would_create(self, entry, record):
        outcome = entry.verdict.outcome if entry.verdict else None
        expected = outcome == "waiting" or outcome == "refused" and entry.disposition in ("", "office")
        return expected and record in entry.creates

    def expect(self, entry):
        if entry.commit:
            entry.creates = tuple(
                c.record for c in entry.commit.changes
                if self.is_creation(c, entry.commit) and not self.is_seen(entry, c.record) and not model.takes_computed_id(
                    self.accounts[entry.account], self.schema.entities.get(c.entity), c, entry.commit.schema))

    def is_seen(self, entry, id):
        record = self.records.get(id)
        return record is not None and standing.sees(self.accounts[entry.account], self.schema.catalogue, record.scopes)

    def is_creation(self, change, commit):
        """As far as the change tells by itself: it fills in all that a new record must have."""
        entity = self.schema.entities.get(change.entity)
        return not change.deletes and change.base == 0 and (
            entity is None or model.is_full_creation(entity, change, commit.schema))

    def dispose(self, device, number, disposition):
        """What the rep decided about a refused commit; the entries that stop waiting because of it."""
        entry = self.entries.get((device, number))
        if not entry or not disposition or entry.verdict.outcome != "refused" or entry.disposition == "discarded":
            return []
        entry.disposition = disposition
        return self.reconsider()

    def retry(self, device, number):
        """The office has a refused commit judged again, as if nothing had been said of its clock."""
        if self.entries[device, number].redacted:
            return [self.entries[device, number]]
        self.entries[device, number].device_time = 0
        return self.settle([self.entries[device, number]])

    def erase(self, id, listed, now):
        """Erases a customer; (record before, record after) by id, and the entries that stop waiting because of it."""
        step = model.fresh_version(self.assignment, self.generation)

        def version(record):
            return model.fresh_version(record.version, self.generation)

        def mark(record):
            return model.Mark(version(record), 0, now << 16, b"", b"", True, record.version)
        if id not in self.records and id not in listed:
            listed = {**listed, **self.made(id)}
        listed = {**standing.recommended(self.schema, self.records, id), **listed}
        after = standing.erased(self.schema, self.records, id, listed, version, step, mark)
        changed, waited = {}, []
        self.assignment = step
        while True:
            changed.update({rid: (self.records.get(rid), record) for rid, record in after.items()})
            self.records.update(after)
            more, lost = self.redact_all()
            waited += more
            for rid in lost:   # it stood where the customer did
                self.records[rid] = replace(self.records[rid], stays=self.records[id].stays)
                changed[rid] = None, self.records[rid]
            after = {r.id: standing.tombstone(self.schema, self.records, r, version, step)
                     for r in standing.about_erased(self.schema, self.records)}
            if not after:
                break
        return changed, sorted(waited, key=lambda e: (e.device, e.number)) + self.reconsider()

    def made(self, id):
        """Entity and place of a record that was purged, as the commit that made it has them."""
        for commit in (e.commit for e in self.entries.values() if e.commit):
            for c in commit.changes:
                if c.record == id and self.is_creation(c, commit):
                    return {id: (c.entity, tuple(
                        i for _, i in model.placing(self.schema.entities[c.entity], c, True)))}
        return {}

    def redact_all(self):
        """Of every commit that changes or names an erased record; those that stop waiting because of it, and the
        tombstones of what they created and is not there."""
        waited, lost = [], []
        while True:
            gone = {id for id, record in self.records.items() if record.erased}
            found = [e for e in self.entries.values() if e.commit and gone & named(e.commit)]
            if not found:
                return waited, lost
            for entry in found:
                if entry.verdict.outcome in ("waiting", "refused"):
                    waited += [entry] if entry.verdict.outcome == "waiting" else []
                    entry.verdict = model.Plan("refused", model.Refusal("erased"))
                lost += self.redact(entry)

    def redact(self, entry):
        """Drops the content. What it created under an erased record and is not there, because it never came to be or
        was purged, becomes a tombstone, so that later changes of it are refused in the same way."""
        lost = []
        for id in named(entry.commit):
            self.holders.setdefault(id, set()).add(entry.device)
        entry.entities = {c.record: c.entity for c in entry.commit.changes}
        for c in entry.commit.changes if entry.verdict.outcome != "refused" or entry.verdict.refusal.code == "erased" else ():
            entity = self.schema.entities.get(c.entity)
            above = [self.records[id] for _, id in model.placing(entity, c, True)
                     if id in self.records and self.records[id].erased] if entity else ()
            if above and self.is_creation(c, entry.commit) and c.record not in self.records and (
                    entry.verdict.outcome != "refused" or model.has_its_id(self.schema, entity, c)):
                self.records[c.record] = model.Record(
                    c.entity, c.record, self.accounts[entry.account].id, model.fresh_version(0, self.generation),
                    stays=above[0].stays, erased=True)
                lost.append(c.record)
        entry.creates = tuple(id for id in entry.creates if id not in self.records)
        entry.commit, entry.redacted = None, True
        return lost

    def close_recovery(self):
        self.recovering = False
        return self.reconsider()

    def reconsider(self):
        """Plans again whatever waits for something that nobody may bring any more."""
        settled = []
        while True:
            lost = [e for e in self.entries.values() if e.verdict and e.verdict.outcome == "waiting"
                    and not self.may_arrive(e, e.verdict.waits_for)]
            if not lost:
                return settled
            first = min(lost, key=lambda e: (e.device, e.number))
            settled += self.settle([first])


def named(commit):
    """Ids of all records that a commit changes or names."""
    values = [v for c in commit.changes for _, v in (*c.sets, *c.adds, *c.removes)]
    return {c.record for c in commit.changes} | {v[1] for v in values if v and v[0] == "ref"}


def ended(entries):
    """Those whose verdict is not waiting, each once."""
    return [e for i, e in enumerate(entries) if e.verdict.outcome != "waiting" and e not in entries[:i]]
