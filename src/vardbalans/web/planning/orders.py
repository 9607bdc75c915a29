"""Orders from the level above, as a plan meets them: what is ordered, in the plan's slots, and what is answered."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import numpy as np
from django.utils.translation import gettext as _

from vardbalans.data.lake import Lake
from vardbalans.data.orders_run import orders_of
from vardbalans.engine.orders import Answer, Order
from vardbalans.engine.periods import Period, swedish_calendar
from vardbalans.engine.spread import Wanted, is_squeezed, spread_year
from vardbalans.web import store
from vardbalans.web.insight.addresses import figure_address
from vardbalans.web.insight.selectors import Run
from vardbalans.web.planning.profiles import weights_of
from vardbalans.web.planning.selectors import Service
from vardbalans.web.planning.weeks import weeks_of_year

__all__ = ["Ordered", "lost_shares", "ordered", "orders_of_year", "prefill"]

_SQUEEZE = 0.5
"""What a squeeze day is worth of another working day, as in :class:`~vardbalans.data.spread_run.Spreading`."""


@dataclass(frozen=True)
class Ordered:
    """One order of a service: *slots* is what the volume last spoken of takes, *planned* what the plan has of them."""

    order: Order
    name: str
    slots: int
    planned: Decimal

    @property
    def why(self) -> str:
        """Return where the volume, and the slots it takes, are explained."""
        order = self.order
        return figure_address(order.unit_id, figure="ordered", service=order.service_id, week=str(order.year))

    @property
    def difference(self) -> Decimal:
        """Return how much the plan has above the order."""
        return self.planned - self.slots

    @property
    def volume(self) -> int:
        """Return the volume last spoken of, in people treated or activities."""
        return round(self.order.spoken_of)

    @property
    def promised(self) -> int:
        """Return how many the plan's slots serve."""
        return round(float(self.planned) * self.order.spoken_of / self.slots) if self.slots else 0

    @property
    def status(self) -> str:
        """Return how it stands, in words."""
        return _words()[self.order.status]

    @property
    def history(self) -> list[tuple[str, Answer]]:
        """Return every turn of it with what was done in words, the first first."""
        return [(_words()[answer.status], answer) for answer in self.order.answers]

    @property
    def latest(self) -> Answer | None:
        """Return what was last said of it; None where nobody has said anything."""
        return self.order.answers[-1] if self.order.answers else None

    @property
    def may_be_answered(self) -> bool:
        """Tell whether it waits for an answer."""
        return self.order.status in ("proposed", "countered")


def _words() -> Mapping[str, str]:
    return {
        "proposed": _("föreslagen"),
        "accepted": _("godtagen"),
        "rejected": _("avvisad"),
        "countered": _("motförslag"),
    }


def orders_of_year(year: int) -> Mapping[str, tuple[Order, ...]]:
    """Return service id → its orders for the calendar *year* in the newest data; nothing where there are none."""
    head = store.lake().head()
    return {} if head is None or "orders" not in head.tables else _orders_in(store.root(), head.number, head.at, year)


@lru_cache(maxsize=8)
def _orders_in(root: Path, number: int, _at: datetime, year: int) -> Mapping[str, tuple[Order, ...]]:
    """Return the orders of one data version, which never change; *_at*, when it was stored, tells stores apart."""
    lake = Lake(root)
    found: dict[str, tuple[Order, ...]] = {}
    for order in orders_of(lake, lake.version(number), year).values():
        found[order.service_id] = (*found.get(order.service_id, ()), order)
    return found


def lost_shares(run: Run, unit_ids: Collection[str]) -> Mapping[str, float]:
    """Return service id → the share of its slots that are lost, as the figures of the run have it."""
    return {row["service_id"]: row["lost_share"] or 0.0 for row in run.services(unit_ids)}


def prefill(run: Run, year: int, services: Sequence[Service]) -> dict[tuple[str, str], int]:
    """Return (service, week) → slots of the orders for *year* that are not rejected, spread so that they sum to each.

    A day weighs as it is worked, a squeeze day half, times the season: what was done the same week last year.
    """
    lost = lost_shares(run, {service.unit_id for service in services})
    found: dict[tuple[str, str], int] = {}
    for service in services:
        rows = ordered(year, {service.service_id: service.name}, lost, {})
        total = sum(row.slots for row in rows if row.order.status != "rejected")
        if total:
            season = weights_of("last_year", run, service.unit_id, service.service_id, year)
            spread = spread_year(_wanted(total, year, season))
            found |= {(service.service_id, str(week)): count for week, count in spread.weeks.items()}
    return found


def _wanted(total: int, year: int, season: Mapping[str, float]) -> Wanted:
    calendar = swedish_calendar(year - 1, year + 1)
    days = tuple(day for week in weeks_of_year(year) for day in Period.parse(week).days)
    worked = {week: calendar.working_days(Period.parse(week)) for week in season}
    weights = [calendar.is_working(day) * (_SQUEEZE if is_squeezed(day, calendar) else 1.0) for day in days]
    by_day = [season[week] / max(worked[week], 1.0) for week in (str(Period.week_of(day)) for day in days)]
    return Wanted(total, days, np.array(weights), np.array(by_day))


def ordered(
    year: int, names: Mapping[str, str], lost: Mapping[str, float], planned: Mapping[str, Decimal]
) -> tuple[Ordered, ...]:
    """Return the orders for the services of *names*, in their order, held against what is *planned* of each.

    An order is people treated or activities: it takes so many more slots as some are *lost*.
    """
    orders = orders_of_year(year)
    return tuple(
        Ordered(order, name, round(order.spoken_of / (1 - lost.get(service, 0.0))), planned.get(service, Decimal(0)))
        for service, name in names.items()
        for order in orders.get(service, ())
    )
