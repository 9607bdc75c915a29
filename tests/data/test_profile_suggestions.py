"""A profile suggested from a file's first rows: which table, which column, which values, dates and decimals."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from vardbalans.data.read import read_file
from vardbalans.data.read.draft import RawSheet
from vardbalans.data.read.profiles import profile_of
from vardbalans.data.read.profiles.suggesting import Suggestion, suggest
from vardbalans.data.read.sample import sample_of, sheet_sample, tried
from vardbalans.data.tables import TABLES
from vardbalans.data.write.sheets import write_csv
from vardbalans.engine.errors import BadInput

TODAY = date(2026, 11, 22)


def _file(folder: Path, text: str, name: str = "uttag.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _columns(found: Suggestion) -> dict[str, str]:
    return {match.column.name: match.header for match in found.matches}


LIST = """Remissnummer;Pnr;Mottagning;Vårdutbud;Remissdatum;Inkom;Prio;Borttagen datum;Borttagsorsak;Anm
1001;19121212-1212;ORT;Knä;17/05/2026;18/05/2026;2;;;
1002;19121212-1220;ORT;Höft;03/04/2026;04/04/2026;3;30/04/2026;Utförd;x
1003;19121212-1238;ORT;Höft;03/04/2026;04/04/2026;3;30/04/2026;Makulerad;
"""


def test_a_waiting_list_in_other_words(tmp_path: Path) -> None:
    """Table, columns, the one form all dates have, values; what is not known is left to the person."""
    path = _file(tmp_path, LIST)
    found = suggest(sheet_sample(path), name="lista")
    assert (found.table.name, found.missing, found.unused) == ("referrals", (), ("Anm",))
    assert _columns(found) == {
        "referral_id": "Remissnummer",
        "patient_key": "Pnr",
        "unit_id": "Mottagning",
        "service_id": "Vårdutbud",
        "issued": "Remissdatum",
        "received": "Inkom",
        "priority": "Prio",
        "closed": "Borttagen datum",
        "closed_reason": "Borttagsorsak",
    }
    assert found.profile.form == "%d/%m/%Y"
    reason = found.matches[-1]
    assert (reason.values, reason.unmapped) == ({"Utförd": "treated"}, ("Makulerad",))
    assert "Makulerad" in found.text
    trial = tried(path, profile_of("lista", found.text), today=TODAY)
    assert [(item.column, item.code) for item in trial.findings] == [("Borttagsorsak", "unmapped_value")]
    assert trial.rows == {"referrals": 2}


VISITS = """Besöks-ID,Patient,Clinic,Tjänst,Besöksdatum,Besökstid,Besöksstatus,Kontaktform,Ålder,Kön,Vikt
B1,P1,ORT,NYB,2026-05-17,0830,Genomförd,Mottagningsbesök,57,K,1.87
B2,P2,ORT,NYB,2026-05-18,0930,Uteblivet,Telefonsamtal,31,M,0.5
"""


def test_visits_with_clock_times_codes_and_english_decimals(tmp_path: Path) -> None:
    """A clock time beside its day, Swedish codes, and a dot before decimals."""
    path = _file(tmp_path, VISITS)
    found = suggest(sheet_sample(path))
    assert (found.table.name, found.decimal, found.profile.delimiter) == ("contacts", ".", ",")
    by_name = {match.column.name: match for match in found.matches}
    assert (by_name["starts_at"].header, by_name["starts_at"].time) == ("Besöksdatum", "Besökstid")
    assert by_name["status"].values == {"Genomförd": "performed", "Uteblivet": "no_show"}
    assert by_name["form"].values == {"Mottagningsbesök": "onsite", "Telefonsamtal": "phone"}
    assert by_name["sex"].values == {"K": "female", "M": "male"}
    assert found.missing == ()
    drafts = list(read_file(path, profile_of("egen", found.text)))
    assert [item for draft in drafts for item in draft.findings] == []
    (row, _) = drafts[0].rows.select(["contact_id", "form", "sex", "drg_weight"]).to_pylist()
    assert row == {"contact_id": "B1", "form": "onsite", "sex": "female", "drg_weight": 1.87}


def test_months_that_a_spreadsheet_keeps_as_first_days(tmp_path: Path) -> None:
    """They are months, not days; a series' id is made of unit and service; titles above do no harm."""
    book = Workbook()
    for row in (["Produktion 2026"], ["Enhet", "Vårdtjänst", "Månad", "Antal besök"], ["K", "S", date(2026, 1, 1), 40]):
        book.active.append(row)
    book.active.append(["K", "S", date(2026, 2, 1), 38])
    book.save(tmp_path / "produktion.xlsx")
    found = suggest(sheet_sample(tmp_path / "produktion.xlsx"), "counts")
    (draft,) = read_file(tmp_path / "produktion.xlsx", found.profile)
    assert draft.rows.select(["series_id", "period", "value"]).to_pylist() == [
        {"series_id": "K-S", "period": "2026-01", "value": 40.0},
        {"series_id": "K-S", "period": "2026-02", "value": 38.0},
    ]


