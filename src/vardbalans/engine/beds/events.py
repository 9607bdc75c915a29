"""One year of finite wards, event by event: who gets which bed, who lies elsewhere, who waits. Compiled.

The loop draws nothing: who comes when, and how long each will lie, is decided before (so that two scenarios meet the
same patients), and the loop finds out where there is room. Every function here is plain Python on arrays and runs as
such where numba is told not to compile.

Patients are numbers 0, 1, …; each is in at most one list: those waiting for a ward (the most urgent first, then as they
came), or those who lie elsewhere but belong to it (as they came there).
"""

from typing import NamedTuple

import numpy as np

from vardbalans.engine.beds.stay import Ints
from vardbalans.engine.compiling import compiled, part
from vardbalans.engine.units import Floats

__all__ = ["CROWD", "LOST", "POSTPONE", "WAIT", "Patients", "Record", "Rules", "Work", "run"]

LOST, WAIT, CROWD, POSTPONE = range(4)
_NOBODY, _GONE, _AGAIN = -1, -2, -3
_WEEK = 168


class Rules(NamedTuple):
    """The wards and the rules, W wards, G groups, D days.

    *staffed* (W, D) beds; *most* (W,) patients when overcrowded; *reserve* (W,) beds kept from those who can be
    postponed; *home*, *rule* and *priority* (G,), the lowest first; *elsewhere* (G, E) wards in order, −1 for none;
    *freest* (0 or 1): of those that have room the one with most free beds, the first of equals, after one's own.
    *own* (G, W) 1 where one is no outlier; *onward* (G, G) cumulative shares of where they go next; *table* (G, Q)
    stays by quantile, on the discharge clock; *marks* (169,) of that clock. *retry*: hours until a postponed patient
    comes again. *returns* (0 or 1): who lies elsewhere is moved home when there is room. Counting begins at *warm*, in
    hours; the census is at *census_hour*.
    """

    staffed: Ints
    most: Ints
    reserve: Ints
    home: Ints
    rule: Ints
    priority: Ints
    elsewhere: Ints
    freest: int
    own: Ints
    onward: Floats
    table: Floats
    marks: Floats
    retry: float
    returns: int
    warm: float
    census_hour: int


class Patients(NamedTuple):
    """Those who come, in order of time: *time* (N,) in hours, *group* (N,), and what chance decides, (N, stages).

    *stay_at* is the place of each stay among those of its group (0–1), *route_at* decides where one goes afterwards.
    """

    time: Floats
    group: Ints
    stay_at: Floats
    route_at: Floats


class Record(NamedTuple):
    """What is counted after the warming up; zero at first.

    By ward: *hours* (W, M) with 0, 1, … lying there, *full* (W,) hours without a free bed. By group: *came*,
    *admitted*, *lost*, *postponed*, *waited* (who did not get a bed at once), *away* (admitted elsewhere), *left*,
    *wait_hours*, *bed_hours* of those who left, (G,). *moved* (W,): moves home. By day and ward, at the hour of the
    census: *lying*, *outliers* (who belong to the ward but lie elsewhere), *queue*, (D, W). *events* (1,).
    """

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


class Work(NamedTuple):
    """Where the loop keeps what it knows, emptied by it before it begins: patients (N,), wards (W,), heap (N,)."""

    group: Ints
    stage: Ints
    ward: Ints
    since: Floats
    bed_since: Floats
    next: Ints
    before: Ints
    at: Floats
    who: Ints
    lying: Ints
    changed: Floats
    open: Ints
    first: Ints
    last: Ints
    listed: Ints
    pending: Ints

    @classmethod
    def of(cls, patients: int, wards: int) -> "Work":
        """Return the place for so many."""
        n, w = max(patients, 1), wards

        def whole(count: int) -> Ints:
            return np.zeros(count, np.int64)

        return cls(
            whole(n), whole(n), whole(n), np.zeros(n), np.zeros(n), whole(n), whole(n), np.zeros(n), whole(n),
            whole(w), np.zeros(w), whole(w), whole(2 * w), whole(2 * w), whole(2 * w), whole(w),
        )  # fmt: skip


