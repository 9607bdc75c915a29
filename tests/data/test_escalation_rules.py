"""The steps of escalation are dated rules: ours, and the region's own from their day."""

from datetime import date

import duckdb
import pytest

from vardbalans.data.load.rules import escalation_steps_on, national_rules

ROWS = """create table rules as select * from (values
    ('a', 'escalation', 'two_levels', 80.0::double, 'procent', date '2027-03-01', 'Beslut'),
    ('b', 'escalation', 'one_level', 0.2, 'andel', date '2027-01-01', 'Beslut')
) as rows(rule_id, kind, applies_to, value, unit, valid_from, source)"""


@pytest.mark.parametrize(
    ("day", "steps"),
    [
        (date(2026, 12, 31), (0.3, 0.6)),
        (date(2027, 1, 1), (0.2, 0.6)),
        (date(2027, 3, 1), (0.2, 0.8)),
    ],
)
def test_each_step_is_the_regions_own_from_its_first_day(day, steps) -> None:
    with duckdb.connect() as connection:
        connection.execute(ROWS)
        assert escalation_steps_on(connection, {"rules"}, day) == steps
        assert escalation_steps_on(connection, set(), day) == (0.3, 0.6)


def test_ours_claims_no_norm() -> None:
    sources = {row["source"] for row in national_rules() if row["kind"] == "escalation"}
    assert sources == {"Vårdbalans förval, ingen norm"}
