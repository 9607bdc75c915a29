"""A history of counts, made ready: what is wrong with it is said, and what cannot be used is left out by written rules.

==================  ====================================================================================
what is found       what happens
==================  ====================================================================================
no value at all     no forecast, an error
a negative value    no forecast, an error: counts begin at zero
nothing at first    zeros that none of the others are like, before anything came: left out, with a warning
nothing any more    such zeros at the end: left out, with a warning; of half a year and more, nothing is expected
a spike             one or two values far from their neighbours, and from those a season earlier and later: taken as
                    missing, with a warning
another size        the level was over ten times larger or smaller: only the time since is used, a warning
all values equal    that value, without spread (:data:`CONSTANT` values or more)
under two seasons   the mean of each part of the season, with a wide interval, and a warning
over 30 % zeros     a method for intermittent series; days of the week that are closed are not counted
==================  ====================================================================================

Days are compared with the same weekday, and a day with hardly anything is no spike: closed days are no errors.
Missing values inside a history are never filled: what is fitted is fitted to what was counted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Frequency, Period
from vardbalans.engine.units import Floats

__all__ = ["CONSTANT", "SHORTEST", "Event", "History", "Kind", "Prepared", "Remark", "prepared"]

Kind = Literal["none", "constant", "short", "intermittent", "regular"]

CONSTANT = 6
INTERMITTENT = 0.3
SHORTEST = {"day": 56, "week": 12, "month": 12}
"""Values below which no season and no wandering can be told, however short the season."""
_SHORTEST = 12
_SPIKE = 8.0  # robust standard deviations from the neighbours …
_QUARTILE = 1.1503  # … told by the upper quartile of the distances, as it is for normal ones
_FEWEST_AFTER = 3
_OTHER_SIZE = 10.0
_WEEK = 7
_WEEKS = 12  # on each side, so that five weeks of closing are less than half
_FAR_OTHER = 300.0
_SIZED = {
    "day": ((365, _OTHER_SIZE), (63, _OTHER_SIZE**2), (7, _FAR_OTHER)),
    "week": ((_SHORTEST, _OTHER_SIZE), (11, _OTHER_SIZE**2), (3, _FAR_OTHER)),
    "month": ((_SHORTEST, _OTHER_SIZE), (7, _OTHER_SIZE**2), (3, _FAR_OTHER)),
}
"""How many values' medians are compared, and how many times another they are of another size then: what is closed in
summer has a like again in a few weeks."""
_CLOSED = 0.9  # a part of the season with this share of zeros …
_CLOSED_FROM = 8  # … among so many values is closed then
_MANY_MISSING = 1 / 3
_NOT_BEGUN = {"day": 42, "week": 9, "month": 3}  # so many zeros at first: more than a summer's closing
_ENDED = {"day": 182, "week": 26, "month": 6}  # so many at the end; fewer are a pause, or not yet told
_UNLIKE = 1e-3  # chance of so many in a row, were they like the zeros among the others


@dataclass(frozen=True)
class Event:
    """Something dated that a planner knows of: a level shift from *first* on, or outliers *first* to *last*."""

    kind: Literal["level_shift", "outlier"]
    first: Period
    last: Period | None = None


@dataclass(frozen=True, eq=False)
class History:
    """Counts of one series over consecutive periods from *start*; NaN where nothing is known."""

    series_id: str
    start: Period
    values: Floats
    events: tuple[Event, ...] = ()


@dataclass(frozen=True)
class Remark:
    """What was found about one series: a code that stays, how serious, and a sentence."""

    series_id: str
    code: str
    severity: Literal["error", "warning", "info"]
    message: Message


@dataclass(frozen=True, eq=False)
class Prepared:
    """A history as it will be used: *values* from *start* to the last known one, cleaned (NaN where not used)."""

    series_id: str
    kind: Kind
    start: Period
    values: Floats
    shifts: tuple[Period, ...]
    remarks: tuple[Remark, ...]

    @property
    def next(self) -> Period:
        """Return the first period to forecast."""
        return self.start.next(len(self.values))

    @property
    def known(self) -> Floats:
        """Return the values that are known, in order."""
        known: Floats = self.values[~np.isnan(self.values)]
        return known


def prepared(history: History, season: int) -> Prepared:
    """Return *history* ready for a forecast with a season of *season* periods, with remarks."""
    values: Floats = np.asarray(history.values, dtype=np.float64).copy()
    fault = _fault(history.series_id, values)
    if fault:
        return Prepared(history.series_id, "none", history.start, values[:0], (), (fault,))
    remarks: list[Remark] = []
    first, last = np.flatnonzero(~np.isnan(values))[[0, -1]]
    start, values = history.start.next(int(first)), values[first : last + 1]
    _leave_out_outliers(history.events, start, values)
    start, values = _since_begun(history, start, values, season, remarks)
    if (~np.isnan(values)).sum() >= _SHORTEST:
        cut = _other_size(values, season, history.start.frequency)
        if cut:
            start, values = start.next(cut), values[cut:]
            remarks.append(_about(history.series_id, "other_size", start))
        _leave_out_spikes(history.series_id, start, values, season, remarks)
    kind = _kind(values, season, max(2 * season, SHORTEST[history.start.frequency]))
    remarks += _said(history.series_id, kind, values)
    shifts = tuple(event.first for event in history.events if event.kind == "level_shift")
    return Prepared(history.series_id, kind, start, values, shifts, tuple(remarks))


def _fault(name: str, values: Floats) -> Remark | None:
    if len(values) == 0 or np.all(np.isnan(values)):
        return Remark(
            name,
            "no_values",
            "error",
            Message("Serien {series} har inga värden och får ingen prognos. Fyll i minst ett.", series=name),
        )
    if np.any(np.isinf(values)):
        return Remark(
            name,
            "not_finite",
            "error",
            Message("Serien {series} har värden som inte är tal. Rätta dem i källan.", series=name),
        )
    if np.nanmin(values) < 0:
        return Remark(
            name,
            "negative_count",
            "error",
            Message(
                "Serien {series} har negativa antal och får ingen prognos. Antal börjar på noll: rätta i källan.",
                series=name,
            ),
        )
    return None


def _leave_out_outliers(events: Sequence[Event], start: Period, values: Floats) -> None:
    """Empty the periods that are annotated as outliers, unless nothing would be left."""
    periods = [start.next(n) for n in range(len(values))]
    marked = [
        any(event.kind == "outlier" and event.first <= period <= (event.last or event.first) for event in events)
        for period in periods
    ]
    if not np.all(np.isnan(values) | marked):
        values[marked] = np.nan


def _leave_out_spikes(name: str, start: Period, values: Floats, season: int, remarks: list[Remark]) -> None:
    """Empty one or two values in a row that lie far from the median of half a season on both sides.

    Compared on the square-root scale, where counts have much the same spread. What comes back a season earlier or later
    is no spike but a closed July or Christmas. Days are compared with the same weekday
    of some weeks; there up to six in a row are emptied, and only what lies above. The last values may be the beginning
    of something new, and are only left out where they are of another size altogether. Intermittent series keep all.
    """
    roots = np.sqrt(values)
    open_ = _open(values, season)
    if (~np.isnan(values)).sum() < _SHORTEST or np.mean(values[open_] == 0) > INTERMITTENT:
        return
    around = np.empty(len(values))
    apart, reach, longest = (_WEEK, _WEEKS, _WEEK - 1) if start.frequency == "day" else (1, max(3, season // 2), 2)
    for slot in range(min(apart, len(values))):
        around[slot::apart] = _running_median(roots[slot::apart], reach)
    far = np.abs(roots - around)
    spread = max(float(np.quantile(far[open_], 0.75)) / _QUARTILE, 0.05 * float(np.median(roots[open_])))
    fitting = _comes_back(roots - around, season) if apart == 1 else roots < around
    odd = np.flatnonzero((np.nan_to_num(far) > _SPIKE * spread) & ~fitting)
    for run in np.split(odd, np.flatnonzero(np.diff(odd) > 1) + 1):
        if 1 <= len(run) <= longest and (
            run[-1] < len(values) - 1 or _other(values[run].mean(), around[run].mean() ** 2, _OTHER_SIZE**2)
        ):
            remarks.append(_about(name, "spike", start.next(int(run[0]))))
            values[run] = np.nan


def _comes_back(apart: Floats, season: int) -> np.ndarray:
    """Return what is at least half as far *apart*, the same way, a season earlier or later, give or take one."""
    back = np.zeros(len(apart), bool)
    for places in range(season - 1, min(season + 2, len(apart))) if season > 1 else ():
        earlier, later = apart[:-places], apart[places:]
        alike = earlier * later > 0
        back[places:] |= alike & (np.abs(earlier) > np.abs(later) / 2)
        back[:-places] |= alike & (np.abs(later) > np.abs(earlier) / 2)
    return back


def _other(one: Floats | float, another: float, times: float) -> Any:
    """Tell whether one of two positive amounts is more than *times* the other."""
    return (np.minimum(one, another) > 0) & (np.maximum(one, another) > times * np.minimum(one, another))


def _open(values: Floats, season: int) -> np.ndarray:
    """Return which values are known and of a part of the season that is not closed; all known where none is open."""
    known = ~np.isnan(values)
    open_ = known.copy()
    for slot in range(min(season, len(values))):
        part = values[slot::season][known[slot::season]]
        if len(part) >= _CLOSED_FROM and np.mean(part == 0) >= _CLOSED:
            open_[slot::season] = False
    return open_ if open_.any() else known


def _since_begun(
    history: History, start: Period, values: Floats, season: int, remarks: list[Remark]
) -> tuple[Period, Floats]:
    """Return the series without zeros before it began, those of a pause as missing; only those where it has ended.

    It has ended when the zeros are many, or when a new level is told to begin with them.
    """
    name, (before, after) = history.series_id, _nothing(values, season)
    left = len(values) - after
    is_told = any(event.kind == "level_shift" and event.first >= start.next(left) for event in history.events)
    if after >= _ENDED[start.frequency] or (after and is_told):
        remarks.append(_about(name, "ended", start.next(left)))
        return start.next(left), values[left:]
    if after:
        remarks.append(_about(name, "paused", start.next(left)))
        values[left:] = np.nan
    if before >= _NOT_BEGUN[start.frequency]:
        remarks.append(_about(name, "began", start.next(before)))
        return start.next(before), values[before:]
    return start, values


def _nothing(values: Floats, season: int) -> tuple[int, int]:
    """Return how many zeros stand before and after all others, where they are unlike those; else zero.

    Unlike are so many in a row as chance would hardly give, and none of which is zero a season later or earlier too.
    """
    came = np.flatnonzero(values > 0)
    if not len(came):
        return 0, 0
    first, last = int(came[0]), int(came[-1]) + 1
    among = values[first:last][~np.isnan(values[first:last])]
    chance = (np.sum(among == 0) + 1) / (len(among) + 2)

    def many(outside: Floats, alike: Floats) -> int:
        count = int((outside == 0).sum())
        return count if chance**count < _UNLIKE and not (alike == 0).any() else 0

    before = many(values[:first], values[max(first, season) : first + season])
    return before, many(values[last:], values[max(0, last - season) : min(last, len(values) - season)])


def _running_median(values: Floats, reach: int) -> Floats:
    padded = np.pad(values, reach, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    # Ends have half a window; an empty one (a long gap) compares with the whole.
    known = ~np.all(np.isnan(windows), axis=1)
    median = np.full(len(values), np.nanmedian(values))
    median[known] = np.nanmedian(windows[known], axis=1)
    return median


def _other_size(values: Floats, season: int, frequency: Frequency) -> int:
    """Return how many values at the start belong to a time of another size: before the last step to it.

    Medians of a season are compared, and of a few values where the difference is so large that no season makes it.
    """
    known = np.flatnonzero(~np.isnan(values))
    sizes = _busy_days(values[known]) if frequency == "day" else values[known]
    for least, times in _SIZED[frequency]:
        reach = max(season, least) if times == _OTHER_SIZE else least
        if len(sizes) < 2 * reach:
            continue
        medians = np.median(np.lib.stride_tricks.sliding_window_view(sizes, reach), axis=1)
        before, now = medians[: len(medians) - reach], float(medians[-1])
        other = np.flatnonzero(_other(before, now, times))
        if len(other):
            first = int(other[-1])
            step = _step(sizes[first : first + 2 * reach], float(before[first]), now)
            cut = int(known[first + step - 1]) + 1 if step else 0
            # Where hardly anything comes after the step, the last values are of the earlier size: there is none.
            return cut if (known >= cut).sum() >= _FEWEST_AFTER else 0
    return 0


def _busy_days(values: Floats) -> Floats:
    """Return the next largest of each day and the six before it: the size of a week, whichever days are free."""
    padded = np.pad(values, (_WEEK - 1, 0), mode="edge")
    busy: Floats = np.sort(np.lib.stride_tricks.sliding_window_view(padded, _WEEK), axis=1)[:, -2]
    return busy


def _step(sizes: Floats, before: float, now: float) -> int:
    """Return how many of *sizes* there are to the last one nearer to *before* than to *now*, as ratios."""
    border = np.sqrt(before * now)
    earlier = np.flatnonzero((sizes < border) if now > border else (sizes > border))
    return int(earlier[-1]) + 1 if len(earlier) else 0


def _kind(values: Floats, season: int, least: int) -> Kind:
    known = values[~np.isnan(values)]
    if len(known) >= CONSTANT and np.ptp(known) == 0:
        return "constant"
    if len(known) < least:
        return "short"
    return "intermittent" if np.mean(values[_open(values, season)] == 0) > INTERMITTENT else "regular"


def _said(name: str, kind: Kind, values: Floats) -> list[Remark]:
    said = []
    if kind == "short":
        said.append(
            Remark(
                name,
                "short_history",
                "warning",
                Message(
                    "Serien {series} har {count} värden, för få för att skilja säsong från slump: prognosen är ett "
                    "medelvärde och intervallet är brett.",
                    series=name,
                    count=int((~np.isnan(values)).sum()),
                ),
            )
        )
    if np.mean(np.isnan(values)) > _MANY_MISSING:
        said.append(
            Remark(
                name,
                "many_missing",
                "warning",
                Message(
                    "Serien {series} saknar {share:.0%} av perioderna. Prognosen bygger på dem som finns.",
                    series=name,
                    share=float(np.mean(np.isnan(values))),
                ),
            )
        )
    return said


def _about(name: str, code: str, period: Period) -> Remark:
    return Remark(name, code, "warning", _ABOUT[code](name, period))


_ABOUT: Mapping[str, Callable[[str, Period], Message]] = {
    "spike": lambda name, period: Message(
        "Serien {series} avviker kraftigt {period} och värdet används inte. Rätta det, eller märk ut händelsen.",
        series=name,
        period=period,
    ),
    "began": lambda name, period: Message(
        "Serien {series} är noll före {period}. Bara tiden därefter används.", series=name, period=period
    ),
    "paused": lambda name, period: Message(
        "Serien {series} är noll från {period}, och nollorna används inte: prognosen är som om vården går vidare. "
        "Kontrollera att allt är med; har vården upphört, märk ut en ny nivå.",
        series=name,
        period=period,
    ),
    "ended": lambda name, period: Message(
        "Serien {series} är noll från {period}, och inget väntas. Märk ut uppehållet om vården kommer tillbaka.",
        series=name,
        period=period,
    ),
    "other_size": lambda name, period: Message(
        "Serien {series} är mer än tio gånger större eller mindre från {period}. Bara tiden därefter används; "
        "kontrollera enheten.",
        series=name,
        period=period,
    ),
}
"""What is said of a series from a period on, by code."""
