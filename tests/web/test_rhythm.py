"""The planning cycle: steps from what is really there, ticks, dates, signing off, and what needs a person now."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from django.db.models import F
from django.test import Client
from openpyxl import load_workbook

from tests.web.conftest import forget
from tests.web.test_pages import words
from vardbalans.data.lake import Lake
from vardbalans.data.orders_run import orders_of
from vardbalans.data.tables import TABLES
from vardbalans.engine.errors import BadInput
from vardbalans.web import clock, store
from vardbalans.web.following.models import Meeting
from vardbalans.web.insight.selectors import latest_run
from vardbalans.web.insight.selectors import reader as reader_of
from vardbalans.web.people import selectors as people
from vardbalans.web.people.models import AuditEvent, Event
from vardbalans.web.people.permissions import Role
from vardbalans.web.planning import actions, agreement, ordering
from vardbalans.web.planning.actions import Key, Wanted
from vardbalans.web.planning.exchange import read_plan_workbook
from vardbalans.web.planning.models import Cell, Step, StepKind, Version
from vardbalans.web.planning.orders import prefill
from vardbalans.web.planning.selectors import Service, services_of
from vardbalans.web.planning.weeks import weeks_of_year
from vardbalans.web.rhythm.actions import dates_set, item_tick
from vardbalans.web.rhythm.facts import facts_of
from vardbalans.web.rhythm.models import Deadline, Tick
from vardbalans.web.rhythm.process import ITEMS, STEPS, template_date
from vardbalans.web.rhythm.state import unit_cycle

pytestmark = pytest.mark.django_db
YEAR = 2027
WEEKS = weeks_of_year(YEAR)


@pytest.fixture
def anna(person, region):
    return person("anna", (Role.PLANNER, "u0"))


@pytest.fixture
def chief(person, region):
    return person("chef", (Role.MANAGER, "k0"))


def as_(user) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def cycle(user, unit_id="u0", year=YEAR):
    reader = reader_of(user)
    return unit_cycle(facts_of(reader, latest_run(), year), reader.tree.units[unit_id])


def states(user, unit_id="u0", year=YEAR) -> dict[str, str]:
    return {stage.step.key: stage.state for stage in cycle(user, unit_id, year).stages}


def tick(user, item, done=True, note="", unit_id="u0"):
    return item_tick(unit_id=unit_id, year=YEAR, item=item, done=done, note=note, by=user)


def plan(by, value=1, unit_id="u0", service="s1") -> Version:
    version = agreement.plan_make(unit_id=unit_id, year=YEAR, name="Plan", by=by)
    cells = {Key(service, week): Wanted(Decimal(value)) for week in WEEKS}
    actions.cells_set(version=version, cells=cells, kind=StepKind.TYPED, base=0, by=by)
    return version


# --- Steps ---------------------------------------------------------------------------------------------------------


def test_every_step_is_done_by_what_is_there_and_by_what_people_tick(anna, chief, region) -> None:
    lake, results = region
    results.run.meta["version"] = lake.number
    before = states(anna)
    assert before == {
        "order": "none",
        "forecast": "late",
        "required": "late",
        "capacity": "late",
        "gap": "late",
        "choice": "open",
        "agreement": "open",
        "review": "none",
    }
    for item in ("forecast_seen", "required_seen", "capacity_seen", "gap_seen"):
        tick(anna, item)
    assert [key for key, state in states(anna).items() if state == "done"] == [
        "forecast",
        "required",
        "capacity",
        "gap",
    ]
    version = plan(anna)
    assert states(anna)["choice"] == "done"
    agreement.version_submit(version=version, by=anna)
    assert states(anna)["agreement"] == "begun"
    assert cycle(anna).current.holders[0].name == "Chef", "the ball goes to whoever approves"
    agreement.version_approve(version=version, by=chief)
    assert cycle(anna).current is None
    tick(anna, "gap_seen", done=False)
    assert states(anna)["gap"] == "late", "what is taken back is open again"
    lake.number = 4
    assert states(anna)["required"] == "late", "newer data than the balance is computed on"


def test_a_plan_beyond_the_capacity_is_a_gap_until_it_is_accepted_with_a_reason(anna, chief, region) -> None:
    _lake, results = region
    assert results.run.uses(["s1"])[0]["amount"] == 30.0
    plan(anna, 10_000)
    choice = cycle(anna).stages[5]
    assert choice.state == "begun"
    assert [row.item.key for row in choice.left] == ["gap_accepted"]
    with pytest.raises(people.NotPermitted):
        tick(anna, "gap_accepted", note="Vi hyr in")
    with pytest.raises(BadInput, match="varför"):
        tick(chief, "gap_accepted", note="  ")
    tick(chief, "gap_accepted", note="Vi hyr in två läkare")
    assert states(anna)["choice"] == "done"
    told = AuditEvent.objects.filter(event=Event.STEP_TICKED).get()
    assert (told.actor, told.unit_id, told.reason) == (chief, "u0", "Vi hyr in två läkare")


def test_the_plan_of_the_unit_above_counts_for_those_below(person, region) -> None:
    above = person("ovan", (Role.PLANNER, "k0"))
    plan(above, unit_id="k0")
    assert cycle(above, "u1").stages[5].conditions[0].detail == "Plan, v1"
    below = person("under", (Role.PLANNER, "u1"))
    assert cycle(below, "u1").stages[5].state == "open", "who may not read it is not told of it"


def test_the_weekly_review_is_asked_for_every_week_of_the_year(anna, monkeypatch) -> None:
    held = Meeting.objects.create(unit_id="h0", held_on=date(2027, 1, 4), agenda="x", minutes="Sagt", made_by=anna)
    for day, expected in ((date(2027, 1, 3), "none"), (date(2027, 1, 10), "done"), (date(2027, 1, 11), "open")):
        monkeypatch.setattr(clock, "today", lambda day=day: day)
        assert states(anna)["review"] == expected, day
    monkeypatch.setattr(clock, "today", lambda: date(2027, 1, 16))
    assert states(anna)["review"] == "late", "Friday has passed"
    Meeting.objects.filter(pk=held.pk).update(held_on=date(2027, 1, 15), minutes="")
    assert states(anna)["review"] == "late", "a meeting without minutes has not been held"


def test_the_template_has_a_day_for_every_step_but_the_weekly_one_in_order() -> None:
    days = [template_date(step.key, YEAR) for step in STEPS if not step.weekly]
    assert days == sorted(days)
    assert template_date("review", YEAR) is None
    assert len({item for step in STEPS for item in step.items}) == len(ITEMS)


# --- Pages ---------------------------------------------------------------------------------------------------------


def test_the_page_is_ticked_by_form_and_says_who_and_when(anna, region) -> None:
    client = as_(anna)
    page = words(client.get("/units/u0/cycle/"))
    assert "Årshjulet 2027: Mottagning 1" in page
    assert "Bollen har Anna (planerare)" in page
    address, asked = "/units/u0/cycle/tick/", {"year": "2027", "item": "forecast_seen", "done": "yes"}
    assert client.post(address, asked | {"note": "Influensan"}).status_code == 302
    assert "Bockad av Anna" in words(client.get("/units/u0/cycle/"))
    assert "Influensan" in words(client.get("/units/u0/cycle/"))
    assert client.get("/units/u0/cycle/?year=2028").context["page"].cycle.stages[1].conditions[2].met is False
    assert client.post(address, asked | {"note": "19121212-1212"}).status_code == 422
    assert client.post(address, asked | {"item": "nothing"}).status_code == 422
    assert client.get(address).status_code == 405
    assert Tick.objects.count() == 1


def test_readers_tick_nothing_and_foreign_units_are_not_there(log_in, region) -> None:
    asked = {"year": "2027", "item": "forecast_seen", "done": "yes"}
    assert log_in((Role.READER, "u0")).post("/units/u0/cycle/tick/", asked).status_code == 403
    foreign = log_in((Role.PLANNER, "u7"), username="foreign")
    assert foreign.post("/units/u0/cycle/tick/", asked).status_code == 404
    assert not Tick.objects.exists()


def test_the_level_above_sees_units_and_steps_and_what_is_late(log_in, anna, region) -> None:
    tick(anna, "forecast_seen")
    page = log_in((Role.READER, "h0"), username="division").get("/units/h0/cycle/").context["page"]
    assert page.cycle is None
    assert {row.unit.unit_id for row in page.below} == {f"u{n}" for n in (0, 1, 2, 9, 10, 11)}
    forecast = page.sums[1]
    assert (forecast.done, forecast.count, forecast.late) == (1, 6, 5)


# --- Dates and signing off -----------------------------------------------------------------------------------------


def test_dates_are_set_from_above_with_a_source_and_hold_below_until_a_unit_has_its_own(person, anna, chief) -> None:
    top = person("top", (Role.ADMINISTRATOR, "region"))
    assert cycle(anna).stages[1].due.deadline is None
    client = as_(top)
    days = {step.key: "2026-12-01" for step in STEPS if not step.weekly}
    address = "/units/region/cycle/dates/"
    assert client.post(address, days | {"year": "2027"}).status_code == 422, "without what decides it"
    asked = days | {"year": "2027", "source": "Regionstyrelsen 2026-08-20 § 7"}
    assert client.post(address, asked).status_code == 302
    due = cycle(anna).stages[1].due
    assert (due.day, due.deadline.source, due.deadline.set_by) == (
        date(2026, 12, 1),
        "Regionstyrelsen 2026-08-20 § 7",
        top,
    )
    assert states(anna)["forecast"] == "begun", "late no more"
    dates_set(unit_id="k0", year=YEAR, dates={"forecast": date(2026, 11, 1)}, source="Kliniken", by=chief)
    assert states(anna)["forecast"] == "late"
    assert cycle(anna).stages[2].due.deadline.unit_id == "region"
    with pytest.raises(people.NotPermitted):
        dates_set(unit_id="u0", year=YEAR, dates={}, source="x", by=anna)
    assert AuditEvent.objects.filter(event=Event.DATES_SET).count() == 2


def test_with_dates_set_a_plan_is_not_signed_off_with_open_steps_but_with_a_reason(anna, chief, region) -> None:
    first = plan(anna)
    agreement.version_submit(version=first, by=anna)
    dates_set(unit_id="k0", year=YEAR, dates={"forecast": date(2026, 12, 1)}, source="Kliniken", by=chief)
    with pytest.raises(BadInput, match="Prognos, Produktionsbehov"):
        agreement.version_approve(version=first, by=chief)
    assert Version.objects.get(pk=first.pk).state == "submitted"
    agreement.version_approve(version=first, by=chief, reason="Prognosen görs om i januari")
    assert first.decisions.get(kind="approved").reason == "Prognosen görs om i januari"


def test_without_dates_the_template_stops_nobody(anna, chief) -> None:
    version = plan(anna)
    agreement.version_submit(version=version, by=anna)
    agreement.version_approve(version=version, by=chief)
    assert not Deadline.objects.exists()


# --- What needs me now ---------------------------------------------------------------------------------------------


def test_what_needs_me_now_is_mine_alone(anna, chief, person, region) -> None:
    bo = person("bo", (Role.PLANNER, "u1"))
    version = plan(anna)
    agreement.comment_add(version=version, service_id="s1", week=WEEKS[0], text="@chef räcker det?", by=anna)
    agreement.version_submit(version=version, by=anna)
    mine = as_(chief).get("/now/").context["page"]
    assert [(row.cycle.unit.unit_id, row.stage.step.key) for row in mine.mine] == [("u0", "agreement")]
    assert [unit.unit_id for _version, unit in mine.awaiting] == ["u0"]
    assert [row.text for row in mine.comments] == ["@chef räcker det?"]
    assert {row.unit.unit_id for row in mine.late} == {"u0", "u1", "u2"}
    assert mine.count == 3
    hers = as_(anna).get("/now/").context["page"]
    assert (hers.unit.unit_id, hers.mine[0].stage.step.key, list(hers.awaiting)) == ("u0", "forecast", [])
    his = as_(bo).get("/units/u1/now/").context["page"]
    assert ([row.cycle.unit.unit_id for row in his.mine], list(his.comments)) == (["u1"], [])
    assert as_(bo).get("/units/u0/now/").status_code == 404
    agreement.comment_resolve(comment=mine.comments[0], by=chief)
    assert not as_(chief).get("/now/").context["page"].comments


def test_before_the_first_figures_the_pages_say_so(anna, region) -> None:
    _lake, results = region
    results.run = None
    client = as_(anna)
    assert client.get("/now/").status_code == 200
    assert "ingen plan för året" in words(client.get("/units/u0/cycle/"))


# --- Orders --------------------------------------------------------------------------------------------------------


@pytest.fixture
def ordered(region, tmp_path, monkeypatch, settings) -> Lake:
    """Order 520 of the service s1 from clinic k0, in a real store with the region's units."""
    fake, _results = region
    lake = Lake(tmp_path / "store")
    settings.STORE = tmp_path / "store"
    rows = {
        "units": fake.units,
        "orders": [{"unit_id": "k0", "service_id": "s1", "year": YEAR, "volume": 520.0}],
    }
    tables = {name: pa.Table.from_pylist(found, TABLES[name].schema()) for name, found in rows.items()}
    lake.commit(tables, by="Staben", at=datetime.now(UTC) - timedelta(days=1))
    forget()
    monkeypatch.setattr(store, "lake", lambda: lake)
    return lake


