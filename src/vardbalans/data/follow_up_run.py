"""Plan, outcome and rolling forecast on a store: what a run's inputs tell of the year that data end in."""

from pathlib import Path
from typing import Any

from vardbalans.data.agreed import agreed_volumes, approved_plans
from vardbalans.data.lake import Lake, Version
from vardbalans.data.load import load
from vardbalans.data.load.rules import small_numbers_on
from vardbalans.data.results.follow_up import follow_up_rows
from vardbalans.data.unit_tree import units_below
from vardbalans.engine.follow_up import followed, of_units
from vardbalans.engine.inputs import Inputs

__all__ = ["DRAWS", "follow_up", "follow_up_of"]

Row = dict[str, Any]
DRAWS = 400
"""How many draws the intervals rest on, whatever the balance uses: a snapshot is held against later ones."""


def follow_up_of(lake: Lake, version: Version, inputs: Inputs, seed: int) -> list[Row]:
    """Return the rows of every service and of every unit and kind, for the year that data end in and the one before.

    The year before is there so that its last month can be followed up when it has ended.
    """
    if not inputs.services:
        return []
    with lake.connect(version.number) as connection:
        below = small_numbers_on(connection, set(version.tables), inputs.as_of)["inside"]
    approved = approved_plans(lake, version)
    rows: list[Row] = []
    for year in (inputs.as_of.year - 1, inputs.as_of.year):
        agreed = agreed_volumes(lake, version, year)
        found = followed(inputs.services, agreed, year, draws=DRAWS, seed=seed, approved=approved)
        services = tuple(row for row in found if row.unit_id in inputs.units)
        sums = of_units(services, inputs.units)
        rows += follow_up_rows(services, sums, inputs.units, inputs.services[0].calendar, year, below)
    return rows


def follow_up(store: Path, *, unit: str | None = None, seed: int = 1, version: int | None = None) -> Row:
    """Return the document of this year's and the last one's follow-up for *unit* and those below it (None: all).

    Raises BadInput. *version* is an earlier version of the data; the same version and seed give the same document.
    """
    lake = Lake(store)
    head = lake.required_head() if version is None else lake.version(version)
    inputs = load(lake, head)
    below = units_below(inputs.units, unit) if unit else None
    rows = follow_up_of(lake, head, inputs, seed)
    return {
        "version": inputs.version,
        "fingerprint": inputs.fingerprint,
        "seed": seed,
        "draws": DRAWS,
        "as_of": inputs.as_of.isoformat(),
        "rows": [row for row in rows if below is None or row["unit_id"] in below],
        "findings": [],
    }