@compiled
def run(  # noqa: C901, PLR0912, PLR0915 - one loop in one piece: a call costs more than an event
    rules: Rules, patients: Patients, record: Record, work: Work
) -> None:
    """Play the days through and write what happened."""
    wards, days = rules.staffed.shape
    _empty(rules, patients, work)
    heap, coming, day, tick = 0, 0, 0, 0.0
    end = 24.0 * days
    while True:
        time, kind = tick, 0
        if heap > 0 and work.at[0] < time:
            time, kind = work.at[0], 1
        if coming < len(patients.time) and patients.time[coming] < time:
            time, kind = patients.time[coming], 2
        if time >= end:
            break
        counted = time >= rules.warm
        who, asks, is_freed = _NOBODY, False, kind < 2
        if kind == 0:
            if tick == 24.0 * day:
                for ward in range(wards):
                    _note(record, work, ward, time)
                    work.open[ward] = rules.staffed[ward, day]
                    work.pending[ward] = 1
            if tick == 24.0 * day + rules.census_hour:
                if counted:
                    _take_census(record, work, day, wards)
                day += 1
                tick = 24.0 * day
            else:
                tick = 24.0 * day + rules.census_hour
        else:
            record.events[0] += 1
            if kind == 1:
                who = work.who[0]
                heap = _pop(work, heap)
                asks = work.ward[who] < 0 or _goes_on(rules, patients, record, work, who, time)
                if not asks:
                    _leave(record, work, who, time)
            else:
                who, asks = coming, True
                coming += 1
                work.group[who], work.since[who] = patients.group[who], time
                if counted:
                    record.came[patients.group[who]] += 1
        ward = _NOBODY
        if asks:
            ward = _bed_for(rules, record, work, who, counted)
            if ward == _AGAIN:
                heap = _push(work, heap, time + rules.retry, who)
            elif ward == _GONE and work.ward[who] >= 0:
                _leave(record, work, who, time)
        while ward >= 0 or is_freed:
            if ward >= 0:
                heap = _push(work, heap, _lay(rules, patients, record, work, who, ward, time), who)
            if not is_freed:
                break  # who comes from outside leaves no bed
            ward, who = _next(rules, record, work, time)
            if ward < 0:
                break
    for ward in range(wards):
        _note(record, work, ward, end)


@part
def _empty(rules: Rules, patients: Patients, work: Work) -> None:
    for who in range(len(patients.time)):
        work.ward[who] = work.next[who] = work.before[who] = _NOBODY
        work.stage[who] = 0
    for ward in range(rules.staffed.shape[0]):
        work.lying[ward] = work.pending[ward] = 0
        work.changed[ward] = rules.warm
    for place in range(len(work.first)):
        work.first[place] = work.last[place] = _NOBODY
        work.listed[place] = 0


@part
def _take_census(record: Record, work: Work, day: int, wards: int) -> None:
    for ward in range(wards):
        record.lying[day, ward] = work.lying[ward]
        record.queue[day, ward] = work.listed[ward]
        record.outliers[day, ward] = work.listed[wards + ward]


@part
def _note(record: Record, work: Work, ward: int, time: float) -> None:
    """Write how long the ward has been as it is, before it changes."""
    if time > work.changed[ward]:
        passed = time - work.changed[ward]
        record.hours[ward, work.lying[ward]] += passed
        if work.lying[ward] >= work.open[ward]:
            record.full[ward] += passed
        work.changed[ward] = time


@part
def _bed_for(rules: Rules, record: Record, work: Work, who: int, counted: bool) -> int:  # noqa: C901, PLR0912
    """Return the ward with a bed for *who*; else do as the group's rule says and return what comes of it, below 0."""
    group = work.group[who]
    home, rule = rules.home[group], rules.rule[group]
    kept = rules.reserve[home] if rule == POSTPONE else 0
    found, most = _NOBODY, 0
    if work.ward[who] == home or work.lying[home] + kept < work.open[home]:
        found = home
    else:
        for place in range(rules.elsewhere.shape[1]):
            ward = rules.elsewhere[group, place]
            free = work.open[ward] - work.lying[ward] if ward >= 0 and ward != work.ward[who] else 0
            if free > 0 and (
                found < 0
                or (rules.freest == 1 and rules.own[group, found] == 0 and (free > most or rules.own[group, ward] == 1))
            ):
                found, most = ward, free
    if found < 0:
        if rule == LOST:
            found = _GONE
            if counted:
                record.lost[group] += 1
        elif rule == POSTPONE:
            found = _AGAIN
            if counted:
                record.postponed[group] += 1
        elif rule == CROWD:
            if work.lying[home] < rules.most[home]:
                found = home
            for place in range(rules.elsewhere.shape[1]):
                ward = rules.elsewhere[group, place]
                if found < 0 and ward >= 0 and rules.own[group, ward] == 1 and work.lying[ward] < rules.most[ward]:
                    found = ward
        if found == _NOBODY:
            _insert(rules, work, home, who)
            if counted:
                record.waited[group] += 1
    return found


@part
def _leave(record: Record, work: Work, who: int, time: float) -> None:
    """Let *who* leave the bed."""
    ward = work.ward[who]
    _note(record, work, ward, time)
    work.lying[ward] -= 1
    work.ward[who] = _NOBODY
    work.pending[ward] = 1


@part
def _lay(rules: Rules, patients: Patients, record: Record, work: Work, who: int, ward: int, time: float) -> float:
    """Lay *who* in *ward*, out of another one if need be; return when the stay ends."""
    group, stage = work.group[who], work.stage[who]
    if work.ward[who] >= 0:
        _leave(record, work, who, time)
    _note(record, work, ward, time)
    work.lying[ward] += 1
    work.ward[who] = ward
    work.bed_since[who] = time
    is_away = rules.own[group, ward] == 0
    if is_away:
        _link(work, len(work.lying) + rules.home[group], who, work.last[len(work.lying) + rules.home[group]])
    if time >= rules.warm:
        record.admitted[group] += 1
        record.wait_hours[group] += time - work.since[who]
        record.away[group] += is_away
    last = rules.table.shape[1] - 1
    place = patients.stay_at[who, stage] * last
    below = min(int(place), last - 1)
    stay = rules.table[group, below] + (place - below) * (rules.table[group, below + 1] - rules.table[group, below])
    return _moment(rules.marks, _reading(rules.marks, time) + stay)


