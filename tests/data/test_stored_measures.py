"""The measures of the table as the engine reads them: every field, parts, starts by unit, and what cannot be used."""

from dataclasses import replace
from datetime import date

import duckdb
import pyarrow as pa
import pytest

from tests.spec.test_measures import WORLD as WHOLE
from tests.strategies import flat_series, inputs, recipe, room, service
from vardbalans.data.scenarios import levers
from vardbalans.data.scenarios.stored import measures_of
from vardbalans.data.tables import TABLES
from vardbalans.engine.catalogue import Unit
from vardbalans.engine.measures import Interval
from vardbalans.engine.scenario import Settings, run

UNITS = {
    name: Unit(name, name, level, parent)
    for name, level, parent in (
        ("division", "division", ""),
        ("clinic", "clinic", "division"),
        ("other", "clinic", "division"),
    )
}
WORLD = replace(
    inputs([service("visit", need=flat_series(20))], [room(sets=2)], [recipe("visit", minutes=45)]), units=UNITS
)
BASE = {
    "measure_id": "A",
    "name": "Åtgärden",
    "unit_id": "clinic",
    "point": "required_production",
    "starts": date(2027, 1, 4),
    "status": "idea",
}


def read(*rows, starts=()):
    """Return what is read of rows of the table and of their starts (measure, unit, day)."""
    with duckdb.connect() as connection:
        given = [BASE | {"_file": "f", "_row": 2} | row for row in rows]
        connection.register("measures", pa.Table.from_pylist(given, TABLES["measures"].schema()))
        names = ("measure_id", "unit_id", "starts")
        listed = [dict(zip(names, row, strict=True)) for row in starts]
        connection.register("measure_starts", pa.Table.from_pylist(listed, TABLES["measure_starts"].schema()))
        return measures_of(connection, {"measures", "measure_starts"}, WORLD)


def test_everything_a_measure_can_say_is_read():
    found, notes = read(
        {
            "point": "resources",
            "target_id": "room",
            "parameter": "sets",
            "added": 1.0,
            "added_low": 0.5,
            "added_high": 1.5,
            "ends": date(2027, 6, 30),
            "ramp_weeks": 4,
            "cost_ore": 100,
            "once_ore": 200,
            "owner": "Chefen",
            "hypothesis": "Fler rum ger fler besök",
        }
    )
    row = found["A"]
    assert notes == ()
    assert (row.resource_id, row.parameter, row.added, row.factor) == ("room", "sets", Interval(1.0, 0.5, 1.5), None)
    assert (row.ends, row.ramp_weeks, row.cost_ore, row.once_ore) == (date(2027, 6, 30), 4, 100, 200)
    assert (row.owner, row.hypothesis) == ("Chefen", "Fler rum ger fler besök")


def test_a_file_from_before_the_new_columns_means_what_it_did():
    found, _ = read({"factor": 0.9})
    row = found["A"]
    assert (row.parameter, row.factor, row.ramp_weeks, row.ends, row.part_of) == (
        "activities",
        Interval(0.9, 0.9, 0.9),
        0,
        None,
        "",
    )
    assert read({"factor": 0.9, "parameter": "lost_share"})[0]["A"].parameter == "lost_share"


def test_a_whole_with_a_part_that_cannot_be_used_is_not_used():
    found, notes = read({"factor": 0.9}, {"measure_id": "B", "name": "Delen", "part_of": "A"})
    assert found == {}
    assert [str(note) for note in notes] == [
        "Åtgärden Delen har ingen väntad effekt och räknas inte.",
        "Åtgärden Åtgärden räknas inte: en av dess delar kan inte användas.",
    ]
    found, _ = read({"factor": 0.9}, {"measure_id": "B", "factor": 1.1, "part_of": "A"})
    assert {row.part_of for row in found.values()} == {"A"}


def test_a_start_of_its_own_is_a_part_of_its_own_and_costs_nothing_more():
    found, notes = read(
        {"unit_id": "division", "factor": 0.9, "cost_ore": 500}, starts=[("A", "clinic", date(2027, 3, 1))]
    )
    assert notes == ()
    assert found["A"].but_not == {"clinic"}
    part = found["A@clinic"]
    assert (part.unit_id, part.starts, part.cost_ore, part.part_of) == ("clinic", date(2027, 3, 1), None, "A")


@pytest.mark.parametrize(
    ("row", "starts", "says"),
    [
        ({"factor": 0.9, "target_id": "nowhere"}, [], "gäller nowhere, som inte är med"),
        ({"factor": 0.9, "target_id": "visit"}, ["clinic"], "kan inte börja enhet för enhet"),
        ({"factor": 0.9, "unit_id": "other"}, ["clinic"], "kan inte börja på clinic"),
        ({"factor": 0.9}, ["clinic"], "kan inte börja på clinic"),
        ({"factor": 0.9, "unit_id": "division"}, ["division"], "kan inte börja på division"),
    ],
)
def test_what_cannot_be_used_is_said(row, starts, says):
    found, notes = read(row, starts=[("A", unit, date(2027, 3, 1)) for unit in starts])
    assert found == {}
    assert says in str(notes[0])


@pytest.mark.parametrize(
    "lever", [lever for lever in levers().values() if lever.parameter != "stay_days"], ids=lambda lever: lever.id
)
def test_each_measure_of_the_library_changes_something_from_the_table(lever):
    """On one clinic with nearly all there is to change; stays are the demo region's (test_kept_scenarios)."""
    row = {"parameter": lever.parameter, "point": lever.point, "lever": lever.id, "starts": WHOLE.weeks[0].start}
    effect = {"target_id": "nurses", "added": 1.0} if lever.parameter == "sets" else {"factor": 0.8}
    with duckdb.connect() as connection:
        given = [BASE | {"_file": "f", "_row": 2} | row | effect]
        connection.register("measures", pa.Table.from_pylist(given, TABLES["measures"].schema()))
        found, notes = measures_of(connection, {"measures"}, WHOLE)
    assert notes == ()
    baseline = run(WHOLE, Settings(20, 1))
    after = run(WHOLE, Settings(20, 1), tuple(found.values()), baseline)
    assert any((old.balance != new.balance).any() for old, new in zip(baseline.resources, after.resources, strict=True))
