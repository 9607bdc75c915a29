"""The page Väntelista: what it says, what it may show to whom, and that reading a list person by person is recorded."""

import re
from datetime import date

import pyarrow as pa
import pytest
from django.test import Client

from tests.web import fakes
from tests.web.test_pages import text_of, words
from vardbalans.data.quality import Judgements, Report
from vardbalans.data.quality.rows import COUNTS, ROWS
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web.insight import waits_chart, waits_review, waits_sentences
from vardbalans.web.people.models import AuditEvent, Event
from vardbalans.web.people.permissions import Role

pytestmark = pytest.mark.django_db
SERVICE = "/units/u0/waits/service/?service=s1"
REVIEW = "/units/u0/waits/review/"
ROWS_OF_REVIEW = f"{REVIEW}rows/"
FIRST = fakes.WEEKS[0]


@pytest.fixture
def told(use):
    """Put a region in place whose first unit's list is told with *more*; return its stored run."""

    def put(count: int = 3, **more):
        lake, results = fakes.region(count)
        results.run.listed[0] |= more
        use(lake, results)
        return results.run

    return put


@pytest.fixture
def reader(log_in) -> Client:
    return log_in((Role.READER, "region"))


def said(response) -> str:
    return words(response).replace("\u00a0", " ")


def names(response) -> list[str]:
    return re.findall(r">(Nybesök, \w+)</a>", text_of(response))


def table(response, name: str) -> str:
    return re.search(rf'id="{name}".*?</table>', text_of(response), re.S).group()


# The list


