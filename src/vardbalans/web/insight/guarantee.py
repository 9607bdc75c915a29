"""The care guarantee of several lists at a glance: how it stands today, and how it is expected to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vardbalans.web.insight.waits_sentences import is_within

__all__ = ["Guarantee", "guarantee_of"]

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Guarantee:
    """*within* of the *waiting* people are within their limit today, and *kept* of the *lists*.

    Of the *projected* lists, *expected* are within it at the end of *week*, the last one looked ahead.
    """

    waiting: int
    within: int
    lists: int
    kept: int
    expected: int
    projected: int
    week: str

    @property
    def share(self) -> float:
        """Return the share of those waiting who are within their limit."""
        return self.within / self.waiting


def guarantee_of(rows: Sequence[Row], week: str) -> Guarantee | None:
    """Return how the lists with a limit stand, shared ones by their parts; None where none of them may be told."""
    own = [row for row in rows if not row.get("is_shared") and row["limit_days"] is not None]
    known = [row for row in own if is_within(row) is not None and row["waiting_n"]]
    if not known:
        return None
    shares = [row["waiting_law"] if row["waiting_law"] is not None else row["waiting_within"] for row in known]
    projected = [row for row in known if row["reached"] is not None]
    return Guarantee(
        round(sum(row["waiting_n"] for row in known)),
        round(sum(row["waiting_n"] * share for row, share in zip(known, shares, strict=True))),
        len(known),
        sum(share >= 1 for share in shares),
        sum(row["within_week"] is not None and row["breaks_week"] is None for row in projected),
        len(projected),
        week,
    )
