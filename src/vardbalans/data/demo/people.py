"""Inhabitants, and staff with employments and absence."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from vardbalans.data.demo import clock
from vardbalans.data.demo.clock import Floats, Ints
from vardbalans.data.demo.region import Organisation
from vardbalans.engine.sampling import stream

__all__ = ["MUNICIPALITIES", "Inhabitants", "Staff", "absences", "employ", "inhabitants", "population_rows"]

MUNICIPALITIES = ("9901", "9902", "9903", "9904", "9905", "9906", "9907", "9908")
"""Codes of the synthetic municipalities; no Swedish municipality has a code that begins with 99."""
_SIZES = np.array([0.36, 0.18, 0.14, 0.10, 0.08, 0.06, 0.05, 0.03])
_REFERENCE_YEAR = 2026


@dataclass(frozen=True, eq=False)
class Inhabitants:
    """Everyone in the region: year of birth, sex and municipality, and who is drawn to care by age."""

    birth_year: NDArray[np.int16]
    female: NDArray[np.bool_]
    municipality: NDArray[np.int8]
    _cumulative: dict[str, Floats]

    def draw(self, ages: str, count: int, rng: np.random.Generator) -> NDArray[np.int32]:
        """Return *count* patients, with replacement, weighted by the use of care at their age."""
        cumulative = self._cumulative[ages]
        return np.asarray(np.searchsorted(cumulative, rng.random(count) * cumulative[-1]), dtype=np.int32)


def inhabitants(org: Organisation, seed: int) -> Inhabitants:
    """Draw the region's inhabitants by age, sex and municipality."""
    rng, count = stream(seed, "inhabitants"), org.scale.inhabitants
    ages = rng.choice(101, count, p=_age_density())
    female = rng.random(count) < np.where(ages > 75, 0.56, 0.495)
    share = _SIZES[: org.scale.municipalities] / _SIZES[: org.scale.municipalities].sum()
    home = rng.choice(org.scale.municipalities, count, p=share)
    use = {kind: np.cumsum(_use(kind, ages, female)) for kind in ("child", "adult", "old", "women", "all")}
    return Inhabitants((_REFERENCE_YEAR - ages).astype(np.int16), female, home.astype(np.int8), use)


def _age_density() -> Floats:
    ages = np.arange(101)
    density = np.interp(ages, [0, 18, 30, 50, 65, 78, 90, 100], [1.0, 1.1, 1.2, 1.2, 1.25, 1.05, 0.35, 0.02])
    return np.asarray(density / density.sum())


def _use(kind: str, ages: Ints, female: NDArray[np.bool_]) -> Floats:
    curve = {
        "child": np.where(ages < 18, 1.0, 0.0),
        "adult": np.interp(ages, [0, 17, 18, 40, 65, 100], [0, 0, 0.8, 0.9, 1.4, 1.6]),
        "old": np.interp(ages, [0, 17, 18, 40, 60, 80, 100], [0.02, 0.05, 0.15, 0.4, 1.2, 3.0, 3.0]),
        "women": np.where(female, np.interp(ages, [0, 15, 18, 45, 80, 100], [0, 0.05, 1.0, 1.3, 0.8, 0.4]), 0.0),
        "all": np.interp(ages, [0, 5, 15, 40, 65, 85, 100], [1.2, 0.8, 0.6, 0.9, 1.5, 2.6, 2.4]),
    }[kind]
    return curve.astype(np.float64)


