"""Data in by the browser: upload, preview, import, receipt; what is refused, and what is left when it goes wrong."""

import io
import re
import shutil
import stat
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone, translation

from tests.web import deliveries
from tests.web.conftest import forget
from tests.web.test_pages import words
from vardbalans.data import intake
from vardbalans.data.checks import choices_text
from vardbalans.data.lake import Lake
from vardbalans.data.quality.freshness import Freshness
from vardbalans.data.tables import TABLES
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web.intake import actions, pipeline, profiling, quality, receiving, selectors
from vardbalans.web.intake.delivery_page import shown_findings
from vardbalans.web.intake.models import Upload, UploadState
from vardbalans.web.jobs import kinds, leases
from vardbalans.web.jobs.models import Job, State
from vardbalans.web.jobs.perform import perform
from vardbalans.web.messages import compile_catalogue
from vardbalans.web.people.models import ALL_UNITS, AuditEvent, Event, User
from vardbalans.web.people.permissions import Permission, Role
from vardbalans.web.translate import kept

pytestmark = pytest.mark.django_db
ANALYST = (Role.ANALYST, ALL_UNITS)


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    """A store with one version: a region of two clinics."""
    root = tmp_path_factory.mktemp("made")
    paths = deliveries.write(root / "files", deliveries.REGION)
    lake = Lake(root / "store")
    preview = intake.prepare(lake, paths, today=date(2026, 11, 23))
    intake.commit(lake, preview, by="Natten", at=datetime(2026, 11, 20, 5, tzinfo=UTC))
    return root / "store"


@pytest.fixture
def lake(made, tmp_path, settings) -> Lake:
    settings.STORE = tmp_path / "store"
    shutil.copytree(made, settings.STORE)
    forget()
    return Lake(settings.STORE)


@pytest.fixture
def judged() -> None:
    """Let new versions be judged; most tests have no need to wait for it."""


@pytest.fixture(autouse=True)
def _not_judged(request, monkeypatch) -> None:
    """Without what follows from a new version; the balance has its own tests."""
    monkeypatch.setattr(actions, "balance_follow", lambda **_asked: None)
    monkeypatch.setattr(actions, "balance_unless_there", lambda: None)
    if "judged" not in request.fixturenames:
        monkeypatch.setattr(actions, "job_follow", lambda **_asked: None)


@pytest.fixture
def anna(lake, log_in) -> Client:
    return log_in(ANALYST)


def upload(client: Client, files: dict[str, str | bytes], profile: str = "") -> str:
    """Send *files* in and return the address of the delivery."""
    answer = send(client, files, profile)
    assert answer.status_code == 302, words(answer)
    return answer.url


def send(client: Client, files: dict[str, str | bytes], profile: str = "", address: str = "/data/new/"):
    sent = [SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text) for name, text in files.items()]
    return client.post(address, {"sent": sent, "profile": profile})


def shown_fingerprint(address: str) -> str:
    return Upload.objects.get(pk=address.split("/")[-2]).job.result["fingerprint"]


def store(client: Client, address: str):
    return client.post(f"{address}store/", {"fingerprint": shown_fingerprint(address)})


def events(*kinds: Event) -> list[tuple[str, str, str]]:
    found = AuditEvent.objects.filter(event__in=kinds or list(Event)).order_by("pk")
    return [(item.event, item.actor.username if item.actor else "", item.target) for item in found]


# The way through


def test_upload_preview_import_receipt(anna, lake, work) -> None:
    address = upload(anna, deliveries.ABSENCES)
    assert "Väntar på sin tur." in words(anna.get(address))
    work()
    preview = words(anna.get(address))
    assert "Inget hindrar inläsningen: 3 nya rader och 0 ändrade." in preview
    assert "Frånvaro 3 3 0 0" in preview
    assert "Läs in som Anna" in preview
    assert f"Blir version 2, i namnet Anna, med fingeravtrycket {shown_fingerprint(address)[:12]}" in preview
    assert lake.head().number == 1

    assert store(anna, address).url == address
    assert "Läser in" in words(anna.get(address))
    (job,) = work()
    assert job.result == {"version": 2, "fingerprint": lake.head().fingerprint}
    receipt = words(anna.get(address))
    assert "Version 2 är inläst" in receipt
    assert "Frånvaro 3 3 0 0" in receipt
    assert lake.head().fingerprint in receipt
    assert (lake.head().number, lake.head().by, lake.head().at) == (2, "Anna", job.asked_at)
    assert len(lake.read("absences")) == 3


def test_every_action_is_in_the_audit_trail(anna, lake, work) -> None:
    address = upload(anna, deliveries.ABSENCES)
    work()
    fingerprint = shown_fingerprint(address)
    store(anna, address)
    (job,) = work()
    pk = address.split("/")[-2]
    assert events() == [
        ("files_uploaded", "anna", f"upload {pk} delivery: absences.csv"),
        ("preview_asked", "anna", f"upload {pk} profile -"),
        ("import_asked", "anna", f"upload {pk} fingerprint {fingerprint}"),
        ("imported", "anna", f"upload {pk} job {job.pk} version 2 fingerprint {lake.head().fingerprint}"),
    ]
    assert set(AuditEvent.objects.values_list("unit_id", flat=True)) == {ALL_UNITS}


