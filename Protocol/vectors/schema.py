"""The schema, derived ids and contact points (SPEC 2.4, 3.1, 3.2)."""
import json
import unicodedata
import uuid
from dataclasses import dataclass
from pathlib import Path

PROTOCOL = Path(__file__).resolve().parent.parent
MEMBER = {"money": "integer"}  # the Field member of a type, where it is not the type's own name


@dataclass(frozen=True)
class Option:
    number: int
    name: str
    rank: int


@dataclass(frozen=True)
class Field:
    number: int
    name: str
    type: str
    rule: str
    write: tuple
    set: bool = False
    options: tuple = ()
    to: str = None
    max: float = None
    min: float = None
    review: bool = False
    required: bool = False
    parent: bool = False
    format: str = None
    since: int = 1   # required only of commits captured under this version or later
    read: tuple = ("rep", "office")   # who is told what it holds

    @property
    def member(self):
        return MEMBER.get(self.type, self.type)

    def option(self, key):
        """The option with this name or number, or None."""
        return next((o for o in self.options if key in (o.name, o.number)), None)


@dataclass(frozen=True)
class Entity:
    number: int
    name: str
    id: object       # "minted" or a tuple of field names
    scope: object    # "catalogue" or a tuple of field names, of which the first that holds something counts
    create: tuple
    delete: tuple
    fields: dict     # by number
    follow: object = None   # (field of a person, fields that end it) or None (SPEC 4.11)
    urgent: object = None   # ("until", fields), ("while", field, names of options) or None (SPEC 4.4)

    def field(self, key):
        """The field with this name or number, or None."""
        return next((f for f in self.fields.values() if key in (f.name, f.number)), None)

    @property
    def required(self):
        return [f for f in self.fields.values() if f.required]


@dataclass(frozen=True)
class Schema:
    version: int
    namespace: uuid.UUID
    catalogue: bytes                # id of the scope that everybody sees
    entities: dict                  # by number
    renumbered: tuple = ()          # (schema version, entity, field, {old option number: new one})

    def entity(self, key):
        return next((e for e in self.entities.values() if key in (e.name, e.number)), None)


def load(overlay=None):
    """The schema of the folder beside this one; `overlay` (README, plan vectors) changes it for one vector."""
    common = json.loads((PROTOCOL / "schema/ronda.json").read_text("utf-8"))
    files = [json.loads(p.read_text("utf-8")) for p in sorted((PROTOCOL / "schema/entities").glob("*.json"))]
    overlay = overlay or {}
    for name, options in overlay.get("options", {}).items():
        common["options"][name] = options
    for name, fields in overlay.get("fields", {}).items():
        next(f for f in files if f["entity"] == name)["fields"] += fields
    entities = {}
    for file in files:
        fields = {}
        for f in file["fields"]:
            options = tuple(Option(o["number"], name, o.get("rank", 0))
                            for name, o in common["options"].get(f.get("options"), {}).items())
            fields[f["number"]] = Field(
                f["number"], f["name"], f["type"], f["rule"], tuple(f["write"]), f.get("set", False), options,
                f.get("to"), f.get("max"), f.get("min"), f.get("review", False), f.get("required", False),
                f.get("parent", False), f.get("format"), f.get("since", 1), tuple(f.get("read", ("rep", "office"))))
        identity = file["id"] if file["id"] == "minted" else tuple(file["id"])
        scope = file["scope"] if file["scope"] == common["catalogue"] else tuple(
            file["scope"] if isinstance(file["scope"], list) else [file["scope"]])
        follow = (file["follow"]["person"], tuple(file["follow"]["until"])) if "follow" in file else None
        entities[file["number"]] = Entity(file["number"], file["entity"], identity, scope,
                                          tuple(file["create"]), tuple(file["delete"]), fields, follow,
                                          urgent(file.get("urgent")))
    namespace = uuid.UUID(common["namespace"])
    renumbered = [(r["version"], r["entity"], r["field"], {int(k): v for k, v in r["options"].items()})
                  for r in overlay.get("renumbered", [])]
    for file in files:
        for f in file["fields"]:
            options = common["options"].get(f.get("options"), {})
            renumbered += [(o["in"], file["entity"], f["name"], {o["number"]: options[o["replacedBy"]]["number"]})
                           for o in options.values() if "replacedBy" in o]
    return Schema(overlay.get("version", common["version"]), namespace,
                  uuid.uuid5(namespace, common["catalogue"]).bytes, entities, tuple(renumbered))


