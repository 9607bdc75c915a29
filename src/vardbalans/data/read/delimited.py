"""Text files with columns: csv and tab-separated, also gzipped. Encoding and delimiter are told, never assumed.

A file is cut into blocks of whole rows, and each block is parsed by itself: memory does not grow with the file, and
blocks can be worked on side by side.
"""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from vardbalans.data.findings import LISTED, Finding, Spot, listing
from vardbalans.data.read.draft import Limits, RawSheet, Refused, about_file
from vardbalans.data.read.header_rows import LOOKED_THROUGH, Sought, beginning, cells_of, delimiter_of, with_labels
from vardbalans.engine.messages import Message

__all__ = ["Block", "Layout", "blocks", "layout_of", "read_delimited", "sheet_of"]

_BLOCK = 1 << 24
_LONGEST_ROW = 1 << 26
_BEGINNING = 1 << 20  # more than any title, note and heading take
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_NOT_CP1252 = b"\x81\x8d\x8f\x90\x9d"  # bytes that mean nothing in Windows-1252
_ENCODING_NAMES = {"cp1252": "Windows-1252", "utf-16": "UTF-16"}


@dataclass(frozen=True)
class Layout:
    """How a text file is written, as told from its beginning or given by a profile.

    *newline* ends its rows; *header_rows* are the rows down to and with the headings; *labels* stand above them with
    values that belong to every row. *is_checked*: every byte is known to be text.
    """

    name: str
    headers: tuple[str, ...]
    encoding: str
    delimiter: str
    decimal: str | None
    newline: bytes
    findings: tuple[Finding, ...]
    header_rows: int = 1
    labels: tuple[tuple[str, str], ...] = ()
    is_checked: bool = False


@dataclass(frozen=True)
class Block:
    """Whole rows of a file as UTF-8 text; *first* tells the block right below the headings."""

    text: memoryview
    first: bool


def read_delimited(
    path: Path,
    stem: str,
    limits: Limits,
    *,
    encoding: str = "",
    delimiter: str = "",
    decimal: str | None = None,
    sought: Sought | None = None,
) -> Iterator[RawSheet]:
    """Yield the text file at *path* as texts, part by part; arguments as for :func:`layout_of`. Raises Refused."""
    layout = layout_of(
        path, stem, limits, encoding=encoding, delimiter=delimiter, decimal=decimal, sought=sought or Sought()
    )
    return (sheet_of(block, layout, path.name) for block in blocks(path, layout))


def layout_of(
    path: Path,
    stem: str,
    limits: Limits,
    *,
    encoding: str = "",
    delimiter: str = "",
    decimal: str | None = None,
    sought: Sought | None = None,
) -> Layout:
    """Return how the text file at *path* is written. The whole file is looked through for its encoding.

    *encoding*, *delimiter* and *decimal* are used as given by a profile; when empty they are told from the file.
    *sought* tells which headings to look for below titles and notes; by default any table's. Raises Refused.
    """
    sought = sought or Sought()
    is_checked = encoding != "utf-8"  # other encodings are checked as they are made UTF-8 of
    encoding = encoding or _encoding(path, limits)
    found = list(_encoding_findings(path.name, encoding))
    start = next(_texts(path, encoding), b"")
    newline = b"\n" if b"\n" in start or b"\r" not in start else b"\r"
    lines = list(_first_rows(start, newline, max(LOOKED_THROUGH, (sought.skip or 0) + 1)))
    if not any(line.strip() for line in lines):
        raise Refused(
            about_file(
                path.name,
                "empty_file",
                "error",
                Message("Filen är tom. Exportera den på nytt och kontrollera att den har en rubrikrad."),
                1,
            )
        )
    sure = True
    if not delimiter:
        delimiter, sure = delimiter_of(lines, sought.tables)
    rows = list(cells_of(lines, delimiter))
    if not rows:
        raise Refused(_broken_text(path.name))
    top = beginning(rows, sought)
    if not sure:
        found.append(
            about_file(
                path.name,
                "delimiter_told",
                "info",
                Message(
                    "Rubrikraden har flera möjliga skiljetecken. Filen lästes med {delimiter}.",
                    delimiter={"\t": "tab"}.get(delimiter, delimiter),
                ),
                top.header_rows,
            )
        )
    return Layout(
        stem,
        top.headers,
        encoding,
        delimiter,
        decimal,
        newline,
        tuple(found),
        top.header_rows,
        top.labels,
        is_checked,
    )


