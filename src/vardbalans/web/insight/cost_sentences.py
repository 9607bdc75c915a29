"""What the page of costs says in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vardbalans.data.tables import TABLES
from vardbalans.web import numbers
from vardbalans.web.headings import column_choices
from vardbalans.web.translate import translated

__all__ = ["CHOICES", "choice_value", "contacts", "control", "loose_kind", "money", "reconciled", "variance"]

Row = Mapping[str, Any]
_MILLION, _THOUSAND = 100_000_000, 100_000


def money(ore: float | None, *, sign: bool = False) -> str:
    """Return an amount in the unit that suits it: ``12,3 mnkr``, ``840 tkr`` or ``12 kr``."""
    if ore is None:
        return numbers.MISSING
    if abs(ore) >= _MILLION:
        return f"{numbers.number(ore / _MILLION, 1, sign=sign)}{numbers.NBSP}{_('mnkr')}"
    if abs(ore) >= _THOUSAND:
        return f"{numbers.number(ore / _THOUSAND, sign=sign)}{numbers.NBSP}{_('tkr')}"
    return f"{numbers.number(ore / 100, sign=sign)}{numbers.NBSP}{_('kr')}"


def reconciled(document: Row) -> str:
    """Return where the ledger's money went, and that none is lost, or how much is."""
    said = _("Av huvudbokens {ledger} ligger {contacts} på vårdkontakter och {unused} är outnyttjad kapacitet.").format(
        ledger=money(document["ledger_ore"]),
        contacts=money(document["contacts_ore"]),
        unused=money(document["unused_ore"]),
    )
    if document["difference_ore"]:
        lost = numbers.number(document["difference_ore"] / 100, 2)
        return f"{said} {_('Skillnaden mot huvudboken är {kronor} kr: ett fel i beräkningen.').format(kronor=lost)}"
    return f"{said} {_('Allt stämmer på öret.')}"


def contacts(group: Row | None) -> str:
    """Return what the contacts of a unit without cost centres of its own cost."""
    if group is None:
        return _("Enheten har varken kostnadsställen eller vårdkontakter i körningen.")
    if group["suppressed"]:
        return _("Enhetens vårdkontakter gäller för få patienter för att visas.")
    return _("Enhetens {count} vårdkontakter kostar {cost}.").format(
        count=numbers.number(group["contacts"]), cost=money(group["ore"])
    )


def variance(figure: Row, before: str) -> str:
    """Return in a sentence how the outcome differs from *before* (``plan`` or a period), and what explains most."""
    steps: Sequence[Row] = figure["terms"]
    most = max(steps, key=lambda step: abs(step["value"]))
    other = _("planen") if before == "plan" else before
    total = figure["value"]
    if total == 0:
        return _("Utfallet kostar lika mycket som {other}.").format(other=other)
    words = (
        _("Utfallet kostar {amount} mer än {other}; mest betyder {part} ({share}).")
        if total > 0
        else _("Utfallet kostar {amount} mindre än {other}; mest betyder {part} ({share}).")
    )
    part = _(most["template"]).partition(":")[0]
    return words.format(
        amount=money(abs(total)),
        other=other,
        part=part[:1].lower() + part[1:],
        share=money(most["value"], sign=True),
    )


_CONTROLS = {
    "difference_ore": gettext_lazy("Skillnad mot huvudboken, öre"),
    "negative_contacts": gettext_lazy("Kontakter med negativ kostnad"),
    "contacts_without_cost": gettext_lazy("Kontakter utan kostnad"),
    "contacts_without_drg": gettext_lazy("Kontakter utan DRG"),
    "stays_ending_before_they_begin": gettext_lazy("Vårdtillfällen som slutar innan de börjar"),
    "drg_missing": gettext_lazy("varav i vårdtjänster som annars har DRG"),
    "group_share_change": gettext_lazy("Största ändring av en vårdtjänsts andel av kostnaden"),
    "unmatched_share": gettext_lazy("Andel omatchat"),
    "unused_share": gettext_lazy("Andel outnyttjad kapacitet"),
    "outliers_outpatient": gettext_lazy("Ytterfall i öppen vård"),
    "outliers_inpatient": gettext_lazy("Ytterfall i sluten vård"),
}

CHOICES = {
    "program": gettext_lazy("Program"),
    "period": gettext_lazy("Period"),
    "data_version": gettext_lazy("Dataversion"),
    "data_fingerprint": gettext_lazy("Datans fingeravtryck"),
    "overhead_method": gettext_lazy("Fördelning av gemensamma kostnader"),
    "support_centres": gettext_lazy("Stödjande kostnadsställen och fördelningsnycklar"),
    "rates": gettext_lazy("Priser"),
    "cost_rules": gettext_lazy("Antal kostnadsregler"),
    "pools": gettext_lazy("Antal kostnadspooler"),
    "pools_with_capacity": gettext_lazy("Pooler med praktisk kapacitet"),
    "weights": gettext_lazy("Antal vikter"),
    "matching_rules": gettext_lazy("Matchningsregler"),
    "outlier_shares": gettext_lazy("Ytterfallens andel av kontakterna"),
    "outlier_population": gettext_lazy("Ytterfallen är de dyraste bland"),
    "small_numbers_below": gettext_lazy("Grupper visas inte under så här många patienter"),
    "rounding": gettext_lazy("Avrundning"),
    "parts": gettext_lazy("Delar som beräkningen gjordes i"),
    "parts_of_an_ore": gettext_lazy("Delar av ett öre som priserna räknas i"),
}
"""What the choices of the method sheet are called."""

_VALUES = {
    "reciprocal": gettext_lazy("ömsesidig fördelning"),
    "step-down": gettext_lazy("stegvis fördelning"),
    "practical capacity, unused capacity apart": gettext_lazy("praktisk kapacitet, det outnyttjade för sig"),
    "full absorption": gettext_lazy("allt på utförd vård"),
    "largest remainder, öre per contact": gettext_lazy("största resten, hela öre per kontakt"),
    "all of the care form": gettext_lazy("alla kontakter i vårdformen"),
    "the same DRG (without: the same kind) in the care form": gettext_lazy(
        "kontakter med samma DRG i vårdformen (utan DRG: av samma slag)"
    ),
    "inpatient": gettext_lazy("sluten vård"),
    "outpatient": gettext_lazy("öppen vård"),
}


def choice_value(name: str, value: Any) -> str:
    """Return a choice of the method sheet in words."""
    if isinstance(value, Mapping):
        return ", ".join(f"{_VALUES.get(key, key)} {numbers.percent(share, 1)}" for key, share in value.items())
    if isinstance(value, list):
        return ", ".join(dict.fromkeys(map(str, value))) or numbers.MISSING
    if isinstance(value, int) and name not in ("data_version", "parts"):
        return numbers.number(value)
    return str(_VALUES.get(value, value))


def control(row: Row) -> tuple[str, str, bool | None]:
    """Return a control's name, what was found, and whether it holds; None where it is only told."""
    share = "_share" in row["control"]
    value = numbers.percent(row["value"], 2) if share else numbers.number(row["value"])
    return str(_CONTROLS.get(row["control"], row["control"])), value, row["passed"]


def loose_kind(row: Row) -> str:
    """Return what is unmatched: the kind of stays or care items without a contact, or what a note says."""
    if row["message"]:
        return translated(row["template"], row["values"], row["message"])
    kinds = column_choices(TABLES["match_rules"].column("kind"))
    return _("{kind} utan vårdkontakt").format(kind=kinds.get(row["kind"], row["kind"]))
