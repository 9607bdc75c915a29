"""The balance in the background: asked for by a button or by new data, once; its progress and failures are told."""

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.web import deliveries
from tests.web.conftest import forget
from tests.web.test_pages import words
from vardbalans.data import intake
from vardbalans.data.balance_run import run_balance
from vardbalans.data.lake import Lake
from vardbalans.data.results import Results
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.scenario import Settings
from vardbalans.web.balancing import actions, selectors, steps
from vardbalans.web.intake import actions as intake_actions
from vardbalans.web.jobs import leases
from vardbalans.web.jobs.models import Job, State
from vardbalans.web.people.models import ALL_UNITS, AuditEvent, Event
from vardbalans.web.people.permissions import Role

pytestmark = pytest.mark.django_db
SERIES = "series_id;unit_id;service_id;period;value\n" + "".join(
    f"{name};{unit};{name};20{year}-{month:02d};{40 + month}\n"
    for name, unit in (("A", "K1"), ("B", "K2"))
    for year in (23, 24, 25)
    for month in range(1, 13)
)
SERVICES = deliveries.REGION["services.csv"] + "B;Återbesök;K2;follow_up;none\n"
REGION = deliveries.REGION | {"services.csv": SERVICES, "counts.csv": SERIES}


def bring(lake: Lake, folder: Path, files: dict[str, str], hour: int) -> None:
    with intake.prepare(lake, deliveries.write(folder, files), today=date(2026, 11, 23)) as preview:
        intake.commit(lake, preview, by="Natten", at=datetime(2026, 11, 20, hour, tzinfo=UTC))


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    """A store with one version and no figures."""
    root = tmp_path_factory.mktemp("balancing")
    bring(Lake(root / "store"), root / "files", REGION, 5)
    return root / "store"


@pytest.fixture
def lake(made, tmp_path, settings) -> Lake:
    settings.STORE = tmp_path / "store"
    shutil.copytree(made, settings.STORE)
    forget()
    return Lake(settings.STORE)


@pytest.fixture
def newer(lake, tmp_path) -> None:
    bring(lake, tmp_path / "more", deliveries.ABSENCES, 6)


@pytest.fixture
def figures(lake, made) -> None:
    """Let the figures of version 1 be there; a few draws are enough."""
    run_balance(lake.root, at=datetime(2026, 11, 20, 5, 30, tzinfo=UTC), settings=Settings(draws=20))


def jobs() -> list[tuple[str, dict]]:
    return list(Job.objects.filter(kind=selectors.KIND).order_by("pk").values_list("state", "arguments"))


def test_a_planner_presses_and_the_figures_are_there(lake, log_in, work) -> None:
    planner = log_in((Role.PLANNER, "K2"))
    assert "Inget är beräknat ännu" in words(planner.get("/"))
    assert "Räkna balansen" in words(planner.get("/data/"))
    assert planner.post("/balance/run/", {"next": "/data/"}).url == "/data/"
    planner.post("/balance/run/")
    assert jobs() == [(State.QUEUED, {})], "pressed twice it waits once"
    assert "Balansen räknas. Väntar på sin tur." in words(planner.get("/data/"))
    (job,) = work()
    assert (job.state, job.result) == (State.DONE, {"version": 1})
    assert Results(lake.root).latest().meta["version"] == 1
    assert "Siffrorna bygger på den senaste versionen, 1. Räkna om balansen" in words(planner.get("/data/"))
    assert "Nybesök" in words(log_in((Role.READER, "K1"), username="bo").get("/need/"))
    asked = AuditEvent.objects.get()
    assert (asked.event, asked.actor.username, asked.target) == (Event.BALANCE_ASKED, "anna", "version 1")


def test_a_worker_that_starts_gives_a_first_time_user_figures(lake, log_in, work) -> None:
    for _minute in range(2):
        intake_actions.keep_house()
    assert [job.kind for job in work()][:1] == [selectors.KIND], "before the judging, which can wait"
    assert Results(lake.root).latest().meta["version"] == 1
    intake_actions.keep_house()
    assert work() == []
    assert "Nybesök" in words(log_in((Role.READER, ALL_UNITS)).get("/need/"))


def test_new_data_ask_once_however_many_come_and_again_when_one_has_begun(lake) -> None:
    actions.balance_follow(version=1, by=None)
    actions.balance_follow(version=2, by=None)
    assert jobs() == [(State.QUEUED, {"version": 1})]
    leases.claim(worker="a")  # it may have read the data already
    actions.balance_follow(version=3, by=None)
    actions.balance_follow(version=4, by=None)
    assert jobs() == [(State.RUNNING, {"version": 1}), (State.QUEUED, {"version": 3})]


def test_an_import_in_the_browser_is_followed_by_its_balance(lake, newer, person, work) -> None:
    upload = intake_actions.Upload.objects.create(purpose="delivery", folder="f", asked_by=person("anna"))
    intake_actions.delivery_stored(upload_id=upload.pk, job_id=1, version=2, fingerprint="f", by=upload.asked_by)
    assert jobs() == [(State.QUEUED, {"version": 2})]
    assert work()[0].result == {"version": 2}


