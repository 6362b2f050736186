"""Between the words of a vector and the values of model.py: names of records, fields and options."""
import json

import model
import schema as schemas
import wire
from people import People


def id_bytes(text):
    return bytes.fromhex(text.replace("-", ""))


class Names:
    """The records, people and devices that a vector names."""

    def __init__(self, schema, vector):
        self.schema = schema
        self.records = {n: id_bytes(r["id"]) for n, r in vector.get("records", {}).items()}
        self.entities = {n: number_or(schema.entity(r["entity"]), r["entity"])
                         for n, r in vector.get("records", {}).items()}
        self.devices = {n: id_bytes(d["id"]) for n, d in vector.get("devices", {}).items()}
        self.people = {n: id_bytes(p["id"]) for n, p in vector.get("people", {}).items()}
        self.marks = {}   # assignment versions that a vector gave names to

    def record_name(self, id, entity=None):
        """Of several names of one id, the one that is said to be of this entity."""
        found = [n for n, i in self.records.items() if i == id]
        return next((n for n in found if self.entities[n] == entity), found[0] if found else id.hex())

    def device_name(self, id):
        return next((n for n, i in self.devices.items() if i == id), id.hex())

    def person_name(self, id):
        return next((n for n, i in self.people.items() if i == id), id.hex())

    def scope_name(self, id):
        """Of a territory or, where none has this id, of a person."""
        territory = self.schema.entity("territory").number
        found = [n for n, i in self.records.items() if i == id and self.entities[n] == territory]
        return found[0] if found else self.person_name(id)

    def field_name(self, entity, number):
        spec = self.schema.entities[entity].fields.get(number) if entity in self.schema.entities else None
        return spec.name if spec else f"#{number}"

    def who(self, vector):
        """The people and teams of a vector, as they are at first."""
        return People(self.schema, {n: {"id": id_bytes(p["id"]), **self.assigned({"role": "rep", "scopes": [],
                                        "teams": [], "leads": [], **p})} for n, p in vector["people"].items()},
                      {n: [self.records[s] for s in t["scopes"]] for n, t in vector.get("teams", {}).items()})

    def assigned(self, said):
        """What a vector says of a person, with ids for territories."""
        out = {k: said[k] for k in ("role", "teams", "leads") if k in said}
        return {**out, **({"scopes": [self.records[s] for s in said["scopes"]]} if "scopes" in said else {})}

    def assign(self, people, step):
        """What a person or a team is assigned from now on."""
        if "team" in step:
            people.teams[step["team"]] = [self.records[s] for s in step["scopes"]]
        else:
            people.people[step["person"]].update(self.assigned(step))

    # into values

    def commit(self, step):
        """The commit of a step, with the size of its canonical bytes."""
        changes = [c for change in step["changes"] for c in self.changes(change)]
        commit = model.Commit(step["number"], stamp(step["stamp"]), step.get("schema", 1), tuple(changes),
                              assignment=self.mark(step.get("assignment", 0)))
        return wire.decode(wire.encode(commit)) if decodable(commit) else commit

    def mark(self, told):
        """An assignment version: a number, or the name that a step gave to one."""
        return told if isinstance(told, int) else self.marks[told]

    def changes(self, change):
        """One change, or copies of it for records of ascending ids (`times`)."""
        first = int.from_bytes(self.records[change["record"]], "big")
        for i in range(change.get("times", 1)):
            yield self.change(change, (first + i).to_bytes(16, "big"))

    def change(self, change, record):
        number = self.entities[change["record"]]
        entity = self.schema.entities.get(number)

        def spec_of(name):
            return entity.field(name) if entity and not name.startswith("#") else None

        def pair(name, value):
            spec = spec_of(name)
            return (spec.number if spec else int(name[1:])), self.value(spec, value)

        def elements(items):
            return tuple(pair(n, v) for n, values in items.items() for v in expand(values))
        return model.Change(
            number, record, version_number(change.get("base", 0)),
            tuple(pair(n, v) for n, v in change.get("set", {}).items()),
            tuple(pair(n, {"none": True})[0] for n in change.get("clear", [])), elements(change.get("add", {})),
            elements(change.get("remove", {})), change.get("delete", False))

    def value(self, spec, value):
        if isinstance(value, dict):
            if "times" in value:
                return "text", value["text"] * value["times"]
            if "is" in value:
                return "status", (spec.option(value["is"]).number, value["round"])
            (member, payload), = value.items()
            if member == "none":
                return None
            if member == "ref":
                return "ref", self.records[payload]
            return member, (payload["option"], payload["round"]) if member == "status" else payload
        if value is None:
            return None
        if spec.type == "date":
            return "date", schemas.date_days(value)
        if spec.type == "option":
            return "option", spec.option(value).number
        if spec.type == "ref":
            return "ref", self.records[value]
        return spec.member, float(value) if spec.type == "real" else value

    # out of values

    def said(self, spec, value):
        if value is None:
            return None
        member, payload = value
        if member == "date":
            return schemas.date_text(payload)
        if member == "option":
            return spec.option(payload).name if spec.option(payload) else {"option": payload}
        if member == "status":
            return {"is": spec.option(payload[0]).name, "round": payload[1]}
        if member == "ref":
            return self.record_name(payload)
        return payload

    def state(self, record):
        """A stored record as `state` says it."""
        entity = self.schema.entities[record.entity]
        fields = {}
        for number in sorted(entity.fields):
            spec = entity.fields[number]
            if spec.set:
                elements = [self.said(spec, e) for e in record.sets.get(number, {})]
                if elements:
                    fields[spec.name] = {"set": in_order(elements)}
                continue
            siblings = record.registers.get(number, ())
            if any(s.value is not None for s in siblings):
                top = self.said(spec, model.shown(spec, siblings).value)
                others = [self.said(spec, v) for v in {s.value for s in siblings}]
                fields[spec.name] = [top] + in_order([o for o in others if o != top])
        out = {"version": record.version, "fields": fields}
        out.update({"deleted": True} if record.deleted else {})
        out.update({"contested": True} if record.contested else {})
        return out


def version_number(version):
    """Of a version as vectors write it: a number, or `"1:3"`, the third after the generation first grew."""
    growth, _, counter = str(version).rpartition(":")
    return int(growth or 0) << 32 | int(counter)


def decodable(commit):
    return all(v is not None for c in commit.changes for _, v in [*c.sets, *c.adds, *c.removes])


def number_or(entity, name):
    return entity.number if entity else int(name[1:])


def in_order(values):
    return sorted(values, key=lambda v: json.dumps(v, sort_keys=True))


def expand(values):
    """Elements, or the numbers from one to another as texts, padded with zeros."""
    if isinstance(values, dict) and "from" in values:
        return [str(n).zfill(values.get("width", 1)) for n in range(values["from"], values["to"] + 1)]
    return values


def stamp(s):
    return s["ms"] << 16 | s.get("counter", 0)


def said_stamp(n):
    return {"ms": n >> 16, "counter": n & 0xFFFF}
