"""Default deny: every address × every role × own and foreign units."""

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from tests.web import fakes
from vardbalans.web.people import access, actions, selectors
from vardbalans.web.people.models import ALL_UNITS, RoleAssignment, User
from vardbalans.web.people.permissions import Permission, Role
from vardbalans.web.people.units import Unit, UnitTree, current_tree

pytestmark = pytest.mark.django_db
QUERY = {"resource": "u0-r0", "service": "s1", "week": fakes.WEEKS[0], "figure": "required", "step": "inputs-0"}
PATIENT = QUERY | {"step": "terms-0", "purpose": "Kontroll av underlaget"}


def patterns(found=None, before=""):
    """Yield every (name, view, address) of the URL map."""
    for entry in found or get_resolver().url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry.url_patterns, before + str(entry.pattern))
        else:
            assert isinstance(entry, URLPattern)
            yield entry.name, entry.callback, before + str(entry.pattern)


ASKED = {
    "unit": set(Role),
    "plans_unit": set(Role),
    "balance": set(Role),
    "capacity_unit": set(Role),
    "capacity_export_unit": set(Role),
    "need_unit": set(Role),
    "need_service": set(Role),
    "flow_map": set(Role),
    "waits_unit": set(Role),
    "waits_service": set(Role),
    "waits_review": set(Role),
    "waits_review_rows": {Role.ANALYST},
    "service": set(Role),
    "pack": set(Role),
    "pdf": set(Role),
    "workbook": set(Role),
    "meetings": set(Role),
    "goals": set(Role),
    "beds_unit": set(Role),
    "beds_scenario": set(Role),
    "beds_scenario_run": {Role.PLANNER, Role.ANALYST},
    "measures_unit": set(Role),
    "cost_unit": set(Role),
    "cost_pool": set(Role),
    "cost_rows": set(Role),
    "cost_patient_rows": {Role.ANALYST},
    "now_unit": set(Role),
    "cycle": set(Role),
    "dates": {Role.MANAGER, Role.ADMINISTRATOR},
    "why": set(Role),
    "rows": set(Role),
    "patient_rows": {Role.ANALYST},
}
"""Which roles each page of a unit is for: written here once more on purpose, not read from the code."""
SINGLE_SIGN_ON = {"oidc_start", "oidc_back", "oidc_out", "saml_start", "saml_acs", "saml_finish", "saml_metadata"}
OPEN = {"language", "theme", "accessibility", "livez", "readyz", "log_in", "link"} | SINGLE_SIGN_ON
REGION = {
    "delivery",
    "discard",
    "fix_list",
    "judge",
    "new",
    "parameter",
    "preview",
    "profiles",
    "quality_lists",
    "sample",
    "store",
}
"""The pages of importing, which are for analysts at the top of the unit tree."""
ACCOUNT = {"account", "factor", "propose", "set_up", "remove", "codes", "end", "lower", "parameters"}
"""One's own account, and the parameters, which everyone who is logged in may read."""
ADMINISTRATION = {
    "close",
    "end_session",
    "judge_row",
    "log",
    "mapping_end",
    "mappings",
    "new_link",
    "people",
    "person",
    "raise",
    "reset",
    "role_end",
    "role_give",
    "spot_check",
    "spot_checks",
    "withdraw",
}
"""What administrators do, with people and checks of their own scope alone."""
PLANS = {
    "balance_why",
    "cell",
    "cells",
    "changes",
    "check",
    "comment",
    "copy",
    "decide",
    "export",
    "import",
    "import_write",
    "order",
    "plan",
    "plans",
    "proposal",
    "propose",
    "redo",
    "resolve",
    "row",
    "scenario",
    "scenario_open",
    "scenario_take",
    "spread",
    "undo",
    "versions",
}
"""The pages of one plan, which test_planning.py walks: their unit is the plan's."""
PLANNING = {"adjustment", "adjusted", "run", "run_cost"}
"""What planners and analysts of any unit may do with it: adjust its forecasts, and have the balance computed."""
WRITTEN = {"freeze", "comment", "remake", "meeting", "decide", "decision", "tick"}
"""What is written of a unit's follow-up, by planners and analysts; who may is held in tests/web/test_following.py.
What is ticked in the planning cycle is held in tests/web/test_rhythm.py."""
MEASURES = {"measure", "card", "plan", "status", "report"}
"""Views of measures, which the made-up region has none of: test_improving asks who may see and write."""
SYSTEMS = {"operations", "integrations", "revoke_integration"}
"""The pages of the programming interface, and of the integrations: tests/web/test_api.py asks who may."""
VIEWS = [(name, view, text) for name, view, text in patterns() if not text.startswith("api/v1/")]
"""Without the programming interface, which asks in its own way: by a token or a session (tests/web/test_api.py)."""
UNIT_VIEWS = [(name, view, text) for name, view, text in VIEWS if "unit_id" in text and name not in WRITTEN | MEASURES]


