"""Profiles: a source's own columns become tables of the contract, and its faults become findings."""

import tomllib
from datetime import date
from pathlib import Path

import pytest

from vardbalans.data.checks import check_table
from vardbalans.data.read import Draft, profile_named, profiles, read_file
from vardbalans.data.read.delimited import read_delimited
from vardbalans.data.read.draft import UPLOAD
from vardbalans.data.read.profiles import _profile, mapped
from vardbalans.data.sources import SourceFile
from vardbalans.data.tables import TABLES
from vardbalans.engine.errors import BadInput

NHS = Path(__file__).parents[3] / "shared" / "data" / "nhs"
HEAD = "stp20_nhs_code,date,year,month,completed,incomplete,new\n"
ROWS = "QF7,2020-04-01,2020.0,Apr,20076.0,121868.0,15117.0\nQF7,2020-05-01,2020.0,May,10,20,30\n"


def _drafts(folder: Path, text: str, profile: str = "nhs-rtt-flow") -> dict[str, Draft]:
    path = folder / "flow.csv"
    path.write_text(text)
    return {draft.table: draft for draft in read_file(path, profile)}


def test_the_flow_of_an_area_becomes_five_tables(tmp_path: Path) -> None:
    """One unit and one service per area; new, treated and waiting per month, the list on the month's last day."""
    drafts = _drafts(tmp_path, HEAD + ROWS)
    plain = {name: draft.rows.drop_columns(["_file"]).to_pylist() for name, draft in drafts.items()}
    assert [(row["unit_id"], row["name"], row["level"], row["country"]) for row in plain["units"]] == [
        ("QF7", "QF7", "region", "GB-ENG")
    ]
    assert [(row["service_id"], row["name"], row["kind"], row["guarantee"]) for row in plain["services"]] == [
        ("QF7-rtt", "Behandling inom 18 veckor (RTT)", "treatment", "none")
    ]
    assert plain["inflow"][0] == {
        "series_id": "QF7-rtt",
        "unit_id": "QF7",
        "service_id": "QF7-rtt",
        "period": "2020-04",
        "value": 15117.0,
        "_row": 2,
    }
    assert [row["value"] for row in plain["outflow"]] == [20076.0, 10.0]
    assert plain["waiting"][0] == {
        "unit_id": "QF7",
        "service_id": "QF7-rtt",
        "date": date(2020, 4, 30),
        "days_from": 0,
        "days_to": None,
        "count": 121868,
        "_row": 2,
    }
    assert [item for draft in drafts.values() for item in draft.findings] == []


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("QF7,April 2022,2022,Apr,1,2,3", "date", "not_a_date"),
        (",2022-04-01,2022,Apr,1,2,3", "stp20_nhs_code", "missing_value"),
        ("QF7,2022-04-01,2022,Apr,1.5,2,3", "completed", "not_an_integer"),
        ("QF7,2022-04-01,2022,Apr,1,-2,3", "incomplete", "outside_limits"),
        ("QF7,2022-04-01,2022,Apr,1,2,många", "new", "not_a_number"),
        ("QF7,2022-04-01,2022,Apr,1,,3", "incomplete", "missing_value"),
    ],
)
def test_a_fault_in_the_source_is_found_there_and_its_row_left_out(
    row: str, column: str, code: str, tmp_path: Path
) -> None:
    """The finding is about the source's own column; no table gets a row from it."""
    drafts = _drafts(tmp_path, HEAD + ROWS + row + "\n")
    found = drafts["units"].findings
    assert [(item.row, item.column, item.code, item.severity) for item in found] == [(4, column, code, "error")]
    assert len(drafts["inflow"].rows) == len(drafts["waiting"].rows) == 2


def test_a_missing_column_gives_one_finding_and_no_rows(tmp_path: Path) -> None:
    """A whole source column that is gone cannot be made up."""
    drafts = _drafts(tmp_path, "stp20_nhs_code,date,completed,new\nQF7,2020-04-01,1,2\n")
    assert [(item.row, item.code) for item in drafts["units"].findings] == [(1, "missing_column")]
    assert sum(len(draft.rows) for draft in drafts.values()) == 0


