"""The services of a unit with their waiting lists, and the identity that each list's figures must satisfy."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from vardbalans.data.results.service_reasons import SERVICE_FIGURES
from vardbalans.web import numbers
from vardbalans.web.insight.addresses import figure_address

__all__ = ["Identity", "IdentityLine", "Service", "services_of"]

Row = Mapping[str, Any]
_SHOWN_PERIODS = 12


class IdentityLine(NamedTuple):
    """One line of the identity: its key, its name, the whole span's figure, and one per shown period.

    Each of the latter with where it is explained.
    """

    key: str
    name: str
    total: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Identity:
    """opening + inflow − treated − removed − residual = closing, per period; *span* names the whole time.

    The line of removals is left out where the source does not report them.
    """

    span: str
    columns: tuple[Row, ...]
    lines: tuple[IdentityLine, ...]


@dataclass(frozen=True)
class Service:
    """One service: its row of results, need per week, what limits it, and its list's identity when it has a list.

    *why* tells where each of :data:`~vardbalans.data.results.service_reasons.SERVICE_FIGURES` is explained.
    """

    row: Row
    need_per_week: float | None
    bottleneck: str
    identity: Identity | None
    why: Mapping[str, str]


def services_of(
    rows: Sequence[Row], names: Mapping[str, str], observed: Collection[str], weeks: Sequence[str]
) -> tuple[Service, ...]:
    """Return the services of *rows*; *names* are the resources' names, *weeks* those of the run.

    *observed* are the ids that stand for what is usually produced, where the resources behind are not known.
    """
    return tuple(
        Service(
            row,
            None if row["need_year"] is None else row["need_year"] / len(weeks),
            _bottleneck(row["bottleneck_resource_id"], names, observed),
            _identity(row) if row["identity"] else None,
            _why(row, f"{weeks[0]}..{weeks[-1]}"),
        )
        for row in rows
    )


def _why(row: Row, whole: str) -> dict[str, str]:
    asked = {"service": row["service_id"], "week": whole}
    return {figure: figure_address(row["unit_id"], figure=figure, **asked) for figure in SERVICE_FIGURES}


def _bottleneck(resource_id: str | None, names: Mapping[str, str], observed: Collection[str]) -> str:
    if not resource_id:
        return numbers.MISSING
    return _("Observerad produktion") if resource_id in observed else names.get(resource_id, resource_id)


def _identity(row: Row) -> Identity:
    periods: Sequence[Row] = row["identity"]
    asked = {"service": row["service_id"], "figure": "queue"}
    shown = tuple(
        {**period, "why": figure_address(row["unit_id"], week=period["period"], **asked)}
        for period in periods[-_SHOWN_PERIODS:]
    )
    first, last = periods[0], periods[-1]
    span = _("{first} till {last}").format(
        first=numbers.week_and_year(first["period"]), last=numbers.week_and_year(last["period"])
    )
    removed = _line("removed", _("− avgångar utan behandling"), _sum(periods, "removed"), shown, numbers.number)
    return Identity(
        span,
        shown,
        (
            _line("opening", _("Ingående väntande"), first["opening"], shown, numbers.number),
            _line("inflow", _("+ inflöde"), _sum(periods, "inflow"), shown, numbers.number),
            _line("treated", _("− behandlade"), _sum(periods, "treated"), shown, numbers.number),
            *([removed] if last["removed"] is not None else ()),
            _line("residual", _("− rest, oförklarat"), _sum(periods, "residual"), shown, numbers.number),
            _line("closing", _("= utgående väntande"), last["closing"], shown, numbers.number),
        ),
    )


def _line(
    key: str, name: str, total: float | None, periods: Sequence[Row], shown: Callable[[float | None], str]
) -> IdentityLine:
    return IdentityLine(key, name, shown(total), tuple((shown(period[key]), period["why"]) for period in periods))


def _sum(periods: Sequence[Row], key: str) -> float | None:
    """Return the sum over the periods; None when a period lacks the figure, for then the sum is not known."""
    values = [period[key] for period in periods]
    return None if None in values else sum(values)
