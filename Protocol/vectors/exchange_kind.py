"""Vectors of the kind `exchange`: devices that talk to a hub, and what its answers must say."""
import copy
import datetime

from google.protobuf import json_format

import hub as hubs
import schema as schemas
import wire
from journal import Entry
from plan_kind import said_verdict
from symbols import Names, id_bytes, in_order, version_number

MANY = 20   # more deltas than this are only counted


def size(vector):
    return len(vector["steps"])


def as_told(expected, actual):
    """The answer, as far as the vector says something of it."""
    for mine, told in zip(actual["steps"], expected["steps"]):
        if "expect" in told:
            mine["expect"] = only(mine["expect"], told["expect"])
    return actual


def for_file(told, actual):
    """What --fill writes: of the facts that the vector names, or all of them where it names none."""
    for mine, asked in zip(actual["steps"], told["steps"]):
        if asked.get("expect"):
            mine["expect"] = {k: mine["expect"].get(k, NOTHING.get(k)) for k in asked["expect"]}
            if asked["expect"].get("streams"):
                mine["expect"]["streams"] = {k: mine["expect"]["streams"].get(k) for k in asked["expect"]["streams"]}
    return actual


NOTHING = {"forkedAt": 0, "more": False, "newEpoch": False, "lostScopes": [], "advice": {}, "receipt": 0, "erased": []}


def only(actual, told):
    """The facts that are told; one that is told as nothing (0, false, null, []) may be absent."""
    out = {k: actual.get(k, NOTHING.get(k)) for k in told}
    for number, verdict in (out.get("verdicts") or {}).items():
        other = told["verdicts"].get(number, {})
        if "at" not in other:
            verdict.pop("at", None)
        if in_order(verdict.get("merges", [])) == in_order(other.get("merges", [])) and "merges" in other:
            verdict["merges"] = other["merges"]
    if told.get("streams") and "streams" in actual:
        given = {n: out["streams"].get(n) for n in told["streams"]}
        out["streams"] = {n: s and {k: s.get(k) for k in told["streams"][n] or s} for n, s in given.items()}
        for name, stream in out["streams"].items():
            for some in ("some", "someOutlined"):
                if stream and some in stream:
                    stream[some] = {n: stream[some].get(n) for n in told["streams"][name][some]}
    return out


def replay(vector):
    play = Play(vector)
    for step in vector["steps"]:
        told = play.step(step)
        if told is not None:
            step["expect"] = told
    return vector


class Client:
    """The little that a device must remember between two requests."""

    def __init__(self, id, secret):
        self.id, self.secret, self.epoch, self.cursors, self.sent, self.receipt = id, secret, b"", {}, {}, None
        self.assignment = 0


