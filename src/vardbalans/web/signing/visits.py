"""Sessions as people see them, and the minutes an administrator's rights are raised."""

import hashlib
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web.people import selectors as people
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import Event, User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.units import current_tree
from vardbalans.web.signing import factors
from vardbalans.web.signing.models import Assertion, RaisedRights, Visit

__all__ = [
    "FACTOR_DUE",
    "RAISED_MINUTES",
    "VISIT",
    "begin",
    "current",
    "end",
    "end_all",
    "lower",
    "open_visits",
    "over",
    "prove",
    "raise_rights",
    "raised_until",
    "seen",
    "tidy",
]

VISIT, FACTOR_DUE = "visit", "factor_due"
RAISED_MINUTES = (15, 30, 60)
_SEEN_EVERY = timedelta(minutes=5)
_KEPT = timedelta(days=30)
_FRESH = timedelta(minutes=5)


def begin(request: HttpRequest, user: User) -> None:
    """Note that *user* has logged in; a second factor that they have is due before anything else."""
    device = request.META.get("HTTP_USER_AGENT", "")[:200]
    address = request.META.get("REMOTE_ADDR", "")[:64]
    began = timezone.now()
    visit = Visit.objects.create(user=user, address=address, device=device, proof=_proof(user), began_at=began)
    request.session[VISIT] = visit.pk
    request.session[FACTOR_DUE] = factors.has_factor(user)


def current(request: HttpRequest) -> Visit | None:
    """Return the visit of *request*'s session while it lasts; None when it has ended or is not noted."""
    noted = Visit.objects.filter(pk=request.session.get(VISIT, 0), ended_at=None, user=request.user.pk)
    found = noted.filter(began_at__gt=_oldest()).first()
    if found and isinstance(request.user, User):
        found.user = request.user
    return found


def seen(visit: Visit) -> None:
    """Note that *visit* goes on: once in five minutes, and when it was this one that changed the passphrase."""
    proof = _proof(visit.user)
    if visit.seen_at < timezone.now() - _SEEN_EVERY or visit.proof != proof:
        Visit.objects.filter(pk=visit.pk).update(seen_at=timezone.now(), proof=proof)


def over(request: HttpRequest) -> None:
    """Note that *request*'s session has ended by log-out."""
    Visit.objects.filter(pk=request.session.get(VISIT, 0), ended_at=None).update(ended_at=timezone.now())


def tidy() -> None:
    """Forget what is over: sessions, raised rights and assertions are told of in the log for as long as it lasts."""
    now = timezone.now()
    Visit.objects.filter(began_at__lt=now - _KEPT).delete()
    Assertion.objects.filter(received_at__lt=now - _KEPT).delete()
    Session.objects.filter(expire_date__lt=now).delete()


def open_visits(user: User) -> QuerySet[Visit]:
    """Return *user*'s sessions that have not ended, the latest first."""
    found = Visit.objects.filter(user=user, ended_at=None, began_at__gt=_oldest(), proof=_proof(user))
    return found.order_by("-seen_at")


@transaction.atomic
def end(*, visit: Visit, by: User, reason: str = "") -> None:
    """End a session: one's own, or anyone's for an administrator of the region. Raises NotPermitted."""
    if visit.user != by:
        people.require_for_region(by, Permission.ROLES_MANAGE, tree=current_tree())
    if Visit.objects.filter(pk=visit.pk, ended_at=None).update(ended_at=timezone.now()):
        record(Event.SESSION_ENDED, by=by, target=f"{visit.user.username} session {visit.pk}", reason=reason)


def end_all(*, user: User, by: User, but: Visit | None = None, reason: str = "") -> int:
    """End all of *user*'s sessions *but* one; return how many. Raises NotPermitted."""
    found = [visit for visit in open_visits(user) if visit != but]
    for visit in found:
        end(visit=visit, by=by, reason=reason)
    return len(found)


def raised_until(visit: Visit | None) -> RaisedRights | None:
    """Return the raised rights that *visit* has now."""
    return RaisedRights.objects.filter(visit=visit, ended_at=None, until__gt=timezone.now()).order_by("-until").first()


def prove(request: HttpRequest, *, user: User, given: str) -> None:
    """Return when *given* proves that it is *user* who sits there. Raises BadInput.

    It is the code of their second factor, else their passphrase; one who has neither, but comes by single sign-on,
    must have logged in within the last five minutes.
    """
    if factors.has_factor(user):
        factors.passes(user=user, code=given)
    elif user.has_usable_password():
        if not auth.authenticate(request, username=user.username, password=given):
            record(Event.LOG_IN_REFUSED, by=None, target=user.username)
            raise BadInput(Message("Det är inte din lösenfras. Försök igen."))
    else:
        visit = current(request)
        if visit is None or visit.began_at < timezone.now() - _FRESH:
            raise BadInput(Message("Logga ut och in igen, och höj rättigheterna inom fem minuter."))


@transaction.atomic
def raise_rights(*, visit: Visit, minutes: int, reason: str) -> RaisedRights:
    """Let the person of *visit* change people and roles for *minutes*. Raises NotPermitted for one who never may."""
    if not people.holds_somewhere(visit.user, Permission.ROLES_MANAGE):
        raise people.NotPermitted(Permission.ROLES_MANAGE)
    record(Event.RIGHTS_RAISED, by=visit.user, target=f"{minutes} min", reason=reason)
    until = timezone.now() + timedelta(minutes=minutes)
    return RaisedRights.objects.create(visit=visit, until=until, reason=reason)


@transaction.atomic
def lower(*, visit: Visit) -> None:
    """End the raised rights of *visit* before their time."""
    if RaisedRights.objects.filter(visit=visit, ended_at=None, until__gt=timezone.now()).update(
        ended_at=timezone.now()
    ):
        record(Event.RIGHTS_LOWERED, by=visit.user, target=visit.user.username)


def _oldest() -> datetime:
    """Return when a visit that still lasts began at the earliest: Django's own session lives on when it is changed."""
    return timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE)


def _proof(user: User) -> str:
    return hashlib.sha256(user.get_session_auth_hash().encode()).hexdigest()[:16]
