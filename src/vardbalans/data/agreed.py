"""What is agreed to be done in a year: the one place that a follow-up reads its plan from.

Today it is the orders, each by the volume spoken of last; one that is rejected is no plan.
"""

from vardbalans.data.lake import Lake, Version
from vardbalans.data.orders_run import orders_of
from vardbalans.engine.follow_up import Agreed

__all__ = ["agreed_volumes"]


def agreed_volumes(lake: Lake, version: Version, year: int) -> dict[str, Agreed]:
    """Return service id → its volume in the calendar *year*; a service that nothing is said of is left out."""
    if "orders" not in version.tables:
        return {}
    found: dict[str, Agreed] = {}
    for order in orders_of(lake, version, year).values():
        if order.status != "rejected":
            found[order.service_id] = Agreed(order.spoken_of, order.status == "accepted")
    return found
