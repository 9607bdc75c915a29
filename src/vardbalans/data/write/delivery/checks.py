"""What must hold before a delivery is written: a whole month, dates in order, sums as the lake's, and no one named."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from vardbalans.data.findings import LISTED, Finding, Severity, Spot, listing
from vardbalans.data.lake import Version
from vardbalans.data.lake.trace import LOCAL
from vardbalans.data.queries import ask
from vardbalans.data.tables import TABLES
from vardbalans.data.write.delivery.mapping import AREA_VALUES, FieldMapping, Part
from vardbalans.data.write.delivery.waits import LACKS, Waits
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Period, swedish_calendar

__all__ = ["about_month", "about_sums", "about_waits", "control", "names_someone"]

_SILENT = 20  # events in the thirteen weeks before that make a month without any worth a question

_LACKING: Mapping[str, Message] = {
    "not_informed": Message(
        "Patienten är inte informerad, så uppehållet är inte patientvald väntan och räknas inte. Fyll i informerad."
    ),
    "not_offered": Message(
        "Ingen erbjuden tid, så uppehållet är inte patientvald väntan och räknas inte. Fyll i tiden som erbjöds."
    ),
    "without_time": Message(
        "Den erbjudna tiden saknar klockslag, så uppehållet är inte patientvald väntan och räknas inte. Fyll i det."
    ),
    "not_declined": Message(
        "Patienten har inte tackat nej, så uppehållet är inte patientvald väntan och räknas inte: tystnad eller "
        "ombokning är inget nej."
    ),
}


def about_month(con: duckdb.DuckDBPyConnection, version: Version, month: Period) -> Iterator[Finding]:
    """Yield what stands against *month* being whole in *version*."""
    known = version.at.astimezone(LOCAL).date()
    if month.end > known:
        yield _of_all(
            "month_not_over",
            "error",
            Message("{month} var inte slut när version {number} lästes in.", month=month, number=version.number),
        )
        return
    query = """
        select max(day) from (
            select coalesce(received, decided, issued) as day from referrals union all select closed from referrals
        ) where day <= $1
    """
    last = con.execute(query, [known]).fetchall()[0][0]
    calendar = swedish_calendar(month.start.year, month.start.year)
    needed = max(day for day in month.days if calendar.is_working(day))
    if last is None or last < needed:
        yield _of_all(
            "month_not_whole",
            "error",
            Message(
                "Remisserna i version {number} slutar {last}, före månadens sista arbetsdag. Läs in hela månaden "
                "först.",
                number=version.number,
                last=last or "–",
            ),
        )


def about_waits(mapping: FieldMapping, waits: Waits) -> Iterator[Finding]:
    """Yield what is wrong with, or missing around, single waits."""
    rows = waits.rows
    late = pc.and_(pc.equal(rows["part"], "completed"), pc.fill_null(pc.less(rows["days"], 0), False))
    sentence = Message("Väntan börjar efter att vården gavs. Rätta remissens dagar.")
    yield from _listed(rows.filter(late), "start", "dates_out_of_order", "error", sentence)
    unknown = pc.and_(pc.equal(rows["part"], "waiting"), pc.is_null(rows["start"]))
    sentence = Message("Dagen väntan mäts från saknas, så posten är inte med bland väntande. Fyll i den.")
    yield from _listed(rows.filter(unknown), "start", "start_missing", "warning", sentence)
    for lack in LACKS:
        yield from _listed(waits.stops.filter(waits.stops[lack]), "kind", lack, "warning", _LACKING[lack])
    yield from _about_areas(mapping, rows.filter(rows["has_begun"]))


def _about_areas(mapping: FieldMapping, rows: pa.Table) -> Iterator[Finding]:
    """Yield which units have no area or specialty, for the fields that ask for one."""
    for one in mapping.fields:
        if one.value not in AREA_VALUES:
            continue
        lacking = Counter(rows.filter(pc.is_null(rows[one.value]))["unit_id"].to_pylist())
        if lacking and not mapping.areas:
            message = Message(
                "Mappningen har ingen tabell över enheternas {field}; fältet lämnas tomt.", field=one.name
            )
            yield _of_all("no_areas", "warning", message, one.name)
            continue
        for unit, count in lacking.most_common(LISTED):
            message = Message(
                "Enheten {unit} har ingen {field} i mappningen; fältet lämnas tomt på {count} rader.",
                unit=unit,
                field=one.name,
                count=count,
            )
            yield _of_all("no_area", "warning", message, one.name)


def _listed(rows: pa.Table, column: str, code: str, severity: Severity, message: Message) -> list[Finding]:
    """Return a finding per row, by its own file and row, capped."""
    files = Counter(rows["_file"].to_pylist())
    spots = [
        Spot(file, row)
        for file in files
        for row in rows.filter(pc.equal(rows["_file"], file))["_row"].slice(0, LISTED).to_pylist()
    ]
    return listing(spots, files, column, code, severity, partial(_said, message))


def _said(message: Message, _value: str) -> Message:
    return message


def control(con: duckdb.DuckDBPyConnection, month: Period, rows: pa.Table) -> list[dict[str, Any]]:
    """Return per service and unit the list through the month by its events, and what the delivery has of it.

    ``closing`` is what the events leave; ``waiting`` and ``not_begun`` are the delivery's, and must sum to it.
    """
    parts = zip(*(rows[name].to_pylist() for name in ("service_id", "unit_id", "part", "has_begun")), strict=True)
    counts = Counter((service, unit, part if begun else "not_begun") for service, unit, part, begun in parts)
    lines = []
    for line in ask(con, "list_of_month", first=month.start, after=month.end).to_pylist():
        place = line["service_id"], line["unit_id"]
        closing = line["opening"] + line["inflow"] - line["treated"] - line["removed"]
        delivered = {part: counts[*place, part] for part in ("completed", "waiting", "not_begun")}
        lines.append(line | {"closing": closing} | delivered)
    return lines


def about_sums(lines: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Yield where the delivery's counts are not those of the lake, and which units have gone silent."""
    for line in lines:
        if line["completed"] != line["treated"] or line["waiting"] + line["not_begun"] != line["closing"]:
            yield _of_all(
                "sum_differs",
                "error",
                Message(
                    "{service} vid {unit} går inte ihop: {treated} behandlade och {closing} väntande enligt lagret, "
                    "{completed} och {waiting} i leveransen. Rätta remisser som avslutades innan de kom in.",
                    service=line["service_id"],
                    unit=line["unit_id"],
                    treated=line["treated"],
                    closing=line["closing"],
                    completed=line["completed"],
                    waiting=line["waiting"] + line["not_begun"],
                ),
            )
    before, now = Counter[str](), Counter[str]()
    for line in lines:
        before[line["unit_id"]] += line["before"]
        now[line["unit_id"]] += line["inflow"] + line["treated"] + line["removed"]
    for unit, count in sorted(before.items()):
        if count >= _SILENT and not now[unit]:
            message = Message(
                "Enheten {unit} har inga händelser i månaden men hade {count} de tretton veckorna före. Saknas en fil?",
                unit=unit,
                count=count,
            )
            yield _of_all("silent_unit", "warning", message)


