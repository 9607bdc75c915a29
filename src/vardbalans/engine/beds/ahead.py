"""The next days hour by hour: how many lie in each ward, as a distribution, and how likely it is that beds are short.

Those who lie there now leave each by their own remaining stay, those booked come and leave, and the others arrive by
the hour of the week and leave likewise. As long as nobody is turned away they do not hinder one another, so that the
number who lie there is a sum of independent parts: one yes or no per patient (Poisson-binomial), and those yet to come
(M_t/G/∞; Eick, Massey & Whitt 1993, *Operations Research* 41:731), a Poisson number, or a negative binomial one where
the level of the arrivals is uncertain. The parts are put together exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from vardbalans.engine.beds.clock import DischargeClock
from vardbalans.engine.beds.stay import Ints, StayCurves
from vardbalans.engine.compiling import compiled
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.sampling import stream
from vardbalans.engine.units import Floats

__all__ = ["Arrivals", "Booked", "Census", "Occupancy", "Question", "Shares", "project", "put_together", "simulate"]

_TAIL = 1e-13
"""The probability of more yet-to-come patients than are reckoned with."""
_NEVER = 1e-18
"""A number of patients less likely than this in every hour is not carried on, where wards are put together."""


@dataclass(frozen=True, eq=False)
class Census:
    """Those who lie there now: *group* (N,) and *hours* (N,) that each has lain."""

    group: Ints
    hours: Floats


@dataclass(frozen=True, eq=False)
class Booked:
    """Those expected: *group* (B,), *hour* (B,) from now that each comes, and the *share* (B,) of such who do come."""

    group: Ints
    hour: Floats
    share: Floats


@dataclass(frozen=True, eq=False)
class Arrivals:
    """The others who come: *expected* (G, H) in each hour ahead, and *spread* (G,), the deviation of their level.

    The level is one factor for all hours of a ward, gamma with mean one; its spread is that of the ward's groups,
    weighed by their arrivals. Zero makes the numbers Poisson.
    """

    expected: Floats
    spread: Floats


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked: G groups in W wards over H hours, seen at the end of each.

    *local* (H + 1,) is what the clock on the wall shows now and at each of these moments, in hours since a Monday 00;
    when it is moved to or from summer time it shows two hours more than an hour before, or the same. *ward* (G,) is
    that of each group; *beds* (W, H) are those open at each moment.
    """

    local: Floats
    ward: Ints
    beds: Ints
    curves: StayCurves
    clock: DischargeClock
    present: Census
    booked: Booked
    arrivals: Arrivals

    def __post_init__(self) -> None:
        groups, hours = self.arrivals.expected.shape
        if len(self.ward) != groups or self.beds.shape[1] != hours or len(self.local) != hours + 1 or hours < 1:
            raise BadInput(Message("Grupper, vårdavdelningar och timmar stämmer inte överens."))
        rates = self.arrivals
        if np.any(self.present.hours < 0) or np.any(rates.expected < 0) or np.any(rates.spread < 0):
            raise BadInput(Message("Inneliggande timmar och väntade ankomster måste vara noll eller mer."))
        if np.any((self.booked.share < 0) | (self.booked.share > 1)):
            raise BadInput(Message("Andelen av de bokade som kommer ska ligga mellan 0 och 1."))

    @property
    def now(self) -> float:
        """Return the local moment from which is looked ahead."""
        return float(self.local[0])

    def local_at(self, hours: Floats) -> Floats:
        """Return what the clock on the wall shows *hours* from now."""
        return np.interp(hours, np.arange(len(self.local)), self.local)

    def hours_until(self, local: Floats) -> Floats:
        """Return the hours from now until moments by the clock on the wall; one too many for what lies beyond."""
        last = len(self.local) - 1
        found: Floats = np.where(local > self.local[-1], last + 1.0, np.interp(local, self.local, np.arange(last + 1)))
        return found


@dataclass(frozen=True, eq=False)
class Occupancy:
    """One ward, or several together: *pmf* (H, M), the probability that 0, 1, … lie there; *beds* (H,) open then.

    *over* (H, K) is the probability that 0, 1, … have no bed in the ward they belong to: it is summed over wards, so
    that a free bed in one ward is not counted as one in another.
    """

    pmf: Floats
    over: Floats
    beds: Ints

    @cached_property
    def mean(self) -> Floats:
        """Return the expected number at each hour, (H,)."""
        found: Floats = self.pmf @ np.arange(self.pmf.shape[1])
        return found

    def quantile(self, level: float) -> Ints:
        """Return the fewest that are not passed with probability *level*, (H,)."""
        found: Ints = np.argmax(np.cumsum(self.pmf, axis=1) >= level - 1e-12, axis=1)
        return found

    @cached_property
    def full(self) -> Floats:
        """Return the probability that no open bed is free, (H,)."""
        return _at_least(self.pmf, self.beds)

    def outliers(self, least: int) -> Floats:
        """Return the probability that at least *least* have no bed in their own ward, (H,)."""
        return _at_least(self.over, np.full(len(self.over), least))


