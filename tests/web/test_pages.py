"""What the pages say: figures, thresholds, explanations, source rows."""

import re
from datetime import date

import pytest
from django.test import Client

from tests.web import fakes
from vardbalans.data.tables import TABLES
from vardbalans.web.insight import levels, why
from vardbalans.web.insight.overview import overview
from vardbalans.web.insight.selectors import Reader, latest_run
from vardbalans.web.insight.weeks import weeks_of
from vardbalans.web.people.models import ALL_UNITS, AuditEvent, Event
from vardbalans.web.people.permissions import Role
from vardbalans.web.people.units import current_tree

pytestmark = pytest.mark.django_db
WEEK = fakes.WEEKS[0]
WHY = {"resource": "u0-r0", "week": WEEK, "figure": "required"}


def text_of(response) -> str:
    return response.content.decode()


def words(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text_of(response)))


@pytest.mark.parametrize(
    ("required", "available", "level", "mark"),
    [
        (115.1, 100.0, "over2", "▲15"),
        (115.0, 100.0, "over1", "▲15"),
        (105.1, 100.0, "over1", "▲5"),
        (105.0, 100.0, "even", "+5"),
        (100.0, 100.0, "even", "0"),
        (95.0, 100.0, "even", "−5"),
        (94.9, 100.0, "under1", "▼5"),
        (85.0, 100.0, "under1", "▼15"),
        (84.9, 100.0, "under2", "▼15"),
        (10.0, 0.0, "over2", "▲×"),
        (0.0, 0.0, "none", "–"),
        (None, 100.0, "none", "–"),
    ],
)
def test_levels_at_the_edges(required, available, level, mark) -> None:
    share = levels.excess({"required": required, "available": available})
    assert (levels.level(share), levels.mark(share)) == (level, mark)


def test_weeks_know_holidays_and_summer() -> None:
    found = {
        week.period: week for week in weeks_of(["2026-W52", "2026-W53", "2027-W02", "2027-W27", "2027-W31", "2027-W32"])
    }
    assert [found[w].working_days for w in ("2026-W52", "2026-W53", "2027-W02")] == [3, 3, 5]
    assert [week.shade for week in found.values()] == ["holiday", "holiday", "", "summer", "summer", ""]


def test_the_map_shows_the_worst_resource_and_a_unit_once(use, log_in) -> None:
    lake, results = fakes.region(3)
    rows = [fakes.balance_row("u0", "a", "Läkare", week, 6000, 6000) for week in fakes.WEEKS]
    rows[0] = fakes.balance_row("u0", "a", "Läkare", WEEK, 7200, 6000)
    rows += [fakes.balance_row("u0", "b", "Sal", week, 6600, 6000) for week in fakes.WEEKS]
    results.run.balance = rows
    use(lake, results)
    tree = current_tree()
    page = overview(Reader(tree, frozenset(tree.units)), latest_run(), None)
    (line,) = page.map.lines
    assert [cell.figure for cell in line.cells[:2]] == ["▲20", "▲10"]
    assert [row["resource_name"] for row in line.worst[:2]] == ["Läkare", "Sal"]
    assert line.short_weeks == 52
    assert page.first_short[0].week == WEEK
    assert page.facts[0] == "1 av 1 enheter saknar mer än 15 % av sin kapacitet någon vecka."


def test_overview_of_the_region(log_in, region, django_assert_max_num_queries) -> None:
    client = log_in((Role.READER, "region"))
    with django_assert_max_num_queries(8):
        response = client.get("/")
    assert "9 av 18 enheter saknar mer än 15 % av sin kapacitet någon vecka." in words(response)
    page = text_of(response)
    assert page.count('<th scope="row">') - page.count("<q>") >= 18
    assert 'href="/units/u0/balance/"' in page
    assert "Ortopedi" in page
    assert "Data t.o.m. 2026-11-20" in words(response)
    assert "1\u00a0000" in page
    assert "1 anmärkning om underlaget 7 vårdtjänster saknar recept" in words(response)


@pytest.mark.parametrize("count", [20, 42, 150])
def test_areas_measured_in_activities_use_the_same_map(count, use, log_in) -> None:
    use(*fakes.areas(count))
    response = log_in((Role.READER, ALL_UNITS)).get("/")
    assert response.status_code == 200
    assert len(re.findall(r'<th scope="row"><a href="/units/QE\d+/balance/"', text_of(response))) >= count
    assert "aktiviteter" in words(response)
    detail = log_in((Role.READER, ALL_UNITS), username="bo").get("/units/QE04/balance/")
    assert "Pass att täcka" not in words(detail)


