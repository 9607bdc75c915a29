"""Whether the percentiles that a source publishes beside its waiting-time bands follow from the bands."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vardbalans.data.bands import shifted_columns
from vardbalans.data.findings import Finding
from vardbalans.data.read.draft import RawSheet
from vardbalans.data.read.matching import plain
from vardbalans.data.read.profiles.document import Profile
from vardbalans.engine.units import Floats

__all__ = ["rotated"]


def rotated(sheet: RawSheet, first_days: Mapping[int, int], profile: Profile, file: str) -> list[Finding]:
    """Return the finding of columns that have changed places; none where the profile names no published percentile.

    *first_days* are the places of the band columns in *sheet*, with the first day of each. A percentile is counted in
    the bands' steps, so nothing is said of bands that are not all one step wide, from zero on (the last may be open).
    """
    bands = profile.bands
    places = {plain(header): place for place, header in enumerate(sheet.headers)}
    order = sorted(first_days, key=lambda place: first_days[place])
    if bands is None or [first_days[place] for place in order] != [n * bands.step_days for n in range(len(order))]:
        return []
    said = {float(share): places[plain(name)] for share, name in bands.published.items() if plain(name) in places}
    if not said or not order:
        return []
    counts = np.column_stack([np.nan_to_num(_numbers(sheet.columns[place], profile)) for place in order])
    published = {share: _numbers(sheet.columns[place], profile) for share, place in said.items()}
    found = shifted_columns(file, [sheet.headers[place] for place in order], counts, published)
    return [found] if found else []


def _numbers(texts: pa.Array, profile: Profile) -> Floats:
    """Return the numbers that *texts* are; NaN for anything else (an empty cell, a dash, an open percentile)."""
    bare = pc.utf8_trim_whitespace(texts.cast(pa.string()))
    if profile.thousands:
        bare = pc.replace_substring(bare, profile.thousands, "")
    if profile.decimal == ",":
        bare = pc.replace_substring(bare, ",", ".")
    known = pc.if_else(pc.match_substring_regex(bare, r"^\d+(\.\d+)?$"), bare, pa.scalar(None, pa.string()))
    return np.asarray(known.cast(pa.float64()).to_numpy(zero_copy_only=False))