def names_someone(
    con: duckdb.DuckDBPyConnection, version: Version, parts: Mapping[Part, pa.Table]
) -> Iterator[Finding]:
    """Yield every delivered column that holds a key of a person, whole or as one word of a text."""
    texts = [
        {"part": part, "column": name, "text": text}
        for part, rows in parts.items()
        for name in rows.column_names
        if not name.startswith("_") and pa.types.is_string(rows[name].type)
        for text in pc.unique(rows[name].drop_null()).to_pylist()
    ]
    schema = pa.schema([("part", pa.string()), ("column", pa.string()), ("text", pa.string())])
    con.register("delivered", pa.Table.from_pylist(texts, schema))
    words = r"""select part, "column", text as word from delivered union
        select part, "column", unnest(regexp_split_to_array(text, '[\s,;|/]+')) from delivered"""
    for table in TABLES.values():
        for column in (one for one in table.columns if one.identity and table.name in version.tables):
            query = f"""select distinct part, "column" from ({words})
                where word in (select "{column.name}" from {table.name}) order by all"""
            for part, name in con.execute(query).fetchall():
                message = Message(
                    "Fältet {field} innehåller nycklar för personer ({table}.{column}). Välj ett annat underlag.",
                    field=name,
                    table=table.name,
                    column=column.name,
                )
                yield Finding(part, None, name, "identifier", "error", message)


def _of_all(code: str, severity: Severity, message: Message, column: str = "") -> Finding:
    return Finding("referrals", None, column, code, severity, message)
