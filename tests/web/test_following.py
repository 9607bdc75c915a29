"""The page Uppföljning: plan, outcome and forecast, goals, frozen months, packs, meetings and decisions."""

import io
import json
import shutil
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from tests.web import deliveries, fakes
from tests.web.conftest import forget
from tests.web.figures import assert_explained
from tests.web.test_pages import text_of, words
from tests.web.test_pdf import text_in
from vardbalans.data import intake
from vardbalans.data.balance_run import run_balance
from vardbalans.data.lake import Lake
from vardbalans.data.results.year_figures import together
from vardbalans.engine.scenario import Settings
from vardbalans.web.following.models import Decision, DecisionState, FrozenMonth, Meeting, MonthComment
from vardbalans.web.numbers import number, percent, signed
from vardbalans.web.people.models import AuditEvent, Event
from vardbalans.web.people.permissions import Role

pytestmark = pytest.mark.django_db
PACK = "/units/K1/follow-up/pack/"
DECISION = {"text": "Öppna sal 3", "owner": "Verksamhetschef", "due": "2026-12-01", "figure": "", "scenario": ""}


def counts(changed: int = 0) -> str:
    """Return 40 and the month's number a month of each of two services; *changed* is added to November 2025 of one."""
    added = {("A", 25, 11): changed}
    rows = [
        f"{name};{unit};{name};20{year}-{month:02d};{40 + month + added.get((name, year, month), 0)}"
        for name, unit in (("A", "K1"), ("B", "K2"))
        for year in (23, 24, 25)
        for month in range(1, 13)
    ]
    return "series_id;unit_id;service_id;period;value\n" + "\n".join(rows) + "\n"


SERVICES = deliveries.REGION["services.csv"] + "B;Återbesök;K2;follow_up;none\n"
REGION = deliveries.REGION | {
    "services.csv": SERVICES,
    "counts.csv": counts(),
    "orders.csv": "unit_id;service_id;year;volume\nK1;A;2025;600\n",
}


def bring(lake: Lake, folder: Path, files: dict[str, str], hour: int) -> None:
    with intake.prepare(lake, deliveries.write(folder, files), today=date(2026, 11, 23)) as preview:
        intake.commit(lake, preview, by="Natten", at=datetime(2026, 11, 20, hour, tzinfo=UTC))


def computed(lake: Lake) -> None:
    run_balance(lake.root, at=datetime(2026, 11, 20, 9, tzinfo=UTC), settings=Settings(draws=20))


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("following")
    lake = Lake(root / "store")
    bring(lake, root / "files", REGION, 5)
    computed(lake)
    return root / "store"


@pytest.fixture
def lake(made, tmp_path, settings) -> Lake:
    settings.STORE = tmp_path / "store"
    shutil.copytree(made, settings.STORE)
    forget()
    return Lake(settings.STORE)


def freeze(client, month: str = "2025-11", unit: str = "K1"):
    return client.post(f"/units/{unit}/follow-up/pack/freeze/", {"month": month})


def test_the_year_of_a_unit_says_what_is_done_and_what_the_plan_is(log_in, region) -> None:
    client = log_in((Role.READER, "region"))
    shown = words(client.get("/units/region/follow-up/?kind=first_visit"))
    assert "utförda hittills i år" in shown
    assert "Året väntas sluta på" in shown
    assert "godkänd beställning för 1" in shown
    assert "beställning som inte är godkänd för 1" in shown
    assert "förra årets utfall samma veckor för" in shown
    assert client.get("/follow-up/").url == "/units/region/follow-up/"


def test_the_parts_sum_to_the_row_that_the_page_shows(region) -> None:
    _lake, results = region
    rows = [row for row in results.run.followed() if row["kind"] == "first_visit"]
    for unit, below in (("region", ("h0", "h1", "h2")), ("h0", ("k0", "k3")), ("k0", ("u1", "u2"))):
        whole = next(row for row in rows if row["unit_id"] == unit and not row["service_id"])
        parts = [row for row in rows if row["unit_id"] in below and not row["service_id"]]
        for name in ("done", "done_planned", "done_deviation", "year", "year_planned", "year_deviation"):
            assert whole[name] == pytest.approx(sum(part[name] for part in parts), abs=0.01), (unit, name)


def test_an_early_sign_is_told_at_the_unit_that_dropped(log_in, region) -> None:
    client = log_in((Role.READER, "region"))
    shown = words(client.get("/units/u0/follow-up/"))
    assert "Tidig signal : De senaste 4 veckorna har färre utförts än vad som var troligt: 24" in shown
    assert "Tidig signal" not in words(client.get("/units/u5/follow-up/"))