def population_rows(people: Inhabitants, org: Organisation) -> dict[str, Ints | list[str]]:
    """Return inhabitants by area, sex, age and year 2023–2041; other years than 2026 by moving ages and a drift."""
    areas = org.scale.municipalities
    now = np.zeros((areas, 2, 101), dtype=np.int64)
    np.add.at(now, (people.municipality, people.female.astype(int), _REFERENCE_YEAR - people.birth_year), 1)
    years = np.arange(2023, 2042)
    drift = 1 + 0.003 * (years - _REFERENCE_YEAR)[:, None] * np.where(np.arange(101) > 70, 6.0, 0.6)
    counts = np.rint(now[None] * drift[:, None, None, :]).astype(np.int64)
    year, area, sex, age = (axis.ravel() for axis in np.indices(counts.shape))
    return {
        "area": [MUNICIPALITIES[n] for n in area],
        "sex": [("male", "female")[n] for n in sex],
        "age": age,
        "year": years[year],
        "count": counts.ravel(),
    }


@dataclass(frozen=True, eq=False)
class Staff:
    """Employments: person number, resource id, share of full time, first and last day (−1 until further notice)."""

    person: Ints
    resource: list[str]
    share: Floats
    begins: Ints
    ends: Ints


_SHARES = (1.0, 1.0, 0.8, 1.0, 0.75, 1.0, 0.9, 0.5)


def employ(posts: dict[str, float], seed: int) -> Staff:
    """Fill the posts (full-time equivalents by resource) with people; about one in twelve is replaced on the way."""
    rng = stream(seed, "employments")
    resource, share = _fill(posts)
    began = clock.day_index(date(2015, 1, 1)) + rng.integers(0, 2600, len(share))
    leaves = rng.random(len(share)) < 0.08
    # People leave on a Sunday, so that a week never counts both who left and who came.
    left = 7 * rng.integers(clock.FIRST + 4, clock.LAST - 4, len(share)) - 1
    gone = np.flatnonzero(leaves)
    return Staff(
        np.arange(len(share) + len(gone)),
        resource + [resource[n] for n in gone],
        np.concatenate([share, share[gone]]),
        np.concatenate([began, left[gone] + 1]),
        np.concatenate([np.where(leaves, left, -1), np.full(len(gone), -1)]),
    )


def _fill(posts: dict[str, float]) -> tuple[list[str], Floats]:
    """Split each post over people: shares of full time for large groups, less for small ones.

    Even a small group is several people, who also work elsewhere, so that one person's leave does not empty it.
    """
    resource: list[str] = []
    share: list[float] = []
    for name, total in posts.items():
        left = round(total, 2)
        while left > 0.004:
            wanted = min(_SHARES[len(share) % len(_SHARES)], max(round(total / SMALLEST_GROUP, 2), 0.05))
            # What is left of a post is given to the last one, so that nobody is employed for a sliver.
            part = left if left <= 1 and left - wanted < 0.2 * wanted else wanted
            resource.append(name)
            share.append(part)
            left = round(left - part, 4)
    return resource, np.round(np.array(share), 2)


SMALLEST_GROUP = 5
_KINDS = ("sick", "parental", "vacation", "education", "other")


def absences(staff: Staff, seed: int) -> tuple[Ints, Ints, Ints, list[str]]:
    """Return absence as person, first day, last day and kind; no person is away twice at once."""
    rng = stream(seed, "absences")
    parts = [maker(staff, rng) for maker in (_vacation, _parental, _education, _sickness, _squeeze_days)]
    person, first, last = (np.concatenate([part[n] for part in parts]) for n in range(3))
    kind = np.concatenate([np.full(len(part[0]), _KINDS.index(part[3])) for part in parts])
    inside = (first >= np.maximum(staff.begins[person], clock.FIRST * 7)) & (
        (staff.ends[person] < 0) | (last <= staff.ends[person])
    )
    # Illness is not known ahead; leave that is granted is.
    known = (first < clock.LAST * 7) | ((kind != 0) & (kind != 4) & (first < (clock.TOTAL + 6) * 7))
    chosen = np.flatnonzero(inside & known)
    chosen = chosen[np.lexsort((last[chosen], first[chosen], person[chosen]))]
    chosen = chosen[_without_overlap(person[chosen], first[chosen], last[chosen])]
    return person[chosen], first[chosen], last[chosen], [_KINDS[n] for n in kind[chosen]]


