"""The flow between services: shares set by hand in the place of those estimated, and without what never fades."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import duckdb

from vardbalans.engine.explain import Source
from vardbalans.engine.flow import ByHand, lasting_loop
from vardbalans.engine.inputs import Conversion, Override
from vardbalans.engine.messages import Message

__all__ = ["fading", "set_by_hand"]


def set_by_hand(
    connection: duckdb.DuckDBPyConnection, present: set[str], day: date, notes: list[Message]
) -> tuple[ByHand, ...]:
    """Return for each pair of services the latest share that holds on *day*; later ones are told of in *notes*."""
    if "conversions" not in present:
        return ()
    rows = connection.execute(
        "select from_service, to_service, share, lag_weeks_pmf, valid_from, source, coalesce(reason, '') "
        "from conversions order by from_service, to_service, valid_from nulls first"
    ).fetchall()
    later = sum(1 for row in rows if row[4] is not None and row[4] > day)
    if later:
        notes.append(Message("{count} flöden satta för hand börjar gälla senare och räknas inte in ännu.", count=later))
    return tuple(_latest(rows, day))


def fading(conversions: Iterable[Conversion], names: Mapping[str, str], notes: list[Message]) -> tuple[Conversion, ...]:
    """Return *conversions* without those of loops that never fade, which are told of in *notes*.

    What was linked may show such a loop (a follow-up that always leads to another); it must not stop the region's run.
    """
    links = tuple(conversions)
    while loop := lasting_loop({(link.from_service, link.to_service): link.share for link in links}):
        links = tuple(link for link in links if not {link.from_service, link.to_service} <= set(loop))
        services = ", ".join(names.get(name, name) for name in loop)
        notes.append(Message("Flödet inom {services} klingar aldrig av och räknas inte med.", services=services))
    return links


def _latest(rows: list[tuple[str, str, float, str, date | None, str, str]], day: date) -> Iterator[ByHand]:
    held = {(row[0], row[1]): row for row in rows if row[4] is None or row[4] <= day}
    for origin, to, share, lags, since, said_by, reason in held.values():
        source = Source.of("conversions", from_service=origin, to_service=to)
        yield ByHand(origin, to, share, _lag_shares(lags), Override(since, said_by, reason), source)


def _lag_shares(text: str) -> tuple[float, ...]:
    """Return shares by whole week, summing to one, from a text such as ``0,2;0,5;0,3``."""
    shares = [float(part.replace(",", ".")) for part in text.split(";")]
    return tuple(share / sum(shares) for share in shares)
