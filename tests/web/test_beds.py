"""The page Vårdplatser: what it says, what it may show to whom, how its figures are explained, and scenarios."""

import json
import re
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.web import fakes
from tests.web.figures import assert_explained, figures_of
from tests.web.test_pages import text_of, words
from vardbalans.data.results import StoredResult
from vardbalans.data.results.beds import BedsTold, UnitBeds, beds_tables, untold
from vardbalans.engine.beds.need import GuideValue, need_of_beds, pooling_gain
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web.insight import beds_job
from vardbalans.web.insight.beds_typed import FIELDS, Typed
from vardbalans.web.jobs.models import Job, State
from vardbalans.web.people.models import AuditEvent, Event
from vardbalans.web.people.permissions import Role

pytestmark = pytest.mark.django_db
GUIDE = GuideValue(0.9, date(2023, 1, 1), "Regionens mål")
HOURS = [f"2026-11-{21 + n // 24:02d}T{n % 24:02d}:00" for n in range(48)]
WARDS = {"v0": "k0", "v1": "k0", "v2": "k1"}


def counted(outliers):
    """Two days of three wards: 8 lie on 8, 10 or 10 beds, and *outliers* of them belong elsewhere."""
    first = datetime(2026, 11, 19)  # noqa: DTZ001 - local time
    rows = [
        {
            "moment": first + timedelta(hours=hour),
            "ward_id": ward,
            "occupied": 8,
            "outliers": outliers[ward],
            "away": 0,
            "overcrowded": 0,
            "available": 8 if ward == "v0" else 10,
            "physical": 12,
            "is_again": False,
        }
        for hour in range(48)
        for ward in WARDS
    ]
    return pa.Table.from_pylist(rows)


def unit(name, wards):
    loads = np.full((len(wards), 13), 8.0)
    need = need_of_beds(loads.sum(axis=0), GUIDE, 0.95, 0.05)
    if len(wards) > 1:
        need = (*need, pooling_gain([8.0] * len(wards), 0.05))
    rising = np.linspace(0.0, 0.6, 48).tolist()
    ahead = {
        "beds": [10 * len(wards)] * 48,
        "mean": [8.0 * len(wards)] * 48,
        **{f"q{level}": [6 + n] * 48 for n, level in enumerate(("05", "25", "75", "95"))},
        "p_full": rising,
        **{f"p_outliers_{least}": rising for least in (1, 3, 5)},
        "lying": [5.0 * len(wards)] * 48,
        "booked": [1.0 * len(wards)] * 48,
        "others": [2.0 * len(wards)] * 48,
        "lying_now": 8 * len(wards),
        "booked_times": 3,
    }
    return UnitBeds(name, tuple(wards), loads.sum(axis=0), need, ahead)


def told(outliers, **more):
    units = {"region": [*WARDS], "h0": [*WARDS], "k0": ["v0", "v1"], "k1": ["v2"], **{ward: [ward] for ward in WARDS}}
    closed = [{"ward_id": "v0", "date": date(2026, 11, 20), "closed": 4, "reason": "Sjuksköterskebrist"}]
    given = {
        "units": tuple(unit(name, wards) for name, wards in units.items()),
        "hours": counted(outliers),
        "closed": closed,
        "outside": WARDS,
        "now": datetime(2026, 11, 21),  # noqa: DTZ001 - local time
        "below": 5,
        "ahead_hours": tuple(HOURS),
        "reason": None,
        "calibration": (
            {"days": 1, "inside": 0.8, "count": 100, "mean_error": 0.0, "absolute_error": 1.0, "p_full": []},
        ),
        "guide": GUIDE,
        "share": 0.95,
        "blocking": 0.05,
        "pace": [1.2] * 120 + [0.6] * 48,
    }
    return BedsTold(**given | more)


@pytest.fixture
def put(use, tmp_path):
    """Return a function that puts a region of three wards in place, with so many outliers in each."""

    def stored(outliers=(0, 6, 7), **more):
        lake, results = fakes.region(1)
        lake.units = [each for each in lake.units if each["unit_id"] in ("region", "h0", "h1", "k0")]
        lake.units += [{"unit_id": "k1", "name": "Kirurgi", "level": "clinic", "parent_id": "h0"}]
        lake.units += [
            {"unit_id": ward, "name": f"Avdelning {ward}", "level": "ward", "parent_id": clinic}
            for ward, clinic in WARDS.items()
        ]
        (tmp_path / "run.json").write_text(json.dumps(results.run.meta))
        tables = beds_tables(told(dict(zip(WARDS, outliers, strict=True)), **more))
        for name, table in tables.items():
            pq.write_table(table, tmp_path / f"{name}.parquet")
        results.run = StoredResult(tmp_path)
        use(lake, results)
        return lake

    return stored


