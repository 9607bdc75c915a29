"""The summary of a file: what it says of itself, and counts that agree with the file."""

from pathlib import Path

from tests.data.sie_text import VOUCHER
from vardbalans.data.read import COMMAND_LINE
from vardbalans.data.read.sie import summary

WHOLE = """#FLAGGA 0
#PROGRAM "Ett program" 7.1
#FORMAT PC8
#GEN 20250301 AB
#SIETYP 4I
#PROSA "Fritt \\"ord\\""
#FTYP R
#FNR Åre
#ORGNR 232100-0016 1 2
#BKOD 86
#ADRESS "Ada" "Box 1" "830 13 Åre" ""
#FNAMN "Region Åre"
#RAR 0 20250101 20251231
#RAR -1 20240101 20241231
#TAXAR 2026
#OMFATTN 20250131
#KPTYP EUBAS97
#VALUTA SEK
#KTYP 4011 K
#KONTO 4011 "Läkarlöner"
#SRU 4011 7411
#SRU 4011 7412
#ENHET 4011 tim
#KONTO 2910 Skuld
#KTYP 2910
#SRU 9999 1
#OBJEKT 20 "12" "Motpart"
#DIM 1 "Kostnadsställe"
#UNDERDIM 21 "Enhet" 1
#OBJEKT 1 3110 "Mottagning"
#DIM 20 "Motpart"
#IB 0 2910 -10.00 2
#UB 0 2910 -10.00
#RES 0 4011 1250.50
#OIB 0 2910 {1 3110} -10.00
#OUB 0 2910 {1 3110} -10.00
#PSALDO 0 202501 4011 {} 1250.50 1
#PSALDO 0 202501 4011 {1 3110} 1250.50
#PBUDGET 0 202501 4011 {} 1000.00
"""


def _summary(folder: Path, text: str) -> dict:
    path = folder / "whole.si"
    path.write_bytes(text.encode("cp437"))
    document, findings = summary(path, COMMAND_LINE)
    return document | {"codes": [item.code for item in findings]}


def test_every_label_is_read(tmp_path: Path) -> None:
    """Also what stands before the label it belongs to; what is said of an undeclared account declares it not."""
    assert _summary(tmp_path, WHOLE + VOUCHER) == {
        "company": {
            "name": "Region Åre",
            "organisation_number": "232100-0016",
            "number": "Åre",
            "form": "R",
            "industry": "86",
        },
        "sie_type": 4,
        "program": "Ett program 7.1",
        "format": "PC8",
        "encoding": "cp437",
        "generated": "20250301",
        "currency": "SEK",
        "chart_kind": "EUBAS97",
        "tax_year": "2026",
        "balances_until": "20250131",
        "years": [
            {"index": 0, "first": "2025-01-01", "last": "2025-12-31"},
            {"index": -1, "first": "2024-01-01", "last": "2024-12-31"},
        ],
        "accounts": [
            {"number": "4011", "name": "Läkarlöner", "kind": "cost", "unit": "tim", "sru": ["7411", "7412"]},
            {"number": "2910", "name": "Skuld", "kind": None, "unit": None, "sru": []},
        ],
        "dimensions": [
            {"number": "1", "name": "Kostnadsställe", "parent": None},
            {"number": "21", "name": "Enhet", "parent": "1"},
            {"number": "20", "name": "Motpart", "parent": None},
        ],
        "objects": [
            {"dimension": "20", "number": "12", "name": "Motpart"},
            {"dimension": "1", "number": "3110", "name": "Mottagning"},
        ],
        "vouchers": 1,
        "transactions": 2,
        "sums": [{"year": "2025", "debit_ore": 125050, "credit_ore": 125050, "total_ore": 0}],
        "balances": {"ib": 1, "ub": 1, "res": 1, "oib": 1, "oub": 1, "psaldo": 2},
        "budget": 1,
        "checksum": "absent",
        "balanced": True,
        "unbalanced": [],
        "unbalanced_count": 0,
        "codes": [],
    }


def test_what_is_out_of_balance_is_named_with_its_row(tmp_path: Path) -> None:
    found = _summary(tmp_path, WHOLE + VOUCHER.replace("-1250.50", "-1200.00"))
    assert found["balanced"] is False
    assert found["unbalanced"] == [{"voucher": "A-17", "row": 40, "amount_ore": 5050}]
    assert found["sums"][0]["total_ore"] == 5050


def test_labels_without_a_value_say_nothing(tmp_path: Path) -> None:
    """Missing is not empty and not zero; a type is not assumed."""
    found = _summary(tmp_path, "#FLAGGA 0\n#ORGNR\n#PROGRAM\n#ADRESS\n#RAR 0\n" + VOUCHER)
    assert (found["company"]["name"], found["company"]["organisation_number"]) == ("", None)
    assert found["sie_type"] is None
    assert found["years"] == [{"index": 0, "first": None, "last": None}]


def test_a_path_with_backslashes_does_not_swallow_what_follows(tmp_path: Path) -> None:
    r"""Programs write ``"C:\files\"`` without escaping; others escape as they should."""
    for written in ('"C:\\data\\"', '"C:\\\\data\\\\"'):
        found = _summary(tmp_path, f'#FLAGGA 0\n#FNR {written}\n#PROGRAM {written} "7"\n' + VOUCHER)
        assert (found["company"]["number"], found["program"]) == ("C:\\data\\", "C:\\data\\ 7")


def test_a_file_that_is_refused_has_every_key_and_no_value(tmp_path: Path) -> None:
    found = _summary(tmp_path, "<html>")
    assert found.pop("codes") == ["not_sie"]
    assert set(found) == set(_summary(tmp_path, WHOLE + VOUCHER)) - {"codes"}
    assert set(found.values()) == {None}
