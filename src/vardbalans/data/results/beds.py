"""The beds of a run as tables that a page reads by themselves: the units, the hours counted, and what holds for all.

``beds`` has a row per unit that wards lie in, ``bed_hours`` one per ward and hour counted, ``bed_facts`` a single one.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from vardbalans.data.load.beds import moment_text
from vardbalans.engine.beds.census import Count, together
from vardbalans.engine.beds.need import GuideValue
from vardbalans.engine.explain import Figure, Source, Step
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats
from vardbalans.engine.waitlist.waits import protected

__all__ = ["BED_DETAILS", "BED_FIGURES", "BedsTold", "UnitBeds", "beds_tables", "counts_at", "figure_of", "untold"]

Row = dict[str, Any]
_CENSUS = {
    "occupancy": (1, "share", Message("Beläggning = inneliggande / disponibla")),
    "overcrowded_per_100": (
        100,
        "per_100",
        Message("Överbeläggning = patienter utöver disponibla vårdplatser / disponibla · 100"),
    ),
    "outliers_per_100": (
        100,
        "per_100",
        Message("Utlokaliserade = patienter på annan kliniks vårdavdelning / disponibla · 100"),
    ),
}
_PEOPLE = {"occupancy": "occupied", "overcrowded_per_100": "overcrowded", "outliers_per_100": "outliers"}
_AHEAD = ("expected", "p_full", "p_outliers_1", "p_outliers_3", "p_outliers_5")
_NEED = ("beds_for_share", "beds_for_guide", "beds_for_blocking", "pooling_gain")
BED_FIGURES = (*_CENSUS, *_AHEAD, *_NEED)
"""The figures of beds that can be explained."""
BED_DETAILS = ("ahead", "figures")
"""Columns of ``beds`` that only a unit's own page reads."""
_COUNTED = ("occupied", "overcrowded", "outliers", "away", "available", "physical")


@dataclass(frozen=True, eq=False)
class UnitBeds:
    """One unit: its *wards*, the *load* of each period of four weeks, the *need* of beds, and the hours *ahead*."""

    unit_id: str
    wards: tuple[str, ...]
    load: Floats
    need: tuple[Figure, ...]
    ahead: Row | None


@dataclass(frozen=True, eq=False)
class BedsTold:
    """The beds of a run.

    *hours* are rows of ``bed_census.sql``, *closed* of ward, day, closed beds and reason, *outside* the clinics at home
    in each ward. *now* is when the days ahead begin, *ahead_hours* their moments, or *reason* why there are none.
    *below* is the smallest count of people that is told. *pace* (168,) is how fast patients leave by hour of the week,
    empty where too few have to tell.
    """

    units: tuple[UnitBeds, ...]
    hours: pa.Table
    closed: Sequence[Row]
    outside: Mapping[str, str]
    now: datetime
    below: int
    ahead_hours: tuple[str, ...]
    reason: Message | None
    calibration: tuple[Row, ...]
    guide: GuideValue
    share: float
    blocking: float
    pace: Sequence[float]


def beds_tables(told: BedsTold) -> dict[str, pa.Table]:
    """Return *told* as tables by name."""
    hours = [
        row | {"moment": moment_text(row["moment"], is_again=row.pop("is_again"))} for row in told.hours.to_pylist()
    ]
    facts = {
        "now": told.now.isoformat(timespec="minutes"),
        "moments": list(dict.fromkeys(row["moment"] for row in hours)),
        "below": told.below,
        "outside": dict(told.outside),
        "closed": [{**row, "date": row["date"].isoformat()} for row in told.closed],
        "hours": told.ahead_hours,
        "reason": None if told.reason is None else told.reason.as_dict(),
        "calibration": told.calibration,
        "guide": {
            "occupancy": told.guide.occupancy,
            "valid_from": told.guide.valid_from.isoformat(),
            "source": told.guide.source,
        },
        "share": told.share,
        "blocking": told.blocking,
        "pace": list(told.pace),
    }
    counted = pa.schema([("moment", pa.string()), ("ward_id", pa.string()), *((name, pa.int64()) for name in _COUNTED)])
    return {
        "beds": pa.Table.from_pylist([_unit(row, told) for row in told.units], _SCHEMA),
        "bed_hours": pa.Table.from_pylist(hours, counted),
        "bed_facts": pa.table({"facts": [json.dumps(facts, ensure_ascii=False)]}),
    }


