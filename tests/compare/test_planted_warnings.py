"""In the demo region: rooms that are planted to close six weeks ahead are warned for, in time and by name."""

from dataclasses import replace
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from tests.data.demo_region import SEEDS, small
from vardbalans.data.lake import Lake
from vardbalans.data.load import load
from vardbalans.data.tables import TABLES
from vardbalans.engine.catalogue import Opening
from vardbalans.engine.early_warning import early, warnings_of
from vardbalans.engine.scenario import Settings, run

READ = (
    "units",
    "services",
    "contacts",
    "referrals",
    "resources",
    "recipes",
    "openings",
    "utilisation",
    "employments",
    "absences",
)
CLOSES, OPENS, LEFT = 6, 14, 0.5
SETTINGS = Settings(draws=200)


def _region(seed, root):
    tables = {}
    for name in READ:
        rows = small(seed).tables[name]
        rows = rows.append_column("_file", pa.array([name] * len(rows)))
        rows = rows.append_column("_row", pa.array(range(2, len(rows) + 2)))
        tables[name] = rows.select(TABLES[name].schema().names).cast(TABLES[name].schema())
    lake = Lake(root)
    return load(lake, lake.commit(tables, by="test", at=datetime(2026, 11, 1, tzinfo=UTC)))


def _sized(row, need, inputs, margin, closed=range(0)):
    """Return a room open as long as it needs in each week times *margin*, half of that in the weeks *closed*."""
    if row.staffing is not None or row.resource.resource_id not in need:
        return row
    minutes = need[row.resource.resource_id] * margin / row.utilisation[-1].value
    openings = []
    for place, week in enumerate(inputs.weeks):
        open_days = [day for day in week.days if day.isoweekday() <= 5]
        left = LEFT if place in closed else 1.0
        openings += [Opening(1, left * minutes[place] / len(open_days), True, day, day=day) for day in open_days]
    return replace(row, openings=tuple(openings))


@pytest.mark.parametrize("seed", SEEDS)
def test_rooms_that_close_in_six_weeks_are_warned_for_and_those_in_balance_are_not(seed, tmp_path):
    inputs = _region(seed, tmp_path)
    need = {row.resource.resource_id: row.required for row in run(inputs, SETTINGS).resources}
    balanced = replace(inputs, resources=tuple(_sized(row, need, inputs, 1.08) for row in inputs.resources))
    rooms = {row.resource.resource_id for row in balanced.resources if row.staffing is None} & need.keys()
    planted = sorted(rooms)[seed::3]
    closing = replace(
        balanced,
        resources=tuple(
            _sized(row, need, inputs, 1.08, range(CLOSES, OPENS)) if row.resource.resource_id in planted else row
            for row in balanced.resources
        ),
    )
    found = early(warnings_of(run(closing, SETTINGS)), inputs.weeks[0], inputs.warning_rule)
    told = {row.warning.subject_id for row in found if row.weeks_left in range(CLOSES, OPENS)}
    assert len(told & set(planted)) >= 0.8 * len(planted)
    false = [row for row in found if row.warning.subject_id in rooms - set(planted)]
    assert len(false) / (len(rooms) - len(planted)) / (len(inputs.weeks) - 4) * 100 <= 2
