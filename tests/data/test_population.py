"""Inhabitants and contacts by group, counted in the lake: the same as counted by hand, and nothing guessed."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from tests.data.lake_rows import AT, contact, rows
from vardbalans.data.lake import Lake
from vardbalans.data.load.population import contacts_by_group, population_of
from vardbalans.engine.errors import BadInput
from vardbalans.engine.sampling import stream

UNTIL = date(2026, 10, 26)
AREAS = ("0180", "0181")


def inhabitants(areas=AREAS, years=range(2023, 2030), ages=range(101)):
    return [
        {"area": area, "sex": sex, "age": age, "year": year, "count": 10 + age % 7}
        for area in areas
        for sex in ("female", "male")
        for age in ages
        for year in years
    ]


@pytest.fixture
def asked(tmp_path):
    """Commit the tables given as lists of rows and ask *question* of them."""

    def ask(question, **tables):
        lake = Lake(tmp_path)
        version = lake.commit({name: rows(name, content) for name, content in tables.items()}, by="test", at=AT)
        with lake.connect(version.number) as connection:
            return question(connection)

    return ask


def test_ages_are_counted_in_groups_of_five_and_the_last_is_open(asked):
    found = asked(population_of, population=inhabitants())
    assert found.age_groups[:2] == ("0–4", "5–9")
    assert found.age_groups[-1] == "85+"
    assert found.years == tuple(range(2023, 2030))
    assert found.counts.sum() == sum(row["count"] for row in inhabitants())
    assert found.counts[0, 17, 0, 0] == sum(10 + age % 7 for age in range(85, 101))


def test_a_table_that_is_open_from_eighty_has_its_last_group_there(asked):
    found = asked(population_of, population=inhabitants(ages=range(81)))
    assert found.age_groups[-1] == "80+"


def test_a_year_that_lacks_an_area_is_not_used(asked):
    lacking = [row for row in inhabitants() if (row["year"], row["area"]) != (2024, "0181")]
    assert asked(population_of, population=lacking).years == tuple(range(2025, 2030))


def test_a_region_beside_its_municipalities_would_count_people_twice(asked):
    with pytest.raises(BadInput, match="01 och dess del 0180"):
        asked(population_of, population=inhabitants(areas=("01", "0180")))


def visits(count=400):
    rng = stream(1, "visits")
    return [
        contact(
            n,
            service_id="S",
            starts_at=datetime(2026, 10, 24, 9, tzinfo=UTC) - timedelta(days=int(rng.integers(0, 3 * 364 - 2))),
            age=int(age) if (age := rng.integers(-5, 101)) >= 0 else None,
            sex=str(rng.choice(["female", "male", "other", "unknown"])),
            municipality=str(rng.choice([*AREAS, "2480"])) if rng.random() > 0.1 else None,
            status=str(rng.choice(["performed", "no_show"], p=[0.9, 0.1])),
        )
        for n in range(count)
    ]


def test_contacts_are_counted_as_by_hand(asked):
    given = visits()
    population, found = asked(
        lambda connection: contacts_by_group(connection, population_of(connection), UNTIL),
        population=inhabitants(),
        contacts=given,
    )
    expected, unplaced = Counter(), 0
    for row in given:
        if row["status"] != "performed":
            continue
        if row["age"] is None or row["sex"] not in ("female", "male") or row["municipality"] not in AREAS:
            unplaced += 1
            continue
        span = ((UNTIL - row["starts_at"].date()).days - 1) // 364
        expected[span, min(row["age"] // 5, 17), population.sexes.index(row["sex"]), row["municipality"]] += 1
    assert found["S"].unplaced == unplaced > 0
    assert found["S"].counts.sum() == sum(expected.values()) > 100
    for (span, age, sex, area), count in expected.items():
        assert found["S"].counts[span, age, sex, AREAS.index(area)] == count
    assert found["S"].spans[0] == (UNTIL - timedelta(days=364), UNTIL)


def test_where_no_contact_has_an_area_all_areas_are_one(asked):
    given = [row | {"municipality": None, "age": 30, "sex": "male"} for row in visits()]
    population, found = asked(
        lambda connection: contacts_by_group(connection, population_of(connection), UNTIL),
        population=inhabitants(),
        contacts=given,
    )
    assert population.areas == ("",)
    assert found["S"].unplaced == 0
    assert found["S"].placed == sum(row["status"] == "performed" for row in given)


def test_a_service_that_began_lately_is_counted_only_where_it_was_there(asked):
    given = [contact(n, service_id="S", starts_at=datetime(2026, 10, 1, 9, tzinfo=UTC), age=30, sex="male",
                     municipality="0180") for n in range(5)]  # fmt: skip
    _, found = asked(
        lambda connection: contacts_by_group(connection, population_of(connection), UNTIL),
        population=inhabitants(),
        contacts=given,
    )
    assert len(found["S"].spans) == len(found["S"].counts) == 1
    assert np.count_nonzero(found["S"].counts) == 1