_SCHEMA = pa.schema(
    [
        ("unit_id", pa.string()),
        ("wards", pa.list_(pa.string())),
        ("p_full_max", pa.float64()),
        ("p_full_at", pa.string()),
        ("load", pa.float64()),
        *((name, pa.int64()) for name in _NEED),
        ("ahead", pa.string()),
        ("figures", pa.string()),
    ]
)


def _unit(unit: UnitBeds, told: BedsTold) -> Row:
    peak = int(np.argmax(unit.ahead["p_full"])) if unit.ahead else None
    ahead = None if unit.ahead is None else {name: _rounded(values) for name, values in unit.ahead.items()}
    return {
        "unit_id": unit.unit_id,
        "wards": list(unit.wards),
        "p_full_max": None if peak is None or unit.ahead is None else unit.ahead["p_full"][peak],
        "p_full_at": None if peak is None else told.ahead_hours[peak],
        "load": float(unit.load.mean()),
        **{figure.name: round(figure.value) for figure in unit.need},
        "ahead": json.dumps(ahead),
        "figures": json.dumps([figure.as_dict() for figure in unit.need], ensure_ascii=False),
    }


def _rounded(values: Any) -> Any:
    return [round(value, 5) for value in values] if isinstance(values, list) else values


def counts_at(hours: Iterable[Row], wards: Collection[str]) -> Count:
    """Return the sum of *hours* (rows of ``bed_hours``) over *wards*."""
    return together(Count(**{name: row[name] for name in _COUNTED}) for row in hours if row["ward_id"] in wards)


def untold(counts: Mapping[str, int], parents: Mapping[str, str], below: int) -> frozenset[str]:
    """Return the units whose count of people is not told: small ones, and those that small ones could be told from.

    *parents* is the unit above each that has one. Where a unit is not told, one below it is not either.
    """
    children: dict[str, list[str]] = {}
    for unit in sorted(counts):
        above = parents.get(unit, "")
        children.setdefault(above if above in counts else "", []).append(unit)
    quiet: set[str] = set()
    left = [""]
    while left:
        unit = left.pop()
        below_it = children.get(unit, [])
        left += below_it
        values = [counts[each] for each in below_it]
        hidden = {below_it[place] for place in (protected(values, below) if unit else _small(values, below))}
        some = [each for each in below_it if counts[each]]
        if unit in quiet and some and not hidden:
            hidden.add(min(some, key=lambda each: (counts[each], each)))
        quiet |= hidden
    return frozenset(quiet)


def _small(counts: Sequence[int], below: int) -> list[int]:
    """Return the places of small *counts* whose sum is told nowhere."""
    return [place for place, count in enumerate(counts) if 0 < count < below]


# Why a figure is what it is


def figure_of(
    name: str, unit: Row, facts: Row, moment: str, hours: Sequence[Row], names: Mapping[str, str]
) -> Figure | None:
    """Return the explained figure *name* of a *unit* (row of ``beds``) at *moment*; None where there is none.

    *hours* are the rows of ``bed_hours`` at the moment, *names* those of the wards.
    """
    if name in _CENSUS:
        return _census(name, unit, facts, moment, hours, names)
    if name in _AHEAD and unit["ahead"] and moment in facts["hours"]:
        return _ahead(name, unit, facts, moment)
    return None