def test_a_new_plan_begins_with_what_is_ordered_in_slots_that_sum_to_it(ordered, anna, region, tmp_path) -> None:
    _lake, results = region
    for row in results.run.lists:
        row["lost_share"] = 0.2
    client = as_(anna)
    made = client.post("/plan/units/u0/", {"year": YEAR, "name": "Plan", "ordered": "on"})
    version = Version.objects.get()
    cells = {cell.week: cell.value for cell in version.cells.all()}
    assert sum(cells.values()) == 650, "520 performed take 520 / 0.8 slots"
    assert set(cells) == set(WEEKS)
    assert all(value == int(value) for value in cells.values())
    assert cells["2027-W12"] < cells["2027-W10"], "a week of holidays has fewer"
    assert Step.objects.get().kind == StepKind.SPREAD, "one step, undone as one"
    page = client.get(made.url)
    (row,) = page.context["orders"]
    assert (row.volume, row.slots, row.planned, row.difference, row.status) == (520, 650, 650, 0, "föreslagen")
    assert "Beställningen besvaras av en chef." in words(page)
    opens = [page.context["page"].sent["opens_at"]]
    opens += [
        client.get(made.url, {"from": first}).context["page"].sent["opens_at"] for first in ("2027-W20", "2027-05")
    ]
    assert opens == ["", "2027-W20", "2027-W18"], "at the period that is asked for"
    (target,) = page.context["page"].targets
    assert (target.ordered.total, target.beside.total) == ("650", "0")
    assert [cell.text for cell in target.ordered.cells] == [str(int(cells[week])) for week in WEEKS]
    Cell.objects.filter(version=version, week=WEEKS[0]).update(value=None)
    Cell.objects.filter(version=version, week=WEEKS[1]).update(value=F("value") - Decimal("0.5"))
    page = client.get(made.url)
    (target,) = page.context["page"].targets
    assert [cell.text for cell in target.beside.cells[:3]] == ["", "−0,5", "0"], "nothing is said of an empty week"
    assert target.beside.total == f"−{int(cells[WEEKS[0]])},5"
    book = tmp_path / "plan.xlsx"
    book.write_bytes(client.get(f"/plan/{version.pk}/export/").content)
    rows = list(load_workbook(book)["Beställning"].iter_rows(values_only=True))
    assert rows[1][2:4] == ("beställt", 650)
    assert rows[2][2:6] == ("över eller under", -float(cells[WEEKS[0]]) - 0.5, None, -0.5)
    services = services_of(latest_run(), "u0")
    assert read_plan_workbook(book, version, services).differences == (), "the sheet of the orders is not read back"
    assert client.post("/plan/units/u0/", {"year": YEAR, "name": "Tom"}).status_code == 302
    assert Version.objects.order_by("-pk")[0].cells.count() == 0


