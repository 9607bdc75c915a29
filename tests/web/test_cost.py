"""The page Ekonomi: the ledger in all and in part, groups that may be told, the way of a krona, and the job."""

import json
import re
import shutil
from datetime import date
from html import unescape
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.data import cost_clinic as by
from tests.web.conftest import forget
from tests.web.figures import assert_explained
from tests.web.test_pages import text_of, words
from vardbalans.data.cost.command import cost_document
from vardbalans.data.cost.stored import latest
from vardbalans.web import numbers
from vardbalans.web.jobs import leases
from vardbalans.web.jobs.models import Job, State
from vardbalans.web.people.models import ALL_UNITS, AuditEvent, Event
from vardbalans.web.people.permissions import Role

pytestmark = pytest.mark.django_db
PURPOSE = "Kontroll av de dyraste kontakterna"


def clinic() -> dict:
    """The clinic with more patients at two of its units, a budget and an order."""
    tables = by.clinic()
    tables["contacts"] += [
        by.contact(10 + number, f"P{10 + number}", "NB", 18, diagnosis="M17" if number < 6 else "M16")
        for number in range(10)
    ]
    tables["contacts"] += [by.contact(40 + number, f"P{40 + number}", "SV", 18) for number in range(6)]
    tables["contacts"].append(by.contact(30, "P30", "NB", 19, diagnosis="Q99"))
    tables["ledger"].append(by.entry("K", "5010", 1, 9, date(2026, 6, 30)))  # after the run's period
    tables["budget"] = [
        {"year": "2026", "account": account, "cost_centre": "K", "month": "2026-05", "amount_ore": kronor * 100}
        for account, kronor in (("5010", 57_600), ("5020", 30_000), ("5810", 9_000))
    ]
    tables["orders"] = [{"unit_id": "O", "service_id": "OP", "year": 2026, "volume": 36.0}]
    return tables


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    """A store with a ledger and a cost run."""
    root = by.stored(tmp_path_factory.mktemp("costing"), clinic())
    cost_document(root, period=by.PERIOD)
    return root


@pytest.fixture
def store(made, tmp_path, settings) -> Path:
    settings.STORE = tmp_path / "store"
    shutil.copytree(made, settings.STORE)
    forget()
    return settings.STORE


@pytest.fixture
def bare(store) -> Path:
    """The same store before its first cost run."""
    shutil.rmtree(store / "cost")
    return store


def kronor(ore: int) -> str:
    """Return an amount as :func:`words` shows it, in plain spaces."""
    return numbers.number(ore / 100, 2).replace(numbers.NBSP, " ")


def table(response, name: str) -> str:
    """Return the words of one table of the page."""
    found = re.search(rf'<table[^>]* id="{name}">(.*?)</table>', text_of(response), re.DOTALL)
    assert found, name
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[1]))


def test_the_whole_ledger_is_reconciled(store, log_in) -> None:
    page = log_in((Role.READER, ALL_UNITS)).get("/cost/")
    document = latest(store).document
    assert document["ledger_ore"] == 109_700_00
    certificate = table(page, "certificate")
    for key in ("contacts_ore", "unused_ore", "excluded_ore", "unmatched_ore", "ledger_ore"):
        assert kronor(document[key]) in certificate
    assert "Skillnad 0,00" in certificate
    assert "Allt stämmer på öret." in words(page)
    centres = table(page, "centres")
    assert "Kliniken" in centres
    assert "stödjande" in centres


def test_a_centre_called_like_a_unit_is_that_units(store, log_in) -> None:
    """Without a table of cost centres the run takes it so, and so does the page: its pools are there to be seen."""
    tables = clinic()
    del tables["cost_centres"]
    shutil.rmtree(store)
    by.stored(store, tables)
    forget()
    cost_document(store, period=by.PERIOD)
    page = log_in((Role.READER, "K")).get("/units/K/cost/")
    pools = table(page, "pools")
    for pool in latest(store).document["pools"]:
        assert kronor(pool["ore"])[:-3] in pools


def test_a_lost_ore_is_said(store, log_in) -> None:
    """The page reads the difference; it does not assume it."""
    kept = latest(store).folder / "run.json"
    kept.write_text(json.dumps(json.loads(kept.read_text("utf-8")) | {"difference_ore": 7}), "utf-8")
    said = words(log_in((Role.READER, ALL_UNITS)).get("/cost/"))
    assert "Skillnaden mot huvudboken är 0,07 kr: ett fel i beräkningen." in said
    assert "Allt stämmer" not in said


