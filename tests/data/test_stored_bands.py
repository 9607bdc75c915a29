"""Waits by the summed lists of a store: the newest of each, its own bands and limit, and small numbers."""

from datetime import date

import pytest

from tests.data.delivery_rows import SERVICES, UNITS
from tests.data.lake_rows import AT, rows
from vardbalans.data.band_waits import stored_band_waits
from vardbalans.data.lake import Lake
from vardbalans.engine.errors import BadInput


def line(service, day, first, last, count):
    return {
        "unit_id": "U1",
        "service_id": service,
        "date": date.fromisoformat(day),
        "days_from": first,
        "days_to": last,
        "count": count,
    }


@pytest.fixture
def lake(tmp_path):
    waiting = [
        line("NB", "2026-04-30", 0, 30, 500),
        line("NB", "2026-05-31", 0, 30, 30),
        line("NB", "2026-05-31", 31, 60, 20),
        line("NB", "2026-05-31", 61, 90, 10),
        line("NB", "2026-05-31", 91, None, 20),
        line("OP", "2026-05-31", 0, None, 7),
        line("AB", "2026-05-31", 0, 30, 4),
    ]
    store = Lake(tmp_path / "store")
    tables = {"services": SERVICES, "units": UNITS, "waiting": waiting}
    store.commit({name: rows(name, given) for name, given in tables.items()}, by="Ada", at=AT)
    return store


def found(lake, **asked):
    rows = stored_band_waits(lake, lake.required_head(), **asked)["rows"]
    return {row["specialty"]: row for row in rows}


def test_each_service_by_its_newest_list_and_own_limit(lake):
    rows = found(lake)
    assert (rows["NB"]["n"], rows["NB"]["limit_days"], rows["NB"]["date"]) == (80, 90, "2026-05-31")
    # Half of eighty is ten of twenty into 31–60; sixty have waited ninety days or less.
    assert rows["NB"]["median_weeks"] == pytest.approx((31 + 15) / 7)
    assert rows["NB"]["share_within"] == 0.75
    # A list that is not divided tells how many, and four are too few to tell of.
    assert (rows["OP"]["n"], rows["OP"]["median_weeks"], rows["OP"]["share_within"]) == (7, None, None)
    assert (rows["AB"]["n"], rows["AB"]["median_weeks"]) == (None, None)
    assert found(lake, outside=True)["OP"]["n"] is None


def test_an_earlier_day_has_its_own_list(lake):
    rows = found(lake, as_of=date(2026, 5, 1))
    assert {name: row["n"] for name, row in rows.items()} == {"NB": 500}


def test_what_is_not_there_is_named(lake, tmp_path):
    with pytest.raises(BadInput, match="U9"):
        found(lake, unit="U9")
    empty = Lake(tmp_path / "empty")
    empty.commit({"units": rows("units", UNITS)}, by="Ada", at=AT)
    with pytest.raises(BadInput, match="Utan väntande"):
        stored_band_waits(empty, empty.required_head())


def test_a_list_given_whole_beside_its_longer_bands_has_the_rest_before_them(tmp_path):
    waiting = [line("NB", "2026-05-31", 0, None, 50), line("NB", "2026-05-31", 91, None, 20)]
    store = Lake(tmp_path / "store")
    tables = {"services": SERVICES, "units": UNITS, "waiting": waiting}
    store.commit({name: rows(name, given) for name, given in tables.items()}, by="Ada", at=AT)
    row = found(store)["NB"]
    assert (row["n"], row["share_within"]) == (50, 0.6)
    assert row["median_weeks"] == pytest.approx(25 / 30 * 91 / 7)
