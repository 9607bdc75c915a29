"""Jobs: one worker at a time, taken over when it dies, fenced when it comes back, stopped when asked."""

from datetime import timedelta
from threading import Event as Flag

import pytest
from django.utils import timezone

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web.jobs import actions, leases, run, selectors
from vardbalans.web.jobs.kinds import Kind, Outcome, register
from vardbalans.web.jobs.models import Job, State
from vardbalans.web.jobs.perform import perform
from vardbalans.web.jobs.process import TRY_AGAIN
from vardbalans.web.jobs.worker import Worker
from vardbalans.web.people import selectors as people
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import ALL_UNITS, AuditEvent, Event, RoleAssignment
from vardbalans.web.people.permissions import Permission, Role
from vardbalans.web.translate import kept

pytestmark = pytest.mark.django_db
COUNT = "test.count"
WHAT = Message("Jämför med det som är sparat.")


def note(by, what: str) -> None:
    record(Event.IMPORTED, by=by, target=what)


def noted() -> list[str]:
    return sorted(AuditEvent.objects.filter(event=Event.IMPORTED).values_list("target", flat=True))


def count(work: run.Run) -> Outcome:
    """Note 0, 1 and 2, one in each step; go on from where an earlier attempt came."""
    for number in range(work.checkpoint.get("next", 0), 3):
        work.step({"next": number + 1}, effect=lambda n=number: note(work.asked_by, str(n)))
    return Outcome({"counted": 3}, effect=lambda: note(work.asked_by, "end"))


@pytest.fixture
def anna(person, region):
    return person("anna", (Role.ANALYST, ALL_UNITS))


@pytest.fixture
def ask(anna):
    def make(work=count) -> Job:
        register(Kind(COUNT, Permission.DATA_IMPORT, work))
        return actions.job_ask(kind=COUNT, arguments={}, unit_id=ALL_UNITS, by=anna)

    return make


def silence(job: Job) -> None:
    """Let the lease of *job* run out, as it does when its worker has died."""
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_job_is_done_and_its_effects_stand(ask, work) -> None:
    ask()
    (job,) = work()
    assert (job.state, job.progress, job.result, job.attempts) == (State.DONE, 1.0, {"counted": 3}, 1)
    assert noted() == ["0", "1", "2", "end"]
    assert leases.claim(worker="b") is None


def test_jobs_are_taken_in_the_order_they_were_asked_for(ask) -> None:
    first, second = ask(), ask()
    assert [leases.claim(worker=name).pk for name in "ab"] == [first.pk, second.pk]


def test_a_taken_job_is_not_taken_again_until_its_lease_has_ended(ask) -> None:
    job = ask()
    held = leases.claim(worker="a")
    assert leases.claim(worker="b") is None
    silence(job)
    taken = leases.claim(worker="b")
    assert (taken.pk, taken.worker, taken.token, taken.attempts) == (job.pk, "b", held.token + 1, 2)


class Died(BaseException):
    """Stands for kill -9: nothing catches it, so the transaction under way is undone and nothing more is written."""


@pytest.mark.parametrize("at", range(4))
def test_whoever_takes_over_goes_on_from_the_last_step(at, ask, work) -> None:
    """Dies within the step that would note number *at* (3: within the one that ends the job)."""

    def dying(work: run.Run) -> Outcome:
        def effect(number: int) -> None:
            note(work.asked_by, str(number))
            if number == at:
                raise Died

        for number in range(3):
            work.step({"next": number + 1}, effect=lambda n=number: effect(n))
        return Outcome({}, effect=lambda: effect(3))

    job = ask(dying)
    held = leases.claim(worker="a")
    with pytest.raises(Died):
        perform(held)
    assert noted() == [str(number) for number in range(at)]
    assert Job.objects.get().checkpoint == ({"next": at} if at else {})
    register(Kind(COUNT, Permission.DATA_IMPORT, count))
    silence(job)
    (done,) = work()
    assert (done.state, done.attempts) == (State.DONE, 2)
    assert noted() == ["0", "1", "2", "end"]


