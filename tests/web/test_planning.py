"""Plans: one step is one transaction and one audit row; undo, clashes, agreement, comments, Excel; who may what."""

import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from tests.web import fakes
from tests.web.test_pages import words
from vardbalans.data.agreed import approved_plans
from vardbalans.data.lake import Lake
from vardbalans.data.tables import TABLES
from vardbalans.engine.errors import BadInput
from vardbalans.engine.periods import Period
from vardbalans.web import store
from vardbalans.web.people import selectors as people
from vardbalans.web.people.models import AuditEvent, Event, User
from vardbalans.web.people.permissions import Role
from vardbalans.web.planning import actions, agreement, asking, publishing, selectors
from vardbalans.web.planning.actions import Key, Wanted
from vardbalans.web.planning.models import Cell, Change, Comment, Decision, Source, Step, StepKind, Version
from vardbalans.web.planning.page import GridCell, Line
from vardbalans.web.planning.profiles import weights_of
from vardbalans.web.planning.spreading import spread_total
from vardbalans.web.planning.weeks import plan_weeks, weeks_of_year

pytestmark = pytest.mark.django_db
YEAR = 2027
WEEKS = weeks_of_year(YEAR)


@pytest.fixture
def unit(region):
    """Let the unit ``u0`` have the services a, b and c, and ``u7`` the service s1."""
    _lake, results = region
    others = [row for row in results.run.told if row["unit_id"] != "u0"]
    results.run.told = [need_row(name) for name in "abc"] + others
    results.run.listed = []
    return results.run


def need_row(name: str, **more) -> dict:
    return fakes.need_row("u0", service_id=name, service_name=f"Tjänst {name}", **more)


@pytest.fixture
def anna(person, unit):
    return person("anna", (Role.PLANNER, "u0"))


@pytest.fixture
def bo(person):
    return person("bo", (Role.PLANNER, "h0"))


@pytest.fixture
def chief(person):
    return person("chef", (Role.MANAGER, "h0"))


@pytest.fixture
def version(anna) -> Version:
    return agreement.plan_make(unit_id="u0", year=YEAR, name="Plan", by=anna)


def put(version, by, base=None, kind=StepKind.TYPED, token=None, **cells):
    """Put values into cells named as service and week number: ``a1=12``; an empty text empties."""
    wanted = {
        Key(name[0], WEEKS[int(name[1:]) - 1]): Wanted(Decimal(str(value)) if value != "" else None)
        for name, value in cells.items()
    }
    base = Version.objects.get(pk=version.pk).revision if base is None else base
    return actions.cells_set(version=version, cells=wanted, kind=kind, base=base, by=by, token=token)


def lock(version, by, *names, locked=True):
    cells = {Key(name[0], WEEKS[int(name[1:]) - 1]): Wanted(locked=locked) for name in names}
    base = Version.objects.get(pk=version.pk).revision
    return actions.cells_set(version=version, cells=cells, kind=StepKind.LOCKED, base=base, by=by)


def values(version) -> dict[str, str]:
    return {
        f"{cell.service_id}{int(cell.week[6:])}": selectors.plain(cell.value)
        for cell in Cell.objects.filter(version=version)
        if cell.value is not None
    }


# --- Steps ---------------------------------------------------------------------------------------------------------


def test_one_paste_is_one_step_with_one_audit_row(version, anna) -> None:
    before = AuditEvent.objects.count()
    step = put(version, anna, kind=StepKind.PASTED, a1=1, a2="2.25", b1=0, c52=1000)
    assert values(version) == {"a1": "1", "a2": "2.25", "b1": "0", "c52": "1000"}
    assert (step.revision, step.changes.count(), AuditEvent.objects.count() - before) == (1, 4, 1)
    audit = AuditEvent.objects.first()
    assert (audit.event, audit.actor, audit.unit_id) == (Event.PLAN_CHANGED, anna, "u0")
    assert put(version, anna, a1=1) is None, "what is there already is no step"


def test_a_step_sent_twice_is_done_once(version, anna, bo) -> None:
    first = put(version, anna, token="t", a1=1)
    put(version, bo, a1=5)
    assert put(version, anna, base=0, token="t", a1=1) == first
    assert values(version) == {"a1": "5"}


@pytest.mark.parametrize("value", ["-1", "1.234", "1e12", "NaN", "Infinity"])
def test_what_is_no_count_is_refused_whole(version, anna, value) -> None:
    with pytest.raises(BadInput):
        put(version, anna, a1=1, b1=value)
    assert values(version) == {}


def test_foreign_services_and_weeks_are_refused(version, anna) -> None:
    for key in (Key("s1", WEEKS[0]), Key("a", "2026-W53"), Key("a", "2027-W53")):
        with pytest.raises(BadInput):
            actions.cells_set(version=version, cells={key: Wanted(Decimal(1))}, kind=StepKind.TYPED, base=0, by=anna)


