"""SIE 4 files: vouchers become ledger rows, and what does not add up is told."""

from datetime import date
from pathlib import Path

import pytest

from vardbalans.data.read import Draft, read_file

SHARED = Path(__file__).parents[3] / "shared" / "data" / "sie"
HEAD = """#FLAGGA 0
#FORMAT PC8
#SIETYP 4
#FNAMN "Åre sjukhus"
#RAR 0 20250101 20251231
#RAR -1 20240701 20241231
#DIM 1 "Kostnadsställe"
"""
VOUCHER = """#VER A 17 20250131 "Lön januari"
{
#TRANS 4011 {1 3110 6 "P12"} 1250.50
#TRANS 2910 {} -1250.50 20250201 "Skuld \\"maj\\"" 1
}
"""


def _draft(folder: Path, text: str, encoding: str = "cp437") -> Draft:
    path = folder / "ledger.se"
    path.write_bytes(text.encode(encoding))
    (draft,) = read_file(path)
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


@pytest.mark.parametrize(("encoding", "told"), [("cp437", None), ("latin-1", "ISO 8859-1"), ("utf-8", "UTF-8")])
def test_the_encoding_is_told_from_the_letters_not_from_the_label(
    encoding: str, told: str | None, tmp_path: Path
) -> None:
    """Every one of these files says PC8; two of them are not."""
    draft = _draft(tmp_path, HEAD + VOUCHER.replace("Lön", "Sjuklön på Åre"), encoding)
    assert draft.rows["text"].to_pylist()[0] == "Sjuklön på Åre januari"
    assert [item.code for item in draft.findings] == (["encoding_told"] if told else [])
    assert told is None or told in str(draft.findings[0].message)


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


@pytest.mark.parametrize(
    ("content", "code", "severity"),
    [
        ("", "empty_file", "error"),
        ("<html><body>Logga in</body></html>", "not_sie", "error"),
        (HEAD, "no_rows", "warning"),
    ],
)
def test_files_without_vouchers(content: str, code: str, severity: str, tmp_path: Path) -> None:
    """Empty, a web page saved under an SIE name, balances only (types 1 to 3)."""
    assert [(item.code, item.severity) for item in _draft(tmp_path, content).findings] == [(code, severity)]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the public SIE samples are not on this machine")
def test_public_samples_are_read_and_the_unbalanced_one_is_found() -> None:
    """One vendor's ledger, and the copy that someone put out of balance."""
    (sound,) = read_file(SHARED / "transaktioner_ovnbolag.se")
    (broken,) = read_file(SHARED / "transaktioner_ovnbolag-bad-balance.se")
    assert len(sound.rows) == len(broken.rows) == 671
    assert [item.code for item in sound.findings] == []
    assert [item.code for item in broken.findings] == ["unbalanced_voucher"]
    assert sum(sound.rows["amount_ore"].to_pylist()) == 0


@pytest.mark.skipif(not SHARED.is_dir(), reason="the public SIE samples are not on this machine")
def test_web_pages_saved_under_sie_names_are_refused() -> None:
    """None of them is taken for a ledger."""
    for path in (SHARED / "not-sie").iterdir():
        assert [item.code for item in next(read_file(path)).findings] == ["not_sie"]
