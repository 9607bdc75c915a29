"""A second factor: proposed, confirmed by a code, asked for at log-in, taken away; and the recovery codes beside it.

Each code counts once: the period of the last code is kept in the database, and an older or the same one is refused,
also after a restart and by another process. Five wrong codes in a row lock the factor for fifteen minutes.
"""

import base64
import hashlib
import os
import secrets
from datetime import timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from vardbalans.data.identity.keyring import keyring_for
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web.people import selectors as people
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import Event, User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.units import current_tree
from vardbalans.web.signing import totp
from vardbalans.web.signing.models import RecoveryCode, SecondFactor

__all__ = [
    "CODES",
    "LOCK",
    "MOST_WRONG",
    "codes_left",
    "confirm",
    "has_factor",
    "is_required",
    "new_codes",
    "passes",
    "propose",
    "proposed",
    "remove",
    "reset",
]

CODES = 10
MOST_WRONG = 5
LOCK = timedelta(minutes=15)
_NONCE_BYTES = 12


def has_factor(user: User) -> bool:
    """Tell whether *user* has confirmed a second factor."""
    return SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).exists()


def is_required(user: User) -> bool:
    """Tell whether one of *user*'s roles asks for a second factor."""
    roles = settings.CONFIGURATION.second_factor_role_names
    return bool(roles) and any(role in roles for role, _unit in people.roles_of(user))


def codes_left(user: User) -> int:
    """Return how many recovery codes *user* has left."""
    return RecoveryCode.objects.filter(user=user, used_at__isnull=True).count()


@transaction.atomic
def propose(*, user: User) -> None:
    """Make a secret for *user* to put into an app. Raises BadInput when there is a confirmed one."""
    if has_factor(user):
        raise BadInput(Message("Du har redan en andra faktor. Ta bort den först om du byter telefon."))
    SecondFactor.objects.filter(user=user).delete()
    SecondFactor.objects.create(user=user, secret=_encrypted(totp.new_secret(), user))


def proposed(user: User) -> bytes | None:
    """Return the secret that waits for *user*'s confirmation; None when none does."""
    factor = SecondFactor.objects.filter(user=user, confirmed_at=None).first()
    return _decrypted(factor) if factor else None


@transaction.atomic
def confirm(*, user: User, code: str) -> list[str]:
    """Confirm the proposed factor by its first *code* and return recovery codes. Raises BadInput when it is wrong."""
    factor = SecondFactor.objects.filter(user=user, confirmed_at=None).first()
    if factor is None or not _step_taken(factor, code):
        raise _wrong()
    factor.refresh_from_db()
    factor.confirmed_at = timezone.now()
    factor.save(update_fields=["confirmed_at"])
    record(Event.FACTOR_SET, by=user, target=user.username)
    return _codes_made(user)


def passes(*, user: User, code: str) -> None:
    """Return when *code* is the app's or an unused recovery code. Raises BadInput, also while locked.

    The refusal is written down even though an error is raised, so the caller's transaction must not hold it.
    """
    factor = SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).first()
    if factor is None:
        raise _wrong()
    if factor.wrong >= MOST_WRONG and factor.wrong_at and factor.wrong_at > timezone.now() - LOCK:
        raise BadInput(Message("Fel kod har angetts {count} gånger. Vänta 15 minuter.", count=MOST_WRONG))
    plain = code.replace(" ", "").replace("-", "").upper()
    with transaction.atomic():
        recovered = _recovery_used(user, plain)
        if recovered or _step_taken(factor, plain):
            SecondFactor.objects.filter(pk=factor.pk).update(wrong=0, wrong_at=None)
            event = Event.RECOVERY_CODE_USED if recovered else Event.FACTOR_PASSED
            record(event, by=user, target=user.username)
            return
        lapsed = factor.wrong_at is not None and factor.wrong_at <= timezone.now() - LOCK
        counted = 1 if lapsed else F("wrong") + 1
        SecondFactor.objects.filter(pk=factor.pk).update(wrong=counted, wrong_at=timezone.now())
        record(Event.FACTOR_REFUSED, by=None, target=user.username)
    raise _wrong()


@transaction.atomic
def new_codes(*, user: User) -> list[str]:
    """Replace *user*'s recovery codes and return the new ones, which are shown once."""
    return _codes_made(user)


@transaction.atomic
def remove(*, user: User) -> None:
    """Take away *user*'s own factor. Raises BadInput when a role asks for one."""
    if is_required(user):
        raise BadInput(Message("Din roll kräver en andra faktor. Be en annan administratör nollställa den."))
    _gone(user)
    record(Event.FACTOR_REMOVED, by=user, target=user.username)


@transaction.atomic
def reset(*, user: User, by: User, reason: str) -> None:
    """Take away another person's lost factor. Raises NotPermitted, BadInput for one's own."""
    people.require_for_region(by, Permission.ROLES_MANAGE, tree=current_tree())
    if user == by:
        raise BadInput(Message("Din egen andra faktor nollställer en annan administratör."))
    _gone(user)
    record(Event.FACTOR_RESET, by=by, target=user.username, reason=reason)


def _gone(user: User) -> None:
    SecondFactor.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()


def _step_taken(factor: SecondFactor, code: str) -> bool:
    """Tell whether *code* is right and was not used: of two that come at once only one is taken."""
    step = totp.matching_step(_decrypted(factor), code, timezone.now().timestamp())
    taken = SecondFactor.objects.filter(pk=factor.pk, last_step__lt=step or 0)
    return step is not None and taken.update(last_step=step) == 1


def _recovery_used(user: User, code: str) -> bool:
    unused = RecoveryCode.objects.filter(user=user, code_hash=_hashed(user, code), used_at__isnull=True)
    return unused.update(used_at=timezone.now()) == 1


def _codes_made(user: User) -> list[str]:
    RecoveryCode.objects.filter(user=user).delete()
    plain = [base64.b32encode(secrets.token_bytes(10)).decode() for _ in range(CODES)]
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, code_hash=_hashed(user, code)) for code in plain)
    record(Event.RECOVERY_CODES_MADE, by=user, target=user.username)
    return ["-".join(code[start : start + 4] for start in range(0, len(code), 4)) for code in plain]


def _hashed(user: User, code: str) -> str:
    """Return the hash of a recovery code of 80 random bits, which needs no slow one."""
    return hashlib.sha256(f"{user.pk}:{code}".encode()).hexdigest()


def _encrypted(secret: bytes, user: User) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    key = keyring_for(settings.STORE, make=True).factor_key
    return nonce + AESGCM(key).encrypt(nonce, secret, str(user.pk).encode())


def _decrypted(factor: SecondFactor) -> bytes:
    key, kept = keyring_for(settings.STORE, make=False).factor_key, bytes(factor.secret)
    try:
        return AESGCM(key).decrypt(kept[:_NONCE_BYTES], kept[_NONCE_BYTES:], str(factor.user_id).encode())
    except InvalidTag as error:
        raise BadInput(Message("Den andra faktorn är gjord med en annan nyckel. Be om en nollställning.")) from error


def _wrong() -> BadInput:
    return BadInput(Message("Koden stämmer inte, eller är redan använd. Vänta på nästa och försök igen."))
