"""What the page Vårdplatser tells of every unit with wards: who lies where, the next days, and how many beds it takes.

Made when the balance is run and stored with it, so that no page waits for it.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np

from vardbalans.data.beds_run import calibration_of, loads_of
from vardbalans.data.lake import Lake, Version
from vardbalans.data.load.beds import BedData, bed_data, census, moment_of, moments_told
from vardbalans.data.load.rules import occupancy_guides, small_numbers_on
from vardbalans.data.results.beds import BedsTold, UnitBeds
from vardbalans.data.unit_tree import units_above
from vardbalans.engine.beds.ahead import Occupancy, Question, Shares, project, put_together, shares
from vardbalans.engine.beds.need import guide_on, need_of_beds, pooling_gain
from vardbalans.engine.beds.observed import Observed, ahead, hours_of
from vardbalans.engine.catalogue import Unit
from vardbalans.engine.errors import BadInput
from vardbalans.engine.explain import Figure
from vardbalans.engine.messages import Message

__all__ = ["beds_told"]

Row = dict[str, Any]
SHOWN_DAYS = 28
AHEAD_DAYS = 14
_ORIGINS = 12
_SHARE, _BLOCKING = 0.95, 0.05


def beds_told(lake: Lake, head: Version, units: Mapping[str, Unit]) -> BedsTold | None:
    """Return what is known of the beds of every unit of *units* that wards lie in; None for a version without stays."""
    if "stays" not in head.tables:
        return None
    present = set(head.tables)
    with closing(lake.connect(head.number)) as connection:
        try:
            data = bed_data(connection, present)
        except BadInput:  # no stay has a clinic or a ward that is known
            return None
        last = (moment_of(data.observed.until) - timedelta(days=1)).date()
        first = max(last - timedelta(days=SHOWN_DAYS - 1), moment_of(data.observed.stays.since.min()).date())
        hours = census(connection, present, first, last + timedelta(1), None)
        guides = occupancy_guides(connection, present)
        below = small_numbers_on(connection, present, last)["inside"]
        closed = _closed(connection, first, last)
        outside = _clinics(connection)
    members = _members(data, units)
    days = _days_ahead(data)
    guide = guide_on(guides, last)
    loads = loads_of(data.observed)
    told = []
    for unit, wards in members.items():
        load = loads[wards].sum(axis=0)
        need: tuple[Figure, ...] = need_of_beds(load, guide, _SHARE, _BLOCKING)
        if len(wards) > 1:
            need = (*need, pooling_gain(loads[wards].mean(axis=1).tolist(), _BLOCKING))
        told.append(UnitBeds(unit, tuple(data.places[at].ward_id for at in wards), load, need, days.of(wards)))
    return BedsTold(
        units=tuple(told),
        hours=hours,
        closed=closed,
        outside=outside,
        now=moment_of(data.observed.until),
        below=below,
        ahead_hours=days.hours,
        reason=days.reason,
        calibration=tuple(days.calibration),
        guide=guide,
        share=_SHARE,
        blocking=_BLOCKING,
        pace=_pace(data.observed),
    )


def _members(data: BedData, units: Mapping[str, Unit]) -> dict[str, list[int]]:
    """Return the places of the wards at and below each unit that has any."""
    found: dict[str, list[int]] = {}
    for at, place in enumerate(data.places):
        for unit in units_above(units, place.ward_id) & units.keys():
            found.setdefault(unit, []).append(at)
    return found


@dataclass(frozen=True, eq=False)
class _Ahead:
    """The next days: the *question*, each ward's distribution and what it is made of; nothing, and why (*reason*)."""

    hours: tuple[str, ...] = ()
    question: Question | None = None
    wards: Sequence[Occupancy] = ()
    parts: Shares | None = None
    calibration: Sequence[Row] = ()
    reason: Message | None = None

    def of(self, wards: Sequence[int]) -> Row | None:
        """Return the hours ahead of *wards* together; None where they are not known."""
        if self.question is None or self.parts is None:
            return None
        chosen = [self.wards[at] for at in wards]
        found = chosen[0] if len(chosen) == 1 else put_together(chosen)
        asked, parts = self.question, self.parts
        lying = np.isin(asked.ward[asked.present.group], wards)
        booked = np.isin(asked.ward[asked.booked.group], wards)
        return {
            "beds": found.beds.tolist(),
            "mean": found.mean.tolist(),
            **{f"q{100 * level:02.0f}": found.quantile(level).tolist() for level in (0.05, 0.25, 0.75, 0.95)},
            "p_full": found.full.tolist(),
            **{f"p_outliers_{least}": found.outliers(least).tolist() for least in (1, 3, 5)},
            "lying": parts.still[lying].sum(axis=0).tolist(),
            "booked": parts.come[booked].sum(axis=0).tolist(),
            "others": parts.expected[list(wards)].sum(axis=0).tolist(),
            "lying_now": int(lying.sum()),
            "booked_times": int(booked.sum()),
        }


def _days_ahead(data: BedData) -> _Ahead:
    try:
        question = ahead(data.observed, hours_of(data.observed, AHEAD_DAYS))
    except BadInput as error:
        return _Ahead(reason=error.message)
    return _Ahead(
        tuple(moments_told(question.local)),
        question,
        project(question),
        shares(question),
        calibration_of(data.observed, AHEAD_DAYS, _ORIGINS),
    )


def _closed(connection: duckdb.DuckDBPyConnection, first: date, last: date) -> list[Row]:
    """Return ward, day, closed beds and why, of the days on which any were closed."""
    rows = connection.execute(
        "select ward_id, date, physical - available as closed, coalesce(closed_reason, '') as reason from beds "
        "where date between $1 and $2 and physical > available order by all",
        [first, last],
    ).fetchall()
    return [dict(zip(("ward_id", "date", "closed", "reason"), row, strict=True)) for row in rows]


def _clinics(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return ward → the clinics whose patients are at home there, divided by ``|``."""
    rows = connection.execute(
        "select ward_id, string_agg(clinic_id, '|' order by clinic_id) from homes group by all"
    ).fetchall()
    return dict(rows)


def _pace(observed: Observed) -> list[float]:
    """Return how fast patients are discharged each hour of the week, against the mean of all; nothing of too few."""
    try:
        clock = observed.clock
    except BadInput:
        return []
    pace = clock.pace / clock.pace.mean()
    return [round(float(value), 3) for value in pace]