def test_the_list_of_the_region(region, reader, django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(9):
        response = reader.get("/waits/")
    told = said(response)
    assert "1 953 väntar på 18 listor. Av 18 listor med en gräns är det 18 där någon har väntat för länge." in told
    assert "Behandlade är de som behandlades från 2026-08-24 till dess" in told
    page = text_of(response)
    assert page.count('<th scope="row"><a href="/units/u') == 18
    assert page.count('<svg class="spark"') == 18
    assert 'aria-current="page">Väntelista</a>' in page
    row = re.search(r"Nybesök, u3</a>.*?</tr>", page, re.S).group()
    cells = [re.sub(r"<[^>]+>", "", cell).replace("\u00a0", " ") for cell in re.findall(r"<td.*?</td>", row, re.S)]
    assert cells[1:4] == ["103", "−20 %", "v. 5 2027 v. 53 2026 – senare än 52 veckor"]
    assert cells[4:8] == ["95 %", "–", "34", "75"], "those waiting; the hidden way is no number"
    assert cells[8:] == ["70 %", "72 %", "91", "113"], "those treated"


def test_sorted_searched_chosen_and_kept_in_the_address(told, reader) -> None:
    run = told(4, waiting_within=None, within_week=None, kind="surgery")
    run.listed[2]["waiting_within"] = 0.5
    assert names(reader.get("/waits/?sort=within")) == [f"Nybesök, u{n}" for n in (2, 3, 1, 0)], "unknown stands last"
    assert names(reader.get("/waits/?sort=-queue"))[0] == "Nybesök, u3"
    assert names(reader.get("/waits/?sort=-guarantee"))[0] == "Nybesök, u0", "never is the last of all"
    found = reader.get("/waits/?q=nybes%C3%B6k&kind=first_visit&sort=-median")
    assert sorted(names(found)) == ["Nybesök, u1", "Nybesök, u2", "Nybesök, u3"]
    assert "3 av 4 väntelistor passar urvalet." in said(found)
    page = text_of(found)
    assert 'aria-sort="descending"' in page
    assert "?q=nybes%C3%B6k&amp;kind=first_visit&amp;sort=median" in page, "the next sorting keeps the choice"
    assert '<option value="first_visit" selected>Nybesök</option>' in page
    assert "Ingen väntelista passar urvalet" in said(reader.get("/waits/?q=finnsinte"))
    assert reader.get("/waits/?sort=../x&page=99999999&q=%00&kind=x").status_code == 200


def test_many_lists_are_shown_a_hundred_at_a_time(use, reader) -> None:
    use(*fakes.region(120))
    first, second = reader.get("/waits/?sort=-queue"), reader.get("/waits/?sort=-queue&page=2")
    assert (len(names(first)), len(names(second))) == (100, 20)
    assert not set(names(first)) & set(names(second))


def test_a_reader_sees_the_own_subtree_and_nothing_else(region, log_in) -> None:
    client = log_in((Role.READER, "k0"))
    page = text_of(client.get("/waits/"))
    assert sorted(set(re.findall(r"/units/(u\d+)/waits/service/", page))) == ["u0", "u1", "u2"]
    assert "303 väntar på 3 listor" in words(client.get("/waits/")), "no sum tells of others"
    assert "303 väntar på 3 listor" in words(client.get("/")), "nor on the overview"
    assert client.get("/units/k1/waits/").status_code == 404
    for path in ("service/?service=s1", "review/?service=s1"):
        assert client.get(f"/units/u3/waits/{path}").status_code == 404
        assert client.get(f"/units/u0/waits/{path}").status_code == 200
        assert client.get(f"/units/k0/waits/{path}").status_code == 404, "the list is another unit's"
    assert client.get("/units/u0/waits/service/?service=other").status_code == 404
    assert "ännu ingen roll" in words(log_in(username="bo").get("/waits/"))


def test_nothing_computed_and_a_run_without_lists_say_so(use, log_in, reader) -> None:
    lake, results = fakes.region(3)
    results.run.listed = None
    use(lake, results)
    for path in ("/waits/", "/units/u0/waits/", SERVICE, f"{REVIEW}?service=s1"):
        assert "gjordes innan väntelistorna sparades" in words(reader.get(path))
    analyst = log_in((Role.ANALYST, "u0"), username="eva")
    assert analyst.post(ROWS_OF_REVIEW, {"service": "s1", "purpose": "Veckans genomgång"}).status_code == 404
    assert reader.get("/units/u0/why/", {"service": "s1", "week": FIRST, "figure": "queue"}).status_code == 404
    assert "Väntelista</a>:" not in text_of(reader.get("/"))
    results.run = None
    assert "Inget är beräknat ännu" in words(reader.get("/waits/"))


def test_linked_from_the_overview_the_need_and_the_balance(region, reader) -> None:
    overview = reader.get("/")
    card = text_of(overview).partition('aria-labelledby="guarantee-title"')[2].partition("</section>")[0]
    assert 'href="/units/region/waits/"' in card
    assert "1 953 väntar på 18 listor" in card.replace("\u00a0", " ")
    assert 'href="/units/u0/waits/service/?service=s1"' in text_of(reader.get("/units/u0/need/service/?service=s1"))
    assert 'href="/units/u0/waits/service/?service=s1"' in text_of(reader.get("/units/u0/balance/"))


# One list


def test_one_list_keeps_the_two_populations_and_three_ways_apart(told, reader) -> None:
    told()
    response = reader.get(SERVICE)
    page = said(response)
    assert "100 väntar. Listan väntas vara inom vårdgarantin v. 5 2027 (90 % intervall v. 53 2026 –" in page
    rows = re.findall(r"<tr[^>]*><th scope=\"row\">(.*?)</tr>", table(response, "waits-table"), re.S)
    plain = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).replace("\u00a0", " ").strip() for row in rows]
    assert plain[0] == "Väntande alla 100 40 40 40 95,0 %"
    assert plain[1] == "Väntande utan PvV och MoV – – – – –", "hidden is no zero"
    assert plain[3] == "Behandlade alla 80 40 40 40 70,0 %"
    assert "Mot medicinskt måldatum, som är något annat än vårdgarantin: väntande 95,0 % av 100" in page


def test_hidden_numbers_are_said_to_be_hidden(told, reader) -> None:
    told()
    response = reader.get(SERVICE)
    page = text_of(response)
    bars = table(response, "bars-table")
    hidden = re.search(r"31–60.*?</tr>", bars, re.S).group()
    assert hidden.count(">dold<") == 2
    assert hidden.count('width="0.0%"') == 2, "nothing is drawn of what is hidden"
    limit = re.search(r'<tr class="[^"]*limit[^"]*"><th scope="row">(\S+)', bars).group(1)
    assert limit == "61–90"
    assert "gräns 90 dagar" in bars
    groups = table(response, "groups-table")
    assert re.search(r'<th scope="row">1</th><td class="n muted">dold</td>', groups)
    assert re.findall(r'<tr><th scope="row">([^<]+)', groups) == ["9 – Genast", "1", "2", "Utan prioritet"]
    assert "Dold: färre än 5 personer" in page
    assert "Kvinna" in table(reader.get(f"{SERVICE}&group=sex"), "groups-table")


