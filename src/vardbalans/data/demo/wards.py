"""Which ward each patient is laid in: the clinic's own, or another of the hospital's when that is full."""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any

import numpy as np
import pyarrow as pa

from vardbalans.data.demo.activity import Block
from vardbalans.data.demo.clock import FIRST, LAST, Ints
from vardbalans.data.demo.region import Organisation

__all__ = ["EXTRA_BEDS", "Wards", "lay"]

EXTRA_BEDS = 3
"""How many more beds the truth tells the effect of, in the ward that most lie outside of."""
_DAY = 1440
_CENSUS_MINUTE = 6 * 60


@dataclass(frozen=True, eq=False)
class Wards:
    """Names and *sites* of the wards, and the beds *open* (W, days) from the first day of the data."""

    names: tuple[str, ...]
    sites: tuple[str, ...]
    open: Ints


def lay(org: Organisation, stays: Block, beds: pa.Table) -> dict[str, Any]:
    """Write where each stay is spent as column ``ward`` of *stays*, the name; return what is true of it.

    Who comes when the own ward has no free bed is laid in the ward of the same site with the most of them, for the
    whole stay; where all are full, in the own ward above its beds.
    """
    sites = {f"V-{clinic.code}": clinic.site for clinic in org.clinics if clinic.has_ward}
    names = tuple(dict.fromkeys(beds["ward_id"].to_pylist()))
    wards = Wards(
        names, tuple(sites[name] for name in names), beds["available"].to_numpy().reshape(len(names), -1).astype(int)
    )
    of_service = np.array([names.index(name) if (name := f"V-{s.clinic.code}") in names else -1 for s in org.services])
    home = of_service[stays["service"]]
    laid = _laid(wards, home, stays)
    stays["ward"] = np.array(names)[laid]
    outliers = _at_census(home, laid, stays)
    worst = int(np.argmax(outliers.sum(axis=1)))
    more = Wards(names, wards.sites, wards.open + EXTRA_BEDS * (np.arange(len(names)) == worst)[:, None])
    fewer = _at_census(home, _laid(more, home, stays), stays)
    return {
        "per_100_at_06": 100 * float(outliers.sum() / wards.open.sum()),
        "patient_mornings": int(outliers.sum()),
        "extra_beds": {
            "ward_id": names[worst],
            "beds": EXTRA_BEDS,
            "per_100_at_06": 100 * float(fewer.sum() / more.open.sum()),
            "patient_mornings": int(fewer.sum()),
        },
    }


def _laid(wards: Wards, home: Ints, stays: Block) -> Ints:
    """Return the ward of each stay, one after another in the order they begin."""
    lying = [0] * len(wards.names)
    leaving: list[tuple[int, int]] = []
    same_site = [_others(wards.sites, ward) for ward in range(len(wards.names))]
    ends = stays["start"] + stays["minutes"]
    days = np.clip(stays["start"] // _DAY - FIRST * 7, 0, wards.open.shape[1] - 1)
    found = np.empty(len(home), np.int64)
    for row, (own, begins, until, day) in enumerate(zip(home, stays["start"], ends, days, strict=True)):
        while leaving and leaving[0][0] <= begins:
            lying[heappop(leaving)[1]] -= 1
        ward = int(own)
        if lying[ward] >= wards.open[ward, day]:
            free, other = max(((wards.open[at, day] - lying[at], -at) for at in same_site[ward]), default=(0, 0))
            ward = -other if free > 0 else ward
        lying[ward] += 1
        heappush(leaving, (int(until), ward))
        found[row] = ward
    return found


def _others(sites: Sequence[str], ward: int) -> list[int]:
    return [at for at, site in enumerate(sites) if site == sites[ward] and at != ward]


def _at_census(home: Ints, laid: Ints, stays: Block) -> Ints:
    """Return those who lie elsewhere at 06:00, by the ward they belong to and day of the data, (W, days)."""
    out = home != laid
    ends = stays["start"] + stays["minutes"]
    first = -(-(stays["start"][out] - _CENSUS_MINUTE) // _DAY) - FIRST * 7
    after = -(-(ends[out] - _CENSUS_MINUTE) // _DAY) - FIRST * 7
    days = (LAST - FIRST) * 7
    change = np.zeros((home.max() + 1, days + 1), np.int64)
    np.add.at(change, (home[out], np.clip(first, 0, days)), 1)
    np.add.at(change, (home[out], np.clip(after, 0, days)), -1)
    return np.cumsum(change, axis=1)[:, :-1]