def test_a_unit_sees_its_part_and_nothing_of_the_rest(store, log_in) -> None:
    client = log_in((Role.READER, "K"))
    page = client.get("/cost/")
    pools = {pool["pool_id"]: pool for pool in latest(store).document["pools"]}
    own = [pool for pool in pools.values() if pool["cost_centre"] == "K"]
    certificate = table(page, "certificate")
    assert "Egna kostnader 99" in certificate
    assert kronor(sum(pool["ore"] for pool in own)) in certificate
    assert kronor(sum(pool["unused_ore"] for pool in own)) in certificate
    said = words(page)
    for other in ("109 700", "PROVER", "Skillnad", "Kontroller"):
        assert other not in said
    (mine,) = (row for row in latest(store).document["plan"]["units"] if row["unit_id"] == "K")
    assert kronor(mine["outcome_ore"]) in table(page, "variance-table"), "its own and what lies below"
    below = table(page, "variances")
    assert below.count("för få patienter") == 2, "the units of few patients"
    assert client.get("/cost/why/").status_code == 404
    assert client.get("/units/R/cost/").status_code == 404
    assert client.get("/units/R/cost/why/", {"pool": "PROVER"}).status_code == 404
    assert client.get("/units/K/cost/why/", {"pool": "PROVER"}).status_code == 404, "of another unit"


def test_small_groups_are_hidden_and_do_not_come_out_by_subtraction(store, log_in) -> None:
    """One patient has Q99: it is hidden, and so is the smallest other group, for the sum of the unit is told."""
    client = log_in((Role.READER, ALL_UNITS))
    found = table(client.get("/units/M/cost/", {"by": "diagnosis"}), "group-table")
    assert found.count("för få patienter") == 3
    assert re.search(r"M17 6 ", found)
    for hidden in ("M16", "Q99", "utan diagnos"):
        assert re.search(rf"{hidden} – –", found), hidden
    units = {row["name"]: row["suppressed"] for row in latest(store).document["groups"]["unit"]}
    assert units == {"M": False, "O": True, "V": True}, "two patients at O, and V would give them away"
    assert all(row["suppressed"] for row in latest(store).groups("V", "service")), "nor by a way round"


def test_few_rows_are_said_to_be_uncertain(store, log_in) -> None:
    page = log_in((Role.READER, ALL_UNITS)).get("/units/M/cost/")
    assert "osäkert, få rader" in table(page, "group-table")


def test_groups_in_the_order_asked_for(store, log_in) -> None:
    client = log_in((Role.READER, ALL_UNITS))

    def names(**asked: str) -> list[str]:
        text = re.search(r'id="group-table">(.*?)</table>', text_of(client.get("/cost/", asked)), re.DOTALL)[1]
        return re.findall(r'<th scope="row">(\w+)', text)

    assert names(sort="name") == sorted(names()) == names(sort="-name")[::-1]
    assert names(sort="nonsense") == names()
    assert names()[0] == "NB", "the only one that may be told"


def test_the_variance_and_its_table_say_the_same(store, log_in) -> None:
    page = log_in((Role.READER, ALL_UNITS)).get("/cost/")
    variance = latest(store).document["plan"]["variance"]
    bars = json.loads(re.search(r'id="variance-data"[^>]*>(.*?)</script>', text_of(page))[1])["bars"]
    assert bars[-1]["to"] == pytest.approx(variance["value"] / 100_000)
    assert bars[-2]["to"] == pytest.approx(bars[-1]["to"]), "the steps lead to the whole"
    assert [bar["to"] - bar["from"] for bar in bars[:-1]] == pytest.approx(
        [step["value"] / 100_000 for step in variance["terms"]]
    )
    told = table(page, "variance-table")
    for step in (*variance["terms"], *variance["inputs"]):
        assert kronor(step["value"]) in told
    assert re.search(r"Utfallet kostar .* (mer|mindre) än planen; mest betyder", words(page))


def test_the_way_of_a_krona_to_the_rows_of_the_ledger(store, log_in) -> None:
    client = log_in((Role.READER, "K"))
    page = client.get("/cost/")
    assert "/units/K/cost/why/?pool=SALEN" in text_of(page)
    why = words(client.get("/units/K/cost/why/", {"pool": "SALEN"}))
    (pool,) = (row for row in latest(store).document["pools"] if row["pool_id"] == "SALEN")
    assert kronor(pool["ore"]) in why
    assert f"Kostnadsklass operation {kronor(60_000_00)} Huvudbok: rader" in why
    assert "Från IT" in why
    assert "Rest som delarna inte förklarar 0,00" in why
    rows = words(client.get("/units/K/cost/why/rows/", {"pool": "SALEN", "step": "terms-0"}))
    assert "Kostnadsstället har 3 rader i perioden." in rows
    assert client.get("/units/K/cost/why/rows/", {"pool": "SALEN", "step": "inputs-0"}).status_code == 404
    whole = words(log_in((Role.READER, ALL_UNITS), username="bo").get("/cost/why/"))
    assert kronor(109_700_00) in whole


