"""Early warnings on the overview: what is coming, in words, within the reader's units."""

import re
from datetime import date

import pytest

from tests.web import fakes
from tests.web.test_pages import text_of, words
from vardbalans.web import clock
from vardbalans.web.people.permissions import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def coming(use):
    """Seven resources that will be short, one already, and a list that outgrows its limit."""
    lake, results = fakes.region(9)
    results.run.coming = [fakes.warning(f"u{n}", f"Resurs {n}", 5 + n, 6000.0 - 600 * n) for n in range(7)]
    results.run.coming += [
        fakes.warning("u7", "Resurs 7", 2, 90_000.0),
        fakes.warning(
            "u8",
            "Nybesök",
            10,
            40.0,
            kind="waiting_list",
            subject_id="s1",
            measure="people",
            required=140.0,
            available=100.0,
            need_per_week=400.0,
            binding_id="r1",
        ),
    ]
    use(lake, results)
    return results.run


def section(client) -> str:
    page = text_of(client.get("/"))
    return page[page.index('class="warnings"') : page.index('id="map-title"')]


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)).replace("\u00a0", " ")


def test_the_weightiest_come_first_with_when_how_much_how_sure_and_what_binds(coming, log_in) -> None:
    found = plain(section(log_in((Role.READER, "region"))))
    first = re.search(r"om 5 veckor \(v\. 53 2026\) Resurs 0 .*? 100 timmar \(50–150\) 90 % säkert", found)
    assert first
    assert "Begränsas av: Resursen själv" in found
    assert "Brist = behov − tillgängligt, summerat från första till sista veckan. v. 53 2026 till v. 4 2027." in found
    assert "Behov under veckorna: 667 timmar" in found
    assert "Risken för brist är över 70 % i minst 3 veckor i rad" in found
    order = [int(n) for n in re.findall(r"Resurs (\d) (?:Mottagning|Operation|Dagvård) \d", found)]
    assert order == list(range(7))
    assert "Resurs 7" not in found, "what begins within four weeks is no early warning"
    assert "Visa 3 varningar till" in found


def test_a_list_is_counted_in_people_and_leads_to_its_unit(coming, log_in) -> None:
    page = section(log_in((Role.READER, "u8")))
    found = plain(page)
    assert "Väntelistan till Nybesök" in found
    assert "40 personer (20–60)" in found
    assert "Begränsas av: Läkare" in found
    assert "Över gränsen = väntande den värsta veckan" in found
    assert '<a href="/units/u8/balance/">' in page
    assert "/why/" not in page


def test_each_leads_to_its_units_balance_and_to_the_first_weeks_reason(coming, log_in) -> None:
    page = section(log_in((Role.READER, "u0")))
    assert '<a href="/units/u0/balance/?resource=u0-r0">Resurs 0</a>' in page
    assert "/units/u0/why/?resource=u0-r0&amp;week=2026-W53&amp;figure=balance" in page
    assert "Resurs 1" not in page


def test_as_time_goes_a_warning_goes_over_into_now(coming, log_in, monkeypatch) -> None:
    client = log_in((Role.READER, "u0"))
    monkeypatch.setattr(clock, "today", lambda: date(2026, 12, 1))
    assert "om 4 veckor" in plain(section(client))
    monkeypatch.setattr(clock, "today", lambda: date(2026, 12, 8))
    assert "Ingen brist väntas börja längre fram" in plain(section(client))


def test_without_warnings_it_says_by_what_rule(region, log_in) -> None:
    found = words(log_in((Role.READER, "region")).get("/"))
    assert "Ingen brist väntas börja längre fram än det som syns nu." in found
    assert "Vårdbalans förval, 2026-11-01" in found
