"""A page test starts from a made-up store, a person with the roles it names, and a client logged in as them."""

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from django.core.cache import cache
from django.test import Client

from tests.web import fakes, postgresql
from vardbalans.web import clock, messages, store
from vardbalans.web.insight import cost_run, selectors, waits_review
from vardbalans.web.intake import quality
from vardbalans.web.intake import selectors as intake_selectors
from vardbalans.web.jobs import leases
from vardbalans.web.jobs.models import Job
from vardbalans.web.jobs.perform import perform
from vardbalans.web.people import units
from vardbalans.web.people.models import RoleAssignment, User
from vardbalans.web.people.permissions import Role
from vardbalans.web.planning import selectors as planning_selectors

messages.compile_catalogue()  # before Django reads it; git does not keep the compiled form

LogIn = Callable[..., Client]


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Yield the address of a PostgreSQL database that may be used and dropped."""
    with postgresql.running() as address:
        yield address


@pytest.fixture(autouse=True)
def _quick_passphrases(settings: object) -> None:
    """Argon2 is slow by design; only the tests of log-in need it."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is always the first day of the made-up run."""
    monkeypatch.setattr(clock, "today", lambda: fakes.TODAY)


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    """Each test has its own count of failed log-ins."""
    cache.clear()


def forget() -> None:
    """Drop what is remembered of a store: each test has its own at the same place."""
    for remembered in (
        units._tree_of,
        selectors._names,
        cost_run._units_of,
        intake_selectors._version,
        quality._trends,
        planning_selectors._known,
    ):
        remembered.cache_clear()


@pytest.fixture
def work(db: None) -> Callable[[], list[Job]]:
    """Return a function that does every job there is, here and now, and returns them as they ended."""

    def do() -> list[Job]:
        done = []
        while job := leases.claim(worker="test"):
            perform(job)
            done.append(Job.objects.get(pk=job.pk))
        return done

    return do


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[fakes.FakeLake, fakes.FakeResults], None]:
    """Return a function that puts a made-up store in place of the real one."""

    def put(lake: fakes.FakeLake, results: fakes.FakeResults) -> None:
        forget()
        monkeypatch.setattr(store, "lake", lambda: lake)
        monkeypatch.setattr(store, "results", lambda: results)
        monkeypatch.setattr(waits_review, "review_of", fakes.review_of)

    return put


@pytest.fixture
def region(use: Callable[..., None]) -> tuple[fakes.FakeLake, fakes.FakeResults]:
    """Put the made-up region of 18 units in place and return its parts."""
    made = fakes.region()
    use(*made)
    return made


@pytest.fixture
def person(db: None) -> Callable[..., User]:
    """Return a function that makes a user with (role, unit) pairs, valid since 2026-01-01."""

    def make(username: str, *roles: tuple[Role, str], valid_to: date | None = None) -> User:
        user = User(username=username, display_name=username.capitalize())
        user.set_password(fakes.PASSPHRASE)
        user.save()
        for role, unit_id in roles:
            RoleAssignment.objects.create(
                user=user, role=role, unit_id=unit_id, valid_from=date(2026, 1, 1), valid_to=valid_to
            )
        return user

    return make


@pytest.fixture
def log_in(person: Callable[..., User]) -> LogIn:
    """Return a function that makes a user and returns a client logged in as them."""

    def make(*roles: tuple[Role, str], username: str = "anna", valid_to: date | None = None) -> Client:
        client = Client(raise_request_exception=True)
        client.force_login(person(username, *roles, valid_to=valid_to), "django.contrib.auth.backends.ModelBackend")
        return client

    return make