def test_undo_and_redo_two_hundred_steps(version, anna) -> None:
    for n in range(200):
        put(version, anna, a1=n + 1)
    assert selectors.stack_of(version, anna) == (200, 0)
    for _ in range(200):
        actions.step_undo(version=version, by=anna)
    assert (values(version), selectors.stack_of(version, anna)) == ({}, (0, 200))
    with pytest.raises(BadInput, match="inget att ångra"):
        actions.step_undo(version=version, by=anna)
    for _ in range(200):
        actions.step_redo(version=version, by=anna)
    assert values(version) == {"a1": "200"}
    with pytest.raises(BadInput, match="inget att göra om"):
        actions.step_redo(version=version, by=anna)


def test_what_is_typed_after_an_undo_cannot_be_overwritten_by_a_redo(version, anna) -> None:
    put(version, anna, a1=1)
    actions.step_undo(version=version, by=anna)
    put(version, anna, a2=2)
    with pytest.raises(BadInput):
        actions.step_redo(version=version, by=anna)
    actions.step_undo(version=version, by=anna)
    assert values(version) == {}


def test_undo_is_of_ones_own_and_never_of_what_others_built_on(version, anna, bo) -> None:
    put(version, anna, a1=1)
    put(version, bo, b1=2)
    actions.step_undo(version=version, by=anna)
    assert values(version) == {"b1": "2"}
    put(version, anna, b1=3)
    with pytest.raises(BadInput, match="annan planerare"):
        actions.step_undo(version=version, by=bo)
    assert values(version) == {"b1": "3"}


def test_a_locked_cell_keeps_its_value_and_undo_unlocks(version, anna) -> None:
    put(version, anna, a1=1)
    lock(version, anna, "a1", "a2")
    put(version, anna, a1=9, a3=3)
    assert values(version) == {"a1": "1", "a3": "3"}
    actions.step_undo(version=version, by=anna)
    actions.step_undo(version=version, by=anna)
    put(version, anna, a1=9)
    assert values(version) == {"a1": "9"}


