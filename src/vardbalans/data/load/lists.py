"""Waiting lists from a data version: counted from referrals, or given as inflow, outflow and waiting."""

from datetime import date, timedelta

import duckdb
import numpy as np

from vardbalans.data.load.series import grouped, summed_series
from vardbalans.data.queries import ask
from vardbalans.engine.explain import Source
from vardbalans.engine.inputs import ListState, Series
from vardbalans.engine.periods import Period

__all__ = ["list_states"]


def list_states(connection: duckdb.DuckDBPyConnection, present: set[str]) -> dict[str, ListState]:
    """Return service id → its list. Given series win over referrals: they are the region's own bookkeeping."""
    return {**_from_referrals(connection, present), **_from_series(connection, present)}


def _from_series(connection: duckdb.DuckDBPyConnection, present: set[str]) -> dict[str, ListState]:
    if not {"inflow", "outflow", "waiting"} <= present:
        return {}
    inflow, outflow = (summed_series(connection, table) for table in ("inflow", "outflow"))
    waiting: dict[str, dict[date, float]] = {}
    query = "select service_id, date, sum(count) from waiting group by all order by all"
    for service_id, day, count in connection.execute(query).fetchall():
        waiting.setdefault(service_id, {})[day] = float(count)
    states = {}
    for name in sorted(inflow.keys() & outflow.keys() & waiting.keys()):
        state = _aligned(inflow[name], outflow[name], waiting[name], name)
        if state is not None:
            states[name] = state
    return states


def _aligned(inflow: Series, treated: Series, waiting: dict[date, float], name: str) -> ListState | None:
    """Cut the three to the latest run of periods that all of them have; the list is counted on a period's last day."""
    counted = {period for period in inflow.periods if period.end - timedelta(days=1) in waiting}
    common = sorted(counted & set(treated.periods) & set(inflow.periods))
    if not common:
        return None
    start = common[-1]
    while start.next(-1) in common:
        start = start.next(-1)
    length = common.index(common[-1]) - common.index(start) + 1
    ends = [waiting[start.next(n).end - timedelta(days=1)] for n in range(length)]
    return ListState(
        _from(inflow, start, length),
        _from(treated, start, length),
        Series(start, np.array(ends), Source.of("waiting", service_id=name)),
        None,
        waiting.get(start.start - timedelta(days=1)),
    )


def _from(series: Series, start: Period, length: int) -> Series:
    first = series.periods.index(start)
    return Series(start, series.values[first : first + length], series.source)


def _from_referrals(connection: duckdb.DuckDBPyConnection, present: set[str]) -> dict[str, ListState]:
    """Every referral is listed with its dates, so a week without an event had none; the queue is their running sum."""
    if "referrals" not in present:
        return {}
    rows = ask(connection, "list_by_week", until=date(9999, 1, 1)).to_pylist()
    if not rows:
        return {}
    last = max(row["week"] for row in rows)
    states = {}
    for name, group in grouped(rows, "service_id"):
        first = group[0]["week"]
        flows = np.zeros((3, (last - first).days // 7 + 1))
        for row in group:
            flows[:, (row["week"] - first).days // 7] = row["inflow"], row["treated"], row["removed"]
        start, source = Period(first, "week"), Source.of("referrals", service_id=name)
        inflow, treated, removed = (Series(start, flow, source) for flow in flows)
        queue = Series(start, np.cumsum(flows[0] - flows[1] - flows[2]), source)
        states[name] = ListState(inflow, treated, queue, removed, 0.0)
    return states