def _without_overlap(person: Ints, first: Ints, last: Ints) -> NDArray[np.bool_]:
    # Days of different people are moved apart, so that one running maximum serves them all.
    shift = person * 10_000
    ends = np.maximum.accumulate(np.concatenate([[-1], (last + shift)[:-1]]))
    return first + shift > ends


Spells = tuple[Ints, Ints, Ints, str]


def _years(staff: Staff) -> tuple[Ints, Ints]:
    years = np.array([2023, 2024, 2025, 2026])
    count = len(staff.person)
    return np.tile(np.arange(count), len(years)), np.repeat(years, count)


def _monday(year: Ints, week: Ints) -> Ints:
    first = np.array([clock.day_index(date.fromisocalendar(y, 1, 1)) for y in range(2023, 2028)])
    return first[year - 2023] + (week - 1) * 7


_SUMMER_STARTS = (0.12, 0.20, 0.24, 0.20, 0.15, 0.09)


def _vacation(staff: Staff, rng: np.random.Generator) -> Spells:
    person, year = _years(staff)
    summer = _monday(year, rng.choice([25, 26, 27, 28, 29, 30], len(year), p=_SUMMER_STARTS))
    other = _monday(year, rng.choice([8, 9, 10, 44, 51, 52], len(year), p=[0.1, 0.2, 0.1, 0.25, 0.15, 0.2]))
    weeks = rng.choice([3, 4, 5], len(year), p=[0.25, 0.6, 0.15])
    return (
        np.tile(person, 2),
        np.concatenate([summer, other]),
        np.concatenate([summer + weeks * 7 - 1, other + 6]),
        "vacation",
    )


def _colleagues(staff: Staff) -> Ints:
    """Return for each employment how many share its resource."""
    _, index, count = np.unique(staff.resource, return_inverse=True, return_counts=True)
    shared: Ints = count[index]
    return shared


def _parental(staff: Staff, rng: np.random.Generator) -> Spells:
    person, year = _years(staff)
    # In the smallest groups a stand-in has the post, so that one leave does not empty a resource for a year.
    chosen = (rng.random(len(person)) < 0.07) & (_colleagues(staff)[person] >= 6)
    person, year = person[chosen], year[chosen]
    first = _monday(year, rng.integers(1, 50, len(person)))
    return person, first, first + rng.integers(60, 260, len(person)), "parental"


def _education(staff: Staff, rng: np.random.Generator) -> Spells:
    person, year = _years(staff)
    first = _monday(year, rng.choice([4, 6, 11, 14, 17, 20, 36, 38, 40, 43, 46, 48], len(person)))
    first += rng.integers(0, 3, len(person))
    return person, first, first + rng.integers(0, 3, len(person)), "education"


def _sickness(staff: Staff, rng: np.random.Generator) -> Spells:
    days = np.arange(clock.FIRST * 7, clock.LAST * 7)
    season = 1 + 0.45 * np.cos(2 * np.pi * (days - clock.day_index(date(2024, 2, 5))) / 365.25)
    count = rng.poisson(1.9 * 3, len(staff.person))
    person = np.repeat(np.arange(len(count)), count)
    first = rng.choice(days, len(person), p=season / season.sum())
    long = (rng.random(len(person)) < 0.05) & (_colleagues(staff)[person] >= 6)
    length = np.where(long, rng.integers(30, 120, len(person)), rng.geometric(0.25, len(person)))
    return person, first, first + length - 1, "sick"


def _squeeze_days(staff: Staff, rng: np.random.Generator) -> Spells:
    office = clock.OFFICE_DAYS.ravel()
    lone = np.flatnonzero((office[1:-1] == 1) & (office[:-2] == 0) & (office[2:] == 0)) + 1
    person, day = (axis.ravel() for axis in np.meshgrid(np.arange(len(staff.person)), lone))
    chosen = rng.random(len(person)) < 0.35
    return person[chosen], day[chosen], day[chosen], "vacation"
