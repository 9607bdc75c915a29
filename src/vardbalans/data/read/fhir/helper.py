"""A second process that reads batches while this one reads others, so that large deliveries use two processors.

The process is a plain Python, which starts anywhere: a process of :mod:`multiprocessing` would load the caller's own
script again, and may have no children when it is one itself. A batch that the second process does not
give back is read here, so that the delivery comes to the same without it.
"""

import logging
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from importlib.abc import MetaPathFinder
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import IO, Self, cast

from vardbalans.data.read.fhir.reading import Batch, Part, part_of

__all__ = ["Helper", "main", "parts_of"]

_QUEUED = 2
"""How many batches the second process has, so that the next one is there when it is done with one."""
_AHEAD = 8
"""How many parts may wait for one before them."""
_LARGEST = 32 << 20
"""The largest text that is sent, in bytes; a larger one would take too much memory in two processes."""
_PROTOCOL = 5  # takes Arrow's columns as they are; the usual one copies them piece by piece

_log = logging.getLogger(__name__)


def parts_of(batches: Iterable[Batch], *, helped: bool) -> Generator[Part]:
    """Yield what each of *batches* gives, in their order, *helped* by a second process where one can be started."""
    helper = Helper.started() if helped else None
    if helper is None:
        yield from map(part_of, batches)
        return
    with helper:
        waiting: deque[Future[Part]] = deque()
        for batch in batches:
            waiting.append(helper.part_of(batch) if helper.takes(batch) else _read_here(batch))
            while waiting and (waiting[0].done() or len(waiting) > _AHEAD):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _read_here(batch: Batch) -> Future[Part]:
    done: Future[Part] = Future()
    done.set_result(part_of(batch))
    return done


class Helper:
    """The second process, as seen from the first. Closing it ends the process, whatever it is doing."""

    def __init__(self, command: list[str]) -> None:
        self._folder = TemporaryDirectory(prefix="vardbalans-")
        try:
            # In a group of its own, so that Ctrl-C is told by the first process alone.
            self._process = subprocess.Popen(  # noqa: S603
                [*command, self._folder.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0
            )
        except OSError:
            self._folder.cleanup()
            raise
        self._input, self._output = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)
        self._numbers = count()
        self._given: list[Future[Part]] = []
        self._ends = False
        # Two threads, since to send a batch takes until the process is done with the one before.
        self._sending, self._receiving = ThreadPoolExecutor(1), ThreadPoolExecutor(1)

    @classmethod
    def started(cls) -> Self | None:
        """Return a helper; None where no process can be started."""
        try:
            # Without -P, modules would be looked for in the folder that the command is given in.
            return cls([sys.executable, "-P", "-c", f"from {__name__} import main; main()"])
        except OSError as error:
            _log.warning("reading in one process: %s", error)
            return None

    def takes(self, batch: Batch) -> bool:
        """Tell whether *batch* is better given to the helper than read here."""
        size = sum(len(content) for _, content in batch.texts)
        self._given = [part for part in self._given if not part.done()]
        return not self._ends and len(self._given) < _QUEUED and size <= _LARGEST

    def part_of(self, batch: Batch) -> Future[Part]:
        """Return what *batch* gives, when it is there."""
        self._sending.submit(self._send, batch)
        self._given.append(self._receiving.submit(self._receive, batch))
        return self._given[-1]

    def _send(self, batch: Batch) -> None:
        # In one piece: each call waits for Python's lock, which the reading has most of the time.
        with suppress(OSError):  # told when nothing comes back
            self._input.write(pickle.dumps(batch, _PROTOCOL))
            self._input.flush()

    def _receive(self, batch: Batch) -> Part:
        place = Path(self._folder.name, str(next(self._numbers)))
        if not self._output.readline():
            if not self._ends:
                self._ends = True
                _log.warning("the second process ended (%s); reading on in one", self._process.wait())
            return part_of(batch)
        part: Part = pickle.loads(place.read_bytes())  # noqa: S301 -- written by our own process
        place.unlink()
        return part

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        self._ends = True
        self._process.kill()
        self._process.wait()
        for pool in (self._sending, self._receiving):
            pool.shutdown(cancel_futures=True)
        for stream in (self._input, self._output):
            with suppress(OSError):
                stream.close()
        self._folder.cleanup()


class _WithoutPandas(MetaPathFinder):
    """Keeps Arrow from loading pandas when it is first given a list: that takes as long as reading 20 MB."""

    def find_spec(self, fullname: str, _path: object, _target: object = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)


def main() -> None:
    """Read the batches that come on standard input; leave each part as a file in the folder given, and say so.

    A part goes by way of a file: through the pipe it would come 64 KB at a time, each after waiting for Python's lock.
    """
    sys.meta_path.insert(0, _WithoutPandas())
    for number in count():
        try:
            batch: Batch = pickle.load(sys.stdin.buffer)  # noqa: S301 -- written by our own process
        except (EOFError, pickle.UnpicklingError):  # the first process is done, or dead
            return
        Path(sys.argv[1], str(number)).write_bytes(pickle.dumps(part_of(batch), _PROTOCOL))
        sys.stdout.buffer.write(b"\n")
        sys.stdout.buffer.flush()
