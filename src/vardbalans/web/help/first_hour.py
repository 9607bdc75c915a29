"""The first hour on the demo region: steps with where they are done, and whether the reader has done them."""

from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _

from vardbalans.web import store
from vardbalans.web.insight.selectors import latest_run
from vardbalans.web.people.models import AuditEvent, Event, User
from vardbalans.web.planning.models import Cell, Source, Version

__all__ = ["StepOfHour", "first_hour"]


class StepOfHour(NamedTuple):
    """A step: what to do, how, where, and whether it is done."""

    name: str
    how: str
    address: str
    done: bool


def first_hour(user: User) -> list[StepOfHour]:
    """Return the steps in the order they are taken; what is done is read from what is stored, never kept beside it."""
    told = set(AuditEvent.objects.filter(actor=user).values_list("event", flat=True).distinct())
    took = Cell.objects.filter(version__made_by=user, source=Source.PROPOSAL).exists()
    sent = Version.objects.filter(made_by=user).exclude(state="draft").exists()
    return [
        StepOfHour(
            _("Läs in data"),
            _(
                "Demoregionen läses in med ett kommando, era egna Excelfiler på sidan Data. "
                "Förhandsgranskningen säger vad som är fel innan något sparas."
            ),
            reverse("intake:data"),
            store.lake().head() is not None,
        ),
        StepOfHour(
            _("Se var det är ont om tid"),
            _("Balansen räknas av sig själv när data är inlästa. Läs översikten och öppna den enhet som står först."),
            reverse("insight:overview"),
            latest_run() is not None,
        ),
        StepOfHour(
            _("Justera en prognos och skriv varför"),
            _("Välj en vårdtjänst under Behov, och skriv en justering med period, ändring och skäl."),
            reverse("insight:need"),
            Event.ADJUSTMENT_MADE in told,
        ),
        StepOfHour(
            _("Gör en plan"),
            _("Välj enhet och år, skriv eller klistra in antal per vecka, och se balansen ändras."),
            reverse("planning:plans"),
            Event.PLAN_MADE in told,
        ),
        StepOfHour(
            _("Ta in ett planförslag"),
            _("Räkna fram ett förslag i planen, jämför det med din plan, och ta de rader du vill ha."),
            reverse("planning:plans"),
            took,
        ),
        StepOfHour(
            _("Kommentera en ruta"),
            _("Öppna en ruta i planen och skriv en kommentar. Den följer med till nästa version."),
            reverse("planning:plans"),
            Event.PLAN_COMMENTED in told,
        ),
        StepOfHour(
            _("Skicka in planen"),
            _("Skicka in för godkännande. En chef godkänner eller återsänder den med ett skäl."),
            reverse("planning:plans"),
            sent,
        ),
        StepOfHour(
            _("Följ upp en månad"),
            _("Öppna månadspaketet, skriv en kommentar till månaden, och hämta paketet som PDF till mötet."),
            reverse("following:start"),
            bool(told & {Event.MONTH_COMMENTED, Event.MONTH_FROZEN}),
        ),
    ]
