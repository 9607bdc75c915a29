"""Random streams with names, all from one seed.

A stream depends on the seed and its name alone, so a change to one part of a run leaves every other part's
draws as they were (common random numbers), and the order in which parts are computed does not matter.
"""

import hashlib

import numpy as np

__all__ = ["stream"]


def stream(seed: int, *name: str) -> np.random.Generator:
    """Return the generator for *name* under *seed*; the same pair always gives the same numbers."""
    digest = hashlib.sha256("\x1f".join(name).encode()).digest()
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, int.from_bytes(digest[:16], "little")])))
