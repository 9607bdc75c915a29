"""Shares set by hand that lead round in a loop which never fades: one row cannot tell, all of them together can."""

import duckdb

from vardbalans.data.findings import LISTED, Finding, Spot, listing, shown
from vardbalans.engine.flow import lasting_loop
from vardbalans.engine.messages import Message

__all__ = ["loop_findings"]


def loop_findings(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Return a finding per row of ``rows`` (table conversions) that is part of a loop that never fades.

    Of several rows for the same pair the latest counts.
    """
    rows = con.execute(
        "select from_service, to_service, share, _file, _row from rows order by valid_from nulls first, _file, _row"
    ).fetchall()
    latest = {(row[0], row[1]): row for row in rows if None not in row[:3]}
    loop = lasting_loop({pair: row[2] for pair, row in latest.items()})
    spots = sorted((row[3], row[4]) for pair, row in latest.items() if loop and set(pair) <= set(loop))
    totals = {file: sum(1 for spot in spots if spot[0] == file) for file, _ in spots}
    return listing(
        [Spot(file, row) for file, row in spots[:LISTED]],
        totals,
        "share",
        "endless_flow",
        "error",
        lambda _: Message(
            "Andelarna leder runt mellan {services} utan att klinga av: varje varv ger minst lika många som det förra. "
            "Sänk någon av andelarna.",
            services=shown(", ".join(loop)),
        ),
    )
