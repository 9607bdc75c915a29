"""From a source's own sheet to one in the profile's columns: headings found, bands made rows, values translated."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vardbalans.data.findings import LISTED, Finding, shown
from vardbalans.data.memory import sql_over
from vardbalans.data.read.cells import is_missing
from vardbalans.data.read.draft import RawSheet, about_file
from vardbalans.data.read.matching import plain, unknown_headings
from vardbalans.data.read.moments import MONTHS
from vardbalans.data.read.profiles.document import Bands, Profile, Source
from vardbalans.data.read.profiles.rotated import rotated
from vardbalans.data.read.profiles.sense import BAND_NAMES, identities_of
from vardbalans.data.tables import Column, Table
from vardbalans.engine.messages import Message

__all__ = ["Arranged", "arranged"]

_NUMBERS = frozenset({"integer", "number", "share", "money_kr"})
_ENGLISH = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass
class Arranged:
    """A sheet in the profile's columns, one per source column and in their order, called ``§0``, ``§1`` …

    No heading in a file is called so. *headings* are what each stands under in the file, *found* what was found on
    the way, *unfit* the rows with a value that the profile does not know, *whole* how many rows there were before
    bands became rows.
    """

    sheet: RawSheet
    table: Table
    headings: tuple[str, ...]
    found: list[Finding]
    unfit: pa.Array
    whole: int


@dataclass
class _Work:
    """What is being arranged: the sheet, where each heading stands, and what was found."""

    sheet: RawSheet
    profile: Profile
    file: str
    places: dict[str, list[int]]
    found: list[Finding] = field(default_factory=list)
    used: set[int] = field(default_factory=set)
    unfit: list[pa.Array] = field(default_factory=list)

    def tell(self, column: str, code: str, message: Message) -> None:
        self.found.append(Finding(self.file, self.sheet.header_row, column, code, "error", message))


def arranged(sheet: RawSheet, profile: Profile, file: str) -> Arranged:
    """Return *sheet* in the columns of *profile*. A column that is absent is empty, and told when it is required."""
    # A file in a given encoding may still begin with the mark of it.
    given = replace(sheet, headers=tuple(header.strip("\ufeff") for header in sheet.headers))
    sheet = _without(given, profile)
    whole = len(sheet.rows)
    sheet, found = _long(sheet, profile.bands, file) if profile.bands else (sheet, [])
    work = _Work(sheet, profile, file, _places(sheet), [*found, *_rotated(given, profile, file)])
    columns = [_column(work, source) for source in profile.source]
    headings = tuple(heading for heading, _ in columns)
    table = _table(profile, headings, {index for index, (_, texts) in enumerate(columns) if texts is None})
    if sheet.first:
        strange = unknown_headings(table, _strange(work), file)
        work.found.extend(replace(item, row=sheet.header_row) for item in strange)
    texts = tuple(pa.nulls(len(sheet.rows), pa.string()) if texts is None else texts for _, texts in columns)
    unfit = pc.unique(pa.concat_arrays([pa.array([], pa.int64()), *work.unfit]))
    return Arranged(replace(sheet, headers=table.names, columns=texts), table, headings, work.found, unfit, whole)


def _places(sheet: RawSheet) -> dict[str, list[int]]:
    """Return where each heading stands, more than once where it is given twice."""
    places: dict[str, list[int]] = {}
    for index, header in enumerate(sheet.headers):
        places.setdefault(plain(header), []).append(index)
    return places


def _without(sheet: RawSheet, profile: Profile) -> RawSheet:
    """Return *sheet* less the rows with one of the values that the profile excludes; nothing is told of those."""
    places = _places(sheet)
    sources = {source.name: source for source in profile.source}
    for name, values in profile.exclude.items():
        found = next((places[plain(header)][0] for header in sources[name].headers if plain(header) in places), None)
        if found is not None:
            kept = pc.invert(pc.is_in(pc.utf8_trim_whitespace(sheet.columns[found]), pa.array(values, pa.string())))
            columns = tuple(column.filter(kept) for column in sheet.columns)
            sheet = replace(sheet, columns=columns, rows=sheet.rows.filter(kept))
    return sheet


def _table(profile: Profile, headings: Sequence[str], absent: Collection[int]) -> Table:
    """Return the source as a table under the *headings* it was found with; what is *absent* is not asked for."""
    identities = identities_of(profile)
    columns = tuple(
        Column(
            f"§{index}",
            source.type,
            source.required and index not in absent,
            "",
            headings[index],
            minimum=source.minimum,
            maximum=source.maximum,
            identity=identities.get(source.name, ""),
        )
        for index, source in enumerate(profile.source)
    )
    return Table(profile.name, profile.name, profile.sentence, "", Message(""), columns)


def _column(work: _Work, source: Source) -> tuple[str, pa.Array | None]:
    """Return the heading that *source* stands under and its texts, which are None when it is absent."""
    names = (*source.headers, *([source.above] if source.above else []))
    place = _place(work, names)
    if place is None:
        if source.required and work.sheet.first:
            work.tell(names[0], "missing_column", _absent(names))
        return names[0], None
    heading, texts = work.sheet.headers[place], work.sheet.columns[place]
    forms = (*source.forms, *(work.profile.forms if source.type in {"date", "datetime"} else ()))
    texts = _in_forms(texts, forms, source.type) if forms else texts
    if work.profile.thousands and source.type in _NUMBERS:
        texts = _ungrouped(texts, work.profile.thousands)
    if source.times:
        clock = _place(work, source.times)
        texts = texts if clock is None else _with_clock(texts, work.sheet.columns[clock])
    return heading, _translated(work, source, heading, texts) if source.values else texts


def _place(work: _Work, names: Sequence[str]) -> int | None:
    """Return where the first of *names* that is a heading stands; a second such heading is told."""
    for name in names:
        if found := work.places.get(plain(name)):
            if len(found) > 1 and found[0] not in work.used and work.sheet.first:
                twice = Message("Kolumnen {header} finns två gånger. Ta bort den ena.", header=name)
                work.tell(name, "column_twice", twice)
            work.used.update(found)
            return found[0]
    return None


def _absent(names: Sequence[str]) -> Message:
    return Message(
        "Kolumnen {header} saknas. Heter den något annat i filen, lägg till den rubriken i profilen.",
        header=" / ".join(names),
    )


def _strange(work: _Work) -> list[str]:
    """Return the headings that the profile neither uses nor ignores."""
    made = BAND_NAMES if work.profile.bands else ()
    return [
        header
        for index, header in enumerate(work.sheet.headers)
        if index not in work.used
        and header not in made
        and not any(header == name or fnmatchcase(header, name) for name in work.profile.ignored)
    ]


def _ungrouped(texts: pa.Array, mark: str) -> pa.Array:
    """Return numbers whose thousands are set apart by *mark* without it."""
    trimmed = pc.utf8_trim_whitespace(texts)
    grouped = pc.match_substring_regex(trimmed, rf"^[+\x{{2212}}-]?\d{{1,3}}([{mark}]\d{{3}})+([.,]\d+)?$")
    return pc.if_else(grouped, pc.replace_substring(trimmed, mark, ""), texts)


# Dates and times


def _in_forms(texts: pa.Array, forms: Sequence[str], kind: str) -> pa.Array:
    """Return dates written in one of *forms* as they are read everywhere; texts in none of them as they are."""
    encoded = pc.utf8_trim_whitespace(texts).dictionary_encode()
    distinct = encoded.dictionary
    named = any("%B" in form or "%b" in form for form in forms)
    spelled = pa.array([_in_english(text) for text in distinct.to_pylist()], pa.string()) if named else distinct
    # Names of months have been written out.
    listed = ", ".join("'" + form.replace("'", "''").replace("%b", "%B") + "'" for form in forms)
    to_the = "%Y-%m-%d"
    if kind == "datetime" and any("%H" in form for form in forms):
        to_the += " %H:%M:%S.%f"
    elif kind == "period" and not any("%d" in form or "%j" in form for form in forms):
        to_the = "%Y-%m"
    with sql_over(threads=1, texts=pa.table({"value": spelled})) as con:
        # A year of two digits under %Y is no year.
        sql = f"""
            select case when year(moment) > 999 then strftime(moment, '{to_the}') end as written
            from (select try_strptime(value, [{listed}]) as moment from texts)
        """
        written = con.sql(sql).to_arrow_table()["written"].combine_chunks()
    return pc.coalesce(written, distinct).take(encoded.indices)


def _in_english(text: str) -> str:
    """Return *text* with Swedish names of months in English, shortened ones written out."""
    return re.sub(r"[a-zA-Z]+", lambda found: _month(found[0]), text)


def _month(word: str) -> str:
    number = MONTHS.get(word.lower())
    return _ENGLISH[number - 1] if number else word


def _with_clock(days: pa.Array, clocks: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(days, clocks, " ", null_handling="skip")


# Values


def _translated(work: _Work, source: Source, heading: str, texts: pa.Array) -> pa.Array:
    """Return the source's own values as what they mean; those that the profile does not know are empty, and told."""
    encoded = pc.utf8_trim_whitespace(texts).dictionary_encode()
    distinct = encoded.dictionary.to_pylist()
    missing = is_missing(Column("", source.type, False, "", ""), encoded.dictionary).to_pylist()
    folded = {value.casefold(): meaning for value, meaning in source.values.items()}
    meanings, strange = [], []
    for text, is_mark in zip(distinct, missing, strict=True):
        meaning = source.values.get(text, folded.get(text.casefold(), None if text and not is_mark else text))
        strange.append(meaning is None)
        meanings.append(source.otherwise if meaning is None else meaning or None)
    counts = np.bincount(encoded.indices.drop_null().to_numpy(zero_copy_only=False), minlength=len(distinct))
    unknown = [(text, int(count)) for text, odd, count in zip(distinct, strange, counts, strict=True) if odd]
    if source.otherwise is None:
        odd = pc.fill_null(pa.array(strange, pa.bool_()).take(encoded.indices), False)
        work.unfit.append(work.sheet.rows.filter(odd))
        work.found.extend(_unmapped(work.file, heading, unknown))
    elif unknown:
        work.found.append(_other(work.file, heading, sum(count for _, count in unknown), source.otherwise))
    return pa.array(meanings, pa.string()).take(encoded.indices)


