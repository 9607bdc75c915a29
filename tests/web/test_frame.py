"""The frame of every page: menu, unit tree, period, freshness, and where one can go."""

import re
from html import unescape

import pytest
from django.urls import get_resolver, reverse

from tests.web import fakes
from tests.web.test_access import patterns
from vardbalans.engine.periods import Period
from vardbalans.web.insight.period import WHOLE, chosen
from vardbalans.web.insight.selectors import latest_run
from vardbalans.web.people.permissions import Permission, Role
from vardbalans.web.shell.navigation import PAGES, Page, page_of, pages_for

pytestmark = pytest.mark.django_db
SHOWN = ("/", "/need/", "/capacity/", "/balance/", "/waits/", "/plan/", "/follow-up/", "/measures/")


def text_of(response) -> str:
    return unescape(response.content.decode()).replace("\u00a0", " ")


def menu(page: str) -> list[tuple[str, str]]:
    part = page[page.index('<nav class="pages"') : page.index('<details class="drop pages-drop"')]
    return re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)</a>', part)


def test_the_menu_begins_with_the_words_of_the_national_support(log_in, region) -> None:
    names = [name for _address, name in menu(text_of(log_in((Role.READER, "u0")).get("/")))]
    assert names[:5] == ["Behov", "Kapacitet", "Balans", "Plan", "Uppföljning"]
    assert names[5:] == ["Att göra", "Översikt", "Väntelista", "Åtgärder", "Vårdplatser", "Ekonomi", "Data"]


def test_every_page_of_the_menu_leads_to_a_view_that_knows_its_page() -> None:
    names = {entry for entry, _view, _text in patterns(get_resolver().url_patterns)}
    for page in PAGES:
        assert page_of(page.at) is page
        assert page.at.partition(":")[2] in names
        assert not page.at_unit or page_of(page.at_unit) is page
    assert page_of("intake:adjustment").key == "need"
    assert page_of("people:log_in") is None


def test_a_page_that_asks_for_a_permission_is_in_the_menu_of_those_who_hold_it(person, region) -> None:
    page = Page("x", "X", "insight:overview", "", (), asks=Permission.ROLES_MANAGE)
    assert pages_for(person("anna", (Role.READER, "u0")), [page]) == ()
    assert pages_for(person("chef", (Role.ADMINISTRATOR, "u0")), [page]) == (page,)


def test_the_menu_keeps_unit_and_period(log_in, region) -> None:
    page = text_of(log_in((Role.READER, "h0")).get("/units/u0/capacity/", {"from": "2026-W50", "sort": "name"}))
    addresses = {name: address for address, name in menu(page)}
    assert addresses["Behov"] == "/units/u0/need/?from=2026-W50"
    assert addresses["Balans"] == "/units/u0/balance/?from=2026-W50"
    assert addresses["Data"] == "/data/?from=2026-W50"
    assert 'aria-current="page">Kapacitet' in page


@pytest.mark.parametrize(("at", "there"), [("capacity", "capacity"), ("need", "need"), ("balance", "balance")])
def test_the_tree_leads_to_the_same_kind_of_page(at, there, log_in, region) -> None:
    page = text_of(log_in((Role.READER, "h0")).get(f"/units/k0/{at}/", {"from": "2026-W50"}))
    tree = page[page.index("data-units-tree") :]
    tree = tree[: tree.index("</ul>")]
    found = re.findall(r'href="([^"]+)"', tree)
    assert f"/units/u0/{there}/?from=2026-W50" in found
    assert f"/units/h0/{there}/?from=2026-W50" in found
    assert not [address for address in found if "/h1/" in address or "/region/" in address], "not one's own"


def test_a_unit_of_others_is_not_named_where_it_is_refused(log_in, region) -> None:
    response = log_in((Role.READER, "u0")).get("/units/u7/balance/")
    assert response.status_code == 404
    assert "Operation 8" not in text_of(response)


@pytest.mark.parametrize("path", SHOWN)
def test_pages_of_figures_say_how_fresh_they_are(path, log_in, region) -> None:
    page = text_of(log_in((Role.PLANNER, "region")).get(path, follow=True))
    assert "Data t.o.m. 2026-11-20 · version 3 · beräknad 2026-11-22 04:50" in page


