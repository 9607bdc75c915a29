"""What the figures of need say, in one sentence each."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vardbalans.web import numbers

__all__ = ["counted", "expected", "how_good", "parts", "years_ahead"]

Row = Mapping[str, Any]
SAME = 0.01
"""A change of less than this share is no change worth a word."""


def expected(row: Row, weeks: int) -> str:
    """Return the expected need of the run's weeks with its 80 % interval, against the same weeks last year."""
    first = ngettext(
        "Behovet väntas bli {total} den närmaste veckan (80 % intervall {low}–{high})",
        "Behovet väntas bli {total} de närmaste {weeks} veckorna (80 % intervall {low}–{high})",
        weeks,
    ).format(
        total=numbers.number(row["total"]),
        low=numbers.number(row["low"]),
        high=numbers.number(row["high"]),
        weeks=weeks,
    )
    change = row["change"]
    if change is None:
        return _("{first}.").format(first=first)
    if abs(change) < SAME:
        return _("{first}, lika mycket som samma tid förra året.").format(first=first)
    share = numbers.percent(abs(change))
    if change > 0:
        return _("{first}, {share} mer än samma tid förra året.").format(first=first, share=share)
    return _("{first}, {share} mindre än samma tid förra året.").format(first=first, share=share)


def counted(row: Row) -> str:
    """Return what is counted as need, and by which period."""
    if row["need_is_inflow"]:
        if row["frequency"] == "month":
            return _("Behovet är det som kommer in på väntelistan, räknat per månad.")
        return _("Behovet är det som kommer in på väntelistan, räknat per vecka.")
    if row["frequency"] == "month":
        return _("Vårdtjänsten har ingen väntelista: behovet är det som har utförts, räknat per månad.")
    return _("Vårdtjänsten har ingen väntelista: behovet är det som har utförts, räknat per vecka.")


def parts(row: Row) -> tuple[tuple[str, str], ...]:
    """Return (part, what it does) for each factor of the forecast; nothing where it has none."""
    factors = row["factors"]
    if not factors or row["frequency"] == "month":
        return ()
    high = max(factors, key=lambda week: week["waves"])
    low = min(factors, key=lambda week: week["waves"])
    found = [
        (_("Nivå"), _("{count} en vanlig vecka").format(count=numbers.number(factors[0]["level"], 1))),
        (_("Trend"), _trend(row)),
        (_("Arbetsdagar"), _lowest(factors, "working_days", _("den vecka som har färst arbetsdagar"))),
        (_("Sommar"), _most(factors, "summer", _("v. 27–31"))),
        (_("Jul och nyår"), _most(factors, "christmas", _("22 december–6 januari"))),
        (
            _("Årstid i övrigt"),
            _("högst {high} ({more}), lägst {low} ({less})").format(
                high=numbers.week_and_year(high["week"]),
                more=_effect(high["waves"]),
                low=numbers.week_and_year(low["week"]),
                less=_effect(low["waves"]),
            ),
        ),
        (
            _("Den senaste tiden"),
            _("{share} den första veckan, sedan allt mindre").format(share=_effect(factors[0]["deviation"])),
        ),
    ]
    return tuple(found)


def _trend(row: Row) -> str:
    if row["growth"] is None:
        return _("ingen kan urskiljas")
    return _("{share} per år (95 % intervall {low} till {high}), dämpas framåt").format(
        share=numbers.percent(row["growth"], 1, sign=True),
        low=numbers.percent(row["growth_low"], 1, sign=True),
        high=numbers.percent(row["growth_high"], 1, sign=True),
    )


def _most(factors: list[Row], name: str, when: str) -> str:
    strongest = max(factors, key=lambda week: abs(week[name] - 1))[name]
    if strongest == 1:
        return _("ingen av beräkningens veckor")
    return _("{share} {when}").format(share=_effect(strongest), when=when)


def _lowest(factors: list[Row], name: str, when: str) -> str:
    return _("{share} {when}").format(share=_effect(min(week[name] for week in factors)), when=when)


def _effect(factor: float) -> str:
    return numbers.percent(factor - 1, sign=True)


def how_good(test: Row, frequency: str) -> str:
    """Return how good the forecast has been: its error against last year's value, and how often the interval held."""
    if test["verdict"] == "too_short":
        return _(
            "Historiken är för kort för att säga hur bra prognosen är: "
            "två år behövs före den första prognosen som prövas, och ett halvår efter."
        )
    verdicts = {
        "better": _("Prognosen har varit bättre än att gissa på förra årets värde"),
        "worse": _("Prognosen har varit sämre än att gissa på förra årets värde"),
        "same": _("Prognosen har varit lika bra som att gissa på förra årets värde"),
    }
    periods = {
        "week": ngettext("{count} vecka", "{count} veckor", test["outcomes"]),
        "month": ngettext("{count} månad", "{count} månader", test["outcomes"]),
    }[frequency]
    return _(
        "{verdict}: felet var i medeltal {error} mot {naive}. Av {periods} låg {share} inom 80 %-intervallet."
    ).format(
        verdict=verdicts[test["verdict"]],
        error=numbers.number(test["error"], 1),
        naive=numbers.number(test["naive_error"], 1),
        periods=periods.format(count=test["outcomes"]),
        share=numbers.percent(test["coverage"]),
    )


def years_ahead(years: Row) -> str:
    """Return how much the need has changed in the last of the years, and what most of it comes from."""
    last = years["rows"][-1]
    change = last["mean"] / years["base"] - 1 if years["base"] > 0 else None
    reasons = {
        "number": _("antalet invånare"),
        "structure": _("befolkningens ålder och sammansättning"),
        "rate": _("antal per invånare"),
        "adjusted": _("planerarnas justeringar"),
    }
    most = max(reasons, key=lambda name: abs(last.get(name, 0)))  # older runs know no adjustments of years
    return _("År {year} väntas behovet vara {mean}, {change} mot det senaste året. Mest beror det på {reason}.").format(
        year=last["year"],
        mean=numbers.number(last["mean"]),
        change=numbers.percent(change, sign=True),
        reason=reasons[most],
    )