def _unmapped(file: str, heading: str, unknown: Sequence[tuple[str, int]]) -> list[Finding]:
    """Return a finding per value that the profile does not know, and one more for those past the listed."""
    told = [
        Message(
            "{header}: {value} finns inte bland profilens values ({count} rader). Lägg till vad det betyder.",
            header=heading,
            value=shown(value),
            count=count,
        )
        for value, count in unknown[:LISTED]
    ]
    if len(unknown) > LISTED:
        rest = sum(count for _, count in unknown[LISTED:])
        told.append(
            Message("{header}: {count} rader till har värden som profilen inte känner.", header=heading, count=rest)
        )
    return [Finding(file, None, heading, "unmapped_value", "error", message) for message in told]


def _other(file: str, heading: str, count: int, meaning: str) -> Finding:
    message = Message(
        "{header}: {count} celler med värden som inte står i profilen lästes som {meaning}.",
        header=heading,
        count=count,
        meaning=meaning or Message("tomma"),
    )
    return Finding(file, None, heading, "other_values", "info", message)


# Bands


def _long(sheet: RawSheet, bands: Bands, file: str) -> tuple[RawSheet, list[Finding]]:
    """Return *sheet* with its band columns turned into rows: columns days_from, days_to and count."""
    limits = {index: found for index, header in enumerate(sheet.headers) if (found := _band(header, bands))}
    kept = [index for index in range(len(sheet.headers)) if index not in limits]
    size, times = len(sheet.rows), len(limits)
    order = pa.array(np.tile(np.arange(size), times), pa.int64())
    columns = [sheet.columns[index].take(order) for index in kept]
    sides = [[band[side] for band in limits.values()] for side in (0, 1)]
    days = [pa.array(np.repeat(np.array(side, dtype=object), size), pa.string()) for side in sides]
    count = pa.concat_arrays([pa.array([], pa.string()), *(sheet.columns[index].cast(pa.string()) for index in limits)])
    headers = (*(sheet.headers[index] for index in kept), *BAND_NAMES)
    long = replace(sheet, headers=headers, columns=(*columns, *days, count), rows=sheet.rows.take(order))
    if not sheet.first:
        return long, []
    return long, _gaps(limits.values(), bands, file, sheet.header_row) or (
        [] if limits else [_no_bands(file, sheet.header_row)]
    )