def test_a_reader_of_one_unit_sees_no_other_part(log_in, region) -> None:
    client = log_in((Role.READER, "u1"), (Role.READER, "u2"))
    assert "Välj enhet" in words(client.get("/follow-up/"))
    assert client.get("/units/k0/follow-up/").status_code == 404
    assert client.get("/units/u1/follow-up/service/?service=nej").status_code == 404


def test_figures_are_explained_down_to_the_rows(log_in, region) -> None:
    lake, _results = region
    client = log_in((Role.READER, "u1"))
    page = text_of(client.get("/units/u1/follow-up/service/?service=s1"))
    assert "/units/u1/why/?of=year&amp;service=s1&amp;year=2026&amp;week=2026-W40&amp;figure=counted" in page
    asked = "/units/u1/why/?service=s1&week={}&figure={}"
    shown = words(client.get(asked.format("2026-W40", "outcome")))
    assert "Utfallet är det som har utförts" in shown
    assert "årets volym" in words(client.get(asked.format("2026-W40", "planned"))).casefold()
    shown = words(client.get(asked.format("2026", "year_expected")))
    assert "Utfört hittills i år" in shown
    assert "Prognos för resten av året" in shown
    month = words(client.get(asked.format("2026-10", "outcome")))
    assert "Utfört vecka 2026-W41" in month
    rows = client.get("/units/u1/why/rows/?service=s1&week=2026-W40&figure=planned&step=inputs-0")
    assert "källa.csv" in words(rows)
    assert lake.asked == [("orders", {"service_id": "s1", "year": "2026"})]
    assert "rollen Analytiker" in words(
        client.get("/units/u1/why/rows/?service=s1&week=2026-W40&figure=outcome&step=terms-0")
    )
    assert client.get(asked.format("2031-W40", "outcome")).status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "/units/region/follow-up/",
        "/units/region/follow-up/?period=month",
        "/units/u1/follow-up/service/?service=s1",
        "/units/region/follow-up/goals/",
    ],
)
def test_every_figure_leads_to_its_reasons(address, log_in, region) -> None:
    assert_explained(log_in((Role.READER, "region")), address, followed=12)


def test_every_figure_of_a_month_leads_to_its_reasons_as_it_was_frozen(lake, log_in) -> None:
    client = log_in((Role.ANALYST, "K1"))
    assert_explained(client, f"{PACK}?month=2025-11")
    freeze(client)
    assert_explained(client, f"{PACK}?month=2025-11")
    frozen = "/units/K1/why/?of=pack&kind=first_visit&group=K1&week=2025-11&figure={}"
    assert "Planen" in words(client.get("/units/K1/why/?of=year&service=A&year=2025&week=2025-11&figure=planned"))
    assert client.get(frozen.format("nej")).status_code == 404
    other = "/units/K2/why/?of=pack&service=B&group=K2&week=2025-11&figure=counted"
    assert client.get(other).status_code == 404, "K2 has frozen nothing"


def test_parts_too_few_to_be_told_are_not_told_by_the_rest() -> None:
    of = {"unit": "u"}
    steps = together([("A", 40.0, of), ("B", None, of), ("C", 6.0, of)], 49.0, "activities", "done", 5)
    assert [(str(step.label), step.value) for step in steps] == [
        ("A", 40.0),
        ("2 delar som är för små att visa var för sig", 9.0),
    ]
    assert sum(step.value for step in together([("A", 3.0, of), ("B", 4.0, of)], 7.0, "activities", "done", 5)) == 7


def test_an_empty_unit_says_so(log_in, region) -> None:
    lake, results = region
    lake.units.append({"unit_id": "tom", "name": "Tom", "level": "unit", "parent_id": "region"})
    forget()
    client = log_in((Role.PLANNER, "region"))
    for page in ("", "goals/", "pack/"):
        assert "Här finns inget att följa upp" in words(client.get(f"/units/tom/follow-up/{page}"))
    results.run.years = None
    assert "behöver göras om" in words(client.get("/units/u0/follow-up/"))


def test_the_goal_tree_shows_status_and_leads_on(log_in, region) -> None:
    client = log_in((Role.READER, "region"))
    page = client.get("/units/region/follow-up/goals/")
    shown = words(page)
    assert "0 av 1 mål är nådda." in shown
    assert "90,0 % 90 av 100 minst 95,0 % inte nått" in shown
    assert "90,0 % 9 av 10 minst 90,0 % nått" in shown
    assert '/units/u0/follow-up/goals/?indicator=andel_inom_vardgaranti"' in text_of(page)


