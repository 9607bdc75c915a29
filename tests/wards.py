"""Small hospitals for the tests of beds, and a plain twin of the compiled loop."""

import heapq

import numpy as np

from vardbalans.engine.beds.clock import even_clock
from vardbalans.engine.beds.wards import Hospital, PatientGroup, Ward, WhenFull

QUANTILES = np.linspace(0, 1, 2001)


def exponential(mean_hours):
    """Return the quantiles of exponential stays; the last one in two thousand is cut off."""
    return np.append(-mean_hours * np.log1p(-QUANTILES[:-1]), 12 * mean_hours)


def one_ward(rule, beds, load, *, days=365, warm=60, stay=4.0, **more):
    """Return a ward of *beds* under *load*, with exponential stays of *stay* days."""
    staffed = np.full(warm + days, beds)
    group = PatientGroup("all", "ward", load / stay, exponential(24 * stay), rule)
    return Hospital((Ward("ward", staffed, beds),), (group,), even_clock(), warm_days=warm, **more)


def six_wards(days=120, warm=30, clock=None, *, returns=True, seed=0):
    """Return six wards with all rules, beds that change by day, places elsewhere, and groups that lead on."""
    rng = np.random.default_rng(seed)
    names = [f"w{number}" for number in range(6)]
    wards = tuple(
        Ward(name, rng.integers(5, 9, warm + days), 10, reserve=int(at == 2)) for at, name in enumerate(names)
    )
    groups = []
    for at, name in enumerate(names):
        near = (names[(at + 1) % 6], names[(at + 4) % 6])
        acute = (WhenFull.CROWD, WhenFull.WAIT, WhenFull.LOST)[at % 3]
        groups.append(
            PatientGroup(
                f"{name}/acute", name, 1.4, exponential(90.0), acute, elsewhere=near, own=near[:1] if at == 0 else (),
                priority=at % 2, hourly=1 + 0.5 * np.sin(np.arange(168) / 4), season=rng.uniform(0.7, 1.3, warm + days),
                onward={f"{names[(at + 2) % 6]}/acute": 0.2} if at % 2 else None,
            )
        )  # fmt: skip
        groups.append(
            PatientGroup(f"{name}/elective", name, 0.5, exponential(60.0), WhenFull.POSTPONE, acute=False, kept=0.9)
        )
    return Hospital(
        wards, tuple(groups), clock or even_clock(), first_weekday=3, warm_days=warm, retry_days=2.5, returns=returns
    )


def twin(hospital, patients):
    """Play *hospital* as the compiled loop does, in plain Python with lists; return what is counted."""
    return _Twin(hospital, patients).played()


