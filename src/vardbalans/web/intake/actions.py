"""Writes of intake: take files in, look at them, import or discard them, save a profile. Each leaves its audit row."""

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web import store
from vardbalans.web.balancing.actions import balance_follow, balance_unless_there
from vardbalans.web.intake import adjusting, pipeline, profiling, quality, selectors
from vardbalans.web.intake.models import Purpose, Upload, UploadState, uploads_folder
from vardbalans.web.intake.receiving import INCOMING, IncomingFile, name_of
from vardbalans.web.jobs.actions import job_ask, job_follow
from vardbalans.web.jobs.models import Job
from vardbalans.web.jobs.selectors import require
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import ALL_UNITS, Event, User
from vardbalans.web.people.permissions import Permission

__all__ = [
    "KEPT",
    "PREVIEW",
    "STORE",
    "SUGGEST",
    "adjustment_make",
    "adjustment_stored",
    "delivery_preview",
    "delivery_receive",
    "delivery_store",
    "delivery_stored",
    "files_of",
    "keep_house",
    "profile_save",
    "quality_judge",
    "quality_lists",
    "sample_receive",
    "sample_suggest",
    "upload_discard",
    "uploads_tidy",
]

PREVIEW, STORE, SUGGEST = "intake.preview", "intake.store", "intake.suggest"
KEPT = timedelta(days=7)
"""How long files wait to be imported or discarded before they are discarded by themselves."""
_HALF_DONE = timedelta(hours=1)


def delivery_receive(*, files: Sequence[IncomingFile], profile: str, by: User) -> Upload:
    """Keep the files of a delivery and ask for a look at them. Raises NotPermitted."""
    upload = _receive(files, Purpose.DELIVERY, by)
    delivery_preview(upload=upload, profile=profile, by=by)
    return upload


@transaction.atomic
def adjustment_make(*, service: adjusting.Service, given: Mapping[str, Any], by: User) -> Job:
    """Ask for one adjustment to be stored as a version of its own, in the name of *by* and from their level.

    *given* is what :class:`~vardbalans.web.intake.forms.AdjustmentForm` has cleaned. Raises OutOfScope or NotPermitted.
    """
    row = adjusting.row_of(service, given, adjusting.level_of(by, service), timezone.localtime())
    arguments = {"row": row, "by": by.display_name, "unit": service.unit_id}
    job = job_ask(kind=selectors.ADJUST, arguments=arguments, unit_id=service.unit_id, by=by)
    target = f"{row['adjustment_id']} service {service.service_id} level {row['author_level']}"
    record(Event.ADJUSTMENT_MADE, by=by, unit_id=service.unit_id, target=target[:400], reason=row["reason"][:400])
    return job


def adjustment_stored(*, name: str, unit_id: str, job_id: int, version: int, fingerprint: str, by: User | None) -> None:
    """Note that the adjustment *name* is in *version*, within the transaction that ends its job."""
    target = f"{name} job {job_id} version {version} fingerprint {fingerprint}"
    record(Event.IMPORTED, by=by, unit_id=unit_id, target=target)
    _follow(version, by)


def sample_receive(*, file: IncomingFile, table: str, by: User) -> Upload:
    """Keep a sample of a source and ask which column is which; *table* empty: let it be told. Raises NotPermitted."""
    upload = _receive([file], Purpose.SAMPLE, by)
    sample_suggest(upload=upload, table=table, by=by)
    return upload


@transaction.atomic
def delivery_preview(*, upload: Upload, profile: str, by: User) -> Job:
    """Ask for a look at the delivery, the first or another. Raises BadInput when it is busy or over; NotPermitted."""
    _idle(upload)
    job = _ask(PREVIEW, {"upload": upload.pk, "profile": profile}, by)
    _now(upload, job=job, storing=None)
    record(Event.PREVIEW_ASKED, by=by, unit_id=ALL_UNITS, target=f"upload {upload.pk} profile {profile or '-'}")
    return job


@transaction.atomic
def sample_suggest(*, upload: Upload, table: str, by: User) -> Job:
    """Ask which column of the sample is which column of *table*. Raises BadInput and NotPermitted."""
    _idle(upload)
    job = _ask(SUGGEST, {"upload": upload.pk, "table": table}, by)
    _now(upload, job=job)
    return job


