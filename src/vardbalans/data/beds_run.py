"""Beds on a store: who lies where, the next days, how many beds it takes, and what a change would do, as plain rows."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from vardbalans.data.beds_changes import Change
from vardbalans.data.findings import note_row
from vardbalans.data.lake import Lake, Version
from vardbalans.data.load.beds import BedData, Place, bed_data, census, moment_of, moments_told
from vardbalans.data.load.rules import occupancy_guides
from vardbalans.engine.beds.ahead import Occupancy, Question, project, put_together, simulate
from vardbalans.engine.beds.backtest import Calibration, calibrated, past_forecasts
from vardbalans.engine.beds.backtest import together as put_all_together
from vardbalans.engine.beds.census import Count, figures, together
from vardbalans.engine.beds.need import guide_on, need_of_beds, pooling_gain
from vardbalans.engine.beds.observed import Observed, ahead, hospital_of, hours_of, lying_at
from vardbalans.engine.beds.run import Estimate, Played, difference, estimate, play
from vardbalans.engine.beds.stay import Ints
from vardbalans.engine.beds.wards import Hospital, WhenFull
from vardbalans.engine.errors import BadInput
from vardbalans.engine.explain import Figure, Source
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats

__all__ = ["calibration_of", "census_of", "loads_of", "need_of", "projection_of", "scenario_of"]

Row = dict[str, Any]
Progress = Callable[[float, Message], None]
"""Told how far the work has come (0 to 1) and what is being done; may raise to stop it."""
_THREADS = 2
_FETCHED = 0.1
_YEAR_HOURS = 364 * 24
_MONTH_HOURS = 28 * 24
_BACK_DAYS = 7
_HISTORY = 24 * 56
_LEADS = {"1": (0, 24), "3": (24, 72), "7": (72, 168), "14": (168, 336)}


@dataclass(frozen=True, eq=False)
class _Read:
    version: Version
    data: BedData


def _read(store: Path, version: int | None = None) -> _Read:
    lake = Lake(store)
    head = lake.required_head() if version is None else lake.version(version)
    with closing(lake.connect(head.number)) as connection:
        return _Read(head, bed_data(connection, set(head.tables)))


def _groups(places: Sequence[Place], unit: str | None) -> list[tuple[str, str, list[int]]]:
    """Return (level, id, places) of each ward, clinic and hospital; *unit* is one of their ids. Raises BadInput."""
    found: dict[tuple[str, str], list[int]] = {}
    for at, place in enumerate(places):
        for level, name in (("ward", place.ward_id), ("clinic", place.clinic_id), ("hospital", place.site)):
            if name:
                found.setdefault((level, name), []).append(at)
    found[("all", "")] = list(range(len(places)))
    order = ("all", "hospital", "clinic", "ward")
    rows = [(*key, found[key]) for key in sorted(found, key=lambda key: (order.index(key[0]), key[1]))]
    if unit is None:
        return rows
    asked = {at for _, name, wards in rows if name == unit for at in wards}
    if not asked:
        raise BadInput(Message("{unit} är ingen vårdavdelning, klinik eller sjukhus i data.", unit=unit))
    return [row for row in rows if set(row[2]) <= asked]


def _named(level: str, name: str, places: Sequence[Place]) -> Row:
    names = {place.clinic_id: place.clinic for place in places} | {place.ward_id: place.name for place in places}
    return {"level": level, "unit_id": name, "name": names.get(name, name)}


def census_of(
    store: Path, *, first: date | None = None, last: date | None = None, hour: int = 6, unit: str | None = None
) -> Row:
    """Return who lay where at *hour* from *first* to *last*: by ward, clinic and hospital, and day by day for all.

    The last day is the last whole one of the stays unless given, and the first the same day. Raises BadInput without
    stays, for an unknown unit, for days in the wrong order or that the stays do not tell of, and for an hour that the
    day lacks.
    """
    lake = Lake(store)
    head = lake.required_head()
    with closing(lake.connect(head.number)) as connection:
        data = bed_data(connection, set(head.tables))
        told = moment_of(data.observed.stays.since.min()).date(), moment_of(data.observed.until - 24).date()
        last = last or told[1]
        first = first or last
        if first > last:
            raise BadInput(Message("Första dagen {first} ligger efter den sista {last}.", first=first, last=last))
        if first < told[0] or last > told[1]:
            raise BadInput(Message("Vårdtillfällen finns från {first} till {last}.", first=told[0], last=told[1]))
        rows = census(connection, set(head.tables), first, last + timedelta(1), hour)
    counts = _counts(rows)
    if not counts:
        raise BadInput(
            Message("Klockan ställs fram den {day}: {hour} finns inte den dagen.", day=first, hour=f"{hour:02}:00")
        )
    groups = _groups(data.places, unit)
    days = sorted({day for day, _ in counts})
    wards = [place.ward_id for place in data.places]
    asked = groups[0][2]
    return {
        "version": head.number,
        "first": first.isoformat(),
        "last": last.isoformat(),
        "hour": hour,
        "rows": [
            _named(level, name, data.places)
            | _told(together(counts[day, wards[at]] for at in members for day in days), len(days))
            | {"figures": [figure.as_dict() for figure in _explained(counts, days, wards, members, level, name)]}
            for level, name, members in groups
        ],
        "days": [
            {"date": day.isoformat()} | _told(together(counts[day, wards[at]] for at in asked), 1) for day in days
        ],
        "findings": _without_beds(counts, wards, asked),
    }


def _counts(rows: pa.Table) -> dict[tuple[date, str], Count]:
    return {
        (row["moment"].date(), row["ward_id"]): Count(
            row["occupied"], row["overcrowded"], row["outliers"], row["away"], row["available"], row["physical"]
        )
        for row in rows.to_pylist()
        if not row["is_again"]
    }


def _told(count: Count, moments: int) -> Row:
    """Return the means over *moments*, and the rates."""
    fields = ("occupied", "available", "physical", "closed", "overcrowded", "outliers", "away")
    each = {name: None if (value := getattr(count, name)) is None else value / moments for name in fields}
    return each | {
        "occupancy": count.occupancy,
        "overcrowded_per_100": count.overcrowded_per_100,
        "outliers_per_100": count.outliers_per_100,
    }


def _explained(
    counts: Mapping[tuple[date, str], Count],
    days: Sequence[date],
    wards: Sequence[str],
    members: Sequence[int],
    level: str,
    name: str,
) -> Iterable[Figure]:
    where = {"ward_id": name} if level == "ward" else {"clinic_id": name} if level == "clinic" else {}
    at_ward = {"ward_id": name} if level == "ward" else {}
    period = {"since": days[0].isoformat(), "until": (days[-1] + timedelta(1)).isoformat()}
    whole = together(counts[day, wards[at]] for at in members for day in days)
    return figures(whole, Source.of("stays", **where), Source.of("beds", **at_ward, **period))


def _without_beds(counts: Mapping[tuple[date, str], Count], wards: Sequence[str], asked: Sequence[int]) -> list[Row]:
    unknown = sorted(
        {ward for (_, ward), count in counts.items() if count.available is None} & {wards[i] for i in asked}
    )
    return [
        _note(Message("Vårdplatser saknas någon dag för {ward}; beläggning per 100 kan inte räknas där.", ward=ward))
        for ward in unknown
    ]


def _note(message: Message) -> Row:
    return note_row(message, "note", "note")


# The next days


def projection_of(
    store: Path, *, days: int = 14, unit: str | None = None, draws: int = 1000, origins: int = 12, seed: int = 1
) -> Row:
    """Return how many will lie in each ward hour by hour for *days*, the same played out, and how such forecasts held.

    *draws* futures are simulated (none: 0), and *origins* earlier forecasts, a week apart, are held against what came.
    """
    read = _read(store)
    observed, places = read.data.observed, read.data.places
    question = ahead(observed, hours_of(observed, days))
    wards = project(question)
    played = simulate(question, draws, seed) if draws else None
    return {
        "version": read.version.number,
        "seed": seed,
        "draws": draws,
        "now": moment_of(observed.until).isoformat(),
        "hours": moments_told(question.local),
        "rows": [
            _named(level, name, places)
            | _occupancy(put_together([wards[at] for at in members]))
            | _inputs(question, members)
            | ({} if played is None else _simulated(played[:, members], question.beds[members]))
            for level, name, members in _groups(places, unit)
        ],
        "calibration": calibration_of(observed, days, origins),
        "findings": [],
    }


def calibration_of(observed: Observed, days: int, origins: int) -> list[Row]:
    """Return how forecasts of *days* made at *origins* earlier moments, a week apart, held: a row per part of the days.

    ``inside_together`` is of all wards as one, put together as if they were independent.
    Those that would begin within eight weeks of the first stay are left out.
    """
    begins = [at for at in _origins(observed.until, 24 * days, origins) if at - observed.stays.since.min() >= _HISTORY]
    past = past_forecasts(observed, begins, 24 * days)
    whole = put_all_together(past)
    return [
        {"days": int(lead)}
        | _calibration(calibrated(past, slice(*between)))
        | {"inside_together": calibrated(whole, slice(*between)).inside}
        for lead, between in _LEADS.items()
        if past and between[0] < 24 * days
    ]


def _origins(until: float, hours: int, count: int) -> list[float]:
    # At different hours of the day, so that they are not all told of by the nights.
    return [until - hours - 24.0 * _BACK_DAYS * back - 24 + (7 * back) % 24 for back in range(count)]


def _occupancy(ward: Occupancy) -> Row:
    return {
        "beds": ward.beds.tolist(),
        "mean": ward.mean.tolist(),
        **{f"q{100 * level:02.0f}": ward.quantile(level).tolist() for level in (0.05, 0.5, 0.95)},
        "p_full": ward.full.tolist(),
        **{f"p_outliers_{least}": ward.outliers(least).tolist() for least in (1, 3, 5)},
    }


def _inputs(question: Question, members: Sequence[int]) -> Row:
    mine = np.flatnonzero(np.isin(question.ward, members))
    return {
        "inputs": {
            "lying": int(np.isin(question.present.group, mine).sum()),
            "booked": int(np.isin(question.booked.group, mine).sum()),
            "booked_admitted": float(question.booked.share[np.isin(question.booked.group, mine)].sum()),
            "others_expected": float(question.arrivals.expected[mine].sum()),
        }
    }


def _simulated(played: Ints, beds: Ints) -> Row:
    over = np.maximum(played - beds, 0).sum(axis=1)
    return {
        "simulated": {
            "mean": played.sum(axis=1).mean(axis=0).tolist(),
            "p_full": (played.sum(axis=1) >= beds.sum(axis=0)).mean(axis=0).tolist(),
            "p_outliers_1": (over >= 1).mean(axis=0).tolist(),
        }
    }


def _calibration(found: Calibration) -> Row:
    return {
        "wanted": found.wanted,
        "inside": found.inside,
        "count": found.count,
        "mean_error": found.mean_error,
        "absolute_error": found.absolute_error,
        "p_full": [
            {"said": float(said), "was": float(was), "hours": int(hours)}
            for said, was, hours in zip(found.said, found.was, found.hours, strict=True)
            if hours
        ],
    }


# How many beds


def need_of(store: Path, *, share: float = 0.95, blocking: float = 0.05, unit: str | None = None) -> Row:
    """Return the beds each ward, clinic and hospital needs: by *share* of the time, guide value and *blocking*.

    The load is how many who belong there have lain there in the latest year, in periods of four weeks; the pooling gain
    is that of its wards together.
    """
    lake = Lake(store)
    head = lake.required_head()
    with closing(lake.connect(head.number)) as connection:
        data = bed_data(connection, set(head.tables))
        guides = occupancy_guides(connection, set(head.tables))
    observed = data.observed
    guide = guide_on(guides, moment_of(observed.until).date())
    loads = loads_of(observed)
    beds = observed.beds(int(observed.until // 24) - 1, 1)[:, 0]
    rows = []
    for level, name, members in _groups(data.places, unit):
        load = loads[members].sum(axis=0)
        found = need_of_beds(load, guide, share, blocking)
        if len(members) > 1:
            found = (*found, pooling_gain(loads[members].mean(axis=1).tolist(), blocking))
        now = beds[members].sum()
        rows.append(
            _named(level, name, data.places)
            | {"load": float(load.mean()), "available": None if np.isnan(now) else int(now)}
            | {figure.name: int(figure.value) for figure in found}
            | {"figures": [figure.as_dict() for figure in found]}
        )
    return {
        "version": head.number,
        "share": share,
        "blocking": blocking,
        "guide": {
            "occupancy": guide.occupancy,
            "valid_from": guide.valid_from.isoformat(),
            "source": guide.source,
        },
        "rows": rows,
        "findings": [],
    }


def loads_of(observed: Observed) -> Floats:
    """Return how many of each ward's own have lain in a bed in the latest year, (W, periods of four weeks)."""
    begin = max(observed.until - _YEAR_HOURS, float(observed.stays.since.min()))
    periods = max(1, int((observed.until - begin) // _MONTH_HOURS))
    moments = observed.until - _MONTH_HOURS * periods + np.arange(_MONTH_HOURS * periods)
    lying = lying_at(observed.stays, moments[moments >= observed.stays.since.min()], len(observed.wards))
    found: Floats = lying[:, lying.shape[1] % periods :].reshape(len(lying), periods, -1).mean(axis=2)
    return found


# What a change would do


def scenario_of(
    store: Path,
    changes: Mapping[str, Change],
    *,
    among: Collection[str] | None = None,
    postpone: bool = False,
    replications: int = 200,
    seed: int = 1,
    version: int | None = None,
    progress: Progress = lambda _done, _what: None,
) -> Row:
    """Return a year of a hospital's wards as they are, and with each of *changes* by itself and all at once.

    *among* are the wards or hospitals, all together unless given; *postpone*: electives without a bed come again a week
    later instead of being laid elsewhere or above the open beds. *version* is that of the data, the newest unless
    given; *progress* is told before each year is played. Raises BadInput for unknown wards or hospitals.
    """
    progress(0.0, Message("Hämtar vårdtillfällen och vårdplatser."))
    read = _read(store, version)
    places = read.data.places
    wards = [at for at, place in enumerate(places) if among is None or {place.ward_id, place.site} & set(among)]
    if not wards:
        unknown = ", ".join(among or ())
        raise BadInput(Message("{unit} är ingen vårdavdelning, klinik eller sjukhus i data.", unit=unknown))
    base = hospital_of(read.data.observed, wards, elective=WhenFull.POSTPONE if postpone else WhenFull.CROWD)
    day = (moment_of(read.data.observed.until) - timedelta(days=base.days)).date()
    # A change that does not fit is refused before anything is played.
    hospitals = {name: change(base, day) for name, change in _with_all(changes).items()}
    with ThreadPoolExecutor(_THREADS) as executor:
        progress(_FETCHED, Message("Spelar året som det är."))
        as_is = play(base, replications, seed, executor)
        rows = []
        for number, (name, hospital) in enumerate(hospitals.items(), 1):
            done = _FETCHED + (1 - _FETCHED) * number / (len(hospitals) + 1)
            progress(done, Message("Spelar förändring {number} av {count}.", number=number, count=len(hospitals)))
            other = play(hospital, replications, seed, executor)
            rows.append(
                {
                    "scenario": name,
                    "figures": _estimates(other),
                    "difference": {key: _estimate(value) for key, value in difference(as_is, other).items()},
                }
            )
    return {
        "version": read.version.number,
        "seed": seed,
        "replications": replications,
        "among": None if among is None else sorted(among),
        "base": _estimates(as_is) | {"wards": _by_ward(as_is)},
        "scenarios": rows,
        "findings": [],
    }


def _with_all(changes: Mapping[str, Change]) -> Mapping[str, Change]:
    def everything(hospital: Hospital, first: date) -> Hospital:
        for change in changes.values():
            hospital = change(hospital, first)
        return hospital

    return {**changes, str(Message("allt tillsammans")): everything} if len(changes) > 1 else changes


def _estimates(played: Played) -> Row:
    return {name: _estimate(estimate(values)) for name, values in played.figures().items()}


def _estimate(found: Estimate) -> Row:
    return asdict(found) | {"is_shown": found.is_shown}


def _by_ward(played: Played) -> list[Row]:
    return [
        {
            "ward_id": ward.name,
            "beds": float(played.open_beds[at].mean()),
            "lying": _estimate(estimate(played.mean_lying[:, at])),
            "p_full": _estimate(estimate(played.full_share[:, at])),
            "outliers": float(played.outliers[:, :, at].mean()),
        }
        for at, ward in enumerate(played.hospital.wards)
    ]
