"""The demo region's lists a year ahead, made when that year was unknown, against what then came.

The region is stored as it was a year before its data end: later events have not happened. What is projected from there
is held against the queue and the waits counted from the referrals of the year that followed, person by person, and
against the date from which the region's own lists were within the guarantee.
"""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from vardbalans.data.demo import generate
from vardbalans.data.lake import Lake
from vardbalans.data.load import load
from vardbalans.data.load.rules import limits_of
from vardbalans.data.load.waiting import starts_of
from vardbalans.data.load.waits import clocks_of
from vardbalans.data.tables import TABLES
from vardbalans.engine.projection import Question, lists_ahead

SEEDS = (1, 2, 3, 4, 5)
THEN = datetime(2025, 10, 27, tzinfo=UTC)
WEEKS = 52
SHARE = 0.95
HELD = 4


def stored(region, root):
    """Store the care of *region* as it was THEN; return what is known of the lists ahead, and the store."""
    tables = {}
    for name in ("units", "services", "contacts", "referrals", "clock_stops"):
        rows = region.tables[name]
        rows = rows.append_column("_file", pa.array([name] * len(rows)))
        rows = rows.append_column("_row", pa.array(range(2, len(rows) + 2)))
        tables[name] = rows.select(TABLES[name].schema().names).cast(TABLES[name].schema())
    lake = Lake(root)
    version = lake.commit(tables, by="test", at=THEN)
    inputs = load(lake, version, weeks=WEEKS)
    return lists_ahead(inputs, starts_of(lake, version, inputs), Question(draws=300, share=SHARE, by=25)), lake


def came_true(lake, ahead):
    """Service id → queue and share within the limit at the end of each week that came, by every referral and stop."""
    queue = {name: np.zeros(WEEKS, int) for name in ahead.projection.lists}
    share = {name: np.ones(WEEKS) for name in ahead.projection.lists}
    measures = {name: ahead.starts[name].held[0].limit.measure for name in queue}
    with lake.connect(lake.required_head().number) as con:
        limits = limits_of(con, set())
        for week in range(WEEKS):
            end = ahead.steps[week].end
            clocks = clocks_of(con, {"clock_stops"}, limits, end, end)
            for name, measure in measures.items():
                mine = clocks.filter((pc.field("service_id") == name) & (pc.field("measure") == measure))
                queue[name][week] = len(mine)
                begun = mine.filter(pc.field("days") >= 0)
                late = pc.greater(pc.subtract(begun["days"], begun["stopped"]), begun["limit_days"])
                share[name][week] = 1 - (pc.mean(late).as_py() or 0.0)
    return queue, share


@pytest.fixture(scope="module")
def years(tmp_path_factory):
    """Per list and seed: (projection, queue, share within) of the year that came."""
    found = []
    for seed in SEEDS:
        region = generate("small", seed)
        ahead, lake = stored(region, tmp_path_factory.mktemp("waits"))
        queue, share = came_true(lake, ahead)
        found += [(ahead, name, row, queue[name], share[name]) for name, row in ahead.projection.lists.items()]
    return found


def test_the_lists_begin_with_those_who_waited(years):
    for _, name, row, _, _ in years:
        assert row.item.waiting.sum() > 0, name
    assert len(years) == 15 * len(SEEDS)


def test_the_queue_of_the_year_that_came_is_covered_by_90_per_cent_intervals(years):
    inside = [(row.queue.q05 <= queue) & (queue <= row.queue.q95) for _, _, row, queue, _ in years]
    assert 0.85 <= np.mean([hits[[12, 25, 38, 51]].mean() for hits in inside]) <= 0.99


def test_the_date_within_the_guarantee_lies_inside_its_interval(years):
    hits, later, apart = [], [], []
    for _, _, row, _, share in years:
        if row.within is None:
            continue
        so = [bool((share[week : week + HELD] >= SHARE - 1e-9).all()) for week in range(WEEKS)]
        date = so.index(True) if any(so) else WEEKS
        early, middle, late = (WEEKS if place is None else place for place in map(row.within.at, (0.05, 0.5, 0.95)))
        hits.append(early <= date <= late)
        if date > 0:
            later.append(hits[-1])
            apart.append(middle - date)
    assert len(later) >= 5
    assert np.mean(hits) >= 0.9
    assert np.mean(later) >= 0.8, "of the lists that are not within it from the start, too"
    assert abs(np.median(apart)) <= 2, "as often too early as too late"


def test_the_account_holds_at_every_step_of_every_list(years):
    for ahead, name, row, _, _ in years:
        flows = row.flows
        came = flows["referred"] + flows["induced"] + flows["moved_in"]
        steps = np.diff(row.queue.mean, prepend=row.item.waiting.sum())
        assert steps == pytest.approx(came - flows["treated"] - flows["removed"], abs=1e-9)
        assert min(values.min() for values in flows.values()) >= 0
        assert ahead.projection.lists[name].queue_figure(WEEKS - 1).remainder == pytest.approx(0, abs=1e-9)


def test_planted_removals_are_found(years):
    """Four in a thousand leave a list each week, whatever they have waited."""
    covered = [
        (calibration.hazard_low[1] <= 0.004) & (calibration.hazard_high[1] >= 0.004)
        for ahead, name, _, _, _ in years
        for calibration in [ahead.starts[name].calibration]
    ]
    assert np.mean(covered) >= 0.9
