"""The shapes of what the interface takes and gives, as its OpenAPI document shows them."""

from decimal import Decimal
from typing import Annotated, Any

from ninja import Schema
from pydantic import Field, StringConstraints

__all__ = [
    "Cell",
    "Cells",
    "ColumnOut",
    "DeliveryOut",
    "FigureAsked",
    "FigureOut",
    "FindingOut",
    "Id",
    "JobOut",
    "ListOut",
    "Named",
    "PatientRowsAsked",
    "RowsOut",
    "Saved",
    "ServiceOut",
    "SourceOut",
    "StepOut",
    "StoreAsked",
    "Text",
    "UnitOut",
    "VersionOut",
    "WhoOut",
]

Id = Annotated[int, Field(ge=1, lt=2**53)]
"""A number of ours: within what both databases and JavaScript hold."""
Text = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]
"""A text without NUL, which PostgreSQL cannot hold."""


class WhoOut(Schema):
    """Who calls, and what they may do."""

    name: str
    permissions: list[str]
    units: list[str]
    expires_at: str | None = None


class UnitOut(Schema):
    """A unit that the caller may read; *parent_id* is null at the top."""

    unit_id: str
    name: str
    level: str
    parent_id: str | None


class ServiceOut(Schema):
    """A service of a unit."""

    service_id: str
    name: str
    unit_id: str
    kind: str | None = None


class ColumnOut(Schema):
    """A column: the key of its values in *rows*, its heading on the page, and what its numbers count."""

    key: str
    heading: str
    unit: str


class ListOut(Schema):
    """A list, row for row as its page shows it. What is missing is null, never zero."""

    title: str
    columns: list[ColumnOut]
    rows: list[dict[str, Any]]


class Named(Schema):
    """A figure over time of one service of a unit, period by period."""

    unit_id: str
    service_id: str
    service: str
    past: list[dict[str, Any]]
    ahead: list[dict[str, Any]]


class SourceOut(Schema):
    """Where a step's value comes from: a table, and the conditions that pick its rows."""

    table: str
    where: dict[str, str]
    patient_level: bool


class StepOut(Schema):
    """A step of an explanation: its label, value and unit, and its source if it has one. *place* names it."""

    place: str
    label: str
    value: float | None
    unit: str
    source: SourceOut | None


class FigureOut(Schema):
    """Why a figure is what it is: its formula in words, the terms that sum to it, and the inputs of the terms."""

    unit_id: str
    figure: str
    week: str
    value: float | None
    unit: str
    formula: str
    terms: list[StepOut]
    inputs: list[StepOut]
    remainder: float


class FigureAsked(Schema):
    """A figure: of a ``resource``, a ``service``, or the beds of the unit, in a week (an hour for beds)."""

    unit: Text
    week: Text
    figure: Text = "balance"
    resource: Text = ""
    service: Text = ""


class PatientRowsAsked(FigureAsked):
    """A step about people, and the purpose that its rows are read for, which is recorded with the reading."""

    step: Text
    purpose: Annotated[str, StringConstraints(max_length=400, pattern=r"^[^\x00]*$")]


class RowsOut(Schema):
    """The first of the source rows behind a step, with file and row, and how many there are."""

    title: str
    count: int
    columns: list[str]
    rows: list[list[str]]


class JobOut(Schema):
    """A job: where it is, how far, and in words what it does or why it failed."""

    job_id: int
    kind: str
    state: str
    ended: bool
    progress: float
    sentence: str
    error: str


class VersionOut(Schema):
    """A version of a plan. *revision* is what a write says it was made from."""

    version_id: int
    plan_id: int
    plan: str
    unit_id: str
    year: int
    number: int
    state: str
    revision: int
    cells: list[dict[str, Any]]


class Cell(Schema):
    """A cell as it is to be: *value* null empties it; a value or lock that is left out stays as it is."""

    service: Text
    week: Text
    value: Annotated[Decimal, Field(ge=0, le=10**9, decimal_places=2)] | None = None
    locked: bool | None = None


class Cells(Schema):
    """One step: the cells, the revision it was made from, and a name of the caller's own that makes it happen once."""

    base: Annotated[int, Field(ge=0, lt=2**31)]
    token: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00]*$")]
    cells: Annotated[list[Cell], Field(min_length=1, max_length=20_000)]


class Saved(Schema):
    """The revision after the step, and what others have changed since the step's base."""

    revision: int
    changes: list[dict[str, Any]]


class DeliveryOut(Schema):
    """A delivery: what is done with it, and what was found.

    *fingerprint* is what is sent back to have it stored, null until it has been looked at; *version* the data version
    that holds it.
    """

    delivery_id: int
    state: str
    files: list[str]
    job: JobOut | None
    fingerprint: str | None
    has_errors: bool | None
    findings: int | None
    version: int | None


class FindingOut(Schema):
    """Something found in a delivery, with the sentence that says how it is repaired."""

    severity: str
    file: str
    row: int | None
    column: str
    code: str
    message: str


class StoreAsked(Schema):
    """The fingerprint of the delivery as it was shown."""

    fingerprint: Text