def _gaps(limits: Iterable[tuple[str, str]], bands: Bands, file: str, row: int) -> list[Finding]:
    """Return a finding of the first days that no band has between two that are there: a column may be lacking.

    A source that publishes percentiles beside its bands has them all, and it stops the file.
    """
    edges = sorted((int(first), int(last) if last else None) for first, last in limits)
    for (_, last), (first, _) in pairwise(edges):
        if last is not None and first > last + 1:
            what = Message(
                "Inget väntetidsintervall har dagarna {first}–{last}. Saknas en kolumn? Exportera filen på nytt, eller "
                "rätta profilen; annars räknas det som att ingen har väntat så länge.",
                first=last + 1,
                last=first - 1,
            )
            return [about_file(file, "missing_band", "error" if bands.published else "warning", what, row)]
    return []


def _rotated(sheet: RawSheet, profile: Profile, file: str) -> list[Finding]:
    """Return the finding of band columns that the percentiles published beside them do not follow from."""
    if profile.bands is None or not profile.bands.published:
        return []
    bands = {place: found for place, header in enumerate(sheet.headers) if (found := _band(header, profile.bands))}
    return rotated(sheet, {place: int(first) for place, (first, _) in bands.items()}, profile, file)


def _no_bands(file: str, row: int) -> Finding:
    what = Message("Ingen rubrik är ett väntetidsintervall så som profilen beskriver dem. Rätta pattern i profilen.")
    return about_file(file, "missing_column", "error", what, row)


def _band(header: str, bands: Bands) -> tuple[str, str] | None:
    """Return the band a heading means, in days: first day and last day (empty when open)."""
    step = bands.step_days
    if limits := _numbers(bands.pattern, header):
        return str(limits[0] * step), str((limits[1] + bands.inclusive) * step - 1)
    if limits := _numbers(bands.open, header):
        return str(limits[0] * step), ""
    if limits := _numbers(bands.over, header):
        return str(limits[0] * step + 1), ""
    return None


def _numbers(form: str, header: str) -> list[int]:
    """Return the whole numbers that the groups of *form* find in *header*; none when it does not fit."""
    found = re.fullmatch(form, header) if form else None
    parts = found.groups() if found else ()
    return [int(part) for part in parts] if all(part and part.isdecimal() for part in parts) else []
