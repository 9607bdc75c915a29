"""How long people wait by waiting-time bands: of a file (nothing is stored), or of the summed lists of a store."""

import math
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from vardbalans.data.findings import Finding, has_errors
from vardbalans.data.lake import Lake, Version
from vardbalans.data.load.rules import limits_of, national_limits, small_numbers_on
from vardbalans.data.load.waits import services_below
from vardbalans.data.memory import sql_over
from vardbalans.data.queries import keep
from vardbalans.data.read import read_file
from vardbalans.data.read.profiles.document import Bands, Output, Profile, Taken
from vardbalans.data.tables import TABLES
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.waitlist.bands import Band, band_quantile, counts_by_first_day, days_at, share_within
from vardbalans.engine.waitlist.rules import Limit, limits_held

__all__ = ["band_waits", "stored_band_waits"]

Row = dict[str, Any]

_SHARES = {"median_weeks": 0.5, "p90_weeks": 0.9, "p92_weeks": 0.92, "p95_weeks": 0.95}
_SEPARATOR = "\x1f"
_LISTED = "list({days_from: days_from, days_to: days_to, people: count})"
_NO_BANDS = Bands(pattern="")


def band_waits(path: Path, profile: Profile, *, limit_days: int | None = None) -> tuple[Row, bool]:
    """Return the command's document for the file at *path* read through *profile*, and whether anything is wrong in it.

    Rows of one provider, specialty, pathway and day are added up; pathways never are, since those who wait and those
    who were treated are two populations. *limit_days* goes before the limit that the profile names. Raises BadInput for
    a file that is not there, or a profile that gives no waiting list.
    """
    if not path.is_file():
        raise BadInput(Message("Filen {file} finns inte.", file=path))
    chosen = _asking(profile)
    drafts = list(read_file(path, chosen))
    findings = [finding for draft in drafts for finding in draft.findings]
    waiting = [draft.rows for draft in drafts if draft.table == "waiting"]
    bands = profile.bands or _NO_BANDS
    rows = _rows(pa.concat_tables(waiting), bands, limit_days) if waiting else []
    if rows and not profile.bands:
        message = Message("Källan har inga väntetidsintervall; bara antalet väntande kan räknas.")
        findings.append(Finding(path.name, None, "", "no_bands", "info", message))
    return {"rows": rows, "findings": [finding.as_dict() for finding in findings]}, has_errors(findings)


def _asking(profile: Profile) -> Profile:
    """Return *profile* with one output: every row's bands, its unit provider and specialty, its service the pathway."""
    names = {source.name for source in profile.source}
    made = next((output for output in profile.output if output.table == "waiting"), None)
    if made is None:
        raise BadInput(Message("Profilen {name} ger ingen väntelista. Välj en annan.", name=profile.name))
    provider, service = (_composed(made.columns[name]) for name in ("unit_id", "service_id"))
    specialty = "{specialty}" if "specialty" in names else service
    columns = dict(made.columns) | {"unit_id": f"{provider}{_SEPARATOR}{specialty}"}
    columns["service_id"] = "{pathway}" if "pathway" in names else ""
    output = Output("waiting", columns, present=made.present, sum=("count",))
    return msgspec.structs.replace(profile, output=(output,), exclude={})


def _composed(value: object) -> str:
    """Return the value of an output column as text that others can be put beside."""
    return f"{{{value.source}}}" if isinstance(value, Taken) else str(value)


def _rows(waiting: pa.Table, bands: Bands, limit_days: int | None) -> list[Row]:
    with sql_over(waiting=waiting) as con:
        found = con.execute(f"select unit_id, service_id, date, {_LISTED} from waiting group by all order by all")
        rows = found.fetchall()
    limits = national_limits()
    made = []
    for unit, pathway, day, listed in rows:
        provider, _, specialty = unit.partition(_SEPARATOR)
        limit = limit_days if limit_days is not None else _limit_on(limits, bands.limit, day)
        where = {"provider": provider, "specialty": specialty, "pathway": pathway or "waiting"}
        made.append(where | _figures(day, listed, limit, inclusive=bands.inclusive))
    return made


def stored_band_waits(
    lake: Lake,
    version: Version,
    *,
    as_of: date | None = None,
    unit: str | None = None,
    service: str | None = None,
    outside: bool = False,
) -> Row:
    """Return how long people wait by the bands that *version* holds (the table waiting), a row per unit and service.

    Each by its newest list, up to *as_of* where that is given: all services, or those of *unit* and the units below it,
    or *service* alone. Rows have the keys of :func:`band_waits`; figures of fewer people than the rule in force says,
    *outside* the region or inside it, are empty. Raises BadInput without such lists, or for an unknown unit or service.
    """
    present = set(version.tables)
    for name in ("waiting", "services"):
        if name not in present:
            raise BadInput(TABLES[name].needed_for)
    with closing(lake.connect(version.number)) as con:
        services = services_below(con, present, unit, service)
        guarantees = dict(con.execute("select service_id, guarantee from services").fetchall())
        limits = limits_of(con, present)
        keep(con, "waiting_bands", "waiting_bands")
        query = f"""
            select unit_id, service_id, date, {_LISTED} from waiting_bands where date <= $1
            group by unit_id, service_id, date
            qualify row_number() over (partition by unit_id, service_id order by date desc) = 1 order by all
        """
        found = con.execute(query, [as_of or date.max]).fetchall()
        below = small_numbers_on(con, present, as_of or version.at.date())["outside" if outside else "inside"]
    made = []
    for place, name, day, listed in found:
        if name in services:
            figures = _figures(day, listed, _limit_on(limits, guarantees[name], day), inclusive=True)
            where = {"provider": place, "specialty": name, "pathway": "waiting"}
            made.append(where | (_hidden(figures) if 0 < figures["n"] < below else figures))
    return {"version": version.number, "below": below, "rows": made, "findings": []}


def _figures(day: date | None, bands: Sequence[Mapping[str, Any]], limit: int | None, *, inclusive: bool) -> Row:
    """Return the figures of one list."""
    firsts, counts = counts_by_first_day([Band(**band) for band in bands])
    weeks = {name: days_at(firsts, band_quantile(counts, share))[0] / 7 for name, share in _SHARES.items()}
    within = math.nan if limit is None else share_within(firsts, counts, limit + inclusive)[0]
    return {
        "date": day.isoformat() if day else None,
        "n": int(counts.sum()),
        **{name: _number(value) for name, value in weeks.items()},
        "limit_days": limit,
        "share_within": _number(within),
    }


def _hidden(figures: Row) -> Row:
    return {name: value if name in ("date", "limit_days") else None for name, value in figures.items()}


def _limit_on(limits: Sequence[Limit], guarantee: str, day: date | None) -> int | None:
    """Return the days of the shortest limit in force on *day* for services under *guarantee*."""
    held = limits_held(limits, guarantee, day) if day else ()
    return min((limit.days for limit in held if limit.days is not None), default=None)


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