def test_a_line_drops_what_its_heading_says_and_the_list_keeps_it(use, log_in) -> None:
    lake, results = fakes.region(6)
    lake.units = [
        unit | {"name": f"Mottagning, {fakes.CLINICS[0]}"} if unit["unit_id"] == "u0" else unit for unit in lake.units
    ]
    results.run.balance += [
        row | {"unit_id": "k0", "required": 9e5, "balance": -8e5} for row in results.run.rows(["u0"])
    ]
    use(lake, results)
    page = text_of(log_in((Role.READER, "region")).get("/"))
    map_, _legend, rest = page.partition('class="legend"')
    assert re.search(r'<a href="/units/u0/balance/" title="Mottagning, Ortopedi">Mottagning</a>', map_)
    assert re.search(r'<a href="/units/k0/balance/" title="Ortopedi">Gemensamt</a>', map_)
    assert "Gemensamt" not in rest
    first = re.search(r'<th scope="row"><a href="([^"]+)">([^<]+)</a>', rest)
    assert first.groups() == ("/units/k0/balance/", "Ortopedi"), "the worst of the week stands first"


def test_nothing_computed_yet_says_what_to_do(use, log_in) -> None:
    lake, _results = fakes.region()
    use(lake, fakes.FakeResults(None))
    assert "vardbalans balance" in words(log_in((Role.READER, ALL_UNITS)).get("/"))


def test_before_the_first_import_there_is_nothing_to_see(use, log_in) -> None:
    lake, _results = fakes.region()
    lake.version = None
    use(lake, fakes.FakeResults(None))
    assert log_in((Role.READER, ALL_UNITS)).get("/").status_code == 200


def test_newer_data_than_the_run_are_told_of(use, log_in) -> None:
    use(*fakes.region(version=4))
    assert "Nyare data finns (version 4)" in words(log_in((Role.READER, "region")).get("/"))


def test_balance_of_a_unit(log_in, region, django_assert_max_num_queries) -> None:
    client = log_in((Role.READER, "u1"))
    with django_assert_max_num_queries(8):
        response = client.get("/units/u1/balance/", {"resource": "u1-r0"})
    shown = words(response)
    assert "Läkare: behovet är mer än 5 % över kapaciteten 5 av 52 veckor." in shown
    assert "− rest, oförklarat −32" in shown, "the residual is a line of its own, and sums"
    assert "= utgående väntande 1 490" in shown
    assert text_of(response).count("figure=required") == 52
    assert 'role="img"' in text_of(response)


def test_an_unknown_resource_in_the_address_shows_the_worst(log_in, region) -> None:
    response = log_in((Role.READER, "u1")).get("/units/u1/balance/", {"resource": "x"})
    assert response.status_code == 200


def test_a_unit_without_results_points_below(log_in, region) -> None:
    assert "inga egna resurser" in words(log_in((Role.READER, "region")).get("/units/region/balance/"))


def test_why_sums_with_the_remainder_named(log_in, region) -> None:
    row = region[1].run.balance[0]
    response = log_in((Role.READER, "u0")).get("/units/u0/why/", WHY)
    shown = words(response)
    hours = row["required"] / 60
    terms = [f"{hours * part:.1f}".replace(".", ",") for part in (0.8, 0.15, 0.05, 1.0)]
    assert "Behov av kapacitet = summan över vårdtjänsterna av antal tider × minuter per tid" in shown
    found = re.search(
        r"Nybesök: prognos för veckan 40,00 ([\d,]+).*används 7,50 ([\d,]+).*förklarar ([\d,]+) Summa ([\d,]+)", shown
    )
    assert found
    assert list(found.groups()) == terms
    assert "30,0 minuter" in shown


@pytest.mark.parametrize("wrong", [{"resource": "x"}, {"week": "2020-W01"}, {"figure": "secret"}, {"week": ""}])
def test_why_of_what_is_not_there_is_404(wrong, log_in, region) -> None:
    assert log_in((Role.READER, "u0")).get("/units/u0/why/", WHY | wrong).status_code == 404


