"""The registry is whole: what every part made from it relies on."""

from pathlib import Path

import pyarrow as pa
import pytest

from vardbalans.data.read.matching import table_named
from vardbalans.data.rules import ROW_RULES
from vardbalans.data.tables import GROUPS, TABLES, absent_sentences
from vardbalans.data.write.reference import tables_page

_CONTRACT = [
    "units",
    "services",
    "recipes",
    "resource_sets",
    "conversions",
    "rules",
    "population",
    "resources",
    "openings",
    "maintenance",
    "utilisation",
    "non_clinical",
    "employments",
    "absences",
    "norms",
    "staffing_ratios",
    "beds",
    "extra_time",
    "leave_rules",
    "travel",
    "performers",
    "staff_loans",
    "patients",
    "contacts",
    "referrals",
    "priorities",
    "clock_stops",
    "stays",
    "operations",
    "slots",
    "counts",
    "inflow",
    "outflow",
    "waiting",
    "bed_counts",
    "ledger",
    "budget",
    "cost_rules",
    "cost_centres",
    "drivers",
    "cost_pools",
    "cost_weights",
    "care_items",
    "match_rules",
    "contracts",
    "measures",
    "measure_starts",
    "goals",
    "orders",
    "order_events",
    "agreed_plans",
    "annotations",
    "adjustments",
    "measure_plans",
    "measure_cards",
    "measure_events",
    "measure_estimates",
    "indicator_values",
]


def test_the_contract_has_these_tables() -> None:
    """A table that disappears or changes name breaks files people already have."""
    assert list(TABLES) == _CONTRACT


@pytest.mark.parametrize("name", TABLES)
def test_headings_are_unique_in_both_languages(name: str) -> None:
    """No heading may mean two columns of one table."""
    for names in (
        [column.header.casefold() for column in TABLES[name].columns],
        [column.file_name for column in TABLES[name].columns],
        list(TABLES[name].names),
    ):
        assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_says_what_it_is_and_what_is_off_without_it(name: str) -> None:
    """Every column and table has whole Swedish sentences; references and groups exist; there is a key."""
    table = TABLES[name]
    assert table.group in GROUPS
    assert table.key
    assert str(table.needed_for).startswith("Utan ")
    for text in (table.meaning, str(table.needed_for), *(column.meaning for column in table.columns)):
        assert text[0].isupper() or text[0].isdigit(), text
        assert text.endswith("."), text
    for column in table.columns:
        assert column.reference == "" or len(TABLES[column.reference].key) == 1


def test_the_schema_is_the_columns_and_where_the_row_came_from() -> None:
    """Money is whole öre, instants are UTC, and every row knows its file and row."""
    schema = TABLES["measures"].schema()
    assert schema.field("cost_ore").type == pa.int64()
    assert schema.field("starts").type == pa.date32()
    assert schema.names[-2:] == ["_file", "_row"]
    assert TABLES["contacts"].schema().field("starts_at").type == pa.timestamp("us", tz="UTC")
    assert TABLES["measures"].column("cost_ore").file_name == "cost"


def test_keys_may_have_parts_that_are_empty() -> None:
    """An opening is a date, or a weekday from a day, so its key has optional parts."""
    assert TABLES["openings"].key == ("resource_id", "date", "week", "weekday", "valid_from")


def test_an_absent_table_switches_off_what_needs_it_with_a_sentence() -> None:
    """All sentences when nothing is there; none for what is."""
    assert len(absent_sentences([])) == len(TABLES)
    without = absent_sentences([name for name in TABLES if name != "recipes"])
    assert [str(item) for item in without] == [
        "Utan recept kan behovet av kapacitet inte räknas i minuter; observerad produktion används."
    ]


def test_row_rules_are_about_tables_and_columns_that_exist() -> None:
    """A rule that is placed on a column that is not there would never be seen."""
    for name, rules in ROW_RULES.items():
        for rule in rules:
            assert rule.column in TABLES[name].names
            assert str(rule.message).endswith(".")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("contacts", "contacts"),
        ("contacts_2025", "contacts"),
        ("Vårdkontakter 2025", "contacts"),
        ("01 units", "units"),
        ("COST_RULES", "cost_rules"),
        ("cost rules", "cost_rules"),
        ("Väntande", "waiting"),
        ("contactsheet", None),
        ("budgetunderlag", None),
        ("", None),
    ],
)
def test_a_file_is_matched_to_a_table_by_its_name(said: str, meant: str | None) -> None:
    """English name or Swedish title, any case, a year or number around it; nothing looser than that."""
    found = table_named(said)
    assert (found.name if found else None) == meant


def test_the_reference_page_is_what_the_registry_says() -> None:
    """The page is printed from code: run ``python -m vardbalans.data.write.reference`` when this fails."""
    page = Path(__file__).parents[2] / "docs" / "reference" / "tables.md"
    assert page.read_text(encoding="utf-8") == tables_page()