@given(
    edits=st.lists(
        st.tuples(st.sampled_from(["a1", "a2", "b1"]), st.one_of(st.just(""), st.integers(0, 9))),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=15, deadline=None)
def test_undoing_everything_gives_the_beginning_and_redoing_it_the_end(edits) -> None:
    with transaction.atomic():
        anna = User.objects.get(username="anna")
        version = agreement.plan_make(unit_id="u0", year=YEAR, name="Prov", by=anna)
        done = sum(put(version, anna, **{name: value}) is not None for name, value in edits)
        end = values(version)
        for _ in range(done):
            actions.step_undo(version=version, by=anna)
        assert values(version) == {}
        for _ in range(done):
            actions.step_redo(version=version, by=anna)
        assert values(version) == end
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _planner_for_hypothesis(request) -> None:
    if request.node.originalname == "test_undoing_everything_gives_the_beginning_and_redoing_it_the_end":
        request.getfixturevalue("anna")


def test_the_history_of_a_cell_tells_who_when_from_to_and_in_which_version(version, anna, bo) -> None:
    put(version, anna, a1=1)
    put(version, bo, a1=2)
    copy = agreement.version_copy(version=version, name="Prov", by=anna)
    put(copy, anna, a1="")
    told = [(row.step.by.username, row.before, row.after, row.step.version.number) for row in history(version)]
    assert told == [("anna", 2, None, 2), ("bo", 1, 2, 1), ("anna", None, 1, 1)]


def history(version):
    return selectors.history_of(version.plan, "a", WEEKS[0])


# --- Two at once ---------------------------------------------------------------------------------------------------


def test_two_at_once_clash_only_on_the_same_cell(version, anna, bo) -> None:
    put(version, anna, base=0, a1=1)
    put(version, bo, base=0, b1=2)
    with pytest.raises(actions.Stale) as stale:
        put(version, bo, base=0, a1=5, c1=5)
    assert stale.value.clashes == (Key("a", WEEKS[0]),)
    assert values(version) == {"a1": "1", "b1": "2"}, "nothing of a step that clashes is written"
    put(version, bo, base=2, a1=5)
    assert values(version)["a1"] == "5"


def step(base, *cells, kind="typed", token="t"):  # noqa: S107 - the name of a step
    return json.dumps({"kind": kind, "base": base, "token": token, "cells": list(cells)})


def cell(service, week, **more):
    return {"service": service, "week": WEEKS[week - 1], **more}


def send(client, version, body):
    return client.post(f"/plan/{version.pk}/cells/", body, content_type="application/json")


@pytest.fixture
def log_in_as(client):
    def make(user):
        from django.test import Client  # noqa: PLC0415

        made = Client(raise_request_exception=True)
        made.force_login(user, "django.contrib.auth.backends.ModelBackend")
        return made

    return make


def test_a_save_asks_the_database_few_times(version, anna, log_in_as, django_assert_max_num_queries) -> None:
    client, sent = log_in_as(anna), step(0, *(cell("a", number, value="7.5") for number in range(1, 11)))
    with django_assert_max_num_queries(15):  # two of them begin and end the savepoint of the test's transaction
        answer = send(client, version, sent)
    assert answer.json() == {"revision": 1, "changes": [], "stack": [1, 0]}


def test_a_base_that_no_database_holds_is_after_all(version, anna, bo, log_in_as) -> None:
    put(version, bo, a1=7)
    answer = send(log_in_as(anna), version, step(10**30, cell("a", 1, value="1")))
    assert (answer.status_code, answer.json()["changes"], values(version)) == (200, [], {"a1": "1"})


def test_no_version_is_told_from_a_foreign_one(version, person, log_in_as) -> None:
    client = log_in_as(person("carl", (Role.PLANNER, "u7")))
    for body in (step(0, cell("a", 1, value="1")), "{"):
        assert send(client, version, body).status_code == 404
        assert client.post("/plan/999999/cells/", body, content_type="application/json").status_code == 404
    assert values(version) == {}


@pytest.mark.parametrize("part", ["text", "value", "classes"])
def test_what_a_cell_says_is_escaped(part) -> None:
    cell = GridCell("", "", "")._replace(**{part: '"><script>'})
    html = Line("a", "A", (cell,), "").weeks
    assert "<script>" not in html
    assert "&quot;&gt;&lt;script&gt;" in html


def test_the_grid_saves_and_learns_what_others_did(version, anna, bo, log_in_as) -> None:
    put(version, bo, b1=7)
    answer = send(log_in_as(anna), version, step(0, cell("a", 1, value="12.5"), cell("a", 2, locked=True)))
    assert answer.status_code == 200
    found = answer.json()
    assert (found["revision"], found["stack"]) == (2, [1, 0])
    assert [(row["service"], row["value"], row["by"]) for row in found["changes"]] == [("b", "7", "Bo")]
    clash = send(log_in_as(anna), version, step(0, cell("b", 1, value="1"), token="u"))
    assert (clash.status_code, clash.json()["clashes"]) == (409, [["b", WEEKS[0]]])
    assert values(version) == {"a1": "12.5", "b1": "7"}


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        step(0, {"service": "a"}),
        step("x"),
        step(0, cell("a", 1, value="tolv")),
        step(0, cell("a", 1, locked="ja")),
        step(0, cell("a", 1, value="1"), kind="proposal"),
        step(0, cell("a", 1, value="-1")),
    ],
)
def test_nonsense_from_the_grid_gets_a_sentence(version, anna, log_in_as, body) -> None:
    answer = send(log_in_as(anna), version, body)
    assert answer.status_code == 422
    assert answer.json()["sentence"]
    assert Step.objects.count() == 0


def test_undo_by_button_and_by_grid(version, anna, log_in_as) -> None:
    client = log_in_as(anna)
    put(version, anna, a1=1)
    answer = client.post(f"/plan/{version.pk}/undo/", "{}", content_type="application/json").json()
    assert [(row["service"], row["value"]) for row in answer["changes"]] == [("a", "")]
    assert answer["stack"] == [0, 1]
    assert client.post(f"/plan/{version.pk}/redo/").url == f"/plan/{version.pk}/"
    assert values(version) == {"a1": "1"}
    assert client.post(f"/plan/{version.pk}/redo/").status_code == 422


# --- Pages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["", "versions/", "cell/", "propose/", "import/", "scenario/"])
def test_the_frame_of_a_plans_pages_is_about_its_unit(page, version, anna, unit, log_in_as, person) -> None:
    person("boss", (Role.MANAGER, "region"))
    shown = log_in_as(User.objects.get(username="boss")).get(f"/plan/{version.pk}/{page}").content.decode()
    assert 'href="/units/u0/balance/"' in shown.partition("<main")[0]


def test_the_page_shows_cells_sums_and_balance(version, anna, unit, log_in_as) -> None:
    put(version, anna, a1="1234.5", b1=100)
    lock(version, anna, "b1")
    client = log_in_as(anna)
    page = client.get(f"/plan/{version.pk}/").content.decode()
    assert 'data-v="1234.5" class="holiday">1\u00a0234,5<' in page
    assert 'data-v="100" class="holiday locked">100<' in page
    assert '<td class="total">1\u00a0334,5</td>' in page
    row = next(row for row in unit.balance if (row["resource_id"], row["week"]) == ("u0-r0", WEEKS[0]))
    others = row["required"] - 3 * 20 * 30  # three services, 20 slots each are required, 30 minutes a slot
    share = (others + 1334.5 * 30 - row["available"]) / row["available"]
    assert f'<td class="over2">▲{round(share * 100)}</td>' in page
    assert page.count('<td class="none">–</td>') == 51, "nothing is said of weeks without anything planned"
    assert "Summa" in words(client.get(f"/plan/{version.pk}/"))
    assert client.get("/plan/").status_code == 200
    assert "Plan" in words(client.get("/plan/units/u0/"))
    assert "Data t.o.m. 2026-11-20. Dataversion 3." in words(log_in_as(anna).get(f"/plan/{version.pk}/"))


