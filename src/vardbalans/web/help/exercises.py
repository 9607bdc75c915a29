"""Exercises on the figures at hand: each asks for a number that the page gives, or that follows from two of them.

The answers are computed from the newest stored balance and the data in the reader's scope, so that they fit whatever
region is open. An exercise whose figures are not there is left out.
"""

from collections.abc import Callable
from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _

from vardbalans.data.improving.told import entries_of
from vardbalans.web import store
from vardbalans.web.following.year import kind_names, year_address
from vardbalans.web.insight.beds_list import beds_page
from vardbalans.web.insight.overview import overview
from vardbalans.web.insight.selectors import Reader, Run
from vardbalans.web.numbers import hours, number, week_and_year
from vardbalans.web.people.selectors import roots_of
from vardbalans.web.typed import read_number

__all__ = ["Exercise", "exercise_of"]

_WEEKS_A_YEAR = 46
"""The weeks that the exercise on planning spreads a year over: what is left when summer and Christmas are taken off."""


class Exercise(NamedTuple):
    """A question whose answer is a number to so many *decimals*, how it is reached, and where the figures are."""

    question: str
    answer: float
    decimals: int
    how: str
    address: str

    @property
    def shown(self) -> str:
        """Return the answer as it is read."""
        return number(self.answer, self.decimals)

    def is_answered_by(self, typed: str, language: str) -> bool:
        """Tell whether *typed* is the answer, rounded as it is shown. Raises BadInput for what is no number."""
        given = read_number(typed, language)
        if given is None:
            return False
        # A per cent written with its sign is read as a share.
        given = given * 100 if typed.strip().endswith("%") else given
        return abs(float(given) - self.answer) <= 0.5001 * 10.0**-self.decimals


def exercise_of(topic: str, reader: Reader, run: Run | None) -> Exercise | None:
    """Return the exercise of *topic* on the figures of *reader*; None where they are not there."""
    make = _MADE.get(topic)
    return make(reader, run) if make and run is not None and reader.scope else None


def _overview(reader: Reader, run: Run) -> Exercise | None:
    found = overview(reader, run, None).first_short
    if not found:
        return None
    return Exercise(
        _("Hur många enheter står i listan ”Först ont om kapacitet”?"),
        len(found),
        0,
        _(
            "Räkna raderna. Varje enhet står en gång, med den första veckan då en resurs är mer än 5 "
            "% över kapaciteten."
        ),
        reverse("insight:overview"),
    )


def _need(reader: Reader, run: Run) -> Exercise | None:
    rows = (
        [row for row in run.needs(reader.scope) if row["change"] is not None and row["total"]] if run.tells_need else []
    )
    if not rows:
        return None
    row = max(rows, key=lambda each: (each["total"], each["service_id"]))
    return Exercise(
        _(
            "Hur många i veckan väntas {service} behövas i medeltal, över de {weeks} veckor som beräkningen omfattar?"
        ).format(service=row["service_name"], weeks=len(run.weeks)),
        row["total"] / len(run.weeks),
        1,
        _("Det väntade antalet är {total}. Dela det med {weeks}.").format(
            total=number(row["total"], 1), weeks=len(run.weeks)
        ),
        reverse("insight:need_unit", args=[row["unit_id"]]),
    )


def _waits(reader: Reader, run: Run) -> Exercise | None:
    lists = run.waiting_lists(reader.scope) if run.tells_waits else []
    rows = [row for row in lists if row["queue"] and row["treated_per_week"]]
    if not rows:
        return None
    row = max(rows, key=lambda each: (each["queue"], each["service_id"]))
    return Exercise(
        _("Om ingen ny kom till {service}, hur många veckor skulle listan ta att beta av i dagens takt?").format(
            service=row["service_name"]
        ),
        row["queue"] / row["treated_per_week"],
        1,
        _("{queue} väntande och {treated} behandlade i veckan. Dela det första med det andra.").format(
            queue=number(row["queue"]), treated=number(row["treated_per_week"], 1)
        ),
        reverse("insight:waits_unit", args=[row["unit_id"]]),
    )


def _beds(reader: Reader, run: Run) -> Exercise | None:
    lines = beds_page(reader, run, None, {}).lines if run.tells_beds else ()
    line = next((each for each in lines if each.now.available), None)
    if line is None or not line.now.available:
        return None
    return Exercise(
        _("Hur många procent är beläggningen för {unit} vid det senaste klockslaget?").format(unit=line.unit.name),
        100 * line.now.occupied / line.now.available,
        0,
        _("{occupied} ligger inne på {available} disponibla vårdplatser. Dela det första med det andra.").format(
            occupied=number(line.now.occupied), available=number(line.now.available)
        ),
        reverse("insight:beds"),
    )


def _balance(reader: Reader, run: Run) -> Exercise | None:
    rows = [row for row in run.rows(reader.scope) if row["balance"] is not None and row["measure"] == "minutes"]
    if not rows:
        return None
    row = min(rows, key=lambda each: (each["balance"], each["week"], each["resource_id"]))
    return Exercise(
        _("Hur många timmar saknas eller blir över av {resource} {week}? Skriv minus för brist.").format(
            resource=row["resource_name"], week=week_and_year(row["week"])
        ),
        row["balance"] / 60,
        0,
        _("Tillgängligt är {available} timmar och det som krävs är {required}. Dra det andra från det första.").format(
            available=hours(row["available"], 1), required=hours(row["required"], 1)
        ),
        f"{reverse('insight:balance', args=[row['unit_id']])}?resource={row['resource_id']}",
    )