@transaction.atomic
def delivery_store(*, upload: Upload, fingerprint: str, by: User) -> Job:
    """Ask for the import of what was shown with *fingerprint*, in the name of *by*.

    Raises BadInput when it cannot be imported, is not what is shown now, or the store has moved on; NotPermitted.
    """
    now = _idle(upload)
    shown = now.look
    if now.job is None or shown is None or shown["fingerprint"] != fingerprint:
        raise BadInput(Message("Leveransen är inte längre den som visades. Förhandsgranska igen."))
    if shown["has_errors"]:
        raise BadInput(Message("Leveransen har fel och kan inte läsas in. Rätta dem och ladda upp igen."))
    head = store.lake().head()
    if (head.number if head else None) != shown["base"]:
        raise pipeline.head_moved(head.number if head else None, shown["base"])
    arguments = {
        "upload": upload.pk,
        "profile": now.job.arguments["profile"],
        "by": by.display_name,
        "shown": {name: shown[name] for name in ("base", "fingerprint", "files")},
    }
    job = _ask(STORE, arguments, by)
    _now(upload, storing=job)
    record(Event.IMPORT_ASKED, by=by, unit_id=ALL_UNITS, target=f"upload {upload.pk} fingerprint {fingerprint}")
    return job


def delivery_stored(*, upload_id: int, job_id: int, version: int, fingerprint: str, by: User | None) -> None:
    """Note that the delivery is in *version*, within the transaction that ends its job; its files are then removed.

    A version that is new is to be judged, and the balance computed of it.
    """
    upload = Upload.objects.get(pk=upload_id)
    _over(upload, UploadState.STORED, version=version)
    target = f"upload {upload_id} job {job_id} version {version} fingerprint {fingerprint}"
    record(Event.IMPORTED, by=by, unit_id=ALL_UNITS, target=target)
    _follow(version, by)


@transaction.atomic
def quality_judge(*, by: User) -> None:
    """Ask for the judgement of the newest version, unless it is asked for. Raises NotPermitted."""
    head = store.lake().head()
    judging = selectors.judging(head.number) if head else None
    if head and not (judging and judging.is_active):
        _ask(selectors.JUDGE, {"version": head.number}, by)
        record(Event.QUALITY_ASKED, by=by, unit_id=ALL_UNITS, target=f"version {head.number}")


@transaction.atomic
def quality_lists(*, by: User) -> bytes:
    """Return the workbook of rows to repair in the newest version; the reading is recorded.

    Raises BadInput where it is not judged, and NotPermitted.
    """
    require(by, Permission.DATA_IMPORT, ALL_UNITS)
    head = store.lake().head()
    report = quality.report(head.number) if head else None
    if head is None or report is None:
        raise BadInput(Message("Den senaste versionen är inte bedömd ännu."))
    target = f"quality lists version {head.number}: {len(report.rows)} rows"
    record(Event.PATIENT_ROWS_READ, by=by, unit_id=ALL_UNITS, target=target, reason="Rätta i källan")
    return quality.lists_workbook(report)


@transaction.atomic
def upload_discard(*, upload: Upload, by: User) -> None:
    """Remove the files without importing them. Raises BadInput when it is busy or over; NotPermitted."""
    require(by, Permission.DATA_IMPORT, ALL_UNITS)
    _idle(upload)
    _discard(upload, by)


@transaction.atomic
def profile_save(*, upload: Upload, name: str, mapping: profiling.SourceMapping, by: User) -> None:
    """Save a profile under *name* and remove the sample it was made from. Raises BadInput and NotPermitted."""
    require(by, Permission.DATA_IMPORT, ALL_UNITS)
    _idle(upload)
    profiling.save(name, mapping, by=by.display_name)
    record(Event.PROFILE_SAVED, by=by, unit_id=ALL_UNITS, target=f"{name}: {mapping.table}")
    _discard(upload, by)


def keep_house() -> None:
    """Do what a worker does now and then by itself: tidy the uploads; have the newest version computed and judged.

    A version that was imported from the command line is looked at by this alone.
    """
    uploads_tidy()
    balance_unless_there()
    head = store.lake().head()
    if head:
        _judge(head.number, None)