def test_files_lie_in_a_private_folder_and_are_gone_when_imported(
    anna, lake, work, django_capture_on_commit_callbacks
) -> None:
    address = upload(anna, deliveries.ABSENCES)
    found = Upload.objects.get()
    assert [path.name for path in found.path.iterdir()] == ["absences.csv"]
    assert stat.S_IMODE(found.path.stat().st_mode) == 0o700
    assert found.path.parent == lake.root / "uploads"
    assert stat.S_IMODE((lake.root / "uploads").stat().st_mode) == 0o700
    assert list((lake.root / "uploads" / receiving.INCOMING).iterdir()) == []
    work()
    store(anna, address)
    with django_capture_on_commit_callbacks(execute=True):
        work()
    assert not found.path.exists()
    assert (lake.root / "originals").exists()


def test_the_same_files_twice_change_nothing(anna, lake, work) -> None:
    for _time in range(2):
        address = upload(anna, deliveries.ABSENCES)
        work()
        preview = words(anna.get(address))
        store(anna, address)
        work()
    assert "Allt i filerna är redan inläst. Inget skulle ändras." in preview
    assert "Ger ingen ny version" in preview
    assert "Inget nytt i filerna" in words(anna.get(address))
    assert lake.head().number == 2


def test_pressing_twice_asks_once(anna, work) -> None:
    address = upload(anna, deliveries.ABSENCES)
    work()
    first, second = store(anna, address), store(anna, address)
    assert (first.status_code, second.status_code) == (302, 302) or second.status_code == 200
    assert Job.objects.filter(kind=actions.STORE).count() == 1
    work()
    late = anna.post(f"{address}store/", {"fingerprint": "x"})
    assert (late.status_code, "redan inläst eller kastad" in words(late)) == (409, True)


# Findings


def test_errors_stop_the_import_and_are_listed_with_file_row_and_column(anna, lake, work) -> None:
    address = upload(anna, deliveries.BROKEN)
    work()
    page = words(anna.get(address))
    assert "3 fel hindrar inläsningen. Rätta dem i källan och ladda upp filerna igen." in page
    assert "Fel units.csv rad 3 Nivå (level) Nivå kan inte vara kliniken." in page
    assert "I filerna Avvisade Enheter 3 2" in page
    assert "Läs in som" not in page
    refused = store(anna, address)
    assert (refused.status_code, "Leveransen har fel och kan inte läsas in" in words(refused)) == (409, True)
    assert lake.head().number == 1
    assert "Har fel att rätta" in words(anna.get("/data/"))


def test_the_fix_list_as_csv_and_workbook(anna, work) -> None:
    address = upload(anna, deliveries.BROKEN)
    work()
    answer = anna.get(f"{address}findings.csv")
    assert answer["Content-Disposition"].startswith("attachment;")
    text = answer.content.decode("utf-8-sig")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    lines = text.split("\r\n")
    assert lines[0] == "Allvar;Fil;Rad;Kolumn;Vad är fel och hur rättas det?;Kod"
    assert lines[1].startswith("Fel;units.csv;3;Nivå (level);Nivå kan inte vara kliniken.")
    workbook = openpyxl.load_workbook(io.BytesIO(anna.get(f"{address}findings.xlsx").content))
    rows = list(workbook["Att rätta"].iter_rows(values_only=True))
    assert len(rows) == 4
    assert rows[1][:4] == ("Fel", "units.csv", 3, "Nivå (level)")
    assert anna.get(f"{address}findings.exe").status_code == 404


def test_a_formula_from_a_file_is_no_formula_in_the_list(anna, work) -> None:
    address = upload(anna, {"=cmd.csv": "unit_id;name\nR;Region\n"})
    work()
    assert ";'=cmd.csv;" in anna.get(f"{address}findings.csv").content.decode()
    sheet = openpyxl.load_workbook(io.BytesIO(anna.get(f"{address}findings.xlsx").content)).active
    assert (sheet["B2"].value, sheet["B2"].data_type) == ("=cmd.csv", "s")


def test_months_that_change_are_shown_against_the_last_version(anna, work) -> None:
    counts = deliveries.REGION["counts.csv"].replace("2026-10;40", "2026-10;4") + "A;K1;A;2026-12;7\n"
    address = upload(anna, {"counts.csv": counts})
    work()
    page = words(anna.get(address)).replace("\xa0", " ")
    assert "Produktion 4 1 1 2" in page
    assert "Enhet Månad Skillnad % Version 1 Efter inläsning" in page
    assert "Kirurgi 2026-10 −36 −90,0 % 40 4 Kirurgi 2026-12 +7 ny 0 7" in page
    assert "Kirurgi 2026-11" not in page


def test_removed_rows_are_counted_too(anna, lake, work) -> None:
    address = upload(anna, {"delete_counts.csv": "series_id;period\nA;2026-09\n"})
    work()
    page = words(anna.get(address))
    assert "Inget hindrar inläsningen: 0 nya rader, 0 ändrade och 1 borttagna." in page
    assert "Produktion 1 0 0 0 1" in page
    store(anna, address)
    work()
    assert "Version 2 är inläst" in words(anna.get(address))
    assert len(lake.read("counts")) == 2


# What is refused


def test_refused_when_someone_else_has_imported_since(anna, lake, work) -> None:
    address = upload(anna, deliveries.ABSENCES)
    other = upload(anna, {"resources.csv": deliveries.REGION["resources.csv"] + "L3;Sal;K1;room;480\n"})
    work()
    store(anna, other)
    work()
    assert "lagret är nu på version 2" in words(anna.get(address))
    refused = store(anna, address)
    assert (refused.status_code, "lagret är nu på version 2, inte 1" in words(refused)) == (409, True)
    again = anna.post(f"{address}preview/", {"profile": ""})
    assert again.status_code == 302
    work()
    store(anna, address)
    work()
    assert lake.head().number == 3


