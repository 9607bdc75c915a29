"""The page Kapacitet: from gross to available time, the formula, the sets, pooling, files, and why."""

import csv
import io
import re
from html import unescape

import pytest
from python_calamine import CalamineWorkbook

from tests.web import fakes
from vardbalans.web.insight.capacity_measure import in_measure
from vardbalans.web.people.permissions import Role

pytestmark = pytest.mark.django_db
ADDRESS = "/units/u0/capacity/"
UNIT_WHY = "/units/u0/why/"


def words(response) -> str:
    text = unescape(re.sub(r"<(script|style)[^>]*>.*?</\1>|<[^>]+>", " ", response.content.decode(), flags=re.DOTALL))
    return " ".join(text.replace("\u00a0", " ").split())


def test_the_waterfall_goes_from_gross_to_available(log_in, region) -> None:
    shown = words(log_in((Role.READER, "u0")).get(ADDRESS, {"from": "2026-W48", "to": "2026-W51"}))
    assert "Läkare: av 400 timmar brutto är 240 tillgängliga (60 %). Mest går bort: ej nyttjad tid, 60 timmar." in shown
    assert (
        "Anställd tid 400 100,0 % Helgdagar −40 −10,0 % Bokad frånvaro −20 −5,0 % Väntad frånvaro −40 −10,0 % "
        "Ej nyttjad tid −60 −15,0 % Tillgänglig tid 240 60,0 %"
    ) in shown
    assert "Personal: 240 av 400 timmar är tillgängliga (60 %)." in shown
    assert "Rum: 120 av 160 timmar är tillgängliga (75 %)." in shown
    assert "Produktionsnormen i kraft motsvarar 80 aktiviteter under veckorna." in shown


@pytest.mark.parametrize(
    ("measure", "gross", "left"),
    [("hours", "400", "240"), ("shifts", "50", "30"), ("fte", "2,5", "1,5"), ("x", "400", "240")],
)
def test_the_unit_can_be_changed(measure, gross, left, log_in, region) -> None:
    asked = {"from": "2026-W48", "to": "2026-W51", "measure": measure, "resource": "u0-r0"}
    shown = words(log_in((Role.READER, "u0")).get(ADDRESS, asked))
    assert f"Läkare Personal {gross} " in shown
    assert f" {left} 60 % Mottagningsrum Rum" in shown


def test_a_room_without_a_shift_has_no_shifts() -> None:
    assert in_measure(480, "hours", None, 1) == 8
    assert in_measure(480, "shifts", None, 1) is None
    assert in_measure(None, "hours", 480, 1) is None
    assert in_measure(4 * 5 * 480, "fte", 480, 4) == 1


def test_the_formula_splits_the_change_exactly(log_in, region) -> None:
    shown = words(log_in((Role.READER, "u0")).get(ADDRESS))
    assert "Nybesök Mottagningsrum 400,0 600,0 +200,0 +200,0 0,0 0,0 0,0" in shown
    assert "Från 2025-10 till 2026-10 ökade kapaciteten i 1 av 1 vårdtjänster och minskade i 0." in shown
    assert "Telefon: Saknas." in shown
    back = words(log_in((Role.READER, "u0"), username="bo").get(ADDRESS, {"before": "2026-10", "now": "2025-10"}))
    assert "600,0 400,0 −200,0 −200,0" in back


def test_sets_tell_what_limits_and_in_which_weeks(log_in, region) -> None:
    asked = {"service": "s1", "from": "2026-W50", "to": "2026-W51"}
    shown = words(log_in((Role.READER, "u0")).get(ADDRESS, asked))
    assert "Nybesök ordinarie" in shown
    assert "(2 v.)" in shown
    assert "v. 50 2026 40,0" in shown
    assert "v. 52 2026 40,0" not in shown


def test_pooling_needs_two_resources_that_one_may_see(log_in, region) -> None:
    client = log_in((Role.READER, "u0"))
    alone = words(client.get(ADDRESS, {"pool": ["u0-r0", "u7-r0"]}))
    assert "Erlangs formler" not in alone
    pooled = words(client.get(ADDRESS, {"pool": ["u0-r0", "u0-r1"]}))
    assert "Var för sig är alla platser upptagna för 31,0 % av dem som kommer; tillsammans för 20,6 %." in pooled


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"resource": "u0-r0", "week": "2026-W48", "figure": "capacity_time"}, "Tillgänglig tid 60,0 timmar"),
        (
            {"resource": "u0-r0", "week": "2026-W48..2026-W51", "figure": "capacity_time"},
            "Tillgänglig tid 240,0 timmar",
        ),
        ({"service": "s1", "week": "2026-W48", "figure": "capacity_doable"}, "Räcker till 40,0 aktiviteter"),
        ({"service": "s1", "week": "2026-10", "figure": "capacity_k"}, "K, vad kapaciteten gav 600,0 aktiviteter"),
        (
            {"service": "s1", "week": "2026-10", "before": "2025-10", "figure": "capacity_change"},
            "Ändring av K 200,0 aktiviteter",
        ),
    ],
)
def test_every_figure_says_why_and_sums(query, said, log_in, region) -> None:
    shown = words(log_in((Role.READER, "u0")).get(UNIT_WHY, query))
    assert said in shown
    assert re.search(r"Rest som delarna inte förklarar −?0,0 ", shown)
    assert "rader" in shown


