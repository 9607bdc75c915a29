"""Scenarios that are kept: what was asked, by whom and on which data, and which of them are switched on.

They lie in ``<store>/scenarios/``, beside the lake and not in it: what somebody wonders is no new data, and must not
make a new version of what every figure rests on. Each scenario, and each turn of a switch, is a file of its own that is
written once: the plan before a crisis is never touched, so turning back gives it as it was.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import msgspec

from vardbalans.data.identity.masking import masked
from vardbalans.data.lake.durable import exclusive, install, staging
from vardbalans.data.scenarios.file import AGREED, ALL, Scenario, Switch
from vardbalans.engine.errors import BadInput
from vardbalans.engine.measures import Measure, switched
from vardbalans.engine.messages import Message

__all__ = ["CURRENT", "KeptScenario", "KeptScenarios", "SwitchedOn", "Turn"]

CURRENT = "current"


class KeptScenario(msgspec.Struct, frozen=True):
    """A scenario as it was saved: *author* is a function, *version* and *fingerprint* the data it was made on."""

    scenario_id: str
    name: str
    author: str
    created_at: datetime
    version: int
    fingerprint: str
    measures: tuple[Measure, ...]
    switches: tuple[Switch, ...] = ()

    @property
    def scenario(self) -> Scenario:
        """Return the scenario itself."""
        return Scenario(self.name, self.measures, self.switches)


class Turn(msgspec.Struct, frozen=True):
    """One turn of a switch: the scenario goes on, or off, from *day*; *author* is a function."""

    scenario_id: str
    way: str
    day: date
    author: str
    made_at: datetime


@dataclass(frozen=True)
class SwitchedOn:
    """A scenario that holds from *on* until *off* (the first day it does not; None: not yet said)."""

    scenario: KeptScenario
    on: date
    off: date | None

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Return its measures with the switch's dates; none where it was turned off before it had begun."""
        if self.off is not None and self.off <= self.on:
            return ()
        return switched(self.scenario.measures, self.on, self.off)


class KeptScenarios:
    """The scenarios kept under *store*. A saved one is never changed: the same name again is a later one of it."""

    def __init__(self, store: Path) -> None:
        self._folder = store / "scenarios"

    def all(self) -> list[KeptScenario]:
        """Return every saved scenario, the oldest first."""
        found = [msgspec.json.decode(path.read_bytes(), type=KeptScenario) for path in self._folder.glob("s-*.json")]
        return sorted(found, key=lambda row: (row.created_at, row.scenario_id))

    def find(self, given: str) -> KeptScenario | None:
        """Return the scenario of that id, or the latest of that name; None where there is none."""
        named = [row for row in self.all() if given in (row.scenario_id, row.name)]
        return named[-1] if named else None

    def required(self, given: str) -> KeptScenario:
        """Return what :meth:`find` does. Raises BadInput where there is none."""
        found = self.find(given)
        if found is None:
            raise BadInput(
                Message("Scenariet {name} finns inte bland de sparade. Se dem med scenarios list.", name=given)
            )
        return found

    def save(
        self, scenario: Scenario, name: str, *, author: str, at: datetime, version: int, fingerprint: str
    ) -> KeptScenario:
        """Keep *scenario* under *name*. The same content by the same author on the same data adds nothing.

        Raises BadInput for a name that is taken by the program, or text that looks like a person's number.
        """
        _require_fit(name, author)
        unsaved = KeptScenario("", name, author, at, version, fingerprint, scenario.measures, scenario.switches)
        latest = self.find(name)
        if latest and msgspec.structs.replace(latest, scenario_id="", created_at=at) == unsaved:
            return latest
        found = msgspec.structs.replace(
            unsaved, scenario_id=hashlib.sha256(msgspec.json.encode(unsaved)).hexdigest()[:12]
        )
        self._write(f"s-{found.scenario_id}.json", found)
        return found

    def turn(self, given: str, way: str, day: date, *, author: str, at: datetime) -> SwitchedOn:
        """Turn a kept scenario *way* (``on`` or ``off``) from *day*. Raises BadInput where it is so already."""
        _require_fit(given, author)
        found = self.required(given)
        held = next((row for row in self.switches() if row.scenario.name == found.name and row.off is None), None)
        if way == "on" and held:
            raise BadInput(Message("Scenariet {name} är redan påslaget från {day}.", name=found.name, day=held.on))
        mine = {row.measure_id for row in found.measures}
        for row in self.switches() if way == "on" else ():
            if row.off is None and not mine.isdisjoint(part.measure_id for part in row.scenario.measures):
                raise BadInput(
                    Message(
                        "{name} är påslaget och har någon av samma åtgärder. Slå av det först.", name=row.scenario.name
                    )
                )
        if way == "off" and held is None:
            raise BadInput(Message("Scenariet {name} är inte påslaget.", name=found.name))
        scenario = held.scenario if held else found
        self._write(f"t-{len(self.turns()) + 1:06d}.json", Turn(scenario.scenario_id, way, day, author, at))
        return next(row for row in reversed(self.switches()) if row.scenario == scenario)

    def turns(self) -> list[Turn]:
        """Return every turn of a switch in the order they were made."""
        return [msgspec.json.decode(path.read_bytes(), type=Turn) for path in sorted(self._folder.glob("t-*.json"))]

    def switches(self) -> list[SwitchedOn]:
        """Return what has been switched on, with when it was or will be turned off, in the order it was turned on."""
        return _paired(self.turns(), {row.scenario_id: row for row in self.all()})

    def _write(self, name: str, content: msgspec.Struct) -> None:
        with (
            exclusive(self._folder / ".lock"),
            staging(self._folder / ".staging") as folder,
        ):
            target = self._folder / name
            if target.exists():
                raise BadInput(Message("Någon annan hann före. Se läget och försök igen."))
            (folder / name).write_bytes(msgspec.json.format(msgspec.json.encode(content)))
            install(folder / name, target)


def _paired(turns: Sequence[Turn], scenarios: dict[str, KeptScenario]) -> list[SwitchedOn]:
    found: list[SwitchedOn] = []
    for turn in turns:
        if turn.way == "on":
            found.append(SwitchedOn(scenarios[turn.scenario_id], turn.day, None))
        else:
            place = next(
                index
                for index, row in enumerate(found)
                if row.scenario.scenario_id == turn.scenario_id and row.off is None
            )
            found[place] = SwitchedOn(found[place].scenario, found[place].on, turn.day)
    return found


def _require_fit(name: str, author: str) -> None:
    if not name.strip() or name in (AGREED, ALL, CURRENT):
        raise BadInput(Message("Scenariet kan inte heta {name}. Välj ett annat namn.", name=name))
    if not author.strip():
        raise BadInput(Message("Ange vilken funktion som gör det, till exempel Verksamhetschef ortopedi."))
    for text in (name, author):
        if masked(text) != text:
            raise BadInput(Message("Texten liknar ett personnummer. Skriv utan personuppgifter."))
