"""A file whose columns of waiting time have changed places, told as a finding."""

from collections.abc import Mapping, Sequence

from vardbalans.data.findings import Finding
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats
from vardbalans.engine.waitlist.bands import shift_against_published

__all__ = ["shifted_columns"]

_NAMED = 8


def shifted_columns(
    file: str, headings: Sequence[str], counts: Floats, published: Mapping[float, Floats]
) -> Finding | None:
    """Return the finding that stops *file* when its *published* percentiles do not follow from its bands, or None.

    *counts* has shape (rows, bands) and the bands' *headings*; *published* is share → percentile of each row in bands.
    """
    shift = shift_against_published(counts, published)
    if shift is None:
        return None
    where = ", ".join(headings[band] for band in shift.bands[:_NAMED]) + (" …" if len(shift.bands) > _NAMED else "")
    said = Message(
        "På {broken} av {tested} rader följer inte medianen eller percentilen av kolumnerna för väntetid. De här ser "
        "ut att ha bytt plats: {where}. Kontrollera rubrikerna mot källan.",
        broken=shift.broken,
        tested=shift.tested,
        where=where,
    )
    return Finding(file, None, "", "shifted_columns", "error", said)
