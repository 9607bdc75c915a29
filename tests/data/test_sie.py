"""SIE vouchers become ledger rows, and what does not add up is told."""

from datetime import date
from pathlib import Path

import pytest

from tests.data.sie_text import HEAD, VOUCHER, codes, drafts
from vardbalans.data.read import Draft
from vardbalans.data.read.sie import source, vouchers

SHARED = Path(__file__).parents[3] / "shared" / "data" / "sie"


def _draft(folder: Path, text: str, encoding: str = "cp437") -> Draft:
    (draft,) = drafts(folder, text, encoding)
    return draft


def test_a_voucher_becomes_ledger_rows(tmp_path: Path) -> None:
    """Dimension 1 is the cost centre, the others are kept together; the row is the line in the file."""
    draft = _draft(tmp_path, HEAD + VOUCHER)
    assert draft.findings == []
    assert draft.rows.to_pylist() == [
        {
            "year": "2025",
            "voucher": "A-17",
            "line": 1,
            "date": date(2025, 1, 31),
            "account": "4011",
            "cost_centre": "3110",
            "dimensions": "6:P12",
            "amount_ore": 125050,
            "text": "Lön januari",
            "_file": "ledger.se",
            "_row": 10,
        },
        {
            "year": "2025",
            "voucher": "A-17",
            "line": 2,
            "date": date(2025, 2, 1),
            "account": "2910",
            "cost_centre": None,
            "dimensions": None,
            "amount_ore": -125050,
            "text": 'Skuld "maj"',
            "_file": "ledger.se",
            "_row": 11,
        },
    ]


def test_a_broken_year_has_both_years_in_its_name(tmp_path: Path) -> None:
    """The year is the accounting year that the voucher's day lies in."""
    text = HEAD.replace("#RAR -1 20240701 20241231", "#RAR -1 20230701 20240630")
    rows = _draft(tmp_path, text + VOUCHER.replace("20250131", "20240131")).rows
    assert rows["year"].to_pylist() == ["2023/2024"] * 2


@pytest.mark.parametrize(("credit", "left"), [("-1250.00", "0,50 kr"), ("-1251.00", "-0,50 kr")])
def test_a_voucher_that_does_not_add_up_is_an_error(credit: str, left: str, tmp_path: Path) -> None:
    """The sentence names the voucher and what is left over, debit or credit."""
    draft = _draft(tmp_path, HEAD + VOUCHER.replace("-1250.50", credit))
    assert [(item.row, item.column, item.code, item.severity) for item in draft.findings] == [
        (8, "amount", "unbalanced_voucher", "error")
    ]
    assert "A-17" in str(draft.findings[0].message)
    assert f" {left} " in str(draft.findings[0].message)


def test_rows_that_tell_of_changes_are_not_counted_twice(tmp_path: Path) -> None:
    """#RTRANS is repeated as #TRANS, #BTRANS is gone."""
    changed = VOUCHER.replace("#TRANS 2910", '#BTRANS 1930 {} -1 20250131 "fel"\n#RTRANS 2910 {} -1250.50\n#TRANS 2910')
    draft = _draft(tmp_path, HEAD + changed)
    assert draft.findings == []
    assert draft.rows["amount_ore"].to_pylist() == [125050, -125050]


def test_a_voucher_without_number_is_told_apart_by_its_line(tmp_path: Path) -> None:
    """Files on their way into a ledger (4I) leave the number to the receiver."""
    rows = _draft(tmp_path, HEAD + VOUCHER.replace("A 17", 'A ""') * 2).rows
    assert rows["voucher"].to_pylist() == ["A-rad8"] * 2 + ["A-rad13"] * 2


