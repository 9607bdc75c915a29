"""A measure followed from its analysis plan to its status: which method, what effect, shown or not, and what then.

The plan is fixed before the measure begins. It says which indicator is followed, when the verdict is taken and when the
measure is given up. The verdict is taken **once**, when the plan's periods have passed: an effect that is looked for
every month until it shows would be found by chance far oftener than one time in twenty. A later month can take the
verdict back but never give it. A plan that is changed after the start begins its waiting anew from the change, since
what came before had been seen.

Method, by written rule: units that begin at different times, or counts with units that do not begin, are compared by
:mod:`effects.staggered`; one unit's means against three others or more by :mod:`effects.synthetic`; else the series is
its own comparison (:mod:`effects.interrupted`). All effects are told as ratios.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np

from vardbalans.engine.effects.interrupted import Form, Series, effect
from vardbalans.engine.effects.placebo import Placebo, placebo_in_time
from vardbalans.engine.effects.staggered import Panel, staggered
from vardbalans.engine.effects.synthetic import placebo_in_units, synthetic
from vardbalans.engine.effects.verdict import Interval, Verdict
from vardbalans.engine.errors import BadInput, Impossible
from vardbalans.engine.measures import Interval as Expected
from vardbalans.engine.measures import Parameter, Status
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats

__all__ = [
    "AnalysisPlan",
    "Better",
    "Effects",
    "Followed",
    "Method",
    "Outcomes",
    "follow",
    "method_of",
    "month_of",
    "month_text",
    "planned_factor",
    "status_by_rule",
]

Method = Literal["interrupted", "staggered", "synthetic"]
Better = Literal["lower", "higher"]
_SEASON = 12
_DONORS = 3
_FEWEST = 20  # periods that a made control needs


def month_of(day: date) -> int:
    """Return the running number of the month of *day*."""
    return day.year * 12 + day.month - 1


def month_text(month: int) -> str:
    """Return a month's running number as it is written: 2026-05."""
    return f"{month // 12}-{month % 12 + 1:02d}"


@dataclass(frozen=True)
class AnalysisPlan:
    """How a measure is to be judged: by which *indicator*, what is *better*, and after how many whole months.

    *stop_after* is the month after the start when a measure without a shown effect is given up (None: by no rule).
    *comparison* are units to compare with (empty: all that have the indicator and have not begun); *method* None is by
    the written rule. *fixed* is the day it was fixed.
    """

    measure_id: str
    indicator: str
    better: Better
    periods_after: int
    fixed: date
    stop_after: int | None = None
    comparison: tuple[str, ...] = ()
    method: Method | None = None

    def __post_init__(self) -> None:
        if self.periods_after < 1 or (self.stop_after is not None and self.stop_after < self.periods_after):
            raise BadInput(
                Message(
                    "Omdömet tas efter minst en månad, och åtgärden avslutas tidigast när omdömet är taget: "
                    "{after} och {stop} stämmer inte.",
                    after=self.periods_after,
                    stop=self.stop_after or "–",
                )
            )

    @property
    def fingerprint(self) -> str:
        """Return twelve characters that are others when anything of the plan is, the day it was fixed included."""
        said = "|".join(
            map(
                str,
                (
                    self.measure_id,
                    self.indicator,
                    self.better,
                    self.periods_after,
                    self.fixed.isoformat(),
                    self.stop_after,
                    ",".join(self.comparison),
                    self.method,
                ),
            )
        )
        return hashlib.sha256(said.encode()).hexdigest()[:12]

    def decides(self, starts: Sequence[date]) -> int:
        """Return the month before which the verdict's data end: so long after the last start, or after the plan's
        change.
        """
        return max(month_of(day) for day in (*starts, self.fixed)) + self.periods_after