@pytest.mark.parametrize("page", ["/units/R/cost/", "/units/K/cost/", "/units/M/cost/?by=drg"])
def test_every_figure_leads_to_its_reasons(page, store, log_in) -> None:
    assert_explained(log_in((Role.READER, ALL_UNITS)), page, followed=40)


def test_the_change_of_a_unit_leads_to_its_reasons(store, log_in) -> None:
    """In the list of units each row's reasons are on its own unit's page, the change from the period before too."""
    kept = latest(store).folder / "run.json"
    document = json.loads(kept.read_text("utf-8"))
    document["comparison"] = {
        "before": "2026-04",
        "groups": {"unit": [{"name": "M", "change": 0.25}]},
        "within_units": [],
        "differs": [],
        "variance": document["plan"]["variance"],
        "units": document["plan"]["units"],
    }
    kept.write_text(json.dumps(document), "utf-8")
    client = log_in((Role.READER, ALL_UNITS))
    (link,) = re.findall(r'href="(/units/M/why/[^"]*group=M[^"]*figure=change)"', text_of(client.get("/cost/")))
    why = words(client.get(unescape(link)))
    assert "Ändring 25,0 %" in why
    assert "Medel av innerfall i april 2026" in why
    against = words(client.get("/cost/?against=before"))
    assert re.search(r"Utfallet kostar .* än april 2026;", against)
    assert "2026-04" not in against


def test_the_reasons_of_a_foreign_unit_are_not_there(store, log_in) -> None:
    client = log_in((Role.READER, "K"))
    assert client.get("/units/R/why/?of=cost&figure=contacts_ore").status_code == 404
    assert client.get("/units/K/why/?of=cost&pool=PROVER&figure=used").status_code == 404
    assert client.get("/units/K/why/?of=cost&figure=contacts_ore").status_code == 404, "of the whole ledger"


def test_the_period_is_told_in_words(store, log_in) -> None:
    client = log_in((Role.READER, ALL_UNITS))
    assert "Period maj 2026" in words(client.get("/cost/"))
    assert numbers.months("2025-07..2026-06") == "juli 2025 – juni 2026"
    assert numbers.months("2026-01..2026-09") == "januari–september 2026"
    assert numbers.months("plan") == "plan"


def test_single_contacts_ask_for_a_purpose_and_are_recorded(store, log_in) -> None:
    client = log_in((Role.ANALYST, "K"))
    assert client.post("/units/O/cost/patient-rows/", {"purpose": "kort"}).status_code == 422
    assert not AuditEvent.objects.filter(event=Event.PATIENT_ROWS_READ).exists()
    page = client.post("/units/O/cost/patient-rows/", {"purpose": PURPOSE})
    read = AuditEvent.objects.get(event=Event.PATIENT_ROWS_READ)
    assert (read.unit_id, read.reason) == ("O", PURPOSE)
    assert "2 contacts" in read.target
    said = words(page)
    costs = [row["ore"] for row in latest(store).dearest("O", 20)]
    assert len(costs) == 2
    for ore in costs:
        assert kronor(ore) in said
    for identity in ("P3", "P1", "C3", "C6"):
        assert identity not in said
    one = client.post("/units/O/cost/patient-rows/", {"purpose": PURPOSE, "contact": "C3"})
    assert text_of(one).count("<section>") == 1
    other = client.post("/units/O/cost/patient-rows/", {"purpose": PURPOSE, "contact": "C1"})
    assert "Enheten har ingen sådan vårdkontakt" in words(other), "a contact of another unit"
    assert client.get("/units/O/cost/patient-rows/").url == "/units/O/cost/#contacts"


@pytest.mark.parametrize("role", [Role.READER, Role.PLANNER])
def test_planners_see_no_contact(role, store, log_in) -> None:
    client = log_in((role, "K"))
    page = client.get("/units/O/cost/")
    assert "Din roll omfattar inte enskilda vårdkontakter" in words(page)
    assert 'name="purpose"' not in text_of(page)
    assert client.post("/units/O/cost/patient-rows/", {"purpose": PURPOSE}).status_code == 403