def test_the_region_and_one_ward(put, log_in, django_assert_max_num_queries) -> None:
    put()
    client = log_in((Role.READER, "region"))
    with django_assert_max_num_queries(8):
        response = client.get("/beds/")
    said = words(response)
    assert "24 inneliggande på 28 disponibla vårdplatser: beläggning 86 %. 8 vårdplatser är stängda." in said
    assert "Risken för fullt är störst söndag 2026-11-22 kl. 23: 60 %." in said
    assert "Stängt: Sjuksköterskebrist (4)" in said
    assert "andelen inneliggande som skrivs ut 50 % av vardagens" in said
    assert "Avdelning v2" in said
    page = text_of(response)
    assert page.count('<th scope="row"><span class="step') == 14  # seven units, twice
    assert 'aria-current="page">Vårdplatser</a>' in page
    ward = words(client.get("/units/v2/beds/?day=2026-11-19&hour=14"))
    assert "8 inneliggande på 10 disponibla" in ward
    assert "Avdelning v0" not in ward
    client.cookies["vardbalans_language"] = "en"
    assert "Beds: Avdelning v2" in words(client.get("/units/v2/beds/"))


def counts(unit, category="somatik", outliers=12.0, units=None):
    """Two years of 100 beds, 90 of them occupied, and two months ahead."""
    occupied = {
        "mean": [92.0, 95.0],
        "q05": [85.0, 88.0],
        "q25": [90.0, 93.0],
        "q75": [94.0, 97.0],
        "q95": [99.0, 104.0],
    }
    row = {
        "counted": "at_06",
        "frequency": "month",
        "period": "2025-12",
        "available": 100.0,
        "occupied": 90.0,
        "occupancy": 0.9,
        "occupancy_of_year": 0.9,
        "change_in_a_year": -0.02,
        "overcrowded_per_100": None,
        "outliers_per_100": None if outliers < 5 else outliers,
        "is_quiet": outliers < 5,
        "units": units,
        "periods": [f"{2024 + n // 12}-{n % 12 + 1:02d}" for n in range(24)],
        "history": {"available": [100.0] * 24, "occupied": [90.0] * 24, "occupancy": [0.9] * 24},
        "ahead": {
            "periods": ["2026-01", "2026-02"],
            "beds": 100.0,
            "occupied": occupied,
            "occupancy": {name: [value / 100 for value in values] for name, values in occupied.items()},
        },
    }
    key = {"unit_id": unit, "category": category}
    return key | {"told": json.dumps(row | key)}


def test_counted_beds_with_stays_and_without(put, log_in, tmp_path) -> None:
    put()
    rows = [counts("k0"), counts("k1", outliers=2.0), counts("region", units=2), counts("k1", "psykiatri")]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "bed_counts.parquet")
    client = log_in((Role.READER, "region"))
    said = words(client.get("/beds/"))
    assert "24 inneliggande på 28 disponibla" in said
    assert "90 % av 100 disponibla vårdplatser var belagda 2025-12." in said
    assert "Det senaste året var beläggningen 90,0 %, −2,0 procentenheter mot året före." in said
    assert "Fullast väntas 2026-02: 95 % (88 %–104 %) av de 100 vårdplatser som finns nu." in said
    assert "summa av 2 enheter" in said
    assert "Räknat kl. 06." in said
    assert "<option selected>psykiatri" in text_of(client.get("/units/k1/beds/?category=psykiatri"))
    assert "dold" in words(client.get("/units/k1/beds/?category=somatik"))
    for name in ("beds", "bed_hours", "bed_facts"):
        (tmp_path / f"{name}.parquet").unlink()
    alone = words(client.get("/units/k1/beds/"))
    assert "bara det som enheterna själva har räknat visas" in alone
    assert "Vårdplatser: Kirurgi" in alone
    assert "Fullast väntas" in alone
    assert "Avdelning v" not in alone  # no ward has been counted


