"""#PBUDGET becomes budget rows: per account, cost centre and month, and no krona twice."""

from pathlib import Path

import pytest

from tests.data.sie_text import HEAD, VOUCHER, codes, drafts
from vardbalans.data.read import Draft

Row = tuple[str, str, str | None, str, int]


def _order(row: Row) -> tuple[str, ...]:
    year, _, centre, month, _ = row
    return year, centre or "~", month


def _budget(folder: Path, lines: list[str]) -> tuple[list[Row], Draft]:
    (draft,) = drafts(folder, HEAD + "\n".join(lines) + "\n")
    assert draft.table == "budget"
    names = ("year", "account", "cost_centre", "month", "amount_ore")
    return sorted(zip(*(draft.rows[name].to_pylist() for name in names), strict=True), key=_order), draft


def test_a_month_and_account_is_a_row(tmp_path: Path) -> None:
    """Without vouchers only the budget is imported, and that is told. ``_row`` is the line; 4I and 4E may have both."""
    rows, draft = _budget(tmp_path, ["#PBUDGET 0 202501 4011 {} 100.50", "#PBUDGET -1 202412 4011 {} -7"])
    assert rows == [("2024", "4011", None, "2024-12", -700), ("2025", "4011", None, "2025-01", 10050)]
    assert codes([draft]) == ["budget_only"]
    assert sorted(draft.rows["_row"].to_pylist()) == [8, 9]
    assert set(draft.rows["_file"].to_pylist()) == {"ledger.se"}


def test_a_file_with_both_gives_two_drafts(tmp_path: Path) -> None:
    """Balances in between belong to neither."""
    text = HEAD + "#IB 0 1930 5\n#UB 0 1930 5\n#RES 0 4011 5\n#PSALDO 0 202501 4011 {} 5\n#PBUDGET 0 202501 4011 {} 5\n"
    read = drafts(tmp_path, text + VOUCHER)
    assert [(draft.table, len(draft.rows)) for draft in read] == [("ledger", 2), ("budget", 1)]
    assert codes(read) == []


def test_rows_with_objects_share_the_account_s_amount(tmp_path: Path) -> None:
    """What is not shared belongs to no cost centre; a project shares the same amount in another way.

    March and May are without the account's own row, but February tells: there it equals what is shared.
    """
    rows, draft = _budget(
        tmp_path,
        [
            "#PBUDGET 0 202501 4011 {} 100",
            '#PBUDGET 0 202501 4011 {1 "A"} 60',
            '#PBUDGET 0 202501 4011 {1 "B"} 30',
            '#PBUDGET 0 202501 4011 {6 "P"} 100',
            "#PBUDGET 0 202502 4011 {} 50",
            '#PBUDGET 0 202502 4011 {1 "A"} 50',
            '#PBUDGET 0 202503 4011 {6 "P"} 8',
            '#PBUDGET 0 202505 4011 {1 "A"} 7',
            '#PBUDGET 0 202505 4011 {1 "A" 6 "P"} 5',
            "#PBUDGET 0 202504 4011 {} 0",
        ],
    )
    assert rows == [
        ("2025", "4011", "A", "2025-01", 6000),
        ("2025", "4011", "A", "2025-02", 5000),
        ("2025", "4011", "A", "2025-05", 700),
        ("2025", "4011", "B", "2025-01", 3000),
        ("2025", "4011", None, "2025-01", 1000),
        ("2025", "4011", None, "2025-03", 800),
        ("2025", "4011", None, "2025-04", 0),
    ]
    assert codes([draft]) == ["budget_form", "budget_only"]
    assert "hela budget" in str(draft.findings[0].message)


def test_a_cost_centre_by_itself_counts_before_its_combinations(tmp_path: Path) -> None:
    """A has both its own row and a part of it; B is only there in combination with projects."""
    rows, _ = _budget(
        tmp_path,
        [
            "#PBUDGET 0 202501 4011 {} 100",
            '#PBUDGET 0 202501 4011 {1 "A"} 60',
            '#PBUDGET 0 202501 4011 {1 "A" 6 "P"} 20',
            '#PBUDGET 0 202501 4011 {6 "P" 1 "B"} 15',
            '#PBUDGET 0 202501 4011 {1 "B" 6 "Q"} 25',
        ],
    )
    assert rows == [("2025", "4011", "A", "2025-01", 6000), ("2025", "4011", "B", "2025-01", 4000)]


def test_programs_that_write_only_what_is_left_over_are_known_by_it(tmp_path: Path) -> None:
    """An account and month has rows with objects but none without, so such a row is no total: all are added."""
    rows, draft = _budget(
        tmp_path,
        [
            "#PBUDGET 0 202501 4011 {} 10",
            '#PBUDGET 0 202501 4011 {1 "A"} 60',
            '#PBUDGET 0 202501 4011 {7 "X"} 5',
            '#PBUDGET 0 202502 4011 {1 "A" 7 "X"} 40',
            '#PBUDGET 0 202502 4011 {1 "A" 7 "Y"} 2',
        ],
    )
    assert rows == [
        ("2025", "4011", "A", "2025-01", 6000),
        ("2025", "4011", "A", "2025-02", 4200),
        ("2025", "4011", None, "2025-01", 1500),
    ]
    assert "inte är fördelat" in str(draft.findings[0].message)


def test_the_same_line_twice_is_an_error(tmp_path: Path) -> None:
    """At the later one; the objects' order does not make it another."""
    _, draft = _budget(tmp_path, ['#PBUDGET 0 202501 4011 {1 "A" 6 "P"} 5', '#PBUDGET 0 202501 4011 {6 "P" 1 "A"} 5'])
    twice = draft.findings[0]
    assert (twice.row, twice.code, twice.severity) == (9, "budget_twice", "error")


def test_a_month_outside_its_year_is_not_guessed_at(tmp_path: Path) -> None:
    """Programs exist that write last year's budget with this year's months; added, it would count twice."""
    rows, draft = _budget(
        tmp_path, ["#PBUDGET 0 202501 4011 {} 5", "#PBUDGET -1 202501 4011 {} 4", "#PBUDGET -1 202502 4011 {} 4"]
    )
    assert rows == [("2025", "4011", None, "2025-01", 500)]
    (finding,) = [item for item in draft.findings if item.code == "month_outside_year"]
    assert (finding.severity, finding.row, finding.message.values["count"]) == ("warning", 9, 2)


@pytest.mark.parametrize(
    "line",
    [
        "#PBUDGET 0 202513 4011 {} 5",
        "#PBUDGET 0 202501 4011 {1} 5",
        "#PBUDGET 0 202501 4011 5",
        "#PBUDGET 0 202501 4011 {} mycket",
        "#PBUDGET i-år 202501 4011 {} 5",
        "#PBUDGET",
    ],
)
def test_a_line_that_cannot_be_read_is_an_error(line: str, tmp_path: Path) -> None:
    (draft,) = drafts(tmp_path, HEAD + line + "\n" + VOUCHER)
    assert [(item.row, item.code, item.severity) for item in draft.findings] == [(8, "bad_line", "error")]
