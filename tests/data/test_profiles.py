"""Profiles: a source's own columns become tables of the contract, and its faults become findings."""

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from openpyxl import Workbook

from vardbalans.data.checks import check_table
from vardbalans.data.findings import Finding
from vardbalans.data.read import Draft, profile_named, profiles, read_file
from vardbalans.data.read.delimited import read_delimited
from vardbalans.data.read.draft import UPLOAD
from vardbalans.data.read.profiles import mapped, profile_of
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
    # That the bands between two weeks and two years are missing is said, as medians would be wrong without them.
    said = [(item.code, item.severity) for item in drafts["units"].findings]
    assert said[0] == ("missing_band", "error")
    assert [severity for _, severity in said[1:]] == ["info"]


def test_a_regions_own_columns_are_a_profile_as_data(tmp_path: Path) -> None:
    """Other headings, date form, decimal mark and delimiter: nothing but TOML."""
    path = tmp_path / "platser.csv"
    path.write_text("Avd;Dag;Fys;Disp\n31;17/5 2026;1.200;18\n")
    profile = profile_of(
        "egen",
        """
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
    """,
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
    assert [name for name, _ in profiles()] == [
        *("nhs-beds", "nhs-rtt-commissioners", "nhs-rtt-completed", "nhs-rtt-flow", "nhs-rtt-weekbands"),
        *("par", "vantande-intervall", "vantelista", "wales-beds"),
    ]
    assert all(str(sentence).endswith(".") for _, sentence in profiles())
    with pytest.raises(BadInput, match="nhs-rtt-flow, nhs-rtt-weekbands"):
        profile_named("nhs")


# Swedish examples to copy


def _read(path: Path, text: str, profile: str) -> tuple[dict[str, list[dict[str, object]]], list[Finding]]:
    """Return the rows per table, less what is empty, and everything found by reader and checks."""
    path.write_text(text, encoding="utf-8")
    rows: dict[str, list[dict[str, object]]] = {}
    found: list[Finding] = []
    for draft in read_file(path, profile):
        table = TABLES[draft.table]
        known = {
            column.reference: draft.rows[column.name].combine_chunks() for column in table.columns if column.reference
        }
        found += draft.findings + check_table(table, draft.rows, known, today=date(2026, 11, 22))
        plain = draft.rows.select(table.names).to_pylist()
        rows.setdefault(draft.table, []).extend({k: v for k, v in row.items() if v is not None} for row in plain)
    return rows, found


PAR = """Kontakt-id;Patientnyckel;Enhet;MVO;Besöksdatum;Besökstid;Ny/återbesök;Kontakttyp;Inskrivningsdatum;\
Utskrivningsdatum;Inskrivningssätt;Huvuddiagnos;Bidiagnos1;KVÅ;DRG;DRG-vikt;MDC
V1;P1;K12;241;20260517;0830;N;Besök;;;;M171;;NGB49;H05N;1,87;08
V2;P1;K12;241;2026-05-18;;Å;Telefon;;;;M171;I10;;;;
S1;P2;K12;241;;;;;2026-05-17;2026-05-19;Akut;S720;;NFJ59;H09N;2,1;08
"""


def test_a_warehouse_extract_in_the_patient_registers_style(tmp_path: Path) -> None:
    """A row with a visit is a contact, a row with an admission a stay; days without clock time are told."""
    rows, found = _read(tmp_path / "par.txt", PAR.replace("\\\n", ""), "par")
    assert rows["contacts"] == [
        {
            "contact_id": "V1",
            "patient_key": "P1",
            "unit_id": "K12",
            "service_id": "K12-241-ny",
            "starts_at": datetime(2026, 5, 17, 6, 30, tzinfo=UTC),
            "status": "performed",
            "form": "onsite",
            "diagnosis": "M171",
            "procedures": "NGB49",
            "drg": "H05N",
            "drg_weight": 1.87,
        },
        {
            "contact_id": "V2",
            "patient_key": "P1",
            "unit_id": "K12",
            "service_id": "K12-241-ater",
            "starts_at": datetime(2026, 5, 17, 22, 0, tzinfo=UTC),
            "status": "performed",
            "form": "phone",
            "diagnosis": "M171",
        },
    ]
    assert rows["stays"] == [
        {
            "stay_id": "S1",
            "patient_key": "P2",
            "clinic_id": "K12",
            "ward_id": "K12",
            "admitted": datetime(2026, 5, 16, 22, 0, tzinfo=UTC),
            "discharged": datetime(2026, 5, 18, 22, 0, tzinfo=UTC),
            "acute": True,
        }
    ]
    assert [(item.row, item.column, item.code) for item in found] == [
        (3, "Besöksdatum", "date_without_time"),
        (4, "Inskrivningsdatum", "date_without_time"),
        (4, "Utskrivningsdatum", "date_without_time"),
    ]


WAITING_LIST = """Remiss-id;Patient-id;Utförande enhet;Vårdtjänst;Remissdatum;Ankomstdatum;Beslutsdatum;Prioritet;\
Måldatum;Avslutsdatum;Avslutsorsak;PvV från;PvV till;MoV från;MoV till
R1;P1;K12;KNA;2026-01-07;2026-01-09;2026-01-12;2;2026-04-01;;;2026-02-01;2026-02-14;2026-03-01;
R2;P2;K12;KNA;20260108;;;;;17/3 2026;Utförd;;;;
R3;P3;K12;KNA;2026-01-08;;;;;2026-03-17;Makulerad;;;;
"""


def test_a_waiting_list_becomes_referrals_and_clock_stops(tmp_path: Path) -> None:
    """Both kinds of clock stop come from one row; an end that is not known is told by its word."""
    rows, found = _read(tmp_path / "lista.csv", WAITING_LIST.replace("\\\n", ""), "vantelista")
    assert rows["referrals"] == [
        {
            "referral_id": "R1",
            "patient_key": "P1",
            "unit_id": "K12",
            "service_id": "KNA",
            "issued": date(2026, 1, 7),
            "received": date(2026, 1, 9),
            "decided": date(2026, 1, 12),
            "priority": "2",
            "target_date": date(2026, 4, 1),
        },
        {
            "referral_id": "R2",
            "patient_key": "P2",
            "unit_id": "K12",
            "service_id": "KNA",
            "issued": date(2026, 1, 8),
            "closed": date(2026, 3, 17),
            "closed_reason": "treated",
        },
    ]
    assert rows["clock_stops"] == [
        {"referral_id": "R1", "date_from": date(2026, 2, 1), "date_to": date(2026, 2, 14), "kind": "patient_choice"},
        {"referral_id": "R1", "date_from": date(2026, 3, 1), "kind": "medical"},
    ]
    assert [(item.column, item.code) for item in found] == [("Avslutsorsak", "unmapped_value")]


def test_a_summed_waiting_list_in_intervals_of_days(tmp_path: Path) -> None:
    """As people keep it: a workbook with the day above, headings in two rows, and a total that is left out."""
    book = Workbook()
    for row in (
        ["Väntande till första besök"],
        ["Mätdatum:", date(2026, 5, 31)],
        [],
        ["Klinik", "Vårdutbud", "Väntande", None, None, "Totalt"],
        [None, None, "0–30", "31–60 dagar", "över 365 dagar", None],
        ["K12", "KNA", 12, 3, None, 15],
        ["K12", "HOF", 7, "–", 1, 8],
        ["Summa", None, 19, 3, 1, 23],
    ):
        book.active.append(row)
    book.active.merge_cells("C4:E4")
    book.save(tmp_path / "lista.xlsx")
    (draft,) = read_file(tmp_path / "lista.xlsx", "vantande-intervall")
    assert sorted(tuple(row.values()) for row in draft.rows.drop_columns(["date", "_file"]).to_pylist()) == [
        ("K12", "K12-HOF", 0, 30, 7, 7),
        ("K12", "K12-HOF", 366, None, 1, 7),
        ("K12", "K12-KNA", 0, 30, 12, 6),
        ("K12", "K12-KNA", 31, 60, 3, 6),
    ]
    assert set(draft.rows["date"].to_pylist()) == {date(2026, 5, 31)}
    assert [(item.column, item.code) for item in draft.findings] == [("", "missing_band"), ("count", "missing_marks")]


def test_the_same_list_as_text_with_its_day_above(tmp_path: Path) -> None:
    """Findings about headings name the row they stand in."""
    path = tmp_path / "lista.csv"
    above = "Väntande, per klinik, 2026\nMätdatum: 31 maj 2026\n\n"
    path.write_text(f"{above}Klinik;Vårdutbud;0–30 dagar;31–60 dagar;Färg\nK;S;4;;röd\n", encoding="utf-8")
    (draft,) = read_file(path, "vantande-intervall")
    assert draft.rows.select(["date", "days_to", "count", "_row"]).to_pylist() == [
        {"date": date(2026, 5, 31), "days_to": 30, "count": 4, "_row": 5}
    ]
    assert [(item.row, item.column, item.code) for item in draft.findings] == [(4, "Färg", "unknown_column")]


# English figures as published


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


BANDS = NHS / "rtt-weekbands"
needs_bands = pytest.mark.skipif(not BANDS.is_dir(), reason="the public NHS week-band files are not on this machine")


@needs_bands
def test_the_public_waiting_list_in_week_bands_is_read_whole() -> None:
    """Every band of every provider and specialty; only dashes to tell of."""
    drafts = list(read_file(BANDS / "RTT waiting list for september 2025.csv", "nhs-rtt-weekbands"))
    assert {item.code for draft in drafts for item in draft.findings} == {"missing_marks"}
    assert sum(pc.sum(draft.rows["count"]).as_py() for draft in drafts if draft.table == "waiting") == 264_466


@needs_bands
def test_the_public_extract_by_commissioner_adds_up_to_what_was_published() -> None:
    """21 702 waiting in the published total, which the profile leaves out and the specialties must give."""
    drafts = list(read_file(BANDS / "20241130-RTT-November-2024-RBD.csv.gz", "nhs-rtt-commissioners"))
    waiting, inflow, outflow = (
        pa.concat_tables([draft.rows for draft in drafts if draft.table == name])
        for name in ("waiting", "inflow", "outflow")
    )
    assert pc.sum(waiting["count"]).as_py() == 21_702
    early = pc.less(waiting["days_from"], 18 * 7)
    assert round(pc.sum(waiting["count"].filter(early)).as_py() / 21_702, 4) == 0.5778
    assert pc.sum(waiting["count"].filter(pc.greater_equal(waiting["days_from"], 52 * 7))).as_py() == 647
    assert (pc.sum(inflow["value"]).as_py(), pc.sum(outflow["value"]).as_py()) == (5003, 1544 + 2925)
    assert (set(waiting["date"].to_pylist()), set(inflow["period"].to_pylist())) == ({date(2024, 11, 30)}, {"2024-11"})
    keys = waiting.select(["unit_id", "service_id", "date", "days_from"]).to_pylist()
    assert len({tuple(key.values()) for key in keys}) == len(keys)


@needs_bands
def test_the_public_completed_pathways_are_the_same_from_csv_and_from_the_workbook() -> None:
    """Twelve rows of titles, the month above the headings, and two sheets: the same numbers per provider."""
    csv = _outflow(BANDS / "Completed NonAdmitted provider Sep25 data.csv")
    book = _outflow(BANDS / "NonAdmitted-Provider-Sep25-XLSX-4M-87700.xlsx")
    assert len(csv) == 2369
    assert {key: book[key] for key in csv} == csv
    assert {period for _, period in book} == {"2025-09"}


def _outflow(path: Path) -> dict[tuple[str, str], float]:
    found = {}
    for draft in read_file(path, "nhs-rtt-completed"):
        assert [item for item in draft.findings if item.severity != "info"] == []
        if draft.table == "outflow":
            for row in draft.rows.select(["series_id", "period", "value"]).to_pylist():
                found[row["series_id"], row["period"]] = row["value"]
    return found
