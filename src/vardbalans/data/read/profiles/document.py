"""A profile as a document: what may stand in its TOML file, read and written without loss."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from vardbalans.data.read.header_rows import Sought
from vardbalans.data.tables import Column, Table, Type
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = ["Bands", "Output", "Profile", "Source", "Taken", "bad_profile", "parsed", "profile_text"]

Names = str | tuple[str, ...]
"""One text, or several of which any will do."""


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of the document. What it does not know is a mistake, most often in spelling."""


class Source(_Part, frozen=True):
    """A column of the source's own file.

    It is called *name* in the outputs, and stands under *header* (any of several), or beside the label *above* the
    headings. Cells are of *type*, dates written in *form* (strptime, any of several), the clock time of a datetime
    perhaps in a column of its own under *time*. *values* are the source's own values with what they mean, *otherwise*
    what every other value means; an empty text is no value.
    """

    name: str
    header: Names = ()
    type: Type = "text"
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    above: str = ""
    form: Names = ()
    time: Names = ()
    values: dict[str, str] = {}
    otherwise: str | None = None

    @property
    def headers(self) -> tuple[str, ...]:
        """Return every heading the column may stand under, the best known first; none when it is a label."""
        return _all(self.header)

    @property
    def times(self) -> tuple[str, ...]:
        """Return every heading that its clock time may stand under."""
        return _all(self.time)

    @property
    def forms(self) -> tuple[str, ...]:
        """Return the forms its dates are written in."""
        return _all(self.form)


class Bands(_Part, frozen=True):
    """Headings that are bands of waiting time, in steps of *step_days*: regular expressions.

    *pattern* has groups from and to; the upper limit belongs to the band when it is *inclusive*, else it is the first
    of the next. *open* has one group, the first of a band without upper limit; *over* the last before such a band.
    *published* are headings of percentiles of the waiting time, in steps, by their share (``"0.5"`` is the median):
    where they do not follow from the bands, columns have changed places. *limit* is the guarantee (of the table
    services) whose limit the share within is held against.
    """

    pattern: str
    open: str = ""
    over: str = ""
    step_days: int = 1
    inclusive: bool = False
    published: dict[str, str] = {}
    limit: str = ""


class Taken(_Part, frozen=True):
    """The value of one source column, of a date perhaps only its day, week, month or the month's last day."""

    source: str = msgspec.field(name="from")
    part: Literal["", "day", "week", "month", "month_end"] = msgspec.field(default="", name="as")


class Output(_Part, frozen=True):
    """One table of the contract and how its columns are made.

    Rows without a value in the source column *present*, and rows whose source columns do not have one of the values in
    *only*, are left out. *distinct*: one row per key. *sum*: columns added up over the rows of a key.
    """

    table: str
    columns: Mapping[str, bool | int | float | str | Taken]
    distinct: bool = False
    present: str = ""
    only: dict[str, tuple[str, ...]] = {}
    sum: tuple[str, ...] = ()


class Profile(_Part, frozen=True):
    """A source's own mapping: how its file is written, its columns, and the tables they become.

    *thousands* is the mark between thousands where that is a comma or a dot (spaces need not be told). *ignored* are
    headings known of but not used (``*`` and ``?`` as in file names), *exclude* source columns with values, as they
    stand in the file, whose rows are left out, *sheet* the sheets of a workbook (by default the first), *skip* the
    number of rows above the headings (by default they are looked for), *identifiers* the system that keys of patients
    and staff are numbers in, where it is the source's own (national numbers are recognised by themselves).
    """

    name: str
    sentence: str
    source: tuple[Source, ...]
    output: tuple[Output, ...]
    encoding: str = ""
    delimiter: str = ""
    decimal: Literal[",", "."] | None = None
    thousands: Literal["", ",", "."] = ""
    form: Names = ()
    sheet: Names = ()
    skip: int | None = None
    ignored: tuple[str, ...] = ()
    exclude: dict[str, tuple[str, ...]] = {}
    identifiers: dict[Literal["patient", "staff"], str] = {}
    bands: Bands | None = None

    @property
    def meaning(self) -> Message:
        """Return the sentence that says what the profile reads."""
        return Message(self.sentence.replace("{", "{{").replace("}", "}}"))

    @property
    def sheets(self) -> tuple[str, ...]:
        """Return the names of the sheets to read; empty for the first."""
        return _all(self.sheet)

    @property
    def forms(self) -> tuple[str, ...]:
        """Return the forms that dates of every column may be written in, after the column's own."""
        return _all(self.form)

    @property
    def sought(self) -> Sought:
        """Return what to look for at the beginning of a file of this source."""
        names = [name for column in self.source for name in (*column.headers, *column.times)]
        columns = tuple(Column(name, "text", False, "", name) for name in dict.fromkeys(names))
        labels = tuple(column.above for column in self.source if column.above)
        return Sought((Table(self.name, self.name, self.sentence, "", Message(""), columns),), self.skip, labels)


