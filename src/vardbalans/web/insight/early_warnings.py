"""Early warnings as the pages show them: what will be short, from when, how much, how sure, and what binds."""

from dataclasses import dataclass
from typing import NamedTuple

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vardbalans.engine.early_warning import Ahead, EarlyWarning, early
from vardbalans.engine.inputs import WarningRule
from vardbalans.engine.periods import Period
from vardbalans.web import numbers
from vardbalans.web.insight.amounts import amount, amount_and_unit
from vardbalans.web.insight.selectors import Reader, Run

__all__ = ["ShownWarning", "Warnings", "warnings_for"]

SHOWN = 5


class ShownWarning(NamedTuple):
    """One warning in words: *address* leads to the unit's balance, *why* to the first week's figure when it has one.
    *ahead* is what it was made of.
    """

    ahead: Ahead
    begins: str
    left: str
    unit: str
    name: str
    address: str
    size: str
    interval: str
    certainty: str
    binding: str
    weeks: str
    formula: str
    terms: tuple[tuple[str, str], ...]
    why: str


@dataclass(frozen=True)
class Warnings:
    """The warnings of a page, the weightiest first: those shown at once, the rest, and the rule they follow."""

    first: tuple[ShownWarning, ...]
    more: tuple[ShownWarning, ...]
    rule: str
    rule_source: str


def warnings_for(reader: Reader, run: Run, unit_id: str | None) -> Warnings:
    """Return the warnings of *unit_id* and what lies below it in the reader's scope, seen from today."""
    rule = run.stored.warning_rule()
    found = early(run.stored.warnings(reader.below(unit_id)), Period.week_of(run.today), rule)
    names = run.names("resources")
    shown = tuple(_shown(row, reader, names.get(row.warning.binding_id, "")) for row in found)
    return Warnings(shown[:SHOWN], shown[SHOWN:], _rule(rule), f"{_(rule.source)}, {rule.valid_from.isoformat()}")


def _rule(rule: WarningRule) -> str:
    return _(
        "Risken för brist är över {risk} i minst {weeks} veckor i rad, eller väntelistan mer än dubbelt så lång som "
        "ryms i vårdgarantin, och det börjar om minst {ahead} veckor. Störst och säkrast står först."
    ).format(risk=numbers.percent(rule.risk), weeks=rule.weeks, ahead=rule.ahead_weeks)


def _shown(row: Ahead, reader: Reader, binding: str) -> ShownWarning:
    warning, figure = row.warning, row.warning.figure()
    unit = reader.tree.units.get(warning.unit_id)
    return ShownWarning(
        ahead=row,
        begins=numbers.week_and_year(warning.first_week),
        left=ngettext("om {weeks} vecka", "om {weeks} veckor", row.weeks_left).format(weeks=row.weeks_left),
        unit=unit.name if unit else warning.unit_id,
        name=_named(warning),
        address=_address(warning),
        size=amount_and_unit(warning.size, warning.measure),
        interval=f"{amount(warning.low, warning.measure)}–{amount(warning.high, warning.measure)}",
        certainty=numbers.percent(warning.certainty),
        binding=_binding(warning, binding),
        weeks=_weeks(warning),
        formula=_(figure.formula.template),
        terms=tuple((_(step.label.template), amount_and_unit(step.value, step.unit)) for step in figure.terms),
        why=_why(warning),
    )


def _named(warning: EarlyWarning) -> str:
    return _("Väntelistan till {service}").format(service=warning.name) if _is_list(warning) else warning.name


def _binding(warning: EarlyWarning, name: str) -> str:
    if warning.binding_id == warning.subject_id:
        return _("Resursen själv")
    return name or _("Observerad produktion")


def _weeks(warning: EarlyWarning) -> str:
    return _("{first} till {last}").format(
        first=numbers.week_and_year(warning.first_week), last=numbers.week_and_year(warning.last_week)
    )


def _address(warning: EarlyWarning) -> str:
    page = reverse("insight:balance", args=[warning.unit_id])
    return page if _is_list(warning) else f"{page}?{urlencode({'resource': warning.subject_id})}"


def _why(warning: EarlyWarning) -> str:
    """Return the address that explains the first week's balance; nothing for a list, which is no figure of a week."""
    if _is_list(warning):
        return ""
    query = urlencode({"resource": warning.subject_id, "week": warning.first_week, "figure": "balance"})
    return f"{reverse('insight:why', args=[warning.unit_id])}?{query}"


def _is_list(warning: EarlyWarning) -> bool:
    return warning.kind == "waiting_list"
