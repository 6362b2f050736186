"""Who is assigned what, and what that makes an account see (SPEC 4.12)."""
from dataclasses import replace

import model
import standing


class People:
    """Accounts and teams as a vector names them; scopes are ids of territories."""

    def __init__(self, schema, people, teams):
        self.schema, self.people, self.teams = schema, people, teams

    def territories(self, name, records, asked=frozenset()):
        """With all territories below; a supervisor also what the members of the teams it leads see."""
        person, found = self.people[name], set()
        if name in asked:
            return found
        for territory in [*person["scopes"], *(t for team in person["teams"] for t in self.teams[team])]:
            self.add_with_parts(territory, records, found)
        for member, other in self.people.items():
            if person["role"] == "supervisor" and set(other["teams"]) & set(person["leads"]):
                found |= {other["id"], *self.territories(member, records, asked | {name})}
        return found - {person["id"]}

    def add_with_parts(self, territory, records, found):
        if territory in found:
            return
        found.add(territory)
        entity = self.schema.entity("territory")
        for record in records.values():
            if record.entity == entity.number and entity.field("parent") and \
                    standing.value_of(entity, "parent", record) == ("ref", territory):
                self.add_with_parts(record.id, records, found)

    def accounts(self, records, present, version):
        """Accounts by name as they are now, with their stays; `present` are those before, `version` is that of a step."""
        out = {}
        for name, person in self.people.items():
            now = model.Account(person["id"], person["role"], frozenset(self.territories(name, records)))
            old = present.get(name)
            if old is None:
                stays = [standing.Stay(s, 0) for s in sorted(places(now), key=repr)]
            elif places(now) == places(old):
                stays = old.stays
            else:
                stays = standing.gone_on(old.stays, places(old) - places(now), places(now) - places(old), version)
            out[name] = replace(now, stays=tuple(stays))
        return out


def places(account):
    return {None} if account.sees_all else set(account.scopes)