class _Twin:
    def __init__(self, hospital, patients):
        self.hospital, self.patients = hospital, patients
        self.names = [ward.name for ward in hospital.wards]
        self.lying = [set() for _ in self.names]
        self.queue = [[] for _ in self.names]
        self.outliers = [[] for _ in self.names]
        self.open = [0] * len(self.names)
        self.where, self.group, self.since, self.stage = {}, {}, {}, {}
        self.events, self.order = [], 0
        self.counts = {name: {} for name in ("came", "admitted", "lost", "postponed", "waited", "away", "left")}
        self.moved = [0] * len(self.names)
        self.census = []

    def played(self):
        warm, days = 24.0 * self.hospital.warm_days, self.hospital.days
        for day in range(days):
            self.at(24.0 * day, 0, ("beds", day))
            self.at(24.0 * day + self.hospital.census_hour, 0, ("census", day))
        for who, time in enumerate(self.patients.time):
            self.at(time, 2, ("arrival", who))
        while self.events and self.events[0][0] < 24.0 * days:
            time, _, _, (kind, who) = heapq.heappop(self.events)
            self.now, self.counted = time, time >= warm
            if kind == "beds":
                self.open = [int(ward.staffed[who]) for ward in self.hospital.wards]
            elif kind == "census" and self.counted:
                lengths = [[len(each) for each in part] for part in (self.lying, self.outliers, self.queue)]
                self.census.append(lengths)
            elif kind == "arrival":
                self.group[who] = int(self.patients.group[who])
                self.stage[who] = 0
                self.since[who] = time
                self.count("came", who)
                self.ask(who)
            elif kind == "again":
                self.ask(who)
            elif kind == "end":
                self.end(who)
            self.serve()
        return self.counts, self.moved, np.array(self.census)

    def at(self, time, rank, event):
        self.order += 1
        heapq.heappush(self.events, (time, rank, self.order, event))

    def count(self, name, who):
        if self.counted:
            group = self.group[who]
            self.counts[name][group] = self.counts[name].get(group, 0) + 1

    def rules(self, who):
        group = self.hospital.groups[self.group[who]]
        return group, self.names.index(group.home), [self.names.index(name) for name in group.elsewhere]

    def is_own(self, who, ward):
        group = self.hospital.groups[self.group[who]]
        return self.names[ward] in (group.home, *group.own)

    def ask(self, who):
        group, home, elsewhere = self.rules(who)
        kept = self.hospital.wards[home].reserve if group.when_full is WhenFull.POSTPONE else 0
        if self.where.get(who) == home or len(self.lying[home]) + kept < self.open[home]:
            return self.lay(who, home)
        free = {ward: self.open[ward] - len(self.lying[ward]) for ward in elsewhere if ward != self.where.get(who)}
        room = [ward for ward, beds in free.items() if beds > 0]
        if self.hospital.freest:
            room.sort(key=lambda ward: 0 if self.is_own(who, ward) else 1 + 1 / free[ward])
        if room:
            return self.lay(who, room[0])
        if group.when_full is WhenFull.LOST:
            self.count("lost", who)
            return self.leave(who)
        if group.when_full is WhenFull.POSTPONE:
            self.count("postponed", who)
            return self.at(self.now + 24 * self.hospital.retry_days, 1, ("again", who))
        if group.when_full is WhenFull.CROWD:
            for ward in [home, *(ward for ward in elsewhere if self.is_own(who, ward))]:
                if len(self.lying[ward]) < self.hospital.wards[ward].physical:
                    return self.lay(who, ward)
        self.count("waited", who)
        self.queue[home].append(who)
        return self.queue[home].sort(key=lambda one: self.hospital.groups[self.group[one]].priority)

    def leave(self, who):
        if who in self.where:
            self.lying[self.where.pop(who)].discard(who)

    def lay(self, who, ward):
        self.leave(who)
        group, home, _ = self.rules(who)
        self.where[who] = ward
        self.lying[ward].add(who)
        self.count("admitted", who)
        if not self.is_own(who, ward):
            self.outliers[home].append(who)
            self.count("away", who)
        clock, begin = self.hospital.clock, self.now + 24 * self.hospital.first_weekday
        place = self.patients.stay_at[who, self.stage[who]]
        stay = np.interp(place * (len(group.stays) - 1), np.arange(len(group.stays)), group.stays)
        ends = float(clock.moment(clock.reading(np.array(begin)) + stay)) - begin
        self.at(self.now + ends, 1, ("end", who))

    def end(self, who):
        group, home, _ = self.rules(who)
        if not self.is_own(who, self.where[who]):
            self.outliers[home].remove(who)
        self.count("left", who)
        stage, reached = self.stage[who], 0.0
        for number, other in enumerate(self.hospital.groups):
            reached += (group.onward or {}).get(other.name, 0.0)
            if stage + 1 < self.patients.stay_at.shape[1] and self.patients.route_at[who, stage] < reached:
                self.group[who], self.stage[who], self.since[who] = number, stage + 1, self.now
                self.count("came", who)
                return self.ask(who)
        return self.leave(who)

    def serve(self):
        while True:
            free = [ward for ward in range(len(self.names)) if len(self.lying[ward]) < self.open[ward]]
            ward = next((w for w in free if self.queue[w] or (self.hospital.returns and self.outliers[w])), None)
            if ward is None:
                return
            if self.queue[ward]:
                self.lay(self.queue[ward].pop(0), ward)
            else:
                who = self.outliers[ward].pop(0)
                self.lying[self.where[who]].discard(who)
                self.where[who] = ward
                self.lying[ward].add(who)
                self.moved[ward] += self.counted
