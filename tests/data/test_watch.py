"""A watched folder is imported when something came and has come to rest, and not again."""

from contextlib import suppress
from pathlib import Path

import pytest

from vardbalans.data.intake import NoSuchPath
from vardbalans.data.watch import arrivals


class _Enough(Exception):
    """Nothing more happens."""


def _looks(folder: Path, events: list):
    """Return what each look gives when *events* happen between the looks."""
    happening = iter(events)

    def sleep(seconds: float) -> None:
        assert seconds == 30
        event = next(happening, None)
        if event is None:
            raise _Enough
        event()

    found = []
    looks = arrivals(folder, 30, sleep)
    with suppress(_Enough):
        while True:
            files = next(looks)
            found.append(sorted(path.name for path in files) if files else None)
    return found


def test_a_file_is_taken_when_it_has_come_to_rest_and_only_once(tmp_path):
    """Written in two goes: seen, still growing, at rest; then nothing until a correction comes."""
    path = tmp_path / "units.csv"

    def write(text):
        return lambda: path.write_text(text)

    def nothing():
        pass

    found = _looks(tmp_path, [write("a"), write("a;b"), nothing, nothing, write("a;b;c"), nothing, nothing])
    assert found == [None, None, None, ["units.csv"], None, None, ["units.csv"], None]


def test_all_that_lies_there_is_one_delivery(tmp_path):
    """A new file comes with those it refers to; what explains is left."""
    for name in ("units.csv", "services.csv", "README.txt"):
        (tmp_path / name).write_text("x")
    assert _looks(tmp_path, [lambda: None]) == [None, ["services.csv", "units.csv"]]


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(NoSuchPath):
        next(arrivals(tmp_path / "saknas", 30))