def test_a_limit_that_has_changed_stands_beside_the_one_before(told, reader) -> None:
    """Each wait is held against the limit of its start, so that the share is of no one number of days."""
    told(limits=[fakes.LIMIT | {"days": 60, "valid_from": "2026-06-01"}, fakes.LIMIT])
    response = reader.get(SERVICE)
    bars = table(response, "bars-table")
    assert "gräns 60 dagar" in bars
    assert "gräns 90 dagar" in bars
    assert "90, 60 dagar" in said(response)
    assert "har väntat högst" not in said(response)


def test_a_list_tells_which_group_waits_longest_but_not_which_priority(told, reader) -> None:
    row = told().listed[0]
    mine = next(each for each in row["waits"] if each["group"] == "female" and each["part"] == "waiting")
    other = mine | {"group": "male", "included": mine["included"] | {"median_days": 10.0}}
    row["waits"].append(other)
    page = said(reader.get(f"{SERVICE}&group=sex"))
    days = mine["included"]["median_days"]
    most, least = (("Kvinna", days), ("Man", 10.0)) if days > 10 else (("Man", 10.0), ("Kvinna", days))
    assert (
        f"Väntande: längst median har {most[0]}, {most[1]:.0f} dagar, och kortast {least[0]}, {least[1]:.0f}." in page
    )
    assert "gånger så länge" in page
    assert "längst median har" not in said(reader.get(f"{SERVICE}&group=priority"))


def test_everything_is_in_the_address(told, reader) -> None:
    told()
    response = reader.get(f"{SERVICE}&group=sex&by={fakes.WEEKS[3]}&back=2")
    page = text_of(response)
    assert f'value="{fakes.WEEKS[3]}" selected' in page
    assert "behöver 20,0 behandlas en vanlig vecka (90 % intervall 19,0–21,0)" in said(response)
    assert "Det är 12,0 fler än det senaste årets 8,0" in said(response)
    assert f"&amp;back=2&amp;group=priority&amp;by={fakes.WEEKS[3]}#groups" in page, "other choices keep these"
    assert '<input type="hidden" name="group" value="sex">' in page
    usual = reader.get(f"{SERVICE}&group=x&by=2020-W01&back=9")
    assert "behöver 12,0 behandlas" in said(usual), "what cannot be is passed over"
    assert '<option value="2027-W20" selected>' in text_of(usual)


def test_the_account_and_the_outlook_stand_in_one_table(told, reader) -> None:
    told()
    rows = table(reader.get(SERVICE), "account-table")
    assert rows.count('<th scope="row">') == 52 + 52
    assert rows.count("figure=queue") == 5 * (52 + 52), "every figure of every period"
    assert rows.count('<tr class="now">') == 1
    shares = table(reader.get(SERVICE), "share-table")
    assert shares.count('<th scope="row">') == 52
    assert "25\u00a0%" in shares


def test_a_list_without_a_limit_or_an_outlook_promises_nothing(told, reader) -> None:
    none = {"limit_days": None, "measure": "none", "reached": None, "within_week": None, "within_low": None}
    told(**none, needed=[], weeks=[], ahead=[], limits=[], ahead_reason={"template": "listan är okänd", "values": {}})
    page = said(reader.get(SERVICE))
    assert "Vårdgarantin sätter ingen gräns för den här väntan." in page
    assert "Listan är okänd." in page
    assert "Vad krävs" not in page
    assert "När är vi inom" not in page
    assert "ingen gräns" in said(reader.get("/waits/"))


def test_of_a_list_known_only_in_total_the_number_is_carried_on(told, reader) -> None:
    weeks = [
        {"period": week, "queue": {"mean": 100.0, "q05": 90.0, "q50": 100.0, "q95": 110.0}} for week in fakes.WEEKS
    ]
    told(weeks=weeks, reached=None, within_week=None, within_low=None, needed=[], waits=[], intervals=[])
    response = reader.get(SERVICE)
    assert "Hur länge var och en har väntat är inte känt för den här listan." in said(response)
    assert "framskrivet som det har varit" in said(response)
    assert "90–110" in table(response, "account-table")


def test_a_list_counted_by_month_is_shown_by_month(told, reader) -> None:
    history = [row | {"period": f"2026-{n:02d}"} for n, row in enumerate(fakes.list_row("u0")["history"][:11], 1)]
    told(frequency="month", history=history)
    rows = table(reader.get(SERVICE), "account-table")
    assert '<th scope="row">2026-12</th>' in rows
    assert rows.count('<th scope="row">') == 11 + 13
    december = re.search(r'<th scope="row">2026-12</th>.*?</tr>', rows, re.S).group()
    assert ">40,0<" in december, "four weeks end in December 2026"


