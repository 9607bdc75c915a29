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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vardbalans.data.read.draft import Limits

__all__ = ["Blanks", "Parts", "TooLarge", "Unreadable", "looked_through"]

_PIECE = 1 << 20
_CELLS = 20_000_000  # more cells than the largest file within the limits can hold
_DIRECTORY = 8 << 20  # more than the list of sheets takes in any real workbook
_TIMES = 4  # how many times larger than its parts the text of a workbook may be

# No part of a form runs past the next "<", so that none takes longer than the text is long.
_CELL = re.compile(rb"<(?:\w+:)?c\b[^<>]*?\br=[\"']([A-Za-z]{1,3})(\d+)[\"'][^<>]*(?<!/)>")
_ERROR = re.compile(rb"<(?:\w+:)?c\b(?=[^<>]*\bt=[\"']e[\"'])[^<>]*?\br=[\"']([A-Za-z]{1,3})(\d+)[\"']")
_UNCOMPUTED = re.compile(
    rb"<(?:\w+:)?c\b(?![^<>]*\bt=[\"']str[\"'])[^<>]*?\br=[\"']([A-Za-z]{1,3})(\d+)[\"'][^<>]*>"
    rb"<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_STRING = re.compile(rb"\bt=[\"']s[\"'][^<>]*>\s*<(?:\w+:)?v>(\d+)")
_TAG = re.compile(r"<(?:\w+:)?(\w+)\b([^<>]*)>")
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
            parts, left = {}, limits.unpacked
            for member in archive.infolist():
                parts[member.filename] = _through(archive, member, left)
                left -= parts[member.filename].size
            sheets = list(_sheets(parts))
            _require_room(archive, parts, [member for _, member in sheets], limits)
    except _BROKEN as error:
        raise Unreadable(str(error)) from error
    from_1904 = any(tag.get("date1904") in {"1", "true"} for tag in _tags(parts, _BOOK, "workbookPr"))
    return Parts(from_1904, {name: parts[member].blanks for name, member in sheets})


_BOOK, _RELATIONS, _STRINGS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml"


@dataclass
class _Part:
    """One part looked through: how many cells it reaches over, how many hold a shared string, its longest such string
    (at most), its real size, and its text where that is needed."""

    blanks: Blanks = field(default_factory=Blanks)
    width: int = 0
    height: int = 0
    strings: int = 0
    longest: int = 0
    size: int = 0
    text: bytes = b""


def _through(archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int) -> _Part:
    """Look through one part. Raises TooLarge past *left* bytes."""
    part, since = _Part(), 0
    for text in _pieces(archive, member, left):
        part.size += len(text)
        if member.filename in {_BOOK, _RELATIONS}:
            part.text += text
            if len(part.text) > _DIRECTORY:
                raise TooLarge
        part.strings += text.count(b't="s"') + text.count(b"t='s'")
        if places := _CELL.findall(text):
            columns, rows = (set(side) for side in zip(*places, strict=True))
            part.width = max(part.width, *map(_number, columns))
            part.height = max(part.height, *(int(row[:12]) for row in rows))
        _find_blanks(text, part.blanks)
        if member.filename == _STRINGS:
            first, *others = text.split(b"<si")
            part.longest = max(part.longest, since + len(first), *map(len, others))
            since = len(others[-1]) if others else since + len(first)
    return part


def _find_blanks(text: bytes, blanks: Blanks) -> None:
    """Add the cells in *text* that show an error, or hold a formula without a value."""
    if b'"e"' in text or b"'e'" in text:
        for column, row in _ERROR.findall(text):
            blanks.errors[_number(column) - 1].append(int(row[:12]))
    if b"<f" in text or b":f" in text:
        for column, row in _UNCOMPUTED.findall(text):
            blanks.uncomputed[_number(column) - 1].append(int(row[:12]))


def _sheets(parts: Mapping[str, _Part]) -> Iterator[tuple[str, str]]:
    """Yield the name of each sheet and the part that holds it; parts that are not there are left out."""
    targets = {tag.get("Id"): tag.get("Target", "") for tag in _tags(parts, _RELATIONS, "Relationship")}
    for tag in _tags(parts, _BOOK, "sheet"):
        member = _member(targets.get(tag.get("id"), ""))
        if member in parts:
            yield tag.get("name", ""), member


def _require_room(archive: zipfile.ZipFile, parts: Mapping[str, _Part], sheets: Sequence[str], limits: Limits) -> None:
    """Refuse a workbook that would grow in memory beyond its parts: cells far apart, or long texts shown many times.

    A part may be several sheets, and one that is none by our reading may be so by another. Raises TooLarge.
    """
    shown = [parts[member] for member in sheets] + [parts[member] for member in parts.keys() - set(sheets)]
    if sum(part.width * part.height for part in shown) > _CELLS:
        raise TooLarge
    longest = parts[_STRINGS].longest if _STRINGS in parts else 0
    if sum(part.strings for part in shown) * longest > _TIMES * limits.unpacked:
        lengths = np.array([len(text) for text in archive.read(_STRINGS).split(b"<si")[1:]], np.int64)
        told = sum(_text_shown(archive, member, lengths) for member in (*sheets, *(parts.keys() - set(sheets))))
        if told > _TIMES * limits.unpacked:
            raise TooLarge


def _text_shown(archive: zipfile.ZipFile, member: str, lengths: np.ndarray) -> int:
    """Return how many bytes of shared strings the cells of one part show; *lengths* are those of each string."""
    places = np.array([int(place[:12]) for place in _STRING.findall(archive.read(member))], np.int64)
    return int(lengths[places[places < len(lengths)]].sum())


def _pieces(archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int) -> Iterator[bytes]:
    """Yield a part's text in pieces that end where a cell does. Raises TooLarge past *left* bytes."""
    # A part may claim to be smaller than it is; taken for larger, it is unpacked to its real end or past the limit.
    claimed, member.file_size = member.file_size, left + 2 * _PIECE
    rest = b""
    with archive.open(member) as stream:
        while new := stream.read(_PIECE):
            left -= len(new)
            if left < 0:
                raise TooLarge
            text = rest + new
            end = text.rfind(b"</c>") + 4 if b"</c>" in new else max(text.rfind(b"<"), 0) or len(text)
            rest = text[end:]
            yield text[:end]
    yield rest
    member.file_size = claimed


def _number(letters: bytes) -> int:
    """Return the column's number, A is 1."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _tags(parts: Mapping[str, _Part], member: str, name: str) -> Iterator[dict[str, str]]:
    """Yield the attributes of every tag called *name* in one part, without prefixes."""
    text = parts[member].text.decode(errors="replace") if member in parts else ""
    for found in _TAG.finditer(text):
        if found[1] == name:
            yield {
                part[1]: html.unescape(part[2] if part[2] is not None else part[3])
                for part in _ATTRIBUTE.finditer(found[2])
            }


def _member(target: str) -> str:
    """Return the name of the part that a relation of the workbook points at."""
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))
