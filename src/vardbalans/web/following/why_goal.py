"""Why a node of the goal tree is what it is: its own count, its children's, and the rows or weeks they come from."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from vardbalans.data.results.year_figures import together
from vardbalans.engine.explain import Figure, Source, Step
from vardbalans.engine.goals import Indicator
from vardbalans.engine.indicators import INDICATORS
from vardbalans.engine.messages import Message
from vardbalans.web.following.goals import goal_address
from vardbalans.web.following.pack import pack_address
from vardbalans.web.following.selectors import frozen_month
from vardbalans.web.insight.derived import Back, Derived, MadeFrom
from vardbalans.web.insight.rows import Made
from vardbalans.web.insight.selectors import Reader, Run, latest_run, names_of
from vardbalans.web.translate import kept, said

__all__ = ["of_goal", "of_resource"]

Row = Mapping[str, Any]
Named = tuple[tuple[str, str], ...]
_UNITS = {"andel": "share", "kr": "öre", "pass": "shifts"}
_SCALE = {"kr": 100.0}
"""How a goal's unit is written as the engine's: kronor are öre in steps."""
_TREATED_DAYS = 7 * 13 - 1
_RESOURCES = {
    "belaggning": ("required", "opened"),
    "utnyttjande_operation": ("used", "opened"),
    "utnyttjande_personal": ("used", "opened"),
    "pass_som_saknas": ("short", ""),
}
"""Which sum over the weeks of a resource each indicator counts, and of which."""


def of_goal(reader: Reader, unit_id: str, asked: Mapping[str, str]) -> Derived | None:
    """Return the outcome (``value``), what it is counted on (``whole``), or the ``target`` of an ``indicator``.

    With ``group`` and ``week`` it is that of the month that is frozen at the unit ``group``.
    """
    run = latest_run()
    indicator = INDICATORS.get(asked.get("indicator", ""))
    if run is None or indicator is None or not run.tells_follow_up:
        return None
    made: Made = run
    rows, back = run.stored.goals(reader.below(unit_id)), None
    if asked.get("group"):
        home, month = asked["group"], asked.get("week", "")
        frozen = frozen_month(home, month) if unit_id in reader.below(home) else None
        if frozen is None:
            return None
        rows = [row for row in frozen.values["goals"] if row["unit_id"] in reader.below(unit_id)]
        made = MadeFrom(frozen.version, lambda table: names_of(table, frozen.version))
        back = Back(f"{_('Månadspaket')} {month}", pack_address(home, month))
    rows = [row for row in rows if row["indicator"] == indicator.indicator_id]
    row = next((row for row in rows if row["unit_id"] == unit_id), None)
    if row is None:
        return None
    children = [each for each in rows if each["parent_id"] == unit_id]
    figure = _figure(run, indicator, row, children, asked)
    if figure is None:
        return None
    titles = {"value": _("Utfall"), "whole": _("Räknat på"), "target": _("Mål")}
    name = said(kept(indicator.name))
    back = back or Back(f"{_('Mål')}: {row['unit_name']}", goal_address(unit_id, indicator.indicator_id))
    return Derived(unit_id, figure, name, titles[asked["figure"]], back, dict(asked), made)


def _figure(
    run: Run, indicator: Indicator, row: Row, children: Sequence[Row], asked: Mapping[str, str]
) -> Figure | None:
    if asked["figure"] == "value":
        return _value(run, indicator, row, children, _same(asked))
    if asked["figure"] == "whole":
        return _whole(run, indicator, row, children, _same(asked))
    return _target(indicator, row) if asked["figure"] == "target" else None


def _same(asked: Mapping[str, str]) -> dict[str, str]:
    return {name: asked[name] for name in ("of", "indicator", "group", "week") if asked.get(name)}


def _value(run: Run, indicator: Indicator, row: Row, children: Sequence[Row], same: Mapping[str, str]) -> Figure | None:
    """Return the outcome: a share is what each contributes of the whole, a number is the sum."""
    if row["value"] is None:
        return None
    unit, scale = _UNITS.get(indicator.unit, "count"), _SCALE.get(indicator.unit, 1.0)
    value = row["value"] * scale
    if indicator.roll_up == "sum":
        formula = Message(
            "{definition} Summan av enhetens egna och enheterna under den.", definition=indicator.definition
        )
        terms = _terms(run, indicator, row, children, same, "part", scale, unit)
        return Figure("value", value, unit, formula, terms)
    whole = row["whole"]
    formula = Message(
        "{definition} Delarna delade med helheten, aldrig ett medelvärde av andelar.", definition=indicator.definition
    )
    terms = _terms(run, indicator, row, children, same, "part", 1 / whole, unit)
    counted = {"unit": row["unit_id"], **same, "figure": "whole"}
    inputs = (
        Step(Message("delen"), row["part"], indicator.counted),
        Step(Message("helheten"), whole, indicator.counted, of=tuple(counted.items())),
    )
    return Figure("value", value, unit, formula, terms, inputs)


def _whole(run: Run, indicator: Indicator, row: Row, children: Sequence[Row], same: Mapping[str, str]) -> Figure | None:
    if row["whole"] is None:
        return None
    formula = Message("Helheten är summan av enhetens egna och enheterna under den.")
    return Figure(
        "whole",
        row["whole"],
        indicator.counted,
        formula,
        _terms(run, indicator, row, children, same, "whole", 1.0, indicator.counted),
    )


def _target(indicator: Indicator, row: Row) -> Figure | None:
    if row["target"] is None:
        return None
    unit, value = _UNITS.get(indicator.unit, "count"), row["target"] * _SCALE.get(indicator.unit, 1.0)
    formula = Message("Målet är det senaste som gäller för enheten och indikatorn.")
    source = Source.of("goals", unit_id=row["unit_id"], indicator=indicator.indicator_id)
    return Figure("target", value, unit, formula, (Step(Message("mål"), value, unit, None, source),))


def _terms(
    run: Run,
    indicator: Indicator,
    row: Row,
    children: Sequence[Row],
    same: Mapping[str, str],
    column: str,
    scale: float,
    unit: str,
) -> tuple[Step, ...]:
    """Return the unit's own part and that of each child; children too few to be told are told together."""
    below = [
        (
            each["unit_name"],
            None if each["status"] == "too_few" else (each[column] or 0.0) * scale,
            {"unit": each["unit_id"], **same},
        )
        for each in children
    ]
    name = "whole" if column == "whole" else "value"
    own = row[column] * scale - sum(part or 0.0 for _name, part, _of in below)
    hidden = any(part is None for _name, part, _of in below)
    if hidden:  # what is the unit's own is then among what is not told by itself
        return together(below, row[column] * scale, unit, name, 1)
    steps = together(below, row[column] * scale, unit, name, 1)
    counted = row["own"] if column == "part" else own / scale
    if abs(own) < 1e-9 * max(1.0, abs(row[column] * scale)):
        return steps
    return (*_own(run, indicator, row["unit_id"], column, own, counted, unit), *steps)