def test_a_shared_list_says_where_people_wait(told, reader) -> None:
    told(sites=[{"unit_id": "u0", "n": 60}, {"unit_id": "u1", "n": None}])
    page = said(reader.get(SERVICE))
    assert "En lista, flera enheter" in page
    assert "Mottagning 1 60 Operation 2 dold" in page


@pytest.mark.parametrize(
    ("more", "short", "long"),
    [
        ({"within_week": None, "within_low": None}, "inte på 52 veckor", "väntas inte komma inom vårdgarantin"),
        (
            {"within_week": FIRST, "waiting_law": 1.0, "within_low": FIRST, "within_high": FIRST},
            "nu och framåt",
            "Alla är inom vårdgarantin nu, och väntas vara det",
        ),
        (
            {"within_week": FIRST, "waiting_law": 1.0, "breaks_week": "2027-W10"},
            "nu, bryts troligen v. 10 2027",
            "men den bryts troligen v. 10 2027",
        ),
        ({"within_week": FIRST, "within_high": FIRST, "within_low": FIRST}, "v. 48 2026", "vårdgarantin v. 48 2026."),
        ({"reached": None, "waiting_law": 1.0}, "inom gränsen nu", "100 väntar."),
        ({"reached": None}, "–", "100 väntar."),
    ],
)
def test_when_a_list_is_within_the_guarantee(more, short, long) -> None:
    row = fakes.list_row("u0") | more
    assert waits_sentences.guarantee(row, FIRST, 52).replace("\u00a0", " ") == short
    assert long in waits_sentences.conclusion(row, FIRST, 52).replace("\u00a0", " ")


def test_bars_mark_the_interval_that_holds_the_limit() -> None:
    rows = [
        {"measure": None, "part": "waiting", "days_from": a, "days_to": b, "n": 10} for a, b in ((0, 99), (100, None))
    ]
    bars = waits_chart.bars(rows, "treatment", (126,))
    assert [(bar.limits, bar.over, bar.treated) for bar in bars] == [((), False, 0), ((126,), False, 0)]
    assert [bar.over for bar in waits_chart.bars(rows, "treatment", (90,))] == [False, True]


def test_charts_have_a_value_and_a_text_for_every_period() -> None:
    row = fakes.list_row("u0")
    ahead = [week | {"came": 10.0} for week in row["weeks"]]
    ahead[3] = ahead[3] | {"waiting_within": None}
    for chart in (
        waits_chart.queue_chart(row["history"], ahead, "Titel"),
        waits_chart.flow_chart(row["history"], ahead, "Titel"),
        waits_chart.share_chart(ahead, "Titel"),
    ):
        size = len(chart["labels"])
        assert size == len(chart["tips"])
        assert all(len(series["values"]) == size for series in chart["series"])
        assert all(len(band["low"]) == len(band["high"]) == size for band in chart["bands"])


# Why


def test_figures_are_explained_down_to_their_rows(told, log_in) -> None:
    told()
    client = log_in((Role.ANALYST, "u0"))
    asked = {"service": "s1", "week": "2026-W47", "figure": "queue"}
    response = client.get("/units/u0/why/", asked)
    page = said(response)
    assert "Väntande 100 personer" in page
    assert "väntande = väntade när perioden började + kom till listan − behandlade" in page
    assert 'href="/units/u0/waits/service/?service=s1"' in text_of(response)
    purpose = client.get("/units/u0/why/rows/", asked | {"step": "terms-2"})
    assert '<input type="hidden" name="figure" value="queue">' in text_of(purpose)
    given = asked | {"step": "terms-2", "purpose": "Kontroll av väntelistan"}
    shown = client.post("/units/u0/why/patient-rows/", given)
    assert "Behandlades från och med: 2026-11-16" in said(shown)
    assert "PATIENT-1" not in text_of(shown)
    assert AuditEvent.objects.filter(event=Event.PATIENT_ROWS_READ, unit_id="u0").count() == 1
    ahead = said(client.get("/units/u0/why/", asked | {"week": FIRST}))
    assert "Leds hit av andra vårdtjänster 2" in ahead
    needed = said(client.get("/units/u0/why/", asked | {"week": "2027-W20", "figure": "production_needed"}))
    assert "Håller gränsen, också efter datumet 9" in needed
    treated = said(client.get("/units/u0/why/", asked | {"figure": "treated"}))
    assert "Behandlade 80 personer Alla som behandlades från 2026-08-24 till 2026-11-22." in treated
    for wrong in ({"service": "other"}, {"week": "2020-W01"}, {"figure": "treated", "week": FIRST}):
        assert client.get("/units/u0/why/", asked | wrong).status_code == 404


