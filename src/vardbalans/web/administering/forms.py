"""The forms of administration."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from vardbalans.web.administering.models import Verdict
from vardbalans.web.administering.people_actions import LINK_DAYS
from vardbalans.web.people.models import ALL_UNITS, Event, User
from vardbalans.web.people.permissions import Permission, Role
from vardbalans.web.people.selectors import holds_everywhere, scope_of
from vardbalans.web.people.units import by_name, current_tree

__all__ = [
    "CheckForm",
    "InviteForm",
    "LogForm",
    "MappingForm",
    "ReasonForm",
    "RoleForm",
    "VerdictForm",
    "unit_choices",
]


def unit_choices(user: User, permission: Permission) -> list[tuple[str, str]]:
    """Return the units *user* holds *permission* for, as (id, name), each below the one it lies in."""
    tree = current_tree()
    scope = scope_of(user, permission, tree=tree)
    found = [(ALL_UNITS, str(_("Alla enheter")))] if holds_everywhere(user, permission) else []
    tops = [unit for unit in map(tree.units.__getitem__, scope) if unit.parent_id not in scope]
    for root in sorted(tops, key=by_name):
        for unit in tree.below(root.unit_id):
            depth = len(tree.path(unit.unit_id)) - len(tree.path(root.unit_id))
            found.append((unit.unit_id, "\u2007" * 2 * depth + unit.name))
    return found


def _day(**more: Any) -> forms.DateField:
    return forms.DateField(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **more)


class _PeriodForm(forms.Form):
    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        values = super().clean() or {}
        names = ("date_from", "date_to") if "date_from" in self.fields else ("valid_from", "valid_to")
        first, last = (values.get(name) for name in names)
        if first and last and last < first:
            self.add_error(names[1], _("Sista dagen ligger före den första."))
        return values


class RoleForm(_PeriodForm):
    """A role for a unit, from a day, to a day or until further notice."""

    role = forms.ChoiceField(label=_("Roll"), choices=Role.choices)
    unit_id = forms.ChoiceField(label=_("Enhet"))
    valid_from = _day(label=_("Från och med"))
    valid_to = _day(label=_("Till och med (tomt: tills vidare)"), required=False)

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = unit_choices(by, Permission.ROLES_MANAGE)
        self.fields["unit_id"].choices = choices  # type: ignore[attr-defined]


class InviteForm(RoleForm):
    """A new person with their first role."""

    username = forms.CharField(label=_("Användarnamn"), max_length=150)
    display_name = forms.CharField(label=_("Namn"), max_length=150)
    days = forms.TypedChoiceField(
        label=_("Länken gäller, dagar"), coerce=int, choices=[(days, str(days)) for days in LINK_DAYS]
    )
    field_order = ("username", "display_name", "role", "unit_id", "valid_from", "valid_to", "days")


class MappingForm(RoleForm):
    """What a claim of the identity provider means here."""

    claim = forms.CharField(label=_("Uppgift"), max_length=100, initial="uppdrag")
    value = forms.CharField(label=_("Värde"), max_length=400)
    reason = forms.CharField(label=_("Skäl"), max_length=400)
    field_order = ("claim", "value", "role", "unit_id", "valid_from", "valid_to", "reason")


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Skäl"), max_length=400)


class LogForm(_PeriodForm):
    """What of the log to show."""

    date_from = _day(label=_("Från och med"), required=False)
    date_to = _day(label=_("Till och med"), required=False)
    event = forms.ChoiceField(label=_("Händelse"), required=False)
    who = forms.CharField(label=_("Vem"), required=False, max_length=150)
    unit = forms.ChoiceField(label=_("Enhet"), required=False)

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every = ("", _("Alla"))
        units = [choice for choice in unit_choices(by, Permission.AUDIT_READ) if choice[0] != ALL_UNITS]
        self.fields["event"].choices = [every, *event_choices()]  # type: ignore[attr-defined]
        self.fields["unit"].choices = [every, *units]  # type: ignore[attr-defined]


class CheckForm(_PeriodForm):
    """A spot-check to draw."""

    unit_id = forms.ChoiceField(label=_("Enhet"))
    date_from = _day(label=_("Från och med"))
    date_to = _day(label=_("Till och med"))
    size = forms.IntegerField(label=_("Antal läsningar"), min_value=1, max_value=200, initial=10)

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit_id"].choices = unit_choices(by, Permission.AUDIT_READ)  # type: ignore[attr-defined]


class VerdictForm(forms.Form):
    """What the reviewer thinks of one reading."""

    verdict = forms.ChoiceField(label=_("Bedömning"), choices=Verdict.choices)
    note = forms.CharField(label=_("Anteckning"), max_length=400, required=False)

    def clean_verdict(self) -> Verdict:
        """Return the verdict itself."""
        try:
            return Verdict(self.cleaned_data["verdict"])
        except ValueError as error:
            raise ValidationError(str(error)) from error


def event_choices() -> list[tuple[str, str]]:
    """Return every kind of event with its words."""
    return sorted(((event.value, words(event.value)) for event in Event), key=lambda pair: pair[1])


def words(event: str) -> str:
    """Return what *event* is called."""
    return str(_WORDS.get(event, event.replace("_", " ")))


_WORDS = {
    "link_made": _("Engångslänk gjord"),
    "link_used": _("Engångslänk använd"),
    "link_withdrawn": _("Engångslänk återkallad"),
    "logged_in": _("Inloggning"),
    "log_in_refused": _("Inloggning nekad"),
    "logged_out": _("Utloggning"),
    "passphrase_set": _("Lösenfras vald"),
    "user_created": _("Användare skapad"),
    "user_closed": _("Konto stängt"),
    "user_opened": _("Konto öppnat"),
    "role_given": _("Roll given"),
    "role_ended": _("Roll avslutad"),
    "patient_rows_read": _("Patientrader lästa"),
    "files_uploaded": _("Filer uppladdade"),
    "files_discarded": _("Filer kastade"),
    "preview_asked": _("Förhandsgranskning begärd"),
    "import_asked": _("Inläsning begärd"),
    "imported": _("Data inlästa"),
    "profile_saved": _("Profil sparad"),
    "quality_asked": _("Kvalitetsbedömning begärd"),
    "job_cancelled": _("Jobb avbrutet"),
    "balance_asked": _("Balans begärd"),
    "cost_asked": _("Kostnadsberäkning begärd"),
    "adjustment_made": _("Prognos justerad"),
    "plan_made": _("Plan gjord"),
    "plan_changed": _("Plan ändrad"),
    "plan_commented": _("Plan kommenterad"),
    "plan_decided": _("Plan beslutad"),
    "plan_asked": _("Planförslag begärt"),
    "order_answered": _("Beställning besvarad"),
    "step_ticked": _("Planeringssteg markerat"),
    "dates_set": _("Planeringens datum satta"),
    "month_frozen": _("Månad låst"),
    "month_commented": _("Månad kommenterad"),
    "month_remade": _("Månad låst på nytt"),
    "meeting_saved": _("Möte sparat"),
    "decision_made": _("Beslut fattat"),
    "decision_changed": _("Beslut ändrat"),
    "scenario_asked": _("Scenarieräkning begärd"),
    "measure_changed": _("Åtgärd ändrad"),
    "integration_made": _("Integration gjord"),
    "integration_revoked": _("Integration återkallad"),
    "digest_chosen": _("Måndagsbrev valt"),
    "factor_set": _("Andra faktor tillagd"),
    "factor_passed": _("Andra faktor angiven"),
    "factor_refused": _("Andra faktor nekad"),
    "factor_removed": _("Andra faktor borttagen"),
    "factor_reset": _("Andra faktor nollställd"),
    "recovery_codes_made": _("Återställningskoder gjorda"),
    "recovery_code_used": _("Återställningskod använd"),
    "session_ended": _("Inloggning avslutad"),
    "rights_raised": _("Rättigheter höjda"),
    "rights_lowered": _("Rättigheter sänkta"),
    "sso_refused": _("Organisationens inloggning nekad"),
    "mapping_made": _("Koppling gjord"),
    "mapping_ended": _("Koppling avslutad"),
    "check_drawn": _("Stickprov draget"),
    "check_judged": _("Stickprov bedömt"),
    "parameter_changed": _("Parameter ändrad"),
    "restored": _("Säkerhetskopia återställd"),
}
