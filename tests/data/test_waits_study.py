"""What is known of lists that are shared by units, or known by bands or only in total."""

from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pytest

from tests.data.delivery_rows import SERVICES, UNITS, visit
from tests.data.lake_rows import AT, rows
from tests.strategies import HISTORY, WEEKS, inputs, series, service, waiting_list
from vardbalans.data.lake import Lake
from vardbalans.data.results.waits import waits_table
from vardbalans.data.waits_study import list_studies
from vardbalans.engine.inputs import ListState
from vardbalans.engine.scenario import Settings

DAY = WEEKS[0].start
EVEN = np.full(HISTORY, 10.0)


def lake_of(folder, **tables) -> Lake:
    lake = Lake(folder / "store")
    units = [*UNITS, UNITS[0] | {"unit_id": "U2", "name": "Filialen", "hsa_id": "SE2"}]
    given = {"services": SERVICES, "units": units} | tables
    lake.commit({name: rows(name, found) for name, found in given.items()}, by="Ada", at=AT)
    return lake


def world_of(table):
    """Return two services with lists whose account comes from *table*."""
    account = waiting_list(EVEN, EVEN, 40)
    state = ListState(account.inflow, account.treated, series(account.waiting.values, table=table), None, 40.0)
    return inputs([service(name, state=state, limit_days=90) for name in ("NB", "OP")])


def studied(lake, table):
    """Return the studies of lists whose account comes from *table*."""
    world = world_of(table)
    return list_studies(lake, lake.required_head(), SimpleNamespace(inputs=world, settings=Settings(20)))


def band(service_id, unit, first, last, count):
    return {
        "unit_id": unit,
        "service_id": service_id,
        "date": DAY,
        "days_from": first,
        "days_to": last,
        "count": count,
    }


def test_a_shared_list_tells_how_many_wait_at_each_unit_and_hides_few(tmp_path):
    referrals = [visit(number, "2026-08-01", unit_id="U1" if number < 20 else "U2") for number in range(26)]
    referrals += [visit(number, "2026-08-01", unit_id="U2", service_id="OP") for number in range(30, 40)]
    told = studied(lake_of(tmp_path, referrals=referrals), "referrals")
    assert told.lists["NB"].sites == ({"unit_id": "U1", "n": 20}, {"unit_id": "U2", "n": 6})
    assert told.lists["OP"].sites == (), "it is not shared"
    few = [visit(number, "2026-08-01", unit_id="U1" if number < 22 else "U2") for number in range(26)]
    told = studied(lake_of(tmp_path / "few", referrals=few), "referrals")
    assert [site["n"] for site in told.lists["NB"].sites] == [None, None], "the sum would tell the one from the other"


def test_bands_tell_how_long_and_percentiles_of_units_are_not_put_together(tmp_path):
    waiting = [
        band("NB", "U1", 0, 30, 30),
        band("NB", "U1", 31, 90, 30),
        band("NB", "U1", 91, None, 3),
        band("OP", "U1", 0, None, 12),
        band("OP", "U2", 0, None, 8),
    ]
    told = studied(lake_of(tmp_path, waiting=waiting), "waiting")
    whole = told.lists["NB"]
    (row,) = whole.waits
    assert (row["measure"], row["part"], row["included"]["n"]) == ("first_visit", "waiting", 63)
    assert row["included"]["within"] == pytest.approx(60 / 63)
    assert row["excluded"]["n"] is None, "bands say nothing of patient-chosen waiting"
    assert [each["n"] for each in whole.intervals] == [None, 30, None], "three are hidden, and who would reveal them"
    assert whole.ahead is not None
    assert whole.needed
    several = told.lists["OP"]
    assert several.waits == ()
    assert several.sites == ({"unit_id": "U1", "n": 12}, {"unit_id": "U2", "n": 8})


def test_a_list_given_whole_beside_its_longer_bands_is_followed_whole(tmp_path):
    """Fifty wait, twenty of them longer than ninety days: thirty have waited shorter."""
    told = studied(
        lake_of(tmp_path, waiting=[band("NB", "U1", 0, None, 50), band("NB", "U1", 91, None, 20)]), "waiting"
    )
    whole = told.lists["NB"]
    assert whole.start.waiting.sum() == 50
    assert [(row["days_from"], row["days_to"], row["n"]) for row in whole.intervals] == [(0, 90, 30), (91, None, 20)]


def test_few_at_a_unit_do_not_follow_from_the_summed_list(tmp_path):
    """Thirty-five wait in all, as the account of the list tells: of three units two are hidden."""
    counts = {"U1": 12, "U2": 3, "U3": 20}
    units = [UNITS[0] | {"unit_id": name, "hsa_id": None} for name in counts]
    waiting = [band("OP", unit, 0, None, count) for unit, count in counts.items()]
    told = studied(lake_of(tmp_path, waiting=waiting, units=units), "waiting")
    assert [site["n"] for site in told.lists["OP"].sites] == [None, None, 20]


def test_the_treated_are_not_told_of_for_a_summed_list_beside_referrals(tmp_path):
    """Nobody knows how many there were, so that there is no day they are counted from, and no zero."""
    referrals = [visit(number, "2026-08-01") for number in range(20)]
    told = studied(lake_of(tmp_path, referrals=referrals, waiting=[band("OP", "U1", 0, None, 12)]), "waiting")
    world = world_of("waiting")
    outcome = SimpleNamespace(inputs=world, services=[SimpleNamespace(item=item) for item in world.services])
    found = {row["service_id"]: row["treated_since"] for row in waits_table(outcome, told).to_pylist()}
    assert found == {"NB": told.treated_since.isoformat(), "OP": None}


def test_every_unit_is_in_the_intervals_by_its_newest_list(tmp_path):
    """The other unit was counted the week before, and its list of the week before that is no part of them."""
    waiting = [band("OP", "U1", 0, 30, 12), band("OP", "U1", 31, None, 9)]
    for weeks, counts in ((1, (20, 10)), (2, (70, 70))):
        rows_of = band("OP", "U2", 0, 30, counts[0]), band("OP", "U2", 31, None, counts[1])
        waiting += [row | {"date": DAY - timedelta(weeks=weeks)} for row in rows_of]
    told = studied(lake_of(tmp_path, waiting=waiting), "waiting").lists["OP"]
    assert [row["n"] for row in told.intervals] == [32, 19]
    assert [site["n"] for site in told.sites] == [21, 30]


def test_of_a_list_known_only_in_total_the_number_is_forecast(tmp_path):
    told = studied(lake_of(tmp_path, waiting=[band("NB", "U1", 0, None, 40)]), "waiting")
    whole = told.lists["NB"]
    assert whole.ahead is None
    assert whole.needed == ()
    assert whole.total is not None
    assert whole.total.mean[0] == pytest.approx(40, abs=4)
    assert "bara antalet räknas framåt" in str(whole.reason) or "Ingen väntelista" in str(whole.reason)
