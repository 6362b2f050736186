"""A small hub, in memory: what SPEC 4, 6, 7 and 9 say of an exchange."""
import copy
import hashlib
from dataclasses import dataclass, field

import model
import standing
import wire
from journal import Entry, Journal, named

PAGE, RANGE = 2000, 128
PARTS_OF_A_SCOPE = 3
DAY = 86_400_000
HORIZON, WATERMARK_AGE = 400 * DAY, 30 * DAY
LIMITS = {"commits": 200, "cursors": 1000, "open": 1000, "tray": 1000, "given": 1000, "ranges": 256, "wanted": 500}
PARTS = ("records", "entries", "recovering", "accounts", "people", "assignment", "assured")
DISPOSITIONS = {0: "", 1: "office", 2: "discarded", 3: "resubmitted"}
CODES = {number: "".join(w.capitalize() for w in name[5:].split("_")) for name, number in wire.pb.Code.items()}
CODES = {n: (c[0].lower() + c[1:]).replace("DerivedId", "DerivedID") for n, c in CODES.items()}


class Problem(Exception):
    def __init__(self, status, code):
        self.status, self.code = status, code


@dataclass
class Device:
    id: bytes
    account: str
    secret: bytes
    sent: dict = field(default_factory=dict)   # canonical bytes by number
    covered: int = 0
    copies: int = 0
    seen: int = 0             # when it last spoke to the hub
    complete_to: int = 0
    queued: int = 0           # what it last said is left on it
    offset: int = 0           # how far its clock was ahead of the hub's when it last said its time
    reconciled: bool = False  # under the present epoch
    revoked: bool = False
    ends: int = None          # the moment at which its access ends, or ended
    due: set = field(default_factory=set)   # erased records of which something may be left on it
    asked: set = field(default_factory=set)   # all that ever were due

    def ask(self, records):
        self.due |= set(records)
        self.asked |= set(records)

    @property
    def last(self):
        return len(self.sent)

    def has_access(self, now):
        return self.ends is None or now < self.ends

    def chain(self, number):
        sent = self.sent[number] if number else b""
        return sent.chain if isinstance(sent, Redacted) else wire.chain(sent) if number else b""

    def has_sent(self, number, data):
        return self.sent[number] == data or self.chain(number) == wire.chain(data)


@dataclass(frozen=True)
class Redacted:
    """What is left of the bytes of a commit."""
    chain: bytes


@dataclass
class Scope:
    number: int
    head: int = 0
    floor: int = 0
    positions: dict = field(default_factory=dict)   # record -> seq
    fields: dict = field(default_factory=dict)      # (record, field) -> seq
    departures: dict = field(default_factory=dict)  # record -> (seq, assignment version of that step)


@dataclass
class Reading:
    """How far one device has read one scope, and what an answer does about it."""
    key: bytes
    scope: Scope
    seq: int
    since: int
    start: int
    part: int       # the part that is read next; 0: not in parts
    behind: int
    begins: bool    # no usable cursor

    @classmethod
    def of(cls, key, scope, cursor):
        if cursor and cursor.part:
            if cursor.part <= PARTS_OF_A_SCOPE and cursor.seq <= cursor.start <= scope.head:
                return cls(key, scope, cursor.seq, 0, cursor.start, cursor.part, cursor.behind, False)
        elif cursor:
            since = max(0, cursor.seq - cursor.behind)
            if cursor.seq <= scope.head and (since == 0 or since >= scope.floor):
                return cls(key, scope, cursor.seq, since, cursor.start, 0, cursor.behind, False)
        return cls(key, scope, 0, 0, scope.head, 0, 0, True)

    @property
    def at_head(self):
        return not (self.begins or self.part or self.behind) and self.seq == self.scope.head


@dataclass
class Touch:
    """A commit's trace in a record: which commit, the version it made, its seq in each scope."""
    commit: tuple
    version: int
    seqs: dict


