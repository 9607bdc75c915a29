"""Work on the parts of a file side by side, in the order they stand in it."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import TypeVar

__all__ = ["in_order"]

Given = TypeVar("Given")
Made = TypeVar("Made")

_THREADS = 2  # Arrow and DuckDB let go of Python's lock; more parts under way would only cost memory


def in_order(function: Callable[[Given], Made], items: Iterable[Given], threads: int = _THREADS) -> Iterator[Made]:
    """Yield ``function(item)`` for each of *items* in order, a few of them worked on ahead in *threads*."""
    given = iter(items)
    first = list(islice(given, 2))
    if len(first) < 2:
        # Most files are one part; a thread's own DuckDB would take longer to start than such a part to read.
        yield from map(function, first)
        return
    with ThreadPoolExecutor(threads) as pool:
        under_way: deque[Future[Made]] = deque()
        for item in chain(first, given):
            under_way.append(pool.submit(function, item))
            if len(under_way) > threads:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
