"""The Monday letter: what it says and to whom, once a week, through a server that may refuse."""

import re
import socket
from datetime import datetime, timedelta
from decimal import Decimal
from email import message_from_bytes, policy
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.controller import Controller
from django.utils import timezone, translation

from tests.web import fakes
from vardbalans.web.jobs import actions as jobs
from vardbalans.web.jobs.models import Job, State
from vardbalans.web.mailing import actions
from vardbalans.web.mailing.digest import digest_of
from vardbalans.web.mailing.models import Letter, LetterState, Wish
from vardbalans.web.people.models import AuditEvent, Event
from vardbalans.web.people.permissions import Role
from vardbalans.web.planning.actions import Key, Wanted, cells_set
from vardbalans.web.planning.agreement import plan_make, version_submit
from vardbalans.web.planning.models import StepKind

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 30, 6, 1, tzinfo=ZoneInfo("Europe/Stockholm"))


class Catcher:
    """A server that keeps what it is sent."""

    def __init__(self) -> None:
        self.letters = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - the library's name
        self.letters.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))
        return "250 OK"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def port(settings) -> int:
    """Point the app at a port of this machine where nobody answers yet."""
    found = free_port()
    given = {"mail_host": "127.0.0.1", "mail_port": found, "mail_from": "plan@region.example"}
    settings.CONFIGURATION = settings.CONFIGURATION.model_copy(
        update=given | {"public_url": "https://plan.region.example"}
    )
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", found
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    return found


@pytest.fixture
def catcher(port):
    handler = Catcher()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler
    controller.stop()


@pytest.fixture
def monday(monkeypatch):
    """It is Monday morning; the clock can be put on by the list's one value."""
    now = [MONDAY]
    monkeypatch.setattr(timezone, "localtime", lambda *_given: now[0])
    monkeypatch.setattr(timezone, "now", lambda: now[0])
    return now


@pytest.fixture
def anna(person, region):
    _lake, results = region
    results.run.coming = [fakes.warning("u0", "Läkare", 6, 5000.0), fakes.warning("u7", "Annans", 6, 5000.0)]
    boss, made = person("boss", (Role.MANAGER, "u0")), person("pia", (Role.PLANNER, "u0"))
    version = plan_make(unit_id="u0", year=2027, name="Årsplan", by=made)
    cells = {Key("s1", "2027-W05"): Wanted(Decimal(3))}
    cells_set(version=version, cells=cells, kind=StepKind.TYPED, base=0, by=made)
    version_submit(version=version, by=made)
    return boss


def test_it_tells_what_needs_the_person_and_nothing_of_patients(anna, region) -> None:
    subject, text = digest_of(anna, "2026-W49", "https://plan.region.example/")
    assert subject == "Vårdbalans v. 49: det här kräver dig"
    assert "1 plan väntar på ditt beslut:\n- Årsplan 2027, Mottagning 1: https://plan.region.example/plan/" in text
    assert "- Läkare, Mottagning 1, från v. " in text
    assert "Annans" not in text
    assert "Vårdgarantin hålls inte för 1 av 1 väntelistor" in text
    assert "https://plan.region.example/digest/" in text
    told = re.sub(r"https://\S+", "", text)
    assert not re.search(r"\b\d{6}[-+]?\d{4}\b|patient|person", told)
    # The only numbers are counts of plans, warnings and lists, weeks and years; none is of people.
    numbers_told = set(re.findall(r"\d+", told))
    assert numbers_told <= {"1", "4", "2027", *re.findall(r"v\. (\d+)", told), *re.findall(r"v\. \d+ (\d+)", told)}
    with translation.override("en"):
        subject, text = digest_of(anna, "2026-W49", "https://plan.region.example")
    assert "1 plan awaits your decision" in text
    assert "this needs you" in subject


def test_nothing_to_tell_is_told(person, region) -> None:
    assert "Ingenting kräver dig" in digest_of(person("eva"), "2026-W49", "http://x")[1]


def test_one_letter_a_week_to_those_who_want_it_however_often_the_worker_looks(anna, person, catcher, monday, work):
    actions.digest_choose(user=anna, address="boss@region.example", language="en")
    quitter = person("kurt")
    actions.digest_choose(user=quitter, address="kurt@region.example", language="sv")
    actions.digest_decline(user=quitter)
    for _minute in range(3):
        actions.keep_house()
        work()
    ((to, letter),) = catcher.letters
    assert to == ["boss@region.example"]
    assert letter["From"] == "plan@region.example"
    assert letter["Message-ID"] == f"<vardbalans-{Letter.objects.get().pk}-2026-W49@region.example>"
    assert "1 plan awaits your decision" in letter.get_content()
    assert letter.get_content_type() == "text/plain"
    assert Letter.objects.get().state == LetterState.SENT
    monday[0] += timedelta(days=7)
    actions.keep_house()
    work()
    assert list(Letter.objects.order_by("week").values_list("week", flat=True)) == ["2026-W49", "2026-W50"]
    assert len(catcher.letters) == 2
    assert AuditEvent.objects.filter(event=Event.DIGEST_CHOSEN).count() == 3


