"""Units that begin at different times: what each would have had, from those that have not begun.

Comparing units before and after with fixed effects of unit and period goes wrong when units start at different dates:
those that have begun are used as a control for those that begin later, and effects that grow get the wrong sign
(Goodman-Bacon 2021). Here the level of units and periods comes from rows without the measure alone, and the effect is
what the rows with it have beyond that (the imputation estimator; Borusyak, Jaravel and Spiess 2024). Every treated row
has an effect of its own, so effects may differ between units and grow with time; what is told is their mean, in all,
per unit and per time since start. It rests on this: without the measure the units would have moved alike. ``before``
holds each unit's last periods before its start against that.

Errors of one unit are alike from period to period; the interval counts that in as :mod:`persistence` does.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from vardbalans.engine.effects.counts import fit_counts
from vardbalans.engine.effects.persistence import Errors, estimate
from vardbalans.engine.effects.verdict import Interval, Verdict, verdict
from vardbalans.engine.errors import BadInput, Impossible
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats

__all__ = ["Panel", "Staggered", "staggered"]


@dataclass(frozen=True, eq=False)
class Panel:
    """Outcomes of units (units,) over periods, of shape (units, periods); NaN where nothing is known.

    *starts* is the first period of each unit with the measure, None for one that never begins. *denominators*, of the
    same shape, is what counts are counted per. *counts*: effects are ratios, else differences.
    """

    units: tuple[str, ...]
    outcomes: Floats
    starts: tuple[int | None, ...]
    denominators: Floats | None = None
    counts: bool = True

    def __post_init__(self) -> None:
        if self.outcomes.shape[0] != len(self.units) or len(self.starts) != len(self.units):
            raise BadInput(Message("Panelen behöver en rad och en start per enhet."))
        if self.counts and (self.outcomes[~np.isnan(self.outcomes)] < 0).any():
            raise BadInput(Message("Antal kan inte vara under noll."))

    @property
    def treated(self) -> np.ndarray:
        """Return which rows have the measure, (units, periods)."""
        periods = np.arange(self.outcomes.shape[1])
        return np.array([np.zeros(len(periods), bool) if start is None else periods >= start for start in self.starts])


@dataclass(frozen=True)
class Staggered:
    """The mean effect over all rows with the measure, per unit, and per number of periods since the start.

    *before* is the mean of what each unit's last three periods before its start have beyond the rest: an interval that
    leaves out none says that the units did not move alike before. *left_out* are units of counts that have no event
    without the measure, of which no ratio can be told.
    """

    overall: Interval
    by_unit: Mapping[str, Interval]
    by_time: Mapping[int, Interval]
    before: Interval | None
    correlation: float
    left_out: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Return whether the effect is shown: its interval leaves out none."""
        return verdict(self.overall)


def staggered(panel: Panel, *, times: Sequence[int] = ()) -> Staggered:
    """Return the effects; *times* are the numbers of periods since the start to tell of (0 is the first period with
    it).

    Raises Impossible where some treated row has no unit or period to compare with: every unit needs periods before its
    start, and every period a unit that has not begun (later periods are left out).
    """
    rows = _Rows.of(panel)
    treated = rows.since >= 0
    units = {name: treated & (rows.unit == number) for number, name in enumerate(panel.units)}
    units = {name: chosen for name, chosen in units.items() if chosen.any()}
    since = {time: rows.since == time for time in times if time >= 0 and (rows.since == time).any()}
    (overall, *others), correlation = rows.effects([treated, *units.values(), *since.values()])
    by_unit, by_time = others[: len(units)], others[len(units) :]
    return Staggered(
        overall,
        dict(zip(units, by_unit, strict=True)),
        dict(zip(since, by_time, strict=True)),
        _before(panel),
        correlation,
        tuple(name for name, out in zip(panel.units, _without_events(panel), strict=True) if out),
    )


_LEADS = 3
_LEAST = 0.5  # of an event: where there is none, a ratio is told by half of one


def _before(panel: Panel) -> Interval | None:
    """Return the effect that each unit would seem to have in its last three periods before the start."""
    moved = tuple(None if start is None else start - _LEADS for start in panel.starts)
    outcomes = np.where(panel.treated, np.nan, panel.outcomes)
    try:
        rows = _Rows.of(replace(panel, outcomes=outcomes, starts=moved))
    except Impossible:  # too few periods before to split in two: nothing can be told of them
        return None
    (found,), _ = rows.effects([rows.since >= 0])
    return found


