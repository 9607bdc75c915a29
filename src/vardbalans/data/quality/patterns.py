"""What is odd about series: jumps, lasting changes, gaps, stops, and volume that moves from one unit to another."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from vardbalans.data.quality.expected import (
    FALSE_ALARMS,
    LIMIT,
    MIN_COUNT,
    Expected,
    empty,
    expected,
    median,
    never_none,
    odd,
    steps,
)
from vardbalans.data.quality.series import Panel
from vardbalans.engine.need.design import COLUMNS, design
from vardbalans.engine.periods import Calendar
from vardbalans.engine.units import Floats

__all__ = ["Verdict", "judge_days", "judge_missing", "judge_periods"]

Mask = NDArray[np.bool_]

_WINDOW = {"week": 13, "month": 5}  # periods on each side that make the level
_AROUND = {"week": 13, "month": 5}  # periods compared on each side of a change
_SHORTEST = {"week": 16, "month": 12}  # a shorter history says nothing
_LONG_AGO = {"week": 52, "month": 12}  # what stopped before that is closed, and no news
_CALENDAR = COLUMNS.index("working_days")  # before it are level and trend, which a series has itself
_SAME_VOLUME = 0.35  # what falls in one and rises in the other for good is called the same
_SAME_BY_CHANCE = 2.0  # standard deviations that what moves for a while may differ by
_PLACED = 2  # periods that the two sides of a lasting move may be placed apart
_ROWS_A_MONTH, _MONTHS, _MORE = 20, 4, 0.05  # rows a month must have, months a usual share needs, what matters
_CHI_MEDIAN = 1 / 0.4549  # the median of a squared standard normal is 0.4549


@dataclass(frozen=True, eq=False)
class Verdict:
    """What one rule says of a panel: which cells it tested, which of them are odd, and what they were against.

    All have the panel's shape (series, periods). *other* is the number of the series that a volume went to or came
    from, −1 where there is none.
    """

    rule: str
    tested: Mask
    odd: Mask
    observed: Floats
    expected: Floats
    other: NDArray[np.int64] | None = None


def judge_periods(panel: Panel, calendar: Calendar, closed_units: Collection[str] = ()) -> Iterator[Verdict]:
    """Yield what each rule about periods says of *panel*; nothing where its history is too short.

    Series of *closed_units* have stopped with reason.
    """
    frequency = panel.frequency
    if len(panel.periods) < _SHORTEST[frequency]:
        return
    season = design(panel.periods, calendar, panel.periods[-1].end)[:, _CALENDAR:]
    last = _last(panel.counts)
    alive = np.where(np.arange(len(panel.periods)) <= last[:, None], panel.counts, np.nan)
    found = expected(alive, season, _WINDOW[frequency])
    gap = _gaps(panel, alive, found, last)
    far = odd(alive, found, panel.year) & ~gap.odd
    before, after, lasting = steps(found, _AROUND[frequency])
    tested = np.isfinite(alive) & (found.mean >= MIN_COUNT)
    verdicts = [
        gap,
        Verdict("jump", tested & ~gap.odd, far, alive, found.mean),
        Verdict("level_shift", np.isfinite(after) & (found.mean >= MIN_COUNT), lasting, after, before),
        _stops(panel, found, last, closed_units),
    ]
    if len(panel.names) > 1:
        verdicts.append(_moves(panel, found, far | gap.odd, np.where(lasting, after - before, 0.0)))
    for verdict in verdicts:
        yield _from(panel.judged, verdict)


def _from(judged: int, verdict: Verdict) -> Verdict:
    """Return *verdict* without the periods that are history only."""
    now = np.arange(verdict.tested.shape[1]) >= judged
    return replace(verdict, tested=verdict.tested & now, odd=verdict.odd & now)


def _last(counts: Floats) -> NDArray[np.int64]:
    """Return the number of the last period that each series has a count in; −1 where none has."""
    some = np.nan_to_num(counts) > 0
    return np.where(some.any(axis=1), counts.shape[1] - 1 - some[:, ::-1].argmax(axis=1), -1)


def _gaps(panel: Panel, alive: Floats, found: Expected, last: NDArray[np.int64]) -> Verdict:
    """Periods without anything where there always is something; in tables of counts, periods not given at all."""
    number = np.arange(alive.shape[1])
    first = np.isfinite(alive).argmax(axis=1)
    left_out = np.isnan(alive) & (number > first[:, None]) & (number < last[:, None])
    tested = (np.isfinite(alive) & never_none(found.mean, found.ratio)) | left_out
    none = empty(alive, found, panel.year) | left_out
    return Verdict("gap", tested, none, np.nan_to_num(alive), found.mean)


def _stops(panel: Panel, found: Expected, last: NDArray[np.int64], closed_units: Collection[str]) -> Verdict:
    """Series that end before the others do, where chance would not leave that many periods empty."""
    periods = panel.counts.shape[1]
    after = np.arange(periods) > last[:, None]
    missed = np.where(after, found.mean, 0.0).sum(axis=1)
    running = (last >= periods - 1 - _LONG_AGO[panel.frequency]) & (last >= 0)
    running &= np.array([name[0] not in closed_units for name in panel.names])
    place = np.minimum(last + 1, periods - 1)
    tested, stopped = np.zeros((2, *panel.counts.shape), dtype=bool)
    series = np.arange(len(last))
    tested[series, place] = running
    stopped[series, place] = running & never_none(missed, found.spread**2)
    return Verdict("stopped", tested, stopped, np.zeros_like(found.mean), np.tile(missed[:, None], periods))


def _moves(panel: Panel, found: Expected, far: Mask, for_good: Floats) -> Verdict:
    """Pairs of series of which one falls when the other rises by the same volume, for a while or *for_good*."""
    other = np.full(far.shape, -1)
    for series, first, last in _runs(far):
        if (partner := _partner_for_a_while(panel, found, series, first, last)) is not None:
            other[series, first : last + 1], other[partner, first : last + 1] = partner, series
    for series, period in np.argwhere(for_good < 0):
        # A lasting change may be placed a period or two off in one of the two.
        rise = for_good[:, max(0, period - _PLACED) : period + _PLACED + 1].max(axis=1)
        unlike = np.where(rise > 0, np.abs(rise + for_good[series, period]) / np.maximum(rise, 1e-9), np.inf)
        partner = int(unlike.argmin())
        if unlike[partner] <= _SAME_VOLUME:
            other[series, period], other[partner, period] = partner, series
    return Verdict("moved", np.isfinite(found.score), other >= 0, panel.counts, found.mean, other)


def _runs(far: Mask) -> Iterator[tuple[int, int, int]]:
    """Yield the series and the first and last period of each unbroken run of odd periods."""
    for series in np.flatnonzero(far.any(axis=1)):
        periods = np.flatnonzero(far[series])
        for run in np.split(periods, np.flatnonzero(np.diff(periods) > 1) + 1):
            yield int(series), int(run[0]), int(run[-1])


def _partner_for_a_while(panel: Panel, found: Expected, series: int, first: int, last: int) -> int | None:
    """Return the series whose volume changes the other way as much as *series* does from *first* to *last*, or None.

    It need not be odd in any one period (it may be much larger), but over all of them, beyond chance for the most
    unlike of as many series as there are; and the two volumes must be the same within chance.
    """
    run = slice(first, last + 1)
    missed = np.nan_to_num(panel.counts[:, run] - found.mean[:, run]).sum(axis=1)
    spread = np.sqrt(found.ratio[:, 0] * np.nan_to_num(np.maximum(panel.counts, found.mean))[:, run].sum(axis=1))
    pooled = -np.sign(missed[series]) * np.nan_to_num(found.score[:, run]).sum(axis=1) / np.sqrt(last + 1 - first)
    limit = NormalDist().inv_cdf(1 - FALSE_ALARMS / len(panel.names))
    apart = np.abs(missed + missed[series]) / np.maximum(np.hypot(spread, spread[series]), 1e-9)
    fits = (pooled > limit) & (apart <= _SAME_BY_CHANCE)
    return int(np.argmin(np.where(fits, apart, np.inf))) if fits.any() else None


def judge_days(panel: Panel, calendar: Calendar) -> Iterator[Verdict]:
    """Yield what the rule about gaps says of the days of *panel* (whole weeks).

    What a day should have held follows from the other days of its own week and from the weekday's usual share of a
    week, so that neither season nor growth matters. Public holidays are as Sundays, and a working day between two days
    off is not judged.
    """
    weeks = panel.counts.reshape(len(panel.names), -1, 7)
    working = np.array([calendar.is_working(period.start) for period in panel.periods])
    share = _weekday_shares(weeks, working.reshape(-1, 7))
    usual = np.where(working.reshape(-1, 7) | (np.arange(7) >= 5), share[:, None, :], share[:, None, 6:])
    total = np.nansum(weeks, axis=2, keepdims=True)
    rest = usual.sum(axis=2, keepdims=True) - usual
    mean = np.divide((total - np.nan_to_num(weeks)) * usual, rest, out=np.zeros_like(usual), where=rest > 0)
    mean = mean.reshape(panel.counts.shape)
    spread = _dispersion(np.where(mean >= 1, (panel.counts - mean) ** 2 / np.maximum(mean, 1.0), np.nan))
    number = np.arange(len(working))
    bridge = working & ~np.roll(working, 1) & ~np.roll(working, -1)
    open_days = (working & ~bridge) | (number % 7 >= 5)
    tested = never_none(mean, spread) & np.isfinite(panel.counts) & open_days
    tested &= number <= _last(panel.counts)[:, None]
    yield _from(panel.judged, Verdict("gap", tested, tested & (panel.counts == 0), np.nan_to_num(panel.counts), mean))


def judge_missing(rows: Panel, missing: Panel, rule: str) -> Verdict:
    """Return what *rule* says of how many of the *rows* of each month lack a value (*missing*): more than they use to.

    A series' usual share is its median month's. The number that lack it is judged by the normal approximation of the
    binomial distribution, with the series' own dispersion where that is wider.
    """
    enough = rows.counts >= _ROWS_A_MONTH
    share = np.where(enough, missing.counts / np.maximum(rows.counts, 1), np.nan)
    usual = median(share, axis=1)[:, None]
    mean = rows.counts * usual
    variance = mean * (1 - usual) + 1  # one more: a share of zero is seldom quite that
    deviation = (missing.counts - mean) / np.sqrt(
        variance * _dispersion(np.where(enough, (missing.counts - mean) ** 2 / variance, np.nan))
    )
    tested = enough & (enough.sum(axis=1) >= _MONTHS)[:, None]
    more = tested & (deviation > LIMIT) & (missing.counts - mean >= _MORE * rows.counts)
    return _from(rows.judged, Verdict(rule, tested, more, missing.counts, mean))


def _dispersion(squares: Floats) -> Floats:
    """Return how much wider than chance each series is, at least 1, from its squared deviations; shape (series, 1)."""
    return np.asarray(np.maximum(1.0, np.nan_to_num(_CHI_MEDIAN * median(squares, axis=1)))[:, None])


def _weekday_shares(weeks: Floats, working: Mask) -> Floats:
    """Return the weekday's median share of a week without holidays, shape (series, 7)."""
    whole = working[:, :5].all(axis=1)
    total = weeks.sum(axis=2)
    shares = np.where((total > 0) & whole, 1.0, np.nan)[..., None] * weeks / np.maximum(total, 1.0)[..., None]
    return np.nan_to_num(median(shares, axis=1))
