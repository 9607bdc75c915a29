"""``vardbalans sie``: the contract's keys, exit codes, and one document on stdout."""

import json

import pytest

from tests.data.sie_text import HEAD, VOUCHER
from vardbalans.cli import run

CONTRACT = {
    "company",
    "sie_type",
    "encoding",
    "years",
    "accounts",
    "dimensions",
    "objects",
    "vouchers",
    "transactions",
    "balanced",
    "findings",
}


@pytest.fixture
def file(tmp_path):
    def _file(text):
        path = tmp_path / "ledger.se"
        path.write_bytes(text.encode("cp437"))
        return path

    return _file


def test_a_sound_file(call, file):
    code, found = call("sie", file(HEAD + VOUCHER))
    assert code == 0
    assert set(found) >= CONTRACT
    assert (found["vouchers"], found["transactions"], found["balanced"], found["findings"]) == (1, 2, True, [])


def test_an_unbalanced_file_is_printed_all_the_same(call, file):
    code, found = call("sie", file(HEAD + VOUCHER.replace("-1250.50", "-1")))
    assert code == 3
    assert found["unbalanced"] == [{"voucher": "A-17", "row": 8, "amount_ore": 124950}]
    assert [item["code"] for item in found["findings"]] == ["unbalanced_voucher"]


def test_what_is_no_sie_file_keeps_the_keys(call, file):
    code, found = call("sie", file("<html>"))
    assert code == 3
    assert set(found) >= CONTRACT
    assert [item["code"] for item in found["findings"]] == ["not_sie"]


def test_people_get_a_summary_and_the_findings_beside_it(file, capsys):
    assert run(["sie", str(file(HEAD + VOUCHER.replace("-1250.50", "-1")))]) == 3
    out, err = capsys.readouterr()
    assert "Åre sjukhus: SIE typ 4" in out
    assert "1\u00a0249,50" in out
    assert "A-17" in err
    with pytest.raises(json.JSONDecodeError):
        json.loads(out)


def test_a_path_where_nothing_is(tmp_path, capsys):
    assert run(["sie", str(tmp_path / "none.se")]) == 3
    assert "finns inte" in capsys.readouterr().err
