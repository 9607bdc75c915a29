"""What the page Vårdplatser says in sentences."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vardbalans.web import numbers

__all__ = ["ahead", "calibration", "census", "need", "pattern", "risk"]

Row = Mapping[str, Any]
_UNLIKELY = 0.01
_FEWEST_HOURS = 50
"""A part of the forecasts of fewer hours tells nothing of how they held."""


def census(line: Any) -> str:
    """Return who lies in the unit of *line* at the hour."""
    now = line.now
    if not now.available:
        return _(
            "{occupied} inneliggande. Hur många vårdplatser som finns är inte känt för alla vårdavdelningar."
        ).format(occupied=numbers.number(now.occupied))
    first = _("{occupied} inneliggande på {available} disponibla vårdplatser: beläggning {share}.").format(
        occupied=numbers.number(now.occupied),
        available=numbers.number(now.available),
        share=numbers.percent(now.occupancy),
    )
    if not now.closed:
        return first
    more = ngettext("{count} vårdplats är stängd.", "{count} vårdplatser är stängda.", now.closed).format(
        count=numbers.number(now.closed)
    )
    return f"{first} {more}"


def ahead(found: Row, hours: Sequence[str]) -> str:
    """Return when in the days ahead it is likeliest to be full, and how many are expected then."""
    at = max(range(len(hours)), key=found["p_full"].__getitem__)
    chance = found["p_full"][at]
    if chance < _UNLIKELY:
        return _("Det blir knappast fullt de närmaste {days} dagarna: risken är under 1 % varje timme.").format(
            days=round(len(hours) / 24)
        )
    return _(
        "Risken för fullt är störst {when}: {chance}. Då väntas {mean} inneliggande på {beds} disponibla vårdplatser."
    ).format(
        when=_when(hours[at]),
        chance=numbers.percent(chance),
        mean=numbers.number(found["mean"][at]),
        beds=numbers.number(found["beds"][at]),
    )


def risk(found: Row, hours: Sequence[str]) -> str:
    """Return how many of the hours it is more likely than not that someone has no bed in the own ward."""
    likely = sum(chance > 0.5 for chance in found["p_outliers_1"])
    at = max(range(len(hours)), key=found["p_outliers_1"].__getitem__)
    chance = numbers.percent(found["p_outliers_1"][at])
    if not likely:
        return _("Ingen timme är det troligt att någon saknar plats på sin egen avdelning; som mest {chance}.").format(
            chance=chance
        )
    return _(
        "{likely} av {hours} timmar är det troligt att minst en saknar plats på sin egen avdelning; "
        "som mest {chance}, {when}."
    ).format(likely=likely, hours=len(hours), chance=chance, when=_when(hours[at]))


def _when(moment: str) -> str:
    day = date.fromisoformat(moment[:10])
    return _("{weekday} {day} kl. {hour}").format(
        weekday=numbers.weekdays()[day.weekday()], day=moment[:10], hour=moment[11:13]
    )


def need(row: Row | None, facts: Row, available: int | None) -> str:
    """Return how many beds the load of the latest year takes, beside those there are."""
    if row is None:
        return ""
    first = _(
        "I medel hade enheten {load} egna patienter inneliggande det senaste året. {beds} vårdplatser räcker "
        "{share} av tiden, och {guide} ger högst {occupancy} beläggning."
    ).format(
        load=numbers.number(row["load"], 1),
        beds=numbers.number(row["beds_for_share"]),
        share=numbers.percent(facts["share"]),
        guide=numbers.number(row["beds_for_guide"]),
        occupancy=numbers.percent(facts["guide"]["occupancy"]),
    )
    if available is None:
        return first
    return f"{first} {_('Disponibla nu: {available}.').format(available=numbers.number(available))}"


def pattern(days: Sequence[float]) -> str:
    """Return how fast patients leave at weekends against working days."""
    weekday, weekend = sum(days[:5]) / 5, sum(days[5:]) / 2
    return _("På lördagar och söndagar är andelen inneliggande som skrivs ut {share} av vardagens.").format(
        share=numbers.percent(weekend / weekday)
    )


def calibration(rows: Sequence[Row]) -> str:
    """Return how often what came lay in the interval meant to hold 80 %."""
    if not rows:
        return _("Vårdtillfällena räcker inte för att pröva prognosen mot tidigare utfall.")
    inside = sum(row["inside"] * row["count"] for row in rows) / sum(row["count"] for row in rows)
    first = _("Av tidigare prognosers timmar låg {inside} i det intervall som ska rymma 80 %.").format(
        inside=numbers.percent(inside)
    )
    parts = [part for row in rows for part in row["p_full"] if part["said"] >= 0.4 and part["said"] < 0.9]
    hours = sum(part["hours"] for part in parts)
    if hours < _FEWEST_HOURS:
        return first
    said = sum(part["said"] * part["hours"] for part in parts) / hours
    was = sum(part["was"] * part["hours"] for part in parts) / hours
    more = _("När risken för fullt sades vara mellan 40 och 90 % (i medel {said}) blev det fullt {was} av timmarna.")
    return f"{first} {more.format(said=numbers.percent(said), was=numbers.percent(was))}"