@dataclass(frozen=True, eq=False)
class _Rows:
    """Known rows in order of unit and period, made linear: *scaled* outcome and *design*, with each row's *weight*.

    The design has the levels of units and periods and one column per treated row (*own* is its place, -1 for none).
    *expected* is the level without the measure, *since* periods from the start (-1 and below: without the measure).
    *factor* is about what the measure makes of it, by unit: counts are linear there, as their errors are of that size.
    """

    unit: np.ndarray
    since: np.ndarray
    expected: Floats
    factor: Floats
    scaled: Floats
    design: Floats
    own: np.ndarray
    errors: Errors
    counts: bool

    @classmethod
    def of(cls, panel: Panel) -> "_Rows":
        told = ~np.isnan(panel.outcomes) & ~_without_events(panel)[:, None]
        known = told & (told & ~panel.treated).any(axis=0)
        unit, period = np.nonzero(known)
        starts = np.array([panel.outcomes.shape[1] if start is None else start for start in panel.starts])
        since, outcomes = period - starts[unit], panel.outcomes[known]
        size = np.ones(len(unit)) if panel.denominators is None else panel.denominators[known]
        levels = _levels(unit, period, len(panel.units), panel.outcomes.shape[1])
        without = since < 0
        reasons = _lacking(panel, levels, without, unit)
        if reasons:
            raise Impossible(Message("Effekten kan inte räknas."), reasons)
        expected = _expected(outcomes, size, levels, without, counts=panel.counts)
        factor = _factor(outcomes, expected, unit, without) if panel.counts else np.ones(len(unit))
        mean = factor * expected
        weight = mean if panel.counts else size
        working = np.log(mean / size) + (outcomes - mean) / mean if panel.counts else outcomes / size
        treated = np.flatnonzero(~without)
        own = np.full(len(unit), -1)
        own[treated] = levels.shape[1] + np.arange(len(treated))
        dummies = np.zeros((len(unit), len(treated)))
        dummies[treated, np.arange(len(treated))] = 1
        root = np.sqrt(weight)
        gaps = np.where(np.diff(unit, prepend=-1) != 0, 0, np.diff(period, prepend=0))
        return cls(
            unit,
            since,
            expected,
            factor,
            root * working,
            root[:, None] * np.hstack([levels, dummies]),
            own,
            Errors(gaps.astype(float)),
            panel.counts,
        )

    def effects(self, sets: Sequence[np.ndarray]) -> tuple[list[Interval], float]:
        """Return the mean effect over each set of treated rows (masks, each with some), and the errors' correlation."""
        contrasts = np.zeros((self.design.shape[1], len(sets)))
        at, least = np.zeros((2, len(sets)))
        for column, chosen in enumerate(sets):
            factor = self.factor[chosen]
            weight = self.expected[chosen] if self.counts else np.ones(int(chosen.sum()))
            contrasts[self.own[chosen], column] = factor * weight / weight.sum()
            at[column] = (factor * (1 - np.log(factor)) * weight).sum() / weight.sum()
            least[column] = _LEAST / weight.sum()
        found = estimate(np.tile(self.scaled[:, None], len(sets)), self.design, contrasts, self.errors)
        ends = zip(*(part.tolist() for part in (found.centre, found.low, found.high, at, least)), strict=True)
        return [self._interval(*each) for each in ends], float(found.correlation[0])

    def _interval(self, centre: float, low: float, high: float, at: float, least: float) -> Interval:
        if not self.counts:
            return Interval(centre, low, high, "difference")
        # The contrast is the ratio but for what it is where it was made linear; the interval is even on the log scale.
        ratio = max(at + centre, least)
        return Interval(
            ratio, ratio * math.exp((low - centre) / ratio), ratio * math.exp((high - centre) / ratio), "ratio"
        )


def _without_events(panel: Panel) -> np.ndarray:
    """Return which units have known periods without the measure but no event in them: they have no level."""
    without = ~panel.treated & ~np.isnan(panel.outcomes)
    events = np.where(without, panel.outcomes, 0).sum(axis=1)
    found: np.ndarray = np.asarray(without.any(axis=1)) & (events == 0) & panel.counts
    return found


def _factor(outcomes: Floats, expected: Floats, unit: np.ndarray, without: np.ndarray) -> Floats:
    """Return events of each unit with the measure over those expected there; one for rows without it."""
    factor = np.ones(len(unit))
    for number in set(unit[~without].tolist()):
        chosen = ~without & (unit == number)
        factor[chosen] = (outcomes[chosen].sum() + _LEAST) / (expected[chosen].sum() + _LEAST)
    return factor


def _levels(unit: np.ndarray, period: np.ndarray, units: int, periods: int) -> Floats:
    """Return a column per unit and per period but the first; columns of nothing are left out."""
    columns = np.zeros((len(unit), units + periods - 1))
    columns[np.arange(len(unit)), unit] = 1
    later = period > period.min()
    columns[np.flatnonzero(later), units + period[later] - 1] = 1
    found: Floats = columns[:, columns.any(axis=0)]
    return found


def _lacking(panel: Panel, levels: Floats, without: np.ndarray, unit: np.ndarray) -> list[Message]:
    if without.all():
        return [Message("Ingen enhet har perioder med åtgärden att jämföra.")]
    alone = sorted(
        {panel.units[number] for number in set(unit)} - {panel.units[number] for number in set(unit[without])}
    )
    if alone:
        return [Message("{unit} saknar perioder före sin start.", unit=name) for name in alone]
    rank = np.linalg.matrix_rank(levels[without])
    if rank < levels.shape[1] or without.sum() - rank < 3:
        return [Message("Enheterna utan åtgärd räcker inte till att säga hur det hade gått utan den.")]
    return []


def _expected(outcomes: Floats, size: Floats, levels: Floats, without: np.ndarray, *, counts: bool) -> Floats:
    """Return the level of every row without the measure, from the rows without it."""
    if counts:
        fit = fit_counts(outcomes[without], levels[without], np.log(size[without]))
        found: Floats = size * np.exp(np.clip(levels @ fit.params, -30, 30))
        return found
    root = np.sqrt(size[without])
    found, *_ = np.linalg.lstsq(root[:, None] * levels[without], root * (outcomes / size)[without], rcond=None)
    return levels @ found
