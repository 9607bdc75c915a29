"""Why a count of beds is what it is: the wards or units that sum to it, and the rows of each."""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from vardbalans.data.results.beds import counts_at
from vardbalans.engine.explain import Figure, Source, Step
from vardbalans.engine.messages import Message
from vardbalans.web.insight.beds_list import quiet_units
from vardbalans.web.insight.derived import Back, Derived
from vardbalans.web.insight.selectors import Reader, Run, latest_run

__all__ = ["of_census", "of_counted"]

Row = Mapping[str, Any]
_COUNTS = {
    "occupied": ("patients", Message("Inneliggande är alla som ligger i enhetens vårdavdelningar den timmen.")),
    "available": ("beds", Message("Disponibla vårdplatser är öppna och bemannade den dagen.")),
    "physical": ("beds", Message("Fysiska vårdplatser är alla som finns, öppna eller stängda.")),
    "closed": ("beds", Message("Stängda vårdplatser är de fysiska som inte är disponibla.")),
}
_MEANS = {"mean_occupancy": ("occupied", "share", 1.0), "mean_outliers_per_100": ("outliers", "per_100", 100.0)}
_YEAR_DAYS = 364


def of_census(reader: Reader, unit_id: str, asked: Mapping[str, str]) -> Derived | None:
    """Return a count of the census at the hour ``week``, a mean at that hour over the days, or the year's ``load``."""
    run, name, moment = latest_run(), asked["figure"], asked.get("week", "")
    units = {row["unit_id"]: row for row in run.stored.beds()} if run and run.tells_beds else {}
    if run is None or unit_id not in units:
        return None
    facts = run.stored.bed_facts()
    if name == "load":
        figure: Figure | None = _load(reader, units, facts, unit_id)
    elif moment not in facts["moments"]:
        return None
    elif name in _COUNTS:
        figure = _count(reader, run, units[unit_id], name, moment)
    else:
        figure = _mean(reader, run, units, facts, unit_id, name, moment)
    if figure is None:
        return None
    titles = {
        "occupied": _("Inneliggande"),
        "available": _("Disponibla vårdplatser"),
        "physical": _("Fysiska vårdplatser"),
        "closed": _("Stängda vårdplatser"),
        "mean_occupancy": _("Beläggning, medel"),
        "mean_outliers_per_100": _("Utlokaliserade per 100, medel"),
        "load": _("Belastning"),
    }
    unit = reader.tree.units[unit_id].name
    shown = {} if name == "load" else {"day": moment[:10], "hour": str(int(moment[11:13]))}
    address = reverse("insight:beds_unit", args=[unit_id]) + (f"?{urlencode(shown)}" if shown else "")
    return Derived(unit_id, figure, unit, titles[name], Back(f"{_('Vårdplatser')}: {unit}", address), dict(asked), run)


def _ward(reader: Reader, ward: str) -> str:
    return reader.tree.units[ward].name if ward in reader.tree.units else ward


def _count(reader: Reader, run: Run, unit: Row, name: str, moment: str) -> Figure | None:
    """Return a count with a term for each ward."""
    hours = run.stored.bed_hours([moment], unit["wards"])
    value = getattr(counts_at(hours, unit["wards"]), name)
    if not hours or value is None:
        return None
    measure, formula = _COUNTS[name]
    terms = tuple(
        Step(Message("{ward}", ward=_ward(reader, row["ward_id"])), each, measure, source=_source(name, row, moment))
        for row in sorted(hours, key=lambda row: str(row["ward_id"]))
        if (each := row["physical"] - row["available"] if name == "closed" else row[name])
    )
    return Figure(name, value, measure, formula, terms)


def _source(name: str, row: Row, moment: str) -> Source:
    if name == "occupied":
        return Source.of("stays", lying_at=moment, ward_id=row["ward_id"])
    return Source.of("beds", date=moment[:10], ward_id=row["ward_id"])


