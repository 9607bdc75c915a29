"""The indicator of a measure as a series by unit and month, counted from a data version.

Only whole months are told. A unit with nothing counted in some month has no value there; one where the event never
happens is left out, since nothing can be said in proportion to it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np

from vardbalans.data.load.events import Span
from vardbalans.data.queries import ask
from vardbalans.data.unit_tree import units_below
from vardbalans.engine.catalogue import Unit
from vardbalans.engine.errors import BadInput
from vardbalans.engine.improving import Outcomes, month_of
from vardbalans.engine.messages import Message

__all__ = [
    "INDICATORS",
    "Indicator",
    "Months",
    "months_of",
    "outcomes_of",
    "part_of_lost",
    "series_names",
    "totals_of",
]

SERIES = "series:"
"""What an indicator begins with that is a series of the table of indicator values."""


@dataclass(frozen=True)
class Indicator:
    """A named indicator: the numerator and denominator among what is counted, and if it is a count or a mean."""

    name: Message
    table: str
    numerator: tuple[str, ...]
    denominator: tuple[str, ...] = ()
    per: float = 0.0  # of means: what one unit of the value is of the numerator

    @property
    def counts(self) -> bool:
        """Tell whether the values are numbers of events."""
        return not self.per


_HELD = ("performed", "no_show")
_BOOKED = ("performed", "no_show", "late_cancelled")
INDICATORS: Mapping[str, Indicator] = {
    "no_show_share": Indicator(Message("Andel uteblivna besök"), "contacts", ("no_show",), _HELD),
    "late_cancelled_share": Indicator(Message("Andel sena återbud"), "contacts", ("late_cancelled",), _BOOKED),
    "lost_share": Indicator(Message("Andel förlorade tider"), "contacts", ("no_show", "late_cancelled"), _BOOKED),
    "minutes": Indicator(Message("Minuter per besök"), "contacts", ("seconds",), ("timed",), 60.0),
    "performed": Indicator(Message("Utförda"), "contacts", ("performed",)),
    "inflow": Indicator(Message("Inkomna remisser"), "referrals", ("inflow",)),
    "stay_days": Indicator(Message("Vårdtid i dygn"), "stays", ("seconds",), ("timed",), 86400.0),
}
"""Every indicator that is counted from single events, by name."""


@dataclass(frozen=True)
class Months:
    """Whole months of data, from *first* until the month *end*."""

    first: int
    end: int

    @classmethod
    def of(cls, span: Span) -> "Months":
        """Return the whole months within *span*. Raises BadInput where there is none."""
        first = month_of(span.first) + (span.first.day > 1)
        end = month_of(span.until)
        if end <= first:
            raise BadInput(Message("Data har ingen hel månad att följa åtgärder i."))
        return cls(first, end)

    @property
    def days(self) -> tuple[date, date]:
        """Return the first day, and the day after the last."""
        return date(self.first // 12, self.first % 12 + 1, 1), date(self.end // 12, self.end % 12 + 1, 1)


def months_of(span: Span | None) -> Months:
    """Return the whole months of *span*. Raises BadInput where there are none."""
    if span is None:
        raise BadInput(Message("Data har ingen hel månad att följa åtgärder i."))
    return Months.of(span)


def series_names(connection: duckdb.DuckDBPyConnection, present: Collection[str]) -> tuple[str, ...]:
    """Return the indicators that are series of the table of indicator values, as a plan names them."""
    if "indicator_values" not in present:
        return ()
    rows = connection.execute("select distinct indicator from indicator_values order by all").fetchall()
    return tuple(f"{SERIES}{name}" for (name,) in rows)


Chosen = Collection[str] | None
"""Which services count; None: all."""


def outcomes_of(
    connection: duckdb.DuckDBPyConnection,
    present: set[str],
    months: Months,
    indicator: str,
    units: Mapping[str, Unit],
    wanted: Sequence[str],
    services: Chosen = None,
) -> Outcomes:
    """Return *indicator* of each of the units *wanted* with what lies below it; *services* are those that
    count (None: all).

    Raises BadInput for an indicator that is not known, or whose table is absent.
    """
    if indicator.startswith(SERIES):
        return _of_values(connection, present, indicator.removeprefix(SERIES))
    found = INDICATORS.get(indicator)
    if found is None:
        raise BadInput(Message("Indikatorn {id} är inte känd. Se tabellen Analysplaner.", id=indicator))
    if found.table not in present or "services" not in present:
        raise BadInput(Message("Indikatorn {id} kräver tabellen {table}.", id=indicator, table=found.table))
    at = _QUERIES[found.table](connection, months, services)
    within = {below: name for name in wanted for below in units_below(units, name)}
    place = {name: number for number, name in enumerate(wanted)}
    top, bottom = np.zeros((2, len(wanted), months.end - months.first))
    for unit, month, counted in at:
        if unit in within:
            where = place[within[unit]], month - months.first
            top[where] += sum(float(counted[name]) for name in found.numerator)
            bottom[where] += sum(float(counted[name]) for name in found.denominator)
    if not found.denominator:
        return _with_events(Outcomes(tuple(wanted), months.first, top, None, True))
    known = np.where(bottom > 0, top, np.nan)
    if found.counts:
        return _with_events(Outcomes(tuple(wanted), months.first, known, bottom, True))
    return _with_events(Outcomes(tuple(wanted), months.first, known / found.per / np.maximum(bottom, 1), bottom, False))


def totals_of(
    connection: duckdb.DuckDBPyConnection,
    months: Months,
    indicator: str,
    units: Mapping[str, Unit],
    since: Mapping[str, int],
    services: Chosen = None,
) -> dict[str, dict[str, float]]:
    """Return per unit the sum of the indicator's ``numerator`` over *months*, from the unit's own month *since* on, and
    the ``minutes`` of a mean contact then (0 where it is not about contacts).
    """
    found = INDICATORS[indicator]
    within = {below: name for name in since for below in units_below(units, name)}
    sums = {name: dict.fromkeys(("numerator", "seconds", "timed"), 0.0) for name in since}
    for unit, month, counted in _QUERIES[found.table](connection, months, services):
        if unit in within and month >= since[within[unit]]:
            row = sums[within[unit]]
            row["numerator"] += sum(float(counted[name]) for name in found.numerator)
            row["seconds"] += float(counted.get("seconds", 0))
            row["timed"] += float(counted.get("timed", 0))
    return {
        name: {"numerator": row["numerator"], "minutes": row["seconds"] / row["timed"] / 60 if row["timed"] else 0.0}
        for name, row in sums.items()
    }


def part_of_lost(outcomes: Outcomes, lost: Outcomes, units: Sequence[str], starts: Mapping[str, int]) -> float | None:
    """Return how great a part of the slots lost before the start are those of *outcomes*; None where none was lost."""
    sums = []
    for rows in (outcomes, lost):
        shown = [rows.values[rows.units.index(name), : starts[name]] for name in units if name in rows.units]
        sums.append(float(np.nansum(np.concatenate(shown))) if shown else 0.0)
    return sums[0] / sums[1] if sums[1] else None


def _with_events(found: Outcomes) -> Outcomes:
    some = np.nansum(found.values, axis=1) > 0
    return Outcomes(
        tuple(name for name, there in zip(found.units, some, strict=True) if there),
        found.first,
        found.values[some],
        None if found.sizes is None else found.sizes[some],
        found.counts,
    )


Counted = tuple[str, int, Mapping[str, float]]


def _contacts(connection: duckdb.DuckDBPyConnection, months: Months, services: Chosen) -> list[Counted]:
    since, until = months.days
    at = _units_of_services(connection, services)
    rows = ask(connection, "measured_by_month", since=since, until=until).to_pylist()
    return [(at[row["service_id"]], row["month"], row) for row in rows if row["service_id"] in at]


def _referrals(connection: duckdb.DuckDBPyConnection, months: Months, services: Chosen) -> list[Counted]:
    at = _units_of_services(connection, services)
    rows = connection.execute(
        "select service_id, year(day) * 12 + month(day) - 1, count(*) from "
        "(select service_id, coalesce(received, decided, issued) as day from referrals) "
        "where day >= $1 and day < $2 group by all order by all",
        list(months.days),
    ).fetchall()
    return [(at[name], month, {"inflow": count}) for name, month, count in rows if name in at]


def _stays(connection: duckdb.DuckDBPyConnection, months: Months, _: Chosen) -> list[Counted]:
    rows = connection.execute(
        "select clinic_id, year(discharged) * 12 + month(discharged) - 1, "
        "sum(date_diff('second', admitted, discharged)), count(*) from stays "
        "where discharged::date >= $1 and discharged::date < $2 and discharged > admitted group by all order by all",
        list(months.days),
    ).fetchall()
    return [(name, month, {"seconds": seconds, "timed": count}) for name, month, seconds, count in rows]


_QUERIES: Mapping[str, Callable[[duckdb.DuckDBPyConnection, Months, Chosen], list[Counted]]] = {
    "contacts": _contacts,
    "referrals": _referrals,
    "stays": _stays,
}


def _units_of_services(connection: duckdb.DuckDBPyConnection, services: Chosen) -> Mapping[str, str]:
    rows = connection.execute("select service_id, unit_id from services").fetchall()
    return {name: unit for name, unit in rows if services is None or name in services}


def _of_values(connection: duckdb.DuckDBPyConnection, present: set[str], series: str) -> Outcomes:
    """Return a series of the table of indicator values by unit and month.

    Counts stand per their denominator; other values are divided by theirs (kWh per degree day).
    """
    rows = (
        connection.execute(
            "select unit_id, month, value, denominator, is_count from indicator_values where indicator = $1 "
            "order by all",
            [series],
        ).fetchall()
        if "indicator_values" in present
        else []
    )
    if not rows:
        raise BadInput(Message("Serien {id} finns inte i tabellen Indikatorvärden.", id=series))
    names = sorted({row[0] for row in rows})
    places = [int(row[1][:4]) * 12 + int(row[1][5:7]) - 1 for row in rows]
    first = min(places)
    values, sizes = np.full((2, len(names), max(places) + 1 - first), np.nan)
    for (unit, _, value, size, _), place in zip(rows, places, strict=True):
        where = names.index(unit), place - first
        values[where], sizes[where] = value, np.nan if size is None else size
    counts, divided = all(row[4] for row in rows), all(row[3] for row in rows)
    if not divided:
        return Outcomes(tuple(names), first, values, None, counts)
    return Outcomes(tuple(names), first, values if counts else values / sizes, np.nan_to_num(sizes, nan=1.0), counts)