def test_refused_by_the_worker_when_someone_imports_between_press_and_work(anna, lake, work) -> None:
    address, other = (
        upload(anna, deliveries.ABSENCES),
        upload(anna, {"units.csv": deliveries.REGION["units.csv"] + "K5;Hud;clinic;R\n"}),
    )
    work()
    store(anna, other)
    store(anna, address)
    first, second = work()
    assert (first.state, second.state) == (State.DONE, State.FAILED)
    assert lake.head().number == 2
    page = words(anna.get(address))
    assert "Någon annan har läst in data under tiden: lagret är nu på version 2, inte 1. Förhandsgranska igen." in page
    assert "Läs in som" not in page


def test_refused_when_a_file_has_changed(anna, lake, work) -> None:
    address = upload(anna, deliveries.ABSENCES)
    work()
    (path,) = actions.files_of(Upload.objects.get())
    path.write_text(deliveries.ABSENCES["absences.csv"] + "P4;L2;2026-11-02;2026-11-03;sick\n", encoding="utf-8")
    store(anna, address)
    (job,) = work()
    assert job.state == State.FAILED
    assert "absences.csv har ändrats sedan förhandsgranskningen. Förhandsgranska igen." in words(anna.get(address))
    assert lake.head().number == 1


def test_refused_with_another_fingerprint_than_the_one_shown(anna, work) -> None:
    address = upload(anna, deliveries.ABSENCES)
    work()
    refused = anna.post(f"{address}store/", {"fingerprint": "0" * 64})
    assert (refused.status_code, "inte längre den som visades" in words(refused)) == (409, True)
    assert not Job.objects.filter(kind=actions.STORE).exists()


@pytest.mark.parametrize("name", sorted(deliveries.disguised()))
def test_a_file_that_is_not_what_its_name_says_is_refused(name, anna, lake) -> None:
    answer = send(anna, {name: deliveries.disguised()[name]})
    assert answer.status_code == 422
    assert f"{name} innehåller något annat än namnet säger." in words(answer)
    assert not Upload.objects.exists()
    answer.close()
    assert list((lake.root / "uploads").rglob("*.*")) == []


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "Välj minst en fil."),
        ({"units.csv": ""}, "units.csv är tom."),
        ({"units.exe": "x"}, "units.exe kan inte läsas. Skicka filer som slutar på .xlsx"),
        ({".units.csv": "x"}, "kan inte läsas"),
        ({"u" * 130 + ".csv": "x"}, "för långt namn"),
        ({"19121212-1212.csv": "x"}, "•••.csv: namnet innehåller något som ser ut som ett personnummer"),
        ({"19121212-1212.exe": "x"}, "•••.exe kan inte läsas"),
    ],
)
def test_other_files_are_refused_in_sentences(files, sentence, anna) -> None:
    answer = send(anna, files)
    assert (answer.status_code, sentence in words(answer)) == (422, True), words(answer)
    assert not Upload.objects.exists()


def test_two_files_of_one_name_are_refused(anna) -> None:
    sent = [SimpleUploadedFile("units.csv", b"unit_id\n"), SimpleUploadedFile("units.csv", b"unit_id\n")]
    answer = anna.post("/data/new/", {"sent": sent})
    assert (answer.status_code, "Två filer heter units.csv" in words(answer)) == (422, True)


def test_a_file_that_is_too_large_is_dropped_on_its_way_in(anna, lake, monkeypatch) -> None:
    monkeypatch.setattr(receiving, "UPLOAD", receiving.UPLOAD.__class__(100_000, 100_000))
    answer = send(anna, {"units.csv": "x" * 200_000, "resources.csv": "y" * 10})
    assert (answer.status_code, "units.csv är större än 0 MB" in words(answer)) == (422, True)
    monkeypatch.setattr(receiving, "MOST_BYTES", 1000)
    answer = send(anna, {"units.csv": "x" * 2000})
    assert (answer.status_code, "för stora tillsammans" in words(answer)) == (413, True)
    assert list((lake.root / "uploads").rglob("tmp*")) == []


def test_far_too_many_files_are_told_of_in_words(anna, settings) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 2
    answer = send(anna, {f"units_{number}.csv": "x" for number in range(4)})
    assert (answer.status_code, "för många filer eller fält" in words(answer)) == (400, True)


def test_only_the_months_that_change_most_are_kept(anna, work, monkeypatch) -> None:
    monkeypatch.setattr(pipeline, "MONTHS_KEPT", 1)
    lines = "".join(f"A;K1;A;2027-{month:02d};{month}\n" for month in range(1, 13))
    address = upload(anna, {"counts.csv": deliveries.REGION["counts.csv"] + lines})
    (job,) = work()
    assert [row["month"] for row in job.result["months"]["counts"]["rows"]] == ["2027-12"]
    assert "11 mindre skillnader visas inte." in words(anna.get(address))


