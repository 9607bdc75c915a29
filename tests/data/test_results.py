"""Stored runs: found again as they were, replaced whole, and not misread when another version stored them."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from tests.strategies import flat_series, inputs, recipe, room, service, waiting_list
from vardbalans.data.results import Results
from vardbalans.data.results.document import document
from vardbalans.engine.early_warning import early, warnings_of
from vardbalans.engine.errors import BadInput
from vardbalans.engine.explain import Source
from vardbalans.engine.flow import Linked, estimate_conversions
from vardbalans.engine.scenario import Settings, run

WHEN = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def outcome():
    return run(inputs([service(need=flat_series(40))], [room()], [recipe()]), Settings(draws=50))


def test_what_is_stored_is_what_was_printed(outcome, tmp_path):
    stored, printed = Results(tmp_path).store(outcome, at=WHEN), document(outcome)
    assert stored.rows() == printed["rows"]
    assert stored.services() == printed["services"]
    assert stored.meta["run_id"] == printed["run_id"]
    assert stored.rows(["no-such-unit"]) == stored.rows([]) == []


def test_a_slow_run_of_older_data_does_not_hide_a_newer_one(outcome, tmp_path):
    results = Results(tmp_path)
    newer = replace(outcome, inputs=replace(outcome.inputs, version=outcome.inputs.version + 1, fingerprint="e" * 64))
    kept = results.store(newer, at=WHEN).meta["run_id"]
    older = results.store(outcome, at=WHEN).meta["run_id"]
    assert older != kept
    assert results.latest().meta["run_id"] == kept
    assert results.get(older) is not None
    other = replace(newer, settings=replace(newer.settings, seed=7))
    assert results.store(other, at=WHEN).meta["run_id"] == results.latest().meta["run_id"]


@pytest.fixture(scope="module")
def flowing():
    """A list that outgrows its limit, and surgery that follows from it."""
    need = flat_series(30).values
    visit = service("visit", state=waiting_list(need, need * 0.9, 60.0), limit_days=90)
    pair = Linked("visit", "surgery", "", 100, np.array([0.0, 40.0]), Source.of("referrals"))
    rooms = [room("a", sets=1.2), room("b")]
    world = inputs(
        [visit, service("surgery", need=flat_series(10))],
        rooms,
        [recipe("visit", "a"), recipe("surgery", "b")],
        estimate_conversions([pair]),
    )
    return run(world, Settings(draws=50))


def test_warnings_and_flow_are_read_back_as_they_were(flowing, tmp_path):
    stored, printed = Results(tmp_path).store(flowing, at=WHEN), document(flowing)
    assert stored.warnings(["no-such-unit"]) == []
    found = stored.warnings(["clinic"])
    assert {row.kind for row in found} == {"resource", "waiting_list"}
    for kept, made in zip(found, sorted(warnings_of(flowing), key=lambda row: row.kind), strict=True):
        assert (kept.subject_id, kept.first_week, kept.services) == (made.subject_id, made.first_week, made.services)
        assert kept.size == pytest.approx(made.size, abs=1e-6)
    early_ones = early(found, flowing.inputs.weeks[0], stored.warning_rule())
    assert [row.warning.subject_id for row in early_ones] == [row["subject_id"] for row in printed["warnings"]]
    assert printed["warnings"]
    assert all(row["why"]["remainder"] == pytest.approx(0, abs=1e-6) for row in printed["warnings"])
    assert stored.flow_map().ranks == {"visit": 0, "surgery": 1}
    assert stored.conversions()[0]["estimate"]["linked"] == 40


def test_slots_times_what_each_takes_is_what_is_required_of_a_resource(flowing, tmp_path):
    stored = Results(tmp_path).store(flowing, at=WHEN)
    names = ["visit", "surgery"]
    slots = {(row["service_id"], row["week"]): row["slots"] for row in stored.required_slots(names)}
    uses = stored.uses(names)
    rows = stored.resource_rows([use["resource_id"] for use in uses])
    assert {row["resource_id"] for row in rows} == {"a", "b"}
    for row in rows:
        own = [use for use in uses if use["resource_id"] == row["resource_id"]]
        taken = sum(slots[use["service_id"], row["week"]] * use["amount"] for use in own)
        assert taken == pytest.approx(row["required"], abs=1e-3)
    assert stored.uses([]) == stored.required_slots([]) == stored.resource_rows([]) == []


def test_storing_the_same_run_again_changes_nothing_and_another_becomes_the_latest(outcome, tmp_path):
    results = Results(tmp_path)
    assert results.latest() is None
    first = results.store(outcome, at=WHEN)
    assert results.store(outcome, at=datetime(2026, 12, 1, tzinfo=UTC)).meta == first.meta
    other = run(outcome.inputs, Settings(draws=50, seed=2))
    assert results.store(other, at=WHEN).meta["run_id"] == results.latest().meta["run_id"] != first.meta["run_id"]
    assert len([path for path in (tmp_path / "results").iterdir() if path.is_dir()]) == 2


def test_a_run_stored_in_another_form_is_not_read_and_is_replaced(outcome, tmp_path):
    results = Results(tmp_path)
    stored = results.store(outcome, at=WHEN)
    place = tmp_path / "results" / stored.meta["run_id"] / "run.json"
    place.write_text(json.dumps(stored.meta | {"format": 0}))
    assert results.latest() is None
    assert results.store(outcome, at=WHEN).rows() == document(outcome)["rows"]


@pytest.mark.parametrize(
    "place",
    [
        ("clinic", "room", "2020-W01", "required"),
        ("clinic", "x", "2026-W44", "required"),
        ("clinic", "room", "2026-W44", "x"),
    ],
)
def test_a_figure_that_is_not_there_is_said(outcome, tmp_path, place):
    with pytest.raises(BadInput, match="Ingen sådan siffra"):
        Results(tmp_path).store(outcome, at=WHEN).figure(*place)
