"""The lists that a run keeps: the same figures as the commands give, and reasons that sum, down to the rows."""

from datetime import UTC, datetime

import pytest

from vardbalans.data.lake import Lake
from vardbalans.data.load import load
from vardbalans.data.results import Results
from vardbalans.data.results.waits import LIST_DETAILS, waits_table
from vardbalans.data.waits_study import list_studies
from vardbalans.engine.scenario import Settings, run

DRAWS = 60
OPERATIONS = ("O-ORT-A", "ORT-A-OP")
UNLIMITED = ("M-RAD-A", "RAD-A-US")


@pytest.fixture(scope="module")
def kept(store, tmp_path_factory):
    lake = Lake(store)
    head = lake.required_head()
    outcome = run(load(lake, head, weeks=52), Settings(DRAWS))
    results = Results(tmp_path_factory.mktemp("run"))
    bare = results.store(outcome, at=datetime(2026, 11, 1, tzinfo=UTC))
    assert not bare.tells_waits
    waits = waits_table(outcome, list_studies(lake, head, outcome))
    made = results.store(outcome, at=datetime(2026, 11, 1, tzinfo=UTC), waits=waits)
    assert made.tells_waits
    return made


def test_lists_are_read_without_their_details(kept):
    rows = kept.waiting_lists()
    assert len(rows) == 15
    assert not set(LIST_DETAILS) & set(rows[0])
    assert [row["service_id"] for row in kept.waiting_lists(["O-ORT-A"])] == ["ORT-A-OP"]
    assert kept.waiting_lists([]) == []
    assert kept.list_of("O-ORT-A", "ORT-A-NB") is None, "the list is another unit's"


def test_waits_are_those_of_the_command(kept, call, store):
    _, document = call("waits", "--store", store)
    whole = {
        (row["service_id"], row["part"]): row
        for row in document["rows"]
        if row["dimension"] == "all" and row["service_id"]
    }
    for row in kept.waiting_lists():
        assert (row["as_of"], row["treated_since"]) == (document["as_of"], document["treated_since"])
        for part in ("waiting", "treated"):
            told = whole[row["service_id"], part]
            assert (row[f"{part}_n"], row[f"{part}_median"]) == (told["included"]["n"], told["included"]["median_days"])
            assert row[f"{part}_within"] == told["included"]["within"]
            assert row[f"{part}_without"] == told["excluded"]["within"], "the ways of counting are not mixed"
    row = kept.list_of(*OPERATIONS)
    own = [each for each in document["rows"] if each["service_id"] == "ORT-A-OP"]
    assert len(row["waits"]) == len(own)
    assert {each["measure"] for each in row["limits"]} == {row["measure"]} == {"treatment"}


def test_the_outlook_is_that_of_the_command(kept, call, store):
    _, document = call("waitlist", "project", "--store", store, "--draws", DRAWS)
    for told in document["lists"]:
        row = kept.list_of(told["unit_id"], told["service_id"])
        for mine, theirs in zip(row["weeks"], told["weeks"], strict=True):
            assert mine["queue"] == pytest.approx(theirs["queue"], abs=1e-3)
            assert mine["treated"] == pytest.approx(theirs["treated"], abs=1e-3)
            assert mine["chance"] == (theirs["chance_within"] and pytest.approx(theirs["chance_within"], abs=1e-3))
        assert row["within_week"] == told["within_guarantee_week"]
        needed = told["production_needed"]
        if needed is None:
            assert row["needed"] == []
            continue
        mine = next(each for each in row["needed"] if each["by"] == needed["by_week"])
        assert mine["until"] == pytest.approx(needed["per_week"], abs=1e-3)
        assert mine["hold"] == pytest.approx(needed["hold_per_week"], abs=1e-3)


def test_an_earlier_date_takes_more_as_the_command_says(kept, call, store):
    needed = kept.list_of(*OPERATIONS)["needed"]
    early = needed[2]
    asked = ("--draws", DRAWS, "--service", "ORT-A-OP", "--by", early["by"])
    _, document = call("waitlist", "project", "--store", store, *asked)
    assert early["until"] == pytest.approx(document["production_needed"]["per_week"], abs=1e-3)
    until = [each["until"]["mean"] for each in needed]
    assert len(until) > 8
    assert until[0] > 1.5 * until[-1]
    assert until == sorted(until, reverse=True)


def test_every_week_of_the_account_is_explained_and_sums(kept):
    row = kept.list_of(*OPERATIONS)
    periods = [each["period"] for each in (*row["history"][-4:], *row["weeks"])]
    for period in periods:
        figure = kept.waiting_figure(*OPERATIONS, period, "queue")
        assert figure["remainder"] == pytest.approx(0, abs=0.01), period
    assert kept.waiting_figure(*OPERATIONS, "2020-W01", "queue") is None
    for each in row["needed"]:
        assert abs(kept.waiting_figure(*OPERATIONS, each["by"], "production_needed")["remainder"]) < 0.001
    assert kept.waiting_figure(*UNLIMITED, row["needed"][0]["by"], "production_needed") is None


@pytest.mark.parametrize("name", ["queue", "waiting", "treated"])
@pytest.mark.parametrize("which", [OPERATIONS, UNLIMITED])
def test_the_rows_behind_a_figure_are_as_many_as_it_says(name, which, kept, store):
    history = kept.list_of(*which)["history"]
    period = history[-10 if name == "queue" else -1]["period"]
    figure = kept.waiting_figure(*which, period, name)
    sourced = [step for step in (*figure["terms"], *figure["inputs"]) if step["source"]]
    assert len(sourced) == (5 if name == "queue" else 1)
    for step in sourced:
        found = Lake(store).sources(step["source"]["table"], step["source"]["where"], 1, limit=1)
        assert found.count == abs(step["value"]), step["label"]