@dataclass(frozen=True, eq=False)
class Outcomes:
    """An indicator by unit and month from the month *first*, (units, periods), NaN where nothing is known.

    *counts*: *values* are numbers of events per *sizes* (None: plain numbers); else means of *sizes* single values.
    """

    units: tuple[str, ...]
    first: int
    values: Floats
    sizes: Floats | None
    counts: bool

    @property
    def periods(self) -> int:
        """Return the number of months."""
        return int(self.values.shape[1])

    def until(self, end: int) -> "Outcomes":
        """Return the months before place *end*."""
        return replace(self, values=self.values[:, :end], sizes=None if self.sizes is None else self.sizes[:, :end])

    def level(self, units: Sequence[str], start: int) -> float:
        """Return the mean per size of *units* before place *start*."""
        rows = [self.units.index(name) for name in units]
        values = self.values[rows, :start]
        known = ~np.isnan(values)
        if self.sizes is None:
            return float(values[known].mean())
        sizes = self.sizes[rows, :start]
        total = values[known] if self.counts else values[known] * sizes[known]
        return float(total.sum() / sizes[known].sum())

    def series(self, units: Sequence[str]) -> Series:
        """Return the known months of *units* taken together."""
        rows = [self.units.index(name) for name in units]
        values = self.values[rows]
        known = ~np.isnan(values).any(axis=0)
        if self.sizes is None:
            return Series(np.flatnonzero(known), values[:, known].sum(axis=0), season=_SEASON)
        sizes = self.sizes[rows][:, known]
        if self.counts:
            return Series(np.flatnonzero(known), values[:, known].sum(axis=0), sizes.sum(axis=0), season=_SEASON)
        means = (values[:, known] * sizes).sum(axis=0) / sizes.sum(axis=0)
        return Series(np.flatnonzero(known), means, season=_SEASON)