def _capacity(reader: Reader, run: Run) -> Exercise | None:
    rows = [
        row for row in run.rows(reader.scope) if row["measure"] == "minutes" and row["available"] and row["required"]
    ]
    if not rows:
        return None
    row = max(rows, key=lambda each: (each["required"] / each["available"], each["week"], each["resource_id"]))
    return Exercise(
        _("Hur många procent av kapaciteten hos {resource} krävs {week}?").format(
            resource=row["resource_name"], week=week_and_year(row["week"])
        ),
        100 * row["required"] / row["available"],
        0,
        _("{required} timmar krävs och {available} är tillgängliga. Dela det första med det andra.").format(
            required=hours(row["required"], 1), available=hours(row["available"], 1)
        ),
        f"{reverse('insight:balance', args=[row['unit_id']])}?resource={row['resource_id']}",
    )


def _plan(reader: Reader, run: Run) -> Exercise | None:
    rows = run.stored.follow_up(reader.scope) if run.tells_follow_up else []
    rows = [row for row in rows if row["service_id"] and row["year_planned"]]
    if not rows:
        return None
    row = max(rows, key=lambda each: (each["of_year"], each["year_planned"], each["service_id"]))
    return Exercise(
        _("Planen för {service} {year} är {planned}. Hur många i veckan är det, jämnt över {weeks} veckor?").format(
            service=row["service_name"], year=row["of_year"], planned=number(row["year_planned"]), weeks=_WEEKS_A_YEAR
        ),
        round(row["year_planned"]) / _WEEKS_A_YEAR,
        1,
        _(
            "Dela {planned} med {weeks}. I planen gör ”Fördela” det åt dig, efter arbetsdagar eller fjolårets form."
        ).format(planned=number(row["year_planned"]), weeks=_WEEKS_A_YEAR),
        reverse("planning:plans"),
    )


def _measures(reader: Reader, _run: Run) -> Exercise | None:
    lake = store.lake()
    head = lake.head()
    if head is None or "measures" not in head.tables:
        return None
    rows = [entry.row for entry in entries_of(lake, head)[0] if entry.row["unit_id"] in reader.scope]
    row = next((each for each in rows if each.get("factor") and each["factor"] < 1), None)
    if row is None:
        return None
    return Exercise(
        _("{measure} väntas ge kvoten {factor}. Hur många av 200 blir kvar?").format(
            measure=row["name"], factor=number(row["factor"], 2)
        ),
        200 * row["factor"],
        0,
        _("Gångra 200 med kvoten."),
        reverse("improving:measures"),
    )


def _follow_up(reader: Reader, run: Run) -> Exercise | None:
    rows = run.stored.follow_up(roots_of(reader.scope, reader.tree)) if run.tells_follow_up else []
    rows = [row for row in rows if not row["service_id"] and row["done"] and row["done_planned"]]
    if not rows:
        return None
    row = max(rows, key=lambda each: (each["of_year"], each["done"]))
    return Exercise(
        _("Hur många procent ligger utfallet hittills i år från planen för {kind}? Skriv minus för under.").format(
            kind=kind_names().get(row["kind"], row["kind"])
        ),
        100 * row["done_deviation"] / row["done_planned"],
        1,
        _("Utfallet avviker med {deviation} från planen {planned}. Dela det första med det andra.").format(
            deviation=number(row["done_deviation"], 1, sign=True), planned=number(row["done_planned"], 1)
        ),
        year_address(row),
    )


def _cost(reader: Reader, _run: Run) -> Exercise | None:
    kept = store.costs()
    if kept is None or len(reader.scope) < len(reader.tree.units) or not kept.document["ledger_ore"]:
        return None
    unused, ledger = kept.document["unused_ore"], kept.document["ledger_ore"]
    return Exercise(
        _("Hur många procent av huvudbokens kostnad är outnyttjad kapacitet?"),
        100 * unused / ledger,
        1,
        _("{unused} kr av {ledger} kr. Dela det första med det andra.").format(
            unused=number(unused / 100), ledger=number(ledger / 100)
        ),
        reverse("insight:cost"),
    )


def _data(_reader: Reader, run: Run) -> Exercise | None:
    return Exercise(
        _("Vilken dataversion räknades balansen på?"),
        run.meta["version"],
        0,
        _("Stämpeln överst på sidorna säger dataversion, och till vilken dag data går."),
        reverse("insight:overview"),
    )


_MADE: dict[str, Callable[[Reader, Run], Exercise | None]] = {
    "overview": _overview,
    "need": _need,
    "waits": _waits,
    "beds": _beds,
    "capacity": _capacity,
    "plan": _plan,
    "balance": _balance,
    "measures": _measures,
    "follow_up": _follow_up,
    "cost": _cost,
    "data": _data,
}
