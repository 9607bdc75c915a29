"""The store that the load is put on: 25 units of eight services each, a plan per planner, and one plan of them all."""

import csv
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.app import room
from vardbalans.data import intake
from vardbalans.data.identity.keyring import Keyring
from vardbalans.data.lake import Lake

__all__ = ["PEOPLE", "prepare_load"]

PEOPLE = "people.json"
_AT = datetime(2026, 11, 23, 5, tzinfo=UTC)
_UNITS, _FEW_UNITS, _SERVICES = 25, 2, 8
_MANY = 40
"""From so many planners on the region has all its units; a small one has a few, so that it is soon computed."""
_YEAR = 2027


def prepare_load(folder: Path, size: int | str, seed: int) -> None:
    """Make the store with its balance, and *size* planners who are logged in, each with a filled plan of a unit.

    Writes people.json: the versions, sessions and services that the load asks for. Done in a process of its own, as
    Django is set up for one store.
    """
    count = _UNITS if int(size) >= _MANY or int(size) == 1 else _FEW_UNITS
    units = [f"u{number:02d}" for number in range(count)]
    files = _deliver(folder / "files", units, np.random.default_rng(seed))
    store = folder / "store"
    lake = Lake(store, Keyring(bytes(32)))
    intake.commit(lake, intake.prepare(lake, files, None, today=_AT.date()), by="bench", at=_AT)
    for arguments in (["balance", "--draws", "100"], ["worker", "--once"]):
        code = f"from vardbalans.cli import main; main({[*arguments, '--store', str(store)]!r})"
        subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
    _people(folder, store, units, int(size))


def _deliver(folder: Path, units: list[str], rng: np.random.Generator) -> list[Path]:
    services = [(f"{unit}-s{number}", unit) for unit in units for number in range(_SERVICES)]
    weeks = [f"{year}-W{week:02d}" for year in (2025, 2026) for week in range(1, 53 if year == 2025 else 47)]
    tables: dict[str, list[tuple[Any, ...]]] = {
        "units": [("unit_id", "name", "level", "parent_id"), ("R", "Regionen", "region", "")]
        + [(unit, f"Mottagning {unit[1:]}", "clinic", "R") for unit in units],
        "resources": [("resource_id", "name", "unit_id", "kind", "shift_minutes")]
        + [(f"{unit}-r{n}", f"Rum {n + 1}", unit, "room", 480) for unit in units for n in range(2)],
        "services": [("service_id", "name", "unit_id", "kind", "guarantee")]
        + [(name, f"Besök {name[-1]}", unit, "follow_up", "none") for name, unit in services],
        "recipes": [("service_id", "resource_id", "minutes", "per", "valid_from")]
        + [(name, f"{unit}-r{int(name[-1]) % 2}", 30, "activity", "2025-01-01") for name, unit in services],
        "openings": [("resource_id", "weekday", "sets", "minutes", "open_holidays", "valid_from")]
        + [
            (f"{unit}-r{n}", day, 2, 480, "nej", "2025-01-01")
            for unit in units
            for n in range(2)
            for day in range(1, 6)
        ],
        "counts": [("series_id", "unit_id", "service_id", "period", "value")]
        + [(name, unit, name, week, int(rng.poisson(40))) for name, unit in services for week in weeks],
    }
    folder.mkdir(parents=True)
    paths = []
    for name, rows in tables.items():
        path = folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=";").writerows(rows)
        paths.append(path)
    return paths


def _people(folder: Path, store: Path, units: list[str], count: int) -> None:
    room("serve").prepare(store)
    from django.test import Client  # noqa: PLC0415 - Django must be set up

    models, plans = room("people.models"), room("planning.models")
    make, weeks = room("planning.agreement").plan_make, room("planning.weeks").weeks_of_year(_YEAR)
    known = room("planning.selectors").known_services
    people = []
    for number in range(count + 1):
        # The last one plans the whole region, in the grid of 200 services.
        unit = "R" if number == count else units[number % len(units)]
        user = models.User.objects.create(username=f"planner{number}", display_name=f"Planner {number}")
        models.RoleAssignment.objects.create(user=user, role="planner", unit_id=unit, valid_from="2020-01-01")
        version = make(unit_id=unit, year=_YEAR, name=f"Plan {number}", by=user)
        services = sorted(known(unit))
        cells = [
            plans.Cell(version=version, service_id=name, week=week, value=40) for name in services for week in weeks
        ]
        plans.Cell.objects.bulk_create(cells, batch_size=500)
        client = Client()
        client.force_login(user, "django.contrib.auth.backends.ModelBackend")
        session = client.session.session_key
        people.append({"session": session, "version": version.pk, "services": services, "weeks": list(weeks)})
    (folder / PEOPLE).write_text(json.dumps(people), encoding="utf-8")
