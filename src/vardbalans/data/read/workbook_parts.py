"""What a workbook's parts say before a library opens it: how far its cells reach, which could not be computed.

The parts are looked through as bytes, a piece at a time, and every part is unpacked to its real end: the library that
opens the workbook believes what a part claims, and makes room for every cell out to the farthest one.
"""

import html
import posixpath
import re
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vardbalans.data.read.draft import Limits

__all__ = ["Blanks", "Parts", "TooLarge", "Unreadable", "looked_through"]

_PIECE = 1 << 20
_CELLS = 20_000_000  # more cells than the largest file within the limits can hold

# No part of a form runs past the next "<", so that none takes longer than the text is long.
_CELL = re.compile(rb"<(?:\w+:)?c\b[^<>]*?\br=[\"']([A-Za-z]{1,3})(\d+)[\"'][^<>]*(?<!/)>")
_ERROR = re.compile(rb"<(?:\w+:)?c\b(?=[^<>]*\bt=[\"']e[\"'])[^<>]*?\br=[\"']([A-Za-z]{1,3})(\d+)[\"']")
_UNCOMPUTED = re.compile(
    rb"<(?:\w+:)?c\b(?![^<>]*\bt=[\"']str[\"'])[^<>]*?\br=[\"']([A-Za-z]{1,3})(\d+)[\"'][^<>]*>"
    rb"<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_TAG = re.compile(r"<(?:\w+:)?(\w+)\b([^>]*)>")
_ATTRIBUTE = re.compile(r"(?:\w+:)?(\w+)=(?:\"([^\"]*)\"|'([^']*)')")

_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


class TooLarge(Exception):
    """The workbook unpacks to more than the limits, or its cells reach farther than any real sheet's."""


class Unreadable(Exception):
    """A part of the workbook cannot be unpacked."""


@dataclass
class Blanks:
    """Cells of one sheet that hold nothing though they look filled: column (from 0) → rows (from 1)."""

    errors: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    uncomputed: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True)
class Parts:
    """What was found: whether days are counted from 1904, and per sheet's name the cells that hold nothing."""

    from_1904: bool
    sheets: Mapping[str, Blanks]


def looked_through(path: Path, limits: Limits) -> Parts:
    """Look through the parts of the workbook at *path*. Raises TooLarge and Unreadable."""
    try:
        with zipfile.ZipFile(path) as archive:
            blanks, kept, left = {}, {}, limits.unpacked
            for member in archive.infolist():
                blanks[member.filename], text, size = _through(archive, member, left)
                left -= size
                kept[member.filename] = text
    except _BROKEN as error:
        raise Unreadable(str(error)) from error
    book = kept.get("xl/workbook.xml", "")
    from_1904 = any(part.get("date1904") in {"1", "true"} for part in _tags(book, "workbookPr"))
    targets = {part.get("Id"): part.get("Target", "") for part in _tags(kept.get(_RELATIONS, ""), "Relationship")}
    members = {part.get("name", ""): _member(targets.get(part.get("id"), "")) for part in _tags(book, "sheet")}
    return Parts(from_1904, {name: blanks.get(member, Blanks()) for name, member in members.items()})


_RELATIONS = "xl/_rels/workbook.xml.rels"
_KEPT = frozenset({"xl/workbook.xml", _RELATIONS})


def _through(archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int) -> tuple[Blanks, str, int]:
    """Look through one part: its cells, its text where that is needed, and its real size."""
    found, width, height, size, text = Blanks(), 0, 0, 0, b""
    for piece in _pieces(archive, member, left):
        size += piece.new
        text += piece.text if member.filename in _KEPT else b""
        if places := _CELL.findall(piece.text):
            columns, rows = (set(side) for side in zip(*places, strict=True))
            width, height = max(width, *map(_number, columns)), max(height, *(int(row[:12]) for row in rows))
        for cells, form, sign in ((found.errors, _ERROR, b"e"), (found.uncomputed, _UNCOMPUTED, b"f")):
            if sign in piece.text:
                for column, row in form.findall(piece.text):
                    cells[_number(column) - 1].append(int(row[:12]))
        if width * height > _CELLS:
            raise TooLarge
    return found, text.decode(errors="replace"), size


@dataclass(frozen=True)
class _Piece:
    text: bytes
    new: int


def _pieces(archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int) -> Iterator[_Piece]:
    """Yield a part's text in pieces that end where a cell does. Raises TooLarge past *left* bytes."""
    # A part may claim to be smaller than it is; taken for larger, it is unpacked to its real end or past the limit.
    member.file_size = left + 2 * _PIECE
    rest = b""
    with archive.open(member) as stream:
        while new := stream.read(_PIECE):
            left -= len(new)
            if left < 0:
                raise TooLarge
            text = rest + new
            end = text.rfind(b"</c>") + 4 if b"</c>" in new else max(text.rfind(b"<"), 0) or len(text)
            rest = text[end:]
            yield _Piece(text[:end], len(new))
    yield _Piece(rest, 0)


def _number(letters: bytes) -> int:
    """Return the column's number, A is 1."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _tags(text: str, name: str) -> Iterator[dict[str, str]]:
    """Yield the attributes of every tag called *name*, without prefixes."""
    for found in _TAG.finditer(text):
        if found[1] == name:
            yield {
                part[1]: html.unescape(part[2] if part[2] is not None else part[3])
                for part in _ATTRIBUTE.finditer(found[2])
            }


def _member(target: str) -> str:
    """Return the name of the part that a relation of the workbook points at."""
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))