def test_a_frozen_month_is_made_again_to_the_last_digit(lake, log_in, work) -> None:
    planner = log_in((Role.PLANNER, "K1"))
    assert "Preliminär" in words(planner.get(f"{PACK}?month=2025-11"))
    assert freeze(planner).status_code == 302
    frozen = FrozenMonth.objects.get()
    assert (frozen.version, frozen.seed, frozen.draws, frozen.is_sound) == (1, 1, 20, True)
    assert {row["unit_id"] for row in frozen.values["rows"]} == {"K1"}
    assert frozen.values["rows"][0]["counted"] == 51
    told = AuditEvent.objects.get(event=Event.MONTH_FROZEN)
    assert (told.unit_id, told.target) == ("K1", f"2025-11 version 1 {frozen.digest[:16]}")
    planner.post("/units/K1/follow-up/pack/remake/", {"month": "2025-11"})
    assert "räknas om från samma data" in words(planner.get(f"{PACK}?month=2025-11"))
    (job,) = work()
    assert job.result == {"same": True}
    assert "Omräknat och lika" in words(planner.get(f"{PACK}?month=2025-11"))
    FrozenMonth.objects.update(remade="0" * 64)
    assert "Omräknat och olika" in words(planner.get(f"{PACK}?month=2025-11"))


def test_later_data_are_told_beside_the_frozen_figures_and_never_silently(lake, log_in, work, tmp_path) -> None:
    planner = log_in((Role.PLANNER, "K1"))
    freeze(planner)
    assert "Senare data ändrar inget" in words(planner.get(f"{PACK}?month=2025-11"))
    bring(lake, tmp_path / "more", {"counts.csv": counts(changed=-9)}, 6)
    computed(lake)
    forget()
    shown = words(planner.get(f"{PACK}?month=2025-11"))
    assert "Data har ändrats efter frysningen" in shown
    assert "Kirurgi, Nybesök utfall 51,0 42,0 −9,0" in shown
    assert FrozenMonth.objects.get().values["rows"][0]["counted"] == 51
    planner.post("/units/K1/follow-up/pack/remake/", {"month": "2025-11"})
    assert [job.result for job in work()] == [{"same": True}], "made of the version it was frozen from"


def test_a_month_is_frozen_once_and_only_when_it_is_whole(lake, log_in) -> None:
    planner = log_in((Role.PLANNER, "K1"))
    assert freeze(planner, "2026-01").status_code == 422
    assert "inte färdigräknad" in words(freeze(planner, "2026-01"))
    freeze(planner)
    assert "redan fryst" in words(freeze(planner))
    assert FrozenMonth.objects.count() == AuditEvent.objects.count() == 1


def test_figures_that_somebody_changed_are_found_out(lake, log_in) -> None:
    planner = log_in((Role.PLANNER, "K1"))
    freeze(planner)
    values = FrozenMonth.objects.get().values
    values["rows"][0]["counted"] = 99.0
    FrozenMonth.objects.update(figures=json.dumps(values))
    assert "kontrollsumman stämmer inte" in words(planner.get(f"{PACK}?month=2025-11"))


@pytest.mark.parametrize("role", [Role.READER, Role.ADMINISTRATOR])
def test_readers_write_nothing(role, lake, log_in) -> None:
    client = log_in((role, "K1"))
    meeting = Meeting.objects.create(
        unit_id="K1", kind="weekly", held_on=date(2026, 1, 7), agenda="x", made_by_id=client.session["_auth_user_id"]
    )
    posts = {
        "pack/freeze/": {"month": "2025-11"},
        "pack/comment/": {"month": "2025-11", "text": "a", "author": "b"},
        "pack/remake/": {"month": "2025-11"},
        "meetings/": {"kind": "weekly", "held_on": "2026-01-07", "agenda": "x"},
        f"meetings/{meeting.pk}/": {"kind": "weekly", "held_on": "2026-01-07", "agenda": "y"},
        f"meetings/{meeting.pk}/decide/": DECISION,
        "decisions/1/": {"state": "done"},
    }
    for path, given in posts.items():
        assert client.post(f"/units/K1/follow-up/{path}", given).status_code == 403, path
        assert client.post(f"/units/K2/follow-up/{path}", given).status_code == 404, path
    assert Meeting.objects.get().agenda == "x"
    assert not FrozenMonth.objects.exists()
    assert not MonthComment.objects.exists()


