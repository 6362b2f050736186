"""Messages, canonical bytes and chain, sums, receipts (SPEC 2, 3.4; generated classes come from protoc)."""
import hashlib
import importlib
import struct
import subprocess
import sys
import tempfile

from google.protobuf import json_format

import model
from schema import PROTOCOL


def generate():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["protoc", f"--proto_path={PROTOCOL}", f"--python_out={folder}", "ronda/v1/exchange.proto"],
                       cwd=PROTOCOL, check=True)
        sys.path.insert(0, folder)
        try:
            return importlib.import_module("ronda.v1.exchange_pb2")
        finally:
            sys.path.remove(folder)


pb = generate()
VALUES = ("text", "integer", "real", "boolean", "instant", "date", "option", "ref", "status")


class Undecodable(Exception):
    pass


def parse_json(message_class, data):
    return json_format.ParseDict(data, message_class())


def to_json(message):
    return json_format.MessageToDict(message)


# Canonical bytes, written from the rules of SPEC 3.4 (check.py compares with protobuf's own encoder)

def varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out + bytes([n]))


def zigzag(n):
    return varint(n << 1 if n >= 0 else (-n << 1) - 1)


def tagged(number, wire_type, content):
    return varint(number << 3 | wire_type) + content


def sized(number, content):
    return tagged(number, 2, varint(len(content)) + content)


def number_of(number, n):
    return tagged(number, 0, varint(n)) if n else b""


def field_bytes(f):
    out = number_of(1, f.number)
    kind = f.WhichOneof("value")
    if kind is None:
        return out
    value = getattr(f, kind)
    return out + {
        "text": lambda: sized(2, value.encode()),
        "integer": lambda: tagged(3, 0, zigzag(value)),
        "real": lambda: tagged(4, 1, struct.pack("<d", value)),
        "boolean": lambda: tagged(5, 0, varint(int(value))),
        "instant": lambda: tagged(6, 0, varint(value % (1 << 64))),
        "date": lambda: tagged(7, 0, zigzag(value)),
        "option": lambda: tagged(8, 0, varint(value)),
        "ref": lambda: tagged(9, 0, varint(value)),
        "status": lambda: sized(10, number_of(1, value.option) + number_of(2, value.round)),
    }[kind]()


def change_bytes(c):
    return b"".join([
        number_of(1, c.entity), number_of(2, c.record), number_of(3, c.base),
        *(sized(4, field_bytes(f)) for f in c.sets),
        sized(5, b"".join(varint(n) for n in c.cleared)) if c.cleared else b"",
        *(sized(6, field_bytes(f)) for f in c.adds),
        *(sized(7, field_bytes(f)) for f in c.removes),
        number_of(8, int(c.deletes))])


def canonical(commit):
    return b"".join([
        number_of(1, commit.number),
        tagged(2, 1, struct.pack("<Q", commit.stamp)) if commit.stamp else b"",
        number_of(3, commit.schema),
        sized(4, commit.previous) if commit.previous else b"",
        *(sized(5, i) for i in commit.ids),
        *(sized(6, change_bytes(c)) for c in commit.changes),
        tagged(7, 5, struct.pack("<I", commit.boot)) if commit.boot else b"",
        number_of(8, commit.uptime_ms), number_of(9, commit.assignment)])


def chain(canonical_bytes):
    return hashlib.sha256(canonical_bytes).digest()[:16]


def without_names(schema, commit):
    """The commit with numbers in place of names (SPEC 2.2)."""
    commit = pb.Commit.FromString(commit.SerializeToString())
    for change in commit.changes:
        entity = schema.entities.get(change.entity)
        for f in [*change.sets, *change.adds, *change.removes]:
            if f.name and not f.number:
                spec = entity.field(f.name) if entity else None
                f.number = spec.number if spec else 0
            f.name = ""
    return commit


# Between messages and the values of model.py

