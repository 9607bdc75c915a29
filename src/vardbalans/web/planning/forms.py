"""What comes from the browser, read: a step of the grid, a row typed without JavaScript, and the forms beside."""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web.intake.receiving import IncomingFile, refusals
from vardbalans.web.planning.actions import Key, Sent, Wanted
from vardbalans.web.planning.models import StepKind
from vardbalans.web.translate import kept, said
from vardbalans.web.typed import read_count, read_number

__all__ = ["NewPlanForm", "ProposeForm", "SpreadForm", "WorkbookForm", "sent_step", "typed_row"]

_BY_HAND = {StepKind.TYPED, StepKind.PASTED, StepKind.FILLED, StepKind.CLEARED, StepKind.LOCKED}


def sent_step(body: bytes) -> Sent:
    """Return the step that the grid has sent. Raises BadInput for what it would never send."""
    try:
        found = json.loads(body)
        kind = StepKind(found["kind"])
        cells = {Key(str(cell["service"]), str(cell["week"])): _wanted(cell) for cell in found["cells"]}
        step = Sent(kind, int(found["base"]), str(found["token"])[:64], cells)
    except (KeyError, TypeError, ValueError, InvalidOperation) as error:
        raise BadInput(Message("Det som skickades är inget steg i en plan.")) from error
    if kind not in _BY_HAND:
        raise BadInput(Message("Det som skickades är inget steg i en plan."))
    return step


def _wanted(cell: Mapping[str, Any]) -> Wanted:
    locked = cell.get("locked")
    if locked is not None and not isinstance(locked, bool):
        raise ValueError(locked)
    if "value" not in cell:
        return Wanted(locked=locked)
    return Wanted(Decimal(cell["value"]) if cell["value"] else None, locked)


def typed_row(
    service_id: str, weeks: Iterable[str], given: Mapping[str, str], language: str
) -> tuple[dict[Key, Wanted], dict[str, str]]:
    """Return the cells that a row's form asks for, and by week what could not be read of the rest."""
    cells, problems = {}, {}
    for week in weeks:
        if week not in given:  # a locked week has no field
            continue
        try:
            cells[Key(service_id, week)] = Wanted(read_count(given[week], language))
        except BadInput as error:
            problems[week] = said(kept(error.message))
    return cells, problems


class NewPlanForm(forms.Form):
    """A new plan: its year and what it is called."""

    year = forms.TypedChoiceField(label=_("År"), coerce=int)
    name = forms.CharField(label=_("Namn"), max_length=120)
    ordered = forms.BooleanField(label=_("Börja med det som är beställt, fördelat över året"), required=False)

    def __init__(self, *args: Any, years: Iterable[int], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["year"].choices = [(year, str(year)) for year in years]  # type: ignore[attr-defined]


class SpreadForm(forms.Form):
    """How a year's number is spread over its weeks."""

    total = forms.CharField(label=_("Årets antal"), max_length=20)
    profile = forms.ChoiceField(
        label=_("Fördela"),
        choices=[
            ("last_year", _("som förra årets veckor")),
            ("working_days", _("efter arbetsdagar")),
            ("even", _("lika i alla veckor")),
        ],
    )

    def clean_total(self) -> int:
        """Return the whole number that was typed."""
        try:
            value = read_number(self.cleaned_data["total"])
        except BadInput as error:
            raise forms.ValidationError(said(kept(error.message))) from error
        if value is None or value < 0 or value != value.to_integral_value() or value > 10**9:
            raise forms.ValidationError(_("Skriv ett helt antal från noll."))
        return int(value)


class ProposeForm(forms.Form):
    """What the optimiser is asked for."""

    guarantee_from = forms.ChoiceField(label=_("Vårdgarantin ska hållas från"), required=False)
    overtime = forms.ChoiceField(
        label=_("Övertid för personal"),
        choices=[("0", _("ingen")), ("0.05", _("högst 5 %")), ("0.1", _("högst 10 %"))],
    )

    def __init__(self, *args: Any, weeks: Iterable[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["guarantee_from"].choices = [("", _("så snart det går")), *weeks]  # type: ignore[attr-defined]


class _OneFile(forms.FileField):
    too_large: Any = ()

    def clean(self, data: Any, initial: Any = None) -> IncomingFile:  # noqa: ARG002 - Django's signature
        """Return the file. Raises ValidationError with a sentence per reason."""
        problems = refusals([data] if data else [], self.too_large)
        if not data and not problems:
            problems = [Message("Välj en fil.")]
        if problems:
            raise forms.ValidationError([said(kept(problem)) for problem in problems])
        file: IncomingFile = data
        return file


class WorkbookForm(forms.Form):
    """A workbook that was exported from the plan and changed."""

    sent = _OneFile(label=_("Excelfil som hämtats härifrån"), widget=forms.FileInput(attrs={"accept": ".xlsx"}))

    def __init__(self, *args: Any, too_large: Any = (), **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["sent"].too_large = too_large  # type: ignore[attr-defined]
