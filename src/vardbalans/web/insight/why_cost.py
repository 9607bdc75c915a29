"""Why a figure of the page Ekonomi is what it is: a sum of others, a rate of two, or rows of the ledger or the care."""

from collections.abc import Mapping

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from vardbalans.engine.explain import Figure
from vardbalans.web.insight.cost_page import cost_page
from vardbalans.web.insight.cost_run import kept_costs
from vardbalans.web.insight.derived import Back, Derived
from vardbalans.web.insight.selectors import Reader
from vardbalans.web.insight.why_cost_care import CareFigures
from vardbalans.web.insight.why_cost_groups import GroupFigures
from vardbalans.web.insight.why_cost_ledger import LedgerFigures

__all__ = ["of_cost"]


def of_cost(reader: Reader, unit_id: str, asked: Mapping[str, str]) -> Derived | None:
    """Return a figure of the page of the unit: of all (none of the below), of a ``pool``, of a cost ``centre``, of the
    ``group`` of those ``by`` something, of why it differs (``against``), or of care that is our ``own`` beside a
    contract.
    """
    run = kept_costs()
    if run is None:
        return None
    page = cost_page(reader, run, unit_id, {"by": asked.get("by", ""), "against": asked.get("against", "")})
    asked_of = page, run, unit_id, asked["figure"], asked
    found: tuple[str, Figure] | None
    if "pool" in asked:
        found = LedgerFigures(*asked_of).of_pool(asked["pool"])
    elif "centre" in asked:
        found = LedgerFigures(*asked_of).of_centre(asked["centre"])
    elif "by" in asked:
        found = GroupFigures(*asked_of).of_group(asked["by"], asked.get("group", ""))
    elif "against" in asked:
        found = CareFigures(*asked_of).of_variance()
    elif "own" in asked:
        found = CareFigures(*asked_of).of_own(asked["own"])
    else:
        found = LedgerFigures(*asked_of).of_all()
    if found is None:
        return None
    address = reverse("insight:cost_unit", args=[unit_id])
    shown = {
        name: asked[name] for name in ("by", "against") if asked.get(name) in ("drg", "diagnosis", "month", "before")
    }
    back = Back(
        f"{_('Ekonomi')}: {reader.tree.units[unit_id].name}", f"{address}?{urlencode(shown)}" if shown else address
    )
    asked = {**asked, "week": run.document["period"]}
    return Derived(unit_id, found[1], found[0], _titles().get(asked["figure"], ""), back, asked, run)


def _titles() -> dict[str, str]:
    return {
        "capacity": _("Kapacitet"),
        "used": _("Använt"),
        "share": _("Nyttjat"),
        "ore_per_unit": _("Kr per enhet"),
        "used_ore": _("Använt i vård"),
        "unused_ore": _("Outnyttjad kapacitet"),
        "planned_unused": _("Outnyttjad kapacitet i planen"),
        "own": _("Egna kostnader"),
        "received": _("Gemensamma kostnader"),
        "given": _("Lämnat till andra"),
        "rest": _("Utan användning"),
        "cost": _("Summa"),
        "contacts": _("Kontakter"),
        "ore": _("Kostnad"),
        "inner_mean_ore": _("Medel av innerfall"),
        "ore_per_drg_point": _("Kr per DRG-poäng"),
        "outliers": _("Ytterfall"),
        "change": _("Ändring"),
        "planned": _("Plan"),
        "contacts_ore": _("På vårdkontakter"),
        "excluded_ore": _("Uteslutet enligt regler"),
        "unmatched_ore": _("Omatchat"),
        "outliers_ore": _("Kostnad för ytterfall"),
        "explained_share": _("Förklaras av DRG"),
        "plan_ore": _("Plan"),
        "outcome_ore": _("Utfall"),
        "total": _("Avvikelse"),
        "volume": _("Volym"),
        "mix": _("Mix"),
        "efficiency": _("Effektivitet"),
        "price": _("Pris"),
        "unused": _("Outnyttjat"),
        "price_ore": _("Avtalets pris"),
        "variable_ore": _("Marginalkostnad"),
        "full_ore": _("Full kostnad"),
        "break_even": _("Brytpunkt, kontakter"),
        "own_volume": _("Egna kontakter"),
        "spare": _("Ledigt utrymme"),
        "marginal_saves_ore": _("Att ta hem dit sparar"),
        "agreed": _("Avtalat"),
        "performed": _("Utfört"),
        "at_price_ore": _("Till avtalets pris"),
        "contract_price": _("Pris per kontakt"),
        "contract_cost": _("Kostnad per kontakt"),
    }
