"""One way to write to the audit trail."""

from collections.abc import Iterable

from vardbalans.web.people.models import AuditEvent, Event, User

__all__ = ["record"]


def record(
    event: Event,
    *,
    by: User | None,
    unit_id: str = "",
    target: str = "",
    reason: str = "",
    subjects: Iterable[str] = (),
) -> AuditEvent:
    """Add one row: who (*by*; None is the command line), what, with which unit and target, and why.

    *subjects* are whom the rows that are read are about: pseudonyms of patients, or ids of referrals or contacts.

    Call it in the transaction of what it tells of, so that neither stands without the other.
    """
    return AuditEvent.objects.create(
        event=event, actor=by, unit_id=unit_id, target=target, reason=reason, subjects=sorted(set(subjects))
    )
