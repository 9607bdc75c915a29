"""Single sign-on: which providers are set up, and how someone whom one of them vouches for comes in.

Roles come from the dated table of mappings alone, anew at each log-in; without one that holds today no one comes in
and no account is made. An account here belongs to one identity there and is never joined with another by its name.
"""

import hashlib
from collections.abc import Mapping as Pairs
from collections.abc import Sequence
from datetime import timedelta
from importlib.util import find_spec

from django.conf import settings
from django.contrib import auth
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web.people import actions
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import Event, RoleAssignment, User
from vardbalans.web.signing import visits
from vardbalans.web.signing.models import ExternalIdentity, GivenByClaim, Mapping, Visit

__all__ = ["Identity", "Refused", "come_in", "configured", "has_oidc", "has_saml", "lacking", "listed", "subject_of"]

_BACKEND = "django.contrib.auth.backends.ModelBackend"
_MOST_VALUES = 200


class Refused(BadInput):
    """What the provider said does not let anyone in."""


class Identity:
    """A person as a provider vouches for them: *issuer*, *subject*, *name*, and the *claims* with their values."""

    def __init__(self, issuer: str, subject: str, name: str, claims: Pairs[str, Sequence[str]]) -> None:
        self.issuer, self.subject, self.name = issuer[:300], subject, name.strip()[:150]
        self.claims = {claim: tuple(values)[:_MOST_VALUES] for claim, values in claims.items()}


def has_oidc() -> bool:
    """Tell whether OpenID Connect is set up, and its package installed."""
    return bool(settings.CONFIGURATION.oidc_issuer) and find_spec("jwt") is not None


def has_saml() -> bool:
    """Tell whether SAML is set up, and its package installed."""
    return settings.CONFIGURATION.saml_metadata is not None and find_spec("onelogin") is not None


def configured() -> list[str]:
    """Return the names of the providers that work."""
    names = [settings.CONFIGURATION.oidc_name] if has_oidc() else []
    return names + ([settings.CONFIGURATION.saml_name] if has_saml() else [])


def lacking() -> Message | None:
    """Return what is set up but not installed; None where nothing lacks."""
    wanted = (
        (bool(settings.CONFIGURATION.oidc_issuer), "jwt"),
        (settings.CONFIGURATION.saml_metadata is not None, "onelogin"),
    )
    if any(asked and find_spec(package) is None for asked, package in wanted):
        return Message("Organisationens inloggning är inställd, men tillägget sso är inte installerat.")
    return None


def listed(value: object) -> list[str]:
    """Return the values of a claim, which may be one text or several; what is no text is left out."""
    values = value if isinstance(value, list | tuple) else [value]
    return [text for text in values if isinstance(text, str)]


def subject_of(text: object) -> str:
    """Return the provider's name of the person. Raises Refused where there is none that can be kept."""
    if not isinstance(text, str) or not text.strip() or len(text) > 300:
        raise Refused(Message("Inloggningen saknar uppgift om vem det gäller."))
    return text


def come_in(request: HttpRequest, identity: Identity) -> User:
    """Log in whom *identity* is, with the roles their claims give today. Raises Refused, and then nothing is made."""
    held = _matching(identity)
    if not held:
        raise Refused(
            Message("Inga av dina uppdrag ger tillgång till Vårdbalans. Be en administratör koppla ditt uppdrag.")
        )
    user = _user_with(identity, held)
    if user is None:
        raise Refused(Message("Ditt konto är stängt. Be en administratör öppna det."))
    auth.login(request, user, backend=_BACKEND)
    # The provider has asked for what it asks for; a second factor of our own would be a third.
    request.session[visits.FACTOR_DUE] = False
    Visit.objects.filter(pk=request.session[visits.VISIT]).update(single_sign_on=True)
    record(Event.LOGGED_IN, by=user, target=f"{user.username} {identity.issuer}"[:400])
    return user


def _matching(identity: Identity) -> list[Mapping]:
    today, known = timezone.localdate(), settings.CONFIGURATION.sso_claim_names
    asked = Q()
    for claim, values in identity.claims.items():
        if claim in known and values:
            asked |= Q(claim=claim, value__in=values)
    rows = Mapping.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=today), valid_from__lte=today)
    return list(rows.filter(asked)) if asked else []


@transaction.atomic
def _user_with(identity: Identity, held: Sequence[Mapping]) -> User | None:
    """Return the user of *identity*, made where there is none, with exactly the roles of *held*; None when closed."""
    found = ExternalIdentity.objects.select_related("user").filter(issuer=identity.issuer, subject=identity.subject)
    known = found.first()
    if known and not known.user.is_active:
        return None
    user = known.user if known else _made(identity)
    if identity.name and user.display_name != identity.name:
        user.display_name = identity.name
        user.save(update_fields=["display_name"])
    found.update(seen_at=timezone.now())
    _give(user, held)
    return user


def _made(identity: Identity) -> User:
    # The name is no one's identity in plain text: a subject may be anything, a personal number too.
    mark = hashlib.sha256(f"{identity.issuer}\x1f{identity.subject}".encode()).hexdigest()[:16]
    user = actions.user_create(username=f"sso-{mark}", display_name=identity.name or f"sso-{mark}", by=None)
    ExternalIdentity.objects.create(user=user, issuer=identity.issuer, subject=identity.subject)
    return user


def _give(user: User, held: Sequence[Mapping]) -> None:
    today = timezone.localdate()
    given = GivenByClaim.objects.filter(Q(role__valid_to__isnull=True) | Q(role__valid_to__gte=today), role__user=user)
    lasting = {each.mapping_id: each for each in given.select_related("role", "mapping")}
    for mapping in held:
        if mapping.pk not in lasting:
            role = RoleAssignment.objects.create(
                user=user, role=mapping.role, unit_id=mapping.unit_id, valid_from=today, valid_to=mapping.valid_to
            )
            GivenByClaim.objects.create(role=role, mapping=mapping)
            _told(Event.ROLE_GIVEN, role, mapping)
    for key, each in lasting.items():
        if key not in {mapping.pk for mapping in held}:
            _told(Event.ROLE_ENDED, each.role, each.mapping)
            actions.role_cut(each.role, today - timedelta(days=1))


def _told(event: Event, role: RoleAssignment, mapping: Mapping) -> None:
    target = f"{role.user.username}:{role.role}"
    record(event, by=None, unit_id=role.unit_id, target=target, reason=f"{mapping.claim}={mapping.value}"[:400])