def _at_least(pmf: Floats, least: Ints) -> Floats:
    inside = np.arange(pmf.shape[1]) >= np.asarray(least)[:, None]
    found: Floats = np.minimum(np.sum(pmf * inside, axis=1), 1.0)
    return found


@dataclass(frozen=True, eq=False)
class Shares:
    """What the distribution is made of: *still* (N, H) and *come* (B, H) are there, *expected* (W, H) yet to come.

    *spread* (W,) is that of the level of the latter.
    """

    still: Floats
    come: Floats
    expected: Floats
    spread: Floats


def shares(asked: Question) -> Shares:
    """Return the probability of each patient to lie there at each hour, and how many others are expected."""
    hours = asked.arrivals.expected.shape[1]
    now = asked.clock.reading(np.array(asked.now))
    at = asked.clock.reading(asked.local[1:])
    present, booked = asked.present, asked.booked
    lain = now - asked.clock.reading(asked.now - present.hours)
    still = np.empty((len(lain), hours))
    begin = asked.clock.reading(asked.local_at(booked.hour))
    come = np.empty((len(begin), hours))
    expected = np.zeros(asked.beds.shape)
    middle = asked.clock.reading(asked.local[:-1] + 0.5)
    lies = np.tril(np.ones((hours, hours)))  # who came in hour u lies there at the end of hour h ≥ u
    for group, ward in enumerate(asked.ward):
        mine = np.flatnonzero(present.group == group)
        still[mine] = asked.curves.still(group, lain[mine, None], at - now)
        mine = np.flatnonzero(booked.group == group)
        left = asked.curves.still(group, np.zeros((len(mine), hours)), np.maximum(at - begin[mine, None], 0))
        has_come = np.arange(1, hours + 1) >= booked.hour[mine, None]
        come[mine] = booked.share[mine, None] * left * has_come
        stay = asked.curves.still(group, np.zeros((hours, hours)), np.maximum(at[:, None] - middle, 0))
        expected[ward] += (stay * lies) @ asked.arrivals.expected[group]
    return Shares(still, come, expected, _spread_by_ward(asked))


def _spread_by_ward(asked: Question) -> Floats:
    found = np.zeros(len(asked.beds))
    each = asked.arrivals.expected.sum(axis=1)
    for ward in range(len(found)):
        mine = asked.ward == ward
        if each[mine].sum() > 0:
            found[ward] = np.average(asked.arrivals.spread[mine], weights=each[mine])
    return found


def project(asked: Question) -> tuple[Occupancy, ...]:
    """Return the distribution of each ward, exact for the given curves and rates."""
    found, parts = [], shares(asked)
    for ward in range(len(asked.beds)):
        rows = [
            parts.still[asked.ward[asked.present.group] == ward],
            parts.come[asked.ward[asked.booked.group] == ward],
        ]
        known = number_present(np.ascontiguousarray(np.concatenate(rows).T))
        coming = _yet_to_come(parts.expected[ward], float(parts.spread[ward]))
        pmf = np.array([np.convolve(*pair) for pair in zip(known, coming, strict=True)])
        found.append(Occupancy(pmf, _over(pmf, asked.beds[ward]), asked.beds[ward]))
    return tuple(found)


def put_together(wards: Sequence[Occupancy]) -> Occupancy:
    """Return several wards as one, such as those of a clinic or a hospital; the wards are taken as independent."""
    pmf, over = (_sum_of([getattr(ward, name) for ward in wards]) for name in ("pmf", "over"))
    return Occupancy(pmf, over, np.sum([ward.beds for ward in wards], axis=0))


def _sum_of(parts: Sequence[Floats]) -> Floats:
    """Return the distribution of the sum of independent *parts*, each (H, M): two by two, so that few are long."""
    rows = list(parts)
    while len(rows) > 1:
        pairs = [rows[at : at + 2] for at in range(0, len(rows), 2)]
        rows = [_convolved(*pair) if len(pair) == 2 else pair[0] for pair in pairs]
    return rows[0]


def _convolved(one: Floats, other: Floats) -> Floats:
    found = np.array([np.convolve(*pair) for pair in zip(one, other, strict=True)])
    # What is hardly ever reached in any hour is most of the length of many wards.
    return found[:, : int(np.flatnonzero(found.max(axis=0) > _NEVER)[-1]) + 1]


def _over(pmf: Floats, beds: Ints) -> Floats:
    """Return the distribution of those for whom there is no bed, shape as *pmf*."""
    found = np.zeros_like(pmf)
    for hour, open_ in enumerate(beds):
        found[hour, 0] = pmf[hour, : open_ + 1].sum()
        more = pmf[hour, open_ + 1 :]
        found[hour, 1 : 1 + len(more)] = more
    return found


