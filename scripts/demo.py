#!/usr/bin/env python3
"""The demo behind scripts/demo: plays the story with the built programs. Standard library only."""

import argparse
import csv
import fcntl
import hashlib
import json
import os
import pty
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/demo")
    parser.add_argument("--bin", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help="only one JSON summary on stdout")
    parser.add_argument("--customers")
    parser.add_argument("--purchases")
    parser.add_argument("--territories")
    parser.add_argument("--keep", action="store_true", help="leave the stores for a look")
    given = parser.parse_args()
    files = [given.customers, given.purchases, given.territories]
    if any(files) and not all(files):
        parser.error("--customers, --purchases and --territories go together")
    for file in files:
        if file and not Path(file).is_file():
            parser.error(f"no such file: {file}")
    return given


OPTIONS = arguments()
SPANISH = next((value for name in ("RONDA_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
                if (value := os.environ.get(name))), "").lower().startswith("es")
COLOUR = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(code, text):
    return f"\033[{code}m{text}\033[0m" if COLOUR else text


def say(english, spanish):
    if not OPTIONS.json:
        print(spanish if SPANISH else english, flush=True)


def act(english, spanish):
    if not OPTIONS.json:
        title = spanish if SPANISH else english
        print("\n" + paint("1;36", f"── {title} " + "─" * max(0, 76 - len(title))), flush=True)


class Failed(Exception):
    pass


def as_on_a_terminal(line, environment):
    """Runs a program as a person would see it, 78 columns wide; what it says of errors follows."""
    if not COLOUR:
        environment = dict(environment, NO_COLOR="1")
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 78, 0, 0))
    process = subprocess.Popen(line, env=environment, stdin=subprocess.DEVNULL, stdout=follower,
                               stderr=subprocess.PIPE)
    os.close(follower)
    output = b""
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:  # the terminal is closed: the program has ended
            break
        if not part:
            break
        output += part
    os.close(leader)
    output += process.stderr.read()
    return process.wait(), output.decode(errors="replace").replace("\r\n", "\n")


class World:
    """One server and its devices, in one directory."""

    def __init__(self, root):
        self.root = Path(root)
        self.server = None
        self.port = 0

    def data(self):
        return str(self.root / "hub")

    def home(self, who):
        return str(self.root / who)

    def command(self, words, shown=None, who=None, expect=(0,), typed=""):
        """Runs a program; shows the command and what it says when `shown` is given."""
        program, rest = words[0], list(words[1:])
        line = [str(Path(OPTIONS.bin) / program)] + rest
        environment = dict(os.environ, RONDA_LANG="es" if SPANISH else "en")
        if who:
            environment["RONDA_HOME"] = self.home(who)
        if shown and not OPTIONS.json:
            print(paint("33", f"{who}$ ") + paint("1", shown), flush=True)
            status, text = as_on_a_terminal(line, environment)
            print("".join("  " + part + "\n" for part in text.rstrip().split("\n")), end="",
                  flush=True)
        else:
            result = subprocess.run(line, env=environment, input=typed, capture_output=True,
                                    text=True, check=False)
            status, text = result.returncode, result.stdout
        if status not in expect:
            more = "" if shown else result.stderr
            raise Failed(f"{' '.join(words)}: exit status {status}\n{text}{more}")
        return text

    def server_json(self, *words):
        return json.loads(self.command(["ronda-server", *words, "--data", self.data(), "--json"]))

    def rep(self, who, *words, shown=True, expect=(0,), typed=""):
        """A command a person types on the device."""
        text = "ronda " + " ".join(quoted(word) for word in words) if shown else None
        return self.command(["ronda", *words], shown=text, who=who, expect=expect, typed=typed)

    def rep_json(self, who, *words, expect=(0,)):
        return json.loads(self.command(["ronda", *words, "--json"], who=who, expect=expect))

    def start(self):
        line = [str(Path(OPTIONS.bin) / "ronda-server"), "serve", "--data", self.data(),
                "--port", str(self.port), "--json"]
        self.server = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                       text=True)
        text = ""
        while "}" not in text:
            part = self.server.stdout.readline()
            if not part:
                raise Failed("ronda-server ended at once")
            text += part
        self.port = json.loads(text)["port"]

    def stop(self, how=signal.SIGTERM):
        if self.server:
            self.server.send_signal(how)
            self.server.wait()
            self.server = None

    def copy(self, root):
        """The same server and devices once more, as they are now."""
        shutil.copytree(self.root, root)
        twin = World(root)
        twin.port = self.port
        return twin


