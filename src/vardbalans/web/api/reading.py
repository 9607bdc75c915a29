"""What can be read: units, services, every list of the pages, figures over time, and why a figure is what it is."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import create_model

from vardbalans.web import store
from vardbalans.web.api.answers import (
    FigureAsked,
    FigureOut,
    ListOut,
    Named,
    PatientRowsAsked,
    RowsOut,
    ServiceOut,
    Text,
    UnitOut,
    WhoOut,
)
from vardbalans.web.api.models import Integration
from vardbalans.web.api.problems import problem
from vardbalans.web.exports.lists import LISTS, table_of
from vardbalans.web.exports.tables import as_rows
from vardbalans.web.insight import rows, subjects, why
from vardbalans.web.insight.purposes import purpose_of
from vardbalans.web.insight.selectors import Reader, Run, latest_run
from vardbalans.web.insight.selectors import reader as reader_of
from vardbalans.web.people import selectors as people
from vardbalans.web.people.access import person
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import Event
from vardbalans.web.people.permissions import Permission

__all__ = ["required", "router"]

router = Router()


def required(request: HttpRequest, permission: Permission) -> None:
    """Return when the caller holds *permission* for any unit. Raises NotPermitted."""
    if not people.holds_somewhere(person(request), permission):
        raise people.NotPermitted(permission)


def _reader(request: HttpRequest) -> Reader:
    required(request, Permission.BALANCE_READ)
    return reader_of(request.user)


@router.get("/me", response=WhoOut, tags=["access"], summary="Who the caller is, and what they may do")
def me(request: HttpRequest) -> Any:
    """Return the caller's name, permissions and topmost units."""
    user = person(request)
    integration = Integration.objects.filter(account=user).first()
    return {
        "name": user.display_name,
        "permissions": [each.value for each in Permission if people.holds_somewhere(user, each)],
        "units": [unit.unit_id for unit in reader_of(user).roots],
        "expires_at": integration.expires_at.isoformat() if integration else None,
    }


@router.get("/units", response=list[UnitOut], tags=["units and services"], summary="The units the caller may read")
def units(request: HttpRequest) -> Any:
    """Return the units of the newest data version, from the top down."""
    seen = _reader(request)
    found = [unit for root in seen.tree.roots for unit in seen.tree.below(root.unit_id) if unit.unit_id in seen.scope]
    return [
        {"unit_id": unit.unit_id, "name": unit.name, "level": unit.level, "parent_id": unit.parent_id} for unit in found
    ]


@router.get("/services", response=list[ServiceOut], tags=["units and services"], summary="The services of units")
def services(request: HttpRequest, unit: Text = "") -> Any:
    """Return the services of the unit and below, of all the caller may read without one."""
    seen, head = _reader(request), store.lake().head()
    below = _below(request, seen, unit)
    if head is None:
        return []
    found = store.lake().read("services", head.number, ["service_id", "name", "unit_id", "kind"]).to_pylist()
    return [row for row in found if row["unit_id"] in below]


def _below(request: HttpRequest, seen: Reader, unit_id: str) -> frozenset[str]:
    if unit_id:
        people.require(person(request), Permission.BALANCE_READ, unit_id, tree=seen.tree)
    return seen.below(unit_id or None)


def _listing(name: str) -> Callable[..., Any]:
    """Return the operation that gives the list called *name*."""
    fields: dict[str, Any] = dict.fromkeys(("unit", *LISTS[name].choices), (Text, ""))
    asked_of: Any = create_model(f"{name.title().replace('-', '')}Asked", __base__=Schema, **fields)

    def give(request: HttpRequest, asked: Query[asked_of]) -> Any:
        required(request, Permission.BALANCE_READ)
        given: Mapping[str, str] = {key: value for key, value in asked.dict().items() if value}
        table = table_of(person(request), name, given)
        columns = [{"key": each.key, "heading": each.heading, "unit": each.unit} for each in table.columns]
        return {"title": table.title, "columns": columns, "rows": as_rows(table)}

    give.__name__ = f"list_{name.replace('-', '_')}"
    give.__doc__ = "Return the rows of the page, all of them, chosen and ordered as the page's address may say."
    return give


for _name in LISTS:
    router.get(
        f"/{_name}", response=ListOut, tags=["lists"], summary=f"The list {_name}, row for row as its page shows it"
    )(_listing(_name))


@router.get("/need/periods", response=Named, tags=["figures"], summary="History and forecast of a service's need")
def need_periods(request: HttpRequest, unit: Text, service: Text, period: Text = "week") -> Any:
    """Return what was counted and what is expected, with quantiles, per week or month."""
    row = _stored(request, unit, "tells_need", lambda run: run.stored.need(unit, service))
    span = row["months" if period == "month" else "weeks"] or {"past": [], "ahead": []}
    return _over_time(row, span["past"], span["ahead"])


