"""Vectors of the kind `plan`: commits against stored records, and what becomes of them."""
import copy

import model
import schema as schemas
from journal import Entry, Journal, ended
from symbols import Names, in_order


def size(vector):
    return len(vector["steps"])


def for_file(told, actual):
    """`stands` only where the vector asks for it."""
    for name, record in actual["state"].items():
        if record and "stands" not in ((told.get("state") or {}).get(name) or {}):
            record.pop("stands", None)
    return actual


def replay(vector):
    """The vector with the expected parts as this reader computes them."""
    names, journal = run(vector, vector["steps"])
    vector["state"] = {n: said_record(names, journal, n) for n in vector.get("state") or touched(vector)}
    for order in vector.get("orders", []):
        check_order(vector, order)
    return vector


def as_told(expected, actual):
    """`at` and the order of lists count only as far as the vector says them."""
    for name, mine in actual["state"].items():
        if mine and "stands" not in (expected["state"].get(name) or {}):
            mine.pop("stands", None)
    for mine, told in zip(actual["steps"], expected["steps"]):
        for part, other in [(mine["expect"], told["expect"])] + list(zip(
                mine["expect"].get("released", []), told["expect"].get("released", []))):
            if "at" not in other:
                part.pop("at", None)
            for key in ("merges",):
                if in_order(part.get(key, [])) == in_order(other.get(key, [])) and key in other:
                    part[key] = other[key]
    return actual


def touched(vector):
    return {c["record"]: None for s in [*vector.get("given", []), *vector["steps"]] for c in s.get("changes", [])}


def run(vector, steps):
    schema = schemas.load(vector.get("schema"))
    names = Names(schema, vector)
    journal = Journal(schema, vector.get("generation", 0), vector.get("recovering", False))
    journal.begin(names.who(vector))
    for step in vector.get("given", []):
        before = journal.generation
        journal.generation = step.get("generation", before)
        entry, _ = take(journal, names, vector, step)
        journal.generation = before
        if not entry.verdict.applied:
            raise ValueError(f"given commit {step['number']}: {entry.verdict}")
    for step in steps:
        step["expect"] = act(journal, names, vector, step)
    return names, journal


def take(journal, names, vector, step):
    device = vector["devices"][step["device"]]
    entry = Entry(names.devices[step["device"]], step["number"], device["person"], names.commit(step),
                  step.get("received", vector["now"]), step.get("deviceTime", 0), tuple(step.get("former", ())))
    return entry, journal.add(entry)


def act(journal, names, vector, step):
    if "changes" in step:
        entry, released = take(journal, names, vector, step)
    elif "discard" in step or "retry" in step:
        what = step.get("discard") or step["retry"]
        key = names.devices[what["device"]], what["number"]
        entry = None
        if "discard" in step:
            released = journal.dispose(*key, "discarded")
        else:
            entry, *released = journal.retry(*key)
    elif "person" in step or "team" in step:
        journal.assign(lambda people: names.assign(people, step))
        entry, released = None, []
    elif "erase" in step:
        entry, (_, released) = None, journal.erase(names.records[step["erase"]], {}, vector["now"])
    elif "mark" in step:
        names.marks[step["mark"]] = journal.assignment
        entry, released = None, []
    elif "assured" in step:
        journal.assure(names.devices[step["assured"]], names.mark(step["assignment"]))
        entry, released = None, []
    else:
        entry, released = None, journal.close_recovery()
    told = said_verdict(names, entry) if entry else {}
    if ended(released):
        told["released"] = [{"device": names.device_name(e.device), "number": e.number, **said_verdict(names, e)}
                            for e in ended(released)]
    return told


def said_verdict(names, entry):
    plan = entry.verdict
    out = {"outcome": plan.outcome}
    if plan.applied:
        out["versions"] = list(plan.versions)
    entities = {c.record: c.entity for c in entry.commit.changes} if entry.commit else entry.entities

    def at(record, number):
        place = {"record": names.record_name(record, entities.get(record))} if record else {}
        return {**place, **({"field": names.field_name(entities[record], number)} if number else {})}
    if plan.merges:
        out["merges"] = [{**at(r, n), "conflict": c} for r, n, c in plan.merges]
    if plan.refusal:
        out["code"] = plan.refusal.code
        place = at(plan.refusal.record, plan.refusal.field)
        out.update({"at": place} if place else {})
        out.update({"retryable": True} if plan.refusal.code in model.RETRYABLE else {})
    if plan.waits_for:
        out["waitsFor"] = names.record_name(plan.waits_for)
    if plan.suspect and plan.applied:
        out["clockSuspect"] = True
    if plan.handovers:
        out["handovers"] = [{"record": names.record_name(r, entities.get(r)), **({"suggestions": n} if n else {}),
                             **({"movedTo": names.record_name(t)} if t else {})} for r, n, t in plan.handovers]
    return out


def said_record(names, journal, name):
    record = journal.records.get(names.records[name])
    if record is None:
        return None
    catalogue = names.schema.catalogue
    if record.erased:
        return {"version": record.version, "erased": True}
    stands = {"catalogue" if s == catalogue else names.scope_name(s) for s in record.scopes}
    return {**names.state(record), "stands": sorted(stands)}


def check_order(vector, order):
    """Another order of the steps must give the same shown values, siblings and flags."""
    names, journal = run(vector, [copy.deepcopy(vector["steps"][i]) for i in order])
    for name, expected in vector["state"].items():
        actual = said_record(names, journal, name)
        if without_version(expected) != without_version(actual):
            raise ValueError(f"order {order}: {name} is {actual}, not {expected}")


def without_version(state):
    return state and {k: v for k, v in state.items() if k not in ("version", "stands")}
