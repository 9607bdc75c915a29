"""The need of every service some years ahead, from a store with population: load, forecast, tell."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from vardbalans.data.findings import note_row
from vardbalans.data.forecast_run import series_document
from vardbalans.data.lake import Lake, Version
from vardbalans.data.load import load
from vardbalans.data.load.population import contacts_by_group, no_contacts, population_of
from vardbalans.data.tables import TABLES
from vardbalans.data.unit_tree import units_below
from vardbalans.engine.errors import BadInput
from vardbalans.engine.explain import Figure
from vardbalans.engine.inputs import Inputs
from vardbalans.engine.messages import Message
from vardbalans.engine.need import (
    GroupCounts,
    Population,
    YearlyNeed,
    growth_figure,
    judged_years,
    near_forecasts,
    need_figure,
    year_span,
    yearly_need,
)

__all__ = ["Ahead", "run_need", "years_ahead"]

_MUCH_UNPLACED = 0.1


@dataclass(frozen=True, eq=False)
class Ahead:
    """The need of each service some years ahead, from data *version* to *as_of*; *findings* say what is lacking."""

    version: int
    as_of: date
    needs: tuple[YearlyNeed, ...]
    findings: tuple[dict[str, Any], ...]


def run_need(
    store: Path, years: int, *, unit: str | None = None, service: str | None = None, draws: int = 1000, seed: int = 1
) -> tuple[dict[str, Any], list[YearlyNeed]]:
    """Return the command's document and the need of each service, as :func:`years_ahead` finds it."""
    lake = Lake(store)
    head = lake.required_head()
    inputs = load(lake, head)
    found = years_ahead(lake, head, inputs, years, unit=unit, service=service, draws=draws, seed=seed)
    document = {
        "version": found.version,
        "seed": seed,
        "as_of": found.as_of.isoformat(),
        "series": [_series(need) for need in found.needs],
        "findings": list(found.findings),
    }
    return document, list(found.needs)


def years_ahead(
    lake: Lake,
    head: Version,
    inputs: Inputs,
    years: int,
    *,
    unit: str | None = None,
    service: str | None = None,
    draws: int = 1000,
    seed: int = 1,
) -> Ahead:
    """Return the need of each service of *inputs* in the *years* first whole ISO years after the data of *head*.

    All services, or those of *unit* and the units below it, or *service* alone, with the planners' adjustments. Where
    the population reaches less far, the years it reaches are given and a finding says so. Raises BadInput for a version
    without population, or an unknown unit or service.
    """
    if "population" not in head.tables:
        raise BadInput(TABLES["population"].needed_for)
    population, groups = _groups(lake, head, inputs.as_of)
    chosen = _chosen(inputs, unit, service)
    ahead, findings = _years(inputs, population, years)
    months = {item.service.service_id: item.need for item in inputs.services if item.need.start.frequency == "month"}
    near = near_forecasts(months, ahead, inputs.services[0].calendar, draws, seed) if months else {}
    found = []
    for item in inputs.services:
        name = item.service.service_id
        if name in chosen:
            mine = groups.get(name, no_contacts(population))
            try:
                own = near.get(name) or near_forecasts({name: item.need}, ahead, item.calendar, draws, seed)[name]
                need = yearly_need(name, item.need, mine, population, ahead, own, seed=seed)
            except BadInput as error:  # one service that cannot be looked ahead for does not stop the others
                what = Message("{service}: {what}", service=item.service.name, what=error.message)
                findings.append(note_row(what, "no_years_ahead", "warning"))
                continue
            findings += _unplaced(need, item.service.name)
            judgements = [row for row in inputs.adjustments if row.service_id == name]
            found.append(judged_years(need, item.need, own, judgements, item.calendar))
    return Ahead(head.number, inputs.as_of, tuple(found), tuple(findings))


def _groups(lake: Lake, version: Version, as_of: date) -> tuple[Population, dict[str, GroupCounts]]:
    with lake.connect(version.number) as connection:
        population = population_of(connection)
        if "contacts" not in version.tables:
            return population.in_one_area(), {}
        return contacts_by_group(connection, population, as_of + timedelta(days=1))


def _chosen(inputs: Inputs, unit: str | None, service: str | None) -> set[str]:
    below = units_below(inputs.units, unit) if unit else None
    names = {item.service.service_id for item in inputs.services if below is None or item.service.unit_id in below}
    if service is None:
        return names
    if service not in names:
        raise BadInput(Message("Vårdtjänsten {service} har inget behov i data.", service=service))
    return {service}


def _years(inputs: Inputs, population: Population, wanted: int) -> tuple[list[int], list[dict[str, Any]]]:
    """Return the first whole ISO years after the data that the population reaches, and what to say of the others."""
    start = inputs.as_of + timedelta(days=1)
    year = start.isocalendar().year
    first = year if year_span(year)[0] >= start else year + 1
    years = [n for n in range(first, first + wanted) if population.covers(year_span(n))]
    if not years:
        raise BadInput(
            Message(
                "Befolkningen är given till {last} och räcker inte till {year}. Importera en befolkningsprognos.",
                last=population.years[-1],
                year=first,
            )
        )
    if len(years) == wanted:
        return years, []
    what = Message(
        "Befolkningen är given till {last}: behovet räknas för {count} år i stället för {wanted}.",
        last=population.years[-1],
        count=len(years),
        wanted=wanted,
    )
    return years, [note_row(what, "population_ends", "warning")]


def _unplaced(need: YearlyNeed, name: str) -> list[dict[str, Any]]:
    if need.unplaced_share <= _MUCH_UNPLACED:
        return []
    what = Message(
        "{service}: {share:.0%} av kontakterna saknar känd ålder, kön eller område och antas fördelade som de andra.",
        service=name,
        share=need.unplaced_share,
    )
    return [note_row(what, "unplaced_contacts", "warning")]


def _series(need: YearlyNeed) -> dict[str, Any]:
    steps = range(len(need.periods))
    return {
        **series_document(need),
        "reason": str(need.reason),
        "base": need.base,
        "rate_trend": {"growth": need.trend.growth, "error": need.trend.error, "years": need.trend.years},
        "unplaced_share": need.unplaced_share,
        "adjustments": [
            {
                "adjustment_id": change.adjustment.adjustment_id,
                "author_level": change.adjustment.author_level,
                "added": change.added.tolist(),
            }
            for change in need.changes
        ],
        "steps": [_explained(figure, need.periods[n]) for n in steps for figure in _figures(need, n)],
    }


def _figures(need: YearlyNeed, step: int) -> tuple[Figure, Figure]:
    return need_figure(need, step), growth_figure(need, step)


def _explained(figure: Figure, year: int) -> dict[str, Any]:
    return {"period": str(year), **figure.as_dict()}
