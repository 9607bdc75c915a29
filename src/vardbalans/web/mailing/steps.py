"""The job of this room: send one letter."""

import logging
import smtplib
from functools import partial

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web.jobs.kinds import Kind, Outcome, register
from vardbalans.web.jobs.run import Run
from vardbalans.web.mailing import actions
from vardbalans.web.mailing.digest import digest_of
from vardbalans.web.mailing.models import Letter, LetterState, Wish
from vardbalans.web.people.permissions import Permission

__all__ = ["register_kinds", "send"]

_log = logging.getLogger(__name__)


def register_kinds() -> None:
    """Make the kind known to the workers."""
    register(Kind(actions.SEND, Permission.ROLES_MANAGE, send))


def send(run: Run) -> Outcome:
    """Send the letter, unless it has been sent or is no longer wanted.

    A server cannot share the database's transaction. So a worker that dies after the server has taken the letter, and
    before that is noted, leaves it to be sent again: then as the same message, by its id, which mail systems show once.
    """
    letter = Letter.objects.select_related("user").get(pk=run.arguments["letter"])
    wish = Wish.objects.filter(user=letter.user, user__is_active=True).first()
    if letter.state != LetterState.WAITING or wish is None:
        return Outcome({"sent": False})
    message = _message(letter, wish)
    run.step({"sending": letter.pk}, cancellable=False)
    try:
        message.send()
    except (OSError, smtplib.SMTPException) as error:
        _log.error("letter %s of %s was refused: %s", letter.pk, letter.week, type(error).__name__)
        why = Message(
            "E-postservern {host} tog inte emot brevet ({why}). Det försöks igen.",
            host=settings.CONFIGURATION.mail_host,
            why=type(error).__name__,
        )
        refused = partial(actions.letter_refused, letter.pk, why)
        run.step({"refused": letter.pk}, cancellable=False, effect=refused)
        raise BadInput(why) from error
    return Outcome({"sent": True}, effect=partial(actions.letter_sent, letter.pk))


def _message(letter: Letter, wish: Wish) -> EmailMessage:
    configuration = settings.CONFIGURATION
    sender = configuration.mail_from
    with translation.override(wish.language):
        subject, body = digest_of(letter.user, letter.week, configuration.public_url)
    domain = sender.rpartition("@")[2] or "localhost"
    headers = {"Message-ID": f"<vardbalans-{letter.pk}-{letter.week}@{domain}>", "Auto-Submitted": "auto-generated"}
    return EmailMessage(subject, body, sender, [wish.address], headers=headers)