def test_without_a_ledger_it_says_what_is_missing(made, tmp_path, settings, log_in) -> None:
    tables = clinic()
    del tables["ledger"]
    settings.STORE = by.stored(tmp_path / "store", tables)
    forget()
    said = words(log_in((Role.ANALYST, ALL_UNITS)).get("/cost/"))
    assert "Huvudboken saknas. Läs in den som SIE-fil" in said
    assert "vardbalans import huvudbok.se" in said
    assert "Räkna kostnaderna" not in said
    assert "Be den som läser in data" in words(log_in((Role.PLANNER, "K"), username="bo").get("/cost/"))


def test_a_planner_presses_and_the_costs_are_there(bare, log_in, work) -> None:
    planner = log_in((Role.PLANNER, "K"))
    assert "Räkna kostnaderna" in words(planner.get("/cost/"))
    assert planner.post("/cost/run/", {"next": "/cost/", "period": "2026-05", "compare": ""}).url == "/cost/"
    planner.post("/cost/run/", {"period": "2026-05"})
    assert Job.objects.count() == 1, "pressed twice it waits once"
    assert "Kostnaderna räknas." in words(planner.get("/cost/"))
    (job,) = work()
    assert job.state == State.DONE
    assert job.result["difference_ore"] == 0
    assert latest(bare).document["period"] == "2026-05"
    assert "Enhetens kostnadsställen kostar" in words(planner.get("/cost/"))
    asked = AuditEvent.objects.get(event=Event.COST_ASKED)
    assert asked.target == "version 1, 2026-05, alone"


def test_what_is_no_period_is_refused_with_what_was_typed(bare, log_in) -> None:
    page = log_in((Role.PLANNER, "K")).post("/cost/run/", {"next": "/cost/", "period": "maj", "compare": "2025"})
    assert page.status_code == 422
    assert "maj är ingen period" in words(page)
    assert 'value="2025"' in text_of(page)
    assert not Job.objects.exists()


def test_a_period_without_ledger_fails_in_words(bare, log_in, work) -> None:
    planner = log_in((Role.PLANNER, "K"))
    planner.post("/cost/run/", {"period": "2020"})
    (job,) = work()
    assert job.state == State.FAILED
    assert "Huvudboken har inga rader i 2020" in words(planner.get("/cost/"))


def test_a_run_that_is_cancelled_leaves_nothing(bare, log_in, work, monkeypatch) -> None:
    analyst = log_in((Role.ANALYST, ALL_UNITS))
    analyst.post("/cost/run/", {"period": "2026-05"})

    def cancelled(**_told: object) -> None:
        raise leases.Cancelled

    monkeypatch.setattr(leases, "renewed", cancelled)
    (job,) = work()
    assert job.state == State.CANCELLED
    assert latest(bare) is None


def test_the_button_is_for_those_who_may(bare, log_in) -> None:
    reader = log_in((Role.READER, ALL_UNITS))
    assert "Räkna kostnaderna" not in words(reader.get("/cost/"))
    assert reader.post("/cost/run/", {"period": "2026-05"}).status_code == 403


def test_groups_kept_by_an_older_version_are_asked_for_anew(store, log_in) -> None:
    (latest(store).folder / "unit_groups.parquet").unlink()
    page = log_in((Role.READER, ALL_UNITS)).get("/units/M/cost/")
    assert "Räkna om kostnaderna." in words(page)


def test_no_identity_lies_in_the_kept_groups(store) -> None:
    kept = pq.read_table(latest(store).folder / "unit_groups.parquet")
    assert not {"patient_key", "contact_id"} & set(kept.column_names)
    assert all(row["ore"] is None for row in kept.to_pylist() if row["suppressed"])


def test_single_contacts_of_an_older_run_ask_for_a_new_one(store, log_in) -> None:
    """Its contacts have no number to find their rows by."""
    client = log_in((Role.READER, ALL_UNITS), username="bo")
    whys = (
        "/units/K/why/?of=cost&pool=SALEN&figure=used",
        "/units/M/why/?of=cost&by=diagnosis&group=M17&figure=ore",
    )
    assert [client.get(asked).status_code for asked in whys] == [200, 200]
    place = latest(store).folder / "costed.parquet"
    pq.write_table(pq.read_table(place).drop_columns("number"), place)
    page = log_in((Role.ANALYST, "K")).post("/units/M/cost/patient-rows/", {"purpose": PURPOSE})
    assert page.status_code == 422
    assert "Räkna om kostnaderna" in words(page)
    assert not AuditEvent.objects.filter(event=Event.PATIENT_ROWS_READ).exists(), "nothing was read"
    assert [client.get(asked).status_code for asked in whys] == [404, 404], "what is behind them cannot be told"