def test_too_many_uploads_must_wait(anna, monkeypatch) -> None:
    monkeypatch.setattr("vardbalans.web.intake.selectors._MOST_UPLOADS", 2)
    upload(anna, deliveries.ABSENCES)
    upload(anna, deliveries.ABSENCES)
    answer = send(anna, deliveries.ABSENCES)
    assert (answer.status_code, "Vänta en kvart" in words(answer)) == (429, True)
    Upload.objects.update(created_at=timezone.now() - timedelta(minutes=16))
    upload(anna, deliveries.ABSENCES)


def test_names_with_a_ring_of_their_own_are_composed(anna, work) -> None:
    upload(anna, {"Fra\u030anvaro.csv": deliveries.ABSENCES["absences.csv"]})
    (job,) = work()
    assert job.result["files"][0]["name"] == "Frånvaro.csv"
    assert job.result["tables"]["absences"]["new"] == 3


def test_a_profile_can_be_chosen_and_an_unknown_one_not(anna, work) -> None:
    text = "stp20_nhs_code;date;completed;incomplete;new;year;month\n".replace(";", ",")
    address = upload(anna, {"flow.csv": text + "QE1,2026-01-01,10,20,30,2026,1\n"}, "nhs-rtt-flow")
    work()
    page = words(anna.get(address))
    assert "Profil nhs-rtt-flow" in page
    assert "Inflöde 1 1 0 0" in page
    answer = send(anna, deliveries.ABSENCES, "no-such-profile")
    assert answer.status_code == 422
    assert anna.post(f"{address}preview/", {"profile": "no-such-profile"}).status_code == 404


# Permission and form


def test_only_those_who_import_for_the_region_come_in(lake, log_in, client, work) -> None:
    address = upload(log_in(ANALYST), deliveries.ABSENCES)
    work()
    pages = ["/data/new/", "/data/profiles/", address, f"{address}findings.csv"]
    posts = ["/data/new/", "/data/profiles/", f"{address}store/", f"{address}preview/"]
    posts.append(address.replace("deliveries", "uploads") + "discard/")
    for number, (role, unit) in enumerate(
        [(Role.READER, ALL_UNITS), (Role.PLANNER, ALL_UNITS), (Role.ADMINISTRATOR, ALL_UNITS), (Role.ANALYST, "K1")]
    ):
        other = log_in((role, unit), username=f"p{number}")
        assert {other.get(page).status_code for page in pages} == {403}
        assert {other.post(page).status_code for page in posts} == {403}
    assert {client.get(page).status_code for page in pages} == {302}
    assert Upload.objects.get().is_open
    top = log_in((Role.ANALYST, "R"), username="top")
    assert {top.get(page).status_code for page in pages} == {200}


def test_nothing_changes_by_get(anna, work) -> None:
    address = upload(anna, deliveries.ABSENCES)
    work()
    for page in ("store/", "preview/"):
        assert anna.get(address + page).status_code == 405
    assert anna.get(address.replace("deliveries", "uploads") + "discard/").status_code == 405
    assert Upload.objects.get().is_open


def test_files_are_read_only_after_the_permission_and_with_the_forms_own_token(
    lake, log_in, person, monkeypatch
) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(person("bo", ANALYST), "django.contrib.auth.backends.ModelBackend")
    answer = send(strict, deliveries.ABSENCES)
    assert (answer.status_code, "Formuläret kunde inte tas emot" in words(answer)) == (403, True)
    strict.get("/data/new/")
    token = strict.cookies["vardbalans_csrf"].value
    sent = [SimpleUploadedFile("absences.csv", deliveries.ABSENCES["absences.csv"].encode())]
    answer = strict.post("/data/new/", {"sent": sent, "csrfmiddlewaretoken": token})
    assert answer.status_code == 302
    opened = []
    monkeypatch.setattr(receiving, "IncomingFile", opened.append)
    assert send(log_in((Role.READER, ALL_UNITS)), deliveries.ABSENCES).status_code == 403
    assert opened == []


def test_other_forms_take_no_files(lake, log_in, tmp_path) -> None:
    file = SimpleUploadedFile("x.csv", b"x" * 100_000)
    answer = Client().post("/people/log-in/", {"username": "a", "passphrase": "b", "file": file})
    assert answer.status_code == 200
    assert "file" not in answer.wsgi_request.FILES
    assert not (lake.root / "uploads").exists()


# Discarding and tidying


def test_discarded_files_are_gone_and_stay_unread(anna, lake, work, django_capture_on_commit_callbacks) -> None:
    address = upload(anna, deliveries.ABSENCES)
    discard = address.replace("deliveries", "uploads") + "discard/"
    busy = anna.post(discard)
    assert busy.status_code == 409 or "Väntar" in words(busy)
    work()
    path = Upload.objects.get().path
    with django_capture_on_commit_callbacks(execute=True):
        anna.post(discard)
    assert not path.exists()
    assert "Filerna är kastade" in words(anna.get(address))
    assert events(Event.FILES_DISCARDED) == [("files_discarded", "anna", f"upload {address.split('/')[-2]}")]
    assert store(anna, address).status_code == 409
    assert lake.head().number == 1


def test_a_cancelled_preview_can_be_asked_for_again(anna, work) -> None:
    address = upload(anna, deliveries.ABSENCES)
    anna.post(f"/jobs/{Job.objects.get().pk}/cancel/", {"next": address})
    assert "Arbetet avbröts. Ingenting har ändrats." in words(anna.get(address))
    anna.post(f"{address}preview/", {"profile": ""})
    work()
    assert "Inget hindrar inläsningen" in words(anna.get(address))


