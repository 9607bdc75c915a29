"""Equity of waiting (jämlik väntan): how much longer one group waits than another, as longest over shortest median."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Equity", "equity_of"]


@dataclass(frozen=True)
class Equity:
    """The groups that wait longest and shortest, and their median waits in days."""

    longest: str
    longest_days: float
    shortest: str
    shortest_days: float

    @property
    def ratio(self) -> float | None:
        """Return the longest median over the shortest: 1 where all wait alike; None where the shortest is no wait."""
        return self.longest_days / self.shortest_days if self.shortest_days > 0 else None


def equity_of(medians: Mapping[str, float | None]) -> Equity | None:
    """Return the equity of *medians*, group → median wait in days; None where fewer than two are known.

    A group whose figures are not told (None) takes no part. Of groups alike, the one that sorts first is named. With
    few people in a group chance alone sets the medians apart, so the ratio is read beside how many they are.
    """
    known = sorted((days, name) for name, days in medians.items() if days is not None)
    if len(known) < 2:
        return None
    shortest = known[0]
    longest = min((row for row in known if row[0] == known[-1][0]), key=lambda row: row[1])
    return Equity(longest[1], longest[0], shortest[1], shortest[0])
