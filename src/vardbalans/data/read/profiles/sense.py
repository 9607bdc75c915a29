"""Whether a profile makes sense: what it names exists, and every value fits the column of the contract it goes to."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date

from vardbalans.data.read.profiles.document import Bands, Output, Profile, Source, Taken, bad_profile
from vardbalans.data.tables import TABLES, Column, Table, Type
from vardbalans.data.tables.contract import Identity
from vardbalans.engine.errors import BadPeriod
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Period

__all__ = ["BAND_NAMES", "identities_of", "require_sense", "sources_in"]

BAND_NAMES = ("days_from", "days_to", "count")
"""Headings that a profile with bands has besides those in the file."""

Fault = tuple[Message | str, Message]
"""Where something is wrong, and what."""

_FITS: dict[Type, frozenset[Type]] = {
    "text": frozenset({"text"}),
    "integer": frozenset({"integer", "number", "text"}),
    "number": frozenset({"number", "share"}),
    "share": frozenset({"share", "number"}),
    "date": frozenset({"date"}),
    "datetime": frozenset({"datetime"}),
    "boolean": frozenset({"boolean"}),
    "period": frozenset({"period", "text"}),
    "money_kr": frozenset({"money_kr"}),
}
_IN_TEXT = frozenset({"text", "integer", "date", "period"})
_DIRECTIVES = frozenset(["%Y", "%y", "%m", "%d", "%H", "%M", "%S", "%f", "%B", "%b", "%j", "%%"])
_WITH_FORM = frozenset({"date", "datetime", "period"})


def require_sense(profile: Profile) -> Profile:
    """Return *profile*. Raises BadInput about the first thing in it that makes no sense."""
    for where, what in _faults(profile):
        raise bad_profile(profile.name, where, what)
    return profile


def sources_in(value: object) -> tuple[str, ...]:
    """Return the names of the source columns that the value of an output column is made from."""
    if isinstance(value, Taken):
        return (value.source,)
    return tuple(re.findall(r"\{(\w*)\}", value)) if isinstance(value, str) else ()


def identities_of(profile: Profile) -> dict[str, Identity]:
    """Return which source columns hold keys of people, by the columns of the contract they go to."""
    found: dict[str, Identity] = {}
    for output in profile.output:
        for name, value in output.columns.items():
            if identity := TABLES[output.table].column(name).identity:
                found |= dict.fromkeys(sources_in(value), identity)
    return found


def _faults(profile: Profile) -> Iterator[Fault]:
    yield from _file_faults(profile)
    if not profile.source or not profile.output:
        yield Message("överst i filen"), Message("det behövs minst en [[source]] och en [[output]].")
    times = Counter(source.name for source in profile.source)
    for source in profile.source:
        where = f"[[source]] {source.name}"
        if times[source.name] > 1 or not re.fullmatch(r"\w+", source.name):
            yield where, Message("namnet ska vara ett ord av bokstäver, siffror och _, och bara finnas en gång.")
        yield from ((where, what) for what in _source_faults(source))
    known = {source.name: source for source in profile.source}
    for name in profile.exclude:
        yield from _unknown("[exclude]", name, known)
    totals = Counter(output.table for output in profile.output)
    for output in profile.output:
        where = f"[[output]] {output.table}"
        if output.sum and totals[output.table] > 1:
            yield where, Message("en tabell med sum kan bara komma ur en [[output]].")
        yield from _output_faults(where, output, known)
    # Only now are all names known to be right.
    yield from _exposed(profile)


def _exposed(profile: Profile) -> Iterator[Fault]:
    """Yield where a key of a person goes to a column that is not stored as a pseudonym."""
    keys = identities_of(profile)
    for output in profile.output:
        for name, value in output.columns.items():
            for source in sources_in(value):
                if source in keys and TABLES[output.table].column(name).identity != keys[source]:
                    what = Message(
                        "{source} är en nyckel för personer och får inte stå i {name}.", source=source, name=name
                    )
                    yield f"[[output]] {output.table}", what


def _file_faults(profile: Profile) -> Iterator[Fault]:
    """Yield what is wrong in how the file is said to be written."""
    if profile.encoding and not _is_encoding(profile.encoding):
        yield "encoding", Message("teckenkoden {value} är inte känd.", value=profile.encoding)
    if profile.delimiter and (len(profile.delimiter) > 1 or profile.delimiter in '"\r\n'):
        yield "delimiter", Message("skiljetecknet ska vara ett tecken, till exempel ; eller \\t.")
    if profile.thousands and profile.thousands == profile.decimal:
        yield "thousands", Message("tusental och decimaler kan inte ha samma tecken.")
    if profile.skip is not None and profile.skip < 0:
        yield "skip", Message("antalet rader kan inte vara negativt.")
    yield from (("form", what) for what in _form_faults(profile.forms))
    for system in profile.identifiers.values():
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", system):
            what = Message("{system} ska vara gemener, siffror och bindestreck.", system=system)
            yield "[identifiers]", what
    if profile.bands:
        yield from (("[bands]", what) for what in _band_faults(profile.bands))


def _band_faults(bands: Bands) -> Iterator[Message]:
    for form, groups in ((bands.pattern, 2), (bands.open, 1), (bands.over, 1)):
        if form and _groups(form) != groups:
            yield Message("{form} ska vara ett reguljärt uttryck med {count} grupper.", form=form, count=groups)
    if bands.step_days < 1:
        yield Message("step_days ska vara minst 1.")
    for share in bands.published:
        if not re.fullmatch(r"0\.\d+", share):
            yield Message("published ska ange andelar mellan 0 och 1, till exempel 0.5, inte {share}.", share=share)
    known = TABLES["services"].column("guarantee").allowed
    if bands.limit and bands.limit not in known:
        yield Message("limit ska vara en av {names}, inte {limit}.", names=", ".join(known), limit=bands.limit)


def _is_encoding(name: str) -> bool:
    try:
        "".encode(name)
    except (LookupError, UnicodeError, ValueError):
        return False
    return True


def _groups(form: str) -> int:
    """Return the number of groups in a regular expression; -1 when it is none."""
    try:
        return re.compile(form).groups
    except re.error:
        return -1


def _source_faults(source: Source) -> Iterator[Message]:
    if not source.headers and not source.above:
        yield Message("ange header (rubriken) eller above (texten ovanför rubrikerna).")
    if source.forms and source.type not in _WITH_FORM:
        yield Message("form kan bara anges för date, datetime och period.")
    if source.times and source.type != "datetime":
        yield Message("time kan bara anges för datetime.")
    if source.otherwise is not None and not source.values:
        yield Message("otherwise kan bara anges tillsammans med values.")
    yield from _form_faults(source.forms)


def _form_faults(forms: tuple[str, ...]) -> Iterator[Message]:
    known = " ".join(sorted(_DIRECTIVES))
    for form in forms:
        if strange := [part for part in re.findall(r"%.?", form) if part not in _DIRECTIVES]:
            yield Message(
                "{part} i formen {form} är inte känd. Använd {known}.", part=strange[0], form=form, known=known
            )


def _output_faults(where: str, output: Output, known: dict[str, Source]) -> Iterator[Fault]:
    table = TABLES.get(output.table)
    if table is None:
        yield where, Message("tabellen finns inte. Välj någon av: {known}.", known=", ".join(TABLES))
        return
    for name in (output.present, *output.only):
        if name:
            yield from _unknown(where, name, known)
    for name in (*output.columns, *output.sum):
        if name not in table.names:
            what = Message(
                "kolumnen {name} finns inte. Välj någon av: {known}.", name=name, known=", ".join(table.names)
            )
            yield where, what
            return
    for name in output.sum:
        if name in table.key or table.column(name).type not in {"integer", "number", "money_kr"}:
            yield where, Message("{name} kan inte summeras; det kan bara tal utanför nyckeln.", name=name)
    yield from _column_faults(where, table, output, known)


def _column_faults(where: str, table: Table, output: Output, known: dict[str, Source]) -> Iterator[Fault]:
    for name, value in output.columns.items():
        column = table.column(name)
        if strange := [source for source in sources_in(value) if source not in known]:
            yield from _unknown(where, strange[0], known)
        elif isinstance(value, Taken):
            yield from ((where, what) for what in _taken_faults(column, value, known[value.source]))
        elif not _fits(column, value, known):
            yield (
                where,
                Message("{name} kan inte få {value}; kolumnen är {kind}.", name=name, value=value, kind=column.type),
            )


def _taken_faults(column: Column, taken: Taken, source: Source) -> Iterator[Message]:
    made: Type = {"month_end": "date", "": source.type}.get(taken.part, "period")
    if taken.part and source.type != "date":
        yield Message("as kan bara användas på datum, och {source} är {kind}.", source=source.name, kind=source.type)
    elif column.type not in _FITS[made]:
        yield Message(
            "{name} är {wanted} och kan inte tas ur {source}, som är {kind}.",
            name=column.name,
            wanted=column.type,
            source=source.name,
            kind=made,
        )
    meanings = {*source.values.values(), source.otherwise or ""} - {""} if column.choices else set()
    for meaning in sorted(meanings - set(column.allowed)):
        yield Message(
            "{meaning} är inget värde för {name}. Välj något av: {known}.",
            meaning=meaning,
            name=column.name,
            known=", ".join(column.allowed),
        )


def _fits(column: Column, value: bool | float | str, known: dict[str, Source]) -> bool:
    """Tell whether a constant, or a text with source names in braces, can be a value of *column*."""
    if isinstance(value, bool):
        return column.type == "boolean"
    if isinstance(value, int | float):
        return column.type in {"integer", "number", "share", "money_kr"} and (
            column.type != "integer" or value == int(value)
        )
    if names := sources_in(value):
        return column.type == "text" and all(known[name].type in _IN_TEXT for name in names)
    if column.type == "text":
        return not column.choices or value in column.allowed
    return _is_period(value) if column.type == "period" else column.type == "date" and _is_date(value)


def _is_period(value: str) -> bool:
    try:
        Period.parse(value)
    except BadPeriod:
        return False
    return True


def _is_date(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _unknown(where: str, name: str, known: dict[str, Source]) -> Iterator[Fault]:
    if name not in known:
        what = Message("{name} är ingen [[source]]. Det finns: {known}.", name=name, known=", ".join(known))
        yield where, what