def blocks(path: Path, layout: Layout) -> Iterator[Block]:
    """Yield the rows below the headings in blocks, each ending where a row ends; at least one. Raises Refused."""
    kept, below, first = b"", False, True
    for text in _texts(path, layout.encoding):
        kept += text
        if not below:
            for _ in range(layout.header_rows):
                kept = kept[_after_first_row(kept, layout.newline) :]
            below = True
        if len(kept) >= _BLOCK and (end := _last_row_end(kept, layout.newline)):
            yield Block(memoryview(kept)[:end], first)
            kept, first = kept[end:], False
    if kept or first:
        yield Block(memoryview(kept), first)


def sheet_of(block: Block, layout: Layout, file: str) -> RawSheet:
    """Return *block* as texts in columns. Raises Refused."""
    above = layout.header_rows if block.first else 0
    skipped: list[tuple[int | None, str]] = []
    try:
        columns = _parsed(block.text, layout, skipped)
    except pa.ArrowInvalid as error:
        raise Refused(_broken_text(file)) from error
    # pyarrow counts rows from 1 and skips what has another number of cells; an empty line is one of those.
    places = [number for number, _ in skipped if number is not None]
    size = len(columns[0]) + len(skipped)
    rows = pa.arange(above + 1, above + size + 1)
    if places:
        rows = rows.filter(pc.invert(pc.is_in(rows, pa.array([above + place for place in places], pa.int64()))))
    broken = [number + above for number, text in skipped if number is not None and text.strip()]
    columns, numbers = _filled(columns, rows)
    sheet = RawSheet(
        layout.name,
        layout.headers,
        columns,
        numbers,
        layout.decimal,
        layout.delimiter,
        (*(layout.findings if block.first else ()), *_broken_findings(file, broken)),
        block.first,
        size + above,
        layout.header_rows,
    )
    return with_labels(sheet, layout.labels)