class Hub:
    def __init__(self, schema, id, secret):
        self.id, self.secret, self.generation, self.recoverable = id, secret, 0, False
        self.journal, self.devices, self.scopes = Journal(schema), {}, {}
        self.touches, self.now, self.generations, self.ledger = {}, 0, 0, []
        self.owed = {}   # what is due from devices that a restore has lost
        self.journal.applied = self.applied
        self.renew()
        self.renewed, self.renewed_at = False, 0

    def grow(self):
        """A generation above every one it ever had."""
        self.generation = self.journal.generation = self.generations
        self.generations += 1

    def renew(self):
        self.grow()
        self.renewed, self.renewed_at = True, self.now
        self.epoch = hashlib.sha256(self.id + bytes([self.generation])).digest()[:8]
        for device in self.devices.values():
            device.reconciled = False
        self.update_recovery()

    # Backup, restore, purge

    def backup(self):
        saved = copy.deepcopy({k: v for k, v in self.__dict__.items() if k not in (
            "journal", "generations", "ledger", "now")} | {
            "parts": {k: getattr(self.journal, k) for k in PARTS}})
        for device in self.devices.values():
            device.covered = device.last
        return saved

    def put_back(self, saved):
        """The file as it was: same epoch, same generation."""
        saved = copy.deepcopy(saved)
        self.journal.__dict__.update(saved.pop("parts"))
        self.__dict__.update(saved)
        self.journal.generation = self.generation

    def erase_what_is_listed(self):
        for id, listed in self.ledger:
            self.erase_again(id, listed)

    def restore(self, saved):
        """What had ended in the store that is replaced ends again (SPEC 9.5)."""
        replaced = self.devices
        self.put_back(saved)
        for id, device in self.devices.items():
            if id in replaced and not replaced[id].has_access(self.now) and device.has_access(self.now):
                device.ends, device.revoked = replaced[id].ends, replaced[id].revoked
        self.renew()
        self.erase_what_is_listed()

    def purge(self):
        old = [id for id, record in self.journal.records.items()
               if record.deleted and record.deletions and self.now - max(m.stamp >> 16 for m in record.deletions) > HORIZON]
        for id in old:
            del self.journal.records[id]
            for scope in self.scopes.values():
                scope.floor = max(scope.floor, scope.positions.pop(id, 0), scope.departures.pop(id, (0, 0))[0])
        if old:
            self.grow()

    def update_recovery(self):
        was = self.journal.recovering
        self.journal.recovering = self.renewed and any(
            d.seen and not d.reconciled and not d.revoked and (d.ends is None or d.ends > self.now)
            for d in self.devices.values())
        if was and not self.journal.recovering:
            self.journal.reconsider()

    def close_recovery(self):
        for device in self.devices.values():
            device.reconciled = True
        self.update_recovery()

    # Access

    def revoke(self, id):
        device = self.devices[id]
        device.ends, device.revoked = min(self.now, self.now if device.ends is None else device.ends), True
        self.update_recovery()

    def expire(self, id, end):
        self.devices[id].ends = end

    def restore_access(self, id):
        self.devices[id].ends, self.devices[id].revoked = None, False
        self.update_recovery()

    # Erasure

    def erase(self, id):
        under = self.erase_again(id, {})
        self.ledger.append((id, under))

    def erase_again(self, id, listed):
        """What was erased, by id, with entity, scopes and the devices of which it is due."""
        before = dict(self.journal.records)
        changed, _ = self.journal.erase(id, {r: listed[r][:2] for r in listed}, self.now)
        self.applied(Entry(b"", 0, "", None, self.now), changed)
        due = {}
        for rid, (old, record) in changed.items():
            if not record.erased:
                continue
            due[rid] = {d for d in self.journal.holders.get(rid, ()) if self.devices[d].secret}
            if rid in listed:   # nobody is told of what only others had
                due[rid] |= listed[rid][2]
            else:
                due[rid] |= {d.id for d in self.devices.values() if d.secret and self.saw_ever(
                    before, self.journal.accounts[d.account], old or record)}
            for device in due[rid]:
                if device in self.devices:
                    self.devices[device].ask([rid])
                else:
                    self.owed.setdefault(device, set()).add(rid)
        self.redact()
        return {rid: (changed[rid][1].entity, tuple(sorted({s.scope for s in changed[rid][1].stays})), frozenset(due[rid]))
                for rid in due}

    def saw_ever(self, records, account, record):
        return account.sees_all or self.ever_saw(records, account, record)

    def ever_saw(self, records, account, record):
        return standing.sees(account, self.journal.schema.catalogue, record.scopes) or standing.saw(
            self.journal.schema, records, account, record, 0)

    def redact(self):
        for (device, number), entry in self.journal.entries.items():
            sent = self.devices[device].sent
            if entry.redacted and not isinstance(sent.get(number), Redacted):
                sent[number] = Redacted(self.devices[device].chain(number))

    # Streams

    def applied(self, entry, changed_records):
        """Positions of what a commit touched, brought and took away."""
        seqs = {}

        def seq(key):
            scope = self.scopes.setdefault(key, Scope(len(self.scopes) + 1))
            if key not in seqs:
                seqs[key] = scope.head = scope.head + 1
            return scope, seqs[key]
        for id, (old, record) in changed_records.items():
            touched = old is None or record.version != old.version
            touches = self.touches.setdefault(id, [])
            if touched:
                touches.append(Touch((entry.device, entry.number), record.version, {}))
            numbers = {*record.registers, *record.sets}
            changed = {n for n in numbers if old is None or record.registers.get(n) != old.registers.get(n)
                       or record.changed.get(n) != old.changed.get(n)}
            stood = set(old.scopes) if old else set()
            for key in sorted(record.scopes):
                arrives = key not in stood
                if not touched and not arrives:
                    continue
                scope, position = seq(key)
                scope.positions[id] = position
                scope.departures.pop(id, None)
                scope.fields.update({(id, n): position for n in (numbers if arrives else changed)})
                for touch in touches if arrives else touches[-1:]:
                    touch.seqs[key] = position
            for key in sorted(stood.difference(record.scopes)):
                scope, position = seq(key)
                del scope.positions[id]
                scope.departures[id] = position, self.journal.assignment

    def sum(self, key):
        return wire.scope_sum((i, self.journal.records[i].version) for i in self.standing(key))

    def standing(self, key):
        return [i for i in self.scopes[key].positions if not self.journal.records[i].deleted]

    def visible(self, account):
        who, catalogue = self.journal.accounts[account], self.journal.schema.catalogue
        return {k: s for k, s in self.scopes.items() if standing.sees(who, catalogue, [k])}

    def watermark(self, key):
        """None while a device that counts has never said."""
        times = [d.complete_to for d in self.devices.values()
                 if d.seen and self.now - d.seen <= WATERMARK_AGE and d.has_access(self.now) and self.may_bring_work(d, key)]
        return min(times, default=0) or None

    def may_bring_work(self, device, key):
        """The device sees the scope, or may still have work in good faith on what stands there now (SPEC 7.9)."""
        journal, account = self.journal, self.journal.accounts[device.account]
        since, catalogue = journal.assured.get(device.id, 0), journal.schema.catalogue
        return (standing.sees(account, catalogue, [key]) or standing.saw_scope(account, catalogue, key, since)
                or key in self.scopes and any(
                    standing.saw(journal.schema, journal.records, account, journal.records[id], since)
                    for id in self.scopes[key].positions))

    # The exchange

    def authorised(self, secret, surrenders=False):
        device = next((d for d in self.devices.values() if d.secret == secret), None)
        if device is None:
            raise Problem(401, "badCredential")
        if not device.has_access(self.now) and not surrenders:
            raise Problem(403, "revoked")
        return device

    def exchange(self, secret, request, now, destroyed=()):
        """The answer, but for its verdicts and what is erased, and the journal entries whose verdicts it holds;
        `destroyed` are the erased records of which the device says that nothing is left."""
        self.now = now
        if request.protocol != 1:
            raise Problem(415, "unsupported")
        check_sizes(request)
        check_numbers(request)
        device = self.authorised(secret, surrenders=True)
        if request.device and request.device != device.id:
            raise Problem(401, "badCredential")
        self.authorised(secret, surrenders=request.push_only)
        if self.proves_loss(device, request):
            self.renew()
        answer = wire.pb.ExchangeResponse(server_time_ms=now)
        judged, present = [], request.epoch in (self.epoch, b"")
        if not request.push_only:
            device.seen = now
        if request.device_time_ms:
            device.offset = request.device_time_ms - now
        if present:
            judged = self.take(device, request, answer)
            for action in request.tray if device.has_access(now) else ():
                self.journal.dispose(device.id, action.number, DISPOSITIONS[action.disposition])
            device.due -= set(destroyed)
            self.ask_about_erased(device, request, judged)
            if len(judged) == len(request.commits):
                device.complete_to = max(device.complete_to, min(request.complete_to_ms, now))
                device.queued = request.queued
                if request.queued == 0 and request.epoch == self.epoch:
                    device.reconciled = True
                    self.journal.assure(device.id, request.assignment)
            self.update_recovery()
        if not request.push_only:
            given = {g.number for g in request.given}
            own = [n for n in judged
                   if n not in given and not self.journal.entries[device.id, n].verdict.handovers]
            self.again = {c.record for n in judged if n in given
                          for c in (getattr(self.journal.entries[device.id, n].commit, "changes", None) or ())}
            self.tell_streams(device, request, own, answer)
            answer.assignment = self.journal.assignment
        answer.epoch, answer.last_commit = self.epoch, device.last
        settled = min(request.verdicts_seen, device.last)
        if settled and not judged:
            answer.chain = device.chain(settled)
        answer.advice.copies, answer.advice.recovering = device.copies, self.journal.recovering
        answer.advice.covered_by_backup = device.covered
        if judged:
            answer.receipt.number, answer.receipt.chain = device.last, device.chain(device.last)
            answer.receipt.received_at_ms = max(now, self.renewed_at)
        return answer, self.told(device, request, judged) if present else []

    def sign(self, device, receipt):
        return wire.sign(self.secret, wire.receipt_bytes(self.id, device.id, receipt.number, receipt.chain,
                                                         receipt.received_at_ms))

    def proves_loss(self, device, request):
        proof = request.proof
        return (request.HasField("proof") and request.epoch == self.epoch and (
                    proof.number > device.last or proof.chain != device.chain(proof.number))
                and proof.received_at_ms >= self.renewed_at
                and wire.verify(wire.public_key(self.secret), wire.receipt_bytes(
                    self.id, device.id, proof.number, proof.chain, proof.received_at_ms), proof.signature))

    def take(self, device, request, answer):
        """Judges the commits; the numbers of those that have a verdict."""
        given = {g.number: g for g in reversed(request.given)}   # of several the first
        judged = []
        for sent in request.commits:
            commit = wire.without_names(self.journal.schema, sent)
            data = wire.canonical(commit)
            if commit.number > device.last + 1:
                break
            previous = commit.previous if len(commit.previous) == 16 else b""
            if commit.number <= device.last and not device.has_sent(commit.number, data) \
                    or commit.number == device.last + 1 and previous != device.chain(device.last):
                answer.forked_at = commit.number
                break
            judged.append(commit.number)
            if commit.number <= device.last:
                continue
            device.sent[commit.number] = data
            self.judge(device, commit, request.device_time_ms, given.get(commit.number))
        return judged

    def ask_about_erased(self, device, request, judged):
        """Whoever offers a commit still has its content, whatever another store of the device said. Of what its account
        never saw it is told nothing, unless the id is one that nobody guesses."""
        for sent in request.commits[:len(judged)]:
            entry, records = self.journal.entries[device.id, sent.number], self.journal.records
            if entry.redacted:
                commit, account = wire.decode(wire.without_names(self.journal.schema, sent)), self.journal.accounts[device.account]
                device.ask(id for id in named(commit) if id in records and records[id].erased and (
                    not entry.verdict.refusal or id[6] >> 4 == 7 or self.saw_ever(records, account, records[id])))

    def judge(self, device, message, device_time, given):
        try:
            commit = wire.decode(message)
        except wire.Undecodable:
            commit = None
        entry = Entry(device.id, message.number, device.account, commit, self.now, device_time,
                      tuple(given.versions) if given else ())
        has_access = device.has_access(self.now)
        if given and given.code:
            disposition = DISPOSITIONS[given.disposition] or ("" if has_access else "office")
            self.journal.keep(entry, CODES[given.code], disposition)
        elif has_access:
            self.journal.add(entry)
        else:
            self.journal.surrender(entry)
        self.redact()

    def told(self, device, request, judged):
        """The journal entries whose verdicts are in the answer."""
        entries = {n: self.journal.entries.get((device.id, n))
                   for n in {*judged, *(a.number for a in request.tray), *request.open}}
        asked = set(request.open) - {*judged, *(a.number for a in request.tray)}
        return [e for n, e in sorted(entries.items())
                if e and not (n in asked and e.verdict.outcome == "waiting")]

    def tell_streams(self, device, request, judged, answer):
        cursors = {c.scope: c for c in request.cursors} if request.epoch == self.epoch else {}
        visible = self.visible(device.account)
        answer.lost_scopes.extend(n for n in cursors if n not in {s.number for s in visible.values()})
        catalogue = self.journal.schema.catalogue
        readings = [Reading.of(key, scope, cursors.get(scope.number)) for key, scope in sorted(
            visible.items(), key=lambda s: (s[0] != catalogue, s[1].number))]
        begun = [r for r in readings if r.begins and r.key != catalogue]
        if request.in_parts and sum(len(r.scope.positions) for r in begun) > PAGE:
            for reading in begun:
                reading.part = 1
        left = [r for r in readings if not r.at_head]
        table, room = wire.Table(answer.ids), PAGE
        # Who has nothing in a part goes on with the next one when all others have told that part; what comes after
        # the last part is the rest.
        for part in range(PARTS_OF_A_SCOPE + 2):
            for reading in [r for r in left if r.part == part]:
                if room <= 0:
                    continue
                in_parts = 0 < part <= PARTS_OF_A_SCOPE
                waiting = self.of_part(reading) if in_parts else self.from_there(reading, device)
                if in_parts and not waiting:
                    reading.part, reading.seq = part + 1, 0 if part < PARTS_OF_A_SCOPE else reading.start
                    continue
                cut = len(waiting) > room
                end = waiting[room - 1][0] if cut else reading.start if in_parts else reading.scope.head
                stream = self.begin_stream(reading, answer)
                for position, id in waiting:
                    if position <= end:
                        room -= 1
                        if request.outline and part == PARTS_OF_A_SCOPE:
                            self.outline(stream.outlines.add(), id, device, table)
                        elif id in reading.scope.positions:
                            self.tell(stream.deltas.add(), reading.key, id, reading.since, device, judged, table)
                        else:
                            self.tell_left(stream.deltas.add(), reading.key, id, table)
                if in_parts and cut:
                    stream.part, stream.seq, stream.behind = part, end, end
                elif in_parts and part < PARTS_OF_A_SCOPE:
                    stream.part = part + 1
                else:
                    stream.seq, stream.behind = end, end - reading.since if end < reading.scope.head else 0
                if stream.part or stream.behind:
                    answer.more = True
                elif not self.journal.recovering:
                    stream.sum = self.sum(reading.key)
                left = [r for r in left if r is not reading]
        answer.more = answer.more or bool(left)

    def of_part(self, reading):
        """What is still to be told of a part, by position; what was touched since is told after the last part."""
        return sorted((p, i) for i, p in reading.scope.positions.items() if reading.seq < p <= reading.start
                      and standing.part(self.journal.schema, self.journal.records[i]) == reading.part)

    def from_there(self, reading, device):
        """What stands after the cursor, and what has left and was told before."""
        scope, seen = reading.scope, max(reading.seq, reading.since, reading.start)
        return sorted([(p, i) for i, p in scope.positions.items() if p > reading.seq] + [
            (p, i) for i, (p, at) in scope.departures.items() if p > seen and self.had(device, reading.key, at)])

    def begin_stream(self, reading, answer):
        whole = reading.since == 0
        return answer.streams.add(scope=reading.scope.number, id=reading.key if reading.begins else b"", whole=whole,
                                  start=reading.start if whole else 0)

    def had(self, device, key, at):
        """Whether the account has, or had, a stay in the scope that began before the departure."""
        return any(s.scope in (None, key) and s.first < at for s in standing.account_stays(
            self.journal.accounts[device.account], self.journal.schema.catalogue))

    def tell_left(self, delta, key, id, table):
        """That a record has left the scope, and where its customer is that stood there (SPEC 4.5)."""
        records, schema = self.journal.records, self.journal.schema
        delta.entity, delta.record, delta.left = records[id].entity, table.index(id), True
        delta.erased = records[id].erased
        customers = [records[c] for c in standing.customers(schema, records[id]) if c in records]
        went = standing.went_to(schema, records, customers, key)
        if went:
            delta.moved_to = table.index(went) + 1

    def tell(self, delta, key, id, since, device, judged, table):
        """One record, as far as the device may lack it (SPEC 4.5)."""
        record, scope = self.journal.records[id], self.scopes[key]
        entity = self.journal.schema.entities[record.entity]
        delta.entity, delta.record, delta.version = record.entity, table.index(id), record.version
        delta.deleted, delta.contested = record.deleted, record.contested
        if any("author" in f.write for f in entity.fields.values()):
            delta.creator = table.index(record.creator) + 1
        own = set() if id in self.again else {(device.id, n) for n in judged}
        acting = self.journal.accounts[device.account].acting
        if since and own and all(t.commit in own for t in self.touches[id]):
            return
        for number, spec in sorted(entity.fields.items()):
            if acting and acting not in spec.read:
                continue
            if since and (scope.fields.get((id, number), 0) <= since or self.own(record, spec, own, since, key)):
                continue
            if spec.set:
                elements = record.sets.get(number, {})
                for element in sorted(elements, key=model.order_key):
                    wire.put(delta.fields.add(number=number), element, table)
                if not elements and (number in record.changed and since):
                    delta.cleared.append(number)
                continue
            siblings = record.registers.get(number, ())
            if not siblings:
                continue
            top = model.shown(spec, siblings)
            if top.value is None:
                delta.cleared.extend([number] if since else [])
            else:
                wire.put(delta.fields.add(number=number), top.value, table)
            if model.differ(siblings):
                for s in [top, *(s for s in siblings if s is not top)]:
                    told = delta.siblings.add(version=s.mark.version, stamp=s.mark.stamp, shown=s is top,
                                              device=table.index(s.mark.device), author=table.index(s.mark.author))
                    told.value.number = number
                    wire.put(told.value, s.value, table)

    def outline(self, outline, id, device, table):
        """That a record is there, without what it says (SPEC 4.4)."""
        record = self.journal.records[id]
        entity, acting = self.journal.schema.entities[record.entity], self.journal.accounts[device.account].acting
        outline.entity, outline.record, outline.version = record.entity, table.index(id), record.version
        outline.deleted = record.deleted
        outline.customers.extend(table.index(c) for c in sorted(standing.customers(self.journal.schema, record)))
        day = standing.day(entity, record, acting)
        if day is not None:
            outline.day = day

    def own(self, record, spec, own, since, key):
        """The device wrote the field itself, with the commits of this request, and lacks nothing of it."""
        if not spec.set:
            siblings = record.registers.get(spec.number, ())
            return len(siblings) == 1 and commit_of(siblings[0].mark) in own
        last = record.changed.get(spec.number)
        if last is None or commit_of(last) not in own:
            return False
        marks = model.marks(record)
        lowest = min(m.base for m in marks if commit_of(m) in own)
        known = {t.commit for t in self.touches[record.id] if t.seqs.get(key, since + 1) <= since}
        return all(commit_of(m) in own or commit_of(m) in known and m.version <= lowest for m in marks)

    # Other calls

    def enrol(self, secret, new_secret, id=b"", account=None, reason=0):
        """A further device of the same account, or one brought back, by the credential of a device."""
        known = next((d for d in self.devices.values() if d.secret == new_secret), None)
        device = self.authorised(secret)
        if account not in (None, device.account):
            raise Problem(403, "badCode")
        if known or id in self.devices:
            if known and not known.has_access(self.now):
                raise Problem(403, "revoked")
            if known and known.account == device.account and id in (b"", known.id):
                return known
            raise Problem(403, "badCode")
        if not id:
            if reason != wire.pb.ENROL_REASON_CONTINUED:
                device.copies += 1
                device.ask(device.asked)   # what one of the stores has confirmed the other may still have
            id = hashlib.sha256(new_secret).digest()[:16]
            self.devices[id] = Device(id, device.account, new_secret, reconciled=True)
        else:
            self.devices[id] = Device(id, device.account, new_secret, seen=self.now if self.generation else 0)
        account, records = self.journal.accounts[device.account], self.journal.records
        # The store may be older than its id, and the hub's than what the device saw.
        self.devices[id].ask(device.asked | self.owed.pop(id, set()) | {
            i for i, r in records.items() if r.erased and self.saw_ever(records, account, r)})
        self.update_recovery()
        return self.devices[id]

    def deliver(self, id, request, now):
        """What a bundle of the device holds, once it is open (SPEC 9.6): how many commits, and whether all were known."""
        self.now = now
        if id not in self.devices:
            raise Problem(401, "badCredential")
        device = self.devices[id]
        if not request.push_only or not request.commits or request.HasField("proof") or request.device_time_ms or any(
                len(part) for part in (request.cursors, request.tray, request.open, request.erased)):
            raise Problem(400, "badBundle")
        check_sizes(request)
        check_numbers(request)
        if request.epoch not in (b"", self.epoch):
            raise Problem(409, "notNext")
        last = device.last
        if len(self.take(device, request, wire.pb.ExchangeResponse())) < len(request.commits):
            raise Problem(409, "notNext")
        said = request.complete_to_ms
        if said and request.queued == 0 and request.commits[-1].number == device.last \
                and (device.last > last or device.queued == 0) \
                and device.seen < said - device.offset <= now + 120_000:
            device.queued, device.complete_to = 0, max(device.complete_to, min(said, now))
        return len(request.commits), request.commits[-1].number <= last

    def compare(self, secret, request):
        check_sizes(request)
        if any(len(r.id) != 16 or r.bits % 4 or r.bits > 128 for r in request.ranges):
            raise Problem(400, "badRequest")
        device = self.authorised(secret)
        answer = wire.pb.CompareResponse(epoch=self.epoch)
        if request.epoch != self.epoch:
            return answer
        key = {s.number: k for k, s in self.visible(device.account).items()}.get(request.scope)
        standing = sorted(self.standing(key)) if key else []
        for r in request.ranges:
            part = answer.ranges.add()
            inside = [i for i in standing if prefix(i, r.bits) == prefix(r.id, r.bits)]
            if len(inside) <= RANGE:
                for i in inside:
                    part.records.add(id=i, version=self.journal.records[i].version)
            else:
                part.sums.extend(wire.scope_sum((i, self.journal.records[i].version) for i in inside
                                                if prefix(i, r.bits + 4) & 15 == n) for n in range(16))
        table = wire.Table(answer.ids)
        for id in request.wanted:
            if key and id in self.scopes[key].positions:
                self.tell(answer.deltas.add(), key, id, 0, device, [], table)
            else:
                answer.gone.append(id)
        return answer


def check_sizes(request):
    if any(len(getattr(request, name, ())) > most for name, most in LIMITS.items()):
        raise Problem(413, "tooLarge")


def check_numbers(request):
    numbers = [c.number for c in request.commits]
    if numbers and (numbers[0] < 1 or numbers != list(range(numbers[0], numbers[0] + len(numbers)))):
        raise Problem(400, "badRequest")


def commit_of(mark):
    return mark.device, mark.number


def prefix(id, bits):
    return int.from_bytes(id, "big") >> 128 - bits