def test_source_rows_open_directly_when_no_patient_is_named(log_in, region) -> None:
    response = log_in((Role.READER, "u0")).get("/units/u0/why/rows/", WHY | {"step": "inputs-0"})
    assert "källa.csv 17" in words(response)
    assert "1 234 rader" in words(response)
    assert region[0].asked == [("recipes", {"service_id": "s1"})]
    assert AuditEvent.objects.count() == 0


def test_keys_of_staff_are_not_shown(log_in, region) -> None:
    response = log_in((Role.READER, "u0")).get("/units/u0/why/rows/", WHY | {"figure": "available", "step": "terms-0"})
    assert "PERSON-1" not in text_of(response)
    assert "0,50" in words(response)


def test_patient_rows_ask_for_a_purpose_and_are_recorded(log_in, region) -> None:
    client = log_in((Role.ANALYST, "u0"))
    asked = WHY | {"step": "terms-0"}
    first = client.get("/units/u0/why/rows/", asked)
    assert "källa.csv" not in text_of(first)
    assert region[0].asked == []
    short = client.post("/units/u0/why/patient-rows/", asked | {"purpose": "  nja "})
    assert short.status_code == 422
    assert AuditEvent.objects.count() == 0
    shown = client.post("/units/u0/why/patient-rows/", asked | {"purpose": "Kontroll av prognosen"})
    assert "källa.csv 17 2026-05-17 s1" in words(shown)
    assert "PATIENT-1" not in text_of(shown)
    assert "C-1" not in text_of(shown)
    assert shown["Cache-Control"] == "no-store"
    event = AuditEvent.objects.get()
    assert (event.event, event.actor.username, event.unit_id, event.reason) == (
        Event.PATIENT_ROWS_READ,
        "anna",
        "u0",
        "Kontroll av prognosen",
    )
    assert event.target.startswith("contacts version 3: 2/1234 rows, required")
    assert event.at.date() >= date(2026, 1, 1)


def test_every_table_about_patients_and_every_key_of_people_is_guarded() -> None:
    about_patients = {"patient_key", "contact_id", "referral_id", "stay_id", "operation_id"}
    guarded = {name for name, table in TABLES.items() if about_patients & set(table.names)} | {"absences"}
    assert guarded == set(why.PERSON_TABLES)
    assert {name for table in TABLES.values() for name in table.names if name.endswith("_key")} <= why.HIDDEN
    for name, dated in why.PERSON_TABLES.items():
        assert TABLES[name].column(dated).type in {"date", "datetime"}


def test_a_reader_is_told_which_role_opens_patient_rows(log_in, region) -> None:
    response = log_in((Role.READER, "u0")).get("/units/u0/why/rows/", WHY | {"step": "terms-0"})
    assert "Analytiker" in words(response)
    assert "<textarea" not in text_of(response)


@pytest.mark.parametrize("step", ["terms-9", "inputs--1", "secret", "", "terms-²"])
def test_a_step_that_is_not_there_is_404(step, log_in, region) -> None:
    assert log_in((Role.READER, "u0")).get("/units/u0/why/rows/", WHY | {"step": step}).status_code == 404


def test_english_throughout(log_in, region) -> None:
    client = log_in((Role.ANALYST, "region"))
    assert client.post("/language/", {"language": "en", "next": "/"}).url == "/"
    swedish = re.compile(r"[åäö]")
    own = {"Öron-, näs- och halssjukvård", "Ögonsjukvård", "Kvinnosjukvård", "Länssjukhuset", "Södra sjukhuset"}
    for path, query in (
        ("/", {}),
        ("/units/u0/balance/", {}),
        ("/units/u0/why/", WHY),
        ("/units/u0/why/rows/", WHY | {"step": "terms-0"}),
        ("/accessibility/", {}),
    ):
        response = client.get(path, query)
        assert '<html lang="en"' in text_of(response)
        shown = words(response)
        for name in own | {"Vårdbalans", "Läkare", "Sjuksköterska", "Mottagning", "Nybesök", "Dagvård"}:
            shown = shown.replace(name, "")
        assert not swedish.search(shown), swedish.findall(shown)
    assert "9 of 18 units" in words(client.get("/"))


def test_anything_else_than_a_known_language_or_theme_changes_nothing(client: Client) -> None:
    assert not client.post("/language/", {"language": "xx", "next": "/people/log-in/"}).cookies
    answer = client.post("/theme/", {"theme": "dark", "next": "https://evil.example"})
    assert answer.url == "/"
    assert '<html lang="sv" data-theme="dark">' in text_of(client.get("/people/log-in/"))
