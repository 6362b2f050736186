"""What the hub does with one commit after another: judge, apply, wait, release (SPEC 6.1, 6.3, 6.4)."""
from dataclasses import dataclass

import model


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


class Journal:
    def __init__(self, schema, generation=0, recovering=False):
        self.schema, self.generation, self.recovering = schema, generation, recovering
        self.records, self.entries, self.accounts = {}, {}, {}
        self.applied = lambda entry, changed: None   # (record before, record after) by id, for whoever keeps streams

    def add(self, entry):
        """Judges a new entry; the entries that stop waiting because of it, in order."""
        self.entries[entry.device, entry.number] = entry
        return self.settle([entry])[1:]

    def settle(self, queue):
        """Plans each entry, and those that their new records release; all that were planned and wait no more."""
        settled = []
        while queue:
            entry = queue.pop(0)
            entry.verdict = self.plan(entry)
            after = entry.verdict.records
            changed = {id: (self.records.get(id), record) for id, record in after.items()}
            self.records.update(after)
            if changed:
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
            entry.device_time, entry.former, lambda record: self.may_arrive(entry, record)), entry.commit)

    def may_arrive(self, entry, record):
        return self.recovering or any(
            self.would_create(other, record) for other in self.entries.values()
            if other.device == entry.device and other is not entry)

    def would_create(self, entry, record):
        outcome = entry.verdict.outcome if entry.verdict else None
        expected = outcome == "waiting" or outcome == "refused" and entry.disposition in ("", "office")
        return expected and entry.commit is not None and any(
            c.record == record and self.is_creation(c) for c in entry.commit.changes)

    def is_creation(self, change):
        entity = self.schema.entities.get(change.entity)
        given = {n for n, _ in (*change.sets, *change.adds)}
        return not change.deletes and change.base == 0 and (
            entity is None or any(f.number in given for f in entity.required))

    def dispose(self, device, number, disposition):
        """What the rep decided about a refused commit; the entries that stop waiting because of it."""
        entry = self.entries.get((device, number))
        if not entry or not disposition or entry.verdict.outcome != "refused" or entry.disposition == "discarded":
            return []
        entry.disposition = disposition
        return self.reconsider()

    def retry(self, device, number):
        """The office has a refused commit judged again, as if nothing had been said of its clock."""
        self.entries[device, number].device_time = 0
        return self.settle([self.entries[device, number]])

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


def ended(entries):
    """Those whose verdict is not waiting, each once."""
    return [e for i, e in enumerate(entries) if e.verdict.outcome != "waiting" and e not in entries[:i]]
