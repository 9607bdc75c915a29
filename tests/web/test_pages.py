"""What the pages say: figures, thresholds, explanations, source rows."""

import re
from datetime import date

import pytest
from django.test import Client

from tests.web import fakes
from vardbalans.data.tables import TABLES
from vardbalans.engine.explain import Figure, Step
from vardbalans.engine.messages import Message
from vardbalans.engine.reasons import balance_figure
from vardbalans.web import clock
from vardbalans.web.insight import levels, rows, sentences, why
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
    """Return what the page itself says, without the frame and the help around it."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text_of(response).partition("<main")[2]))


@pytest.mark.parametrize(
    ("required", "available", "level", "mark"),
    [
        (115.1, 100.0, "over2", "▲15"),
        (115.0, 100.0, "over1", "▲15"),
        (105.1, 100.0, "over1", "▲5"),
        (105.0, 100.0, "even", "△5"),
        (100.4, 100.0, "even", "0"),
        (95.0, 100.0, "even", "▽5"),
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
    periods = ["2026-W52", "2026-W53", "2027-W02", "2027-W27", "2027-W31", "2027-W32"]
    found = weeks_of(periods, [3, 2, 5, 5, 5, 4], date(2027, 1, 4))
    assert [week.working_days for week in found] == [3, 2, 5, 5, 5, 4], "the run's own, not the country's"
    assert [week.shade for week in found] == ["holiday", "holiday", "", "summer", "summer", "holiday"]
    assert [week.past for week in found] == [True, True, False, False, False, False]


def test_the_overview_says_what_needs_the_reader_and_how_the_guarantee_stands(log_in, region) -> None:
    page = log_in((Role.PLANNER, "u0")).get("/")
    now, held = page.context["now"], page.context["page"].guarantee
    assert now.first
    assert now.count >= len(now.first)
    text = words(page)
    for item in now.first:
        assert item.address in text_of(page)
        assert f"{item.about} : {item.what}" in text or f"{item.about}: {item.what}" in text
    assert f"{held.kept} av {held.lists}" in text


def test_the_runs_own_working_days_shade_the_map(use, log_in) -> None:
    lake, results = fakes.region(3)
    results.run.meta["working_days"][1] = 2
    use(lake, results)
    page = text_of(log_in((Role.READER, "region")).get("/"))
    assert re.search(r'<th scope="col" class="holiday" title="helgvecka, 2 arbetsdagar">[^/]*/span>49<', page)
    assert re.search(r'<th scope="col" title="5 arbetsdagar">[^/]*/span>50<', page)
    assert re.search(r'<th scope="col" class="summer" title="sommarvecka, 5 arbetsdagar">[^/]*/span>27<', page)


def shown_on(monkeypatch, client: Client, day: date, path: str = "/") -> str:
    monkeypatch.setattr(clock, "today", lambda: day)
    return text_of(client.get(path)).partition("<main")[2]


def test_past_weeks_are_marked_and_the_present_one_named(region, log_in, monkeypatch) -> None:
    client = log_in((Role.READER, "region"))
    first = shown_on(monkeypatch, client, fakes.TODAY)
    assert 'class="now" aria-current="date" title="den här veckan, 5 arbetsdagar"' in first
    assert "past" not in first
    later = shown_on(monkeypatch, client, date(2026, 12, 8))
    assert later.count('title="passerad, 5 arbetsdagar"') == 2
    assert len(re.findall(r'<td class="\w+ past">', later)) == 2 * 18
    assert "veckan har passerat" in later
    table = shown_on(monkeypatch, client, date(2026, 12, 8), "/units/u0/balance/")
    assert table.count('<tr class="past">') == 2


def test_soon_and_first_short_count_from_the_present_week(use, log_in, monkeypatch) -> None:
    lake, results = fakes.region(3)
    short = {fakes.WEEKS[0], fakes.WEEKS[12]}
    results.run.balance = [
        fakes.balance_row("u0", "a", "Läkare", week, 7200 if week in short else 6000, 6000) for week in fakes.WEEKS
    ] + [fakes.balance_row("u1", "b", "Sal", week, 6000, 6000) for week in fakes.WEEKS]
    use(lake, results)
    client = log_in((Role.READER, "region"))
    for day, soon, first in (
        (date(2026, 11, 20), "gäller det 1 enhet.", "v. 48 2026"),
        (date(2026, 11, 23), "gäller det 1 enhet.", "v. 48 2026"),
        (date(2026, 11, 30), "gäller det ingen enhet.", "v. 7 2027"),
        (date(2027, 2, 1), "gäller det 1 enhet.", "v. 7 2027"),
    ):
        page = shown_on(monkeypatch, client, day)
        assert f"De närmaste 8 veckorna {soon}" in page
        week = first.replace(" ", "\u00a0")
        assert f"<tr><td>{week}</td>" in page
    page = shown_on(monkeypatch, client, date(2027, 2, 22))
    assert "Ingen enhet har någon återstående vecka" in page


def test_old_data_and_a_run_that_is_over_are_told_of(region, log_in, monkeypatch) -> None:
    client = log_in((Role.READER, "region"))
    assert "veckor gamla" not in shown_on(monkeypatch, client, date(2026, 12, 25))
    assert "Data är från 2026-11-20, 5 veckor gamla. Importera nyare data." in shown_on(
        monkeypatch, client, date(2026, 12, 26)
    )
    assert "Alla veckor i beräkningen har passerat" not in shown_on(monkeypatch, client, date(2027, 11, 21))
    over = shown_on(monkeypatch, client, date(2027, 11, 22))
    assert "Alla veckor i beräkningen har passerat" in over
    assert "Ingen vecka i beräkningen återstår" in over
    assert "De närmaste" not in over


@pytest.mark.parametrize(
    ("balance", "shifts", "text"),
    [
        (-15.0, 1, "mindre än 1 timme (1 pass)"),
        (-60.0, 1, "1 timme (1 pass)"),
        (-600.0, 2, "10 timmar (2 pass)"),
        (-60.0, 0, "1 timme"),
    ],
)
def test_how_much_is_missing_in_words(balance, shifts, text) -> None:
    said = sentences.short_by({"balance": balance, "measure": "minutes", "shifts": shifts})
    assert said.replace("\u00a0", " ") == text


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
    assert page.facts[0] == "Enheten har ett behov som är mer än 15 % över kapaciteten någon vecka."


def test_overview_of_the_region(log_in, region, django_assert_max_num_queries) -> None:
    client = log_in((Role.READER, "region"))
    with django_assert_max_num_queries(21):  # thirteen of them for what needs the reader, however many units
        response = client.get("/")
    assert "9 av 18 enheter har ett behov som är mer än 15 % över kapaciteten någon vecka." in words(response)
    page = text_of(response)
    assert page.count('<th scope="row">') - page.count("<q>") >= 18
    assert 'href="/units/u0/balance/"' in page
    assert "Ortopedi" in page
    assert "Data t.o.m. 2026-11-20" in text_of(response)
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
    planner = words(log_in((Role.PLANNER, "u0")).get("/"))
    assert "Räkna balansen" in planner
    reader = words(log_in((Role.READER, ALL_UNITS), username="bo").get("/"))
    assert "Inget är beräknat ännu" in reader
    assert "balansen räknas av sig själv" in reader
    assert "Räkna balansen" not in reader
    lake.number = None
    assert "vardbalans import" in words(log_in((Role.ADMINISTRATOR, ALL_UNITS), username="eva").get("/"))


def test_before_the_first_import_there_is_nothing_to_see(use, log_in) -> None:
    lake, _results = fakes.region()
    lake.number = None
    use(lake, fakes.FakeResults(None))
    assert log_in((Role.READER, ALL_UNITS)).get("/").status_code == 200


def test_newer_data_than_the_run_are_told_of(use, log_in) -> None:
    use(*fakes.region(version=4))
    reader = words(log_in((Role.READER, "region")).get("/"))
    assert "Siffrorna bygger på version 3; version 4 finns." in reader
    assert "Räkna om balansen" not in reader
    assert "Räkna om balansen" in words(log_in((Role.PLANNER, "u0"), username="bo").get("/"))


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
    shown = words(log_in((Role.READER, "region")).get("/units/region/balance/"))
    assert "Balans per enhet och vecka" in shown
    assert "Mottagning 1" in shown


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
    shown = words(response)
    assert "källa.csv 17 Nybesök (s1) Läkare (r1) 12 345,50 Aktivitet 2026-01-01" in shown
    assert "1 234 rader" in shown
    assert "Urval Vårdtjänst-id: Nybesök (s1)" in shown
    assert "Regel Behov av kapacitet = summan" in shown
    assert "källa.csv inläst 2026-11-01 08:30 (version 2) Fil" in shown, "version 4 came after the run"
    assert "Dataversion 3" in shown
    assert region[0].asked == [("recipes", {"service_id": "s1"})]
    assert AuditEvent.objects.count() == 0


def test_employments_are_about_people_and_recorded(log_in, region) -> None:
    asked = WHY | {"figure": "available", "step": "terms-0"}
    first = log_in((Role.READER, "u0")).get("/units/u0/why/rows/", asked)
    assert "Raderna gäller enskilda personer" in words(first)
    assert "källa.csv" not in text_of(first)
    analyst = log_in((Role.ANALYST, "u0"), username="bo")
    shown = analyst.post("/units/u0/why/patient-rows/", asked | {"purpose": "Kontroll av tjänsterna"})
    assert "PERSON-1" not in text_of(shown)
    assert "Fil Rad Giltig från Andel källa.csv 17 2025-03-01 0,50" in words(shown), "no column that is always empty"
    assert AuditEvent.objects.get().target.startswith("employments version 3")


def test_an_absence_shows_its_days_but_not_its_reason(region) -> None:
    found = rows.patient_rows({"table": "absences", "where": {"resource_id": "r1"}}, latest_run())
    assert found.columns == ("Fil", "Rad", "Från och med", "Till och med")
    assert found.rows[0] == ("källa.csv", "17", "2026-05-01", "2026-05-09")


def test_conditions_that_are_no_column_are_said_in_words(region) -> None:
    where = {"service_id": "s1", "status": "performed|no_show", "since": "2026-W05"}
    found = rows.patient_rows({"table": "contacts", "where": where}, latest_run())
    assert found.rule == (
        ("Vårdtjänst-id", "Nybesök (s1)"),
        ("Status", "Utförd, Uteblev"),
        ("Från och med", "v.\u00a05\u00a02026"),
    )


def test_a_table_without_people_is_no_patient_table(log_in, region) -> None:
    client = log_in((Role.ANALYST, "u0"))
    answer = client.post("/units/u0/why/patient-rows/", WHY | {"step": "inputs-0", "purpose": "Kontroll av underlaget"})
    assert answer.status_code == 404
    assert AuditEvent.objects.count() == 0


def test_patient_rows_opened_or_reloaded_lead_to_the_purpose(log_in, region) -> None:
    client = log_in((Role.ANALYST, "u0"))
    asked = WHY | {"step": "terms-0"}
    answer = client.get("/units/u0/why/patient-rows/", asked)
    assert answer.status_code == 302
    page = client.get(answer.url)
    assert "<textarea" in text_of(page)
    shown = text_of(client.post("/units/u0/why/patient-rows/", asked | {"purpose": "Kontroll av prognosen"}))
    back = set(re.findall(r'name="next" value="([^"]+)"', shown))
    assert back == {answer.url.replace("&", "&amp;")}


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
    assert "Fil Rad Datum Vårdtjänst-id Status källa.csv 17 2026-05-17 Nybesök (s1) Uteblev" in words(shown)
    assert "M17.1" not in text_of(shown)
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
    assert event.subjects == ["PATIENT-1"]
    assert event.at.date() >= date(2026, 1, 1)


def test_every_table_about_patients_and_every_key_of_people_is_guarded() -> None:
    about_patients = {"patient_key", "contact_id", "referral_id", "stay_id", "operation_id"}
    about_staff = {"person_key", "surgeon_key"}
    guarded = {name for name, table in TABLES.items() if (about_patients | about_staff) & set(table.names)}
    assert guarded == set(rows.PERSON_TABLES)
    assert {name for table in TABLES.values() for name in table.names if name.endswith("_key")} <= rows.HIDDEN
    telling = {"age", "sex", "municipality", "diagnosis", "procedures", "drg", "kind", "referral_id", "contact_id"}
    for name, shown in rows.PERSON_TABLES.items():
        assert TABLES[name].column(shown.dated).type in {"date", "datetime"}
        assert not set(shown.columns) & (telling | rows.HIDDEN)


def test_a_reader_is_told_which_role_opens_patient_rows(log_in, region) -> None:
    response = log_in((Role.READER, "u0")).get("/units/u0/why/rows/", WHY | {"step": "terms-0"})
    assert "Analytiker" in words(response)
    assert "<textarea" not in text_of(response)


@pytest.mark.parametrize("step", ["terms-9", "inputs--1", "secret", "", "terms-²"])
def test_a_step_that_is_not_there_is_404(step, log_in, region) -> None:
    assert log_in((Role.READER, "u0")).get("/units/u0/why/rows/", WHY | {"step": step}).status_code == 404


def test_what_is_shown_of_a_bottleneck_and_of_observed_production(use, log_in) -> None:
    lake, results = fakes.region(1)
    chosen = [row for row in results.run.balance if row["resource_id"] == "u0-r0"]
    chosen[0].update(bottleneck=True, binds=["s1", "s2", "s3", "s4"])
    for row in results.run.balance:
        row["kind"] = "observed" if row["resource_id"] == "u0-r1" else row["kind"]
    results.run.lists[0]["bottleneck_resource_id"] = "u0-r1"
    use(lake, results)
    lake.services = [{"service_id": "s1", "name": f"Nybesök, {fakes.CLINICS[0]}"}]
    page = log_in((Role.READER, "k0")).get("/units/u0/balance/", {"resource": "u0-r0"})
    assert "● Flaskhals för Nybesök, s2 och 2 till" in words(page), "what the heading says is left out"
    assert 'title="Håller tillbaka Nybesök, s2, s3, s4"' in text_of(page)
    assert "Observerad produktion" in words(page)
    assert "u0-r1</td>" not in text_of(page)


def test_no_bare_opposite_signs_stand_side_by_side(use, log_in) -> None:
    lake, results = fakes.region(1)
    results.run.balance = [
        fakes.balance_row("u0", "a", "Läkare", week, required, 6000, fte=0.12)
        for week, required in zip(fakes.WEEKS, (5800, 6200, 6000, 7200), strict=False)
    ]
    results.run.meta |= {"weeks": list(fakes.WEEKS[:4]), "working_days": [5] * 4}
    use(lake, results)
    shown = words(log_in((Role.READER, "u0")).get("/units/u0/balance/"))
    assert "+3 ▽3 under" in shown
    assert "−3 △3 över" in shown
    assert "−20 ▲20 över" in shown
    assert "+0,1" in shown
    assert "Heltider är balansen i heltidstjänster en vanlig vecka." in shown


def test_the_parts_of_the_balance_lead_to_their_explanations(log_in, region) -> None:
    page = text_of(log_in((Role.READER, "u0")).get("/units/u0/why/", WHY | {"figure": "balance"}))
    links = re.findall(r'href="[^"]*figure=(\w+)">Se förklaringen', page)
    assert links == ["available", "required"]


def test_the_parts_of_the_balance_stand_in_the_order_the_engine_gives_them() -> None:
    available = Figure("available", 30.0, "minutes", Message("a"), ())
    required = Figure("required", 20.0, "minutes", Message("b"), ())
    shown = why.explanation(balance_figure(available, required).as_dict())
    assert [(step.figure, step.value) for step in shown.terms] == [("available", "0,5"), ("required", "−0,3")]


def test_inputs_are_grouped_by_service_and_people_are_whole() -> None:
    steps = tuple(
        Step(Message("{service}: {what}", service=name, what=Message("väntande nu")), 12.4, "people")
        for name in ("Nybesök", "Återbesök", "Nybesök")
    )
    figure = Figure("required", 1.0, "minutes", Message("a"), (), (*steps, Step(Message("frånvaro"), 0.1, "share")))
    groups = why.explanation(figure.as_dict()).input_groups
    assert [(group.service, [label for label, _step in group.steps]) for group in groups] == [
        ("Nybesök", ["väntande nu"] * 2),
        ("Återbesök", ["väntande nu"]),
        ("", ["frånvaro"]),
    ]
    assert groups[0].steps[0][1].value == "12"
    assert [step.place for _label, step in groups[0].steps] == ["inputs-0", "inputs-2"]


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