def test_a_worker_that_has_lost_its_lease_writes_nothing(ask) -> None:
    job = ask()
    lost = leases.claim(worker="a")
    silence(job)
    leases.claim(worker="b")
    hold = {"job_id": lost.pk, "token": lost.token}
    effect = pytest.fail
    for write in (
        lambda: leases.renewed(**hold),
        lambda: leases.renewed(**hold, progress=0.5, sentence=WHAT),
        lambda: leases.stepped(**hold, checkpoint={"next": 9}, effect=lambda: effect("written")),
        lambda: leases.finished(**hold, result={}, effect=lambda: effect("written")),
        lambda: leases.failed(**hold, message=WHAT),
        lambda: leases.cancelled(**hold),
        lambda: leases.dropped(**hold),
        lambda: leases.released(**hold),
    ):
        with pytest.raises(leases.LeaseLost):
            write()
    now = Job.objects.get(pk=job.pk)
    assert (now.state, now.worker, now.checkpoint, now.progress) == (State.RUNNING, "b", {}, 0)


def test_work_whose_lease_is_lost_ends_without_a_word(ask) -> None:
    def slow(work: run.Run) -> Outcome:
        silence(Job.objects.get(pk=work.job_id))
        leases.claim(worker="b")
        return Outcome({}, effect=lambda: note(work.asked_by, "twice"))

    ask(slow)
    perform(leases.claim(worker="a"))
    job = Job.objects.get()
    assert (job.state, job.worker) == (State.RUNNING, "b")
    assert noted() == []


def test_progress_renews_the_lease_and_is_seen(ask, anna) -> None:
    def half(work: run.Run) -> Outcome:
        Job.objects.update(lease_until=timezone.now() + timedelta(seconds=1))
        work.progress(0.5, WHAT)
        job = Job.objects.get()
        assert job.lease_until > timezone.now() + timedelta(seconds=30)
        told = selectors.progress_of(selectors.job_of(anna, job.pk))
        assert (told["progress"], told["sentence"], told["ended"]) == (0.5, str(WHAT), False)
        return Outcome({})

    ask(half)
    perform(leases.claim(worker="a"))
    assert Job.objects.get().state == State.DONE


def test_time_left_is_told_once_it_can_be(ask) -> None:
    job = ask()
    job.state, job.started_at, job.progress = State.RUNNING, timezone.now() - timedelta(minutes=9), 0.75
    assert selectors.progress_of(job)["left"] == "Ungefär 3 minuter kvar."
    job.progress = 0.01
    assert selectors.progress_of(job)["left"] == ""


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (BadInput(Message("Filen är tom.")), "Filen är tom."),
        (
            MemoryError(),
            "Arbetet behövde mer minne än de 4096 MB som det får. Dela upp filerna om det gäller en inläsning; "
            "annars behöver den som driver Vårdbalans höja gränsen.",
        ),
    ],
)
def test_what_stops_a_job_is_said_in_a_sentence(error, sentence, ask, work) -> None:
    def failing(_work: run.Run) -> Outcome:
        raise error

    ask(failing)
    (job,) = work()
    assert job.state == State.FAILED
    assert str(Message(job.error["template"], **job.error["values"])) == sentence


def test_a_job_that_kills_its_worker_is_given_up(ask) -> None:
    job = ask()
    for _attempt in range(leases.MOST_ATTEMPTS):
        assert leases.claim(worker="a")
        silence(job)
    assert leases.claim(worker="a") is None
    given_up = Job.objects.get()
    assert given_up.state == State.FAILED
    assert "3 gånger" in str(Message(given_up.error["template"], **given_up.error["values"]))