@pytest.mark.parametrize(
    "query",
    [
        {"resource": "x", "week": "2026-W48", "figure": "capacity_time"},
        {"resource": "u0-r0", "week": "2020-W48", "figure": "capacity_time"},
        {"resource": "u7-r0", "week": "2026-W48", "figure": "capacity_time"},
        {"service": "s1", "set": "x", "week": "2026-W48", "figure": "capacity_doable"},
        {"service": "s1", "week": "2020-W01", "figure": "capacity_doable"},
        {"service": "s2", "week": "2026-10", "figure": "capacity_k"},
        {"service": "s1", "week": "2026-10", "before": "1999-01", "figure": "capacity_change"},
    ],
)
def test_why_of_what_is_not_there_is_404(query, log_in, region) -> None:
    assert log_in((Role.READER, "u0")).get(UNIT_WHY, query).status_code == 404


def test_the_rows_behind_the_change_keep_what_was_asked(log_in, region) -> None:
    asked = {"service": "s1", "week": "2026-10", "before": "2025-10", "figure": "capacity_change", "step": "terms-3"}
    page = log_in((Role.ANALYST, "u0")).get("/units/u0/why/rows/", asked).content.decode()
    assert 'name="before" value="2025-10"' in page
    opened = log_in((Role.READER, "u0"), username="bo").get("/units/u0/why/rows/", asked | {"step": "terms-0"})
    assert "källa.csv" in words(opened)


def test_files_hold_the_rows_of_the_screen(log_in, region) -> None:
    client, asked = log_in((Role.READER, "h0")), {"sort": "name", "kind": "room", "from": "2026-W48", "to": "2026-W51"}
    page = client.get("/units/h0/capacity/", asked).content.decode()
    table = page[page.index('id="resources"') :]
    on_screen = re.findall(r"resource=(u\d+-r\d)#resource", table)
    text = client.get("/units/h0/capacity/export.csv", asked).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert [row["Resurs-id"] for row in rows] == list(dict.fromkeys(on_screen))
    assert rows[0]["Brutto"] == "160,00"
    assert rows[0]["Frånvaro"] == "", "missing is never zero"
    packed = client.get("/units/h0/capacity/export.xlsx", asked).content
    book = CalamineWorkbook.from_filelike(io.BytesIO(packed))
    sheet = book.get_sheet_by_name("Resurser").to_python()
    assert [row[2] for row in sheet[1:]] == [row["Resurs-id"] for row in rows]
    assert sheet[1][6] == 160
    assert len(book.get_sheet_by_name("Veckor").to_python()) == 1 + 4 * len(rows)
    assert client.get("/units/h0/capacity/export.pdf").status_code == 404


def test_a_level_above_drills_down_to_its_units_and_no_others(log_in, region) -> None:
    shown = log_in((Role.READER, "h0")).get("/capacity/", {"from": "2026-W48"}).content.decode()
    assert "/units/k0/capacity/?from=2026-W48" in shown
    assert "u3-r0" not in shown, "a resource of another hospital"


def test_a_run_without_capacity_says_what_to_do(log_in, region) -> None:
    region[1].run.gives = None
    assert "Ingen kapacitet är räknad." in words(log_in((Role.READER, "u0")).get(ADDRESS))
    assert log_in((Role.READER, "u0"), username="bo").get("/capacity/export.csv").status_code == 404


def test_what_the_address_says_wrongly_is_passed_over(log_in, region) -> None:
    asked = {"from": "9999-W52", "to": "x", "sort": "x", "kind": "x", "page": "9", "resource": "x", "now": "x"}
    asked |= {"before": "y", "service": "x", "measure": "x", "pool": "x"}
    assert log_in((Role.READER, "u0")).get(ADDRESS, asked).status_code == 200
    assert fakes.WEEKS[0] == "2026-W48"