@pytest.mark.parametrize(
    "line", ["#TRANS 4011 {} tolv", "#TRANS 4011", "#TRANS 4011 {} 1.005", "#VER A 18 20251345", "#TRANS 4011 {1} 5"]
)
def test_a_line_that_cannot_be_read_is_told(line: str, tmp_path: Path) -> None:
    """By its number; nothing is taken for zero."""
    draft = _draft(tmp_path, HEAD + VOUCHER.replace("}\n", f"{line}\n}}\n"))
    assert [(item.row, item.code, item.severity) for item in draft.findings] == [(12, "bad_line", "error")]


def test_a_voucher_whose_sum_is_not_known_is_not_said_to_be_out_of_balance(tmp_path: Path) -> None:
    """One line cannot be read: that is the fault, and the only one told."""
    assert codes(drafts(tmp_path, HEAD + VOUCHER.replace("-1250.50", "tolv"))) == ["bad_line"]
    assert codes(drafts(tmp_path, HEAD + VOUCHER.replace("20250131", "20251345"))) == ["bad_line"]


def test_an_addition_that_is_not_repeated_counts(tmp_path: Path) -> None:
    """#RTRANS should be followed by the same #TRANS; where it is not, it is a row all the same."""
    alone = VOUCHER.replace("#TRANS 2910", "#RTRANS 2910").replace("}\n", "#BTRANS 1930 {} oläsligt\n}\n", 1)
    draft = _draft(tmp_path, HEAD + alone)
    assert draft.rows["amount_ore"].to_pylist() == [125050, -125050]
    assert [(item.row, item.code, item.severity) for item in draft.findings] == [(11, "addition_alone", "info")]


def test_an_addition_written_another_way_is_still_the_same(tmp_path: Path) -> None:
    """Programs write the day of the change in the addition, and decimals as they please."""
    changed = VOUCHER.replace("#TRANS 2910", '#RTRANS 2910 {} -1250,5 20250610 "" "" "AB"\n#TRANS 2910')
    draft = _draft(tmp_path, HEAD + changed)
    assert draft.findings == []
    assert draft.rows["date"].to_pylist() == [date(2025, 1, 31), date(2025, 2, 1)]


def test_automatic_vouchers_with_one_number_keep_their_rows_apart(tmp_path: Path) -> None:
    """Each balances by itself; the lines are numbered on, so that no row replaces another."""
    rows = _draft(tmp_path, HEAD + VOUCHER.replace("A 17", "# 1") + VOUCHER.replace("A 17", "# 1")).rows
    assert rows["voucher"].to_pylist() == ["#-1"] * 4
    assert rows["line"].to_pylist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("written", "ore"),
    [("5", 500), ("-5.5", -550), ("+5,50", 550), ("5.500", 550), ('"5.25"', 525), ("-0.05", -5), ("5.", 500)],
)
def test_amounts_as_programs_write_them(written: str, ore: int, tmp_path: Path) -> None:
    draft = _draft(tmp_path, HEAD + VOUCHER.replace("1250.50\n", f"{written}\n"))
    assert draft.rows["amount_ore"].to_pylist()[0] == ore


@pytest.mark.parametrize(
    "line", ['#TRANS\t4011\t{"1"\t"3110"}\t1.00', "  #trans  4011 { 1 3110 }  1,00  ", '#TRANS "4011" {1 3110} 1']
)
def test_tabs_spaces_and_quotes_are_all_the_same(line: str, tmp_path: Path) -> None:
    rows = _draft(tmp_path, HEAD + VOUCHER.replace("}\n", f"{line}\n}}\n", 1)).rows.to_pylist()
    found = next(row for row in rows if row["amount_ore"] == 100)
    assert (found["account"], found["cost_centre"], found["dimensions"]) == ("4011", "3110", None)


def test_an_empty_object_is_none(tmp_path: Path) -> None:
    """Also a brace or a quotation mark inside an object's name does not end its list."""
    text = HEAD + VOUCHER.replace('{1 3110 6 "P12"}', '{1 "" 6 "a}b" 7 "c\\"d"}')
    row = _draft(tmp_path, text).rows.to_pylist()[0]
    assert (row["cost_centre"], row["dimensions"]) == (None, '6:a}b;7:c"d')


