"""What is kept of each resource until the whole delivery has been read, as texts; the names are the columns' names.

References stand as :func:`references.target` writes them, times as in the file.
"""

from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa

__all__ = [
    "STAGED",
    "AppointmentRow",
    "EncounterRow",
    "MoveRow",
    "PatientRow",
    "ReferralRow",
    "Row",
    "SlotRow",
    "TokenRow",
    "schema_of",
    "table_of",
]

Text = str | None


class PatientRow(NamedTuple):
    """A person. *replaced_by* is the Patient that has taken this one's place."""

    id: Text
    updated: Text
    key: Text
    replaced_by: Text
    birth: Text
    sex: Text
    municipality: Text
    deceased: Text
    protected: str


class TokenRow(NamedTuple):
    """An identifier of a person, so that references by identifier find them."""

    token: str
    patient: str


class EncounterRow(NamedTuple):
    """A contact or a stay, as *home* says; *referral* and *appointment* are references."""

    id: Text
    updated: Text
    token: Text
    home: str
    status: str
    form: Text
    patient: Text
    provider: Text
    place: Text
    appointment: Text
    referral: Text
    starts: Text
    ends: Text
    service_key: Text
    service_name: Text
    type_key: Text
    type_name: Text
    kind: Text
    role: Text
    acute: Text


class MoveRow(NamedTuple):
    """One place of a stay, in the order given."""

    encounter: Text
    number: int
    place: str
    starts: Text
    ends: Text


class AppointmentRow(NamedTuple):
    """A booking."""

    id: Text
    updated: Text
    token: Text
    status: str
    patient: Text
    place: Text
    role: Text
    slot: Text
    referral: Text
    starts: Text
    ends: Text
    booked: Text
    service_key: Text
    service_name: Text
    kind: Text


class ReferralRow(NamedTuple):
    """A request that someone waits for, or has waited for."""

    id: Text
    updated: Text
    token: Text
    status: str
    patient: Text
    place: Text
    encounter: Text
    issued: Text
    occurs: Text
    priority: Text
    service_key: Text
    service_name: Text
    kind: Text


class SlotRow(NamedTuple):
    """A time in a time book."""

    id: Text
    updated: Text
    token: Text
    status: str
    schedule: Text
    starts: Text
    ends: Text
    service_key: Text
    service_name: Text
    kind: Text


Row = PatientRow | TokenRow | EncounterRow | MoveRow | AppointmentRow | ReferralRow | SlotRow

STAGED: dict[type[Row], str] = {
    PatientRow: "patients",
    TokenRow: "tokens",
    EncounterRow: "encounters",
    MoveRow: "moves",
    AppointmentRow: "appointments",
    ReferralRow: "referrals",
    SlotRow: "slots",
}
"""Where each kind of row is staged."""


def schema_of(kind: type[Row]) -> pa.Schema:
    """Return the columns of the table of *kind*: where each row stands, and what it holds."""
    columns = [(name, pa.int32() if name == "number" else pa.string()) for name in kind._fields]
    return pa.schema([("file", pa.int32()), ("row", pa.int64()), *columns])


def table_of(kind: type[Row], file: int, places: Sequence[int], rows: Sequence[Row]) -> pa.Table:
    """Return *rows*, all of *kind*, which stand at *places* of the file numbered *file*."""
    schema = schema_of(kind)
    # As structs first: Arrow takes tuples apart in half the time that Python does.
    kept = pa.array(rows, pa.struct(list(schema)[2:])).flatten()
    where = [pa.repeat(pa.scalar(file, pa.int32()), len(rows)), pa.array(places, pa.int64())]
    return pa.Table.from_arrays([*where, *kept], schema=schema)
