"""Keep what the solver prints out of the answer."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["solver_output_to_stderr"]


@contextmanager
def solver_output_to_stderr() -> Iterator[None]:
    """Send what C code prints on standard output to standard error.

    HiGHS prints a line of its own there when it repairs a solution in whole numbers, whatever its options say (OR-tools
    9.15); with ``--json`` there must be one document and nothing else.
    """
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        yield
    finally:
        ctypes.CDLL(None).fflush(None)  # C keeps its own buffer
        os.dup2(kept, 1)
        os.close(kept)
