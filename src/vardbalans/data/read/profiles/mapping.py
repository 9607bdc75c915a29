"""From a source's own sheet to drafts of the contract's tables, through a profile."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from vardbalans.data.checks import UNREADABLE, check_table
from vardbalans.data.findings import Finding
from vardbalans.data.memory import sql_over
from vardbalans.data.read.draft import Draft, RawSheet
from vardbalans.data.read.profiles.document import Output, Profile, Taken
from vardbalans.data.read.profiles.sense import BAND_NAMES, sources_in
from vardbalans.data.read.profiles.sheets import Arranged, arranged
from vardbalans.data.read.typing import draft_of
from vardbalans.data.sources import SourceFile
from vardbalans.data.tables import TABLES, Column, Table
from vardbalans.engine.messages import Message

__all__ = ["mapped", "over_parts"]

_PERIODS = {
    "day": "strftime({0}, '%Y-%m-%d')",
    "week": "strftime({0}, '%G-W%V')",
    "month": "strftime({0}, '%Y-%m')",
    "month_end": "last_day({0})",
    "": "{0}",
}


def mapped(sheet: RawSheet, profile: Profile, file: SourceFile) -> list[Draft]:
    """Return the drafts of *sheet*, or of one part of it, read through *profile*; one per output.

    The first carries what was found in the source; rows with an error in the source are left out. An output that is
    *distinct* is so within the part only: its drafts say so, and the first row of a key wins over the whole delivery.
    One that is summed is so within the part only: :func:`over_parts` adds the parts up.
    """
    source = arranged(sheet, profile, file.name)
    draft = draft_of(source.sheet, source.table, file)
    checked = check_table(source.table, draft.rows, {}, today=None, unreadable=draft.unreadable)
    found = [*source.found, *(_in_source(item, source) for item in (*draft.findings, *checked))]
    rows = _sound(draft.rows, source, found)
    # Rows of one source row stand one band after the other: the first band holds every row once.
    whole = _sound(draft.rows.slice(0, source.whole), source, found)
    drafts = [
        _output(output, profile, rows if _uses_bands(output, profile) else whole, file) for output in profile.output
    ]
    if sheet.first:
        found += [item for output in profile.output for item in _lacking(output, file.name)]
    return [replace(drafts[0], findings=found), *drafts[1:]]


def over_parts(drafts: Iterable[Draft], profile: Profile) -> Iterator[Draft]:
    """Yield *drafts* of the parts of a file with the summed outputs of *profile* added up, last, over all parts."""
    summed = {output.table: output for output in profile.output if output.sum}
    held: dict[str, Draft] = {}
    for draft in drafts:
        output = summed.get(draft.table)
        if output is None:
            yield draft
            continue
        if draft.findings:
            yield replace(draft, rows=draft.rows.slice(0, 0))
        before = held.get(draft.table, replace(draft, rows=draft.rows.slice(0, 0)))
        together = pa.concat_tables([before.rows, draft.rows])
        held[draft.table] = replace(draft, rows=_summed(together, output), findings=[])
    yield from held.values()


def _in_source(finding: Finding, source: Arranged) -> Finding:
    """Return *finding* with the source's own heading in place of the column's name here."""
    names = dict(zip(source.table.names, source.headings, strict=True))
    return replace(finding, column=names.get(finding.column, finding.column))


def _sound(rows: pa.Table, source: Arranged, found: Iterable[Finding]) -> pa.Table:
    """Return *rows* less those that something is wrong with in the source."""
    wrong = [item for item in found if item.severity == "error"]
    if any(item.code in {"missing_column", "column_twice"} for item in wrong):
        return rows.slice(0, 0)
    numbers = pa.array(sorted({item.row for item in wrong if item.row}), pa.int64())
    return rows.filter(pc.invert(pc.is_in(rows["_row"], pa.concat_arrays([numbers, source.unfit]))))


def _uses_bands(output: Output, profile: Profile) -> bool:
    names = {source.name for source in profile.source if set(source.headers) & set(BAND_NAMES)} if profile.bands else {}
    used = [name for value in output.columns.values() for name in sources_in(value)]
    return any(name in names for name in (*used, output.present, *output.only))


def _output(output: Output, profile: Profile, rows: pa.Table, file: SourceFile) -> Draft:
    """Return one table of the contract made from the typed source rows."""
    table = TABLES[output.table]
    places = {source.name: f'"§{index}"' for index, source in enumerate(profile.source)}
    made = {
        name: _of_system(_expression(table.column(name), value, places), table.column(name), profile)
        for name, value in output.columns.items()
    }
    selected = ", ".join(f'{made.get(name, "null")} as "{name}"' for name in table.names)
    kept = [f"{places[output.present]} is not null"] if output.present else []
    kept += [_among(places[name], values) for name, values in output.only.items()]
    query = f"select {selected}, _file, _row from source where {' and '.join(kept) or 'true'}"
    if output.distinct:
        key = ", ".join(f'"{name}"' for name in table.key)
        query = f"select * from (select distinct on ({key}) * from ({query}) order by {key}, _row) order by _row"
    with sql_over(threads=1, source=_without_zone(rows)) as con:
        result = con.sql(query).to_arrow_table()
    absent = [column.name for column in _absent(output)]
    unreadable = pa.table([absent, [file.name] * len(absent), [None] * len(absent)], schema=UNREADABLE)
    found = result.cast(table.schema())
    return Draft(
        table.name,
        _summed(found, output) if output.sum else found,
        [],
        file,
        unreadable,
        distinct=output.distinct,
    )


def _expression(column: Column, value: object, places: dict[str, str]) -> str:
    """Return the SQL of one output column."""
    if isinstance(value, Taken):
        taken = _PERIODS[value.part].format(places[value.source])
        return f"cast({taken} as varchar)" if column.type == "text" else taken
    if not isinstance(value, str):
        # Kronor in the profile as in files, öre in the table.
        return str(round(value * 100)) if column.type == "money_kr" else str(value)  # type: ignore[operator]
    parts = [
        f"cast({places[part[1:-1]]} as varchar)" if part.startswith("{") else _literal(part)
        for part in re.split(r"(\{\w+\})", value)
        if part
    ]
    return " || ".join(parts) or "null"


def _of_system(key: str, column: Column, profile: Profile) -> str:
    """Return the SQL of a person's key as ``system|value`` where the profile says whose numbers they are."""
    system = profile.identifiers.get(column.identity) if column.identity else None
    return f"case when strpos({key}, '|') > 1 then {key} else {_literal(system + '|')} || {key} end" if system else key


