"""Who lies where at a moment, per 100 open beds: what Swedish hospitals report of every ward at 06:00.

*Available* beds are open and staffed, *physical* ones are all there are. Overcrowded is who lies above the available
beds of a ward, an outlier who lies in another ward than one of the clinic's that is responsible. A closed bed is in no
denominator, so that occupancy may look calmer than the ward is; the closed beds are told beside it. Source of the
definitions: SKR, *Överbeläggningar och utlokaliserade patienter*.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from vardbalans.engine.errors import BadInput
from vardbalans.engine.explain import Figure, Source, Step
from vardbalans.engine.messages import Message

__all__ = ["Count", "figures", "together"]


@dataclass(frozen=True)
class Count:
    """What was counted at one moment or summed over many: patients and beds.

    *occupied* lie in the ward and *outliers* of them belong to another clinic; *overcrowded* lie above the *available*
    beds. *away* belong to the ward's clinic but lie elsewhere. A count without beds (None) has no rates.
    """

    occupied: int
    overcrowded: int | None
    outliers: int
    away: int
    available: int | None
    physical: int | None

    def __post_init__(self) -> None:
        numbers = (self.occupied, self.overcrowded, self.outliers, self.away, self.available, self.physical)
        if any(value is not None and value < 0 for value in numbers) or self.outliers > self.occupied:
            raise BadInput(Message("Patienter och vårdplatser måste vara noll eller fler."))

    @property
    def closed(self) -> int | None:
        """Return the beds there are that are not open; more open than physical beds leave none closed."""
        return None if self.physical is None or self.available is None else max(0, self.physical - self.available)

    @property
    def occupancy(self) -> float | None:
        """Return patients per available bed, which may be above one; None without beds."""
        return self.occupied / self.available if self.available else None

    @property
    def overcrowded_per_100(self) -> float | None:
        """Return the overcrowded per 100 available beds; None without beds."""
        return 100 * self.overcrowded / self.available if self.available and self.overcrowded is not None else None

    @property
    def outliers_per_100(self) -> float | None:
        """Return the outliers per 100 available beds; None without beds."""
        return 100 * self.outliers / self.available if self.available else None


def together(counts: Iterable[Count]) -> Count:
    """Return the sum of wards, or of moments; the beds are unknown where those of any are.

    Overcrowding is summed over wards: a free bed in one is not one in another.
    """
    rows = list(counts)

    def known(values: list[int | None]) -> int | None:
        return None if any(value is None for value in values) else sum(value or 0 for value in values)

    return Count(
        sum(row.occupied for row in rows),
        known([row.overcrowded for row in rows]),
        sum(row.outliers for row in rows),
        sum(row.away for row in rows),
        known([row.available for row in rows]),
        known([row.physical for row in rows]),
    )


def figures(count: Count, patients: Source, beds: Source) -> tuple[Figure, ...]:
    """Return occupancy, overcrowded and outliers per 100 available beds with their steps; none without beds."""
    if not count.available or count.overcrowded is None or count.physical is None or count.closed is None:
        return ()
    open_ = Step(Message("Disponibla vårdplatser"), count.available, "beds", source=beds)
    closed = Step(Message("Stängda vårdplatser, utanför nämnaren"), count.closed, "beds", source=beds)
    lying = Step(Message("Inneliggande patienter"), count.occupied, "patients", source=patients)
    rows = (
        ("occupancy", count.occupied, 1, "share", Message("Beläggning = inneliggande / disponibla")),
        ("overcrowded_per_100", count.overcrowded, 100, "per_100",
         Message("Överbeläggning = patienter utöver disponibla vårdplatser / disponibla · 100")),
        ("outliers_per_100", count.outliers, 100, "per_100",
         Message("Utlokaliserade = patienter på annan kliniks vårdavdelning / disponibla · 100")),
    )  # fmt: skip
    return tuple(
        Figure(
            name,
            per * people / count.available,
            unit,
            formula,
            (
                Step(
                    Message("Patienter som räknas"),
                    per * people / count.available,
                    unit,
                    per / count.available,
                    patients,
                ),
            ),
            (lying, open_, closed),
        )
        for name, people, per, unit, formula in rows
    )
