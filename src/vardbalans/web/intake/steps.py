"""The jobs of this room: look at a delivery, import it, judge a version, suggest a profile from a sample."""

from functools import partial
from typing import Any

from vardbalans.data.lake import HeadMoved, Version
from vardbalans.engine.messages import Message
from vardbalans.web.intake import actions, pipeline, profiling, quality, selectors
from vardbalans.web.intake.models import Upload
from vardbalans.web.jobs.kinds import Kind, Outcome, register
from vardbalans.web.jobs.run import Run
from vardbalans.web.people.permissions import Permission

__all__ = ["judge", "preview", "register_kinds", "store", "suggest"]


def register_kinds() -> None:
    """Make the kinds known to the workers."""
    kinds = {actions.PREVIEW: preview, actions.STORE: store, actions.SUGGEST: suggest, selectors.JUDGE: judge}
    for name, work in kinds.items():
        register(Kind(name, Permission.DATA_IMPORT, work))


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
