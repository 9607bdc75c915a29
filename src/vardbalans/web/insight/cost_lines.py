"""The lines of the page Ekonomi: cost centres, pools, groups, contracts and own care beside them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from vardbalans.web.insight.addresses import Whys
from vardbalans.web.people.units import Unit

__all__ = ["Centre", "Contract", "Group", "OwnCare", "PoolLine", "Row"]

Row = Mapping[str, Any]


class Centre(NamedTuple):
    """A cost centre: its own cost and what it gets and gives; what of its pools is used, unused, or in no pool."""

    row: Row
    unit: Unit | None
    used: int
    unused: int
    rest: int
    why: Whys


class PoolLine(NamedTuple):
    """A pool: its name, the unit it belongs to, its page, the share of its capacity used, and the plan's unused."""

    row: Row
    name: str
    unit: Unit
    address: str
    share: float | None
    planned_unused: int | None
    why: Whys


class Group(NamedTuple):
    """A group of contacts: its name, its page (empty without), the plan's cost, and its change from the period before.

    *change* is None where it is not told.
    """

    row: Row
    name: str
    address: str
    planned: int | None
    change: float | None
    why: Whys


class OwnCare(NamedTuple):
    """Own care that does what a contract buys: names of the provider, its service and ours, and where ours is done."""

    row: Row
    provider: str
    bought: str
    own: str
    unit: Unit | None
    why: Whys


class Contract(NamedTuple):
    """A contract: provider, service, and what a contact costs by the contract and in the run; None where none done."""

    row: Row
    provider: str
    service: str
    price: float | None
    cost: float | None
    why: Whys