def _opened(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _chunks(path: Path) -> Iterator[bytes]:
    """Yield the file's bytes, unpacked. Raises Refused."""
    try:
        with _opened(path) as stream:
            while chunk := stream.read(_BLOCK):
                yield chunk
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise Refused(
            about_file(
                path.name,
                "broken_archive",
                "error",
                Message("Filen är packad (gz) men går inte att packa upp. Hämta den på nytt."),
            )
        ) from error


def _texts(path: Path, encoding: str) -> Iterator[bytes]:
    """Yield the file's text as UTF-8. Raises Refused."""
    if encoding == "utf-8":
        yield from _chunks(path)
        return
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in _chunks(path):
            yield decoder.decode(chunk).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError as error:
        raise Refused(_unknown_encoding(path.name)) from error


def _encoding(path: Path, limits: Limits) -> str:
    """Return the file's encoding: by its mark, else UTF-8 if every byte is, else Windows-1252. Raises Refused."""
    size, encoding, strange, cut = 0, "utf-8", False, b""
    for chunk in _chunks(path):
        if not size:
            _is_text(path, chunk)
            encoding = next((name for mark, name in _BOMS if chunk.startswith(mark)), encoding)
        size += len(chunk)
        _within(path, size, limits)
        if encoding == "utf-8":
            whole, cut = _whole_characters(cut + chunk)
            encoding = "utf-8" if _is_utf8(whole) else "cp1252"
        strange = strange or any(byte in chunk for byte in _NOT_CP1252)
    if encoding == "utf-8" and not _is_utf8(cut):
        encoding = "cp1252"
    if encoding == "cp1252" and strange:
        raise Refused(_unknown_encoding(path.name))
    return encoding


def _is_text(path: Path, chunk: bytes) -> None:
    if b"\0" in chunk[:4096] and not chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Refused(
            about_file(
                path.name,
                "not_text",
                "error",
                Message("Filen är ingen textfil. Spara den som csv (UTF-8) och försök igen."),
            )
        )


def _whole_characters(text: bytes) -> tuple[bytes, bytes]:
    """Return *text* up to where its last character may be cut, and the rest (at most three bytes)."""
    for back in range(1, min(4, len(text) + 1)):
        if text[-back] >= 0xC0:
            return text[:-back], text[-back:]
        if text[-back] < 0x80:
            break
    return text, b""


def _is_utf8(text: bytes) -> bool:
    # Arrow checks a gigabyte in the time that Python's own decoder takes for a tenth of it.
    ends = pa.py_buffer(np.array([0, len(text)], dtype=np.int64))
    try:
        pa.LargeStringArray.from_buffers(1, ends, pa.py_buffer(text)).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _within(path: Path, size: int, limits: Limits) -> None:
    packed = path.stat().st_size
    if size > limits.unpacked or (path.suffix == ".gz" and size > limits.ratio * packed + _BLOCK):
        raise Refused(
            about_file(
                path.name,
                "too_large",
                "error",
                Message("Filen är större uppackad än vad som tas emot. Dela upp den, till exempel per år."),
            )
        )


def _unknown_encoding(file: str) -> Finding:
    return about_file(
        file,
        "unknown_encoding",
        "error",
        Message(
            "Filens teckenkod går inte att avgöra: den är varken UTF-8 eller Windows-1252. Spara den som csv UTF-8."
        ),
    )


def _encoding_findings(file: str, encoding: str) -> Iterator[Finding]:
    if encoding in _ENCODING_NAMES:
        yield about_file(
            file,
            "encoding_told",
            "info",
            Message(
                "Filen är inte sparad som UTF-8; den lästes som {encoding}. Kontrollera att å, ä och ö ser rätt ut.",
                encoding=_ENCODING_NAMES[encoding],
            ),
        )


def _first_rows(text: bytes, newline: bytes, count: int) -> Iterator[str]:
    """Yield the first rows of a file, without their ends."""
    rest = text[:_BEGINNING]
    for _ in range(count):
        if not rest:
            return
        end = _after_first_row(rest, newline)
        yield rest[:end].decode(errors="replace").rstrip("\r\n")
        rest = rest[end:]


def _after_first_row(text: bytes, newline: bytes) -> int:
    """Return where the first row ends, a quoted line break in it included."""
    end = text.find(newline)
    odd = text.count(b'"', 0, max(end, 0)) % 2
    while end >= 0 and odd:
        following = text.find(newline, end + 1)
        odd ^= text.count(b'"', end, max(following, 0)) % 2
        end = following
    return end + 1 if end >= 0 else len(text)


def _last_row_end(text: bytes, newline: bytes) -> int:
    """Return where the last whole row ends; 0 when none does yet. Between quotes a line break ends no row."""
    end = text.rfind(newline)
    odd = text.count(b'"', 0, max(end, 0)) % 2 if b'"' in text else 0
    while end >= 0 and odd:
        before = text.rfind(newline, 0, end)
        odd ^= text.count(b'"', max(before, 0), end) % 2
        end = before
    if end < 0 and len(text) > _LONGEST_ROW:
        # No row is this long: the quote that seemed to open it stands inside a cell.
        end = text.rfind(newline)
    return end + 1


def _parsed(text: memoryview, layout: Layout, skipped: list[tuple[int | None, str]]) -> tuple[pa.Array, ...]:
    """Return all columns as texts; rows that have another number of cells go to *skipped*."""

    def skip(row: arrow_csv.InvalidRow) -> str:
        skipped.append((row.number, row.text))
        return "skip"

    names = [f"c{index}" for index in range(len(layout.headers))]
    if not text:
        return tuple(pa.array([], pa.string()) for _ in names)
    table = arrow_csv.read_csv(
        pa.BufferReader(text),
        # One block, so that rows are counted from its start; a single thread tells which were skipped.
        arrow_csv.ReadOptions(use_threads=False, column_names=names, block_size=len(text) + 1),
        arrow_csv.ParseOptions(
            delimiter=layout.delimiter,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=skip,
        ),
        arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=False,
            check_utf8=not layout.is_checked,
            quoted_strings_can_be_null=False,
        ),
    )
    return tuple(column.combine_chunks() for column in table.columns)


def _filled(columns: tuple[pa.Array, ...], rows: pa.Array) -> tuple[tuple[pa.Array, ...], pa.Array]:
    """Leave out rows with nothing between their delimiters: those are empty lines in a spreadsheet."""
    filled = pc.not_equal(columns[0], "")
    for column in columns[1:]:
        if pc.all(filled).as_py() is not False:
            return columns, rows
        filled = pc.or_(filled, pc.not_equal(column, ""))
    return tuple(column.filter(filled) for column in columns), rows.filter(filled)


def _broken_text(file: str) -> Finding:
    return about_file(
        file,
        "broken_text",
        "error",
        Message(
            "Filen går inte att dela i rader och kolumner; troligen saknas ett citattecken. Exportera den på nytt."
        ),
    )


def _broken_findings(file: str, broken: list[int]) -> list[Finding]:
    message = Message("Raden har fler eller färre celler än rubrikraden. Kontrollera skiljetecken och citattecken.")
    spots = [Spot(file, row) for row in broken[:LISTED]]
    return listing(spots, {file: len(broken)} if broken else {}, "", "wrong_cell_count", "error", lambda _: message)