def test_a_process_that_dies_gives_its_job_back_and_one_told_to_end_loses_no_attempt(ask) -> None:
    ask()
    held = leases.claim(worker="a")
    leases.released(job_id=held.pk, token=held.token)
    assert Job.objects.get().attempts == 0
    for attempt in range(1, leases.MOST_ATTEMPTS + 1):
        held = leases.claim(worker="a")
        assert held.attempts == attempt
        leases.dropped(job_id=held.pk, token=held.token)
    assert Job.objects.get().state == State.FAILED


# The worker and the process it starts


@pytest.fixture
def watched(ask, settings):
    """Return a function that lets a worker do one job by a command of our own, and returns how it ended."""

    def do(*command: str, minutes: float = 1) -> Job:
        changed = {"job_minutes": minutes, "job_lease_seconds": 1}
        settings.CONFIGURATION = settings.CONFIGURATION.model_copy(update=changed)
        ask()
        # The job's id and token come last on the command line; "sh -c TEXT" takes them as arguments.
        Worker(Flag(), process=command).do(leases.claim(worker="a"))
        return Job.objects.get()

    return do


def test_a_process_that_fails_is_our_own_fault(watched) -> None:
    job = watched("sh", "-c", "exit 1")
    assert (job.state, "Något gick fel hos oss." in job.error["template"]) == (State.FAILED, True)


@pytest.mark.parametrize("end", ["kill -9 $$", f"exit {TRY_AGAIN}"])
def test_a_process_that_is_killed_or_has_no_database_is_tried_again(end, watched) -> None:
    job = watched("sh", "-c", end)
    assert (job.state, job.attempts, job.lease_until) == (State.QUEUED, 1, None)


def test_a_process_that_takes_too_long_is_stopped(watched) -> None:
    job = watched("sh", "-c", "exec sleep 60", minutes=0)
    assert (job.state, "minuter och avbröts" in job.error["template"]) == (State.FAILED, True)


def test_a_process_is_stopped_when_its_lease_is_lost(ask, settings) -> None:
    settings.CONFIGURATION = settings.CONFIGURATION.model_copy(update={"job_lease_seconds": 1})
    job = ask()
    held = leases.claim(worker="a")
    silence(job)
    leases.claim(worker="b")
    Worker(Flag(), process=("sh", "-c", "exec sleep 60")).do(held)
    now = Job.objects.get()
    assert (now.state, now.worker, now.attempts) == (State.RUNNING, "b", 2)


def test_the_lease_is_kept_while_the_process_works(watched) -> None:
    job = watched("sh", "-c", "sleep 1.5; exit 1")
    assert job.heartbeat_at - job.started_at > timedelta(seconds=1)


def test_a_worker_keeps_house_when_it_starts_and_ends_when_nothing_is_left(anna, monkeypatch) -> None:
    # The test's own transaction would be lost with its connection.
    monkeypatch.setattr("vardbalans.web.jobs.worker.close_old_connections", lambda: None)
    called = []
    Worker(Flag(), now_and_then=lambda: called.append(1)).run(once=True)
    assert called == [1]


# Cancelling


def test_a_waiting_job_is_cancelled_at_once(ask, anna) -> None:
    job = ask()
    actions.job_cancel(job=job, by=anna)
    assert Job.objects.get().state == State.CANCELLED
    assert leases.claim(worker="a") is None
    assert AuditEvent.objects.filter(event=Event.JOB_CANCELLED, actor=anna).count() == 1
    with pytest.raises(BadInput, match="inte längre"):
        actions.job_cancel(job=job, by=anna)


@pytest.mark.parametrize("how", ["progress", "step"])
def test_a_running_job_stops_at_its_next_step(how, ask, anna) -> None:
    def asked_to_stop(work: run.Run) -> Outcome:
        actions.job_cancel(job=Job.objects.get(), by=anna)
        if how == "progress":
            work.progress(0.1, WHAT)
        work.step({"next": 1}, effect=lambda: note(work.asked_by, "too late"))
        return Outcome({})

    ask(asked_to_stop)
    perform(leases.claim(worker="a"))
    assert Job.objects.get().state == State.CANCELLED
    assert noted() == []


