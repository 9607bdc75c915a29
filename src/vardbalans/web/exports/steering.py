"""The lists of what steers: early warnings, goals and external contracts, as their pages show them."""

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from vardbalans.web.exports.tables import Column, Value
from vardbalans.web.following.goals import GoalLine
from vardbalans.web.insight.cost_page import Contract
from vardbalans.web.insight.early_warnings import Warnings

__all__ = ["contracts_table", "goals_table", "warnings_table"]

Table = tuple[tuple[Column, ...], list[tuple[Value, ...]]]


def warnings_table(warnings: Warnings) -> Table:
    """Return every warning, the weightiest first, its size in what its resource or list is counted in."""
    columns = (
        Column("unit_id", _("Enhetens id")),
        Column("unit", _("Enhet")),
        Column("what", _("Vad")),
        Column("begins", _("Börjar")),
        Column("ends", _("Till och med")),
        Column("weeks_left", _("Veckor kvar"), "count"),
        Column("size", _("Saknas"), "measure"),
        Column("low", _("Saknas, 90 % lägst"), "measure"),
        Column("high", _("Saknas, 90 % högst"), "measure"),
        Column("measure", _("Mått")),
        Column("certainty", _("Säkerhet"), "share"),
        Column("limited_by", _("Begränsas av")),
    )
    rows: list[tuple[Value, ...]] = []
    for shown in (*warnings.first, *warnings.more):
        found = shown.ahead.warning
        where = (found.unit_id, shown.unit, shown.name, found.first_week, found.last_week, shown.ahead.weeks_left)
        rows.append((*where, found.size, found.low, found.high, found.measure, found.certainty, shown.binding))
    return columns, rows


def goals_table(lines: Sequence[GoalLine]) -> Table:
    """Return outcome, target and status of each line; a share as a share."""
    columns = (
        Column("unit_id", _("Enhetens id")),
        Column("unit", _("Enhet")),
        Column("indicator_id", _("Indikatorns id")),
        Column("indicator", _("Indikator")),
        Column("value", _("Utfall"), "measure"),
        Column("measure", _("Mått")),
        Column("counted", _("Räknat på")),
        Column("target", _("Mål"), "measure"),
        Column("direction", _("Bättre är")),
        Column("status", _("Status")),
    )
    return columns, [
        (
            line.row["unit_id"],
            line.row["unit_name"],
            line.row["indicator"],
            line.name,
            line.row["value"],
            line.indicator.unit,
            line.counted or None,
            line.row["target"],
            {"up": _("högre"), "down": _("lägre")}.get(line.row["direction"]),
            line.status[1],
        )
        for line in lines
    ]


def contracts_table(contracts: Sequence[Contract]) -> Table:
    """Return what is agreed and performed of each contract, its price and its cost, in kronor."""
    columns = (
        Column("service_id", _("Vårdtjänstens id")),
        Column("service", _("Vårdtjänst")),
        Column("provider_id", _("Utförarens id")),
        Column("provider", _("Utförare")),
        Column("agreed", _("Avtalat"), "count"),
        Column("performed", _("Utfört"), "count"),
        Column("at_price", _("Till avtalets pris, kr"), "kr"),
        Column("price", _("Pris per kontakt, kr"), "kr"),
        Column("cost", _("Kostnad per kontakt, kr"), "kr"),
    )
    return columns, [
        (
            each.row["service_id"],
            each.service,
            each.row["provider_id"],
            each.provider,
            each.row["agreed"],
            each.row["performed"],
            *(
                None if ore is None else Decimal(str(ore)) / 100
                for ore in (each.row["at_price_ore"], each.price, each.cost)
            ),
        )
        for each in contracts
    ]
