"""The jobs of this room: look at a delivery, import it, judge a version, suggest a profile, store an adjustment."""

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from vardbalans.data.lake import HeadMoved, Version
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web.intake import actions, adjusting, pipeline, profiling, quality, selectors
from vardbalans.web.intake.models import Upload
from vardbalans.web.jobs.kinds import Kind, Outcome, register
from vardbalans.web.jobs.run import Run
from vardbalans.web.people.permissions import Permission

__all__ = ["adjust", "judge", "preview", "register_kinds", "store", "stored_on_top", "suggest"]

_MOST_ATTEMPTS = 5


def register_kinds() -> None:
    """Make the kinds known to the workers."""
    kinds = {actions.PREVIEW: preview, actions.STORE: store, actions.SUGGEST: suggest, selectors.JUDGE: judge}
    for name, work in kinds.items():
        register(Kind(name, Permission.DATA_IMPORT, work))
    register(Kind(selectors.ADJUST, Permission.NEED_ADJUST, adjust))


def preview(run: Run) -> Outcome:
    """Read and check the upload's files; the result is what the preview page shows."""
    upload = Upload.objects.get(pk=run.arguments["upload"])
    with pipeline.prepared(actions.files_of(upload), run.arguments["profile"], run.progress) as found:
        return Outcome(pipeline.described(found))


def store(run: Run) -> Outcome:
    """Store the upload as a version, if it still is what was shown; exactly once, however many workers try.

    The lake's commit cannot share the database's transaction. So the point from which the import is carried through
    is saved first, and whoever then finds the store moved on looks whether an earlier attempt of this job did it.
    """
    version = _store(run)
    said = {"version": version.number, "fingerprint": version.fingerprint}
    note = partial(actions.delivery_stored, upload_id=run.arguments["upload"], job_id=run.job_id, by=run.asked_by)
    return Outcome(said, effect=lambda: note(version=version.number, fingerprint=version.fingerprint))


def _store(run: Run) -> Version:
    asked: Any = run.arguments
    upload = Upload.objects.get(pk=asked["upload"])
    try:
        with pipeline.prepared(actions.files_of(upload), asked["profile"], run.progress) as found:
            pipeline.require_same(found, asked["shown"])
            run.step({"storing": found.fingerprint}, cancellable=False)
            return pipeline.commit(found, by=asked["by"], at=run.asked_at)
    except HeadMoved:
        earlier = pipeline.stored_before(asked["shown"]["base"], by=asked["by"], at=run.asked_at)
        if earlier is None:
            raise
        return earlier


def suggest(run: Run) -> Outcome:
    """Look at a sample and suggest which column is which."""
    upload = Upload.objects.get(pk=run.arguments["upload"])
    (path,) = actions.files_of(upload)
    return Outcome(profiling.suggested(path, run.arguments["table"] or None))


def judge(run: Run) -> Outcome:
    """Judge the quality of a version."""
    run.progress(0.0, Message("Bedömer kvaliteten."))
    return Outcome(quality.judge(run.arguments["version"]))


def adjust(run: Run) -> Outcome:
    """Store one adjustment as a version of its own.

    Once, however many workers try: the row has an id of its own, and stored again it is nothing new.
    """
    asked: Any = run.arguments
    with TemporaryDirectory() as folder:
        version = stored_on_top(run, adjusting.write(Path(folder), asked["row"]))
    note = partial(
        actions.adjustment_stored,
        name=asked["row"]["adjustment_id"],
        unit_id=asked["unit"],
        job_id=run.job_id,
        version=version.number,
        fingerprint=version.fingerprint,
        by=run.asked_by,
    )
    return Outcome({"version": version.number, "fingerprint": version.fingerprint}, effect=note)


def stored_on_top(run: Run, path: Path) -> Version:
    """Store the file on top of whatever is newest: a row of its own needs no preview of what it meets."""
    attempt = 0
    while True:
        try:
            with pipeline.prepared([path], "", run.progress) as found:
                if found.has_errors:
                    raise BadInput(next(each.message for each in found.findings if each.severity == "error"))
                run.step({}, cancellable=False)
                return pipeline.commit(found, by=run.arguments["by"], at=run.asked_at)
        except HeadMoved:  # someone stored a version meanwhile
            attempt += 1
            if attempt == _MOST_ATTEMPTS:
                raise