def test_a_plan_is_made_on_the_units_page_once(anna, log_in_as) -> None:
    client = log_in_as(anna)
    made = client.post("/plan/units/u0/", {"year": YEAR, "name": "Budget"})
    assert made.url == f"/plan/{Version.objects.get().pk}/"
    again = client.post("/plan/units/u0/", {"year": YEAR, "name": "Budget"})
    assert again.status_code == 422
    assert "redan en plan" in words(again)
    assert client.post("/plan/units/u0/", {"year": 1900, "name": "x"}).status_code == 422


def test_the_row_form_does_what_the_grid_does(version, anna, bo, log_in_as) -> None:
    client, address = log_in_as(anna), f"/plan/{version.pk}/row/?service=a"
    given = {"revision": "0", WEEKS[0]: "1 234,5", WEEKS[1]: "saknas", WEEKS[2]: "3"}
    assert client.post(address, given).url == f"/plan/{version.pk}/"
    assert values(version) == {"a1": "1234.5", "a3": "3"}
    wrong = client.post(address, given | {WEEKS[0]: "1.234", WEEKS[1]: "8 %", WEEKS[2]: "9"})
    assert wrong.status_code == 422
    assert "två sätt" in words(wrong)
    assert "procent" in words(wrong)
    assert 'value="9"' in wrong.content.decode(), "what was typed stays"
    put(version, bo, a3=5)
    stale = client.post(address, given | {"revision": "1", WEEKS[2]: "9"})
    assert stale.status_code == 409
    assert values(version)["a3"] == "5"
    assert client.post(address, given | {"revision": "2", WEEKS[2]: "9"}).status_code == 302
    assert values(version)["a3"] == "9"
    assert client.get(f"/plan/{version.pk}/row/?service=s1").status_code == 404


# --- Spreading -----------------------------------------------------------------------------------------------------


@given(
    total=st.integers(0, 10**6),
    weights=st.lists(st.floats(0, 1e6, allow_nan=False), min_size=1, max_size=53).filter(sum),
)
def test_the_parts_sum_to_the_total_and_none_is_more_than_one_off(total, weights) -> None:
    parts = list(spread_total(total, {str(week): weight for week, weight in enumerate(weights)}, {}).values())
    assert sum(parts) == total
    assert min(parts) >= 0
    exact = [total * weight / sum(weights) for weight in weights]
    assert all(abs(part - share) < 1 + 1e-6 * max(1, total) for part, share in zip(parts, exact, strict=True))


def test_locked_weeks_are_kept_and_what_cannot_be_spread_is_said() -> None:
    even = dict.fromkeys(("v1", "v2", "v3"), 1.0)
    assert spread_total(10, even, {"v2": Decimal(7)}) == {"v1": 2, "v3": 1}
    for total, locked in ((5, {"v2": Decimal(7)}), (10, {"v2": Decimal("7.5")}), (10, dict.fromkeys(even, Decimal(1)))):
        with pytest.raises(BadInput):
            spread_total(total, even, locked)


def test_spread_by_page_keeps_locked_weeks_and_sums_to_the_year(version, anna, log_in_as) -> None:
    put(version, anna, a2=7)
    lock(version, anna, "a2")
    address = f"/plan/{version.pk}/spread/?service=a"
    assert log_in_as(anna).post(address, {"total": "1 000", "profile": "working_days"}).status_code == 302
    made = {cell.week: cell for cell in version.cells.all()}
    assert sum(cell.value for cell in made.values()) == 1000
    assert (made[WEEKS[1]].value, made[WEEKS[1]].source) == (7, Source.TYPED)
    assert made[WEEKS[4]].source == Source.SPREAD
    assert made[WEEKS[4]].value > made[WEEKS[11]].value, "week 12 has four working days"
    refused = log_in_as(anna).post(address, {"total": "3", "profile": "even"})
    assert (refused.status_code, "låsta veckorna" in words(refused)) == (422, True)