def test_a_date_form_that_cannot_be_told_is_left_to_the_person(tmp_path: Path) -> None:
    """Both are named; neither is chosen."""
    found = suggest(
        sheet_sample(_file(tmp_path, "Avdelning;Datum;Fysiska platser;Disponibla platser\nA;03/04/2026;20;18\n"))
    )
    assert (found.table.name, found.profile.form, found.profile.source[1].form) == ("beds", (), ())
    assert "%d/%m/%Y, %m/%d/%Y" in found.text


def test_what_the_table_must_have_and_the_file_lacks_is_said(tmp_path: Path) -> None:
    """In the suggestion, and by the trial of it; other tables it could be are named."""
    path = _file(tmp_path, "Avdelning;Datum\nA;2026-05-17\n")
    found = suggest(sheet_sample(path), "beds")
    assert [column.name for column in found.missing] == ["physical", "available"]
    assert "Saknas: Fysiska platser (physical)" in found.text
    codes = [(item.column, item.code) for item in tried(path, profile_of("egen", found.text), today=TODAY).findings]
    assert codes == [("available", "missing_output"), ("physical", "missing_output")]


def test_personal_numbers_never_come_into_a_suggestion(tmp_path: Path) -> None:
    """Neither as values to translate nor in its remarks."""
    found = suggest(sheet_sample(_file(tmp_path, "Kontakt-id;Status\n1;19121212-1212\n2;Utförd\n")), "contacts")
    assert "1212" not in found.text + str(found.as_dict())


@pytest.mark.parametrize(
    ("text", "table", "told"),
    [
        ("qq;zz\n1;2\n", None, "Ingen kolumn liknar"),
        ("Datum\n2026-05-17\n", "bed", "Tabellen bed finns inte. Välj någon av: units"),
    ],
)
def test_a_file_like_no_table_is_told(text: str, table: str | None, told: str, tmp_path: Path) -> None:
    """A sentence, not an empty profile."""
    with pytest.raises(BadInput) as found:
        suggest(sheet_sample(_file(tmp_path, text)), table)
    assert told in str(found.value)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("x.parquet", b"PAR1", "Profiler är för arbetsböcker"),
        ("x.csv", b"", "Filen är tom"),
        ("x.xlsx", b"x", "Filen är ingen arbetsbok"),
        ("saknas", None, "finns inte"),
    ],
)
def test_a_file_that_cannot_be_sampled_is_told(name: str, content: bytes | None, told: str, tmp_path: Path) -> None:
    """As a sentence for the one who asked."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput) as found:
        sample_of(tmp_path / name)
    assert told in str(found.value)


def test_a_sheet_is_chosen_by_name(tmp_path: Path) -> None:
    """Otherwise the first; a name that is not there is told with those that are."""
    book = Workbook()
    book.active.title = "Ett"
    book.active.append(["Avdelning", "Datum"])
    book.create_sheet("Två").append(["Enhets-id", "Namn"])
    book.save(tmp_path / "x.xlsx")
    assert sheet_sample(tmp_path / "x.xlsx").headers == ("Avdelning", "Datum")
    assert sheet_sample(tmp_path / "x.xlsx", "två").headers == ("Enhets-id", "Namn")
    with pytest.raises(BadInput, match="Bladet Tre finns inte i arbetsboken"):
        sheet_sample(tmp_path / "x.xlsx", "Tre")


def test_money_that_is_not_in_kronor_is_left_to_the_person(tmp_path: Path) -> None:
    """A column of öre or thousands read as kronor would be wrong a hundred or a thousand times over."""
    for header in ("price_ore", "Pris (öre)", "Pris tkr"):
        found = suggest(
            sheet_sample(_file(tmp_path, f"Vårdgivare;Vårdtjänst-id;{header};Giltig från\nE;S;5;2026-01-01\n"))
        )
        assert (found.table.name, [column.name for column in found.missing]) == ("contracts", ["price_ore"])


@pytest.mark.parametrize("name", TABLES)
def test_a_tables_own_template_is_known_again(name: str, tmp_path: Path) -> None:
    """By its headings alone, under another file name; the three kinds of series are told apart by people."""
    path = write_csv(tmp_path / f"{name}.csv", TABLES[name], TABLES[name].schema().empty_table())
    found = suggest(replace(sheet_sample(path), name="uttag"))
    series = {"counts", "inflow", "outflow"}
    assert found.table.name in (series if name in series else {name})
    assert [match.column.name for match in found.matches] == list(TABLES[name].names)


_texts = st.text(st.characters(codec="utf-8"), max_size=8)
_headings = st.one_of(
    st.sampled_from([column.header for table in TABLES.values() for column in table.columns]),
    st.sampled_from(["Besöksdatum", "Enhet*", "[Klinik]", "Kön\n", '"', "Datum\x07"]),
    _texts,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_headings, min_size=1, max_size=5), st.lists(st.lists(_texts, min_size=5, max_size=5), max_size=4))
def test_any_suggestion_is_a_sound_profile(headers: list[str], rows: list[list[str]]) -> None:
    """Whatever stands in the file: its text reads as the profile itself, comments and all."""
    columns = tuple(pa.array([row[index] for row in rows], pa.string()) for index in range(len(headers)))
    sheet = RawSheet("uttag", tuple(headers), columns, pa.array(range(2, 2 + len(rows)), pa.int64()), None, ";")
    try:
        found = suggest(sheet)
    except BadInput:
        return
    assert profile_of("egen", found.text) == found.profile