def _yet_to_come(expected: Floats, spread: float) -> Floats:
    """Return the distribution of those yet to come, (H, M): Poisson, or negative binomial around a gamma level."""
    from scipy import stats  # noqa: PLC0415 - heavy

    if spread > 0:
        shape = 1 / spread**2
        chance = shape / (shape + expected)
        most = int(stats.nbinom.isf(_TAIL, shape, chance.min())) if expected.max() > 0 else 0
        found: Floats = stats.nbinom.pmf(np.arange(most + 1), shape, chance[:, None])
    else:
        most = int(stats.poisson.isf(_TAIL, expected.max())) if expected.max() > 0 else 0
        found = stats.poisson.pmf(np.arange(most + 1), expected[:, None])
    return found


def number_present(probability: Floats) -> Floats:
    """Return the distribution of the sum of independent yes and no, (H, N + 1), of *probability* (H, N) of yes.

    One patient after another is added, which loses no digits: every term is positive. Poisson-binomial distribution.
    """
    hours, patients = probability.shape
    pmf = np.zeros((hours, patients + 1))
    _add_patients(probability, pmf, np.zeros(patients + 1))
    return pmf


@compiled
def _add_patients(probability: Floats, pmf: Floats, other: Floats) -> None:
    hours, patients = probability.shape
    for hour in range(hours):
        now, new = pmf[hour], other
        now[0] = 1.0
        patient = 0
        # Two at a time: the sum is read and written half as often.
        while patient + 1 < patients:
            a, b = probability[hour, patient], probability[hour, patient + 1]
            none, both = (1 - a) * (1 - b), a * b
            one = a + b - 2 * both
            new[0] = now[0] * none
            new[1] = now[1] * none + now[0] * one
            for count in range(2, patient + 3):
                new[count] = now[count] * none + now[count - 1] * one + now[count - 2] * both
            now, new = new, now
            patient += 2
        if patient < patients:
            a = probability[hour, patient]
            new[0] = now[0] * (1 - a)
            for count in range(1, patient + 2):
                new[count] = now[count] * (1 - a) + now[count - 1] * a
            now, new = new, now
        for count in range(patients + 1):
            pmf[hour, count] = now[count]
            if hour + 1 < hours:
                other[count] = 0.0


def simulate(asked: Question, draws: int, seed: int) -> Ints:
    """Return how many lie in each ward at each hour, (draws, W, H), patient by patient: the same model played out."""
    rng = stream(seed, "beds ahead")
    hours = asked.arrivals.expected.shape[1]
    now = float(asked.clock.reading(np.array(asked.now)))
    found = np.zeros((draws, len(asked.beds), hours + 2), np.int64)
    spread = _spread_by_ward(asked)
    levels = np.ones((draws, len(asked.beds)))
    for ward in np.flatnonzero(spread):
        levels[:, ward] = rng.gamma(1 / spread[ward] ** 2, spread[ward] ** 2, draws)
    for group, ward in enumerate(asked.ward):
        mine = asked.present.group == group
        lain = now - asked.clock.reading(asked.now - asked.present.hours[mine])
        begun = asked.curves.cumulative(group, lain)
        ends = asked.curves.lain_at(group, begun + rng.standard_exponential((draws, len(lain))))
        _count(found[:, ward], np.zeros_like(ends), asked.hours_until(asked.clock.moment(now - lain + ends)))
        mine = asked.booked.group == group
        comes = rng.random((draws, int(mine.sum()))) < asked.booked.share[mine]
        begins = np.broadcast_to(asked.booked.hour[mine], comes.shape)
        _count(found[:, ward], begins, _end(asked, group, begins, rng), comes)
        each = rng.poisson(asked.arrivals.expected[group] * levels[:, ward, None])
        draw, hour = (np.repeat(place, each.ravel()) for place in np.indices(each.shape).reshape(2, -1))
        begins = hour + rng.random(len(hour))
        _count_flat(found[:, ward], draw, begins, _end(asked, group, begins, rng))
    counted: Ints = np.cumsum(found, axis=2)[:, :, 1:-1]
    return counted


def _end(asked: Question, group: int, begins: Floats, rng: np.random.Generator) -> Floats:
    stay = asked.curves.lain_at(group, rng.standard_exponential(begins.shape))
    return asked.hours_until(asked.clock.moment(asked.clock.reading(asked.local_at(begins)) + stay))


def _count(changes: Ints, begins: Floats, ends: Floats, counted: npt.NDArray[np.bool_] | None = None) -> None:
    draw = np.broadcast_to(np.arange(len(begins))[:, None], begins.shape)
    chosen = np.ones(begins.shape, bool) if counted is None else counted
    _count_flat(changes, draw[chosen], begins[chosen], ends[chosen])


def _count_flat(changes: Ints, draw: Ints, begins: Floats, ends: Floats) -> None:
    """Add who lies there from the first whole hour after *begins* up to the last one before *ends*."""
    last = changes.shape[1] - 1
    first, after = np.ceil(begins).astype(np.int64), np.ceil(ends).astype(np.int64)
    np.add.at(changes, (draw, np.minimum(first, last)), 1)
    np.add.at(changes, (draw, np.minimum(after, last)), -1)