def test_past_the_point_of_no_return_a_job_is_carried_through(ask, anna) -> None:
    def storing(work: run.Run) -> Outcome:
        work.step({"storing": True}, cancellable=False)
        with pytest.raises(BadInput, match="inte längre"):
            actions.job_cancel(job=Job.objects.get(), by=anna)
        return Outcome({})

    ask(storing)
    perform(leases.claim(worker="a"))
    assert Job.objects.get().state == State.DONE


def test_a_cancelled_job_whose_worker_died_is_ended_by_the_next(ask, anna, work) -> None:
    job = ask()
    leases.claim(worker="a")
    actions.job_cancel(job=job, by=anna)
    assert selectors.progress_of(Job.objects.get())["sentence"] == "Avbryts vid nästa steg."
    silence(job)
    (ended,) = work()
    assert ended.state == State.CANCELLED


# Who may see and stop a job


def test_progress_as_json_for_those_who_may_import(ask, log_in, client) -> None:
    job = ask()
    address = f"/jobs/{job.pk}/"
    answer = log_in((Role.ANALYST, ALL_UNITS), username="bo").get(address)
    assert answer.json() == {
        "state": "queued",
        "ended": False,
        "progress": 0,
        "sentence": "Väntar på sin tur.",
        "left": "",
    }
    for username, role, unit in (
        ("cissi", Role.PLANNER, ALL_UNITS),
        ("david", Role.ANALYST, "h0"),
        ("eva", Role.ADMINISTRATOR, ALL_UNITS),
    ):
        other = log_in((role, unit), username=username)
        assert other.get(address).status_code == 404
        assert other.post(f"{address}cancel/").status_code == 404
    assert client.get(address).status_code == 302
    assert log_in((Role.ANALYST, "region"), username="filip").get(address).status_code == 200
    assert log_in((Role.ANALYST, ALL_UNITS), username="gun").get("/jobs/999999/").status_code == 404
    assert Job.objects.get().state == State.QUEUED


def test_cancel_is_a_post_that_leads_back_and_says_when_it_is_too_late(ask, log_in) -> None:
    job = ask()
    client = log_in((Role.ANALYST, ALL_UNITS), username="bo")
    assert client.get(f"/jobs/{job.pk}/cancel/").status_code == 405
    answer = client.post(f"/jobs/{job.pk}/cancel/", {"next": "/data/"})
    assert (answer.status_code, answer.url) == (302, "/data/")
    late = client.post(f"/jobs/{job.pk}/cancel/", {"next": "https://evil.example/"})
    assert (late.status_code, "inte längre att avbryta" in late.content.decode()) == (409, True)
    assert "evil" not in late.content.decode()


def test_only_those_who_may_import_ask_for_a_job(person, region) -> None:
    for number, (role, unit) in enumerate([(Role.PLANNER, ALL_UNITS), (Role.ANALYST, "k0")]):
        someone = person(f"p{number}", (role, unit))
        with pytest.raises(people.NotPermitted):
            actions.job_ask(kind=COUNT, arguments={}, unit_id=ALL_UNITS, by=someone)
    assert not Job.objects.exists()
    assert RoleAssignment.objects.count() == 2


def test_a_kept_sentence_is_shown_in_both_languages(ask, log_in, settings) -> None:
    job = ask()
    held = leases.claim(worker="a")
    inner = Message("Bladet {sheet}. {what}", sheet="Enheter", what=WHAT)
    leases.renewed(job_id=held.pk, token=held.token, progress=0.2, sentence=inner)
    client = log_in((Role.ANALYST, ALL_UNITS), username="bo")
    assert client.get(f"/jobs/{job.pk}/").json()["sentence"] == f"Bladet Enheter. {WHAT}"
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    english = client.get(f"/jobs/{job.pk}/").json()["sentence"]
    assert english.startswith("The sheet Enheter. ")
    assert str(WHAT) not in english
    assert kept(inner)["values"]["what"]["template"] == WHAT.template
