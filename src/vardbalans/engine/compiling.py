"""How inner loops are compiled: plain Python on arrays, which runs as such where numba is told not to compile."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

__all__ = ["compiled", "part"]

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile *function*, which makes no array: counting who holds arrays would take more than half of its time.

    The machine code is kept on disk where there is a place for it; else each process makes its own.
    """
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
    try:
        return cast(F, numba.njit(**options, cache=True)(function))
    except RuntimeError:  # nowhere to keep it
        return cast(F, numba.njit(**options)(function))


def part(function: F) -> F:
    """Compile *function* as part of its caller: passing the arrays on would cost more than what is done with them."""
    return cast(F, numba.njit(inline="always", error_model="numpy")(function))