def test_last_years_weeks_are_the_profile(version, unit) -> None:
    past = [{"period": f"2026-W{week:02d}", "value": float(week)} for week in range(1, 54)]
    unit.told[0] = need_row("a", weeks={"past": past, "ahead": []})
    from vardbalans.web.insight.selectors import latest_run  # noqa: PLC0415

    found = weights_of("last_year", latest_run(), "u0", "a", YEAR)
    assert [found[WEEKS[0]], found[WEEKS[51]]] == [1.0, 52.0]
    unit.told[0] = need_row("a", weeks={"past": [], "ahead": []}, months={"past": [], "ahead": []})
    assert weights_of("last_year", latest_run(), "u0", "a", YEAR) == weights_of(
        "working_days", latest_run(), "u0", "a", YEAR
    )


def test_years_of_fifty_three_weeks() -> None:
    assert [year for year in range(2024, 2045) if len(weeks_of_year(year)) == 53] == [2026, 2032, 2037, 2043]
    weeks = plan_weeks(2026, fakes.TODAY)
    assert [week.number for week in weeks if week.summer] == [27, 28, 29, 30, 31]
    assert weeks[52].period == "2026-W53"
    assert weeks[52].working_days == 3


# --- Agreement -----------------------------------------------------------------------------------------------------


def test_from_draft_to_agreement_and_open_again(version, anna, chief, log_in_as) -> None:
    with pytest.raises(BadInput, match="tom"):
        agreement.version_submit(version=version, by=anna)
    put(version, anna, a1=1)
    lock(version, anna, "a1")
    address = f"/plan/{version.pk}/decide/"
    assert log_in_as(anna).post(address, {"decision": "submit"}).status_code == 302
    for change in (lambda: put(version, anna, a1=2), lambda: actions.step_undo(version=version, by=anna)):
        with pytest.raises(actions.NotDraft):
            change()
    saved = send(log_in_as(anna), version, step(1, cell("a", 1, value="2")))
    assert saved.status_code == 409
    assert "utkast" in saved.json()["sentence"]
    assert log_in_as(chief).post(address, {"decision": "return", "reason": " "}).status_code == 422
    assert "Väntar på ditt beslut" in words(log_in_as(chief).get("/plan/"))
    returned = log_in_as(chief).post(address, {"decision": "return", "reason": "Sommaren saknas"})
    second = version.plan.versions.get(number=2)
    assert returned.url == f"/plan/{second.pk}/"
    assert (values(second), second.cells.get().locked, second.based_on) == ({"a1": "1"}, True, version)
    assert "Sommaren saknas" in words(log_in_as(anna).get(returned.url)), "told where one goes on"
    agreement.version_submit(version=second, by=anna)
    agreement.version_approve(version=second, by=chief)
    assert "överenskommen" in words(log_in_as(anna).get(f"/plan/{second.pk}/"))
    third = agreement.version_reopen(version=second, by=chief, reason="Ny lokal")
    assert Version.objects.get(pk=second.pk).state == "approved", "what was agreed stays agreed"
    page = words(log_in_as(anna).get(f"/plan/{third.pk}/"))
    assert "öppnade på nytt" in page
    assert "Ny lokal" in page
    history = words(log_in_as(anna).get(f"/plan/{third.pk}/versions/"))
    for said in ("Chef (Chef) återsände", "Sommaren saknas", "Chef (Chef) godkände", "öppnade på nytt", "Ny lokal"):
        assert said in history, "every decision on every version"
    told = list(Decision.objects.order_by("pk").values_list("kind", "by__username", "role"))
    assert told == [
        ("submitted", "anna", "planner"),
        ("returned", "chef", "manager"),
        ("submitted", "anna", "planner"),
        ("approved", "chef", "manager"),
        ("reopened", "chef", "manager"),
    ]


def test_an_approved_version_becomes_the_plan_that_is_followed_up(
    version, anna, chief, work, tmp_path, monkeypatch
) -> None:
    lake = Lake(tmp_path)
    rows = [{"unit_id": row["unit_id"], "name": row["name"], "level": "unit"} for row in store.lake().units]
    lake.commit({"units": pa.Table.from_pylist(rows, TABLES["units"].schema())}, by="x", at=datetime.now(UTC))
    put(version, anna, a1=12, a2=0, b3=7.5)
    agreement.version_submit(version=version, by=anna)
    agreement.version_approve(version=version, by=chief)
    monkeypatch.setattr(store, "lake", lambda: lake)
    done = [job for job in work() if job.kind == agreement.PUBLISH]
    assert [job.state for job in done] == ["done"], done[0].error
    found = approved_plans(lake, lake.required_head())
    assert {name: dict(plans[0].slots) for name, plans in found.items()} == {
        "a": {Period.parse(WEEKS[0]): 12.0, Period.parse(WEEKS[1]): 0.0},
        "b": {Period.parse(WEEKS[2]): 7.5},
    }
    assert (found["a"][0].by, found["a"][0].version) == ("Chef, Mottagning 1", 1)
    before = lake.required_head().number
    assert publishing.published(version) == before, "a worker that begins again stores nothing twice"
    named = publishing.approved_version("u0", "Plan", YEAR, 1)
    assert (named, publishing.decision_on(named).by) == (version, chief)