def test_only_one_s_own_units(put, log_in) -> None:
    put()
    client = log_in((Role.READER, "k0"))
    page = words(client.get("/beds/"))
    assert "Avdelning v0" in page
    assert "Kirurgi" not in page
    for address in ("/units/k1/beds/", "/units/v2/beds/", "/units/k1/beds/scenario/"):
        assert client.get(address).status_code == 404
    assert client.get("/units/h1/beds/").status_code == 404


def test_few_who_lie_elsewhere_are_not_told(put, log_in) -> None:
    put((2, 6, 7))
    client = log_in((Role.READER, "region"))
    page = text_of(client.get("/beds/"))
    # v0 has few, v1 would tell of it by the clinic; the clinics and the region are told.
    assert page.count('<span class="muted">dold</span>') == 2
    assert "färre än 5 utlokaliserade" in page
    asked = "&week=2026-11-20T06:00&figure=outliers_per_100"
    for name, status in (("v0", 404), ("v1", 404), ("v2", 200), ("k0", 200), ("region", 200)):
        assert client.get(f"/units/{name}/why/?beds={name}{asked}").status_code == status
    steps = words(client.get(f"/units/k0/why/?beds=k0{asked}"))
    assert "Avdelning v0" not in steps.partition("Delarna, som summerar")[2]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"r": 9, "a": 2, "b": 7}, {"a", "b"}),
        ({"r": 3, "a": 3, "b": 0}, {"r", "a"}),
        ({"r": 20, "a": 8, "b": 12}, set()),
        ({"r": 20, "a": 2, "b": 18, "b1": 9, "b2": 9}, {"a", "b", "b1"}),
        ({"r": 0, "a": 0, "b": 0}, set()),
    ],
)
def test_what_few_could_be_told_by_is_hidden_too(counts, expected) -> None:
    parents = {"a": "r", "b": "r", "b1": "b", "b2": "b"}
    assert untold(counts, parents, 5) == expected


@pytest.mark.parametrize(
    ("figure", "week", "says"),
    [
        ("occupancy", "2026-11-20T06:00", "85,7"),
        ("overcrowded_per_100", "2026-11-20T06:00", "0,0"),
        ("outliers_per_100", "2026-11-20T06:00", "46,4"),
        ("expected", "2026-11-22T05:00", "24,0"),
        ("p_full", "2026-11-22T23:00", "60,0"),
        ("p_outliers_3", "2026-11-22T23:00", "Risk att minst 3 saknar plats"),
        ("beds_for_share", "2026-11-21T00:00", "32,0"),
        ("beds_for_guide", "2026-11-21T00:00", "27,0"),
        ("beds_for_blocking", "2026-11-21T00:00", "30,0"),
        ("pooling_gain", "2026-11-21T00:00", "Tillsammans"),
    ],
)
def test_every_figure_is_explained_and_its_steps_sum_to_it(put, log_in, figure, week, says) -> None:
    put()
    response = log_in((Role.READER, "region")).get(f"/units/region/why/?beds=region&week={week}&figure={figure}")
    page = words(response)
    assert says in page
    rest = page.split("Rest som delarna inte förklarar")[1].split()[0:2]
    assert "0,0" in rest


def test_the_load_of_a_ward_leads_to_the_stays_of_its_clinic_wherever_they_are(put, log_in, monkeypatch) -> None:
    lake = put()
    monkeypatch.setattr(fakes, "SOURCE_ROWS", {"stays": {"patient_key": "P-1"}})
    client = log_in((Role.ANALYST, "region"))
    asked = {"of": "census", "figure": "load", "step": "terms-0", "purpose": "Ser över vårdplatserna"}
    assert client.post("/units/v2/why/patient-rows/", asked).status_code == 200
    table, where = lake.asked[-1]
    assert (table, where["clinic_id"]) == ("stays", "k1")
    assert "ward_id" not in where


def test_every_figure_leads_to_its_reasons(put, log_in, tmp_path) -> None:
    put()
    rows = [counts("k0"), counts("k1", outliers=2.0), counts("region", units=2)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "bed_counts.parquet")
    client = log_in((Role.READER, "region"))
    assert_explained(client, "/units/region/beds/", followed=40)
    assert_explained(client, "/units/v0/beds/", followed=20)
    cells = figures_of(client.get("/units/v0/beds/").content.decode())
    for column, figure in (("Minst 1 utan plats", "p_outliers_1"), ("Minst 3", "p_outliers_3")):
        assert all(f"figure={figure}" in cell.links[0] for cell in cells if cell.column == column)
    assert log_in((Role.READER, "k1"), username="bo").get("/units/k0/why/?of=census&figure=load").status_code == 404