def _census(
    name: str, unit: Row, facts: Row, moment: str, hours: Sequence[Row], names: Mapping[str, str]
) -> Figure | None:
    mine = {row["ward_id"]: row for row in hours if row["ward_id"] in unit["wards"]}
    count = counts_at(mine.values(), unit["wards"])
    people = _PEOPLE[name]
    value = getattr(count, people)
    if not mine or not count.available or value is None or count.closed is None or count.physical is None:
        return None
    per, measure, formula = _CENSUS[name]
    each = {ward: int(row[people]) for ward, row in mine.items()}
    # Of few people who lie elsewhere only the sum is told, not in which of the wards.
    quiet = untold(each, {}, facts["below"]) if name == "outliers_per_100" else frozenset()
    rate = per / count.available
    terms = [
        Step(
            Message("{ward}", ward=names.get(ward, ward)),
            rate * each[ward],
            measure,
            float(each[ward]),
            _lying(ward, name, facts, moment),
        )
        for ward in sorted(each)
        if each[ward] and not quiet
    ]
    if quiet:
        terms = [Step(Message("Alla vårdavdelningar"), rate * value, measure, float(value))]
    beds = Source.of("beds", date=moment[:10], ward_id="|".join(sorted(mine)))
    return Figure(
        name,
        rate * value,
        measure,
        formula,
        tuple(terms),
        (
            Step(
                Message("Inneliggande patienter"),
                count.occupied,
                "patients",
                source=Source.of("stays", lying_at=moment, ward_id="|".join(sorted(mine))),
            ),
            Step(Message("Disponibla vårdplatser"), count.available, "beds", source=beds),
            Step(Message("Stängda vårdplatser, utanför nämnaren"), count.closed, "beds", source=beds),
        ),
    )


def _lying(ward: str, name: str, facts: Row, moment: str) -> Source:
    """Return the stays in *ward* at *moment*; for outliers those of other clinics than the ward's."""
    there = Source.of("stays", lying_at=moment, ward_id=ward)
    return there.narrowed(not_clinic=facts["outside"].get(ward, "")) if name == "outliers_per_100" else there


def _ahead(name: str, unit: Row, facts: Row, moment: str) -> Figure:
    ahead, at = unit["ahead"], facts["hours"].index(moment)
    at_home = "|".join(facts["outside"].get(ward, "") for ward in unit["wards"])
    clinics = sorted(set(at_home.split("|")) - {""})
    lying = Source.of("stays", lying_at=facts["now"], clinic_id="|".join(clinics))
    year = date.fromisoformat(facts["now"][:10])
    before = Source.of("stays", clinic_id="|".join(clinics), since=_year_before(year), until=year.isoformat())
    beds = Source.of("beds", ward_id="|".join(sorted(unit["wards"])))
    parts = (
        Step(Message("De som ligger där nu och väntas vara kvar"), ahead["lying"][at], "patients", source=lying),
        Step(Message("Bokade som väntas ha kommit och vara kvar"), ahead["booked"][at], "patients"),
        Step(Message("Andra som väntas ha kommit och vara kvar"), ahead["others"][at], "patients", source=before),
    )
    now = Step(Message("Inneliggande nu"), float(ahead["lying_now"]), "patients", source=lying)
    open_ = Step(Message("Disponibla vårdplatser"), float(ahead["beds"][at]), "beds", source=beds)
    if name == "expected":
        formula = Message("Väntade inneliggande = var och ens sannolikhet att ligga där den timmen, summerad")
        return Figure(name, float(sum(step.value for step in parts)), "patients", formula, parts, (now, open_))
    chance = float(ahead[name][at])
    if name == "p_full":
        formula = Message("Risk för fullt = 1 − sannolikheten att minst en disponibel vårdplats är ledig")
        otherwise = Message("Sannolikheten att minst en är ledig")
    else:
        formula = Message(
            "Risk att minst {least} saknar plats på sin egen avdelning = 1 − sannolikheten att färre gör det",
            least=int(name.rpartition("_")[2]),
        )
        otherwise = Message("Sannolikheten att färre gör det")
    terms = (Step(Message("Säkert"), 1.0, "share"), Step(otherwise, chance - 1, "share"))
    return Figure(name, chance, "share", formula, terms, (open_, *parts))


def _year_before(day: date) -> str:
    return date.fromordinal(day.toordinal() - 364).isoformat()
