"""How long people wait by a file of waiting-time bands: a row per provider, specialty and pathway, nothing stored."""

import math
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from vardbalans.data.findings import Finding, has_errors
from vardbalans.data.load.rules import national_limits
from vardbalans.data.memory import sql_over
from vardbalans.data.read import read_file
from vardbalans.data.read.profiles.document import Bands, Output, Profile
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats
from vardbalans.engine.waitlist.bands import band_quantile, days_at, share_within
from vardbalans.engine.waitlist.rules import limits_held

__all__ = ["band_waits"]

Row = dict[str, Any]

_SHARES = {"median_weeks": 0.5, "p90_weeks": 0.9, "p92_weeks": 0.92, "p95_weeks": 0.95}
_SEPARATOR = "\x1f"
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
    if rows and all(row["median_weeks"] is None for row in rows) and not profile.bands:
        message = Message("Källan har inga väntetidsintervall; bara antalet väntande kan räknas.")
        findings.append(Finding(path.name, None, "", "no_bands", "info", message))
    return {"rows": rows, "findings": [finding.as_dict() for finding in findings]}, has_errors(findings)


def _asking(profile: Profile) -> Profile:
    """Return *profile* with one output: every row's bands, its unit provider and specialty, its service the pathway."""
    names = {source.name for source in profile.source}
    made = next((output for output in profile.output if output.table == "waiting"), None)
    if made is None:
        raise BadInput(Message("Profilen {name} ger ingen väntelista. Välj en annan.", name=profile.name))
    specialty = "{specialty}" if "specialty" in names else made.columns["service_id"]
    columns = dict(made.columns) | {"unit_id": f"{made.columns['unit_id']}{_SEPARATOR}{specialty}"}
    columns["service_id"] = "{pathway}" if "pathway" in names else ""
    output = Output("waiting", columns, present=made.present, sum=("count",))
    return msgspec.structs.replace(profile, output=(output,), exclude={})


def _rows(waiting: pa.Table, bands: Bands, limit_days: int | None) -> list[Row]:
    if not len(waiting):
        return []
    with sql_over(waiting=waiting) as con:
        found = con.sql(
            "select unit_id, service_id, date, list(days_from) as firsts, list(count::double) as counts "
            "from waiting group by all order by all"
        ).to_arrow_table()
    firsts = _firsts(waiting)
    places = {first: place for place, first in enumerate(firsts.tolist())}
    counts = np.zeros((len(found), len(firsts)))
    for line, (days, people) in enumerate(zip(found["firsts"].to_pylist(), found["counts"].to_pylist(), strict=True)):
        counts[line, [places[first] for first in days]] = people
    weeks = {name: days_at(firsts, band_quantile(counts, share)) / 7 for name, share in _SHARES.items()}
    keys = found.select(["unit_id", "service_id", "date"]).to_pylist()
    limits = [limit_days if limit_days is not None else _limit_on(key["date"], bands) for key in keys]
    within = np.full(len(keys), np.nan)
    for limit in {limit for limit in limits if limit is not None}:
        mine = np.array([other == limit for other in limits])
        within[mine] = share_within(firsts, counts[mine], limit + bands.inclusive)
    return [
        _named(key)
        | {"n": int(counts[line].sum())}
        | {name: _number(values[line]) for name, values in weeks.items()}
        | {"limit_days": limits[line], "share_within": _number(within[line])}
        for line, key in enumerate(keys)
    ]


def _firsts(waiting: pa.Table) -> Floats:
    """Return the first day of every band, the open one last; where bands leave days out, those are a band too.

    Bands that nobody is in may have no row at all.
    """
    firsts = set(waiting["days_from"].to_pylist())
    after = {last + 1 for last in waiting["days_to"].to_pylist() if last is not None}
    return np.array(sorted(firsts | after), dtype=np.float64)


def _named(key: Row) -> Row:
    provider, _, specialty = key["unit_id"].partition(_SEPARATOR)
    day = key["date"]
    return {
        "provider": provider,
        "specialty": specialty,
        "pathway": key["service_id"] or "waiting",
        "date": day.isoformat() if day else None,
    }


def _limit_on(day: date | None, bands: Bands) -> int | None:
    """Return the shortest limit in force on *day* that the profile's waits are held against."""
    held = limits_held(national_limits(), bands.limit, day) if day else ()
    return min((limit.days for limit in held if limit.days is not None), default=None)


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
