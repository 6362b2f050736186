#!/usr/bin/env -S /usr/bin/python3
"""Replays the vectors: check.py [--fill] [FILE...]. README.md says what they are."""
import copy
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent

import codec_kind      # noqa: E402
import plan_kind       # noqa: E402
import exchange_kind   # noqa: E402

KINDS = {"codec": codec_kind, "plan": plan_kind, "exchange": exchange_kind}


def text(value, indent=0, width=118):
    """JSON for reading: what fits on a line stands on one."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (dict, list)) or not value or len(flat) + indent + 1 <= width and indent > 0:
        return flat
    inner = " " * (indent + 2)
    if isinstance(value, dict):
        items = [f"{json.dumps(k, ensure_ascii=False)}: {text(v, indent + 2, width - len(k) - 4)}"
                 for k, v in value.items()]
        return "{\n" + ",\n".join(inner + i for i in items) + "\n" + " " * indent + "}"
    return "[\n" + ",\n".join(inner + text(v, indent + 2, width) for v in value) + "\n" + " " * indent + "]"


def differences(expected, actual, path=""):
    """(path, expected, actual) wherever the two differ."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return [d for k in {**expected, **actual}
                for d in differences(expected.get(k, "(nothing)"), actual.get(k, "(nothing)"), f"{path}/{k}")]
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        return [d for i, (e, a) in enumerate(zip(expected, actual)) for d in differences(e, a, f"{path}/{i}")]
    return [] if expected == actual else [(path, expected, actual)]


# So many there are at least: fewer mean that files are not where they should be.
LEAST = {"codec": 3, "plan": 100, "exchange": 40}


def main(arguments):
    fill = "--fill" in arguments
    named = [Path(a).resolve() for a in arguments if a != "--fill"]
    present = {kind: sorted((HERE / kind).glob("*.json")) for kind in KINDS}
    missing = [] if named else [k for k in KINDS if len(present[k]) < LEAST[k]]
    for kind in missing:
        print(f"{kind}: {len(present[kind])} vectors, at least {LEAST[kind]} are expected")
    if missing:
        return 1
    files = named or [file for kind in KINDS for file in present[kind]]
    failed = cases = 0
    for file in files:
        vector = json.loads(file.read_text("utf-8"))
        kind = KINDS[vector["kind"]]
        try:
            actual = kind.replay(copy.deepcopy(vector))
            found = [] if fill else differences(vector, kind.as_told(vector, actual))
        except Exception as error:   # a vector that cannot be replayed is a failure like others
            if fill:
                raise
            found, actual = [("", "a vector that can be replayed", f"{type(error).__name__}: {error}")], None
        if fill:
            file.write_text(text(kind.for_file(vector, actual)) + "\n", "utf-8")
            continue
        cases += kind.size(vector)
        failed += bool(found)
        for path, expected, got in found:
            full = file.resolve()
            name = full.relative_to(HERE) if full.is_relative_to(HERE) else file
            print(f"{name} {path}\n  expected {json.dumps(expected, ensure_ascii=False)}"
                  f"\n  actual   {json.dumps(got, ensure_ascii=False)}")
    if not fill:
        print(f"{len(files)} vectors, {cases} cases and steps: {failed} vectors failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
