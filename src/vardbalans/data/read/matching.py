"""Which table a name means, and which column a heading means. Names match in English or Swedish, any case."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vardbalans.data.findings import Finding, shown
from vardbalans.data.tables import TABLES, Column, Table
from vardbalans.engine.messages import Message

__all__ = ["Heading", "headings", "known_headings", "plain", "removed_from", "table_named", "unknown_headings"]

_IDENTIFYING = re.compile(
    r"(?:patient(?:ens?|s)?|person(?:ens)?|medarbetar(?:ens?)?|anställds?|anhörigs?|employee|staff)?(?:"
    r"(?:för|for|efter|mellan|tilltals|fullständigt)?namn|(?:first|last|given|family|middle|sur|full)?name"
    r"|(?:gatu|post|hem|bostads|folkbokförings|co)?adress|gata|(?:street|home|postal)?address|street"
    r"|post(?:nummer|nr|ort|code)|postalcode|zip(?:code)?"
    r"|(?:hem|arbets|mobil)?telefon(?:nummer|nr)?|(?:tel|tfn|mobil)(?:nummer|nr)?"
    r"|(?:home|mobile)?phone(?:number)?|mobile(?:number)?"
    r"|epost(?:adress)?|e?(?:mail|mejl)(?:adress|address)?"
    r"|(?:person|samordnings|reserv)(?:nummer|nr)|pnr|ssn|personal(?:identity)?number"
    r"|anhörig|närstående|kontaktperson|nextofkin)"
)
"""Headings that tell who someone is or how to reach them, in lower-case letters alone."""


def table_named(name: str) -> Table | None:
    """Return the table that a file's stem or a sheet's name means, or None.

    ``contacts``, ``contacts_2025``, ``01 Vårdkontakter`` and ``Vårdkontakter 2025`` all mean contacts. The longest
    name that fits is taken.
    """
    wanted = re.sub(r"^\d+_", "", plain(name))
    fitting = [
        (len(known), table)
        for table in TABLES.values()
        for known in (plain(table.name), plain(table.title))
        if re.fullmatch(rf"{re.escape(known)}(_?\d.*)?", wanted)
    ]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


def removed_from(name: str) -> Table | None:
    """Return the keys of the table that a name such as ``delete_contacts`` or ``Ta bort vårdkontakter`` means.

    None when the name does not begin so.
    """
    found = re.fullmatch(r"(?:\d+_)?(?:delete|ta_bort)_(.+)", plain(name))
    return table.keys() if found and (table := table_named(found[1])) else None


@dataclass(frozen=True)
class Heading:
    """Where one column of the contract stands in a file; *in_ore* when money is given in öre, not kronor."""

    index: int
    column: Column
    in_ore: bool = False


def headings(table: Table, headers: Sequence[str], file: str) -> tuple[list[Heading], list[Finding]]:
    """Match *headers* to the columns of *table*; tell which are unknown, given twice, or missing though required."""
    known = _names(table)
    found: dict[str, Heading] = {}
    findings = []
    for index, header in enumerate(headers):
        match = known.get(plain(header))
        if match is None:
            if header:
                findings.append(_unknown(table, file, header))
        elif match[0].name in found:
            findings.append(_twice(file, match[0]))
        else:
            found[match[0].name] = Heading(index, *match)
    missing = [column for column in table.columns if column.required and column.name not in found]
    return list(found.values()), findings + [_absent(file, column) for column in missing]


def known_headings(table: Table) -> frozenset[str]:
    """Return every heading that means a column of *table*, as :func:`plain` gives it."""
    return frozenset(_names(table))


def unknown_headings(table: Table, headers: Sequence[str], file: str) -> list[Finding]:
    """Return what to say about *headers* that mean nothing in *table*; empty ones are passed over."""
    return [_unknown(table, file, header) for header in headers if header]


def _names(table: Table) -> dict[str, tuple[Column, bool]]:
    """Return every heading that means a column of *table*; stored names of money columns mean öre."""
    known = {plain(column.name): (column, column.type == "money_kr") for column in table.columns}
    known |= {plain(column.file_name): (column, False) for column in table.columns}
    return known | {plain(column.header): (column, False) for column in table.columns}


def plain(name: str) -> str:
    """Return a heading or a table's name as it is compared: any case, any of space, hyphen and underscore."""
    return re.sub(r"[\s_-]+", "_", name.strip().strip("*\ufeff").strip().casefold())


def _unknown(table: Table, file: str, header: str) -> Finding:
    """Return what to say of a heading that means no column. It may itself be data: a file may lack its headings."""
    named = shown(header)
    if any(column.identity for column in table.columns) and _is_identifying(header):
        left_out = Message(
            "Kolumnen {header} lästes inte: namn, nummer och kontaktuppgifter om personer sparas aldrig.", header=named
        )
        return Finding(file, 1, named, "identifying_column", "info", left_out)
    return Finding(
        file,
        1,
        named,
        "unknown_column",
        "warning",
        Message("Kolumnen {header} känns inte igen och lästes inte. Rätta rubriken om den ska med.", header=named),
    )


def _is_identifying(header: str) -> bool:
    """Tell whether *header* means a name, a number or a way to reach someone: ``Förnamn``, ``Patientens e-post 2``."""
    return _IDENTIFYING.fullmatch(re.sub(r"[\W\d_]", "", header.casefold())) is not None


def _twice(file: str, column: Column) -> Finding:
    return Finding(
        file,
        1,
        column.file_name,
        "column_twice",
        "error",
        Message("Kolumnen {header} finns två gånger. Ta bort den ena.", header=column.header),
    )


def _absent(file: str, column: Column) -> Finding:
    return Finding(
        file,
        1,
        column.file_name,
        "missing_column",
        "error",
        Message(
            "Kolumnen {header} ({name}) saknas. Lägg till den; mallen visar hur den ska se ut.",
            header=column.header,
            name=column.file_name,
        ),
    )
