"""Vectors of the kind `codec`: each case is a pure function of what it gives."""
import uuid

from google.protobuf import json_format

import model
import schema as schemas
import standing
import wire
from symbols import Names, id_bytes, said_stamp, stamp


def size(vector):
    return len(vector["cases"])


def as_told(expected, actual):
    return actual


def for_file(told, actual):
    return actual


def replay(vector):
    schema = schemas.load()
    vector["cases"] = [{**case, **answer(schema, case)} for case in vector["cases"]]
    return vector


def answer(schema, case):
    """What the case expects, computed. The key that the case begins with tells which function it is."""
    return next(f for key, f in CASES.items() if key in case)(schema, case)


def message(schema, case):
    if case["message"] != "Commit":
        raise ValueError("only commits have canonical bytes")
    if "json" in case:
        sent = json_format.ParseDict(case["json"], wire.pb.Commit())
    else:
        sent = wire.pb.Commit.FromString(bytes.fromhex(case["wire"]))
    commit = wire.without_names(schema, sent)
    data = wire.canonical(commit)
    if data != commit.SerializeToString(deterministic=True):
        raise ValueError("protobuf's own encoder gives other bytes")
    if wire.canonical(wire.pb.Commit.FromString(data)) != data:
        raise ValueError("the canonical bytes do not survive decoding")
    try:
        wire.decode(commit)
    except wire.Undecodable:
        return {"hex": data.hex(), "chain": wire.chain(data).hex(), "decodes": False}
    return {"hex": data.hex(), "chain": wire.chain(data).hex()}


def derive(schema, case):
    entity = schema.entity(case["derive"]["entity"])
    values = {}
    for name, value in case["derive"]["values"].items():
        spec = entity.field(name)
        values[name] = {
            "ref": lambda: ("ref", id_bytes(value)), "date": lambda: ("date", schemas.date_days(value)),
            "option": lambda: ("option", spec.option(value).number),
        }.get(spec.type, lambda: (spec.member, value))()
    return {"id": str(uuid.UUID(bytes=schemas.derived_id(schema, entity, values)))}


def contact(schema, case):
    return {"is": schemas.contact_point(case["contactPoint"]["text"], case["contactPoint"].get("country"))}


def stamps(schema, case):
    given = case["stamps"]
    following = model.next_stamp(stamp(given["last"]), given["now"])
    return {"next": said_stamp(following), "fixed64": str(following)}


def clock(schema, case):
    given = case["clock"]
    ordered, suspect = model.ordered_stamp(stamp(given["stamp"]), given["now"], given.get("deviceTime", 0))
    return {"ordered": said_stamp(ordered), "suspect": suspect}


def scope_sum(schema, case):
    return {"is": str(wire.scope_sum((id_bytes(s["id"]), s["version"]) for s in case["sum"]))}


def version(schema, case):
    given = case["version"]
    return {"is": str(model.fresh_version(int(given["stored"]), given["generation"]))}


def receipt(schema, case):
    given = case["receipt"]
    data = wire.receipt_bytes(id_bytes(given["hub"]), id_bytes(given["device"]), given["number"],
                              bytes.fromhex(given["chain"]), given["receivedAt"])
    return {"signed": data.hex(), **signed(bytes.fromhex(given["secret"]), data)}


def ed25519(schema, case):
    given = case["ed25519"]
    return signed(bytes.fromhex(given["secret"]), bytes.fromhex(given["message"]))


def signed(secret, data):
    public, signature = wire.public_key(secret), wire.sign(secret, data)
    if not wire.verify(public, data, signature) or wire.verify(public, data + b"x", signature):
        raise ValueError("the signature does not hold")
    return {"public": public.hex(), "signature": signature.hex()}


def namespace(schema, case):
    name = case["uuid5"]["name"]
    space = schema.namespace if case["uuid5"]["namespace"] == "schema" else uuid.UUID(case["uuid5"]["namespace"])
    return {"id": str(uuid.uuid5(space, name))}


def part(schema, case):
    """The part of a record that shows these values; a field that is null was cleared, others were never written."""
    given = case["part"]
    entity, names = schema.entity(given["entity"]), Names(schema, {})
    mark = model.Mark(1, 1, 1 << 16, bytes(16), bytes(16), True, 0)
    shown = {entity.field(n): names.value(entity.field(n), v) for n, v in given["values"].items()}
    record = model.Record(entity.number, bytes(16), bytes(16), 1,
                          {spec.number: (model.Sibling(mark, value),) for spec, value in shown.items()})
    return {"is": standing.part(schema, record)}


CASES = {"message": message, "derive": derive, "contactPoint": contact, "stamps": stamps, "clock": clock,
         "sum": scope_sum, "version": version, "part": part, "receipt": receipt, "ed25519": ed25519, "uuid5": namespace}