def test_what_is_left_behind_is_tidied_away(anna, lake, work, django_capture_on_commit_callbacks) -> None:
    kept, old = upload(anna, deliveries.ABSENCES), upload(anna, deliveries.ABSENCES)
    work()
    Upload.objects.filter(pk=old.split("/")[-2]).update(created_at=timezone.now() - actions.KEPT - timedelta(hours=1))
    (lake.root / "uploads" / "left-by-a-crash").mkdir()
    with django_capture_on_commit_callbacks(execute=True):
        actions.uploads_tidy()
    folders = {path.name for path in (lake.root / "uploads").iterdir()}
    assert folders == {Upload.objects.get(pk=kept.split("/")[-2]).folder, receiving.INCOMING}
    assert Upload.objects.get(pk=old.split("/")[-2]).state == UploadState.DISCARDED
    assert events(Event.FILES_DISCARDED)[0][1] == ""


def test_files_that_are_gone_are_told_of(anna, work) -> None:
    address = upload(anna, deliveries.ABSENCES)
    shutil.rmtree(Upload.objects.get().path)
    (job,) = work()
    assert job.state == State.FAILED
    assert "Filerna finns inte kvar. Ladda upp dem igen." in words(anna.get(address))


# A worker that dies


class Died(BaseException):
    """Stands for kill -9: nothing catches it, and what was not committed is undone."""


def die(*_args, **_more):
    raise Died


def die_after(function):
    def call(*args, **more):
        function(*args, **more)
        raise Died

    return call