def address(text: str, unit_id: str) -> str:
    return "/" + text.replace("<path:unit_id>", unit_id).replace("<str:form>", "csv")


def fetch(client: Client, text: str, unit_id: str) -> int:
    resource = {"resource": f"{unit_id}-r0"}
    if "patient-rows" in text or "review/rows" in text:
        return client.post(address(text, unit_id), PATIENT | resource).status_code
    if "scenario/run" in text:
        status = client.post(address(text, unit_id), {}).status_code
        return 200 if status == 302 else status  # it leads to the page of the scenario
    return client.get(address(text, unit_id), QUERY | resource).status_code


def test_the_walk_covers_the_map() -> None:
    assert {name for name, _view, _text in UNIT_VIEWS} == set(ASKED)
    others = {name for name, _view, text in VIEWS if "unit_id" not in text} - OPEN
    assert others == REGION | {
        "overview",
        "balances",
        "capacity",
        "capacity_export",
        "go",
        "go_list",
        "now",
        "cycle_start",
        "need",
        "waits",
        "beds",
        "start",
        "measures",
        "cost",
        "cost_certificate",
        "passphrase",
        "log_out",
        "data",
        "progress",
        "cancel",
        "help",
        "glossary",
        "first_hour",
        "topic",
    } | PLANNING | PLANS | ACCOUNT | ADMINISTRATION | SYSTEMS | {"choose", "list"}


@pytest.mark.parametrize(("name", "view"), [(name, view) for name, view, _text in VIEWS])
def test_every_view_declares_what_it_asks(name, view) -> None:
    mark = access.access_of(view)
    assert mark is not None
    assert mark.public == (name in OPEN)


def test_every_operation_lets_in_by_token_or_session_and_nothing_else() -> None:
    found = [(name, access.access_of(view)) for name, view, text in patterns() if text.startswith("api/v1/")]
    assert len(found) >= 28
    assert {name for name, mark in found if mark is None or not mark.by_token} == {"openapi"}


@pytest.mark.parametrize("name", ["need", "waits", "balance-map", "plans", "short"])
def test_a_list_is_fetched_by_those_who_may_see_its_page(name, log_in, region) -> None:
    client = log_in((Role.READER, "u0"))
    assert client.get(f"/export/{name}.csv?unit=u0").status_code == 200
    assert client.get(f"/export/{name}.xlsx?unit=u7").status_code == 404
    assert client.get(f"/export/{name}.pdf?unit=u0").status_code == 404
    assert b"u7" not in client.get(f"/export/{name}.csv").content
    assert Client().get(f"/export/{name}.csv?unit=u0").status_code == 302


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(("name", "view", "text"), UNIT_VIEWS)
def test_role_by_unit(name, view, text, role, log_in, region) -> None:
    client = log_in((role, "u0"))
    assert fetch(client, text, "u0") == (200 if role in ASKED[name] else 403)
    assert fetch(client, text, "u7") == 404
    assert fetch(client, text, "no-such-unit") == 404


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(("name", "text"), [(name, text) for name, _view, text in VIEWS if name in REGION])
def test_role_at_the_top_and_below_it(name, text, role, log_in, region) -> None:
    """An upload that is not there gives 404 to those who may look for it, 403 to all others."""
    address = "/" + text.replace("<int:upload_id>", "1").replace("<str:form>", "csv")
    there = {200, 404, 405} if role == Role.ANALYST else {403}
    assert log_in((role, "region"), username="top").get(address).status_code in there
    assert log_in((role, ALL_UNITS), username="all").get(address).status_code in there
    below = log_in((role, "h0"), (role, "h1"), (role, "h2"), username="below")
    assert below.get(address).status_code == 403
    assert below.post(address).status_code == 403


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, _view, text in VIEWS if name in ADMINISTRATION])
def test_administration_stops_at_the_administrators_scope(name, text, log_in, person, region) -> None:
    """A person or check that is foreign or not there gives 404 to administrators; a change asks for raised rights."""
    foreign = person("frank", (Role.READER, "u7"))
    address, given = "/" + re.sub(r"<int:\w+>", str(foreign.pk), text), {"reason": "prov", "verdict": "justified"}
    for role in Role:
        client = log_in((role, "u0"), username=role)
        for answer in (client.get(address), client.post(address, given)):
            if role != Role.ADMINISTRATOR or name in {"mappings", "mapping_end"}:
                assert answer.status_code == 403
            else:
                assert answer.status_code in {200, 302, 404, 405, 422}
                assert answer.status_code != 302 or answer.url.startswith("/account/raise/")
                assert "int:" not in text or answer.status_code != 200
                assert "frank" not in answer.content.decode().lower()
    assert Client().get(address).status_code == 302


@pytest.mark.parametrize("name", sorted(SINGLE_SIGN_ON))
def test_single_sign_on_that_is_not_set_up_is_not_there(name, region) -> None:
    text = next(text for found, _view, text in VIEWS if found == name)
    assert {Client().get("/" + text).status_code, Client().post("/" + text).status_code} <= {404, 405}


