"""What single contacts cost, and of which pools. Patients' rows: the caller asks for a purpose and records it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from vardbalans.web.insight.cost_run import CostRun
from vardbalans.web.insight.why import Explanation, explanation

__all__ = ["SHOWN", "Contact", "contacts_of"]

SHOWN = 20
"""So many of the dearest are shown."""


class Contact(NamedTuple):
    """A contact without its number: service, what is told of it, and its cost by pool."""

    service: str
    row: Mapping[str, Any]
    explanation: Explanation


def contacts_of(run: CostRun, unit_id: str, contact_id: str = "") -> tuple[Contact, ...]:
    """Return the dearest contacts of the unit, or the one called *contact_id*; none where the unit has none such."""
    services = run.names("services")
    return tuple(
        Contact(
            services.get(row["service_id"], row["service_id"]),
            row,
            explanation(run.kept.contact(row["contact_id"]).as_dict()),
        )
        for row in run.kept.dearest(unit_id, SHOWN, contact_id)
    )
