"""The jobs of administration."""

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from vardbalans.web.administering import parameters
from vardbalans.web.intake.actions import adjustment_stored
from vardbalans.web.intake.steps import stored_on_top
from vardbalans.web.jobs.kinds import Kind, Outcome, register
from vardbalans.web.jobs.run import Run
from vardbalans.web.people.models import ALL_UNITS
from vardbalans.web.people.permissions import Permission

__all__ = ["register_kinds"]


def register_kinds() -> None:
    """Make the kinds known."""
    register(Kind(parameters.CHANGE, Permission.DATA_IMPORT, _change))


def _change(run: Run) -> Outcome:
    """Store one new value of a parameter. Once, however many workers try: the row has an id of its own."""
    asked: Any = run.arguments
    with TemporaryDirectory() as folder:
        version = stored_on_top(run, parameters.write(Path(folder), asked["row"]))
    note = partial(
        adjustment_stored,
        name=asked["row"]["rule_id"],
        unit_id=ALL_UNITS,
        job_id=run.job_id,
        version=version.number,
        fingerprint=version.fingerprint,
        by=run.asked_by,
    )
    return Outcome({"version": version.number, "fingerprint": version.fingerprint}, effect=note)
