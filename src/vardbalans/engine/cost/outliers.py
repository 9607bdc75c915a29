"""Outliers in cost (ytterfall): how many of the dearest contacts, and among which.

SKR's rule: the dearest 5 % of inpatient contacts and the dearest 3 % of outpatient contacts. It names two populations.
Among all outpatient contacts nearly every operation is dear and no telephone call is. Where an operation is to be an
outlier for being a dear operation, the share is divided over DRG, whose contacts are alike; it is still 3 % of all.
"""

import math
from collections.abc import Mapping
from typing import Literal

from vardbalans.engine.units import apportion

__all__ = ["Population", "outliers_of"]

Population = Literal["drg", "form"]
"""Among which contacts the dearest are sought: those of the same DRG in the care form (without one: of the same kind of
care, a visit or an operation), or, to the letter of the rule, all contacts of the care form."""


def outliers_of(contacts: Mapping[str, int], share: float) -> dict[str, int]:
    """Return how many of each population's *contacts* are outliers: together *share* of all, rounded to whole ones."""
    total = sum(contacts.values())
    if not total:
        return dict.fromkeys(contacts, 0)
    wanted = math.floor(total * share + 0.5)
    return dict(zip(contacts, apportion(wanted, list(contacts.values())), strict=True))