def test_what_another_has_computed_meanwhile_is_not_computed_again_unless_someone_asks(
    lake, figures, log_in, work, monkeypatch
) -> None:
    done = []
    monkeypatch.setattr(steps, "run_balance", lambda *_store, **_more: done.append(1))
    actions.balance_follow(version=1, by=None)
    (job,) = work()
    assert (job.state, done) == (State.DONE, [])
    log_in((Role.PLANNER, "K1")).post("/balance/run/")
    work()
    assert done == [1]


def test_data_that_are_again_what_they_were_are_in_the_figures(lake, newer, tmp_path, log_in) -> None:
    run_balance(lake.root, at=datetime(2026, 11, 20, 6, 30, tzinfo=UTC), settings=Settings(draws=20))
    head, row = "person_key;resource_id;date_from", "P4;L1;2026-11-09"
    bring(lake, tmp_path / "more", {"absences.csv": f"{head};date_to;kind\n{row};2026-11-10;sick\n"}, 7)
    reader = log_in((Role.READER, "K1"))
    assert "Siffrorna bygger på version 2; version 3 finns." in words(reader.get("/data/"))
    bring(lake, tmp_path / "less", {"delete_absences.csv": f"{head};kind\n{row};sick\n"}, 8)
    assert "Siffrorna bygger på den senaste versionen, 4." in words(reader.get("/data/"))
    actions.balance_unless_there()
    assert jobs() == []


def test_older_figures_are_said_to_be_and_the_work_is_seen_by_those_who_read(lake, figures, newer, log_in) -> None:
    reader, old = log_in((Role.READER, "K1")), "Siffrorna bygger på version 1; version 2 finns."
    for page in ("/", "/need/", "/data/"):
        assert old in words(reader.get(page))
        assert "Räkna om balansen" not in words(reader.get(page))
    planner = log_in((Role.PLANNER, "K1"), username="bo")
    assert "Räkna om balansen" in words(planner.get("/"))
    planner.post("/balance/run/")
    job = Job.objects.get()
    said = reader.get("/").content.decode()
    assert f'data-job="/jobs/{job.pk}/" data-stays' in said
    assert reader.get(f"/jobs/{job.pk}/").json()["sentence"] == "Väntar på sin tur."
    assert log_in(username="nobody").get(f"/jobs/{job.pk}/").status_code == 404


def test_it_is_stopped_by_those_only_who_plan_for_all(lake, log_in) -> None:
    planner = log_in((Role.PLANNER, "K1"))
    planner.post("/balance/run/")
    job = Job.objects.get()
    assert "Avbryt" not in words(planner.get("/data/"))
    assert planner.post(f"/jobs/{job.pk}/cancel/").status_code == 403
    chief = log_in((Role.PLANNER, "R"), username="chef")
    assert "Avbryt" in words(chief.get("/data/"))
    chief.post(f"/jobs/{job.pk}/cancel/")
    assert Job.objects.get().state == State.CANCELLED


def test_what_someone_has_stopped_does_not_start_again_by_itself(lake, log_in) -> None:
    chief = log_in((Role.PLANNER, "R"))
    chief.post("/balance/run/")
    chief.post(f"/jobs/{Job.objects.get().pk}/cancel/")
    actions.balance_unless_there()
    assert jobs() == [(State.CANCELLED, {})]


def test_stopped_on_the_way_it_leaves_the_figures_as_they_were(lake, figures, newer, work, monkeypatch) -> None:
    told = []

    def stopping(run, done, what):
        told.append(done)
        Job.objects.update(cancel_asked_at=datetime(2026, 11, 20, 7, tzinfo=UTC))
        leases.renewed(job_id=run.job_id, token=run.token, progress=done, sentence=what)

    monkeypatch.setattr("vardbalans.web.jobs.run.Run.progress", stopping)
    actions.balance_follow(version=2, by=None)
    assert [job.state for job in work()] == [State.CANCELLED]
    assert told == [0.0]
    assert Results(lake.root).latest().meta["version"] == 1


def test_progress_only_grows_and_names_no_service(lake) -> None:
    told = []
    run_balance(
        lake.root,
        at=datetime(2026, 11, 20, 7, tzinfo=UTC),
        settings=Settings(draws=20),
        progress=lambda done, what: told.append((done, str(what))),
    )
    shares = [done for done, _what in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 0.95)
    assert not any(name in what for _done, what in told for name in ("Nybesök", "Återbesök")), (
        "progress is shown to readers of any unit"
    )


def test_what_stops_it_is_told_until_figures_come_and_it_does_not_start_again_by_itself(
    lake, log_in, work, monkeypatch
) -> None:
    def failing(*_store, **_more):
        raise BadInput(Message("Historiken är för kort."))

    actions.balance_follow(version=0, by=None)  # it waited when version 1 came, and reads that
    with monkeypatch.context() as patched:
        patched.setattr(steps, "run_balance", failing)
        work()
    actions.balance_unless_there()
    assert jobs() == [(State.FAILED, {"version": 0})]
    planner, said = log_in((Role.PLANNER, "K1")), "Balansen kunde inte räknas: Historiken är för kort."
    assert f"{said} Räkna balansen" in words(planner.get("/"))
    later = Job.objects.get().ended_at + timedelta(seconds=1)
    run_balance(lake.root, at=later, settings=Settings(draws=20))
    assert said not in words(planner.get("/data/"))