@part
def _goes_on(rules: Rules, patients: Patients, record: Record, work: Work, who: int, time: float) -> bool:
    """End the stay of *who*; return whether another group follows: its bed must be there before this is left."""
    group, stage = work.group[who], work.stage[who]
    if rules.own[group, work.ward[who]] == 0:
        _unlist(work, len(work.lying) + rules.home[group], who)
    counted = time >= rules.warm
    if counted:
        record.left[group] += 1
        record.bed_hours[group] += time - work.bed_since[who]
    goes = False
    if stage + 1 < patients.stay_at.shape[1]:
        for onward in range(rules.onward.shape[1]):
            if not goes and patients.route_at[who, stage] < rules.onward[group, onward]:
                goes = True
                work.group[who], work.stage[who], work.since[who] = onward, stage + 1, time
                if counted:
                    record.came[onward] += 1
    return goes


@part
def _next(rules: Rules, record: Record, work: Work, time: float) -> tuple[int, int]:
    """Return a ward that has a free bed and who waits for it, −1 where there is none.

    Where nobody waits for a free bed, those who belong to the ward but lie elsewhere are moved home.
    """
    wards = len(work.lying)
    found, who, ward = _NOBODY, _NOBODY, 0
    while found < 0 and ward < wards:
        if work.pending[ward] == 0:
            ward += 1
        elif work.lying[ward] < work.open[ward] and work.first[ward] >= 0:
            found, who = ward, work.first[ward]
            _unlist(work, ward, who)
        elif work.lying[ward] < work.open[ward] and rules.returns == 1 and work.first[wards + ward] >= 0:
            home = work.first[wards + ward]
            _unlist(work, wards + ward, home)
            _leave(record, work, home, time)
            _note(record, work, ward, time)
            work.lying[ward] += 1
            work.ward[home] = ward
            if time >= rules.warm:
                record.moved[ward] += 1
            ward = 0
        else:
            work.pending[ward] = 0
            ward += 1
    return found, who


@part
def _insert(rules: Rules, work: Work, ward: int, who: int) -> None:
    """Put *who* among those waiting for *ward*: behind all who are as urgent or more."""
    mine = rules.priority[work.group[who]]
    after = work.last[ward]
    while after >= 0 and rules.priority[work.group[after]] > mine:
        after = work.before[after]
    _link(work, ward, who, after)


@part
def _link(work: Work, place: int, who: int, after: int) -> None:
    follower = work.first[place] if after < 0 else work.next[after]
    work.before[who], work.next[who] = after, follower
    if after < 0:
        work.first[place] = who
    else:
        work.next[after] = who
    if follower < 0:
        work.last[place] = who
    else:
        work.before[follower] = who
    work.listed[place] += 1


@part
def _unlist(work: Work, place: int, who: int) -> None:
    before, after = work.before[who], work.next[who]
    if before < 0:
        work.first[place] = after
    else:
        work.next[before] = after
    if after < 0:
        work.last[place] = before
    else:
        work.before[after] = before
    work.listed[place] -= 1


@part
def _push(work: Work, heap: int, time: float, who: int) -> int:
    at = heap
    while at > 0:
        up = (at - 1) // 2
        if work.at[up] <= time:
            break
        work.at[at], work.who[at] = work.at[up], work.who[up]
        at = up
    work.at[at], work.who[at] = time, who
    return heap + 1


@part
def _pop(work: Work, heap: int) -> int:
    heap -= 1
    time, who = work.at[heap], work.who[heap]
    at = 0
    while True:
        down = 2 * at + 1
        if down >= heap:
            break
        if down + 1 < heap and work.at[down + 1] < work.at[down]:
            down += 1
        if work.at[down] >= time:
            break
        work.at[at], work.who[at] = work.at[down], work.who[down]
        at = down
    work.at[at], work.who[at] = time, who
    return heap


@part
def _reading(marks: Floats, moment: float) -> float:
    week = int(moment // _WEEK)
    inside = moment - week * _WEEK
    hour = min(int(inside), _WEEK - 1)
    return float(week * marks[_WEEK] + marks[hour] + (inside - hour) * (marks[hour + 1] - marks[hour]))


@part
def _moment(marks: Floats, reading: float) -> float:
    week = int(reading // marks[_WEEK])
    inside = reading - week * marks[_WEEK]
    hour = min(int(inside * _WEEK / marks[_WEEK]), _WEEK - 1)  # about there; a faster clock has come further
    while hour > 0 and marks[hour] > inside:
        hour -= 1
    while hour < _WEEK - 1 and marks[hour + 1] <= inside:
        hour += 1
    pace = marks[hour + 1] - marks[hour]
    return float(week * _WEEK + hour + ((inside - marks[hour]) / pace if pace > 0 else 0.0))
