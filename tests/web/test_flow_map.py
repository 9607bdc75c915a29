"""The flow map: what it draws, what its table says, and that neither says more than the reader may know."""

import re

import pytest

from tests.web import fakes
from tests.web.test_pages import text_of, words
from vardbalans.data.results.flows import flow_map_of
from vardbalans.web.insight.flow_drawing import HEIGHT, WIDTH, draw
from vardbalans.web.people.permissions import Role

pytestmark = pytest.mark.django_db
ADDRESS = "/units/{}/need/flows/"


@pytest.fixture
def flows(use):
    """First visits at u0 lead to surgery at u1 and to follow-up at u0, surgery to follow-up."""
    lake, results = fakes.region(6)
    results.run.flow_services = [
        fakes.flow_service("ab", "Återbesök, Ortopedi", "u0"),
        fakes.flow_service("nb", "Nybesök, Ortopedi", "u0"),
        fakes.flow_service("op", "Operation, Ortopedi", "u1"),
        fakes.flow_service("x", "Nybesök, Hud", "u4"),
        fakes.flow_service("y", "Behandling, Hud", "u4"),
    ]
    by_hand = {"valid_from": "2026-01-01", "source": "Verksamhetschef", "reason": "Ny process."}
    results.run.flows = [
        fakes.flow("nb", "ab", 0.4),
        fakes.flow("nb", "op", 0.25, low=0.25, high=0.25, by_hand=by_hand),
        fakes.flow("op", "ab", 1.5, estimate=fakes.flow("op", "ab", 1.5)["estimate"] | {"region_share": None}),
        fakes.flow("x", "y", 0.9),
    ]
    use(lake, results)
    return results.run


def test_the_table_says_share_interval_lag_number_and_where_it_is_from(flows, log_in) -> None:
    shown = words(log_in((Role.READER, "region")).get(ADDRESS.format("k0")))
    shown = shown.replace("\u00a0", " ")
    assert "3 flöden. Störst är Operation till Återbesök: 1 500 per år." in shown
    assert re.search(
        r"Nybesök till Återbesök 40 % 35 %–45 % 1 vecka 400 per år Skattad ur 80 av 200 kontakter. "
        r"Egna siffror väger 80 %, regionens andel är 35 %.",
        shown,
    )
    assert re.search(
        r"Nybesök till Operation 25 % satt för hand 1 vecka 250 per år Satt för hand sedan 2026-01-01 av "
        r"Verksamhetschef. Ny process. Skattat: 25 % \(20 %–30 %\), ur 50 av 200 kontakter.",
        shown,
    )
    assert "Operation till Återbesök 150 %" in shown
    assert "Hud" not in shown


def test_the_drawing_has_what_the_table_has(flows, log_in) -> None:
    page = text_of(log_in((Role.READER, "region")).get(ADDRESS.format("k0")))
    assert page.count('class="flow-curve') == 3
    assert page.count('class="flow-curve by-hand"') == 1
    assert len(re.findall(r'<a href="/units/u\d/balance/"><rect', page)) == 3
    assert page.count("<tr>") == 3 + 1


def test_what_lies_outside_ones_units_is_named_and_no_more(flows, log_in) -> None:
    page = text_of(log_in((Role.READER, "u0")).get(ADDRESS.format("u0")))
    drawing = page[page.index("<svg class") : page.index("Samma flöden")]
    assert "Operation" in drawing
    assert "/units/u1/" not in page
    assert drawing.count("1\u00a0000 per år") == 2, "those of the two services that are one's own"


def test_a_unit_without_flows_says_what_it_takes(flows, log_in) -> None:
    shown = words(log_in((Role.READER, "region")).get(ADDRESS.format("u2")))
    assert "Inga flöden är kända" in shown
    assert "Flöden skattas ur remisser" in shown


def test_before_the_first_run_it_says_so(use, log_in) -> None:
    lake, _results = fakes.region()
    use(lake, fakes.FakeResults(None))
    assert "Inget är beräknat ännu" in words(log_in((Role.READER, "region")).get(ADDRESS.format("u0")))


def test_boxes_do_not_overlap_and_stand_in_the_order_of_the_flow(flows) -> None:
    found = flow_map_of(flows.flows, flows.flow_services)
    names = {node.service_id: node.name for node in found.nodes}
    drawing = draw(found, names, {})
    places = {box.name: (box.x, box.y) for box in drawing.boxes}
    assert places["Nybesök, Ortopedi"][0] < places["Operation, Ortopedi"][0] < places["Återbesök, Ortopedi"][0]
    corners = sorted(places.values())
    for number, (x, y) in enumerate(corners):
        assert x + WIDTH <= drawing.width
        assert y + HEIGHT <= drawing.height
        for other_x, other_y in corners[number + 1 :]:
            assert abs(other_x - x) >= WIDTH or abs(other_y - y) >= HEIGHT
    straight = next(curve for curve in drawing.curves if curve.label.startswith("40"))
    assert straight.path.count("C") == 3, "round the box between"
    thickest = max(drawing.curves, key=lambda curve: float(curve.thickness))
    assert thickest.label.startswith("150")