def _mean(
    reader: Reader, run: Run, units: Mapping[str, Row], facts: Row, unit_id: str, name: str, moment: str
) -> Figure | None:
    """Return a mean at the same hour over the days counted; few who lie elsewhere are not told day by day."""
    if name not in _MEANS:
        return None
    people, measure, per = _MEANS[name]
    wards = units[unit_id]["wards"]
    moments = [each for each in facts["moments"] if each[10:] == moment[10:]]
    hours = run.stored.bed_hours(moments)
    shown = {key: row for key, row in units.items() if key in reader.tree.units}
    of_people = people == "outliers"
    if of_people and unit_id in quiet_units(shown, hours, reader, facts["below"]):
        return None
    total = counts_at(hours, wards)
    if not total.available:
        return None
    value = per * getattr(total, people) / total.available
    inputs = (
        Step(Message("disponibla vårdplatser, summerade över dagarna"), total.available, "beds"),
        Step(Message("patienter, summerade över dagarna"), getattr(total, people), "patients"),
    )
    formula = Message("Medel vid samma klockslag: dagarnas patienter delade med deras disponibla vårdplatser.")
    if of_people:
        source = Source.of("beds", ward_id="|".join(sorted(wards)))
        term = Step(Message("alla dagar och vårdavdelningar tillsammans"), value, measure, None, source)
        return Figure(name, value, measure, formula, (term,), inputs)
    by_day = {each: counts_at([row for row in hours if row["moment"] == each], wards) for each in moments}
    terms = tuple(
        Step(
            Message("{day}", day=each[:10]),
            per * count.occupied / total.available,
            measure,
            float(count.occupied),
            of=(("unit", unit_id), ("of", "census"), ("week", each), ("figure", "occupied")),
        )
        for each, count in by_day.items()
    )
    return Figure(name, value, measure, formula, terms, inputs)


def _load(reader: Reader, units: Mapping[str, Row], facts: Row, unit_id: str) -> Figure:
    """Return the load of the year: that of each ward, or of a ward its stays."""
    value, wards = units[unit_id]["load"], units[unit_id]["wards"]
    formula = Message(
        "Belastningen är hur många som hör hemma i enhetens vårdavdelningar och legat inne i medel det senaste året, "
        "var de än låg."
    )
    parts = [ward for ward in wards if ward in units and ward != unit_id and ward in reader.scope]
    if parts:
        terms = tuple(
            Step(
                Message("{ward}", ward=_ward(reader, ward)),
                units[ward]["load"],
                "patients",
                of=(("unit", ward), ("of", "census"), ("figure", "load")),
            )
            for ward in parts
        )
        return Figure("load", value, "patients", formula, terms)
    since = _days_before(facts["now"][:10], _YEAR_DAYS)
    clinics = {clinic for ward in wards for clinic in facts["outside"].get(ward, "").split("|")} - {""}
    source = Source.of("stays", clinic_id="|".join(sorted(clinics)), since=since, until=facts["now"][:10])
    return Figure(
        "load", value, "patients", formula, (Step(Message("i medel per timme"), value, "patients", None, source),)
    )


def _days_before(day: str, count: int) -> str:
    return date.fromordinal(date.fromisoformat(day).toordinal() - count).isoformat()


# Counted beds


_OF_COUNTED: Mapping[str, tuple[str, Message]] = {
    "occupied": ("beds", Message("Belagda vårdplatser som enheten själv har räknat i perioden.")),
    "available": ("beds", Message("Disponibla vårdplatser som enheten själv har räknat i perioden.")),
    "occupancy": ("share", Message("Beläggning = belagda / disponibla")),
    "occupancy_of_year": ("share", Message("Det senaste årets belagda vårdplatser delade med dess disponibla.")),
    "change_in_a_year": ("points", Message("Det senaste årets beläggning minus årets före.")),
    "overcrowded_per_100": (
        "per_100",
        Message("Överbeläggning = patienter utöver disponibla vårdplatser / disponibla · 100"),
    ),
    "outliers_per_100": (
        "per_100",
        Message("Utlokaliserade = patienter på annan kliniks vårdavdelning / disponibla · 100"),
    ),
    "ahead": ("beds", Message("Prognos av belagda vårdplatser ur det som har räknats; intervallet är 90 %.")),
    "ahead_occupancy": ("share", Message("Väntade belagda vårdplatser delade med de disponibla som finns nu.")),
}
_SHARES = {"occupancy", "occupancy_of_year"}


