"""The rows a figure names are the rows it was counted from: every source, opened, gives the number back."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from vardbalans.data.demo import generate
from vardbalans.data.lake import Lake
from vardbalans.data.lake.errors import UnknownName
from vardbalans.data.load import load
from vardbalans.data.results import Results
from vardbalans.data.tables import TABLES
from vardbalans.engine.errors import BadPeriod
from vardbalans.engine.scenario import Settings, run

WHEN = datetime(2026, 11, 1, tzinfo=UTC)
NAMES = (
    "units",
    "services",
    "resources",
    "recipes",
    "openings",
    "utilisation",
    "employments",
    "absences",
    "contacts",
    "referrals",
)


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    region = generate("small", 5)
    tables = {}
    for name in NAMES:
        rows = region.tables[name]
        rows = rows.append_column("_file", pa.array([name] * len(rows)))
        rows = rows.append_column("_row", pa.array(range(2, len(rows) + 2)))
        schema = TABLES[name].schema()
        tables[name] = rows.select(schema.names).cast(schema)
    lake = Lake(tmp_path_factory.mktemp("sources"))
    lake.commit(tables, by="test", at=WHEN)
    return lake


@pytest.fixture(scope="module")
def outcome(lake):
    return run(load(lake, lake.head()), Settings(draws=20))


def _count(lake, source):
    return lake.sources(source.table, dict(source.where), limit=1).count


def test_need_removals_list_and_lost_slots_open_exactly_their_rows(lake, outcome):
    for row in outcome.services:
        item, sources = row.item, {part.code: part.source for part in row.demand.parts}
        assert _count(lake, sources["need"]) == item.need.last(156).sum()
        if row.plan:
            state = item.waiting_list
            assert _count(lake, sources["waiting_list"]) == row.plan.queue
            assert _count(lake, sources["removals"]) == state.removed.last(52).sum()
        if "lost" in sources:
            assert _count(lake, sources["lost"]) == item.lost_slots.whole


def test_absences_without_a_resource_are_found_by_whom_it_employs(lake, outcome):
    staffed = [row for row in outcome.resources if row.resource.kind == "staff"]
    assert staffed
    for row in staffed:
        source = next(part.source for part in row.available.parts if part.code == "expected_absence")
        people = set(
            lake.read("employments")
            .filter(pa.compute.field("resource_id") == row.resource.resource_id)["person_key"]
            .to_pylist()
        )
        absent = [key for key in lake.read("absences")["person_key"].to_pylist() if key in people]
        assert _count(lake, source) == len(absent) > 0


def test_every_step_of_every_stored_figure_opens_rows(lake, outcome, tmp_path):
    stored = Results(tmp_path).store(outcome, at=WHEN)
    seen = set()
    for row in stored.rows():
        if row["week"] != stored.meta["weeks"][0]:
            continue
        for name in ("required", "available"):
            figure = stored.figure(row["unit_id"], row["resource_id"], row["week"], name)
            assert sum(term["value"] for term in figure["terms"]) == pytest.approx(figure["value"], abs=1e-5)
            for step in (*figure["terms"], *figure["inputs"]):
                if step["source"]:
                    seen.add((step["source"]["table"], tuple(step["source"]["where"].items())))
    counts = {place: lake.sources(place[0], dict(place[1]), limit=1).count for place in seen}
    assert {place[0] for place in seen} == set(NAMES) - {"units", "services"}
    empty = [place for place, count in counts.items() if not count]
    assert all(place[0] in ("referrals", "absences") for place in empty), empty  # an empty list, nobody absent


def test_what_is_not_known_is_refused(lake):
    with pytest.raises(UnknownName):
        lake.sources("recipes", {"since": "2026-W05"})
    with pytest.raises(BadPeriod):
        lake.sources("referrals", {"open_at": "v. 5"})