def test_nobody_decides_on_what_they_submitted(version, person) -> None:
    both = person("both", (Role.PLANNER, "u0"), (Role.MANAGER, "u0"))
    put(version, both, a1=1)
    agreement.version_submit(version=version, by=both)
    for decide in (agreement.version_approve, agreement.version_return):
        with pytest.raises(BadInput, match="inte själv"):
            decide(version=version, by=both, reason="x")
    assert list(selectors.awaiting(both, {"u0"})) == []


def test_a_planner_may_not_decide_and_a_manager_may_not_plan(version, anna, bo, chief) -> None:
    put(version, anna, a1=1)
    with pytest.raises(people.NotPermitted):
        put(version, chief, a1=2)
    agreement.version_submit(version=version, by=anna)
    with pytest.raises(people.NotPermitted):
        agreement.version_approve(version=version, by=bo)
    with pytest.raises(BadInput):
        agreement.version_submit(version=version, by=anna)


def test_the_database_refuses_a_return_without_reason(version, anna) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.create(version=version, kind=Decision.Kind.RETURNED, by=anna, role="manager")
    with pytest.raises(IntegrityError), transaction.atomic():
        Cell.objects.create(version=version, service_id="a", week=WEEKS[0], value=-1)


def test_versions_differ_and_an_old_one_is_restored_as_a_new_one(version, anna, log_in_as) -> None:
    put(version, anna, a1=1, b1=2)
    new = agreement.version_copy(version=version, name="Mer b", by=anna)
    put(new, anna, b1=4, c1=5)
    assert selectors.difference(version, new) == [("b", WEEKS[0], 2, 4), ("c", WEEKS[0], None, 5)]
    page = words(log_in_as(anna).get(f"/plan/{new.pk}/versions/"))
    assert "Version 2 mot version 1" in page
    assert "v. 1: 2 → 4" in page
    restored = log_in_as(anna).post(f"/plan/{version.pk}/copy/", {"name": "Åter"})
    assert values(Version.objects.get(number=3)) == values(version)
    assert restored.url == f"/plan/{Version.objects.get(number=3).pk}/"


# --- Comments ------------------------------------------------------------------------------------------------------


def test_comments_follow_to_new_versions_and_are_resolved(version, anna, bo, person, log_in_as) -> None:
    person("utanfor", (Role.READER, "u7"))
    client = log_in_as(anna)
    client.post(
        f"/plan/{version.pk}/comments/",
        {"service": "a", "week": WEEKS[0], "text": "@bo ser du? @utanfor @ingen", "next": "/plan/"},
    )
    comment = Comment.objects.get()
    assert [user.username for user in comment.mentioned.all()] == ["bo"], "only those who may read the unit"
    new = agreement.version_copy(version=version, name="", by=anna)
    page = log_in_as(bo).get(f"/plan/{new.pk}/")
    assert 'class="holiday remarked"' in page.content.decode()
    assert "Tjänst a v. 1 Anna" in words(page)
    assert "ser du?" in words(page)
    assert log_in_as(bo).post(f"/plan/comments/{comment.pk}/resolve/", {"next": "/plan/"}).url == "/plan/"
    assert 'class="remarked"' not in log_in_as(bo).get(f"/plan/{new.pk}/").content.decode()
    told = words(log_in_as(bo).get(f"/plan/{new.pk}/cell/?service=a&week={WEEKS[0]}"))
    assert "Löst av Bo" in told
    for text in (" ", "Gäller 19121212-1212"):
        with pytest.raises(BadInput):
            agreement.comment_add(version=version, service_id="", week="", text=text, by=anna)
    put(version, anna, a1=1)
    with pytest.raises(BadInput, match="personnummer"):
        agreement.version_submit(version=version, by=anna, reason="Gäller 19121212-1212")


# --- Excel ---------------------------------------------------------------------------------------------------------


def exported(client, version):
    answer = client.get(f"/plan/{version.pk}/export/")
    assert answer["Content-Disposition"] == f'attachment; filename="plan-2027-plan-v{version.number}.xlsx"'
    return load_workbook(io.BytesIO(answer.content))


def bring(client, version, book, name="plan.xlsx"):
    target = io.BytesIO()
    book.save(target)
    return client.post(f"/plan/{version.pk}/import/", {"sent": SimpleUploadedFile(name, target.getvalue())})


def write(client, page, version, **more):
    asked = page.context["page"].asked
    return client.post(f"/plan/{version.pk}/import/write/", {"asked": asked, **more})


