"""What ``doctor`` tells of people's access: the log, the second factor, single sign-on."""

from django.conf import settings

from vardbalans.engine.errors import VardbalansError
from vardbalans.engine.messages import Message
from vardbalans.web.people import verifying
from vardbalans.web.signing import sso

__all__ = ["warnings"]

_MANY_UNSEALED = 1000


def warnings() -> list[tuple[str, Message]]:
    """Return (code, sentence) for each thing that whoever runs the app should see to."""
    found = _of_the_log()
    if not settings.CONFIGURATION.second_factor_role_names:
        said = Message("Ingen roll kräver en andra faktor. Sätt VARDBALANS_SECOND_FACTOR_ROLES=administrator.")
        found.append(("second_factor_not_required", said))
    if lacking := sso.lacking():
        found.append(("sso_not_installed", lacking))
    return found


def _of_the_log() -> list[tuple[str, Message]]:
    try:
        report = verifying.verify()
    except VardbalansError as error:
        return [("log_not_verified", error.message)]
    found = [("log_" + problem.code, problem.message) for problem in report.problems]
    if report.unsealed > _MANY_UNSEALED:
        said = Message("{count} rader i loggen väntar på försegling. Kör en arbetare.", count=report.unsealed)
        found.append(("log_unsealed", said))
    return found
