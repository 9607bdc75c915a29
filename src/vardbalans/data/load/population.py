"""Inhabitants and contacts by age group, sex and area, counted in the lake for the forecast of years ahead."""

from datetime import date, timedelta
from itertools import pairwise

import duckdb
import numpy as np

from vardbalans.data.load.series import Row, grouped
from vardbalans.data.queries import ask
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.need import GroupCounts, Population

__all__ = ["contacts_by_group", "no_contacts", "population_of"]

WIDTH = 5  # years of age per group, as population tables usually have them
OPEN_FROM = 85
SPAN_DAYS = 364  # whole weeks, so that every span has as many of each weekday
SPANS = 3
SEXES = ("female", "male")


def population_of(connection: duckdb.DuckDBPyConnection) -> Population:
    """Return the population in groups of five years of age, of the last run of years that lack no group or area.

    Raises BadInput where areas overlap (a region beside its municipalities) or no year is whole.
    """
    oldest = (
        connection.cursor()
        .execute("select min(oldest) from (select max(age) as oldest from population group by area, sex, year)")
        .fetchall()[0][0]
    )
    last = min(OPEN_FROM, oldest) // WIDTH
    rows = ask(connection, "population_by_group", width=WIDTH, last=last).to_pylist()
    areas = sorted({row["area"] for row in rows})
    _check_areas(areas)
    years = _whole_years(rows)
    shape = (len(years), last + 1, len(SEXES), len(areas))
    counts = np.zeros(shape)
    for row in rows:
        if row["year"] in years:
            place = years.index(row["year"]), row["age_group"], SEXES.index(row["sex"]), areas.index(row["area"])
            counts[place] = row["inhabitants"]
    return Population(tuple(years), _names(last), SEXES, tuple(areas), counts)


def _names(last: int) -> tuple[str, ...]:
    return (*(f"{WIDTH * n}–{WIDTH * n + WIDTH - 1}" for n in range(last)), f"{WIDTH * last}+")


def _check_areas(areas: list[str]) -> None:
    for whole in areas:
        part = next((area for area in areas if area != whole and whole.isdigit() and area.startswith(whole)), None)
        if part and part.isdigit():
            raise BadInput(
                Message(
                    "Befolkningen har både område {whole} och dess del {part}. Behåll en nivå, annars räknas folk "
                    "två gånger.",
                    whole=whole,
                    part=part,
                )
            )


def _whole_years(rows: list[Row]) -> list[int]:
    """Return the consecutive years that end last and have every area, sex and age group that any year has."""
    everything = {(row["area"], row["sex"], row["age_group"]) for row in rows}
    whole = [year for year, group in grouped(rows, "year") if len(group) == len(everything)]
    if not whole:
        raise BadInput(Message("Inget år i befolkningen har alla områden, kön och åldrar. Komplettera tabellen."))
    gaps = [n for n, (before, after) in enumerate(pairwise(whole), 1) if after != before + 1]
    return whole[gaps[-1] if gaps else 0 :]


def contacts_by_group(
    connection: duckdb.DuckDBPyConnection, population: Population, until: date
) -> tuple[Population, dict[str, GroupCounts]]:
    """Return service id → its contacts of up to three years before *until*, by the groups of *population*.

    Where no contact has an area of the population, areas are not told apart; the population is returned as it was
    counted by. A service is counted in the spans from the first one with a contact of its own: before that it may not
    have existed.
    """
    rows = ask(
        connection,
        "contacts_by_group",
        until=until,
        days=SPAN_DAYS,
        spans=SPANS,
        width=WIDTH,
        last=len(population.age_groups) - 1,
    ).to_pylist()
    if not any(row["area"] for row in rows):
        population = population.in_one_area()
        rows = [row | {"area": population.areas[0]} for row in rows]
    return population, {name: _counted(group, population, until) for name, group in grouped(rows, "service_id")}


def _counted(rows: list[Row], population: Population, until: date) -> GroupCounts:
    spans = max(row["span"] for row in rows) + 1
    counts = np.zeros((spans, *population.counts.shape[1:]))
    unplaced = 0.0
    sexes, areas = population.sexes, population.areas
    for row in rows:
        if row["age_group"] is None or row["sex"] not in sexes or row["area"] not in areas:
            unplaced += row["contacts"]
        else:
            place = row["span"], row["age_group"], sexes.index(row["sex"]), areas.index(row["area"])
            counts[place] += row["contacts"]
    ends = [until - timedelta(days=SPAN_DAYS * n) for n in range(spans)]
    return GroupCounts([(end - timedelta(days=SPAN_DAYS), end) for end in ends], counts, unplaced)


def no_contacts(population: Population) -> GroupCounts:
    """Return what is known of a service without a contact: nothing."""
    return GroupCounts([], np.zeros((0, *population.counts.shape[1:])))
