"""The capacity kept with a run, which the page Kapacitet shows, is that of the commands, figure for figure."""

from datetime import UTC, datetime

import pytest

from vardbalans.data.balance_run import capacity_kept
from vardbalans.data.capacity_change_run import change_of
from vardbalans.data.capacity_run import expected_outcome
from vardbalans.data.lake import Lake
from vardbalans.data.pooling_run import erlang_document, pooled
from vardbalans.data.results import Results
from vardbalans.data.results.capacity import PARTS, change_figure, factor_figure, set_figure, time_figure, total_figure
from vardbalans.engine.errors import BadInput

BEFORE, NOW = "2025-09", "2026-01..2026-03"


@pytest.fixture(scope="module")
def kept(store, tmp_path_factory):
    """Return the run for its expectations, one draw, with its capacity."""
    lake, outcome = Lake(store), expected_outcome(store, 52, 1)
    tables = capacity_kept(lake, lake.required_head(), outcome)
    return Results(tmp_path_factory.mktemp("kept")).store(outcome, at=datetime(2026, 11, 1, tzinfo=UTC), **tables)


def units_of(kept):
    return {row["unit_id"] for row in kept.capacity(None)}


def test_time_is_that_of_the_command_part_by_part(store, kept, call):
    _code, document = call("capacity", "--draws", 1, "--store", store)
    stored = {(row["resource_id"], row["week"]): row for row in kept.capacity(None)}
    assert len(stored) == len(document["rows"]) > 1500
    for row in document["rows"]:
        found = stored[row["resource_id"], row["week"]]
        assert {code: found[code] for code in PARTS if found[code] is not None} == row["parts"]
        assert [found[name] for name in ("available_minutes", "available_q05", "available_q95", "norm")] == [
            row[name] for name in ("available_minutes", "available_q05", "available_q95", "norm")
        ]
    totals = {row["resource_id"]: row for row in kept.capacity_totals(units_of(kept), kept.meta["weeks"][:4])}
    four = [row["available_minutes"] for row in document["rows"] if row["resource_id"] == "ORT-A-SAL"][:4]
    assert totals["ORT-A-SAL"]["available_minutes"] == pytest.approx(sum(four))
    assert totals["ORT-A-SAL"]["employed"] is None, "missing is never zero"


def test_sets_are_those_of_the_command(store, kept, call):
    _code, document = call("capacity", "--draws", 1, "--store", store)
    units = {row["unit_id"] for row in document["sets"]}
    assert kept.capacity_sets(units) == document["sets"]


def test_the_change_is_that_of_the_command(store, kept, call):
    _code, document = call("capacity", "change", "--before", BEFORE, "--now", NOW, "--store", store)
    units = {row["unit_id"] for row in document["rows"]}
    rows = kept.capacity_factors(units, [BEFORE, NOW])
    at = {(row["service_id"], row["period"]): row for row in rows}
    for row in document["rows"]:
        found = change_of(at[row["service_id"], BEFORE], at[row["service_id"], NOW])
        assert found == {name: row[name] for name in found}
    told = {row["service_id"] for row in document["rows"]}
    for (name, period), row in at.items():
        if period == NOW and not row["lacking"] and not at[name, BEFORE]["lacking"] and name not in told:
            with pytest.raises(BadInput):
                change_of(at[name, BEFORE], row)


def test_pooling_is_that_of_the_command(store, kept, call):
    names = ["MED-A-RUM", "BUP-S-RUM"]
    asked = [part for name in names for part in ("--resource", name)]
    _code, document = call("capacity", "pool", *asked, "--arrivals", 100, "--runs", 2, "--store", store)
    servers = {row["resource_id"]: row for row in kept.capacity_servers(units_of(kept))}
    found = pooled([servers[name] for name in names], kept.meta["version"])
    assert (found.cv, found.minutes) == (document["cv"], document["mean_minutes"])
    assert erlang_document(found.names, found.parts) == {name: document[name] for name in ("units", "erlang", "saved")}


def test_every_figure_sums_and_leads_to_its_rows(kept):
    week, rows = kept.meta["weeks"][9], kept.capacity(None, resource_ids=["MED-A-LAK"])
    one = next(row for row in rows if row["week"] == week)
    assert total_figure([one]) == time_figure(one)
    service = next(row for row in kept.capacity_sets(units_of(kept) | {"M-MED-A"}) if row["set_id"] == "ssk")
    times = {row["resource_id"]: row for row in kept.capacity(None, [week], list(service["minutes"]))}
    factors = kept.capacity_factors(["M-MED-A"], [BEFORE, NOW])
    now, before = (
        next(row for row in factors if (row["service_id"], row["period"]) == (service["service_id"], period))
        for period in (NOW, BEFORE)
    )
    figures = [time_figure(one), total_figure(rows), set_figure(service, 9, times), factor_figure(now)]
    figures.append(change_figure(change_of(before, now), before, now))
    for figure in figures:
        assert abs(figure.remainder) < 1e-6
    assert figures[1].value == pytest.approx(sum(row["available_minutes"] for row in rows))
    assert {step.source.table for step in figures[0].terms} == {
        "employments",
        "absences",
        "non_clinical",
        "utilisation",
    }
    assert dict(figures[3].terms[0].source.where) | {"since": "2026-01", "until": "2026-04"} == dict(
        figures[3].terms[0].source.where
    )