def _among(place: str, values: Iterable[str]) -> str:
    """Return SQL that tells whether a source column has one of *values*; an empty one has none."""
    listed = ", ".join(map(_literal, values))
    return f"coalesce(cast({place} as varchar) in ({listed}), false)" if listed else "false"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _without_zone(rows: pa.Table) -> pa.Table:
    """Return *rows* with instants as plain UTC, which DuckDB handles without its time zone extension."""
    plain = [pa.timestamp("us") if pa.types.is_timestamp(field.type) else field.type for field in rows.schema]
    return rows.cast(pa.schema(list(zip(rows.schema.names, plain, strict=True))))


def _summed(rows: pa.Table, output: Output) -> pa.Table:
    """Return *rows* with one row per key: the summed columns added up, the others and the origin of the first."""
    table = TABLES[output.table]
    key = ", ".join(f'"{name}"' for name in table.key)
    picked = ", ".join(
        f'"{name}"' if name in table.key else f'{_total(name, output)} as "{name}"' for name in (*table.names, "_file")
    )
    with sql_over(rows=_without_zone(rows)) as con:
        found = con.sql(f"select {picked}, min(_row) as _row from rows group by {key} order by min(_row), {key}")
        return found.to_arrow_table().cast(rows.schema)


def _total(name: str, output: Output) -> str:
    return f'sum("{name}")' if name in output.sum else f'arg_min("{name}", _row)'


def _absent(output: Output) -> list[Column]:
    return [column for column in TABLES[output.table].columns if column.required and column.name not in output.columns]


def _lacking(output: Output, file: str) -> Iterator[Finding]:
    """Yield a finding per column that the table must have and the profile does not make."""
    table: Table = TABLES[output.table]
    for column in _absent(output):
        message = Message(
            "Profilen ger ingen {header} ({name}) till tabellen {table}. Lägg till kolumnen under [output.columns].",
            header=column.header,
            name=column.name,
            table=table.title,
        )
        yield Finding(file, None, column.file_name, "missing_output", "error", message)