@router.get("/waits/periods", response=Named, tags=["figures"], summary="History and projection of a waiting list")
def waits_periods(request: HttpRequest, unit: Text, service: Text) -> Any:
    """Return the list period by period: inflow, treated, removed and waiting, and what is expected, with intervals."""
    row = _stored(request, unit, "tells_waits", lambda run: run.stored.list_of(unit, service))
    return _over_time(row, row["history"] or [], row["weeks"] or [])


def _over_time(row: Mapping[str, Any], past: Any, ahead: Any) -> dict[str, Any]:
    named = {"unit_id": row["unit_id"], "service_id": row["service_id"], "service": row["service_name"]}
    return named | {"past": list(past), "ahead": list(ahead)}


def _stored(request: HttpRequest, unit_id: str, tells: str, read: Callable[[Run], Any]) -> Any:
    """Return what *read* finds in the newest run, where it tells of it. Raises Http404; OutOfScope or NotPermitted."""
    people.require(person(request), Permission.BALANCE_READ, unit_id, tree=reader_of(request.user).tree)
    run = latest_run()
    row = read(run) if run and getattr(run, tells) else None
    if row is None:
        raise Http404(unit_id)
    return row


@router.get("/why", response=FigureOut, tags=["figures"], summary="Why a figure is what it is")
def explain(request: HttpRequest, asked: Query[FigureAsked]) -> Any:
    """Return the formula, the terms that sum to the figure, and the inputs of the terms with their sources."""
    _run, subject, figure = _figure(request, asked, Permission.BALANCE_READ)
    shown = why.explanation(figure)
    return {
        "unit_id": asked.unit,
        "figure": subject.figure,
        "week": subject.row["week"],
        "value": figure["value"],
        "unit": figure["unit"],
        "formula": shown.formula,
        "terms": _steps(figure["terms"], shown.terms),
        "inputs": _steps(figure["inputs"], shown.inputs),
        "remainder": figure["remainder"],
    }


def _steps(stored: Any, shown: Any) -> list[dict[str, Any]]:
    return [
        {
            "place": told.place,
            "label": told.label,
            "value": step["value"],
            "unit": step["unit"],
            "source": _source(step["source"], told) if step["source"] else None,
        }
        for step, told in zip(stored, shown, strict=True)
    ]


def _source(source: Mapping[str, Any], told: why.ShownStep) -> dict[str, Any]:
    where = {name: str(value) for name, value in source["where"].items()}
    return {"table": source["table"], "where": where, "patient_level": told.patient_level}


@router.get("/why/rows", response=RowsOut, tags=["figures"], summary="The source rows behind a step")
def explain_rows(request: HttpRequest, step: Text, asked: Query[FigureAsked]) -> Any:
    """Return the first rows with file and row. Rows about people are asked for by POST, with a purpose."""
    run, _subject, figure = _figure(request, asked, Permission.BALANCE_READ)
    source = _source_at(figure, step)
    if source["table"] in rows.PERSON_TABLES:
        raise people.NotPermitted(Permission.PATIENT_ROWS_READ)
    return _told(rows.source_rows(source, run))


@router.post("/why/patient-rows", response=RowsOut, tags=["figures"], summary="Rows about people; logged")
def explain_patient_rows(request: HttpRequest, asked: PatientRowsAsked) -> Any:
    """Return where the rows about people behind a step lie, for the stated purpose; the reading is recorded."""
    run, subject, figure = _figure(request, asked, Permission.PATIENT_ROWS_READ)
    source = _source_at(figure, asked.step)
    if source["table"] not in rows.PERSON_TABLES:
        raise Http404(source["table"])
    purpose, wrong = purpose_of({"purpose": asked.purpose})
    if wrong:
        return problem(422, wrong)
    found = rows.patient_rows(source, run)
    target = (
        f"{source['table']} version {run.meta['version']}: {len(found.rows)}/{found.count} rows, {subject.figure}, api"
    )
    record(
        Event.PATIENT_ROWS_READ,
        by=person(request),
        unit_id=asked.unit,
        target=target[:400],
        reason=purpose,
        subjects=found.subjects,
    )
    return _told(found)


def _told(found: rows.SourceRows) -> dict[str, Any]:
    return {"title": found.title, "count": found.count, "columns": found.columns, "rows": found.rows}


def _figure(request: HttpRequest, asked: FigureAsked, permission: Permission) -> tuple[Run, subjects.Subject, Any]:
    seen, run = reader_of(request.user), latest_run()
    people.require(person(request), permission, asked.unit, tree=seen.tree)
    subject = subjects.subject(run, seen, asked.unit, asked.dict()) if run else None
    if run is None or subject is None:
        raise Http404(_("siffran"))
    return run, subject, subject.values(run)


def _source_at(figure: Any, place: str) -> Any:
    source = why.source_of(figure, place)
    if source is None:
        raise Http404(place)
    return source
