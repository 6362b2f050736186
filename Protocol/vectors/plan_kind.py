"""Vectors of the kind `plan`: commits against stored records, and what becomes of them."""
import copy

import model
import schema as schemas
from journal import Entry, Journal, ended
from symbols import Names, in_order


def size(vector):
    return len(vector["steps"])


def for_file(told, actual):
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
    journal.accounts = names.accounts(vector)
    for step in vector.get("given", []):
        before = journal.generation
        journal.generation = step.get("generation", before)
        entry, _ = take(journal, names, vector, step)
        journal.generation = before
        if entry.verdict.outcome not in ("accepted", "merged"):
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
    elif "scopes" in step:
        account = journal.accounts[step["person"]]
        journal.accounts[step["person"]] = model.Account(
            account.id, account.office, frozenset(names.records[s] for s in step["scopes"]))
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
    if plan.outcome in ("accepted", "merged"):
        out["versions"] = list(plan.versions)
    entities = {c.record: c.entity for c in entry.commit.changes} if entry.commit else {}

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
    if plan.suspect and plan.outcome in ("accepted", "merged"):
        out["clockSuspect"] = True
    return out


def said_record(names, journal, name):
    record = journal.records.get(names.records[name])
    return names.state(record) if record else None


def check_order(vector, order):
    """Another order of the steps must give the same shown values, siblings and flags."""
    names, journal = run(vector, [copy.deepcopy(vector["steps"][i]) for i in order])
    for name, expected in vector["state"].items():
        actual = said_record(names, journal, name)
        if without_version(expected) != without_version(actual):
            raise ValueError(f"order {order}: {name} is {actual}, not {expected}")


def without_version(state):
    return state and {k: v for k, v in state.items() if k != "version"}