def test_out_to_excel_changed_and_back_with_the_difference_first(version, anna, bo, log_in_as) -> None:
    put(version, anna, a1="1.5", a2=2, b1=3)
    client = log_in_as(anna)
    book = exported(client, version)
    sheet = book.active
    assert (sheet.freeze_panes, sheet.column_dimensions["A"].hidden) == ("D2", True)
    assert [sheet.cell(2, column).value for column in (1, 3, 4, 5)] == ["a", "Tjänst a", 1.5, 2]
    sheet.cell(2, 4).value, sheet.cell(2, 5).value, sheet.cell(3, 5).value = 7, None, "många"
    put(version, bo, a2=9)
    put(version, bo, c1=1)
    page = bring(client, version, book)
    told = words(page)
    assert "2 rutor skulle ändras" in told
    assert "”många” är inget tal" in told
    assert "ändrad här sedan filen hämtades" in told
    assert values(version) == {"a1": "1.5", "a2": "9", "b1": "3", "c1": "1"}, "nothing is written yet"
    assert write(client, page, version).status_code == 302
    assert values(version) == {"a1": "7", "a2": "9", "b1": "3", "c1": "1"}, "what others changed stays unless chosen"
    assert version.cells.get(service_id="a", week=WEEKS[0]).source == Source.IMPORTED
    page = bring(client, version, book)
    write(client, page, version, clashes="on")
    assert "a2" not in values(version)


def test_a_workbook_that_is_as_exported_asks_for_nothing(version, anna, bo, log_in_as) -> None:
    put(version, anna, a1=1)
    client = log_in_as(anna)
    book = exported(client, version)
    put(version, bo, a1=2, b2=5)
    assert "Filen ändrar inget" in words(bring(client, version, book))


def test_foreign_and_tampered_workbooks_are_refused(version, anna, log_in_as) -> None:
    client = log_in_as(anna)
    put(version, anna, a1=1)
    book = exported(client, version)
    other = agreement.plan_make(unit_id="u0", year=YEAR, name="Annan", by=anna)
    assert "från en annan plan" in words(bring(client, other, book))
    book.active["A1"] = "något annat"
    assert "inte hämtad" in words(bring(client, version, book))
    assert bring(client, version, book, "plan.exe").status_code == 422
    assert client.post(f"/plan/{version.pk}/import/write/", {"asked": "x"}).status_code == 422


def test_the_difference_shown_cannot_be_written_after_others_have_changed_it(version, anna, bo, log_in_as) -> None:
    put(version, anna, a1=1)
    client = log_in_as(anna)
    book = exported(client, version)
    book.active["D2"] = 5
    page = bring(client, version, book)
    put(version, bo, a1=3)
    assert write(client, page, version).status_code == 422
    assert values(version) == {"a1": "3"}


# --- Proposals and checks ------------------------------------------------------------------------------------------


@pytest.fixture
def proposed(monkeypatch):
    from vardbalans.web.planning import proposing  # noqa: PLC0415

    def propose(version, *, guarantee_from, overtime, progress):
        cells = [("a", WEEKS[0], "11"), ("a", WEEKS[1], "12"), ("b", WEEKS[0], "13"), ("c", WEEKS[0], "14")]
        result = {"status": "best", "gap": 0.0, "around": None, "clash": [], "relaxations": [], "data": 3}
        return result | {"cells": cells, "revision": version.revision}

    monkeypatch.setattr(proposing, "proposal", propose)


def test_a_proposal_is_shown_as_a_difference_and_taken_by_row_or_whole(
    version, anna, proposed, work, log_in_as
) -> None:
    put(version, anna, a1=11, b1=1)
    lock(version, anna, "b1")
    client = log_in_as(anna)
    asked = client.post(f"/plan/{version.pk}/propose/", {"guarantee_from": "", "overtime": "0"})
    assert client.post(f"/plan/{version.pk}/propose/", {"guarantee_from": "", "overtime": "0"}).url == asked.url
    assert "Väntar på sin tur" in words(client.get(asked.url))
    assert client.post(asked.url, {"all": "1"}).status_code == 422, "not before it is there"
    assert len(work()) == 1
    page = client.get(asked.url)
    assert [row.service_id for row in page.context["page"].rows] == ["a", "c"], "what is locked or the same is no row"
    assert values(version) == {"a1": "11", "b1": "1"}
    assert client.post(asked.url, {}).status_code == 422
    client.post(asked.url, {"service": ["a"]})
    assert values(version) == {"a1": "11", "a2": "12", "b1": "1"}
    client.post(asked.url, {"all": "1"})
    assert values(version) == {"a1": "11", "a2": "12", "b1": "1", "c1": "14"}
    assert version.cells.get(service_id="c").source == Source.PROPOSAL
    assert Step.objects.filter(kind=StepKind.PROPOSAL).count() == 2
    other = agreement.plan_make(unit_id="u0", year=YEAR, name="Annan", by=anna)
    assert client.get(asked.url.replace(f"/{version.pk}/", f"/{other.pk}/")).status_code == 404