@pytest.mark.parametrize(
    ("named", "asked_of_stays"),
    [
        ({"beds": "v2", "figure": "outliers_per_100"}, {"ward_id": "v2", "not_clinic": "k1"}),
        ({"of": "census", "figure": "occupied"}, {"ward_id": "v2"}),
    ],
)
def test_patient_rows_behind_it_ask_for_a_purpose_and_are_logged(put, log_in, named, asked_of_stays) -> None:
    lake = put()
    fakes_row = {"admitted": datetime(2026, 11, 18, 9), "patient_key": "P-1"}  # noqa: DTZ001 - as the lake gives it
    client = log_in((Role.ANALYST, "region"))
    asked = named | {"week": "2026-11-20T06:00", "step": "terms-0"}
    form = text_of(client.get("/units/v2/why/rows/", asked)).split('action="/units/v2/why/patient-rows/"')[1]
    assert "Det sparas i åtkomstloggen" in form
    held = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form.split("</form>")[0]))
    assert {name: held.get(name) for name in asked} == asked, "the form holds all that names the figure"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fakes, "SOURCE_ROWS", {"stays": fakes_row})
        page = words(client.post("/units/v2/why/patient-rows/", held | {"purpose": "Följer upp utlokaliserade"}))
    assert "P-1" not in page
    assert lake.asked[-1] == (
        "stays",
        {"lying_at": "2026-11-20T06:00"} | asked_of_stays,
    )
    assert AuditEvent.objects.get(event=Event.PATIENT_ROWS_READ).reason == "Följer upp utlokaliserade"


def test_without_beds_or_days_ahead(put, use, log_in) -> None:
    use(*fakes.region(1))
    client = log_in((Role.READER, "region"))
    assert "Inga vårdplatser är räknade" in words(client.get("/beds/"))
    without = tuple(
        UnitBeds(each.unit_id, each.wards, each.load, each.need, None) for each in told(dict.fromkeys(WARDS, 0)).units
    )
    put(units=without, ahead_hours=(), reason=Message("Vårdtillfällen behövs för minst {days} dagar.", days=56))
    page = words(client.get("/beds/"))
    assert "Vårdtillfällen behövs för minst 56 dagar." in page
    assert "Hur många vårdplatser behövs?" in page
    assert "När i veckan patienter skrivs ut" in page
    put(pace=[])  # of too few discharges
    page = words(client.get("/beds/"))
    assert "Hur många vårdplatser behövs?" in page
    assert "När i veckan patienter skrivs ut" not in page


# Scenarios


FOUND = {"mean": 1.0, "low": 0.5, "high": 1.5, "probability": 0.95, "is_shown": True}
FIGURES = (
    "outliers_per_100", "crowded_per_100", "occupancy", "elective_admitted_per_year", "elective_postponed_per_year",
    "acute_wait_hours_per_year", "moved_per_year", "bed_days_per_year",
)  # fmt: skip
ASKED = {"acute_beds": "15", "acute_from": ["v0", "v1"], "beds": "-4", "beds_ward": "v2", "beds_weeks": "28-31"}


@pytest.fixture
def played(monkeypatch):
    """Have the years played at once; return what was asked."""
    asked = []

    def answer(_root, changes, **more):
        asked.append((changes, more))
        more["progress"](0.5, Message("Spelar året som det är."))
        row = {"figures": dict.fromkeys(FIGURES, FOUND), "difference": dict.fromkeys(FIGURES, FOUND)}
        return {"base": dict.fromkeys(FIGURES, FOUND), "scenarios": [row] * (len(changes) + (len(changes) > 1))}

    monkeypatch.setattr(beds_job, "scenario_of", answer)
    return asked