class Play:
    def __init__(self, vector):
        self.vector, self.schema = vector, schemas.load(vector.get("schema"))
        self.names = Names(self.schema, vector)
        hub = vector["hub"]
        self.hub = hubs.Hub(self.schema, id_bytes(hub["id"]), bytes.fromhex(hub["secret"]))
        self.hub.now = hub["now"]
        self.hub.journal.begin(self.names.who(vector))
        self.clients, self.backups, self.scope_ids = {}, {}, {}
        for name, d in vector["devices"].items():
            secret = bytes.fromhex(d["secret"]) if "secret" in d else b""
            if not d.get("unknown"):
                self.hub.devices[self.names.devices[name]] = hubs.Device(
                    self.names.devices[name], d["person"], secret)
            self.clients[name] = Client(self.names.devices[name], secret)
        for commit in vector.get("setup", []):
            self.set_up(commit)

    def set_up(self, step):
        id = self.names.devices[step["device"]]
        entry = Entry(id, step["number"], self.vector["devices"][step["device"]]["person"], self.names.commit(step),
                      step.get("received", self.vector["hub"]["now"]))
        self.hub.now = entry.received
        self.hub.devices[id].sent[step["number"]] = b""
        self.hub.journal.add(entry)
        if not entry.verdict.applied:
            raise ValueError(f"setup commit {step['number']}: {entry.verdict}")

    def step(self, step):
        self.hub.now = step.get("at", self.hub.now)
        for verb in ("request", "backup", "restore", "putBack", "closeRecovery", "clone", "purge", "enrol", "compare",
                     "retry", "watermark", "person", "team", "mark", "erase", "revoke", "expire", "restoreAccess",
                     "deliver"):
            if verb in step:
                return getattr(self, "do_" + verb)(step)
        raise ValueError(f"a step that this reader does not know: {step}")

    # What happens to the hub and to devices

    def do_backup(self, step):
        self.backups[step["backup"]] = self.hub.backup()

    def do_restore(self, step):
        self.hub.restore(self.backups[step["restore"]])

    def do_putBack(self, step):
        self.hub.put_back(self.backups[step["putBack"]])
        self.hub.erase_what_is_listed()

    def do_closeRecovery(self, step):
        self.hub.close_recovery()

    def do_purge(self, step):
        self.hub.purge()

    def do_person(self, step):
        self.hub.journal.assign(lambda people: self.names.assign(people, step))

    do_team = do_person

    def do_erase(self, step):
        self.hub.erase(self.names.records[step["erase"]])

    def do_revoke(self, step):
        self.hub.revoke(self.names.devices[step["revoke"]])

    def do_expire(self, step):
        self.hub.expire(self.names.devices[step["expire"]["device"]], step["expire"]["end"])

    def do_restoreAccess(self, step):
        self.hub.restore_access(self.names.devices[step["restoreAccess"]])

    def do_mark(self, step):
        self.names.marks[step["mark"]] = self.hub.journal.assignment

    def do_clone(self, step):
        self.clients[step["as"]] = copy.deepcopy(self.clients[step["clone"]])

    def do_retry(self, step):
        self.hub.journal.retry(self.names.devices[step["retry"]["device"]], step["retry"]["number"])

    def do_watermark(self, step):
        return {"is": self.hub.watermark(self.names.records[step["watermark"]])}

    def do_enrol(self, step):
        """A further device of the account of `by`, by its credential."""
        what = step["enrol"]
        try:
            device = self.hub.enrol(self.clients[what["by"]].secret, bytes.fromhex(what["secret"]),
                                    id_bytes(what.get("device", "")), what.get("account"),
                                    wire.pb.EnrolReason.Value("ENROL_REASON_" + what.get("reason", "copy").upper()))
        except hubs.Problem as problem:
            return {"status": problem.status, "problem": problem.code}
        known = next((n for n, c in self.clients.items() if c.id == device.id), None)
        if known is None:
            self.clients[step["as"]] = Client(device.id, device.secret)
            self.names.devices[step["as"]] = device.id
        return {"status": 200, "account": device.account, "device": known or step["as"]}

    def do_compare(self, step):
        what, client = step["compare"], self.clients[step["device"]]
        number = next((n for n, i in self.scope_ids.items() if self.scope_name(i) == what["scope"]), 0)
        request = wire.pb.CompareRequest(epoch=client.epoch, scope=number)
        for r in (copy for r in what.get("ranges", []) for copy in [r] * r.get("times", 1)):
            request.ranges.add(id=id_bytes(r.get("id", "00" * 16)), bits=r["bits"])
        request.wanted.extend(self.names.records[n] for n in what.get("wanted", []))
        if "epoch" in what:
            request.epoch = bytes.fromhex(what["epoch"])
        try:
            answer = self.hub.compare(client.secret, request)
        except hubs.Problem as problem:
            return {"status": problem.status, "problem": problem.code}
        return {
            "ranges": [{"sums": [str(n) for n in r.sums]} if r.sums else
                       {"records": {self.names.record_name(s.id): self.version(s.version) for s in r.records}}
                       for r in answer.ranges],
            "deltas": self.deltas(answer, answer.deltas), "gone": [self.names.record_name(i) for i in answer.gone]}

    def do_deliver(self, step):
        """A bundle of the device, by somebody else's hand: the device keeps nothing of the answer."""
        client = self.clients[step["device"]]
        request, _ = self.request(client, {"cursors": [], "pushOnly": True, **step["deliver"]})
        try:
            commits, known = self.hub.deliver(client.id, request, self.hub.now)
        except hubs.Problem as problem:
            return {"status": problem.status, "problem": problem.code}
        return {"status": 200, "commits": commits, "known": known}

    # The exchange

    def do_request(self, step):
        client = self.clients[step["device"]]
        request, secret = self.request(client, step["request"])
        try:
            destroyed = [self.names.records[n] for n in step["request"].get("erased", [])]
            answer, entries = self.hub.exchange(secret, request, self.hub.now, destroyed)
        except hubs.Problem as problem:
            return {"status": problem.status, "problem": problem.code}
        for stream in answer.streams:
            if stream.id:
                self.scope_ids[stream.scope] = stream.id
        told = self.said(client, answer, entries)
        if told.get("erased") and request.epoch not in (self.hub.epoch, b""):
            del told["erased"]
        if not step.get("dropAnswer"):
            self.absorb(client, answer)
        return told

    def request(self, client, asked):
        request = wire.pb.ExchangeRequest(protocol=asked.get("protocol", 1), schema=self.schema.version,
                                          epoch=client.epoch, device=client.id)
        if "device" in asked:
            request.device = self.clients[asked["device"]].id
        if "epoch" in asked:
            request.epoch = bytes.fromhex(asked["epoch"])
        for cursor in asked.get("cursors", [{"number": n, **c} for n, c in sorted(client.cursors.items())]):
            for i in range(cursor.get("times", 1)):
                request.cursors.add(scope=self.scope_number(cursor) + i, seq=cursor["seq"],
                                    behind=cursor.get("behind", 0), start=cursor.get("start", 0),
                                    part=cursor.get("part", 0))
        for commit in repeated(asked.get("commits", [])):
            request.commits.append(self.commit(client, commit))
        for n in repeated(asked.get("tray", [])):
            request.tray.add(number=n["number"], disposition=disposition(n["disposition"]))
        for g in repeated(asked.get("given", [])):
            code = next((n for n, c in hubs.CODES.items() if c == g.get("code")), 0)
            request.given.add(number=g["number"], versions=map(version_number, g.get("versions", [])), code=code,
                              disposition=disposition(g.get("disposition", "")))
        opened = asked.get("open", [])
        request.open.extend(range(opened["from"], opened["to"] + 1) if isinstance(opened, dict) else opened)
        request.queued, request.push_only = asked.get("queued", 0), asked.get("pushOnly", False)
        request.in_parts, request.outline = asked.get("inParts", False), asked.get("outline", False)
        request.complete_to_ms = asked.get("completeTo", 0)
        request.verdicts_seen = asked.get("verdictsSeen", 0)
        request.assignment = 0 if request.push_only else self.names.mark(asked.get("assignment", client.assignment))
        request.device_time_ms = asked.get("deviceTime", 0)
        if "proof" in asked:
            request.proof.CopyFrom(client.receipt)
            if asked["proof"] == "forged":
                request.proof.number += 1
        secret = bytes.fromhex(asked["secret"]) if "secret" in asked else client.secret
        return request, secret

    def scope_number(self, cursor):
        if "number" in cursor:
            return cursor["number"]
        return next(n for n, i in self.scope_ids.items() if self.scope_name(i) == cursor["scope"])

    def scope_name(self, id):
        return "catalogue" if id == self.schema.catalogue else self.names.scope_name(id)

    def commit(self, client, asked):
        """The message of a commit; what was sent before under `again` goes as it was."""
        if "again" in asked:
            return self.clients[asked["of"]].sent[asked["again"]] if "of" in asked else client.sent[asked["again"]]
        if "raw" in asked:
            message = json_format.ParseDict(asked["raw"], wire.pb.Commit())
        else:
            message = wire.encode(self.names.commit({"assignment": client.assignment, **asked}))
        before = client.sent.get(message.number - 1) if message.number > 1 else None
        if "previous" in asked:
            message.previous = bytes.fromhex(asked["previous"])
        elif before is not None and "raw" not in asked:
            message.previous = wire.chain(wire.canonical(before))
        client.sent[message.number] = message
        return message

    def absorb(self, client, answer):
        if answer.epoch != client.epoch:
            client.cursors, client.assignment = {}, 0
        client.epoch = answer.epoch
        for stream in answer.streams:
            client.cursors[stream.scope] = {"seq": stream.seq, "behind": stream.behind, "start": stream.start,
                                            "part": stream.part}
        if not answer.more and not answer.advice.recovering:
            client.assignment = max(client.assignment, answer.assignment)
        for number in answer.lost_scopes:
            client.cursors.pop(number, None)
        if answer.HasField("receipt"):
            client.receipt = copy.copy(answer.receipt)
            device = self.hub.devices[client.id]
            client.receipt.signature = self.hub.sign(device, answer.receipt) if self.proves() else b""

    def proves(self):
        """Signing is slow here: only where the vector offers a receipt as proof."""
        return any("proof" in s.get("request", {}) for s in self.vector["steps"])

    # What an answer says

    def said(self, client, answer, entries):
        out = {"status": 200}
        if client.epoch and answer.epoch != client.epoch:
            out["newEpoch"] = True
        out["lastCommit"] = answer.last_commit
        if answer.chain:
            out["chain"] = answer.chain.hex()
        if answer.forked_at:
            out["forkedAt"] = answer.forked_at
        out["verdicts"] = {str(e.number): {**said_verdict(self.names, e), **said_disposition(e)} for e in entries}
        for verdict in out["verdicts"].values():
            verdict.update({"versions": list(map(self.version, verdict["versions"]))} if "versions" in verdict else {})
        if answer.HasField("receipt"):
            out["receipt"] = answer.receipt.number
        streams = {}
        for stream in answer.streams:
            name = self.scope_name(self.scope_ids[stream.scope])
            deltas = self.deltas(answer, stream.deltas)
            streams[name] = {"whole": stream.whole, "atHead": not (stream.behind or stream.part), "part": stream.part}
            if len(deltas) > MANY:
                named = {n: d for n, d in deltas.items() if n in self.names.records}
                streams[name].update({"count": len(deltas), "some": named})
            else:
                streams[name]["deltas"] = deltas
            outlines = {self.names.record_name(answer.ids[o.record]): self.outline(answer, o) for o in stream.outlines}
            streams[name]["outlined"] = len(outlines)
            if len(outlines) > MANY:
                streams[name]["someOutlined"] = {n: o for n, o in outlines.items() if n in self.names.records}
            else:
                streams[name]["outlines"] = outlines
            told = True if self.hub.generation else str(stream.sum)
            streams[name]["sum"] = told if stream.HasField("sum") else None
        device = self.hub.devices[client.id]
        if device.due:
            out["erased"] = sorted(self.names.record_name(i) for i in device.due)
        visible = {self.scope_name(k) for k in self.hub.visible(device.account)} - {"catalogue"}
        streams = {n: s for n, s in streams.items() if n != "catalogue"}
        out["streams"] = {**{n: None for n in sorted(visible - {*streams})}, **streams}
        if answer.more:
            out["more"] = True
        if answer.lost_scopes:
            out["lostScopes"] = [self.scope_name(self.scope_ids[n]) if n in self.scope_ids else n
                                 for n in answer.lost_scopes]
        advice = {"copies": answer.advice.copies, "recovering": answer.advice.recovering,
                  "coveredByBackup": answer.advice.covered_by_backup}
        if any(advice.values()):
            out["advice"] = {k: v for k, v in advice.items() if v}
        return out

    def version(self, number):
        """A version of a later generation as `"1:3"`: the third after the generation first grew."""
        return f"{number >> 32}:{number % (1 << 32)}" if number >> 32 else number

    def deltas(self, answer, deltas):
        return {self.names.record_name(answer.ids[d.record]): self.delta(answer, d) for d in deltas}

    def outline(self, answer, o):
        out = {"version": self.version(o.version)}
        out.update({"customers": [self.names.record_name(answer.ids[c]) for c in o.customers]} if o.customers else {})
        out.update({"day": str(datetime.date(1970, 1, 1) + datetime.timedelta(o.day))} if o.HasField("day") else {})
        return {**out, **({"deleted": True} if o.deleted else {})}

    def delta(self, answer, d):
        if d.left:
            return {"left": True, **({"erased": True} if d.erased else {}), **({"movedTo": self.names.record_name(answer.ids[d.moved_to - 1])}
                                     if d.moved_to else {})}
        entity = self.schema.entities[d.entity]
        out, fields, siblings = {"version": self.version(d.version)}, {}, {}

        def value(f):
            kind = f.WhichOneof("value")
            payload = getattr(f, kind) if kind else None
            payload = answer.ids[payload] if kind == "ref" else payload
            payload = (payload.option, payload.round) if kind == "status" else payload
            return self.names.said(entity.fields[f.number], (kind, payload) if kind else None)
        for f in d.fields:
            spec = entity.fields[f.number]
            if spec.set:
                fields.setdefault(spec.name, {"set": []})["set"].append(value(f))
            else:
                fields[spec.name] = value(f)
        for s in d.siblings:
            siblings.setdefault(entity.fields[s.value.number].name, []).append(value(s.value))
        for f in fields.values():
            if isinstance(f, dict) and "set" in f:
                f["set"] = in_order(f["set"])
        out.update({"fields": fields} if fields else {})
        out.update({"cleared": [entity.fields[n].name for n in d.cleared]} if d.cleared else {})
        out.update({"siblings": {n: v[:1] + in_order(v[1:]) for n, v in siblings.items()}} if siblings else {})
        out.update({"deleted": True} if d.deleted else {})
        out.update({"contested": True} if d.contested else {})
        out.update({"creator": self.names.person_name(answer.ids[d.creator - 1])} if d.creator else {})
        return out


def said_disposition(entry):
    return {"disposition": entry.disposition} if entry.disposition and entry.verdict.outcome == "refused" else {}


def disposition(name):
    return next(n for n, d in hubs.DISPOSITIONS.items() if d == name)


def repeated(items):
    """An item with `times` stands for as many with ascending numbers."""
    for item in items:
        for i in range(item.get("times", 1)):
            yield {**item, "number": item["number"] + i} if "number" in item else item
