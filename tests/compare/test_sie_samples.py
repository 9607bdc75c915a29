"""The vendors' own SIE files: every count agrees with one that knows nothing of the reader."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from vardbalans.data.read import COMMAND_LINE, read_file
from vardbalans.data.read.sie import summary

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "sie"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the public SIE samples are not on this machine")
FILES = sorted(path for path in FOLDER.glob("*") if path.is_file()) if FOLDER.is_dir() else []
OUT_OF_BALANCE = {
    "transaktioner_ovnbolag-bad-balance.se": (3905, -1277100),
    "testWrite.se": (1368, 200),
    "testWrite1.se": (1368, 200),
}
NOTED = {"text_cut_off", "budget_only", "no_rows", "no_years", "already_read", "month_outside_year", "budget_form"}
"""What may be said of a sound file; among them no error."""


def _lines(path: Path) -> list[str]:
    """Return the lines of a file; all samples are in PC8, as they say."""
    return [line.strip() for line in re.split(r"\r?\n", path.read_bytes().decode("cp437"))]


def _count(lines: list[str], *labels: str) -> int:
    return sum(line.split()[:1] == [label] for line in lines for label in labels)


def _left_over(lines: list[str]) -> dict[int, int]:
    """Return the row of each voucher that does not sum to zero, and what is left over in öre."""
    found, row, total = {}, 0, Decimal(0)
    for number, line in enumerate(lines, start=1):
        if line.startswith("#VER"):
            row, total = number, Decimal(0)
        elif line.startswith("#TRANS"):
            total += Decimal(line.partition("}")[2].split()[0])
        elif line.startswith("}") and total:
            found[row] = int(total * 100)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_sample_is_read_to_the_last_row(path: Path) -> None:
    found, findings = summary(path, COMMAND_LINE)
    lines = _lines(path)
    assert str(found["sie_type"]) == next(line.split()[1] for line in lines if line.startswith("#SIETYP"))
    assert found["company"]["name"] in next(line for line in lines if line.startswith("#FNAMN"))
    assert found["encoding"] == "cp437"
    for key, labels in {"years": ["#RAR"], "accounts": ["#KONTO"], "dimensions": ["#DIM", "#UNDERDIM"]}.items():
        assert len(found[key]) == _count(lines, *labels), key
    assert len(found["objects"]) == _count(lines, "#OBJEKT")
    assert (found["vouchers"], found["transactions"]) == (_count(lines, "#VER"), _count(lines, "#TRANS"))
    assert found["balances"] == {key: _count(lines, f"#{key.upper()}") for key in found["balances"]}
    assert found["budget"] == _count(lines, "#PBUDGET")
    assert {row["row"]: row["amount_ore"] for row in found["unbalanced"]} == _left_over(lines)
    assert found["checksum"] == ("right" if _count(lines, "#KSUMMA") else "absent")
    assert {item.code for item in findings if item.code not in NOTED} == (
        {"unbalanced_voucher"} if path.name in OUT_OF_BALANCE else set()
    )


@pytest.mark.parametrize(("name", "fault"), OUT_OF_BALANCE.items())
def test_what_is_out_of_balance_is_named(name: str, fault: tuple[int, int]) -> None:
    found, _ = summary(FOLDER / name, COMMAND_LINE)
    assert [(row["row"], row["amount_ore"]) for row in found["unbalanced"]] == [fault]


def test_a_year_s_vouchers_make_up_the_difference_between_its_balances() -> None:
    """Opening balance and transactions give the closing balance, account by account; results are transactions alone."""
    path = FOLDER / "transaktioner_ovnbolag.se"
    ledger, _ = read_file(path)
    moved: dict[str, int] = {}
    for row in ledger.rows.to_pylist():
        moved[row["account"]] = moved.get(row["account"], 0) + row["amount_ore"]
    said: dict[str, dict[str, int]] = {"#IB": {}, "#UB": {}, "#RES": {}}
    for line in _lines(path):
        label, *rest = line.split() or [""]
        if label in said and rest[0] == "0":
            said[label][rest[1]] = int(Decimal(rest[2]) * 100)
    for account, closing in said["#UB"].items():
        assert said["#IB"].get(account, 0) + moved.get(account, 0) == closing, account
    for account, result in said["#RES"].items():
        assert moved.get(account, 0) == result, account


@pytest.mark.parametrize("name", ["typ2.se", "typ3.se", "BL0001_typ3.SE", "Sie3.se"])
def test_a_budget_that_says_nothing_twice_is_imported_to_the_krona(name: str) -> None:
    """In these files no account and month has both a row without objects and rows with them."""
    (draft,) = read_file(FOLDER / name)
    lines = [line for line in _lines(FOLDER / name) if line.startswith("#PBUDGET")]
    assert draft.table == "budget"
    assert sum(draft.rows["amount_ore"].to_pylist()) == sum(
        int(Decimal(line.partition("}")[2].split()[0]) * 100) for line in lines
    )


def test_web_pages_saved_under_sie_names_are_refused() -> None:
    """None of them is taken for a ledger."""
    for path in (FOLDER / "not-sie").iterdir():
        assert [item.code for draft in read_file(path) for item in draft.findings] == ["not_sie"]
