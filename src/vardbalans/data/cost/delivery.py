"""The delivery of cost per patient: a row per contact by a field mapping that is data, when the controls hold.

Which fields, from what, with which codes stands in a TOML file; the shipped ``kpp-utkast.toml`` is a draft of our own
that explains itself. No key of a patient or a contact can be delivered: they are not among the values.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from contextlib import closing
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import msgspec
from msgspec import Struct

from vardbalans.data.queries import quoted
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = ["KppMapping", "deliver", "read_kpp_mapping"]

Row = dict[str, Any]
_DRAFT = "kpp-utkast.toml"

VALUES: Mapping[str, str] = {
    "number": "row_number() over (order by month, unit_id, service_id, drg, diagnosis, ore)",
    "month": "month",
    "unit_id": "unit_id",
    "service_id": "service_id",
    "kind": "kind",
    "form": "case when is_inpatient then 'inpatient' else 'outpatient' end",
    "drg": "drg",
    "drg_weight": "replace(drg_weight::text, '.', ',')",
    "diagnosis": "diagnosis",
    "ore": "ore",
    "kronor": "replace((ore / 100)::decimal(18, 2)::text, '.', ',')",
    "outlier": "is_outlier::text",
}
"""What a field may be made from, as SQL over the run's contacts."""


class KppField(Struct, frozen=True, forbid_unknown_fields=True, rename={"value": "from"}):
    """One field of the file: from a value of :data:`VALUES`, or a constant; *codes* gives the receiver's."""

    name: str
    meaning: str
    value: str = ""
    constant: str = ""
    codes: dict[str, str] = {}


class KppMapping(Struct, frozen=True, forbid_unknown_fields=True, rename={"fields": "field"}):
    """A mapping as its TOML file says."""

    name: str
    version: str
    draft: bool
    valid_from: date
    source: str
    fields: tuple[KppField, ...]


def read_kpp_mapping(path: Path | None = None) -> tuple[KppMapping, str]:
    """Return the mapping in the file at *path* (or the shipped draft) and its sha256. Raises BadInput."""
    name = path.name if path else _DRAFT
    try:
        content = path.read_bytes() if path else files(__package__).joinpath(_DRAFT).read_bytes()
        mapping = msgspec.convert(tomllib.loads(content.decode()), KppMapping)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise BadInput(
            Message("Mappningen {file} går inte att läsa: {reason}", file=name, reason=str(error))
        ) from error
    for one in mapping.fields:
        if bool(one.value) == bool(one.constant) or (one.value and one.value not in VALUES):
            raise BadInput(
                Message(
                    "Mappningen {file}: fältet {name} ska ha constant, eller from med något av: {known}.",
                    file=name,
                    name=one.name,
                    known=", ".join(VALUES),
                )
            )
    return mapping, hashlib.sha256(content).hexdigest()


def deliver(folder: Path, document: Row, kept: Path, mapping: KppMapping) -> Path:
    """Write the run kept in *kept* as one csv in *folder* by *mapping*, and return its path.

    Raises BadInput where a control of the run does not hold, or a value has no code: then nothing is written.
    """
    failed = [row["control"] for row in document["controls"] if row["passed"] is False]
    if failed:
        raise BadInput(
            Message("Leveransen skrivs inte: kontrollerna {controls} är inte godkända.", controls=", ".join(failed))
        )
    source = f"read_parquet('{quoted(kept / 'costed.parquet')}')"
    with closing(duckdb.connect()) as con:
        con.execute("set enable_progress_bar = false")
        for one in mapping.fields:
            _require_codes(con, source, one)
        columns = ", ".join(f'{_made(one)} as "{one.name.replace(chr(34), "")}"' for one in mapping.fields)
        path = folder / f"kpp_leverans_{document['period'].replace('..', '_')}.csv"
        con.execute(
            f"copy (select {columns} from {source} order by month, unit_id, service_id, drg, diagnosis, ore) "
            f"to '{quoted(path)}' (format csv, header, delimiter ';')"
        )
    return path


def _made(one: KppField) -> str:
    if one.constant:
        return f"'{_escaped(one.constant)}'"
    if not one.codes:
        return VALUES[one.value]
    cases = " ".join(f"when '{_escaped(value)}' then '{_escaped(code)}'" for value, code in one.codes.items())
    return f"case {VALUES[one.value]} {cases} end"


def _require_codes(con: duckdb.DuckDBPyConnection, source: str, one: KppField) -> None:
    """Raise BadInput where the contacts hold a value that the field has no code for."""
    if not one.codes or not one.value:
        return
    found = con.execute(f"select distinct {VALUES[one.value]}::text from {source}").fetchall()
    missing = sorted(value for (value,) in found if value is not None and value not in one.codes)
    if missing:
        raise BadInput(
            Message(
                "Fältet {name} saknar kod för {values}. Lägg till dem i mappningen.",
                name=one.name,
                values=", ".join(missing[:5]),
            )
        )


def _escaped(text: str) -> str:
    return text.replace("'", "''")