def uploads_tidy() -> None:
    """Discard what has waited too long, and remove files that no open upload names: a crash may have left them."""
    for upload in Upload.objects.filter(state=UploadState.OPEN, created_at__lt=timezone.now() - KEPT):
        with transaction.atomic():
            if _locked(upload).active_job is None:
                _discard(upload, None)
    incoming = uploads_folder() / INCOMING
    # The folders are listed before the rows: a row is made before its folder, so none is taken for a left-over.
    folders = [path for path in uploads_folder().glob("*") if path != incoming]
    named = set(Upload.objects.filter(state=UploadState.OPEN).values_list("folder", flat=True))
    for path in folders:
        if path.name not in named:
            shutil.rmtree(path, ignore_errors=True)  # another worker may be at it
    for path in incoming.glob("*"):
        with suppress(FileNotFoundError):  # it was moved to where it is kept
            if path.stat().st_mtime < (timezone.now() - _HALF_DONE).timestamp():
                path.unlink()


def files_of(upload: Upload) -> list[Path]:
    """Return the paths of the upload's files, by name. Raises BadInput when they are gone."""
    paths = sorted(upload.path.glob("*"))
    if not paths:
        raise BadInput(Message("Filerna finns inte kvar. Ladda upp dem igen."))
    return paths


def _follow(version: int, by: User | None) -> None:
    """Have what follows from new data done, unless *version* is no new one."""
    if selectors.judging(version) is None:
        balance_follow(version=version, by=by)
        _judge(version, by)


def _judge(version: int, by: User | None) -> None:
    if selectors.judging(version) is None:
        job_follow(kind=selectors.JUDGE, arguments={"version": version}, unit_id=ALL_UNITS, by=by)


def _receive(files: Sequence[IncomingFile], purpose: Purpose, by: User) -> Upload:
    """Make the upload and move its files into its folder. Its row comes first: what no row names is tidied away."""
    require(by, Permission.DATA_IMPORT, ALL_UNITS)
    named = [{"name": name_of(file), "size": file.size} for file in files]
    with transaction.atomic():
        upload = Upload.objects.create(purpose=purpose, folder=uuid4().hex, files=named, asked_by=by)
        target = f"upload {upload.pk} {purpose}: {', '.join(map(name_of, files))}"
        record(Event.FILES_UPLOADED, by=by, unit_id=ALL_UNITS, target=target[:400])
    upload.path.mkdir(mode=0o700)
    for file in files:
        file.keep(upload.path / name_of(file))
    return upload


def _idle(upload: Upload) -> Upload:
    """Return the upload as it stands in the database now. Raises BadInput when it is over, or a job works with it."""
    now = _locked(upload)
    if not now.is_open:
        raise BadInput(Message("Leveransen är redan inläst eller kastad."))
    if now.active_job:
        raise BadInput(Message("Ett annat arbete pågår med filerna. Vänta tills det är klart, eller avbryt det."))
    return now


def _locked(upload: Upload) -> Upload:
    """Return *upload* anew, with its row held until the transaction ends."""
    return Upload.objects.select_for_update(of=("self",)).select_related("job", "storing").get(pk=upload.pk)


def _ask(kind: str, arguments: dict[str, Any], by: User) -> Job:
    return job_ask(kind=kind, arguments=arguments, unit_id=ALL_UNITS, by=by)


def _now(upload: Upload, **values: Any) -> None:
    for name, value in values.items():
        setattr(upload, name, value)
    upload.save(update_fields=list(values))


def _discard(upload: Upload, by: User | None) -> None:
    _over(upload, UploadState.DISCARDED)
    record(Event.FILES_DISCARDED, by=by, unit_id=ALL_UNITS, target=f"upload {upload.pk}")


def _over(upload: Upload, state: UploadState, **values: Any) -> None:
    """End the upload; once that is sure, remove its files. What cannot be removed now is tidied away later."""
    _now(upload, state=state, ended_at=timezone.now(), **values)
    transaction.on_commit(lambda: shutil.rmtree(upload.path, ignore_errors=True))
