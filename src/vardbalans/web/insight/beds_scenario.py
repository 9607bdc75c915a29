"""The page of a scenario of beds: what is changed, all of it in the address, and what a year becomes with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from django.http import QueryDict
from django.utils.translation import gettext as _

from vardbalans.web import numbers
from vardbalans.web.insight import beds_job
from vardbalans.web.insight.beds_list import ward_names
from vardbalans.web.insight.beds_typed import FIELDS, Typed, TypedChange
from vardbalans.web.insight.selectors import Reader, Run
from vardbalans.web.jobs.models import Job, State
from vardbalans.web.jobs.selectors import progress_of
from vardbalans.web.people.units import Unit
from vardbalans.web.translate import said

__all__ = ["Scenario", "scenario_page"]

YEARS = (50, 200, 1000)
_USUAL = 200


class Measure(NamedTuple):
    """A figure of a year: as it is, with the change, and the difference, each with its interval as text."""

    name: str
    now: str
    then: str
    difference: str
    interval: str
    is_shown: bool


class Changed(NamedTuple):
    """One change, or all of them together: in words, what it leads to, and every figure."""

    name: str
    conclusion: str
    measures: tuple[Measure, ...]


@dataclass(frozen=True)
class Scenario:
    """What the page shows: the fields as *typed*, and the *changes* that they mean."""

    unit: Unit
    path: tuple[Unit, ...]
    run: Run
    wards: Mapping[str, str]
    typed: Typed
    changes: tuple[TypedChange, ...]
    postpone: bool
    years: int

    @property
    def year_choices(self) -> tuple[int, ...]:
        """Return how many years can be played."""
        return YEARS

    @property
    def arguments(self) -> dict[str, Any]:
        """Return what the job is asked."""
        return beds_job.arguments_of(
            list(self.wards),
            self.run.meta["version"],
            [(change.kind, change.text) for change in self.changes],
            postpone=self.postpone,
            years=self.years,
        )

    @cached_property
    def job(self) -> Job | None:
        """Return the job that plays the scenario, or has."""
        return beds_job.newest(self.unit.unit_id, self.arguments) if self.changes and not self.typed.problems else None

    @property
    def progress(self) -> dict[str, Any] | None:
        """Return how far the job is, while it is not over."""
        return progress_of(self.job) if self.job and self.job.is_active else None

    @property
    def failure(self) -> str:
        """Return why it could not be played; empty where it could."""
        if self.job is None or self.job.state not in (State.FAILED, State.CANCELLED):
            return ""
        return said(self.job.error) if self.job.state == State.FAILED else _("Avbrutet")

    @property
    def results(self) -> tuple[Changed, ...]:
        """Return what each change leads to, and all together last; nothing before it is played."""
        found = self.job.result if self.job else None
        if not found:
            return ()
        names = [*(change.words for change in self.changes), _("Allt tillsammans")]
        return tuple(
            _changed(name, found["base"], row, postpone=self.postpone)
            for name, row in zip(names, found["scenarios"], strict=False)
        )


def scenario_page(reader: Reader, run: Run, row: Mapping[str, Any], asked: QueryDict) -> Scenario:
    """Return the page of the unit that *row* tells of, with what *asked* says is changed."""
    wards = ward_names(reader, row["wards"])
    typed = Typed(
        {name: asked.get(name, "").strip()[:40] for name in FIELDS},
        wards,
        [ward for ward in asked.getlist("acute_from") if ward in wards],
    )
    changes = typed.changes()
    return Scenario(
        unit=reader.tree.units[row["unit_id"]],
        path=reader.path(row["unit_id"]),
        run=run,
        wards=wards,
        typed=typed,
        changes=changes,
        postpone=asked.get("postpone") == "1",
        years={str(count): count for count in YEARS}.get(asked.get("years", ""), _USUAL),
    )


def _names(*, postpone: bool) -> dict[str, tuple[str, int, bool]]:
    """Return the figures shown: name, decimals, and whether it is a share."""
    found = {
        "outliers_per_100": (_("Utlokaliserade per 100 disponibla"), 2, False),
        "crowded_per_100": (_("Överbeläggning per 100 disponibla"), 2, False),
        "occupancy": (_("Beläggning"), 1, True),
        "elective_admitted_per_year": (_("Inskrivna planerade per år"), 0, False),
        "elective_postponed_per_year": (_("Uppskjutna planerade per år"), 0, False),
        "acute_wait_hours_per_year": (_("Akutas väntan på plats, timmar per år"), 0, False),
        "moved_per_year": (_("Flyttade till sin avdelning per år"), 0, False),
        "bed_days_per_year": (_("Vårddygn per år"), 0, False),
    }
    if not postpone:
        del found["elective_postponed_per_year"]
    return found


def _changed(name: str, base: Mapping[str, Any], row: Mapping[str, Any], *, postpone: bool) -> Changed:
    measures = []
    for key, (words, decimals, is_share) in _names(postpone=postpone).items():
        factor = 100 if is_share else 1

        def shown(value: float, *, sign: bool = False, factor: int = factor, decimals: int = decimals) -> str:
            return numbers.number(factor * value, decimals, sign=sign)

        difference = row["difference"][key]
        measures.append(
            Measure(
                f"{words}, %" if is_share else words,
                shown(base[key]["mean"]),
                shown(row["figures"][key]["mean"]),
                shown(difference["mean"], sign=True),
                _("{low} till {high}").format(
                    low=shown(difference["low"], sign=True), high=shown(difference["high"], sign=True)
                ),
                difference["is_shown"],
            )
        )
    return Changed(name, _conclusion(base, row), tuple(measures))


def _conclusion(base: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    key = "outliers_per_100"
    difference = row["difference"][key]
    if not difference["is_shown"]:
        return _("Utlokaliserade ändras inte mer än slumpen: {now} per 100 disponibla vårdplatser.").format(
            now=numbers.number(base[key]["mean"], 1)
        )
    return _("Utlokaliserade per 100 disponibla vårdplatser går från {now} till {then} ({low} till {high}).").format(
        now=numbers.number(base[key]["mean"], 1),
        then=numbers.number(row["figures"][key]["mean"], 1),
        low=numbers.number(difference["low"], 1, sign=True),
        high=numbers.number(difference["high"], 1, sign=True),
    )