def test_week_bands_become_rows_in_days(tmp_path: Path) -> None:
    """A band of weeks is a band of days; a dash is nobody; the row of all specialties is left out."""
    head = (
        "Region_Code,Provider_code,Provider_Name,Treatment_function_code,Treatment_function_name,"
        ">0-1,>1-2,104 plus,wait_0_18,Time_period\n"
    )
    rows = "Y56,R1H,BARTS,C_100,Surgery, 8,-, 3,11,2025-09-01\nY56,R1H,BARTS,C_999,Total, 8,-, 3,11,2025-09-01\n"
    drafts = _drafts(tmp_path, head + rows, "nhs-rtt-weekbands")
    assert [
        (row["date"], row["days_from"], row["days_to"], row["count"], row["_row"])
        for row in drafts["waiting"].rows.to_pylist()
    ] == [(date(2025, 9, 30), 0, 6, 8, 2), (date(2025, 9, 30), 728, None, 3, 2)]
    assert drafts["services"].rows["service_id"].to_pylist() == ["R1H-C_100"]
    assert [item.severity for item in drafts["units"].findings] == ["info"]


def test_a_regions_own_columns_are_a_profile_as_data(tmp_path: Path) -> None:
    """Other headings, date form, decimal mark and delimiter: nothing but TOML."""
    path = tmp_path / "platser.csv"
    path.write_text("Avd;Dag;Fys;Disp\n31;17/5 2026;1.200;18\n")
    profile = _profile(
        "egen",
        tomllib.loads("""
        sentence = "Vår egen fil."
        delimiter = ";"
        decimal = ","
        [[source]]
        name = "ward"
        header = "Avd"
        type = "text"
        required = true
        [[source]]
        name = "day"
        header = "Dag"
        type = "date"
        form = "%d/%m %Y"
        required = true
        [[source]]
        name = "physical"
        header = "Fys"
        type = "number"
        [[source]]
        name = "available"
        header = "Disp"
        type = "integer"
        [[output]]
        table = "beds"
        [output.columns]
        ward_id = "AVD-{ward}"
        date = { from = "day" }
        physical = 20
        available = { from = "available" }
    """),
    )
    (sheet,) = read_delimited(path, "platser", UPLOAD, delimiter=profile.delimiter, decimal=profile.decimal)
    (beds,) = mapped(sheet, profile, SourceFile("platser.csv", "", 0))
    assert [item.code for item in beds.findings] == ["ambiguous_number"]
    path.write_text(path.read_text().replace("1.200", "1200"))
    (sheet,) = read_delimited(path, "platser", UPLOAD, delimiter=profile.delimiter, decimal=profile.decimal)
    (beds,) = mapped(sheet, profile, SourceFile("platser.csv", "", 0))
    assert beds.rows.select(["ward_id", "date", "physical", "available"]).to_pylist() == [
        {"ward_id": "AVD-31", "date": date(2026, 5, 17), "physical": 20, "available": 18}
    ]


def test_an_unknown_profile_names_those_there_are(tmp_path: Path) -> None:
    """The person can choose from the answer."""
    assert [name for name, _ in profiles()] == ["nhs-rtt-flow", "nhs-rtt-weekbands"]
    assert all(str(sentence).endswith(".") for _, sentence in profiles())
    with pytest.raises(BadInput, match="nhs-rtt-flow, nhs-rtt-weekbands"):
        profile_named("nhs")


@pytest.mark.skipif(not NHS.is_dir(), reason="the public NHS files are not on this machine")
def test_the_public_flow_file_is_read_whole_and_passes_every_check() -> None:
    """18 areas × 47 months, and the sums of the source."""
    drafts = read_file(NHS / "england_rtt_flow_stp.csv.gz", "nhs-rtt-flow")
    rows = {draft.table: draft.rows for draft in drafts}
    assert {name: len(table) for name, table in rows.items()} == {
        "units": 18,
        "services": 18,
        "inflow": 846,
        "outflow": 846,
        "waiting": 846,
    }
    known = {"units": rows["units"]["unit_id"], "services": rows["services"]["service_id"]}
    for draft in drafts:
        assert draft.findings == []
        assert check_table(TABLES[draft.table], draft.rows, known, today=date(2026, 11, 22)) == []