def _own(
    run: Run, indicator: Indicator, unit_id: str, column: str, value: float, counted: float, unit: str
) -> tuple[Step, ...]:
    """Return what the unit counts itself: one step with its rows, or one for each of its resources."""
    scale = value / counted if counted else 0.0
    sums = _RESOURCES.get(indicator.indicator_id)
    if sums:
        name = sums[0] if column == "part" else sums[1]
        return tuple(
            Step(
                Message("{resource}", resource=resource["resource_name"]),
                total * scale,
                unit,
                of=(("unit", unit_id), ("of", "resource"), ("resource", resource["resource_id"]), ("figure", name)),
            )
            for resource, total in _resources(run, indicator.indicator_id, unit_id, name)
        )
    return (Step(Message("enhetens egna"), value, unit, None, _rows(run, indicator, unit_id)),)


def _resources(run: Run, indicator: str, unit_id: str, name: str) -> list[tuple[Row, float]]:
    """Return the unit's resources that the indicator counts, with the sum over the weeks of each."""
    rows: dict[str, list[Row]] = {}
    for row in run.stored.rows([unit_id]):
        if row["measure"] == "minutes":
            rows.setdefault(row["resource_id"], []).append(row)
    kinds = {"belaggning": "bed", "utnyttjande_personal": "staff", "utnyttjande_operation": "room"}
    wanted = kinds.get(indicator)
    found = []
    for weeks in rows.values():
        if wanted and weeks[0]["kind"] != wanted:
            continue
        values = _weeks(run, weeks, name)
        if values is not None:
            found.append((weeks[0], sum(value for value, _figure in values)))
    return found


