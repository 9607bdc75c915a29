"""What stays, bookings and beds tell: remaining stays, when patients come, and the wards as a model.

Hours and days are local time since a Monday 00, as the clock on the wall shows them: an hour that is skipped or comes
twice, when it is moved, is one hour of a stay. The hours ahead are counted as they go.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from vardbalans.engine.beds.ahead import Arrivals, Booked, Census, Question
from vardbalans.engine.beds.clock import WEEK_HOURS, DischargeClock, local_hours, measured_clock
from vardbalans.engine.beds.rates import LEVEL_DAYS, level, level_spread, week_shape
from vardbalans.engine.beds.stay import Ints, StayCurves, fit_stays
from vardbalans.engine.beds.wards import HOURS_A_DAY, Hospital, PatientGroup, Ward, WhenFull
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats

__all__ = ["Bookings", "Observed", "Stays", "ahead", "hospital_of", "hours_of", "lying_at"]

_FIT_DAYS = 728
"""Stays of so many days back tell how long patients lie."""
_RATE_DAYS = 728
"""Whole weeks back that tell how many come, and when in the week."""
_SHARE_DAYS = 364
"""Days back that tell how many of the electives had been booked so and so long before."""
_EMPTY_DAYS = 7
"""Nobody needs to have come in so many days at first: a small hospital may have none."""
_QUANTILES = 400
_LONGEST = 0.9995


@dataclass(frozen=True, eq=False)
class Stays:
    """Columns (N,): the wards (places) that patients belong to, *home*, and lie in, *ward*; *acute*; hours.

    *until* is NaN for who is still there.
    """

    home: Ints
    ward: Ints
    acute: npt.NDArray[np.bool_]
    since: Floats
    until: Floats

    @property
    def group(self) -> Ints:
        """Return the group of each: two per ward, elective and acute."""
        found: Ints = 2 * self.home + self.acute
        return found

    def chosen(self, rows: npt.NDArray[np.bool_]) -> "Stays":
        """Return those of *rows*."""
        return Stays(self.home[rows], self.ward[rows], self.acute[rows], self.since[rows], self.until[rows])


@dataclass(frozen=True, eq=False)
class Bookings:
    """Times booked ahead that may lead to a bed, (B,): *home* ward, *service*, hours of *start* and when *booked*.

    *admitted* is the hour of the day of the admission that came of it, NaN where none did; *is_standing* those that
    have not happened and not been cancelled.
    """

    home: Ints
    service: npt.NDArray[np.object_]
    start: Floats
    booked: Floats
    admitted: Floats
    is_standing: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Observed:
    """W *wards*, their *stays* and *bookings* until hour *until*, and beds *available* and *physical* (W, D).

    The beds are those of day *first_day* and on, NaN where nothing is told. *moved_home*: who lies elsewhere is usually
    moved to the own ward when there is room. *changes*: when the clock is moved, as it shows then, and by how much.
    """

    wards: tuple[str, ...]
    stays: Stays
    bookings: Bookings
    until: float
    first_day: int
    available: Floats
    physical: Floats
    moved_home: bool
    changes: tuple[tuple[float, float], ...] = ()

    @property
    def groups(self) -> int:
        """Return how many groups there are."""
        return 2 * len(self.wards)

    def beds(self, first_day: int, days: int, *, physical: bool = False) -> Floats:
        """Return the beds of each ward on *days* from *first_day*, (W, days): the latest told; NaN before any is."""
        table = self.physical if physical else self.available
        if not table.shape[1]:
            return np.full((len(self.wards), days), np.nan)
        latest = np.maximum.accumulate(np.where(np.isnan(table), 0, np.arange(table.shape[1])), axis=1)
        at = np.clip(np.arange(first_day, first_day + days) - self.first_day, -1, table.shape[1] - 1)
        found: Floats = np.take_along_axis(table, latest[:, np.maximum(at, 0)], axis=1)
        return np.where(at >= 0, found, np.nan)

    def known_at(self, now: float) -> "Observed":
        """Return what was known at hour *now*: who leaves later lies there still, who comes later is not there.

        When a booked time was cancelled is not told: all are as if they stood.
        """
        come = self.stays.chosen(self.stays.since <= now)
        known = replace(come, until=np.where(come.until <= now, come.until, np.nan))
        bookings = replace(self.bookings, is_standing=np.ones(len(self.bookings.start), bool))
        return replace(self, stays=known, bookings=bookings, until=now)

    @cached_property
    def clock(self) -> DischargeClock:
        """Return when in the week patients are discharged, of all wards alike."""
        stays, since = self._fitted
        left = stays.until[~np.isnan(stays.until)]
        discharges = np.bincount(_hour_of_week(left), minlength=WEEK_HOURS).astype(np.float64)
        ends = np.where(np.isnan(stays.until), self.until, stays.until)
        begins = np.maximum(stays.since, since)
        hours = int(np.ceil(self.until - since)) + 1
        change = np.zeros(hours + 1)
        np.add.at(change, np.clip((begins - since).astype(int), 0, hours), 1)
        np.add.at(change, np.clip((ends - since).astype(int), 0, hours), -1)
        lying = np.cumsum(change)[:-1]
        of_week = (int(np.floor(since)) + np.arange(hours)) % WEEK_HOURS
        # Half an hour for who comes or leaves within one: no hour of the week is without patients.
        patient_hours = np.bincount(of_week, lying + 0.5, minlength=WEEK_HOURS).astype(np.float64)
        return measured_clock(discharges, patient_hours)

    @cached_property
    def curves(self) -> StayCurves:
        """Return the stays of each group; its parents are the elective or acute of all wards, and then all."""
        stays, since = self._fitted
        ended = ~np.isnan(stays.until)
        begin = self.clock.reading(stays.since)
        entered = np.maximum(self.clock.reading(np.array(since)) - begin, 0.0)
        left = np.maximum(self.clock.reading(np.where(ended, stays.until, self.until)) - begin, entered)
        elective, acute, everyone = self.groups, self.groups + 1, self.groups + 2
        parents = [elective, acute] * len(self.wards) + [everyone, everyone, -1]
        return fit_stays(entered, left, ended, stays.group, parents)

    @cached_property
    def _fitted(self) -> tuple[Stays, float]:
        since = max(self.until - HOURS_A_DAY * _FIT_DAYS, float(self.stays.since.min()))
        with np.errstate(invalid="ignore"):
            seen = np.isnan(self.stays.until) | (self.stays.until > since)
        return self.stays.chosen(seen), since


def lying_at(stays: Stays, moments: Floats, wards: int) -> Ints:
    """Return how many belong to each ward and lie in a bed at *moments*, in order of time, (W, moments)."""
    found = np.empty((wards, len(moments)), np.int64)
    for ward in range(wards):
        mine = stays.home == ward
        come = np.sort(stays.since[mine])
        left = np.sort(stays.until[mine & ~np.isnan(stays.until)])
        found[ward] = np.searchsorted(come, moments, "right") - np.searchsorted(left, moments, "right")
    return found


def hours_of(observed: Observed, days: int) -> int:
    """Return how many hours there are in the *days* after what is known, an hour less or more if the clock is moved."""
    end = observed.until + HOURS_A_DAY * days
    return HOURS_A_DAY * days - int(sum(moved for at, moved in observed.changes if observed.until < at < end))


def ahead(observed: Observed, hours: int) -> Question:
    """Return the question of the next *hours* after what is known, by the ward patients belong to.

    Raises BadInput where a ward's beds are not known, or stays are known for less than eight weeks.
    """
    now = observed.until
    if now - observed.stays.since.min() < HOURS_A_DAY * LEVEL_DAYS:
        raise BadInput(Message("Vårdtillfällen behövs för minst {days} dagar.", days=LEVEL_DAYS))
    local = local_hours(now, hours, observed.changes)
    moments = local[1:]
    first = int(now // HOURS_A_DAY)
    beds = observed.beds(first, int(moments[-1] // HOURS_A_DAY) - first + 1)
    if missing := [observed.wards[at] for at in np.flatnonzero(np.isnan(beds).any(axis=1))]:
        raise BadInput(Message("Vårdplatser saknas för vårdavdelning {wards}.", wards=", ".join(missing)))
    by_hour = beds[:, (moments // HOURS_A_DAY).astype(int) - first].astype(np.int64)
    there = np.isnan(observed.stays.until)
    lying = observed.stays.chosen(there)
    expected, spread = _expected(observed, local)
    shares = _admitted_shares(observed)
    booked = _booked(observed, local, shares)
    _less_booked(expected, observed, local, shares)
    return Question(
        local,
        np.repeat(np.arange(len(observed.wards)), 2),
        by_hour,
        observed.curves,
        observed.clock,
        Census(lying.group, now - lying.since),
        booked,
        Arrivals(expected, spread),
    )


def _expected(observed: Observed, local: Floats) -> tuple[Floats, Floats]:
    """Return the arrivals expected in each hour of each group, (G, hours), and how far off their level may be, (G,)."""
    now, groups = observed.until, observed.groups
    stays = observed.stays
    since = max(now - HOURS_A_DAY * _RATE_DAYS, float(np.ceil(stays.since.min() / HOURS_A_DAY) * HOURS_A_DAY))
    weeks = max(1, int((now - since) // WEEK_HOURS))
    begin = now - weeks * WEEK_HOURS
    came = (stays.since > begin) & (stays.since <= now)
    group, of_week = stays.group[came], _hour_of_week(stays.since[came])
    counts = np.zeros((groups, WEEK_HOURS))
    np.add.at(counts, (group, of_week), 1)
    shape = week_shape(counts)
    per_day = np.zeros((groups, 7 * weeks))
    np.add.at(per_day, (group, np.minimum(((stays.since[came] - begin) // HOURS_A_DAY).astype(int), 7 * weeks - 1)), 1)
    ahead_of = _hour_of_week(local[:-1])
    expected: Floats = level(per_day)[:, None] * shape[:, ahead_of] / HOURS_A_DAY
    return expected, level_spread(per_day)


def _admitted_shares(observed: Observed) -> Floats:
    """Return the share of each booked time's service that is admitted, (B,); zero where none has been.

    It is of times that were booked the day before, whatever came of them.
    """
    now, rows = observed.until, observed.bookings
    past = (rows.start < now - HOURS_A_DAY) & (rows.start > now - HOURS_A_DAY * _FIT_DAYS)
    past &= rows.booked < rows.start - HOURS_A_DAY
    _, service = np.unique(rows.service.astype(str), return_inverse=True)
    led = np.bincount(service[past & ~np.isnan(rows.admitted)], minlength=service.max(initial=0) + 1)
    found: Floats = (led / np.maximum(np.bincount(service[past], minlength=len(led)), 1))[service]
    return found


def _booked(observed: Observed, local: Floats, shares: Floats) -> Booked:
    """Return those booked within the hours of *local*, each with its service's share, at its hour of admission.

    What has been cancelled is left out.
    """
    now, rows = observed.until, observed.bookings
    to_come = rows.is_standing & (rows.booked <= now) & (rows.start > now) & (rows.start <= local[-1]) & (shares > 0)
    led = (rows.start < now) & ~np.isnan(rows.admitted)
    comes = rows.start // HOURS_A_DAY * HOURS_A_DAY
    for service in np.unique(rows.service[to_come].astype(str)):
        comes[rows.service == service] += np.median(rows.admitted[led & (rows.service == service)])
    to_come &= comes > now
    return Booked(2 * rows.home[to_come], np.interp(comes[to_come], local, np.arange(len(local))), shares[to_come])


def _less_booked(expected: Floats, observed: Observed, local: Floats, shares: Floats) -> None:
    """Leave of the electives expected those that no booked time tells of yet.

    How many these are is what has come, so many days after, beyond the shares of the times that had been booked. A day
    on which few are booked is thus a day on which few come.
    """
    now, rows, stays = observed.until, observed.bookings, observed.stays
    ahead_of = (local[:-1] // HOURS_A_DAY).astype(int) - int(now // HOURS_A_DAY)
    since = now - HOURS_A_DAY * _SHARE_DAYS
    past = (rows.start > since) & (rows.start <= now)
    since = max(since, float(rows.start[past].min(initial=now)))
    lately = (stays.since > since) & (stays.since <= now) & ~stays.acute
    came = np.bincount(stays.home[lately], minlength=len(observed.wards))
    # The moment, on the days before, at the hour of now.
    same_hour = rows.start // HOURS_A_DAY * HOURS_A_DAY + now % HOURS_A_DAY
    for days in range(int(ahead_of[-1]) + 1):
        told_at = same_hour - HOURS_A_DAY * days
        known = past & (rows.booked <= told_at) & (rows.start > told_at)
        told = np.bincount(rows.home[known], shares[known], minlength=len(came))
        left = np.clip(1 - told / np.maximum(came, 1), 0, 1)
        expected[::2, ahead_of == days] *= left[:, None]


def _hour_of_week(moments: Floats) -> Ints:
    found: Ints = np.floor(moments).astype(np.int64) % WEEK_HOURS
    return found


# The long term


def hospital_of(
    observed: Observed,
    wards: Sequence[int],
    *,
    days: int = 364,
    warm_days: int = 56,
    elective: WhenFull = WhenFull.CROWD,
) -> Hospital:
    """Return *wards* (places) as a model of the latest *days*: their beds, who comes when, and how long they lie.

    *warm_days* before them fill the beds. Patients may lie in another of the wards where that has been seen, in the one
    with most free beds; of equals where it has been seen most. A ward holds when overcrowded what it has physical room
    for, or what has been seen there if that is more. Raises BadInput where beds or stays are not known for the days.
    """
    last = int(observed.until // HOURS_A_DAY)
    first = last - days - warm_days
    beds = observed.beds(first, days + warm_days)
    physical = observed.beds(first, days + warm_days, physical=True)
    stays, names = observed.stays, observed.wards
    if stays.since.min() > HOURS_A_DAY * (first + _EMPTY_DAYS):
        raise BadInput(Message("Vårdtillfällen behövs för minst {days} dagar.", days=days + warm_days))
    if missing := [names[at] for at in wards if np.isnan(beds[at]).any()]:
        raise BadInput(Message("Vårdplatser saknas för vårdavdelning {wards}.", wards=", ".join(missing)))
    moments = HOURS_A_DAY * (first + np.arange(days + warm_days)) + 6.0
    lying = lying_at(replace(stays, home=stays.ward), moments, len(names))
    modelled = tuple(
        Ward(
            names[at],
            beds[at].astype(np.int64),
            int(max(np.nanmax(physical[at], initial=0), beds[at].max(), lying[at].max())),
        )
        for at in wards
    )
    since = (stays.since >= first * HOURS_A_DAY) & (stays.since < last * HOURS_A_DAY)
    groups = []
    for at in wards:
        elsewhere = _elsewhere(stays.chosen(since & (stays.home == at)), at, wards)
        for acute in (False, True):
            mine = stays.since[since & (stays.home == at) & (stays.acute == acute)]
            if len(mine):
                groups.append(
                    PatientGroup(
                        f"{names[at]}/{'acute' if acute else 'elective'}",
                        names[at],
                        len(mine) / (days + warm_days),
                        observed.curves.quantiles(2 * at + acute, np.linspace(0, _LONGEST, _QUANTILES)),
                        WhenFull.CROWD if acute else elective,
                        acute=acute,
                        elsewhere=tuple(names[other] for other in elsewhere),
                        priority=0 if acute else 1,
                        hourly=week_shape(
                            np.bincount(_hour_of_week(mine), minlength=WEEK_HOURS)[None].astype(np.float64)
                        )[0],
                        season=_season(mine / HOURS_A_DAY - first, days + warm_days),
                    )
                )
    return Hospital(
        modelled,
        tuple(groups),
        observed.clock,
        first_weekday=first % 7,
        warm_days=warm_days,
        returns=observed.moved_home,
        freest=True,
    )


def _elsewhere(stays: Stays, home: int, wards: Sequence[int]) -> list[int]:
    seen = np.bincount(stays.ward, minlength=max(wards) + 1)
    return sorted((at for at in wards if at != home and seen[at]), key=lambda at: -int(seen[at]))


def _season(days: Floats, length: int) -> Floats:
    """Return the level of each day, (length,), mean one: a weighted mean over some weeks on either side."""
    counts = np.bincount(np.clip(days.astype(int), 0, length - 1), minlength=length).astype(np.float64)
    weights = np.exp(-0.5 * (np.arange(-42, 43) / 14) ** 2)
    near = np.convolve(counts, weights, "same") / np.convolve(np.ones(length), weights, "same")
    # A handful of patients tell no season: the year's mean weighs as forty of them.
    around = len(days) * 35 / length
    level = (near * around + counts.mean() * 40) / (around + 40)
    found: Floats = level / level.mean()
    return found
