"""What can be written: cells of a plan, computations, deliveries. Each goes through the action that its page uses."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Path, Router, Status

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web.api.answers import (
    Cell,
    Cells,
    DeliveryOut,
    FindingOut,
    Id,
    JobOut,
    Saved,
    StoreAsked,
    VersionOut,
)
from vardbalans.web.api.doors import TOKEN
from vardbalans.web.api.problems import problem
from vardbalans.web.api.reading import required
from vardbalans.web.balancing.actions import balance_ask
from vardbalans.web.balancing.selectors import newest
from vardbalans.web.intake import actions as intake
from vardbalans.web.intake import selectors as deliveries
from vardbalans.web.intake.delivery_page import shown_findings
from vardbalans.web.intake.forms import DeliveryForm
from vardbalans.web.intake.models import Purpose, Upload
from vardbalans.web.intake.receiving import MOST_BYTES, Receiver
from vardbalans.web.jobs.actions import job_cancel
from vardbalans.web.jobs.models import Job
from vardbalans.web.jobs.selectors import job_of, progress_of
from vardbalans.web.people import selectors as people
from vardbalans.web.people.access import person
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.units import current_tree
from vardbalans.web.planning import selectors as plans
from vardbalans.web.planning.actions import Key, Sent, Stale, Wanted, step_sent
from vardbalans.web.planning.models import StepKind, Version
from vardbalans.web.translate import said

__all__ = ["router"]

router = Router()
_FILES = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["sent"],
                    "properties": {
                        "sent": {"type": "array", "items": {"type": "string", "format": "binary"}},
                        "profile": {"type": "string", "description": "A source's profile; empty: by the headings."},
                    },
                }
            }
        },
    }
}


# Plans


@router.get("/plans/versions/{version_id}", response=VersionOut, tags=["plans"], summary="A version of a plan")
def version(request: HttpRequest, version_id: Path[Id]) -> Any:
    """Return the version with its cells: value as exact text, null where empty; lock, and where the value is from."""
    found = plans.version_of(person(request), version_id)
    plan = found.plan
    return {
        "version_id": found.pk,
        "plan_id": plan.pk,
        "plan": plan.name,
        "unit_id": plan.unit_id,
        "year": plan.year,
        "number": found.number,
        "state": found.state,
        "revision": found.revision,
        "cells": [
            {
                "service": service,
                "week": week,
                "value": plans.plain(cell.value) or None,
                "locked": cell.locked,
                "source": cell.source,
            }
            for (service, week), cell in sorted(plans.cells_of(found).items())
        ],
    }


@router.post("/plans/versions/{version_id}/cells", response=Saved, tags=["plans"], summary="Change cells in one step")
def save_cells(request: HttpRequest, version_id: Path[Id], sent: Cells) -> Any:
    """Write all the cells, or none: 409 where others have changed the same ones since *base*, with what they are now.

    A step whose token has been seen is not done again, so a call without an answer can be sent anew.
    """
    found = plans.version_of(person(request), version_id)
    cells = {Key(cell.service, cell.week): _wanted(cell) for cell in sent.cells}
    step = Sent(StepKind.TYPED, sent.base, sent.token, cells)
    try:
        step_sent(version_id=found.pk, step=step, by=person(request))
    except Stale as stale:
        told = {"clashes": [list(key) for key in stale.clashes], **_since(request, found, sent.base)}
        return problem(409, _("En annan planerare har ändrat samma rutor."), **told)
    return _since(request, found, sent.base)


def _wanted(cell: Cell) -> Wanted:
    return Wanted(cell.value if "value" in cell.model_fields_set else ..., cell.locked)


def _since(request: HttpRequest, found: Version, base: int) -> dict[str, Any]:
    found.refresh_from_db(fields=["revision"])
    return {"revision": found.revision, "changes": plans.changes_after(found, base, but=person(request))}


# Jobs


@router.post("/balance/runs", response={202: JobOut}, tags=["jobs"], summary="Have the balance computed")
def run_balance(request: HttpRequest) -> Any:
    """Ask for the balance of the newest data, unless it is being computed, and return the job."""
    balance_ask(by=person(request))
    job = newest()
    if job is None:
        raise BadInput(Message("Det finns inga data att räkna på. Läs in data först."))
    return Status(202, _job(job))


@router.get("/jobs/{job_id}", response=JobOut, tags=["jobs"], summary="How far a job is")
def job(request: HttpRequest, job_id: Path[Id]) -> Any:
    """Return the job, to those who may see it."""
    return _job(job_of(person(request), job_id))


@router.post("/jobs/{job_id}/cancel", response=JobOut, tags=["jobs"], summary="Ask for a job's end")
def cancel(request: HttpRequest, job_id: Path[Id]) -> Any:
    """Take the job out of the queue, or ask its worker to stop at its next step."""
    job_cancel(job=job_of(person(request), job_id), by=person(request))
    return _job(job_of(person(request), job_id))


def _job(found: Job) -> dict[str, Any]:
    told = progress_of(found)
    kept = {name: told[name] for name in ("state", "ended", "progress", "sentence")}
    return kept | {"job_id": found.pk, "kind": found.kind, "error": said(found.error)}


# Deliveries


@router.post(
    "/deliveries",
    response={202: DeliveryOut},
    auth=TOKEN,
    tags=["deliveries"],
    summary="Send files in",
    openapi_extra=_FILES,
)
def deliver(request: HttpRequest) -> Any:
    """Take the files in and have them looked at. Nothing is stored until it is asked for."""
    _require_importer(request)
    if deliveries.too_many_uploads(person(request)):
        return problem(429)
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        return problem(413)
    receiver = Receiver(request)
    request.upload_handlers = [receiver]
    form = DeliveryForm(request.POST, request.FILES, too_large=receiver.too_large)
    if not form.is_valid():
        faults = [{"where": name, "what": str(text)} for name, texts in form.errors.items() for text in texts]
        return problem(422, errors=faults)
    given = form.cleaned_data
    upload = intake.delivery_receive(files=given["sent"], profile=given["profile"], by=person(request))
    return Status(202, _delivery(deliveries.upload_of(upload.pk)))


@router.get("/deliveries/{delivery_id}", response=DeliveryOut, tags=["deliveries"], summary="Where a delivery is")
def delivery(request: HttpRequest, delivery_id: Path[Id]) -> Any:
    """Return what is done with the delivery and what was found in it."""
    return _delivery(_upload(request, delivery_id))


@router.get(
    "/deliveries/{delivery_id}/findings", response=list[FindingOut], tags=["deliveries"], summary="What was found"
)
def findings(request: HttpRequest, delivery_id: Path[Id]) -> Any:
    """Return the findings, each with file, row, column and the sentence that says how it is repaired."""
    look = _upload(request, delivery_id).look
    keys = ("severity", "file", "row", "column", "code", "message")
    return [{key: getattr(found, key) for key in keys} for found in shown_findings(look)] if look else []


@router.post(
    "/deliveries/{delivery_id}/store", response={202: DeliveryOut}, tags=["deliveries"], summary="Have it stored"
)
def store_delivery(request: HttpRequest, delivery_id: Path[Id], asked: StoreAsked) -> Any:
    """Ask for the import of what was shown with the fingerprint."""
    upload = _upload(request, delivery_id)
    intake.delivery_store(upload=upload, fingerprint=asked.fingerprint, by=person(request))
    return Status(202, _delivery(deliveries.upload_of(upload.pk)))


def _require_importer(request: HttpRequest) -> None:
    required(request, Permission.DATA_IMPORT)
    people.require_for_region(person(request), Permission.DATA_IMPORT, tree=current_tree())


def _upload(request: HttpRequest, delivery_id: int) -> Upload:
    _require_importer(request)
    return deliveries.upload_of(delivery_id, Purpose.DELIVERY)


def _delivery(upload: Upload) -> dict[str, Any]:
    look: Mapping[str, Any] | None = upload.look
    work = upload.storing or upload.job
    return {
        "delivery_id": upload.pk,
        "state": upload.state,
        "files": [file["name"] for file in upload.files],
        "job": _job(work) if work else None,
        "fingerprint": look["fingerprint"] if look else None,
        "has_errors": look["has_errors"] if look else None,
        "findings": len(look["findings"]) if look else None,
        "version": upload.version,
    }