def decode(commit):
    """The commit as a value; Undecodable where SPEC 6.2 says `malformed` for its form."""
    if any(len(i) != 16 for i in commit.ids) or len(commit.previous) not in (0, 16):
        raise Undecodable

    def id_at(index):
        if index >= len(commit.ids):
            raise Undecodable
        return commit.ids[index]

    def value(f):
        kind = f.WhichOneof("value")
        if kind is None:
            raise Undecodable
        if kind == "ref":
            return f.number, ("ref", id_at(f.ref))
        if kind == "status":
            return f.number, ("status", (f.status.option, f.status.round))
        return f.number, (kind, getattr(f, kind))

    changes = tuple(model.Change(c.entity, id_at(c.record), c.base, tuple(map(value, c.sets)), tuple(c.cleared),
                                 tuple(map(value, c.adds)), tuple(map(value, c.removes)), c.deletes)
                    for c in commit.changes)
    return model.Commit(commit.number, commit.stamp, commit.schema, changes, len(canonical(commit)),
                        commit.assignment)


def encode(commit, previous=b""):
    """The message of a value, ids in order of first use."""
    message = pb.Commit(number=commit.number, stamp=commit.stamp, schema=commit.schema, previous=previous,
                        assignment=commit.assignment)
    table = Table(message.ids)
    for c in commit.changes:
        change = message.changes.add(entity=c.entity, record=table.index(c.record), base=c.base, cleared=c.cleared,
                                     deletes=c.deletes)
        for target, items in ((change.sets, c.sets), (change.adds, c.adds), (change.removes, c.removes)):
            for number, value in items:
                put(target.add(number=number), value, table)
    return message


class Table:
    def __init__(self, ids):
        self.ids, self.places = ids, {}

    def index(self, id):
        if id not in self.places:
            self.places[id] = len(self.ids)
            self.ids.append(id)
        return self.places[id]


def put(f, value, table):
    if value is None:
        return
    kind, payload = value
    if kind == "ref":
        f.ref = table.index(payload)
    elif kind == "status":
        f.status.SetInParent()
        f.status.option, f.status.round = payload
    else:
        setattr(f, kind, payload)


# Sums over the records of a scope

def mix(x):
    x ^= x >> 30
    x = x * 0xBF58476D1CE4E5B9 % (1 << 64)
    x ^= x >> 27
    x = x * 0x94D049BB133111EB % (1 << 64)
    return x ^ x >> 31


def standing_hash(id, version):
    high, low = int.from_bytes(id[:8], "big"), int.from_bytes(id[8:], "big")
    return mix((mix((mix(high) + low) % (1 << 64)) + version) % (1 << 64))


def scope_sum(standing):
    return sum(standing_hash(i, v) for i, v in standing) % (1 << 64)


# Receipts

def receipt_bytes(hub, device, number, chain_hash, received_at):
    return (b"ronda receipt v1\0" + hub + device + number.to_bytes(8, "big") + chain_hash
            + received_at.to_bytes(8, "big"))


# Ed25519 (RFC 8032). Slow and not constant in time: good for vectors and nothing else.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def recover_x(y, sign):
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * ROOT % P
    if (x * x - x2) % P or x == 0 and sign:
        return None
    return P - x if x & 1 != sign else x


def add(a, b):
    t = D * a[0] * b[0] * a[1] * b[1] % P
    x = (a[0] * b[1] + b[0] * a[1]) * pow(1 + t, P - 2, P) % P
    return x, (a[1] * b[1] + a[0] * b[0]) * pow(1 - t, P - 2, P) % P


def multiply(n, point):
    out = (0, 1)
    while n:
        out = add(out, point) if n & 1 else out
        point, n = add(point, point), n >> 1
    return out


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (recover_x(BASE_Y, 0), BASE_Y)


def point_bytes(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def read_point(data):
    n = int.from_bytes(data, "little")
    y = n & (1 << 255) - 1
    x = recover_x(y, n >> 255) if y < P else None
    return None if x is None else (x, y)


def sha512_number(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


def secret_parts(secret):
    digest = hashlib.sha512(secret).digest()
    return int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254, digest[32:]


def public_key(secret):
    return point_bytes(multiply(secret_parts(secret)[0], BASE))


def sign(secret, message):
    a, prefix = secret_parts(secret)
    r = sha512_number(prefix, message) % ORDER
    first = point_bytes(multiply(r, BASE))
    s = (r + sha512_number(first, public_key(secret), message) * a) % ORDER
    return first + s.to_bytes(32, "little")


def verify(public, message, signature):
    a, r, s = read_point(public), read_point(signature[:32]), int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or a is None or r is None or s >= ORDER:
        return False
    return multiply(s, BASE) == add(r, multiply(sha512_number(signature[:32], public, message) % ORDER, a))