def test_what_is_hidden_is_not_explained_either(told, log_in) -> None:
    told(waiting_n=None)
    asked = {"service": "s1", "week": "2026-W47", "figure": "waiting"}
    assert log_in((Role.ANALYST, "u0")).get("/units/u0/why/", asked).status_code == 404


# Whether the list is right


def test_doubts_are_counted_and_few_are_hidden(told, reader, log_in, settings, tmp_path) -> None:
    settings.STORE = tmp_path
    told()
    assert "Dataversionen är inte bedömd ännu." in said(reader.get(SERVICE))
    rows = [("duplicate_referral", "s1")] * 6 + [("dead_on_list", "s1")] + [("twice_on_list", "other")] * 9
    empty = dict.fromkeys(ROWS.names)
    found = pa.Table.from_pylist(
        [empty | {"rule": rule, "table": "referrals", "service_id": service} for rule, service in rows], schema=ROWS
    )
    Judgements(tmp_path).keep(3, Report(date(2026, 11, 22), COUNTS.empty_table(), found, pa.table({}), {}))
    page = said(reader.get(SERVICE))
    assert "6 Samma remiss finns under två id." in page
    assert "färre än 5 Patienten är avliden" in page
    assert "väntar två gånger" not in page
    assert "Den som läser in data kan hämta raderna" in page
    assert "/data/#rules-title" in text_of(log_in((Role.ANALYST, "region"), username="eva").get(SERVICE))


# The weekly review


def test_the_review_asks_for_a_purpose_and_is_recorded(told, log_in) -> None:
    told()
    client = log_in((Role.ANALYST, "u0"))
    form = text_of(client.get(f"{REVIEW}?service=s1&count=2"))
    assert 'value="2"' in form
    assert "R-1" not in form
    given = {"service": "s1", "count": "2", "days": "", "purpose": "kort"}
    refused = client.post(ROWS_OF_REVIEW, given)
    assert refused.status_code == 422
    assert "R-1" not in text_of(refused)
    assert not AuditEvent.objects.filter(event=Event.PATIENT_ROWS_READ).exists()
    response = client.post(ROWS_OF_REVIEW, given | {"purpose": "Veckans genomgång"})
    page = said(response)
    assert page.index("R-1") < page.index("R-2") < page.index("R-3"), "the recorded order is kept"
    assert "Skulle vara inom gränsen ändå" in page
    assert "Hinner före gränsen: en färre som passerar den" in page
    assert "Är i uppehåll och kan inte erbjudas tiden" in page
    assert "Patienten är avliden men står kvar på väntelistan." in page
    assert "I gränsernas ordning vore de 0; det är en jämförelse, inget förslag." in page
    (event,) = AuditEvent.objects.filter(event=Event.PATIENT_ROWS_READ)
    assert (event.unit_id, event.reason) == ("u0", "Veckans genomgång")
    assert event.target == "referrals version 3: 3/3 rows, review s1"


def test_the_review_is_in_the_address_and_a_reload_asks_again(told, log_in) -> None:
    told()
    client = log_in((Role.ANALYST, "u0"))
    again = client.get(ROWS_OF_REVIEW, {"service": "s1", "count": "3", "days": "2026-11-24, 2026-11-25"})
    assert again.status_code == 302
    assert again.url == f"{REVIEW}?service=s1&count=3&days=2026-11-24+2026-11-25"
    assert 'value="2026-11-24 2026-11-25"' in text_of(client.get(again.url))
    assert not AuditEvent.objects.filter(event=Event.PATIENT_ROWS_READ).exists()


def test_days_that_are_none_are_told_of(told, log_in) -> None:
    told()
    client = log_in((Role.ANALYST, "u0"))
    given = {"service": "s1", "purpose": "Veckans genomgång", "days": "2026-11-24 i morgon"}
    response = client.post(ROWS_OF_REVIEW, given)
    assert response.status_code == 422
    assert "i är ingen dag" in said(response)
    many = client.post(ROWS_OF_REVIEW, given | {"days": " ".join(["2026-11-24"] * 101)})
    assert "Skriv högst 100 dagar." in said(many)