def urgent(said):
    if said is None:
        return None
    if "until" in said:
        return "until", tuple(said["until"])
    return "while", said["while"]["field"], tuple(said["while"]["in"])


# Derived ids (SPEC 3.2). Values are pairs of member and payload, as in model.py.

def key_text(value):
    if value is None:
        return ""
    member, payload = value
    if member == "ref":
        return payload.hex()
    if member == "date":
        return date_text(payload)
    return str(payload)


def named_id(schema, entity, name):
    """The id that the hub itself makes from a name (SPEC 4.13)."""
    return uuid.uuid5(uuid.uuid5(schema.namespace, entity.name), name).bytes


def is_computed(id):
    """An id of UUID version 5 follows from a name: whoever knows the name has the id."""
    return id[6] >> 4 == 5


def derived_id(schema, entity, values):
    """`values` by field name."""
    namespace = uuid.uuid5(schema.namespace, entity.name)
    return uuid.uuid5(namespace, "\x1f".join(key_text(values.get(name)) for name in entity.id)).bytes


# Dates are days since 1970 in the proleptic Gregorian calendar.

def date_text(days):
    from datetime import date
    return (date.fromordinal(date(1970, 1, 1).toordinal() + days)).isoformat()


def date_days(text):
    from datetime import date
    return date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()


# Contact points (SPEC 3.2)

COUNTRIES = {  # code, trunk prefixes, national length
    "AR": ("54", ["0"], None), "BO": ("591", ["0"], 8), "BR": ("55", ["0"], None), "CL": ("56", ["0"], 9),
    "CO": ("57", ["0"], 10), "CR": ("506", [], 8), "CU": ("53", ["0"], None), "DO": ("1", ["1"], 10),
    "EC": ("593", ["0"], None), "ES": ("34", [], 9), "GT": ("502", [], 8), "HN": ("504", [], 8),
    "MX": ("52", ["044", "045", "01"], 10), "NI": ("505", [], 8), "PA": ("507", [], None), "PE": ("51", ["0"], None),
    "PR": ("1", ["1"], 10), "PY": ("595", ["0"], None), "SV": ("503", [], 8), "US": ("1", ["1"], 10),
    "UY": ("598", ["0"], None), "VE": ("58", ["0"], 10),
}


def is_digits(text):
    return text != "" and all(c in "0123456789" for c in text)


def telephone(text, country):
    left = "".join(c for c in text if c not in " \t-.()/\u00a0\u2011\u2013")
    if left.startswith("+") or left.startswith("00"):
        digits = left.lstrip("+0")
        if not is_digits(digits):
            return None
    else:
        if not is_digits(left) or (country or "").upper() not in COUNTRIES:
            return None
        digits = with_code(left, *COUNTRIES[country.upper()])
    if not 8 <= len(digits) <= 15 or digits[0] == "0":
        return None
    if len(digits) == 13 and digits.startswith("521"):
        digits = "52" + digits[3:]
    return "tel:+" + digits


def with_code(digits, code, trunks, length):
    if length and len(digits) == length + len(code) and digits.startswith(code):
        return digits
    for trunk in trunks:
        if digits.startswith(trunk) and (length is None or len(digits) == len(trunk) + length):
            return code + digits[len(trunk):]
    return code + digits


def mail(text):
    address = unicodedata.normalize("NFC", text.strip().lower())
    before, at, after = address.partition("@")
    if not before or not at or "@" in after or any(c.isspace() for c in address):
        return None
    if "." not in after or after.startswith(".") or after.endswith("."):
        return None
    return "mailto:" + address


def contact_point(text, country=None):
    return mail(text) if "@" in text else telephone(text, country)


def is_canonical_contact(text):
    if text.startswith("tel:"):
        return text.startswith("tel:+") and telephone(text[4:], None) == text
    return text.startswith("mailto:") and mail(text[7:]) == text
