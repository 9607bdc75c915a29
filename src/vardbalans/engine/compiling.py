"""How inner loops are compiled: plain Python on arrays, which runs as such where numba is told not to compile.

The compiler is loaded by the first call: what only imports a loop, as the web does, never waits for it.
"""

from collections.abc import Callable
from functools import cached_property, update_wrapper
from typing import Any, TypeVar, cast

__all__ = ["compiled", "part"]

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile *function*, which makes no array: counting who holds arrays would take more than half of its time.

    The machine code is kept on disk where there is a place for it; else each process makes its own.
    """
    return cast(F, _Loop(function, {"nogil": True, "error_model": "numpy", "_nrt": False, "cache": True}))


def part(function: F) -> F:
    """Compile *function* as part of its caller: passing the arrays on would cost more than what is done with them."""
    return cast(F, _Loop(function, {"inline": "always", "error_model": "numpy"}))


class _Loop:
    """A function that is compiled when it is first called."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        self._function, self._options = function, options
        update_wrapper(self, function)

    def __call__(self, *arguments: Any) -> Any:
        return self.machine(*arguments)

    @cached_property
    def machine(self) -> Callable[..., Any]:
        """Return the compiled function; the compiler must know what it calls as such too."""
        import numba  # noqa: PLC0415 - heavy

        names = self._function.__globals__
        for name in self._function.__code__.co_names:
            if isinstance(called := names.get(name), _Loop):
                names[name] = called.machine
        try:
            return cast(Callable[..., Any], numba.njit(**self._options)(self._function))
        except RuntimeError:  # nowhere to keep it
            return cast(Callable[..., Any], numba.njit(**self._options | {"cache": False})(self._function))