def quoted(word):
    return f"'{word}'" if any(letter in word for letter in " ,;") else word


PEOPLE = [("ana", "Ana Peña", "rep"), ("beto", "Beto Núñez", "rep"), ("oficina", "Oficina", "office")]


def prepare(world):
    """A server with imported customers, two reps of one territory, the office, a programme."""
    act("1. The office prepares", "1. La oficina prepara")
    world.root.mkdir(parents=True, exist_ok=True)
    world.server_json("init")
    sample = {"customers": OPTIONS.customers, "purchases": OPTIONS.purchases,
              "territories": OPTIONS.territories}
    if not OPTIONS.customers:
        sample = world.server_json("sample", "--out", str(world.root / "sample"))
    imported = world.server_json("import", *sum(([f"--{kind}", file] for kind, file
                                                 in sample.items()), []))
    counts = {kind: imported[kind]["imported"] for kind in sample}
    refused = len(imported["refusals"])
    say(f"Imported {counts['customers']} customers, {counts['purchases']} purchases, "
        f"{counts['territories']} territories; {refused} rows refused.",
        f"Se importaron {counts['customers']} clientes, {counts['purchases']} compras, "
        f"{counts['territories']} territorios; {refused} filas rechazadas.")
    with open(sample["customers"], encoding="utf-8-sig", newline="") as file:
        chosen = next(csv.DictReader(file))
    territory = chosen["territory"]
    world.server_json("programme", "add", "--code", "ORO", "--name", "Club Oro",
                      "--welcome-bonus", "100")
    for login, name, role in PEOPLE:
        place = ["--territory", territory] if role == "rep" else []
        world.server_json("user", "add", "--login", login, "--name", name, "--role", role, *place)
    say(f"Ana and Beto are both reps of territory {territory}; the office sees everything.",
        f"Ana y Beto son representantes del territorio {territory}; la oficina ve todo.")
    world.start()
    for login, _, _ in PEOPLE:
        code = world.server_json("device", "code", "--login", login)["code"]
        world.rep(login, "login", "--server", f"http://127.0.0.1:{world.port}", shown=False,
                  typed=code)
        world.rep(login, "sync")
    return chosen, counts


def capture(world, who, customer, street, phone, other, note):
    """One rep's day with no network."""
    world.rep(who, "visit", "new", "--customer", customer,
              "--expectation", "que rinda todo el mes", "--reality", "met",
              "--repurchase", "8", "--referral-asked", "yes", "--handoff-ok", "yes",
              "--note", note, "--promise", "Llevar el repuesto", "--due", "+3d",
              "--referral-name", "Rosa Quiñones", "--referral-phone", "+52 33 9876 5432",
              "--enrol", "ORO", "--no-input")
    world.rep(who, "customer", "edit", customer, "--street", street, "--add-phone", phone, *other)


def offline(world, chosen):
    act("2. No network: both work the same customer", "2. Sin red: ambos con el mismo cliente")
    world.stop()
    say("The server is stopped. Everything below happens on the two laptops.",
        "El servidor está apagado. Lo que sigue ocurre en las dos computadoras.")
    code = chosen["code"]
    capture(world, "ana", code, "Av. Juárez 120, interior 4", "+52 33 1111 1111",
            ["--best-hours", "por la mañana"], "Contenta con la entrega")
    capture(world, "beto", code, "Av. Juárez 210", "+52 33 2222 2222",
            ["--contact", "Doña Mercedes"], "Pide que llamemos antes de ir")
    world.rep("ana", "sync", expect=(6,))
    world.rep("ana", "status")


def meet(world, order, shown):
    """The reps sync in this order, then everybody takes what the others brought."""
    world.start()
    for who in [*order, "oficina", *order]:
        world.rep(who, "sync", shown=shown, expect=(0, 5))
    return json.loads(world.command(["ronda", "export-state", "--json"], who="oficina"))


