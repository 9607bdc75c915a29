"""Cost per patient from the command line: reconciled, from the store's ledger or a file's, written as files."""

import csv
from importlib.resources import files

import openpyxl
import pytest

LINES = ("contacts_ore", "unused_ore", "excluded_ore", "unmatched_ore")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("cost")


def test_the_demo_region_reconciles(call, store, demo_folder, folder) -> None:
    """To the öre, whether the ledger is the store's or the file it came from; and what was written says the same."""
    code, found = call("cost", "--period", "2025", "--compare", "2024", "--out", folder, "--store", store)
    assert code == 0
    assert found["difference_ore"] == 0
    assert found["ledger_ore"] == sum(found[name] for name in LINES)
    assert min(found[name] for name in LINES) > 0
    assert {form: row["share"] for form, row in found["outliers"].items()} == {"inpatient": 0.05, "outpatient": 0.03}
    assert all(row["passed"] in (True, None) for row in found["controls"])
    assert found["comparison"]["variance"]["remainder"] == 0
    assert found["comparison"]["differs"] == []
    assert found["plan"]["variance"]["remainder"] == 0
    code, again = call("cost", "--period", "2025", "--ledger", demo_folder / "ledger_2025.se", "--store", store)
    assert code == 0
    assert {name: again[name] for name in LINES} == {name: found[name] for name in LINES}
    _is_written(found, folder)


def _is_written(found, folder) -> None:
    assert {path.name for path in folder.iterdir()} == {path.rsplit("/", 1)[-1] for path in found["files"]}
    book = openpyxl.load_workbook(folder / "kostnad_2025-01_2025-12.xlsx", read_only=True)
    assert book.sheetnames[:3] == ["Metodblad", "Avstämning", "Kontroller"]
    with (folder / "kpp_avstamning_2025-01_2025-12.csv").open(encoding="utf-8-sig") as file:
        lines = {row["Rad"]: row["Belopp"] for row in csv.DictReader(file, delimiter=";")}
    assert round(float(lines["Huvudbok"].replace(",", ".")) * 100) == found["ledger_ore"]
    assert float(lines["Skillnad"].replace(",", ".")) == 0


def test_step_down_and_full_absorption(call, store) -> None:
    """Other choices, the same ledger: nothing lost, and nothing unused where all is absorbed."""
    code, found = call("cost", "--period", "2025-05", "--method", "step-down", "--basis", "full", "--store", store)
    assert (code, found["difference_ore"], found["unused_ore"]) == (0, 0, 0)
    assert found["method_sheet"]["overhead_method"] == "step-down"
    assert "comparison" not in found


def test_a_delivery_goes_by_its_mapping(call, store, tmp_path) -> None:
    """A row per contact that sums to the contacts; a value without a code, or a field from nothing, stops it."""
    draft = files("vardbalans.data.cost").joinpath("kpp-utkast.toml").read_text(encoding="utf-8")
    mapping = tmp_path / "egen.toml"
    mapping.write_text(draft, encoding="utf-8")
    asked = ("cost", "--period", "2025-05", "--out", tmp_path, "--delivery", mapping, "--store", store)
    code, found = call(*asked)
    assert (code, found["delivery"]["draft"]) == (0, True)
    with (tmp_path / "kpp_leverans_2025-05.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert len(rows) == sum(row["contacts"] for row in found["outliers"].values())
    assert sum(round(float(row["kostnad"].replace(",", ".")) * 100) for row in rows) == found["contacts_ore"]
    assert sum(row["ytterfall"] == "1" for row in rows) == sum(row["outliers"] for row in found["outliers"].values())
    for old, new in (('outpatient = "O"', 'annat = "O"'), ('from = "form"', 'from = "patient_key"')):
        mapping.write_text(draft.replace(old, new), encoding="utf-8")
        assert call(*asked)[0] == 3


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--period", "maj"], 3),
        (["--ledger", "saknas.se"], 3),
        (["--method", "gissning"], 2),
        (["--period", "2030"], 3),
        (["--delivery", "x.toml"], 2),
        (["--period", "2025-05", "--out", __file__], 2),
    ],
)
def test_what_cannot_be_computed_is_told(call, store, arguments, code) -> None:
    """Wrong use or bad input, in a sentence."""
    assert call("cost", *arguments, "--store", store)[0] == code


def test_a_file_that_is_no_ledger(call, store, demo_folder, tmp_path) -> None:
    """Another table, or the same vouchers twice, is not taken for a ledger."""
    code, found = call("cost", "--ledger", demo_folder / "absences.csv", "--store", store)
    assert (code, len(found["findings"])) == (3, 1)
    twice = [word for _ in range(2) for word in ("--ledger", demo_folder / "ledger_2025.se")]
    assert call("cost", *twice, "--store", store)[0] == 3
