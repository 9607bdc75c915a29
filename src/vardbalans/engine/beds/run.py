"""Many years of a hospital's wards, and the difference between two hospitals that meet the same patients.

Who comes, how long each would lie and where each goes on is drawn per group and replication from a stream of its own,
so that a changed rule, bed or share changes nothing else (common random numbers).
"""

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import scipy

from vardbalans.engine.beds.clock import WEEK_HOURS
from vardbalans.engine.beds.events import Patients, Record, Rules, Work, run
from vardbalans.engine.beds.stay import Ints
from vardbalans.engine.beds.wards import HOURS_A_DAY, Hospital, PatientGroup
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.sampling import stream
from vardbalans.engine.units import Floats

__all__ = ["Estimate", "Played", "arrivals", "difference", "estimate", "play", "record_for", "rules_of"]

_STAGES = 3
"""How many wards a patient passes through at most where groups lead on to others."""


@dataclass(frozen=True)
class Estimate:
    """A mean over replications with the interval it lies in with *probability*, by Student's t."""

    mean: float
    low: float
    high: float
    probability: float

    @property
    def is_shown(self) -> bool:
        """Tell whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


def estimate(values: Floats, probability: float = 0.95) -> Estimate:
    """Return the mean of *values* (replications,) with its interval. Raises BadInput for fewer than two."""
    if len(values) < 2:
        raise BadInput(Message("Minst två upprepningar behövs för ett intervall."))
    mean = float(np.mean(values))
    error = float(np.std(values, ddof=1) / np.sqrt(len(values)))
    half = float(scipy.special.stdtrit(len(values) - 1, (1 + probability) / 2)) * error
    return Estimate(mean, mean - half, mean + half, probability)


@dataclass(frozen=True, eq=False)
class Played:
    """What happened in R replications after the warming up; *hospital* is what was played.

    *hours* (R, W, M) with 0, 1, … in each ward and *full* (R, W) hours without a free bed. By group (R, G): *came*,
    *admitted*, *lost*, *postponed*, *waited*, *away*, *left*, *wait_hours*, *bed_hours*; *moved* home (R, W). By day at
    the hour of the census (R, D, W): *lying*, *outliers* by the ward they belong to, *queue*. *events* (R,).
    """

    hospital: Hospital
    hours: Floats
    full: Floats
    came: Ints
    admitted: Ints
    lost: Ints
    postponed: Ints
    waited: Ints
    away: Ints
    left: Ints
    wait_hours: Floats
    bed_hours: Floats
    moved: Ints
    lying: Ints
    outliers: Ints
    queue: Ints
    events: Ints

    @cached_property
    def open_beds(self) -> Ints:
        """Return the beds open on the days counted, (W, D)."""
        return self.hospital.staffed[:, self.hospital.warm_days :]

    @property
    def mean_lying(self) -> Floats:
        """Return the mean number in each ward over time, (R, W)."""
        found: Floats = self.hours @ np.arange(self.hours.shape[2]) / self.hours.sum(axis=2)
        return found

    @property
    def full_share(self) -> Floats:
        """Return the share of the time in which each ward has no free bed, (R, W)."""
        found: Floats = self.full / self.hours.sum(axis=2)
        return found

    @property
    def occupancy(self) -> Floats:
        """Return mean number over mean open beds, (R,), of the whole hospital."""
        found: Floats = self.mean_lying.sum(axis=1) / self.open_beds.mean(axis=1).sum()
        return found

    @property
    def outliers_per_100(self) -> Floats:
        """Return those who lie elsewhere at the hour of the census per 100 open beds, (R,)."""
        found: Floats = 100 * self.outliers.sum(axis=(1, 2)) / self.open_beds.sum()
        return found

    @property
    def crowded_per_100(self) -> Floats:
        """Return those who lie above the open beds at the hour of the census per 100 open beds, (R,)."""
        found: Floats = 100 * np.maximum(self.lying - self.open_beds.T, 0).sum(axis=(1, 2)) / self.open_beds.sum()
        return found

    def per_year(self, counts: Ints | Floats, *, acute: bool | None = None) -> Floats:
        """Return *counts* (R, G) summed over the groups, or those that are *acute* or not, per 365 days, (R,)."""
        chosen = [acute is None or group.acute == acute for group in self.hospital.groups]
        found: Floats = counts[:, chosen].sum(axis=1) * 365 / self.open_beds.shape[1]
        return found

    def figures(self) -> Mapping[str, Floats]:
        """Return the figures that scenarios are compared by, each (R,)."""
        return {
            "occupancy": self.occupancy,
            "outliers_per_100": self.outliers_per_100,
            "crowded_per_100": self.crowded_per_100,
            "elective_postponed_per_year": self.per_year(self.postponed, acute=False),
            "elective_admitted_per_year": self.per_year(self.admitted, acute=False),
            "waited_per_year": self.per_year(self.waited),
            "acute_wait_hours_per_year": self.per_year(self.wait_hours, acute=True),
            "lost_per_year": self.per_year(self.lost),
            "moved_per_year": self.moved.sum(axis=1) * 365 / self.open_beds.shape[1],
            "bed_days_per_year": self.mean_lying.sum(axis=1) * 365,
        }


def play(hospital: Hospital, replications: int, seed: int, executor: Executor | None = None) -> Played:
    """Play *hospital* that many times; threads of *executor* share the work, and the answer is the same without."""
    if replications < 1:
        raise BadInput(Message("Minst en upprepning behövs."))
    rules = rules_of(hospital)
    once = partial(_once, hospital, rules, seed)
    records = list(executor.map(once, range(replications)) if executor else map(once, range(replications)))
    together = {name: np.stack([getattr(row, name) for row in records]) for name in Record._fields}
    for name in ("lying", "outliers", "queue"):
        together[name] = together[name][:, hospital.warm_days :]
    together["events"] = together["events"][:, 0]
    return Played(hospital, **together)


def _once(hospital: Hospital, rules: Rules, seed: int, replication: int) -> Record:
    patients = arrivals(hospital, seed, replication)
    record = record_for(hospital)
    run(rules, patients, record, Work.of(len(patients.time), len(hospital.wards)))
    return record


def difference(base: Played, other: Played, probability: float = 0.95) -> dict[str, Estimate]:
    """Return each figure of *other* less that of *base*, replication by replication, with its interval.

    Raises BadInput where they were not played as many times.
    """
    if len(base.events) != len(other.events):
        raise BadInput(Message("Scenarierna har inte spelats lika många gånger."))
    ours, theirs = base.figures(), other.figures()
    return {name: estimate(theirs[name] - ours[name], probability) for name in ours}


def rules_of(hospital: Hospital) -> Rules:
    """Return the hospital as the loop takes it."""
    groups = hospital.groups
    widest = max(1, *(len(group.elsewhere) for group in groups))
    elsewhere = np.full((len(groups), widest), -1, np.int64)
    own = np.zeros((len(groups), len(hospital.wards)), np.int64)
    onward = np.zeros((len(groups), len(groups)))
    points = max(len(group.stays) for group in groups)
    table = np.empty((len(groups), points))
    for at, group in enumerate(groups):
        elsewhere[at, : len(group.elsewhere)] = [hospital.places[name] for name in group.elsewhere]
        own[at, [hospital.places[name] for name in (group.home, *group.own)]] = 1
        onward[at] = np.cumsum([(group.onward or {}).get(other.name, 0.0) for other in groups])
        table[at] = np.interp(np.linspace(0, 1, points), np.linspace(0, 1, len(group.stays)), group.stays)
    return Rules(
        staffed=hospital.staffed,
        most=np.array([ward.physical for ward in hospital.wards], np.int64),
        reserve=np.array([ward.reserve for ward in hospital.wards], np.int64),
        home=np.array([hospital.places[group.home] for group in groups], np.int64),
        rule=np.array([int(group.when_full) for group in groups], np.int64),
        priority=np.array([group.priority for group in groups], np.int64),
        elsewhere=elsewhere,
        freest=int(hospital.freest),
        own=own,
        onward=onward,
        table=table,
        # The loop begins on a Monday; the week is turned to begin on the day that the hospital does.
        marks=np.concatenate([[0.0], np.cumsum(_turned(hospital, hospital.clock.pace))]),
        retry=HOURS_A_DAY * hospital.retry_days,
        returns=int(hospital.returns),
        warm=float(HOURS_A_DAY * hospital.warm_days),
        census_hour=hospital.census_hour,
    )


def record_for(hospital: Hospital) -> Record:
    """Return an empty record."""
    wards, groups, days = len(hospital.wards), len(hospital.groups), hospital.days
    most = max(ward.physical for ward in hospital.wards) + 1
    shapes = {
        **dict.fromkeys(Record._fields, (groups,)),
        "hours": (wards, most),
        "full": (wards,),
        "moved": (wards,),
        **dict.fromkeys(("lying", "outliers", "queue"), (days, wards)),
        "events": (1,),
    }
    floats = {"hours", "full", "wait_hours", "bed_hours"}
    return Record(**{name: np.zeros(shape, float if name in floats else np.int64) for name, shape in shapes.items()})


def arrivals(hospital: Hospital, seed: int, replication: int) -> Patients:
    """Return the patients of one replication: Poisson by hour, in order of time."""
    stages = _STAGES if any(group.onward for group in hospital.groups) else 1
    times, numbers, stays, routes = [], [], [], []
    for at, group in enumerate(hospital.groups):
        name = (str(replication), group.name)
        rng = stream(seed, "beds", *name)
        time = _moments(hospital, group, rng)
        stay_at = rng.random((len(time), stages))
        route_at = (
            stream(seed, "beds onward", *name).random((len(time), stages)) if stages > 1 else np.zeros_like(stay_at)
        )
        if np.min(group.kept) < 1:
            share = np.broadcast_to(group.kept, hospital.days)[(time // HOURS_A_DAY).astype(int)]
            kept = stream(seed, "beds kept", *name).random(len(time)) < share
            time, stay_at, route_at = time[kept], stay_at[kept], route_at[kept]
        times.append(time)
        numbers.append(np.full(len(time), at))
        stays.append(stay_at)
        routes.append(route_at)
    time = np.concatenate(times)
    order = np.argsort(time)
    return Patients(
        time[order], np.concatenate(numbers)[order], np.concatenate(stays)[order], np.concatenate(routes)[order]
    )


def _moments(hospital: Hospital, group: PatientGroup, rng: np.random.Generator) -> Floats:
    if group.hourly is None and group.season is None:
        hours = float(HOURS_A_DAY * hospital.days)
        found: Floats = hours * rng.random(rng.poisson(group.per_day * hospital.days))
        return found
    week = np.ones(WEEK_HOURS) if group.hourly is None else np.asarray(group.hourly)
    season = np.ones(hospital.days) if group.season is None else np.asarray(group.season)
    rate = np.resize(_turned(hospital, week), HOURS_A_DAY * hospital.days) * np.repeat(season, HOURS_A_DAY)
    reached = np.concatenate([[0.0], np.cumsum(rate * (group.per_day / HOURS_A_DAY))])
    # A unit Poisson process on the scale of the expected number, taken back to the hours.
    came = reached[-1] * rng.random(rng.poisson(reached[-1]))
    moments: Floats = np.interp(came, reached, np.arange(len(reached)))
    return moments


def _turned(hospital: Hospital, week: Floats) -> Floats:
    return np.roll(week, -HOURS_A_DAY * hospital.first_weekday)