def test_the_year_may_be_declared_after_the_vouchers(tmp_path: Path) -> None:
    """Labels come in any order: a broken year at the end of the file still gives the rows its name."""
    text = HEAD.replace("#RAR 0 20250101 20251231\n", "") + VOUCHER + "#RAR 0 20250101 20260630\n"
    assert _draft(tmp_path, text).rows["year"].to_pylist() == ["2025/2026"] * 2


def test_files_on_their_way_in_need_no_year(tmp_path: Path) -> None:
    """4I may leave out #RAR, or its dates; the calendar year is used and that is told."""
    for years in ("", "#RAR 0\n"):
        text = "#FLAGGA 0\n#FORMAT PC8\n#SIETYP 4\n" + years + VOUCHER
        draft = _draft(tmp_path, text)
        assert draft.rows["year"].to_pylist() == ["2025"] * 2
        assert codes([draft]) == ["no_years"]


def test_a_voucher_outside_the_years_is_told_once(tmp_path: Path) -> None:
    """With how many there are, and where the first stands."""
    (finding,) = _draft(tmp_path, HEAD + VOUCHER.replace("20250131", "20310131") * 3).findings
    assert (finding.code, finding.severity, finding.row, finding.message.values["count"]) == (
        "outside_years",
        "warning",
        8,
        3,
    )


def test_a_file_cut_off_in_a_voucher_is_an_error(tmp_path: Path) -> None:
    """Its sum is not known, so nothing is said of balance."""
    (finding,) = _draft(tmp_path, HEAD + VOUCHER[: VOUCHER.index("#TRANS 2910")]).findings
    assert (finding.code, finding.severity, finding.row) == ("unclosed_voucher", "error", 8)


def test_a_line_whose_last_text_is_cut_off_is_read(tmp_path: Path) -> None:
    """Some programs cut lines at a width; what comes before the text is whole."""
    cut = VOUCHER.replace("1250.50\n", '1250.50 20250131 "En lång te\n')
    draft = _draft(tmp_path, HEAD + cut)
    assert codes([draft]) == ["text_cut_off"]
    assert draft.rows["text"].to_pylist()[0] == "En lång te"


def test_many_faults_of_a_kind_are_listed_in_part_and_counted(tmp_path: Path) -> None:
    """Fifty vouchers out of balance are listed; one finding more tells of the other ten."""
    draft = _draft(tmp_path, HEAD + VOUCHER.replace("-1250.50", "-1") * 60)
    assert len(draft.findings) == 51
    assert (draft.findings[-1].severity, draft.findings[-1].message.values["count"]) == ("error", 10)


@pytest.mark.parametrize("largest", [1_000_000, 3])
def test_a_long_file_comes_in_parts_that_end_with_a_voucher(
    largest: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless a voucher alone is too large. No row is lost, doubled or numbered twice."""
    monkeypatch.setattr(source, "_BLOCK", 64)
    monkeypatch.setattr(vouchers, "_PART", 10)
    monkeypatch.setattr(vouchers, "_LARGEST", largest)
    large = VOUCHER.replace("#TRANS 2910", "#TRANS 4011 {} 1\n#TRANS 4011 {} -1\n#TRANS 2910")
    many = "".join(large.replace("A 17", f"A {number}") for number in range(1, 31))
    read = drafts(tmp_path, HEAD + many)
    assert len(read) > 3
    assert codes(read) == []
    keys = [(row["voucher"], row["line"]) for draft in read for row in draft.rows.to_pylist()]
    assert keys == [(f"A-{number}", line) for number in range(1, 31) for line in range(1, 5)]
    ends = [draft.rows["line"].to_pylist()[-1] for draft in read]
    assert (set(ends) == {4}) is (largest > 3)
