"""From fine sums to öre per contact: rounded by the largest remainder, in parts that need not know one another.

The plain-Python reference of ``data/queries/cost_rounded.sql``, which does the same on millions of rows.
"""

from collections.abc import Mapping, Sequence

from vardbalans.engine.cost.rates import Rate
from vardbalans.engine.units import apportion

__all__ = ["rounded", "shared_out", "summed"]


def summed(activity: Sequence[tuple[int, str, int]], rates: Mapping[str, Rate]) -> dict[int, int]:
    """Return öre / scale per contact from rows of (number of contact, pool, quantity in thousandths)."""
    found: dict[int, int] = {}
    for contact, pool, quantity in activity:
        found[contact] = found.get(contact, 0) + quantity * rates[pool].whole
    return found


def shared_out(rates: Sequence[Rate], quantities: Sequence[Mapping[str, int]]) -> list[int]:
    """Return the öre of each partition, from what each used by pool; they sum to all that was used, to the öre."""
    total = sum(rate.used_ore for rate in rates)
    whole = {rate.pool_id: rate.whole for rate in rates}
    sums = [sum(whole[pool] * quantity for pool, quantity in part.items()) for part in quantities]
    if not any(sums):
        # Rates too small to count in parts of an öre: by quantity, so that what little there is has somewhere to go.
        sums = [sum(part.values()) if total else 0 for part in quantities]
    return apportion(total, sums) if any(sums) else [0] * len(sums)


def rounded(sums: Mapping[int, int], scale: int, total: int) -> dict[int, int]:
    """Return öre per contact that sum to *total*: each cut down, what is left to those that lost most (then by number).

    More is left than there are contacts only where rates are finer than the scale; it is then spread evenly first.
    """
    order = sorted(sums, key=lambda contact: (-(sums[contact] % scale), contact))
    if not order:
        return {}
    found = {contact: sums[contact] // scale for contact in order}
    each, more = divmod(total - sum(found.values()), len(order))
    return {contact: found[contact] + each + (place < more) for place, contact in enumerate(order)}