STEPS = {
    "before the files are read": (intake, "prepare", die),
    "when they have been read": (pipeline, "require_same", die),
    "past the point of no return": (pipeline, "commit", die),
    "when the version is stored": (pipeline, "commit", die_after(pipeline.commit)),
    "within the last transaction": (actions, "delivery_stored", die_after(actions.delivery_stored)),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_that_dies_in_an_import_is_taken_over_and_the_result_is_there_once(
    step, anna, lake, work, monkeypatch
) -> None:
    address = upload(anna, deliveries.ABSENCES)
    work()
    store(anna, address)
    place, name, deadly = STEPS[step]
    with monkeypatch.context() as patched:
        patched.setattr(place, name, deadly)
        with pytest.raises(Died):
            perform(leases.claim(worker="doomed"))
    assert Job.objects.get(kind=actions.STORE).state == State.RUNNING
    assert events(Event.IMPORTED) == []
    Job.objects.filter(kind=actions.STORE).update(lease_until=timezone.now() - timedelta(seconds=1))
    (job,) = work()
    assert (job.state, job.attempts, job.result["version"]) == (State.DONE, 2, 2), job.error
    assert [version.number for version in lake.versions()] == [1, 2]
    assert len(lake.read("absences")) == 3
    assert len(events(Event.IMPORTED)) == 1
    assert "Version 2 är inläst" in words(anna.get(address))


def test_an_import_that_is_being_stored_can_no_longer_be_cancelled(anna, lake, work, monkeypatch) -> None:
    address = upload(anna, deliveries.ABSENCES)
    work()
    store(anna, address)
    real = pipeline.commit

    def pressed(preview, **more):
        late = anna.post(f"/jobs/{Job.objects.get(kind=actions.STORE).pk}/cancel/", {"next": address})
        assert (late.status_code, "Det går inte längre att avbryta" in words(late)) == (409, True)
        assert "Avbryt<" not in anna.get(address).content.decode()
        return real(preview, **more)

    monkeypatch.setattr(pipeline, "commit", pressed)
    assert [job.state for job in work()] == [State.DONE]
    assert lake.head().number == 2


def test_a_worker_thought_dead_that_commits_late_makes_no_second_version(anna, lake, work, monkeypatch) -> None:
    """The lease is lost between the point of no return and the commit; another is done when the first goes on."""
    address = upload(anna, deliveries.ABSENCES)
    work()
    store(anna, address)
    real = pipeline.commit

    def overtaken(preview, **more):
        monkeypatch.setattr(pipeline, "commit", real)
        Job.objects.filter(kind=actions.STORE).update(lease_until=timezone.now() - timedelta(seconds=1))
        assert [job.state for job in work()] == [State.DONE]
        return real(preview, **more)

    monkeypatch.setattr(pipeline, "commit", overtaken)
    perform(leases.claim(worker="slow"))
    assert [version.number for version in lake.versions()] == [1, 2]
    assert len(events(Event.IMPORTED)) == 1
    assert Job.objects.get(kind=actions.STORE).attempts == 2


def test_an_import_by_someone_else_at_the_same_time_is_not_taken_for_our_own(anna, lake, work, monkeypatch) -> None:
    address = upload(anna, deliveries.ABSENCES)
    work()
    store(anna, address)
    with monkeypatch.context() as patched:
        patched.setattr(pipeline, "commit", die)
        with pytest.raises(Died):
            perform(leases.claim(worker="doomed"))
    paths = deliveries.write(lake.root / "other", {"units.csv": deliveries.REGION["units.csv"] + "K9;Hud;clinic;R\n"})
    intake.commit(lake, intake.prepare(lake, paths, today=date(2026, 11, 23)), by="Natten", at=datetime.now(UTC))
    Job.objects.filter(kind=actions.STORE).update(lease_until=timezone.now() - timedelta(seconds=1))
    (job,) = work()
    assert job.state == State.FAILED
    assert len(lake.read("absences")) == 0
    assert events(Event.IMPORTED) == []


# The page Data


def test_data_before_anything_is_there(settings, tmp_path, log_in) -> None:
    settings.STORE = tmp_path
    forget()
    page = words(log_in(ANALYST).get("/data/"))
    assert "Inget är inläst ännu." in page
    assert "Ny inläsning" in page
    assert words(log_in(username="utan-roll").get("/data/")).count("Du har ännu ingen roll") == 1


def test_versions_say_who_when_and_what_changed(anna, lake, work, log_in, django_assert_max_num_queries) -> None:
    address = upload(anna, deliveries.ABSENCES)
    work()
    store(anna, address)
    work()
    changed = {"absences.csv": deliveries.ABSENCES["absences.csv"].replace("2026-11-03", "2026-11-04")}
    address = upload(anna, changed)
    work()
    store(anna, address)
    work()
    with django_assert_max_num_queries(16):
        answer = anna.get("/data/")
    page = words(answer)
    assert "Version 3 gäller, inläst" in page
    assert "Frånvaro ändrade rader" in page
    assert "Frånvaro +3" in page
    assert "Enheter +3, Vårdtjänster +1, Resurser +2, Produktion +3" in page
    assert "2026-11-20 06:00 Enheter +3, Vårdtjänster +1, Resurser +2, Produktion +3 Natten" in page
    assert lake.head().fingerprint[:12] in page
    assert "Senaste fynd" in page
    reader = words(log_in((Role.READER, "K1"), username="lasare").get("/data/"))
    assert "Version 3 gäller" in reader
    for hidden in ("absences.csv", "Senaste fynd", "Ny inläsning", "Uppladdat men inte inläst"):
        assert hidden not in reader


def test_a_new_version_is_judged_by_a_job_of_its_own(judged, anna, lake, work, log_in) -> None:
    before = words(anna.get("/data/"))
    assert "Version 1 är inte bedömd ännu." in before
    assert "Hur färska uppgifterna är räknas när den senaste versionen bedöms." in before
    lines = "".join(f"A;K1;A;20{year}-{month:02d};40\n" for year in (22, 23, 24) for month in range(1, 13))
    address = upload(anna, {"counts.csv": deliveries.REGION["counts.csv"] + lines + "A;K1;A;2026-12;4000\n"})
    work()
    store(anna, address)
    (stored, judge) = work()
    assert (stored.kind, judge.kind, judge.state, judge.arguments) == (
        actions.STORE,
        selectors.JUDGE,
        State.DONE,
        {"version": 2},
    )
    page = words(anna.get("/data/")).replace("\xa0", " ")
    assert re.search(r"Kvalitet per enhet Enhet Poäng Ändring Utveckling Kirurgi \d+,\d första", page)
    assert "Kvalitet per källa Källa Poäng" in page
    assert "Produktion För tidigt att säga counts.csv" in page
    assert "Det som drar ned" in page
    assert re.search(r"Produktion \d+ av \d+ Produktion, Kirurgi, A, 2026-12", page)
    reader = words(log_in((Role.READER, "K2"), username="lasare").get("/data/"))
    assert "Produktion För tidigt att säga Alla källor" in reader
    for hidden in ("counts.csv", "Kirurgi", "Kvalitet per källa", "Det som drar ned", "Bedöm nu"):
        assert hidden not in reader


def test_rows_to_repair_are_downloaded_and_the_reading_recorded(judged, anna, lake, work) -> None:
    early = anna.post("/data/quality/lists.xlsx")
    assert (early.status_code, "Den senaste versionen är inte bedömd ännu." in words(early)) == (409, True)
    assert anna.get("/data/quality/lists.xlsx").status_code == 405
    assert anna.post("/data/quality/judge/").url == "/data/"
    assert "Version 1 bedöms just nu." in words(anna.get("/data/"))
    anna.post("/data/quality/judge/")
    assert len(work()) == 1
    answer = anna.post("/data/quality/lists.xlsx")
    assert "Sammanställning" in openpyxl.load_workbook(io.BytesIO(answer.content)).sheetnames
    ((_event, who, target),) = events(Event.PATIENT_ROWS_READ)
    assert (who, target.startswith("quality lists version 1: ")) == ("anna", True)
    assert events(Event.QUALITY_ASKED) == [("quality_asked", "anna", "version 1")]


def test_a_version_from_the_command_line_is_judged_by_a_worker_of_its_own_accord(judged, anna, work) -> None:
    for _minute in range(2):
        actions.keep_house()
    (job,) = work()
    assert (job.kind, job.state, job.asked_by) == (selectors.JUDGE, State.DONE, None)
    assert "Enheter För tidigt att säga units.csv 2026-11-20 –" in words(anna.get("/data/"))


def test_a_judgement_that_fails_is_told_of_and_can_be_asked_for_again(judged, anna, work, monkeypatch) -> None:
    def failing(_version):
        raise BadInput(Message("Filen är tom."))

    with monkeypatch.context() as patched:
        patched.setattr(quality, "judge", failing)
        anna.post("/data/quality/judge/")
        work()
    page = words(anna.get("/data/"))
    assert "Filen är tom." in page
    assert "Bedöm nu" in page


@pytest.fixture
def scored(monkeypatch) -> None:
    """Four units' and one source's scores, in two versions judged."""
    found = {
        ("unit", "K1"): (90.0, 95.5),
        ("unit", "K2"): (50.0,),
        ("unit", "GONE"): (10.0,),
        ("source", "counts.csv"): (70.0, 65.0),
    }
    monkeypatch.setattr(quality, "trends", lambda _count: found)


def test_scores_within_the_readers_scope_the_worst_first(anna, scored, log_in) -> None:
    page = words(anna.get("/data/"))
    assert page.index("Medicin 50,0 första") < page.index("Kirurgi 95,5 +5,5")
    assert "counts.csv 65,0 −5,0" in page
    text = anna.get("/data/").content.decode()
    assert 'aria-label="Kvalitet i 2 versioner, nu 95,5"' in text
    assert text.count("<polyline") == 3
    assert "går från 50 till 100" in page
    reader = words(log_in((Role.READER, "K1"), username="lasare").get("/data/"))
    assert "Kirurgi 95,5" in reader
    for hidden in ("Medicin", "counts.csv", "GONE"):
        assert hidden not in reader


def test_what_is_stale_is_told_first_with_what_it_means(anna, lake, monkeypatch) -> None:
    told = [
        Freshness("units", "units.csv", date(2026, 11, 20), None, "weekly", date(2026, 12, 4), "fresh"),
        Freshness("absences", "heroma.csv", date(2026, 9, 1), date(2026, 8, 31), "daily", date(2026, 9, 6), "late"),
    ]
    monkeypatch.setattr(quality, "fresh", lambda _events, _today: told)
    now = timezone.now()
    Job.objects.create(
        kind=selectors.JUDGE,
        arguments={"version": 1},
        unit_id=ALL_UNITS,
        asked_by=User.objects.get(),
        state=State.DONE,
        ended_at=now,
        result={"events": []},
    )
    page = words(anna.get("/data/"))
    assert "1 källa är sen eller gammal." in page
    assert page.index(
        "Frånvaro Sen heroma.csv 2026-09-01 2026-08-31 Frånvaro ur heroma.csv lästes senast in"
    ) < page.index("Enheter Färsk units.csv 2026-11-20 –")


# Profiles from a sample


class Suggested:
    """Stands for what the profiler suggests."""

    def __init__(self, table, columns):
        self.table, self.columns = table, columns
        self.encoding, self.delimiter, self.decimal, self.date_form, self.header_row = "utf-8", ";", ",", "%d/%m/%Y", 1


class Profiler:
    """Stands for what suggests and keeps profiles."""

    def __init__(self):
        self.saved = []

    def known(self, _root):
        return [(name, intake.Message("Egen profil.")) for name, *_ in self.saved]

    def suggest(self, path, table):
        assert path.read_text(encoding="utf-8").startswith("Pnr")
        kind = {"Sjuk": "sick", "VAB": None}
        return Suggested(
            table or "absences",
            (
                profiling.MappedColumn("Pnr", "person_key", {}, 0.95, ("PSEUDO-1", "PSEUDO-2")),
                profiling.MappedColumn("Namn", None, {}, 0.0, ("Anna Ek", "Bo Al")),
                profiling.MappedColumn(
                    "Start", "date_from" if table in {None, "absences"} else None, {}, 0.7, ("01/02/2026",)
                ),
                profiling.MappedColumn(
                    "Orsak", "kind" if table in {None, "absences"} else None, kind, 0.4, ("Sjuk", "VAB")
                ),
            ),
        )

    def save_profile(self, _root, name, mapping, by):
        self.saved.append((name, mapping, by))


SAMPLE = {"sample.csv": "Pnr;Namn;Start;Orsak\nPSEUDO-1;Anna Ek;01/02/2026;Sjuk\n"}


@pytest.fixture
def profiler(monkeypatch) -> Profiler:
    made = Profiler()
    monkeypatch.setattr(profiling, "PROFILER", made)
    return made


VISITS = (
    "Besöksnummer;Mottagning;Tjänst;Pnr;Besöksdatum;Besöksstatus\n"
    "B1;K1;A;PSEUDO-1;17/05/2026 08:00;U\nB2;K1;A;PSEUDO-2;18/05/2026 09:30;A\n"
)


def test_a_profile_made_in_the_store_reads_the_next_file(anna, lake, work) -> None:
    """From a sample over the person's own choices to rows in the store."""
    address = send(anna, {"sample.csv": VISITS}, address="/data/profiles/").url
    work()
    assert "PSEUDO" not in anna.get(address).content.decode()
    status = Upload.objects.get().look["columns"][5]
    assert status["header"] == "Besöksstatus"
    names = ["contact_id", "unit_id", "service_id", "patient_key", "starts_at", "status"]
    given = {f"column-{place}": name for place, name in enumerate(names)}
    meanings = {"U": "performed", "A": "cancelled_patient"}
    given |= {f"value-5-{number}": meanings[value] for number, (value, _) in enumerate(status["values"])}
    given |= {"table": "contacts", "date_form": "%d/%m/%Y %H:%M", "decimal": "", "save": "1", "name": "egna-besok"}
    saved = anna.post(address, given)
    assert saved.status_code == 302, words(saved)
    assert (lake.root / "profiles" / "egna-besok.toml").read_text(encoding="utf-8").startswith("# Anna\n")

    address = upload(anna, {"besok.csv": VISITS}, profile="egna-besok")
    work()
    assert "Inget hindrar inläsningen: 2 nya rader" in words(anna.get(address))
    store(anna, address)
    work()
    rows = {row["contact_id"]: row for row in lake.read("contacts").to_pylist()}
    assert [(rows[name]["status"], rows[name]["starts_at"].hour) for name in ("B1", "B2")] == [
        ("performed", 6),
        ("cancelled_patient", 7),
    ]
    assert "PSEUDO" not in str(rows)


def test_a_profile_from_a_sample_chosen_saved_and_used(anna, lake, work, profiler) -> None:
    address = send(anna, SAMPLE, address="/data/profiles/").url
    assert "Väntar på sin tur." in words(anna.get(address))
    work()
    text = anna.get(address).content.decode()
    page = words(anna.get(address))
    assert "Säker visas inte Namn" in page
    assert "PSEUDO" not in text
    assert "Känns inte igen Aaaa Aa · Aa Aa Start" in page
    assert "Anna Ek" not in text
    assert "Trolig 01/02/2026 Orsak" in page
    assert "Osäker Sjuk · VAB" in page
    assert "Måste finnas men är inte valda: Till och med" in page

    given = {
        "column-0": "person_key",
        "column-1": "date_to",
        "column-2": "date_from",
        "column-3": "kind",
        "value-3-0": "sick",
        "value-3-1": "parental",
        "date_form": "%d.%m.%Y",
        "decimal": "",
        "table": "absences",
    }
    looked = anna.post(address, given | {"look": "1"})
    assert (looked.status_code, "Måste finnas" in words(looked)) == (200, False)
    unnamed = anna.post(address, given | {"save": "1", "name": "../etc"})
    assert (unnamed.status_code, "Använd små bokstäver" in words(unnamed)) == (422, True)
    saved = anna.post(address, given | {"save": "1", "name": "heroma-franvaro"})
    assert saved.url == "/data/profiles/"
    ((name, mapping, by),) = profiler.saved
    assert (name, by, mapping.table, mapping.date_form, mapping.decimal) == (
        "heroma-franvaro",
        "Anna",
        "absences",
        "%d.%m.%Y",
        None,
    )
    assert [(column.header, column.column) for column in mapping.columns] == [
        ("Pnr", "person_key"),
        ("Namn", "date_to"),
        ("Start", "date_from"),
        ("Orsak", "kind"),
    ]
    assert mapping.columns[3].values == {"Sjuk": "sick", "VAB": "parental"}
    assert "heroma-franvaro" in words(anna.get("/data/new/"))
    assert Upload.objects.get().state == UploadState.DISCARDED
    assert ("profile_saved", "anna", "heroma-franvaro: absences") in events()


def test_a_sample_can_be_discarded_and_is_then_gone(anna, work, profiler, django_capture_on_commit_callbacks) -> None:
    address = send(anna, SAMPLE, address="/data/profiles/").url
    work()
    path = Upload.objects.get().path
    with django_capture_on_commit_callbacks(execute=True):
        anna.post(f"/data/uploads/{Upload.objects.get().pk}/discard/")
    assert not path.exists()
    assert "Filerna är kastade" in words(anna.get(address))


def test_what_a_profile_lacks_is_said_before_it_is_saved(anna, work, profiler) -> None:
    address = send(anna, SAMPLE, address="/data/profiles/").url
    work()
    given = {"column-0": "person_key", "column-1": "person_key", "column-2": "no_such_column", "table": "absences"}
    refused = anna.post(address, given | {"save": "1", "name": "heroma"})
    page = words(refused)
    assert refused.status_code == 422
    assert "Två kolumner är valda som Personnyckel. Välj en." in page
    assert "Från och med måste finnas. Välj vilken kolumn det är." in page
    assert profiler.saved == []


def test_another_table_gives_another_suggestion(anna, work, profiler) -> None:
    address = send(anna, SAMPLE, address="/data/profiles/").url
    work()
    assert anna.post(address, {"table": "employments", "look": "1"}).url == address
    work()
    assert "Ny profil : Anställningar" in words(anna.get(address)) or "Ny profil: Anställningar" in words(
        anna.get(address)
    )
    assert anna.post(address, {"table": "no_such_table"}).status_code == 404


def test_the_kinds_are_known_to_workers() -> None:
    for name in (actions.PREVIEW, actions.STORE, actions.SUGGEST):
        assert kinds.kind_named(name).permission == Permission.DATA_IMPORT


def test_a_finding_names_its_column_in_the_readers_language() -> None:
    compile_catalogue()
    said = kept(Message("{header}: {value} är inget datum. Skriv som 2026-05-17.", header="Giltig från", value="igår"))
    found = {"severity": "error", "file": "rules.csv", "row": 2, "column": "valid_from", "code": "x", "message": said}
    with translation.override("en"):
        (shown,) = shown_findings({"tables": {"rules": {}}, "findings": [found]})
    assert (shown.column, shown.message) == (
        "Valid from (valid_from)",
        "Valid from: igår is not a date. Write as 2026-05-17.",
    )


def test_allowed_values_are_named_in_the_readers_language() -> None:
    compile_catalogue()
    message = Message(
        "{header} kan inte vara {value}. Välj något av: {allowed}.",
        header="Kön",
        value="x",
        allowed=choices_text(dict(TABLES["patients"].column("sex").choices)),
    )
    found = {"severity": "error", "file": "p.csv", "row": 2, "column": "sex", "code": "x", "message": kept(message)}
    with translation.override("en"):
        (shown,) = shown_findings({"tables": {"patients": {}}, "findings": [found]})
    assert (
        shown.message
        == "Sex cannot be x. Choose one of: female (Female), male (Male), other (Other), unknown (Unknown)."
    )
