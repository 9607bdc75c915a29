"""The page Behov: what it says, what it may show to whom, and how a need is explained and adjusted."""

import re
from datetime import UTC, date, datetime

import pytest
from django.test import Client

from tests.web import deliveries, fakes
from tests.web.conftest import forget
from tests.web.test_pages import text_of, words
from vardbalans.data import intake
from vardbalans.data.lake import Lake
from vardbalans.web.insight import judgements, need_sentences
from vardbalans.web.insight.need_chart import need_chart, spans
from vardbalans.web.intake import actions, adjusting, pipeline, steps
from vardbalans.web.intake.adjusting import typed_number
from vardbalans.web.jobs import leases
from vardbalans.web.jobs.models import Job
from vardbalans.web.jobs.run import Run
from vardbalans.web.people.models import ALL_UNITS, AuditEvent, Event
from vardbalans.web.people.permissions import Role

pytestmark = pytest.mark.django_db
SERVICE = "/units/u0/need/service/?service=s1"
ADJUSTED = {
    "adjustment_id": "J1",
    "author": "Produktionsplanerare",
    "author_level": "clinic",
    "reason": "Ny remissväg",
    "made_on": "2026-11-20",
    "date_from": "2026-12-01",
    "date_to": "2027-02-28",
    "per_week": None,
    "factor": 1.05,
    "added": 40.0,
}
EVENTS = [
    {
        "date_from": "2025-03-03",
        "date_to": "2025-03-20",
        "text": "Ombyggnad av sal 3",
        "kind": "ombyggnad",
        "effect": "outlier",
    },
    {"date_from": "2020-01-01", "date_to": "2020-06-01", "text": "Pandemi", "kind": ""},
]


def origin(first: int, outcome: float):
    return [
        {"period": f"2026-W{week:02d}", "mean": 20.0, "low": 15.0, "high": 25.0, "outcome": outcome, "naive": 18.0}
        for week in range(first, first + 13)
    ]


TESTED = {
    "verdict": "better",
    "outcomes": 26,
    "error": 2.5,
    "naive_error": 4.0,
    "mase": 0.7,
    "coverage": 0.5,
    "bias": -0.031,
    "origins": [origin(1, 22.0), origin(14, 26.0)],
}
YEARS = {
    "base": 1000.0,
    "reason": {"template": "Första året följer serien.", "values": {}},
    "unplaced_share": 0.0,
    "rows": [
        {
            "year": year,
            "mean": 1000.0 + 20 * n,
            "low": 900.0,
            "high": 1200.0,
            "number": 5.0,
            "structure": 12.0,
            "rate": 3.0,
        }
        for n, year in enumerate(range(2027, 2037), start=1)
    ],
}


@pytest.fixture
def told(use):
    """Put a region in place whose first unit's need is told with *more*; return its stored run."""

    def put(count: int = 3, **more):
        lake, results = fakes.region(count)
        results.run.told[0] |= more
        use(lake, results)
        return results.run

    return put


@pytest.fixture
def reader(log_in) -> Client:
    return log_in((Role.READER, "region"))