def test_what_the_review_lacks_is_said_and_nothing_is_recorded(told, log_in, monkeypatch) -> None:
    told()

    def refuse(*_given, **_asked):
        raise BadInput(Message("Vårdtjänsten {service} har inga lediga tider. Ange dagar själv.", service="Nybesök"))

    monkeypatch.setattr(waits_review, "review_of", refuse)
    client = log_in((Role.ANALYST, "u0"))
    response = client.post(ROWS_OF_REVIEW, {"service": "s1", "purpose": "Veckans genomgång"})
    assert response.status_code == 422
    assert "Nybesök har inga lediga tider. Ange dagar själv." in said(response)
    assert not AuditEvent.objects.filter(event=Event.PATIENT_ROWS_READ).exists()


def test_a_list_that_has_moved_to_another_unit_is_not_shown(region, log_in) -> None:
    client = log_in((Role.ANALYST, "u1"))
    given = {"service": "s1", "purpose": "Veckans genomgång"}
    assert client.post("/units/u1/waits/review/rows/", given).status_code == 404
    assert not AuditEvent.objects.filter(event=Event.PATIENT_ROWS_READ).exists()


def test_who_may_not_read_about_people_is_told_what_to_do(told, log_in) -> None:
    told()
    planner = log_in((Role.PLANNER, "u0"))
    page = said(planner.get(f"{REVIEW}?service=s1"))
    assert "Din roll omfattar inte rader om enskilda personer" in page
    assert "Visa genomgången" not in page
    assert planner.post(ROWS_OF_REVIEW, {"service": "s1", "purpose": "Veckans genomgång"}).status_code == 403


def test_english(told, reader) -> None:
    told()
    reader.cookies["vardbalans_language"] = "en"
    assert "The list is expected to be within the care guarantee in wk 5 2027" in said(reader.get(SERVICE))
    assert "1 of 3 lists" not in said(reader.get("/waits/"))
    assert "3 lists" in said(reader.get("/waits/"))


def test_a_shared_list_has_its_page_and_its_services_lead_there(told, reader) -> None:
    services = [
        {"service_id": "s1", "unit_id": "u0", "service_name": "Nybesök, ett", "queue": 90.0},
        {"service_id": "x9", "unit_id": "hidden", "service_name": "Nybesök, två", "queue": 30.0},
    ]
    told(is_shared=True, shared={"services": services, "list": None})
    page = text_of(reader.get(SERVICE))
    assert "Vårdtjänster som delar listan" in page
    assert "Nybesök, två" in page
    assert "Veckans genomgång" not in page, "each service has its own"
    told(is_shared=False, shared={"services": [], "list": {"service_id": "shared:s1", "unit_id": "u0"}})
    page = text_of(reader.get(SERVICE))
    assert "service=shared%3As1" in page
    assert "Vårdtjänster som delar listan" not in page


def test_a_shared_list_is_not_counted_beside_its_services(told, reader) -> None:
    told()
    alone = said(reader.get("/units/u0/waits/"))
    told(is_shared=True, shared={"services": [], "list": None})
    assert said(reader.get("/units/u0/waits/")) != alone


def test_a_list_with_someone_late_now_is_not_said_to_be_within_now(told, reader) -> None:
    told(waiting_law=0.99, reached=1.0, within_week=FIRST, breaks_week=fakes.WEEKS[9])
    page = said(reader.get(SERVICE))
    assert "Alla väntas vara inom vårdgarantin" in page
    assert "Alla är inom vårdgarantin nu" not in page


def test_a_service_that_shares_its_list_leads_to_it_in_the_overview(told, reader) -> None:
    told(shares=True, reached=None, within_week=None, within_low=None, within_high=None, breaks_week=None)
    assert "se den gemensamma listan" in said(reader.get("/units/u0/waits/"))


def test_the_list_of_lists_leads_to_why(log_in, region) -> None:
    client = log_in((Role.READER, "u0"))
    page = client.get("/units/u0/waits/").content.decode().replace("&amp;", "&")
    for figure in ("queue", "waiting", "treated"):
        link = re.search(rf'<a href="([^"]*figure={figure})"', page)
        assert link, figure
        assert client.get(link[1]).status_code == 200, link[1]
