"""Writes of the Monday letter: ask for it or not, and have those that are due sent."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Period
from vardbalans.web.jobs.actions import job_follow
from vardbalans.web.mailing.models import Letter, LetterState, Wish
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import ALL_UNITS, Event, User
from vardbalans.web.translate import kept

__all__ = [
    "SEND",
    "digest_choose",
    "digest_decline",
    "is_set_up",
    "keep_house",
    "letter_refused",
    "letter_sent",
    "make",
]

SEND = "mailing.send"
"""The kind of the job that sends one letter."""
_FROM_HOUR = 6
_LAST_WEEKDAY = 1
"""Letters are made on Mondays from six o'clock, or on Tuesdays where nothing ran on Monday."""
_PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
MOST_AGE = timedelta(days=2)
"""A letter that cannot be sent for so long is given up: it would tell of a week that has gone."""


def is_set_up() -> bool:
    """Tell whether there is a server to send through."""
    return bool(settings.CONFIGURATION.mail_host)


@transaction.atomic
def digest_choose(*, user: User, address: str, language: str) -> None:
    """Have *user* get the letter at *address* from the next Monday on."""
    Wish.objects.update_or_create(user=user, defaults={"address": address, "language": language})
    record(Event.DIGEST_CHOSEN, by=user, target=f"{user.username}: on, {language}")


@transaction.atomic
def digest_decline(*, user: User) -> None:
    """Have *user* get no more letters; their address is forgotten."""
    if Wish.objects.filter(user=user).delete()[0]:
        record(Event.DIGEST_CHOSEN, by=user, target=f"{user.username}: off")


def keep_house() -> None:
    """Do what a worker does now and then: make the letters that are due, and have those that wait tried again."""
    if not is_set_up():
        return
    now = timezone.localtime()
    if now.weekday() <= _LAST_WEEKDAY and (now.weekday() or now.hour >= _FROM_HOUR):
        make(now)
    _try_again(now)


def make(now: datetime) -> int:
    """Make this week's letter for everyone who wants one and has none yet; return how many were made."""
    week = str(Period.week_of(now.date()))
    made = Letter.objects.filter(week=week).values("user")
    count = 0
    for wish in Wish.objects.filter(user__is_active=True).exclude(user__in=made):
        try:
            with transaction.atomic():
                _ask(Letter.objects.create(user=wish.user, week=week, made_at=now, next_try_at=now))
                count += 1
        except IntegrityError:  # another worker was quicker
            continue
    return count


def _try_again(now: datetime) -> None:
    old = {"state": LetterState.GIVEN_UP}
    Letter.objects.filter(state=LetterState.WAITING, made_at__lt=now - MOST_AGE).update(**old)
    for waiting in Letter.objects.filter(state=LetterState.WAITING, next_try_at__lte=now):
        with transaction.atomic():
            found = Letter.objects.select_for_update(of=("self",)).select_related("job").get(pk=waiting.pk)
            if found.state == LetterState.WAITING and not (found.job and found.job.is_active):
                _ask(found)


def _ask(letter: Letter) -> None:
    letter.job = job_follow(kind=SEND, arguments={"letter": letter.pk}, unit_id=ALL_UNITS, by=None)
    letter.save(update_fields=["job"])


def letter_sent(letter_id: int) -> None:
    """Note that the letter has been taken by the server, within the transaction that ends its job."""
    Letter.objects.filter(pk=letter_id).update(state=LetterState.SENT, sent_at=timezone.now(), problem=None)


def letter_refused(letter_id: int, why: Message) -> None:
    """Note that the server did not take the letter, and when it is tried again."""
    letter = Letter.objects.get(pk=letter_id)
    letter.next_try_at = timezone.now() + _PAUSES[min(letter.tries, len(_PAUSES) - 1)]
    letter.tries += 1
    letter.problem = kept(why)
    letter.save(update_fields=["next_try_at", "tries", "problem"])
