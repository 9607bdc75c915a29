"""Stored runs: found again as they were, replaced whole, and not misread when another version stored them."""

import json
from datetime import UTC, datetime

import pytest

from tests.strategies import flat_series, inputs, recipe, room, service
from vardbalans.data.results import Results
from vardbalans.data.results.document import document
from vardbalans.engine.errors import BadInput
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