@pytest.mark.parametrize("role", Role)
def test_planning_is_for_planners_and_analysts_of_the_unit(role, log_in, region) -> None:
    lake, _results = region
    lake.services = [{"service_id": "s1", "name": "Nybesök", "unit_id": "u0"}]
    form, may = "/data/adjustments/new/?service=s1", role in {Role.PLANNER, Role.ANALYST}
    for unit_id in ("u0", "h0", ALL_UNITS):
        client = log_in((role, unit_id), username=unit_id)
        assert client.get(form).status_code == (200 if may else 403)
        assert client.post("/balance/run/").status_code == (302 if may else 403)
    assert log_in((role, "u7"), username="foreign").get(form).status_code == 404
    assert log_in(username="nobody").post("/balance/run/").status_code == 403


@pytest.mark.parametrize(("name", "view", "text"), UNIT_VIEWS)
def test_without_log_in_one_is_sent_there(name, view, text, region) -> None:
    response = Client().get(address(text, "u0"))
    assert response.status_code == 302
    assert response.url.startswith(f"/people/log-in/?next={address(text, 'u0')}")


@pytest.mark.parametrize("text", ["", "people/passphrase/"])
def test_pages_without_a_unit_ask_for_log_in_too(text, region) -> None:
    assert Client().get(f"/{text}").status_code == 302


def test_a_role_reaches_the_whole_subtree_and_nothing_above(log_in, region) -> None:
    client = log_in((Role.READER, "h0"))
    assert client.get("/units/u0/balance/").status_code == 200
    assert client.get("/units/region/").status_code == 404
    page = client.get("/").content.decode()
    assert "Norra sjukhuset" in page
    assert "Länssjukhuset" not in page
    assert "Region Exempel" not in page


def test_a_role_that_has_ended_gives_nothing(log_in, region) -> None:
    client = log_in((Role.ADMINISTRATOR, ALL_UNITS), valid_to=date(2026, 1, 2))
    assert client.get("/units/u0/balance/").status_code == 404


def test_a_role_that_begins_tomorrow_gives_nothing_today(person, region) -> None:
    anna = person("anna")
    tomorrow = timezone.localdate() + timedelta(days=1)
    RoleAssignment.objects.create(user=anna, role=Role.READER, unit_id="u0", valid_from=tomorrow)
    assert selectors.scope_of(anna, Permission.BALANCE_READ, tree=current_tree()) == frozenset()


def test_someone_without_roles_sees_an_empty_overview(log_in, region) -> None:
    response = log_in().get("/")
    assert response.status_code == 200
    assert "u0" not in response.content.decode()


def test_a_view_without_a_mark_is_refused(rf, settings) -> None:
    from django.core.exceptions import PermissionDenied  # noqa: PLC0415

    with pytest.raises(PermissionDenied, match="declares no access"):
        access.DefaultDeny(lambda _request: None).process_view(rf.get("/"), lambda _request: None, (), {})


def test_only_a_manager_of_the_unit_gives_roles_there(person, region) -> None:
    chief = person("chef", (Role.ADMINISTRATOR, "h0"))
    anna = person("anna")
    given = actions.role_give(user=anna, role=Role.READER, unit_id="u0", by=chief, valid_from=date(2026, 1, 1))
    assert anna.roles.get() == given
    for unit_id, refusal in (("u3", selectors.OutOfScope), (ALL_UNITS, selectors.NotPermitted)):
        with pytest.raises(refusal):
            actions.role_give(user=anna, role=Role.READER, unit_id=unit_id, by=chief, valid_from=date(2026, 1, 1))
    with pytest.raises(selectors.OutOfScope):
        actions.role_give(
            user=chief, role=Role.ANALYST, unit_id="u0", by=anna_without(anna), valid_from=date(2026, 1, 1)
        )
    assert RoleAssignment.objects.filter(user=chief).count() == 1


def anna_without(user: User) -> User:
    user.roles.all().delete()
    return user


def test_ending_a_role_closes_the_door_the_day_after(person, region) -> None:
    chief, anna = person("chef", (Role.ADMINISTRATOR, ALL_UNITS)), person("anna", (Role.READER, "u0"))
    tree = current_tree()
    assert selectors.scope_of(anna, Permission.BALANCE_READ, tree=tree) == {"u0"}
    actions.role_end(assignment=anna.roles.get(), by=chief, on=date(2026, 1, 1))
    assert selectors.scope_of(anna, Permission.BALANCE_READ, tree=tree) == frozenset()


def test_a_circle_in_the_unit_table_does_not_hang() -> None:
    tree = UnitTree.of([Unit("a", "A", "clinic", "b"), Unit("b", "B", "clinic", "a")])
    assert {unit.unit_id for unit in tree.below("a")} == {"a", "b"}
    assert len(tree.path("a")) == 2
