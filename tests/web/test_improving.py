"""The page Åtgärder: what it says, to whom, and what people may write; over the demo region's own contacts."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from django.utils import translation

from tests.data.demo_region import small
from tests.web.conftest import forget
from tests.web.figures import assert_explained
from tests.web.test_pages import text_of
from tests.web.test_pdf import text_in
from vardbalans.data.improving.run import follow_measures
from vardbalans.data.lake import Lake
from vardbalans.data.results import Results
from vardbalans.engine.improving import Outcomes
from vardbalans.web import store
from vardbalans.web.improving.library import examples_told, levers_told
from vardbalans.web.improving.measure_page import _few
from vardbalans.web.messages import compile_catalogue
from vardbalans.web.people.models import AuditEvent, Event
from vardbalans.web.people.permissions import Role

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
TABLES = ("units", "services", "contacts", "measures", "measure_starts", "measure_plans", "measure_cards")
MEASURE = "/units/R/measures/measure/?measure=A1"


def placed(rows):
    """Return *rows* with where they came from, as an import has them."""
    count = len(rows)
    return rows.append_column("_file", pa.array(["demo"] * count)).append_column("_row", pa.array(range(count)))


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("followed")
    Lake(folder).commit({name: placed(small(7).tables[name]) for name in TABLES}, by="test", at=NOW)
    follow_measures(folder, author="Produktionsstaben", at=NOW)
    return folder


@pytest.fixture
def page(followed, monkeypatch, log_in):
    """Return a function that opens a page as a person with a role for a unit."""
    forget()
    monkeypatch.setattr(store, "root", lambda: followed)
    monkeypatch.setattr(store, "lake", lambda: Lake(followed))
    monkeypatch.setattr(store, "results", lambda: Results(followed))

    numbers = count()

    def opened(path, role=Role.READER, unit="R", **more):
        client = log_in((role, unit), username=f"anna{next(numbers)}")
        return client.post(path, **more) if more else client.get(path)

    return opened


def test_the_list_sets_what_was_measured_against_what_was_hoped_for(page):
    text = text_of(page("/measures/"))
    assert "effekten är räknad för 2 och visad för 1" in text
    assert "Påminnelse med sms före besök" in text
    assert "−25 % (−40 % till −10 %)" in text.replace("\u00a0", " ")
    assert "Digital hälsodeklaration" not in text_of(page("/measures/?status=measured"))
    assert "Digital hälsodeklaration" in text_of(page("/measures/?q=ogo-a digital"))


@pytest.mark.parametrize("address", ["/units/R/measures/", "/units/R/measures/?view=benefits", MEASURE])
def test_every_figure_leads_to_its_reasons(page, address):
    assert_explained(SimpleNamespace(get=page), address)


def test_the_reasons_of_an_effect_tell_plan_data_and_arithmetic(page):
    text = text_of(page("/units/R/why/?of=measure&measure=A1&figure=measured"))
    assert "efter analysplanen" in text
    assert "Månader efter starten" in text
    rows = text_of(page("/units/R/why/rows/?of=measure&measure=A1&figure=measured&step=terms-0"))
    assert "measure_estimates" in rows or "Åtgärders effekter" in rows
    assert page("/units/R/why/?of=measure&measure=nej&figure=measured").status_code == 404


def test_a_reader_of_one_clinic_sees_what_acts_there_and_no_more(page):
    text = text_of(page("/measures/", unit="K-BUP-S"))
    assert "Påminnelse med sms" in text
    assert "Digital hälsodeklaration" not in text
    assert page("/units/K-BUP-S/measures/measure/?measure=A2", unit="K-BUP-S").status_code == 404
    assert page(MEASURE, unit="K-BUP-S").status_code == 404
    assert page("/units/K-BUP-S/measures/measure/?measure=A1", unit="K-BUP-S").status_code == 200


def test_a_measure_is_told_in_a_sentence_with_chart_and_table(page):
    found = page(MEASURE)
    text = text_of(found).replace("\u00a0", " ")
    assert "Effekten är visad." in text
    assert 'data-chart="chart-0"' in found.content.decode()
    assert text.count("har börjat") == 13
    assert "Sms två dagar före" in text
    refused = text_of(page("/units/K-OGO-A/measures/measure/?measure=A2"))
    assert "Effekten är ej visad." in refused


def test_the_library_is_told_and_searched_in_the_readers_language():
    compile_catalogue()
    with translation.override("en"):
        (found,) = examples_told("vehicle pool")
        assert found.data == "Distance per car and month, and the number of cars."
        assert {"cars", "share"} < {figure.unit for figure in found.figure}
        assert len(levers_told("fewer late cancellations")) == 1
        assert examples_told("fordonspool") == ()
    assert [row.id for row in examples_told("fordonspool")] == ["vehicle_pool"]


def test_months_of_too_few_people_are_not_drawn():
    sizes = np.array([[40.0, 4.0, 40.0, 0.0, 40.0]])
    values = np.array([[5.0, 0.0, 4.0, 0.0, 0.0]])
    months = Outcomes(("U",), 0, values, sizes, True)
    assert _few(months, "U", 5).tolist() == [False, True, True, False, False]
    assert _few(replace(months, values=values / 7, counts=False), "U", 5).tolist() == [False, True, False, False, False]
    assert _few(replace(months, sizes=None), "U", 5).tolist() == [False, False, True, False, False]


@pytest.mark.parametrize("view", ["benefits", "gaps", "library", "nonsense"])
def test_every_view_is_its_own_address(page, view):
    found = page(f"/measures/?view={view}")
    assert found.status_code == 200
    if view == "benefits":
        text = text_of(found)
        assert "Barn- och ungdomspsykiatri Söderby" in text
        assert "nej" in text
    if view == "library":
        text = text_of(found)
        assert "antagande, fylls i" in text
        assert "Fordonspool" in text
        assert "Fordonspool" not in text_of(page("/measures/?view=library&q=graddagar"))


def test_who_may_not_write_is_shown_no_form_and_refused(page):
    assert "Skriv ett kort" not in text_of(page(MEASURE))
    given = {"measure": "A1", "card-cycle": 1, "card-step": "act", "card-text": "x", "card-author": "Chef"}
    assert page("/units/R/measures/measure/card/", data=given).status_code == 403
    assert page("/units/R/measures/measure/card/", Role.PLANNER, "K-BUP-S", data=given).status_code == 404
    there = "/units/K-BUP-S/measures/measure/card/"  # theirs, but the measure is the region's
    assert page(there, Role.PLANNER, "K-BUP-S", data=given).status_code in (403, 404)
    assert not AuditEvent.objects.filter(event=Event.MEASURE_CHANGED).exists()


def test_a_plan_is_fixed_on_the_page_and_a_later_change_is_seen(page, followed):
    there = "/units/K-OGO-A/measures/measure/"
    assert "Ändra analysplanen" not in text_of(page(f"{there}?measure=A2"))
    before = text_of(page(f"{there}?measure=A2", Role.PLANNER))
    assert "Åtgärden har börjat. En plan som fastställs nu" in before
    assert "Planer genom tiden" not in before
    fields = {"indicator": "minutes", "better": "lower", "periods_after": 6, "stop_after": 18, "author": "Chef"}
    given = {"measure": "A2"} | {f"plan-{name}": value for name, value in fields.items()}
    assert page(f"{there}plan/", data=given).status_code == 403
    assert page(f"{there}plan/", Role.PLANNER, data=given | {"plan-indicator": "series:none"}).status_code == 422
    refused = page(f"{there}plan/", Role.PLANNER, data=given | {"plan-stop_after": 3})
    assert refused.status_code == 422
    assert "Omdömet tas efter minst en månad" in text_of(refused)
    assert page(f"{there}plan/", Role.PLANNER, data=given).status_code == 302
    text = text_of(page(f"{there}?measure=A2"))
    assert "Planer genom tiden" in text
    assert "<strong>efter starten</strong> – <strong>ändrad</strong>" in text
    assert AuditEvent.objects.filter(event=Event.MEASURE_CHANGED).get().target == "A2 plan minutes"


def test_a_card_and_a_status_are_written_once_with_their_audit(page, followed):
    given = {"measure": "A2", "card-cycle": 2, "card-step": "act", "card-text": "Vi slutar.", "card-author": "Chef"}
    there = "/units/K-OGO-A/measures/measure/"
    assert page(f"{there}card/", Role.PLANNER, data=given).status_code == 302
    assert "Vi slutar." in text_of(page(f"{there}?measure=A2"))
    personal = given | {"card-text": "Ring 19811218-9876"}
    refused = page(f"{there}card/", Role.PLANNER, data=personal)
    assert refused.status_code == 422
    assert "personnummer" in text_of(refused)
    status = {"measure": "A2", "status-status": "in_plan", "status-reason": "Vi tror på den", "status-author": "Chef"}
    assert page(f"{there}status/", Role.PLANNER, data=status).status_code == 422
    measured = status | {"status-status": "measured"}
    assert page(f"{there}status/", Role.PLANNER, data=measured).status_code == 422
    stopped = status | {"status-status": "stopped", "status-reason": "Ingen effekt"}
    assert page(f"{there}status/", Role.PLANNER, data=stopped).status_code == 302
    text = text_of(page(f"{there}?measure=A2"))
    assert "Avslutad" in text
    assert "Ingen effekt" in text
    kept = AuditEvent.objects.filter(event=Event.MEASURE_CHANGED).values_list("unit_id", "target")
    assert set(kept) == {("K-OGO-A", "A2 card 2 act"), ("K-OGO-A", "A2 status stopped")}


def test_the_report_comes_as_pdf_to_whoever_may_see_the_unit(page):
    assert 'href="/units/K-BUP-S/measures/report/"' in text_of(page("/measures/", unit="K-BUP-S"))
    text = " ".join(text_in(page("/units/R/measures/report/").content).split())
    assert "Vidtagna och planerade åtgärder: Region Mellanälv" in text
    assert "Påminnelse" in text
    assert "Sida 1 av" in text
    assert page("/units/K-OGO-A/measures/report/", unit="K-BUP-S").status_code == 404