def test_a_planner_plays_a_scenario_and_a_reader_sees_it(put, log_in, work, played) -> None:
    put()
    planner = log_in((Role.PLANNER, "region"), username="planerare")
    response = planner.post("/units/h0/beds/scenario/run/", ASKED)
    assert response.status_code == 302
    address = response["Location"]
    assert "csrfmiddlewaretoken" not in address
    assert "Åren spelas." in words(planner.get(address))
    assert "Avbryt" in words(planner.get(address))
    planner.post("/units/h0/beds/scenario/run/", ASKED)
    assert Job.objects.count() == 1  # the same again is not played again
    (job,) = work()
    assert job.state == State.DONE
    assert played[0][1]["among"] == ["v0", "v1", "v2"]
    assert (played[0][1]["version"], played[0][1]["replications"]) == (3, 200)
    page = words(log_in((Role.READER, "region"), username="läsare").get(address))
    assert "Ny akutavdelning med 15 vårdplatser för de akuta från Avdelning v0, Avdelning v1" in page
    assert "−4 vårdplatser på Avdelning v2, vecka 28-31" in page
    assert "Allt tillsammans" in page
    assert "går från 1,0 till 1,0 (+0,5 till +1,5)" in page
    assert AuditEvent.objects.filter(event=Event.SCENARIO_ASKED, unit_id="h0").count() == 1


def test_who_may_not_plan_the_unit_plays_nothing(put, log_in, played) -> None:
    put()
    assert log_in((Role.READER, "region"), username="a").post("/units/h0/beds/scenario/run/", ASKED).status_code == 403
    assert log_in((Role.PLANNER, "k1"), username="b").post("/units/h0/beds/scenario/run/", ASKED).status_code == 404
    assert not Job.objects.exists()


def test_what_cannot_be_read_is_told_and_not_played(put, log_in) -> None:
    put()
    planner = log_in((Role.PLANNER, "region"))
    response = planner.get("/units/h0/beds/scenario/", {"beds": "många", "surge": "5", "surge_ward": "v0"})
    assert response.status_code == 422
    assert "”många” ska vara ett heltal" in words(response)
    assert "Skriv under vilka veckor krisen pågår" in words(response)
    planner.post("/units/h0/beds/scenario/run/", {"beds": "många"})
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"beds": "3", "beds_ward": "v0"}, [("beds", "v0=3")]),
        ({"beds": "−4", "beds_ward": "v0", "beds_weeks": "28 – 31"}, [("beds", "v0=-4:28-31")]),
        ({"day": "30", "day_ward": "v1"}, [("day-surgery", "v1=0.3000")]),
        ({"stay": "12,5", "stay_ward": "v1"}, [("shorter-stay", "v1=0.8750")]),
        ({"weekend": "100"}, [("weekend", "1.0000")]),
        ({"surge": "5", "surge_ward": "v0", "surge_weeks": "10-14", "surge_elective": "50"},
         [("surge", "v0=5.0000:10-14:0.5000")]),
        ({}, []),
    ],
)  # fmt: skip
def test_what_is_typed_becomes_changes(given, expected) -> None:
    typed = Typed(dict.fromkeys(FIELDS, "") | given, {"v0": "A", "v1": "B"}, [])
    assert [(change.kind, change.text) for change in typed.changes()] == expected
    assert typed.problems == []


@pytest.mark.parametrize(
    "given",
    [
        {"beds": "1.5", "beds_ward": "v0"}, {"beds": "2", "beds_ward": "v9"}, {"day": "130", "day_ward": "v0"},
        {"stay": "nan", "stay_ward": "v0"}, {"acute_beds": "15"}, {"surge": "5", "surge_ward": "v0"},
    ],
)  # fmt: skip
def test_what_is_typed_wrong_is_a_problem_and_no_change(given) -> None:
    typed = Typed(dict.fromkeys(FIELDS, "") | given, {"v0": "A"}, [])
    assert typed.changes() == ()
    assert typed.problems


def test_a_job_that_fails_says_why(put, log_in, work, monkeypatch) -> None:
    put()

    def fails(*_given, **_more):
        raise problem

    problem = BadInput(Message("Vårdplatser saknas för vårdavdelning {wards}.", wards="v0"))
    monkeypatch.setattr(beds_job, "scenario_of", fails)
    planner = log_in((Role.PLANNER, "region"))
    address = planner.post("/units/h0/beds/scenario/run/", ASKED)["Location"]
    assert work()[0].state == State.FAILED
    assert "Vårdplatser saknas för vårdavdelning v0." in words(planner.get(address))
