"""The lists of what steers: early warnings and goals, as their pages show them."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from vardbalans.web.exports.tables import Column, Table, Value, unit_columns
from vardbalans.web.following.goals import GoalLine
from vardbalans.web.insight.early_warnings import Warnings

__all__ = ["goals_table", "warnings_table"]


def warnings_table(warnings: Warnings) -> Table:
    """Return every warning, the weightiest first, its size in what its resource or list is counted in."""
    columns = (
        *unit_columns(),
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
        *unit_columns(),
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