def test_the_list_of_the_region(region, reader, django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(8):
        response = reader.get("/need/")
    said = words(response)
    assert "18 vårdtjänster. Behovet väntas öka för 17 och minska för 0, med mer än 5 %." in said
    assert "Mest ökar Nybesök, u17: +170" in said
    page = text_of(response)
    assert page.count('<th scope="row"><a href="/units/u') == 18
    assert page.count('<svg class="spark"') == 18
    assert 'href="/units/h0/need/"' in page
    assert 'aria-current="page">Behov</a>' in page
    assert re.search(
        r"Nybesök, u3.*?1\u00a0000.*?<strong>1\u00a0300</strong>.*?1\u00a0240–1\u00a0360.*?▲.*?\+30\u00a0%", page
    )


def table_of(response) -> str:
    return text_of(response).split("<table", 1)[1]


def names(response) -> list[str]:
    return re.findall(r">(Nybesök, \w+)</a>", text_of(response))


def test_sorted_searched_and_kept_in_the_address(told, reader) -> None:
    run = told(4, change=None, total=50.0, service_name="Ögonlaser, u0")
    run.told[3]["service_name"] = "Återbesök, u3"
    assert names(reader.get("/need/?sort=-change")) == ["Nybesök, u2", "Nybesök, u1"]
    page = table_of(reader.get("/need/?sort=-change"))
    assert page.index("Återbesök, u3") < page.index("Nybesök, u2") < page.index("Ögonlaser"), "unknown stands last"
    page = table_of(reader.get("/need/?sort=change"))
    assert page.index("Nybesök, u1") < page.index("Återbesök, u3") < page.index("Ögonlaser")
    assert 'aria-sort="ascending"' in page
    page = table_of(reader.get("/need/?sort=name"))
    assert page.index("Nybesök, u1") < page.index("Återbesök, u3") < page.index("Ögonlaser")
    found = reader.get("/need/?q=nybes%C3%B6k+u2&sort=-total")
    assert names(found) == ["Nybesök, u2"]
    assert "1 av 4 vårdtjänster passar sökningen." in words(found)
    assert 'href="/units/region/need/?q=nyb' in text_of(found), "sorting keeps the search"
    assert "Ingen vårdtjänst passar sökningen" in words(reader.get("/need/?q=finnsinte"))
    assert reader.get("/need/?sort=../x&page=99999999&q=%00").status_code == 200


def test_services_of_one_name_are_told_apart_by_their_units(told, reader) -> None:
    run = told(3)
    for row in run.told:
        row["service_name"] = "Nybesök"
    assert "Mest ökar Nybesök, Dagvård 3: +20" in words(reader.get("/need/"))


def test_many_services_are_shown_a_hundred_at_a_time(use, reader) -> None:
    lake, results = fakes.region(120)
    use(lake, results)
    first, second = reader.get("/need/?sort=-last"), reader.get("/need/?sort=-last&page=2")
    assert (len(names(first)), len(names(second))) == (100, 20)
    assert not set(names(first)) & set(names(second))
    assert 'href="/units/region/need/?sort=-last&amp;page=2"' in text_of(first)
    assert 'href="/units/region/need/?sort=-last"' in text_of(second)


def test_a_reader_sees_the_own_subtree_and_nothing_else(region, log_in) -> None:
    client = log_in((Role.READER, "k0"))
    page = text_of(client.get("/need/"))
    assert sorted(set(re.findall(r"/units/(u\d+)/need/service/", page))) == ["u0", "u1", "u2"]
    assert client.get("/units/k1/need/").status_code == 404
    assert client.get("/units/u3/need/service/?service=s1").status_code == 404
    assert client.get("/units/u0/need/service/?service=s1").status_code == 200
    assert client.get("/units/k0/need/service/?service=s1").status_code == 404, "the service is another unit's"
    assert client.get("/units/u0/need/service/?service=other").status_code == 404
    assert client.get("/units/u0/need/service/").status_code == 404


def test_nothing_computed_and_a_run_without_need_say_so(use, reader) -> None:
    lake, results = fakes.region(3)
    results.run.told = None
    use(lake, results)
    for path in ("/need/", "/units/u0/need/", SERVICE):
        assert "gjordes innan behovet sparades" in words(reader.get(path))
    assert reader.get("/units/u0/why/", {"service": "s1", "week": fakes.WEEKS[0], "figure": "need"}).status_code == 404
    results.run = None
    assert "Inget är beräknat ännu" in words(reader.get("/need/"))


def test_without_any_role_the_list_is_empty_and_says_why(region, log_in) -> None:
    assert "ännu ingen roll" in words(log_in().get("/need/"))


def test_one_service_by_week_and_by_month(told, reader) -> None:
    told()
    response = reader.get(SERVICE)
    said = words(response)
    assert "Behovet väntas bli 1 000 de närmaste 52 veckorna (80 % intervall 940–1 060)" in said.replace("\u00a0", " ")
    assert "lika mycket som samma tid förra året" in said
    assert "Behovet är det som kommer in på väntelistan, räknat per vecka." in said
    page = text_of(response)
    table = re.search(r'id="need-table".*?</table>', page, re.S).group()
    assert table.count('<th scope="row">') == 52 + 52, "a year back and the run's weeks"
    assert "figure=need" in table
    assert table.count('<tr class="now">') == 1
    assert table.count('<tr class="summer">') == 5
    assert text_of(reader.get(f"{SERVICE}&back=2")).count('<th scope="row">2') == 0
    longer = re.search(r'id="need-table".*?</table>', text_of(reader.get(f"{SERVICE}&back=2")), re.S).group()
    assert longer.count('<th scope="row">') == 104 + 52
    months = re.search(r'id="need-table".*?</table>', text_of(reader.get(f"{SERVICE}&period=month")), re.S).group()
    assert months.count('<th scope="row">') == 12 + 1
    assert "12,0 hittills" in months
    assert months.count("figure=need_outcome") == 12
    assert "figure=need_month" in months
    assert reader.get(f"{SERVICE}&period=day&back=77").status_code == 200


def test_a_service_counted_by_month_has_no_weeks(told, reader) -> None:
    part = {"month": "2026-11", "level": 20.0, "trend": 1.01, "season": 1.2, "working_days": 0.9, "deviation": 1.0}
    told(frequency="month", weeks=None, factors=[part | {"base": 21.8}], need_is_inflow=False)
    page = text_of(reader.get(f"{SERVICE}&period=week"))
    (row,) = re.findall(r'<th scope="row">2026-11</th>(?:<td class="n"><a [^>]*>[^<]*</a></td>){5}', page)
    assert re.findall(r'">([^<]+)</a>', row) == ["20,0", "1,010", "1,200", "0,900", "1,000"]
    assert ">Vecka</a>" not in page
    assert "det som har utförts, räknat per månad" in page
    assert "Delarna vecka för vecka" not in page


def test_what_the_forecast_multiplies_is_said(told, reader) -> None:
    told()
    said = words(reader.get(SERVICE)).replace("\u00a0", " ")
    assert "Nivå 20,0 en vanlig vecka" in said
    assert "+2,0 % per år (95 % intervall −1,0 % till +5,0 %), dämpas framåt" in said
    assert "Arbetsdagar −20 % den vecka som har färst arbetsdagar" in said
    assert "Sommar −30 % v. 27–31" in said
    assert "Jul och nyår ingen av beräkningens veckor" in said


def test_adjustments_stand_apart_from_the_forecast(told, reader) -> None:
    told(adjusted=[ADJUSTED], base_total=960.0, adjustments=1)
    response = reader.get(SERVICE)
    said = words(response).replace("\u00a0", " ")
    assert "Prognosen före 960 Justeringarna +40 Prognosen som gäller 1 000" in said
    assert "+5,0 % av prognosen 2026-12-01 – 2027-02-28 +40 Produktionsplanerare Klinik 2026-11-20 Ny remissväg" in said
    assert "Ingen justerad vecka eller månad har fått sitt utfall ännu" in said
    assert "Före justering" in said
    assert "1 justering" in words(reader.get("/need/"))
    told()
    assert "Ingen planerare har ändrat prognosen" in words(reader.get(SERVICE))


def trial(week: int, outcome: float):
    return {
        "author_level": "clinic",
        "service_id": "s1",
        "period": f"2026-W{week:02d}",
        "before": 40.0,
        "after": 50.0,
        "outcome": outcome,
    }


@pytest.mark.parametrize(
    ("weeks", "verdict"),
    [(11, "För få för att säga, minst 12 behövs"), (12, "Justeringarna gjorde prognosen bättre")],
)
def test_few_weeks_say_nothing_of_what_judgement_is_worth(weeks, verdict, told, reader) -> None:
    told(trials=[trial(week, 48.0) for week in range(1, weeks + 1)], adjusted=[ADJUSTED])
    for path in (SERVICE, "/need/"):
        said = words(reader.get(path))
        assert f"Klinik {weeks} 8,0 2,0 {verdict}" in said
    foreign = judgements.worth([trial(week, 30.0) for week in range(1, 20)])
    assert foreign[0].verdict == "Justeringarna gjorde prognosen sämre"


def test_how_good_the_forecast_has_been(told, reader) -> None:
    told(backtest=TESTED)
    response = reader.get(SERVICE)
    said = words(response).replace("\u00a0", " ")
    assert "Prognosen har varit bättre än att gissa på förra årets värde: felet var i medeltal 2,5 mot 4,0." in said
    assert "Av 26 veckor låg 50 % inom 80 %-intervallet." in said
    assert "vid 2 tidigare tidpunkter" in said
    assert "MASE 0,70 Inom 80 %-intervallet 50 % För högt eller lågt i allt −3,1 %" in said
    table = re.search(r'id="test-table".*?</table>', text_of(response), re.S).group()
    assert table.count('<th scope="row">') == 26
    assert table.count(">utanför<") == 13
    told()
    said = words(reader.get(SERVICE))
    assert "Historiken är för kort för att säga hur bra prognosen är" in said
    assert "test-table" not in text_of(reader.get(SERVICE))


@pytest.mark.parametrize(("verdict", "words_"), [("worse", "sämre än"), ("same", "lika bra som")])
def test_a_forecast_that_is_no_better_is_told_of(verdict, words_) -> None:
    assert words_ in need_sentences.how_good(TESTED | {"verdict": verdict}, "month")


def test_years_ahead_and_why_or_what_is_lacking(told, reader) -> None:
    told(years=YEARS)
    response = reader.get(SERVICE)
    said = words(response).replace("\u00a0", " ")
    assert "År 2036 väntas behovet vara 1 200, +20 % mot det senaste året." in said
    assert "Mest beror det på befolkningens ålder och sammansättning." in said
    assert re.search(r'id="years-table".*?</table>', text_of(response), re.S).group().count('<th scope="row">') == 11
    assert "justeringar" not in re.search(r'id="years-table".*?</table>', text_of(response), re.S).group()
    rows = [row | {"adjusted": 312.5} for row in YEARS["rows"]]
    told(years=YEARS | {"adjustments": 1, "rows": rows})
    response = reader.get(SERVICE)
    said = words(response).replace("\u00a0", " ")
    assert "Mest beror det på planerarnas justeringar." in said
    assert "Planerarnas justeringar läggs till, var och en de dagar den gäller." in said
    assert text_of(response).count('">+312,5</a></td>') == 10
    told()
    said = words(reader.get(SERVICE))
    assert "Utan befolkning kan behovet flera år framåt inte räknas." in said
    assert "när en befolkning med framskrivna år är inläst" in said
    assert "years-table" not in text_of(reader.get(SERVICE))


def test_events_are_numbered_as_in_the_chart_and_only_those_that_touch_it(told, reader) -> None:
    told(annotated=EVENTS)
    said = words(reader.get(f"{SERVICE}&back=3"))
    assert "1 2025-03-03 – 2025-03-20 Ombyggnad av sal 3 (ombyggnad) – räknas inte i prognosen" in said
    assert "Pandemi" not in said
    row = fakes.need_row("u0")
    past, ahead = row["weeks"]["past"], row["weeks"]["ahead"]
    events = spans(EVENTS, [each["period"] for each in (*past, *ahead)])
    chart = need_chart(past, ahead, events, "Titel")
    assert [(chart["labels"][mark["at"]], mark["text"]) for mark in chart["marks"]] == [("v. 10", "1")]
    assert len(chart["tips"]) == len(chart["labels"]) == len(past) + len(ahead)
    assert all(len(series["values"]) == len(chart["labels"]) for series in chart["series"])


def test_the_need_of_a_week_is_explained_down_to_its_rows(told, log_in) -> None:
    told()
    client = log_in((Role.ANALYST, "u0"))
    asked = {"service": "s1", "week": fakes.WEEKS[1], "figure": "need"}
    response = client.get("/units/u0/why/", asked)
    said = words(response)
    assert "Varför denna siffra?" in said
    assert "Behov = prognos för veckan" in said
    page = text_of(response)
    assert 'href="/units/u0/need/service/?service=s1"' in page
    assert f"?service=s1&amp;week={fakes.WEEKS[0]}&amp;figure=need" in page, "the week before"
    rows = client.get("/units/u0/why/rows/", asked | {"step": "inputs-0"})
    assert "12 345,5" in words(rows).replace("\u00a0", " ")
    purpose = client.get("/units/u0/why/rows/", asked | {"step": "terms-0"})
    assert '<input type="hidden" name="service" value="s1">' in text_of(purpose)
    given = asked | {"step": "terms-0", "purpose": "Kontroll av prognosen"}
    shown = client.post("/units/u0/why/patient-rows/", given)
    assert shown.status_code == 200
    assert "PATIENT-1" not in text_of(shown)
    assert AuditEvent.objects.filter(event=Event.PATIENT_ROWS_READ, unit_id="u0").count() == 1
    for wrong in ({"service": "other"}, {"week": "2020-W01"}, {"figure": "needs"}):
        assert client.get("/units/u0/why/", asked | wrong).status_code == 404
    back = client.get("/units/u0/why/patient-rows/", asked | {"step": "terms-0"})
    assert "service=s1" in back.url


def test_english(told, reader) -> None:
    told(adjusted=[ADJUSTED], backtest=TESTED, years=YEARS)
    reader.cookies["vardbalans_language"] = "en"
    said = words(reader.get(SERVICE))
    assert "The need is expected to be 1,000 in the coming 52 weeks" in said
    assert "The forecast has been better than guessing last year's value" in said.replace("&#x27;", "'")
    assert "Need by" in said or "By service" in said


@pytest.mark.parametrize(
    ("text", "value"),
    [("4", 4), ("1,05", 1.05), ("−3", -3), ("1 000", 1000), ("+2.5", 2.5), ("fyra", None), ("1e3", None), ("٣", None)],
)
def test_numbers_as_people_type_them(text, value) -> None:
    assert typed_number(text) == value


GIVEN = {
    "date_from": "2026-12-01",
    "date_to": "2027-02-28",
    "per_week": "4,5",
    "factor": "",
    "author": "Produktionsplanerare; ortopedi",
    "reason": 'Ny remissväg\r\nfrån "primärvården"',
}
FORM = "/data/adjustments/new/?service=A"


FOLLOWED: list[int] = []
"""The versions that a balance was asked for."""


@pytest.fixture
def lake(tmp_path, settings, monkeypatch) -> Lake:
    settings.STORE = tmp_path / "store"
    made = Lake(settings.STORE)
    paths = deliveries.write(tmp_path / "files", deliveries.REGION)
    with intake.prepare(made, paths, today=date(2026, 11, 23)) as preview:
        intake.commit(made, preview, by="Natten", at=datetime(2026, 11, 20, 5, tzinfo=UTC))
    monkeypatch.setattr(actions, "job_follow", lambda **_asked: None)  # no judging
    monkeypatch.setattr(actions, "balance_follow", lambda **asked: FOLLOWED.append(asked["version"]))
    FOLLOWED.clear()
    forget()
    return made


@pytest.mark.parametrize(
    ("role", "unit_id", "level"),
    [
        (Role.PLANNER, "K1", "clinic"),
        (Role.ANALYST, "K1", "clinic"),
        (Role.PLANNER, "R", "region"),
        (Role.PLANNER, ALL_UNITS, "region"),
    ],
)
def test_an_adjustment_is_stored_as_a_version_from_the_level_of_the_planners_unit(
    role, unit_id, level, lake, log_in, work
) -> None:
    anna = log_in((role, unit_id))
    assert "Nybesök" in words(anna.get(FORM))
    response = anna.post(FORM, GIVEN | {"author_level": "division"})  # what a person sends of it counts for nothing
    assert response.status_code == 302
    assert "Sparar justeringen" in words(anna.get(response.url))
    work()
    assert (lake.head().number, lake.head().by) == (2, "Anna")
    (row,) = lake.read("adjustments", 2).to_pylist()
    assert (row["service_id"], row["per_week"], row["factor"]) == ("A", 4.5, None)
    assert (row["author"], row["author_level"]) == ("Produktionsplanerare; ortopedi", level)
    assert row["reason"] == 'Ny remissväg från "primärvården"'
    assert (row["date_from"], row["date_to"]) == (date(2026, 12, 1), date(2027, 2, 28))
    assert "Justeringen är sparad Sparat Den står i version 2" in words(anna.get(response.url))
    assert FOLLOWED == [2]
    made, imported = AuditEvent.objects.order_by("pk")
    assert (made.event, made.actor.username, made.unit_id) == (Event.ADJUSTMENT_MADE, "anna", "K1")
    assert (made.target, made.reason) == (f"{row['adjustment_id']} service A level {level}", row["reason"])
    assert (imported.event, imported.unit_id) == (Event.IMPORTED, "K1")
    assert imported.target.startswith(f"{row['adjustment_id']} job ")


def test_the_nearest_of_several_units_is_the_one_judged_from(lake, log_in, work) -> None:
    log_in((Role.PLANNER, "R"), (Role.PLANNER, "K1"), (Role.ANALYST, ALL_UNITS)).post(FORM, GIVEN)
    work()
    assert lake.read("adjustments", 2)["author_level"].to_pylist() == ["clinic"]


def test_who_may_not_adjust_leaves_nothing_behind(lake, log_in, work) -> None:
    assert log_in((Role.PLANNER, "K2")).post(FORM, GIVEN).status_code == 404
    assert log_in((Role.READER, "K1"), username="bo").post(FORM, GIVEN).status_code == 403
    eva = log_in((Role.PLANNER, "K1"), username="eva")
    assert eva.get("/data/adjustments/new/?service=B").status_code == 404
    address = eva.post(FORM, GIVEN).url
    assert log_in((Role.PLANNER, "K2"), username="ola").get(address).status_code == 404
    assert log_in((Role.PLANNER, "R"), username="ulf").get(address).status_code == 200
    assert AuditEvent.objects.filter(event=Event.ADJUSTMENT_MADE).count() == Job.objects.count() == 1
    assert work()
    assert eva.get("/data/adjustments/999/").status_code == 404


def test_an_adjustment_goes_on_top_of_what_came_meanwhile_and_only_once(lake, log_in, monkeypatch) -> None:
    """Another import comes between reading and storing; then the worker dies, and the job is done again."""
    log_in((Role.PLANNER, "K1")).post(FORM, GIVEN)
    commit, came = pipeline.commit, []

    def meanwhile(preview, **more):
        if not came:
            came.append(1)
            absences = deliveries.write(lake.root / "more", deliveries.ABSENCES)
            with intake.prepare(lake, absences, today=date(2026, 11, 23)) as other:
                intake.commit(lake, other, by="Natten", at=datetime(2026, 11, 20, 6, tzinfo=UTC))
        return commit(preview, **more)

    monkeypatch.setattr(pipeline, "commit", meanwhile)
    job = leases.claim(worker="a")
    assert steps.adjust(Run(job)).result["version"] == 3
    assert steps.adjust(Run(job)).result["version"] == 3
    assert (lake.head().number, lake.read("adjustments", 3).num_rows, lake.read("absences", 3).num_rows) == (3, 1, 3)


def test_an_adjustment_that_cannot_be_stored_says_why(lake, log_in, work, monkeypatch) -> None:
    anna = log_in((Role.PLANNER, "K1"))
    monkeypatch.setattr(adjusting, "row_of", lambda *given, made=adjusting.row_of: made(*given) | {"factor": "1,1"})
    address = anna.post(FORM, GIVEN).url
    work()
    said = words(anna.get(address))
    assert "Justeringen sparades inte" in said
    assert "faktor" in said
    assert lake.head().number == 1
    assert FOLLOWED == []


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"per_week": ""}, "Ange antingen antal per vecka eller faktor."),
        ({"factor": "1,1"}, "Ange antingen antal per vecka eller faktor."),
        ({"per_week": "fyra"}, "Skriv ett tal, till exempel 4 eller 1,05."),
        ({"per_week": "", "factor": "-1"}, "Faktorn måste vara noll eller mer."),
        ({"date_to": "2026-11-01"}, "Sista dagen ligger före den första."),
        ({"date_from": "12/01/2026"}, "giltigt datum"),
        ({"reason": " "}, "måste fyllas i"),
    ],
)
def test_what_does_not_say_one_thing_is_refused_in_a_sentence(wrong, sentence, lake, log_in) -> None:
    anna = log_in((Role.PLANNER, "K1"))
    response = anna.post(FORM, GIVEN | wrong)
    assert response.status_code == 422
    assert sentence in words(response)
    assert Job.objects.count() == AuditEvent.objects.count() == 0


def test_the_way_to_the_form_is_shown_to_those_who_may_adjust(told, log_in) -> None:
    told()
    for roles, may in (([(Role.PLANNER, "u0")], True), ([(Role.READER, "u0"), (Role.PLANNER, "u7")], False)):
        said = words(log_in(*roles, username=str(may)).get(SERVICE))
        assert ("Justera prognosen" in said) == may
        assert ("Be enhetens planerare" in said) != may


def test_the_need_of_all_weeks_says_why_and_other_spans_do_not(log_in, region) -> None:
    client = log_in((Role.READER, "u0"))
    link = re.search(r'<a href="([^"]*figure=need_total[^"]*)"', client.get("/units/u0/need/").content.decode())
    assert link
    address = link[1].replace("&amp;", "&")
    shown = words(client.get(address))
    assert "Behov 2 080,0 aktiviteter" in shown
    assert "Prognos för veckorna 2 080,0" in shown
    assert client.get(address.replace("2026-W48", "2026-W49")).status_code == 404
