"""A FHIR file to its resources as bytes: ndjson line by line, a Bundle or a single resource as a whole.

Nothing larger than one line, or one Bundle of at most :data:`WHOLE` bytes, is in memory at once.
"""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import msgspec

from vardbalans.data.findings import Finding
from vardbalans.data.read.draft import Limits, Refused, about_file
from vardbalans.data.read.fhir.notes import Notes
from vardbalans.engine.messages import Message

__all__ = ["LONGEST", "SUFFIXES", "WHOLE", "Text", "json_texts"]

SUFFIXES = (".ndjson", ".ndjson.gz", ".json", ".json.gz")
LONGEST = 64 << 20
"""The longest line of an ndjson file, in bytes; no resource that is read comes near it."""
WHOLE = 256 << 20
"""The largest Bundle that is read as a whole, in bytes."""

_BUFFER = 1 << 20


Text = tuple[int | None, bytes]
"""A JSON text and the number of its line: None for a whole file that is one text. Empty where a line is too long."""


def json_texts(path: Path, limits: Limits, notes: Notes) -> Iterator[Text]:
    """Yield each JSON text of the file at *path*.

    Raises Refused, also half-way through a file that turns out to be broken or too large.
    """
    if not (size := path.stat().st_size):
        raise Refused(
            about_file(path.name, "empty_file", "error", Message("Filen är tom (0 byte). Exportera den på nytt."))
        )
    if size > limits.packed:
        raise Refused(_too_large(path))
    packed = path.suffix == ".gz"
    most = min(limits.unpacked, limits.ratio * size + _BUFFER) if packed else limits.unpacked
    try:
        with _opened(path) as stream:
            yield from _texts(path, stream, most, notes)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise Refused(
            about_file(
                path.name,
                "broken_archive",
                "error",
                Message("Filen är packad (gz) men går inte att packa upp. Hämta den på nytt."),
            )
        ) from error


def _opened(path: Path) -> io.BufferedReader:
    raw = gzip.GzipFile(path) if path.suffix == ".gz" else path.open("rb", buffering=0)
    return io.BufferedReader(cast(io.RawIOBase, raw), _BUFFER)


def _texts(path: Path, stream: io.BufferedReader, most: int, notes: Notes) -> Iterator[Text]:
    first = stream.readline(LONGEST).removeprefix(codecs.BOM_UTF8)
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        notes.unreadable("not_utf8", 1)
        return
    if ".ndjson" in path.name.casefold() or (_is_json(first) and stream.peek(1).strip()):
        yield from _lines(path, first, stream, most)
        return
    content = first + stream.read(WHOLE + 1)
    if len(content) > min(WHOLE, most):
        raise Refused(
            about_file(
                path.name,
                "too_large",
                "error",
                Message("Filen är större än vad som tas emot som ett enda JSON-dokument. Exportera den som ndjson."),
            )
        )
    yield None, content


def _is_json(line: bytes) -> bool:
    """Tell whether *line* is a JSON text of its own: with more after it, the file is ndjson that is named .json."""
    try:
        msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return False
    return True


def _lines(path: Path, first: bytes, stream: io.BufferedReader, most: int) -> Iterator[Text]:
    row, size, line = 1, 0, first
    while line:
        size += len(line)
        if size > most:
            raise Refused(_too_large(path))
        if len(line) == LONGEST and not line.endswith(b"\n"):
            yield row, b""
            while (line := stream.readline(LONGEST)) and not line.endswith(b"\n"):
                size += len(line)
        elif not line.isspace():
            yield row, line
        row += 1
        line = stream.readline(LONGEST)


def _too_large(path: Path) -> Finding:
    return about_file(
        path.name,
        "too_large",
        "error",
        Message("Filen är större uppackad än vad som tas emot. Dela upp den, till exempel per år."),
    )