def _all(names: Names) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else names


# Reading


def parsed(name: str, text: str) -> Profile:
    """Return the profile called *name* that *text* (TOML) describes. Raises BadInput that says where it is wrong.

    Only its shape is looked at; :func:`vardbalans.data.read.profiles.profile_of` also asks whether it makes sense.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+), column (\d+)", str(error))
        where = (
            Message("rad {row}, tecken {column}", row=place[1], column=place[2]) if place else Message("filens slut")
        )
        what = Message("raden är inte skriven som TOML. Kontrollera citattecken, hakparenteser och likhetstecken.")
        raise bad_profile(name, where, what) from error
    if "name" in content:
        raise bad_profile(name, "name", Message("profilens namn är filens namn. Ta bort raden."))
    try:
        return msgspec.convert({"name": name, **content}, Profile)
    except msgspec.ValidationError as error:
        raise bad_profile(name, _place(str(error)), _explained(str(error))) from error


def bad_profile(name: str, where: Message | str, what: Message) -> BadInput:
    """Return the error that says *what* is wrong in the profile called *name*, and *where*."""
    return BadInput(Message("Profilen {name}, {where}: {what}", name=name, where=where, what=what))


def _place(error: str) -> Message | str:
    """Return the place in msgspec's sentence, ``at `$.source[1].type```, as a place in the file."""
    found = re.search(r"`\$\.?([^`]*)`$", error)
    path = found[1].replace("[...]", "") if found else ""
    if not path:
        return Message("överst i filen")
    if listed := re.fullmatch(r"(source|output)\[(\d+)\]\.?(.*)", path):
        field = f", {listed[3]}" if listed[3] else ""
        return Message("[[{part}]] nummer {number}{field}", part=listed[1], number=int(listed[2]) + 1, field=field)
    return path


def _explained(error: str) -> Message:
    """Return what msgspec's sentence means to the one who wrote the file."""
    if found := re.search(r"unknown field `(.*?)`", error):
        return Message("{field} finns inte. Rätta stavningen, eller ta bort raden.", field=found[1])
    if found := re.search(r"missing required field `(.*?)`", error):
        return Message("{field} saknas. Lägg till raden.", field=found[1])
    if found := re.search(r"Invalid enum value '?(.*?)'?(?: - at|$)", error):
        return Message("{value} kan inte stå här. Anvisningen räknar upp vad som kan.", value=found[1])
    return Message("värdet är av fel slag ({detail}).", detail=error.partition(" - at")[0])


# Writing


def profile_text(profile: Profile) -> str:
    """Return *profile* as TOML; read again it is the same profile."""
    return "\n".join(_lines(msgspec.to_builtins(profile))).strip() + "\n"


def _lines(document: dict[str, Any]) -> Iterator[str]:
    del document["name"]
    tables = {name: document.pop(name) for name in ("exclude", "identifiers", "bands") if name in document}
    sources, outputs = document.pop("source"), document.pop("output")
    yield from _pairs(document)
    for name, table in tables.items():
        yield from ("", f"[{name}]", *_pairs(table))
    for source in sources:
        yield from ("", "[[source]]", *_pairs(source))
    for output in outputs:
        columns = output.pop("columns")
        yield from ("", "[[output]]", *_pairs(output), "[output.columns]", *_pairs(columns))


def _pairs(table: Mapping[str, Any]) -> Iterator[str]:
    for name, value in table.items():
        yield f"{_key(name)} = {_value(value)}"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quoted(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(_pairs(value)) + " }" if value else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return repr(value)


def _quoted(text: str) -> str:
    """Return *text* as a basic string. JSON's escapes are TOML's; TOML also wants the delete character escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