def test_a_meeting_with_a_decision_that_rests_on_a_figure(lake, log_in) -> None:
    planner = log_in((Role.PLANNER, "K1"))
    made = planner.post(
        "/units/K1/follow-up/meetings/",
        {"kind": "council", "held_on": "2026-11-20", "agenda": "Läget\n\nBeslut", "minutes": "Sal 3 står tom."},
    )
    page = words(planner.get(made.url))
    assert "Operationsråd 2026-11-20" in page
    assert "Sal 3 står tom." in page
    decide = f"{made.url}decide/"
    assert "börjar med /" in words(planner.post(decide, DECISION | {"figure": "//example.org/"}))
    assert "personnummer" in words(planner.post(decide, DECISION | {"text": "Ring 19121212-1212"}))
    assert not Decision.objects.exists()
    figure = "/units/K1/follow-up/service/?service=A"
    assert planner.post(decide, DECISION | {"figure": figure, "scenario": "S7", "due": "2026-11-22"}).status_code == 302
    decision = Decision.objects.get()
    listed = planner.get("/units/K1/follow-up/meetings/")
    assert "Öppna sal 3" in words(listed)
    assert "Försenat" in words(listed), "it is the day after it was due"
    assert f'href="{figure}"' in text_of(listed)
    change = f"/units/K1/follow-up/decisions/{decision.pk}/"
    assert planner.post(change, {"state": "nej"}).status_code == 422
    planner.post(change, {"state": DecisionState.DONE, "outcome": "Öppen sedan måndag"})
    assert "Inga beslut är kvar" in words(planner.get("/units/K1/follow-up/meetings/"))
    pack = words(planner.get(f"{PACK}?month=2025-12"))
    assert "Öppna sal 3" not in pack, "it was decided long after that month"
    events = list(AuditEvent.objects.order_by("pk").values_list("event", flat=True))
    assert events == [Event.MEETING_SAVED, Event.DECISION_MADE, Event.DECISION_CHANGED]
    assert AuditEvent.objects.order_by("pk").last().target == f"decision {decision.pk}: open -> done"


def test_a_meeting_sees_the_last_weeks_against_plan_what_is_short_soon_and_what_is_left_to_do(log_in, region) -> None:
    planner = log_in((Role.PLANNER, "h0"))
    address, asked = "/units/h0/follow-up/meetings/", {"held_on": "2026-11-20", "agenda": "Läget"}
    weekly, council = (planner.post(address, asked | {"kind": kind}).url for kind in ("weekly", "council"))
    planner.post(f"{weekly}decide/", DECISION)
    seen = planner.get(weekly).context["figures"]
    assert (seen.done[0].unit, seen.done[0].sign, len(seen.done)) == ("Mottagning 1", -1, 6), "a sign stands first"
    row = next(row for row in region[1].run.years if row["unit_id"] == "u0" and row["of_year"] == 2026)
    whole = [week for week in row["weeks"] if week["whole"]][-4:]
    assert seen.done[0].figures["counted"] == sum(week["counted"] for week in whole)
    assert seen.done[0].figures["deviation"] == pytest.approx(sum(week["counted"] - week["planned"] for week in whole))
    assert not seen.earlier, "its own decisions stand below"
    assert_explained(planner, weekly)
    assert planner.get("/units/u0/why/?of=lately&service=s1&year=2026&figure=nej").status_code == 404
    assert planner.get("/units/u0/why/?of=lately&service=s1&year=2031&figure=counted").status_code == 404
    theirs = planner.get(council).context["figures"]
    assert {row.unit for row in theirs.done} == {"Mottagning 1", "Mottagning 10"}, "those of surgery"
    assert [row.text for row in theirs.earlier] == [DECISION["text"]]
    assert {row.name for row in theirs.ahead} <= {row.name for row in seen.ahead}
    assert all(row.first >= fakes.WEEKS[0] and 1 <= row.weeks <= 8 for row in seen.ahead)
    assert log_in((Role.READER, "u7"), username="foreign").get(weekly).status_code == 404


def test_a_meeting_of_another_unit_is_not_there(lake, log_in) -> None:
    planner = log_in((Role.PLANNER, "K1"), (Role.PLANNER, "K2"))
    made = planner.post("/units/K1/follow-up/meetings/", {"kind": "weekly", "held_on": "2026-11-20", "agenda": "Läget"})
    planner.post(f"{made.url}decide/", DECISION)
    number, decision = Meeting.objects.get().pk, Decision.objects.get().pk
    assert planner.get(f"/units/K2/follow-up/meetings/{number}/").status_code == 404
    assert planner.post(f"/units/K2/follow-up/decisions/{decision}/", {"state": "done"}).status_code == 404