@dataclass(frozen=True)
class Effects:
    """The effect on all units that have begun and on each, as ratios, with what speaks for and against it.

    *notes* say what the figures rest on; *placebo* is how often the method shows an effect where none began.
    """

    overall: Interval
    by_unit: Mapping[str, Interval]
    placebo: Placebo
    notes: tuple[Message, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Return whether the effect on the whole is shown."""
        return "shown" if self.overall.leaves_out_none else "not_shown"


@dataclass(frozen=True)
class Followed:
    """A measure's effect by its plan: the *latest* month's, and the one the verdict is *decided* by.

    Either is None where it is too early or cannot be told, and *reasons* say why. *decides* is the month before which
    the data of the verdict end; *method* and *why* are what the rule chose.
    """

    method: Method
    why: Message
    latest: Effects | None
    decided: Effects | None
    decides: int
    before: int
    after: int
    reasons: tuple[Message, ...] = ()

    def worked(self, better: Better) -> bool:
        """Tell whether the effect was shown for the better when the verdict was taken, and is so still."""
        return all(found is not None and _for_the(better, found.overall) for found in (self.decided, self.latest))

    def harmed(self, better: Better) -> bool:
        """Tell whether the effect was shown for the worse when the verdict was taken."""
        other: Better = "higher" if better == "lower" else "lower"
        return self.decided is not None and _for_the(other, self.decided.overall)


def _for_the(better: Better, found: Interval) -> bool:
    return found.high < 1 if better == "lower" else found.low > 1


def method_of(outcomes: Outcomes, starts: Mapping[str, int]) -> tuple[Method, Message]:
    """Return the method that the written rule gives, and why; *starts* are places of months by unit that has begun."""
    others = len(outcomes.units) - len(starts)
    if len(set(starts.values())) > 1:
        return "staggered", Message("Enheterna började vid olika tid: var och en jämförs med dem som inte börjat.")
    if outcomes.counts and others >= 2:
        return "staggered", Message("{count} enheter utan åtgärden är jämförelse.", count=others)
    known = not np.isnan(outcomes.values).any()
    if len(starts) == 1 and not outcomes.counts and others >= _DONORS and known and outcomes.periods >= _FEWEST:
        return "synthetic", Message("En enhet började: {count} andra vägs samman till en jämförelse.", count=others)
    return "interrupted", Message("Det finns ingen att jämföra med: serien jämförs med sig själv före starten.")


def follow(outcomes: Outcomes, starts: Mapping[str, date], plan: AnalysisPlan) -> Followed:
    """Return what *plan* makes of *outcomes*; *starts* are the days that units began, also those to come.

    A unit that begins after the last month is a comparison until then. Raises BadInput where no unit with the indicator
    has begun.
    """
    places = {name: month_of(day) - outcomes.first for name, day in starts.items() if name in outcomes.units}
    begun = {name: place for name, place in places.items() if place < outcomes.periods}
    if not begun:
        raise BadInput(Message("Ingen enhet som har börjat har några mätvärden."))
    method, why = (plan.method, Message("Metoden står i planen.")) if plan.method else method_of(outcomes, begun)
    decides = plan.decides([day for name, day in starts.items() if name in begun])
    reasons: list[Message] = []
    latest = _analysed(method, outcomes, begun, reasons)
    end, decided = decides - outcomes.first, None
    if end < outcomes.periods:
        decided = _analysed(method, outcomes.until(end), begun, reasons)
    elif end == outcomes.periods:
        decided = latest
    else:
        reasons.append(Message("Omdömet tas när {month} är med i data.", month=month_text(decides - 1)))
    first = min(begun.values())
    after = outcomes.periods - max(begun.values())
    return Followed(method, why, latest, decided, decides, max(first, 0), after, tuple(dict.fromkeys(reasons)))


def _analysed(method: Method, outcomes: Outcomes, starts: Mapping[str, int], reasons: list[Message]) -> Effects | None:
    ways = {"interrupted": _interrupted, "staggered": _staggered, "synthetic": _synthetic}
    try:
        return ways[method](outcomes, starts)
    except Impossible as refusal:
        reasons += refusal.reasons or [refusal.message]
        return None


def _interrupted(outcomes: Outcomes, starts: Mapping[str, int]) -> Effects:
    start = min(starts.values())
    if len(set(starts.values())) > 1:
        raise BadInput(Message("Serien kan bara jämföras med sig själv när alla enheter börjar samtidigt."))

    def one(units: Sequence[str]) -> Interval:
        series = outcomes.series(units)
        found = effect(series, start, _form(series, outcomes))
        held = found.step if not found.step.leaves_out_none else found.robust
        return _ratio(held, outcomes.level(units, start))

    whole = outcomes.series(tuple(starts))
    overall = one(tuple(starts))
    by_unit, notes = {}, []
    for name in starts:
        try:
            by_unit[name] = one([name]) if len(starts) > 1 else overall
        except (BadInput, Impossible):  # too little in one unit says nothing against the whole
            notes.append(Message("{unit} har för lite för att sägas för sig.", unit=name))
    placebo = placebo_in_time(whole, start, _form(whole, outcomes))
    return Effects(overall, by_unit, placebo, tuple(notes))


def _form(series: Series, outcomes: Outcomes) -> Form:
    # Means that all happen to be whole are no counts.
    return Form() if series.are_counts == outcomes.counts else Form("gaussian")


def _staggered(outcomes: Outcomes, starts: Mapping[str, int]) -> Effects:
    panel = Panel(
        outcomes.units,
        outcomes.values,
        tuple(starts.get(name) for name in outcomes.units),
        outcomes.sizes,
        outcomes.counts,
    )
    found = staggered(panel)
    first = min(starts.values())
    by_unit = {name: _ratio(row, outcomes.level([name], starts[name])) for name, row in found.by_unit.items()}
    moved = found.before is not None and found.before.leaves_out_none
    notes = [Message("Enheterna rörde sig olika redan före starten.")] if moved else []
    notes += [
        Message("{unit} räknas inte med: den har inga fall före sin start.", unit=name)
        for name in found.left_out
        if name in starts
    ]
    placebo = Placebo(0 if found.before is None else 1, int(moved))
    return Effects(_ratio(found.overall, outcomes.level(tuple(starts), first)), by_unit, placebo, tuple(notes))


def _synthetic(outcomes: Outcomes, starts: Mapping[str, int]) -> Effects:
    if len(starts) != 1:
        raise BadInput(Message("En sammanvägd jämförelse gäller en enhet som börjar."))
    (name, start), rates = next(iter(starts.items())), outcomes.values
    if outcomes.counts and outcomes.sizes is not None:
        rates = outcomes.values / outcomes.sizes
    others = {unit: rates[place] for place, unit in enumerate(outcomes.units) if unit != name}
    found = synthetic(rates[outcomes.units.index(name)], others, start)
    overall = _ratio(found.effect, outcomes.level([name], start))
    placebo = placebo_in_units(others, start) if len(others) > 1 else Placebo(0, 0)
    return Effects(overall, {name: overall}, placebo)


def _ratio(found: Interval, level: float) -> Interval:
    """Return *found* as a ratio; a difference is set against the *level* before."""
    if found.scale == "ratio":
        return found
    if not level > 0:
        raise BadInput(Message("En skillnad kan inte skrivas som en kvot när nivån före inte är över noll."))
    low, high = (1 + end / level if math.isfinite(end) else end for end in (found.low, found.high))
    return Interval(1 + found.estimate / level, low, high, "ratio")


def status_by_rule(
    status: Status, starts: Sequence[date], last: int, plan: AnalysisPlan | None, followed: Followed | None
) -> tuple[Status, Message]:
    """Return what *status* becomes by the written rule, and why; *last* is the last whole month of data.

    An idea is a pilot once it has begun; a pilot is measured when its effect is shown by its plan, and stopped when the
    plan's stop rule says so; what was measured is a pilot again when the effect no longer shows. What is stopped stays
    so.
    """
    if status == "stopped":
        return status, Message("Åtgärden är avslutad.")
    if not starts or month_of(min(starts)) > last:
        return status, Message("Åtgärden har inte börjat.")
    now: Status = "pilot" if status == "idea" else status
    if plan is None:
        return now, Message("Det finns ingen analysplan: effekten kan inte bli visad.")
    if followed is None:
        return now, Message("Effekten kan inte räknas.")
    return _by_plan(now, last + 1 - month_of(max(starts)), plan, followed)


def _by_plan(now: Status, months: int, plan: AnalysisPlan, followed: Followed) -> tuple[Status, Message]:
    """Return the status of a measure that has begun, *months* after its last start."""
    if followed.decided is None:
        return "pilot", Message("Omdömet tas när {month} är med i data.", month=month_text(followed.decides - 1))
    if followed.worked(plan.better):
        return ("in_plan" if now == "in_plan" else "measured"), Message("Effekten är visad enligt planen.")
    if plan.stop_after is not None and followed.harmed(plan.better):
        return "stopped", Message("Effekten är visad åt fel håll.")
    if plan.stop_after is not None and months >= plan.stop_after:
        return "stopped", Message("Ingen effekt är visad efter {count} månader.", count=plan.stop_after)
    return "pilot", Message("Effekten är ej visad.")


_SAME: Mapping[str, Parameter] = {
    "lost_share": "lost_share",
    "minutes": "minutes",
    "stay_days": "stay_days",
    "inflow": "need",
    "performed": "activities",
}
_PARTS_OF_LOST = ("no_show_share", "late_cancelled_share")


def planned_factor(parameter: Parameter, indicator: str, found: Interval, part: float | None) -> Expected | None:
    """Return the measured effect as the factor of a plan's *parameter*; None where the indicator does not say it.

    Of slots lost, those that nobody came to (or that were called off late) are a *part*: a third fewer of four fifths
    of them is 0.73 of all. An interval without an end says nothing a plan can use.
    """
    if found.scale != "ratio" or not (math.isfinite(found.low) and math.isfinite(found.high)):
        return None
    ends = (found.estimate, found.low, found.high)
    if _SAME.get(indicator) == parameter:
        estimate, low, high = ends
    elif parameter == "lost_share" and indicator in _PARTS_OF_LOST and part is not None:
        estimate, low, high = (1 + part * (end - 1) for end in ends)
    else:
        return None
    return Expected(max(estimate, 0.0), max(low, 0.0), max(high, 0.0))