def test_the_period_narrows_the_map_and_not_what_a_year_needs(log_in, region) -> None:
    client = log_in((Role.READER, "u0"))
    whole, some = (client.get("/units/u0/balance/", asked) for asked in ({}, {"from": "2026-W50", "to": "2026-W52"}))
    assert text_of(whole).count("figure=required") == 52
    assert text_of(some).count("figure=required") == 3
    per_week = re.compile(r'<tr><th scope="row"><a href="[^"]*need/service.*?</tr>', re.DOTALL)
    assert per_week.findall(text_of(whole)) == per_week.findall(text_of(some)) != []
    assert "v. 50 2026–v. 52 2026" in text_of(some)


@pytest.mark.parametrize(
    ("path", "named", "chosen_there"),
    [
        ("/balance/", "v. 50 2026–v. 52 2026", True),
        ("/need/", "v. 48 2026–v. 46 2027", False),
        ("/plan/", "", False),
        ("/follow-up/", "", False),
    ],
)
def test_a_period_is_named_only_where_it_is_what_is_shown(path, named, chosen_there, log_in, region) -> None:
    asked = {"from": "2026-W50", "to": "2026-W52"}
    page = text_of(log_in((Role.READER, "u0")).get(path, asked, follow=True))
    frame = page[page.index('<div class="where">') : page.index("<main")]
    assert named in frame
    assert named or "v. " not in frame
    assert ("Visa perioden" in frame) == chosen_there


@pytest.mark.parametrize(
    ("asked", "since", "until"),
    [
        ({"from": "2026-W50", "to": "2026-W51"}, "2026-12-07", "2026-12-21"),
        ({"from": "2026-12", "to": "2027-01"}, "2026-12-01", "2027-02-01"),
        ({"from": "2026-W53"}, "2026-12-28", None),
        ({"to": "2026-12"}, None, "2027-01-01"),
    ],
)
def test_a_period_is_weeks_or_months(asked, since, until) -> None:
    found = chosen(asked)
    assert (found.since and str(found.since), found.until and str(found.until)) == (since, until)
    assert found.asked == asked


@pytest.mark.parametrize(
    "asked", [{}, {"from": "x"}, {"from": "2026-12-24"}, {"to": "9999-W52"}, {"from": "2027-01", "to": "2026-12"}]
)
def test_what_is_no_period_is_passed_over(asked, region) -> None:
    assert chosen(asked) == WHOLE
    assert len(latest_run().within(chosen(asked)).weeks) == 52


def test_a_week_that_two_months_share_belongs_to_that_of_its_monday() -> None:
    shared = Period.parse("2026-W53")  # from 28 December to 3 January
    assert chosen({"to": "2026-12"}).holds(shared)
    assert not chosen({"from": "2027-01"}).holds(shared)


def test_a_period_outside_the_run_shows_all_of_it(region) -> None:
    run = latest_run().within(chosen({"from": "2031-01"}))
    assert not run.is_narrowed


def test_one_can_go_to_pages_units_and_services_of_ones_own(log_in, region) -> None:
    client = log_in((Role.READER, "h0"))
    page = text_of(client.get("/go/", {"page": "capacity", "from": "2026-W50"}))
    assert 'href="/units/u0/capacity/?from=2026-W50">Mottagning 1<' in page
    assert "/units/u0/need/service/?service=s1" in page
    assert "Södra sjukhuset" not in page
    assert "/units/u3/" not in page
    assert "Ctrl" in page, "the shortcuts stand there too"


def test_the_list_finds_by_words_of_the_name_and_of_where_it_lies(log_in, region) -> None:
    client = log_in((Role.READER, "region"))
    groups = client.get("/go/list/", {"q": "ortopedi mott", "kind": "units"}).json()["groups"]
    assert [group["kind"] for group in groups] == ["units"]
    assert [place["name"] for place in groups[0]["places"]] == ["Mottagning 1"]
    assert client.get("/go/list/", {"q": "finns inte"}).json() == {"groups": []}
    pages = client.get("/go/list/", {"q": "kap", "unit": "u0"}).json()["groups"][0]
    assert pages["places"][0] == {"name": "Kapacitet", "hint": "Mottagning 1", "address": "/units/u0/capacity/"}
    foreign = log_in((Role.READER, "h0"), username="bo").get("/go/list/", {"unit": "u3", "kind": "pages"}).json()
    assert "u3" not in str(foreign)


def test_a_long_list_tells_how_many_more_there_are(log_in, use) -> None:
    use(*fakes.region(300))
    groups = log_in((Role.READER, "region")).get("/go/list/").json()["groups"]
    units = next(group for group in groups if group["kind"] == "units")
    assert len(units["places"]) < units["total"] == 404
    assert "De första 200 av" in text_of(log_in((Role.READER, "region"), username="bo").get(reverse("shell:go")))