def test_the_workbook_holds_the_rows_of_the_page_as_numbers_and_dates(lake, log_in) -> None:
    planner = log_in((Role.PLANNER, "K1"))
    freeze(planner)
    planner.post("/units/K1/follow-up/pack/comment/", {"month": "2025-11", "text": "=1+1", "author": "Controller"})
    made = planner.post(
        "/units/K1/follow-up/meetings/", {"kind": "monthly", "held_on": "2025-12-10", "agenda": "Läget"}
    )
    planner.post(f"{made.url}decide/", DECISION)
    sent = planner.get("/units/K1/follow-up/pack/workbook/?month=2025-11")
    assert sent["Content-Disposition"] == 'attachment; filename="2025-11.xlsx"'
    book = CalamineWorkbook.from_filelike(io.BytesIO(sent.content))
    rows = book.get_sheet_by_name("Månad").to_python()
    assert rows[1][:4] == ["Nybesök", "Summa", pytest.approx(600 * 20 / 249, abs=0.001), 51.0]
    assert rows[2][1] == "Nybesök"
    page = words(planner.get(f"{PACK}?month=2025-11"))
    assert "Nybesök 48,2 51,0 +2,8" in page
    decided = book.get_sheet_by_name("Beslut").to_python()
    assert decided[1][0] == "Öppna sal 3"
    assert decided[1][4] == date(2026, 12, 1)
    assert book.get_sheet_by_name("Kommentarer").to_python()[1][0] == "=1+1"
    about = dict(row[:2] for row in book.get_sheet_by_name("Om").to_python())
    assert about["Kontrollsumma"] == FrozenMonth.objects.get().digest
    assert about["Dataversion"] == 1
    assert "Öppna sal 3" in page
    assert "=1+1" in page


def test_the_pdf_holds_the_rows_of_the_page_and_of_the_workbook(lake, log_in, monkeypatch) -> None:
    planner = log_in((Role.PLANNER, "K1"))
    planner.post("/units/K1/follow-up/pack/comment/", {"month": "2025-11", "text": "=1+1", "author": "Controller"})
    sheet = planner.get("/units/K1/follow-up/pack/workbook/?month=2025-11").content
    rows = CalamineWorkbook.from_filelike(io.BytesIO(sheet)).get_sheet_by_name("Månad").to_python()[1:]
    sent = planner.get("/units/K1/follow-up/pack/pdf/?month=2025-11")
    assert sent["Content-Type"] == "application/pdf"
    read = text_in(sent.content)
    text, page = " ".join(read.split()), words(planner.get(f"{PACK}?month=2025-11"))
    assert len(rows) == 2
    for kind, name, planned, counted, deviation, share, *year in rows:
        told = [kind if name == "Summa" else name, number(planned, 1), number(counted, 1), signed(deviation, 1)]
        told += [percent(share, 1, sign=True), *(number(value, 1) for value in year[:3]), signed(year[3], 1)]
        line = " ".join(" ".join(told).split())
        assert line in text
        assert line in page
    assert "=1+1" in text
    assert "Preliminär" in text
    monkeypatch.setitem(sys.modules, "typst", None)
    assert "Skriv annars ut sidan" in words(planner.get("/units/K1/follow-up/pack/pdf/?month=2025-11"))


def test_a_month_frozen_twice_from_the_same_data_gives_the_same_bytes(lake, log_in) -> None:
    planner = log_in((Role.PLANNER, "K1"))
    freeze(planner)
    paths = [f"/units/K1/follow-up/pack/{form}/?month=2025-11" for form in ("pdf", "workbook")]
    first = [planner.get(path).content for path in paths]
    assert [planner.get(path).content for path in paths] == first
    FrozenMonth.objects.all().delete()
    freeze(planner)
    assert planner.get(paths[0]).content == first[0], "when it was frozen, and by whom, stands on the page alone"
    assert planner.get("/units/K2/follow-up/pack/pdf/?month=2025-11").status_code == 404


def test_what_is_too_few_to_tell_is_told_nowhere() -> None:
    """What is told of a year's periods and of a unit's parts never gives a hidden count away."""
    rows = [row for row in fakes.followed_rows() if row["kind"] == "surgery"]
    for row in rows:
        for period in row["weeks"]:
            assert period["counted"] is None or not 0 < round(period["counted"]) < row["below"]
