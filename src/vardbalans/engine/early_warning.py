"""Early warning: what will be short or over its limit, while there is still time to act.

A resource is warned for when the risk that it is short stays above a stated limit for so many weeks in a row, and a
waiting list when it does so that it is more than twice what fits the care guarantee (the sign that relief is needed,
see :mod:`waitlist.formula`). What begins sooner than the rule's *ahead_weeks* is no early warning: it is here now, and
the balance shows it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from vardbalans.engine.balance import ResourceBalance
from vardbalans.engine.episodes import Episode
from vardbalans.engine.explain import Figure, Step
from vardbalans.engine.inputs import WarningRule
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Period
from vardbalans.engine.scenario import Outcome, ServiceOutcome

__all__ = ["Ahead", "EarlyWarning", "early", "warnings_of"]


@dataclass(frozen=True)
class EarlyWarning:
    """What will be short or over, from *first_week* to *last_week* (ISO weeks as text).

    *kind* ``resource``: *subject_id* is the resource, *size* what is missing in all in *measure*; *required* and
    *available* are what it is the difference of. ``waiting_list``: *subject_id* is the service, *size* how many people
    over the limit in the worst week; *required* is the list then and *available* the limit. *binding_id* is the
    resource that holds back most, *services* those held back by it. *need_per_week* is the size's yardstick.
    """

    kind: Literal["resource", "waiting_list"]
    unit_id: str
    subject_id: str
    name: str
    measure: str
    first_week: str
    last_week: str
    size: float
    low: float
    high: float
    certainty: float
    required: float
    available: float
    need_per_week: float
    binding_id: str
    services: tuple[str, ...]

    @property
    def weight(self) -> float:
        """Return size times certainty, the size in weeks of need so that hours and people can be ranked together."""
        return self.certainty * self.size / self.need_per_week if self.need_per_week > 0 else 0.0

    def figure(self) -> Figure:
        """Return the size with its reason."""
        unit = self.measure
        if self.kind == "waiting_list":
            formula = Message("Över gränsen = väntande den värsta veckan − det dubbla av vad som ryms i vårdgarantin")
            parts = Message("väntande den värsta veckan"), Message("gränsen för listan")
        else:
            formula = Message("Brist = behov − tillgängligt, summerat från första till sista veckan")
            parts = Message("behov under veckorna"), Message("tillgängligt under veckorna")
        terms = Step(parts[0], self.required, unit), Step(parts[1], -self.available, unit)
        return Figure("early_warning", self.size, unit, formula, terms)


@dataclass(frozen=True)
class Ahead:
    """A warning seen from a week: how many weeks are left before it begins."""

    warning: EarlyWarning
    weeks_left: int


def early(found: Iterable[EarlyWarning], now: Period, rule: WarningRule) -> tuple[Ahead, ...]:
    """Return the warnings that begin at least the rule's weeks after the week *now*, the weightiest first."""
    seen = (Ahead(row, (Period.parse(row.first_week).start - now.start).days // 7) for row in found)
    found_early = [row for row in seen if row.weeks_left >= rule.ahead_weeks]
    return tuple(
        sorted(
            found_early,
            key=lambda row: (-row.warning.weight, row.weeks_left, row.warning.unit_id, row.warning.subject_id),
        )
    )


def warnings_of(outcome: Outcome) -> tuple[EarlyWarning, ...]:
    """Return what will be short or over its limit in the run's weeks, those that have begun included."""
    return (*_resources(outcome), *_lists(outcome))


def _resources(outcome: Outcome) -> Iterator[EarlyWarning]:
    services = {row.item.service.service_id: row for row in outcome.services}
    for row in outcome.resources:
        users = [services[use.service_id] for use in outcome.uses[row.resource.resource_id]]
        for episode in row.episodes:
            weeks = slice(episode.first, episode.last + 1)
            binding, held = _binding(users, episode, row)
            yield EarlyWarning(
                "resource",
                row.resource.unit_id,
                row.resource.resource_id,
                row.resource.name,
                row.measure,
                *_span(outcome, episode),
                episode.size,
                episode.low,
                episode.high,
                episode.certainty,
                float(row.required[weeks].sum()),
                float(row.available.mean[weeks].sum()),
                float(row.required.mean()),
                binding,
                held,
            )


def _lists(outcome: Outcome) -> Iterator[EarlyWarning]:
    for row in outcome.services:
        coming, service = row.coming_list, row.item.service
        for episode in coming.episodes if coming else ():
            weeks = slice(episode.first, episode.last + 1)
            binding, _ = _binding([row], episode, None)
            yield EarlyWarning(
                "waiting_list",
                service.unit_id,
                service.service_id,
                service.name,
                "people",
                *_span(outcome, episode),
                episode.size,
                episode.low,
                episode.high,
                episode.certainty,
                float(coming.queue[weeks].max()) if coming else 0.0,
                coming.limit if coming else 0.0,
                float(row.forecast.mean.mean()),
                binding,
                (service.service_id,),
            )


def _span(outcome: Outcome, episode: Episode) -> tuple[str, str]:
    weeks = outcome.inputs.weeks
    return str(weeks[episode.first]), str(weeks[episode.last])


def _binding(
    services: Iterable[ServiceOutcome], episode: Episode, own: ResourceBalance | None
) -> tuple[str, tuple[str, ...]]:
    """Return the resource that most often holds *services* back in the weeks, and which of them it holds back.

    Where nothing is held back it is the resource itself.
    """
    counts: Counter[str] = Counter()
    held: dict[str, set[str]] = {}
    for row in services:
        short = np.flatnonzero(row.balance.feasible < row.balance.required - 1e-9)
        for week in short[(short >= episode.first) & (short <= episode.last)]:
            resource = row.balance.binding[week]
            counts[resource] += 1
            held.setdefault(resource, set()).add(row.item.service.service_id)
    if not counts:
        return (own.resource.resource_id if own else "", ())
    most = max(counts, key=lambda name: (counts[name], name))
    return most, tuple(sorted(held[most]))