def _weeks(run: Run, rows: Sequence[Row], name: str) -> list[tuple[float, str]] | None:
    """Return each week's part of the sum *name* and the figure it comes from; None where it has none."""
    if name == "required":
        return [(row["required"], "required") for row in rows]
    if name == "used":
        return [min((row["required"], "required"), (row["available"], "available")) for row in rows]
    if name == "short":
        if rows[0]["shifts"] is None:
            return None
        return [(float(row["shifts"]), "balance") for row in rows]
    shares = run.stored.utilisation(rows[0]["resource_id"])
    return [(row["available"] / shares[row["week"]], "available") for row in rows if shares.get(row["week"])]


def of_resource(_reader: Reader, unit_id: str, asked: Mapping[str, str]) -> Derived | None:
    """Return a sum over the weeks of the run of a ``resource``: required, used, opened, or shifts short."""
    run = latest_run()
    titles = {
        "required": _("Krävs"),
        "used": _("Använt"),
        "opened": _("Öppet"),
        "short": _("Pass som saknas"),
    }
    rows = [] if run is None else run.stored.rows([unit_id])
    rows = [row for row in rows if row["resource_id"] == asked.get("resource") and row["measure"] == "minutes"]
    values = _weeks(run, rows, asked["figure"]) if run and rows and asked["figure"] in titles else None
    if run is None or values is None:
        return None
    unit = "shifts" if asked["figure"] == "short" else "minutes"
    formulas = {
        "required": Message("Det som krävs, summerat över veckorna i körningen."),
        "used": Message("Det som används vecka för vecka, högst det som går att använda, summerat."),
        "opened": Message("Öppen tid: det som går att använda delat med nyttjandegraden, summerat över veckorna."),
        "short": Message("Brist vecka för vecka, delad med passets längd och avrundad uppåt."),
    }
    terms = tuple(
        Step(
            Message("{week}", week=row["week"]),
            value,
            unit,
            of=(("unit", unit_id), ("resource", row["resource_id"]), ("week", row["week"]), ("figure", figure)),
        )
        for row, (value, figure) in zip(rows, values, strict=True)
    )
    figure = Figure(asked["figure"], sum(step.value for step in terms), unit, formulas[asked["figure"]], terms)
    back = Back(_("Mål"), goal_address(unit_id, ""))
    return Derived(unit_id, figure, rows[0]["resource_name"], titles[asked["figure"]], back, dict(asked), run)


def _rows(run: Run, indicator: Indicator, unit_id: str) -> Source | None:
    """Return the rows that the unit's own count comes from; None where it is computed from the plan of the run."""
    services = "|".join(row["service_id"] for row in run.services([unit_id]))
    as_of = date.fromisoformat(run.meta["as_of"])
    until = (as_of + timedelta(1)).isoformat()
    treated = (as_of - timedelta(_TREATED_DAYS)).isoformat()
    found = {
        "vantande": ("referrals", {"open_at": as_of.isoformat()}),
        "andel_inom_vardgaranti": ("referrals", {"open_at": as_of.isoformat()}),
        "andel_behandlade_inom_vardgaranti": ("referrals", {"treated_since": treated, "treated_until": until}),
        "andel_uteblivna": ("contacts", {"since": (as_of - timedelta(364)).isoformat(), "until": until}),
        "produktion_mot_bestallning": ("orders", {"year": str(as_of.year)}),
        "kostnad_kopt_vard": ("contracts", {}),
    }.get(indicator.indicator_id)
    return Source.of(found[0], service_id=services, **found[1]) if found and services else None
