"""The demo's waiting lists as one without rows per patient would give them: people by band, at each month's end."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from vardbalans.data.demo.clock import AS_OF, START
from vardbalans.data.demo.frames import rows_table

__all__ = ["BANDS", "waiting_by_band"]

BANDS = ((0, 30), (31, 60), (61, 90), (91, 120), (121, 180), (181, 365), (366, None))
"""Shortest and longest wait of each band, in days."""


def waiting_by_band(tables: dict[str, pa.Table]) -> pa.Table:
    """Return the table ``waiting`` that follows from the referrals in *tables*; a band with nobody in it is zero."""
    referrals = tables["referrals"]
    issued = referrals["issued"].to_numpy()
    closed = referrals["closed"].to_numpy()
    names, service = np.unique(referrals["service_id"].to_pylist(), return_inverse=True)
    units = dict(zip(*(tables["services"][name].to_pylist() for name in ("service_id", "unit_id")), strict=True))
    edges = np.array([since for since, _ in BANDS])
    rows: list[dict[str, object]] = []
    for day in _month_ends():
        now = np.datetime64(day)
        waits = (issued <= now) & (np.isnat(closed) | (closed > now))
        band = np.searchsorted(edges, (now - issued[waits]).astype(int), side="right") - 1
        counts = np.bincount(service[waits] * len(BANDS) + band, minlength=len(names) * len(BANDS))
        for number, count in enumerate(counts):
            name, (since, until) = str(names[number // len(BANDS)]), BANDS[number % len(BANDS)]
            rows.append(
                {
                    "unit_id": units[name],
                    "service_id": name,
                    "date": day,
                    "days_from": since,
                    "days_to": until,
                    "count": int(count),
                }
            )
    return rows_table("waiting", rows)


def _month_ends() -> list[date]:
    firsts = [date(year, month, 1) for year in range(START.year, AS_OF.year + 1) for month in range(1, 13)]
    ends = (first - timedelta(days=1) for first in firsts)
    return [day for day in ends if START <= day <= AS_OF]