def test_a_check_is_told_beside_the_grid_and_said_to_be_old(version, anna, monkeypatch, work, log_in_as) -> None:
    from vardbalans.engine.messages import Message  # noqa: PLC0415
    from vardbalans.web.planning import proposing  # noqa: PLC0415
    from vardbalans.web.translate import kept  # noqa: PLC0415

    said = {"rule": "capacity_holds", "sentence": kept(Message("Läkare räcker inte.")), "weeks": 3}
    monkeypatch.setattr(
        proposing,
        "check",
        lambda version, **_more: {
            "revision": version.revision,
            "empty": 5,
            "weeks": 46,
            "with_proposal": False,
            "breaches": [said],
        },
    )
    put(version, anna, a1=1)
    client = log_in_as(anna)
    client.post(f"/plan/{version.pk}/check/")
    work()
    page = words(client.get(f"/plan/{version.pk}/"))
    assert "Läkare räcker inte. Gäller 3 veckor" in page
    assert 'id="plan-check-old" hidden' in client.get(f"/plan/{version.pk}/").content.decode()
    put(version, anna, a1=2)
    assert 'id="plan-check-old">' in client.get(f"/plan/{version.pk}/").content.decode()


def test_no_proposal_for_what_is_no_draft(version, anna) -> None:
    put(version, anna, a1=1)
    agreement.version_submit(version=version, by=anna)
    with pytest.raises(BadInput):
        asking.proposal_ask(version=version, guarantee_from=None, overtime=0.0, by=anna)


# --- Access --------------------------------------------------------------------------------------------------------

READ = (
    "",
    "row/?service=a",
    "balance/?resource=u0-r0",
    "cell/",
    "changes/",
    "versions/",
    "export/",
    "spread/?service=a",
    "propose/",
    "import/",
    "scenario/",
)
WRITE = (
    "cells/",
    "undo/",
    "redo/",
    "comments/",
    "propose/",
    "check/",
    "decide/",
    "copy/",
    "import/",
    "import/write/",
    "order/",
    "scenario/open/",
    "scenario/take/",
)


def test_a_plan_of_a_foreign_unit_is_not_there(version, log_in) -> None:
    foreign = log_in((Role.PLANNER, "u7"), (Role.MANAGER, "u7"), username="foreign")
    for part in READ:
        assert foreign.get(f"/plan/{version.pk}/{part}").status_code == 404, part
    for part in (*WRITE, "row/?service=a", "spread/?service=a"):
        assert foreign.post(f"/plan/{version.pk}/{part}").status_code == 404, part
    comment = Comment.objects.create(plan=version.plan, version=version, text="x", by=version.made_by)
    assert foreign.post(f"/plan/comments/{comment.pk}/resolve/").status_code == 404
    assert "Plan" not in words(foreign.get("/plan/")).split("Planer")[1]


def test_a_reader_reads_and_changes_nothing(version, anna, log_in) -> None:
    put(version, anna, a1=1)
    reader = log_in((Role.READER, "u0"), username="reader")
    for part in ("", "row/?service=a", "cell/", "versions/", "export/"):
        assert reader.get(f"/plan/{version.pk}/{part}").status_code == 200, part
    assert "data-editable" not in reader.get(f"/plan/{version.pk}/").content.decode()
    assert send(reader, version, step(1, cell("a", 1, value="2"))).status_code == 403
    row = {"revision": "1", WEEKS[0]: "5"}
    for part in ("undo/", "row/?service=a", "copy/", "spread/?service=a"):
        given = {"total": "5", "profile": "even"} | row
        assert reader.post(f"/plan/{version.pk}/{part}", given).status_code == 403, part
    assert reader.post(f"/plan/{version.pk}/decide/", {"decision": "submit"}).status_code == 403
    assert reader.post("/plan/units/u0/", {"year": YEAR, "name": "Ny"}).status_code == 403
    assert values(version) == {"a1": "1"}
    assert Change.objects.count() == 1


def test_no_get_changes_anything(version, anna, log_in_as) -> None:
    put(version, anna, a1=1)
    before = (Step.objects.count(), AuditEvent.objects.count(), Version.objects.count())
    client = log_in_as(anna)
    for part in {*READ, *WRITE}:
        client.get(f"/plan/{version.pk}/{part}")
    assert (Step.objects.count(), AuditEvent.objects.count(), Version.objects.count()) == before


def test_a_role_that_ended_decides_nothing(version, anna, chief) -> None:
    put(version, anna, a1=1)
    agreement.version_submit(version=version, by=anna)
    chief.roles.update(valid_to=fakes.TODAY - timedelta(days=300))
    with pytest.raises(people.OutOfScope):
        agreement.version_approve(version=version, by=chief)