@pytest.mark.parametrize(("day", "hour", "made"), [(0, 5, 0), (0, 6, 1), (1, 0, 1), (2, 9, 0)])
def test_letters_are_made_on_monday_morning_or_tuesday(day, hour, made, anna, port, monday) -> None:
    actions.digest_choose(user=anna, address="boss@region.example", language="sv")
    monday[0] = MONDAY.replace(hour=hour, minute=0) + timedelta(days=day)
    actions.keep_house()
    assert Letter.objects.count() == made


def test_a_refused_letter_is_told_of_tried_again_and_sent_once(anna, port, monday, work, log_in, caplog) -> None:
    actions.digest_choose(user=anna, address="boss@region.example", language="sv")
    actions.keep_house()
    (failed,) = work()
    assert failed.state == State.FAILED
    assert "127.0.0.1" in str(failed.error)
    assert "was refused: ConnectionRefusedError" in caplog.text
    assert "boss@region.example" not in caplog.text
    letter = Letter.objects.get()
    assert (letter.state, letter.tries, letter.next_try_at) == (LetterState.WAITING, 1, MONDAY + timedelta(minutes=1))
    actions.keep_house()
    assert work() == []  # not before its time

    monday[0] += timedelta(minutes=2)
    handler = Catcher()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        for _minute in range(2):
            actions.keep_house()
            work()
    finally:
        controller.stop()
    letter.refresh_from_db()
    assert (letter.state, letter.problem, len(handler.letters)) == (LetterState.SENT, None, 1)


def test_a_letter_that_never_goes_is_given_up_and_the_page_says_so(anna, port, monday, work, client) -> None:
    actions.digest_choose(user=anna, address="boss@region.example", language="sv")
    actions.keep_house()
    work()
    monday[0] += timedelta(days=3)
    actions.keep_house()
    assert work() == []
    assert Letter.objects.get().state == LetterState.GIVEN_UP
    client.force_login(anna, "django.contrib.auth.backends.ModelBackend")
    page = client.get("/digest/").content.decode()
    assert "gick inte att skicka" in page
    assert "tog inte emot brevet (ConnectionRefusedError)" in page


def test_without_a_server_nothing_is_made_and_the_page_says_so(anna, monday, client, settings) -> None:
    actions.digest_choose(user=anna, address="boss@region.example", language="sv")
    actions.keep_house()
    assert not Letter.objects.exists()
    client.force_login(anna, "django.contrib.auth.backends.ModelBackend")
    assert "E-post är inte inställd" in client.get("/digest/").content.decode()


def test_the_page_takes_the_choice_and_forgets_the_address(log_in, region, settings) -> None:
    client = log_in((Role.READER, "u0"))
    assert client.post("/digest/", {"address": "inte en adress", "language": "sv"}).status_code == 422
    client.post("/digest/", {"address": "anna@region.example", "language": "en"})
    assert Wish.objects.get().address == "anna@region.example"
    assert "anna@region.example" in client.get("/digest/").content.decode()
    client.post("/digest/", {"decline": "1"})
    assert not Wish.objects.exists()
    assert "anna@region.example" not in str(list(AuditEvent.objects.values()))


def test_results_of_old_jobs_are_let_go_but_for_the_newest_of_each_kind(person, region) -> None:
    long_ago = timezone.now() - timedelta(days=91)

    def job(kind, state=State.DONE, at=long_ago):
        return Job.objects.create(
            kind=kind, arguments={}, unit_id="*", state=state, ended_at=at, result={"rows": [1]}, checkpoint={"a": 1}
        )

    old, newest, failed = job("a"), job("a"), job("a", State.FAILED)
    alone, young = job("b"), job("c", at=timezone.now() - timedelta(days=1))
    job("c")
    jobs.keep_house()
    kept = set(Job.objects.filter(result__isnull=False).values_list("pk", flat=True))
    assert {newest.pk, alone.pk, young.pk} <= kept
    assert not {old.pk, failed.pk} & kept
    assert Job.objects.get(pk=old.pk).checkpoint == {}
    assert Job.objects.count() == 6