def of_counted(reader: Reader, unit_id: str, asked: Mapping[str, str]) -> Derived | None:
    """Return a figure of the counted beds of a ``category``: of the last period, or of one ahead (``week``)."""
    run, name, category = latest_run(), asked["figure"], asked.get("category", "")
    if run is None or name not in _OF_COUNTED:
        return None
    rows = {
        row["unit_id"]: row
        for row in run.stored.bed_counts(sorted(reader.below(unit_id)))
        if row["category"] == category
    }
    if unit_id not in rows:
        return None
    figure = _counted(reader, rows, unit_id, name, category, asked.get("week", ""))
    if figure is None:
        return None
    titles = {
        "occupied": _("Belagda"),
        "available": _("Disponibla"),
        "occupancy": _("Beläggning"),
        "occupancy_of_year": _("Beläggning, senaste året"),
        "change_in_a_year": _("Ändring av beläggningen mot året före"),
        "overcrowded_per_100": _("Överbeläggning"),
        "outliers_per_100": _("Utlokaliserade"),
        "ahead": _("Belagda väntas"),
        "ahead_occupancy": _("Beläggning väntas"),
    }
    unit = reader.tree.units[unit_id].name
    address = f"{reverse('insight:beds_unit', args=[unit_id])}?{urlencode({'category': category})}#counted"
    back = Back(f"{_('Räknade vårdplatser')}: {unit}", address)
    return Derived(unit_id, figure, f"{unit}, {category}", titles[name], back, dict(asked), run)


def _counted(
    reader: Reader, rows: Mapping[str, Row], unit_id: str, name: str, category: str, period: str
) -> Figure | None:
    row = rows[unit_id]
    measure, formula = _OF_COUNTED[name]
    if name.startswith("ahead"):
        return _counted_ahead(row, name, period, measure, formula, _counts_of(rows, unit_id, category))
    value = row[name]
    if value is None:
        return None
    source = _counts_of(rows, unit_id, category)
    if name in ("occupied", "available"):
        terms = tuple(
            Step(
                Message("{unit}", unit=reader.tree.units[each["unit_id"]].name),
                each[name],
                measure,
                of=_counted_of(each["unit_id"], category, name, period),
            )
            for each in _parts(reader, rows, row, name)
            if each[name] is not None
        ) or (Step(Message("räknat av enheten"), value, measure, None, source),)
        return Figure(name, value, measure, formula, terms)
    if name == "change_in_a_year":
        now = row["occupancy_of_year"]
        of = _counted_of(unit_id, category, "occupancy_of_year", period)
        terms = (
            Step(Message("beläggning, senaste året"), now, "points", of=of),
            Step(Message("beläggning, året före"), value - now, "points", None, source),
        )
        return Figure(name, value, measure, formula, terms)
    inputs = tuple(
        Step(label, row[each], "beds", of=_counted_of(unit_id, category, each, period))
        for label, each in ((Message("belagda"), "occupied"), (Message("disponibla"), "available"))
        if row[each] is not None
    )
    term = Step(Message("räknat av enheten") if not row["units"] else Message("summan av enheterna"), value, measure)
    term = Step(term.label, value, measure, None, source)
    return Figure(name, value, measure, formula, (term,), inputs if name != "occupancy_of_year" else ())


def _parts(reader: Reader, rows: Mapping[str, Row], row: Row, name: str) -> Sequence[Row]:
    """Return the units that have counted themselves, of which *row* is the sum; none where they cannot be told."""
    counted = {name for name, each in rows.items() if not each["units"]}
    found = [
        rows[name]
        for name in sorted(counted)
        if not any(unit.unit_id in counted and unit.unit_id != name for unit in reader.tree.path(name))
    ]
    whole = row["units"] == len(found) and math.isclose(sum(each[name] or 0.0 for each in found), row[name])
    return found if whole else []


def _counts_of(rows: Mapping[str, Row], unit_id: str, category: str) -> Source:
    counted = [unit_id] if not rows[unit_id]["units"] else [key for key, row in rows.items() if not row["units"]]
    return Source.of("bed_counts", unit_id="|".join(sorted(counted)), category=category)


def _counted_of(unit_id: str, category: str, name: str, period: str) -> tuple[tuple[str, str], ...]:
    return (("unit", unit_id), ("of", "counted"), ("category", category), ("week", period), ("figure", name))


def _counted_ahead(row: Row, name: str, period: str, measure: str, formula: Message, source: Source) -> Figure | None:
    ahead = row["ahead"]
    if not ahead or period not in ahead["periods"]:
        return None
    at = ahead["periods"].index(period)
    told = ahead["occupied" if name == "ahead" else "occupancy"]
    value = told["mean"][at]
    if value is None:
        return None
    inputs: tuple[Step, ...] = (
        Step(Message("90 % intervall, från"), told["q05"][at], measure),
        Step(Message("90 % intervall, till"), told["q95"][at], measure),
    )
    if name == "ahead_occupancy":
        inputs += (Step(Message("disponibla nu"), ahead["beds"], "beds", None, source),)
    return Figure(name, value, measure, formula, (Step(Message("prognos"), value, measure, None, source),), inputs)