def test_an_order_is_answered_from_the_plan_and_what_was_said_stays(ordered, anna, chief, region) -> None:
    version = plan(anna)
    address = f"/plan/{version.pk}/order/"
    asked = {"unit": "k0", "service": "s1", "answer": "countered", "volume": "480,5"}
    assert as_(anna).post(address, asked).status_code == 403
    assert as_(chief).post(address, asked).status_code == 422, "without a reason"
    assert as_(chief).post(address, asked | {"volume": "", "reason": "x"}).status_code == 422, "without a volume"
    assert as_(chief).post(address, asked | {"volume": "-5", "reason": "x"}).status_code == 422
    assert as_(chief).post(address, asked | {"volume": "5 %", "reason": "x"}).status_code == 422
    assert as_(chief).post(address, asked | {"service": "s9"}).status_code == 422
    assert as_(chief).post(address, asked | {"answer": "maybe"}).status_code == 404
    assert ordered.required_head().number == 1, "nothing of it was kept"
    assert not AuditEvent.objects.filter(event=Event.ORDER_ANSWERED).exists()
    assert states(chief)["order"] == "late"
    assert as_(chief).post(address, asked | {"reason": "En läkare saknas"}).status_code == 302
    assert as_(chief).post(address, asked | {"answer": "accepted"}).status_code == 302
    (order,) = orders_of(ordered, ordered.required_head(), YEAR).values()
    assert [(row.status, row.volume, row.author) for row in order.answers] == [
        ("countered", 480.5, "Chef, Mottagning 1"),
        ("accepted", None, "Chef, Mottagning 1"),
    ]
    assert order.agreed == 480.5
    assert states(chief)["order"] == "done"
    page = words(as_(anna).get(f"/plan/{version.pk}/"))
    assert "godtagen, Chef, Mottagning 1" in page
    assert "En läkare saknas" in page


def test_what_is_rejected_fills_no_plan(ordered, anna, chief, region) -> None:
    version = plan(anna)
    ordering.order_answer(
        version=version, unit_id="k0", service_id="s1", status="rejected", volume=None, reason="Nej", by=chief
    )
    assert prefill(latest_run(), YEAR, [Service("s1", "Nybesök", "u0", "Mottagning 1")]) == {}