def fingerprint(state):
    text = json.dumps(state, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def count(state, entity, **wanted):
    return sum(1 for record in state
               if record["entity"] == entity
               and all(record.get(key) == value
                       for key, value in wanted.items()))


def facts(state, code):
    """What the story is about, as one order of arrival left it."""
    customer = next(record for record in state if record["entity"] == "customer"
                    and record.get("code") == code)
    streets = [sibling["value"] for sibling in customer["siblings"].get("street", [])]
    points = sum(record["points"] for record in state
                 if record["entity"] == "pointsEntry")
    return {
        ("street shown", "dirección que se ve"): customer["street"],
        ("kept beside it", "guardada al lado"): ", ".join(
            street for street in streets if street != customer["street"]),
        ("best hours", "mejor horario"): customer["bestHours"],
        ("contact person", "persona de contacto"): customer["contact"],
        ("phones", "teléfonos"): str(len(customer["phones"])),
        ("referrals / claims", "referidos / méritos"):
            f"{count(state, 'referral')} / {count(state, 'referralClaim')}",
        ("enrolments / points", "inscripciones / puntos"): f"{count(state, 'enrolment')} / {points}",
    }


def compare(code, first, second):
    left, right = facts(first, code), facts(second, code)
    say("                        Ana first                    Beto first",
        "                        Ana primero                  Beto primero")
    for name, value in left.items():
        line = f"{name[0]:<24}{value:<29}{right[name]}"
        say(line, f"{name[1]:<24}{value:<29}{right[name]}")


def play(root):
    began = time.monotonic()
    world = World(Path(root) / "first")
    twin = None
    try:
        chosen, counts = prepare(world)
        offline(world, chosen)
        # The same laptops and the same server, as they are before anybody syncs.
        twin = world.copy(Path(root) / "second")

        act("3. Ana syncs first, then Beto", "3. Ana sincroniza primero, luego Beto")
        first = meet(world, ["ana", "beto"], shown=True)
        act("4. What the office sees", "4. Lo que ve la oficina")
        world.rep("oficina", "customer", "show", chosen["code"])
        world.rep("oficina", "conflicts", "list", expect=(0, 5))
        world.rep("oficina", "referral", "list")
        conflicts = world.rep_json("oficina", "conflicts", "list", expect=(0, 5))
        devices = {who: sum(world.rep_json(who, "status")["records"].values())
                   for who, _, _ in PEOPLE}
        world.stop()

        act("5. The same day, Beto first", "5. El mismo día, Beto primero")
        second = meet(twin, ["beto", "ana"], shown=True)
        twin.stop()
        same = first == second
        compare(chosen["code"], first, second)
        say(f"Ana first:  {len(first)} records, {fingerprint(first)[:32]}",
            f"Ana primero:  {len(first)} registros, {fingerprint(first)[:32]}")
        say(f"Beto first: {len(second)} records, {fingerprint(second)[:32]}",
            f"Beto primero: {len(second)} registros, {fingerprint(second)[:32]}")
        say(paint("1;32", "The same state, record for record.") if same
            else paint("1;31", "The states DIFFER."),
            paint("1;32", "El mismo estado, registro por registro.") if same
            else paint("1;31", "Los estados son DISTINTOS."))
        return {
            "statesEqual": same,
            "referrals": count(first, "referral"),
            "claims": count(first, "referralClaim"),
            "enrolments": count(first, "enrolment"),
            "welcomeBonuses": count(first, "pointsEntry", cause="welcome"),
            "visits": count(first, "visit"),
            "promises": count(first, "commitment"),
            "openConflicts": len(conflicts),
            "customersImported": counts["customers"],
            "purchasesImported": counts["purchases"],
            "territoriesImported": counts["territories"],
            "recordsOnDevices": sum(devices.values()),
            "recordsPerDevice": devices,
            "seconds": round(time.monotonic() - began, 1),
        }
    finally:
        world.stop()
        if twin:
            twin.stop()


def main():
    root = tempfile.mkdtemp(prefix="ronda-demo-")
    try:
        summary = play(root)
    except Failed as failure:
        print(f"demo: {failure}", file=sys.stderr)
        return 1
    finally:
        if not OPTIONS.keep:
            shutil.rmtree(root, ignore_errors=True)
    expected = {"statesEqual": True, "referrals": 1, "claims": 2, "enrolments": 1,
                "welcomeBonuses": 1, "visits": 2, "promises": 2, "openConflicts": 1}
    wrong = {key: summary[key] for key, value in expected.items() if summary[key] != value}
    if OPTIONS.json:
        print(json.dumps(summary, indent=2))
    else:
        act("Summary", "Resumen")
        print("  " + "  ".join(f"{key}={value}" for key, value in summary.items()
                               if key != "recordsPerDevice"))
    if OPTIONS.keep:
        print(f"demo: stores kept in {root}", file=sys.stderr)
    if wrong:
        print(f"demo: not as promised: {wrong}", file=sys.stderr)
        return 1
    return 0


sys.exit(main())
