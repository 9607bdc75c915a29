"""Text files with columns: csv and tab-separated, also gzipped. Encoding and delimiter are told, never assumed."""

import codecs
import csv
import gzip
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from vardbalans.data.findings import Finding
from vardbalans.data.read.draft import Limits, RawSheet, Refused, about_file
from vardbalans.engine.messages import Message

__all__ = ["read_delimited"]

_CHUNK = 1 << 22
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_NOT_CP1252 = b"\x81\x8d\x8f\x90\x9d"  # bytes that mean nothing in Windows-1252
_ENCODING_NAMES = {"cp1252": "Windows-1252", "utf-16": "UTF-16"}


def read_delimited(
    path: Path, stem: str, limits: Limits, *, encoding: str = "", delimiter: str = "", decimal: str | None = None
) -> RawSheet:
    """Return the sheet in the text file at *path* as texts. Raises Refused.

    *encoding*, *delimiter* and *decimal* are used as given by a profile; when empty they are told from the file.
    """
    encoding = encoding or _encoding(path, limits)
    found = list(_encoding_findings(path.name, encoding))
    first, more = _first_line(path, encoding)
    if not first.strip():
        raise Refused(
            about_file(
                path.name,
                "empty_file",
                "error",
                Message("Filen är tom. Exportera den på nytt och kontrollera att den har en rubrikrad."),
                1,
            )
        )
    if not delimiter:
        delimiter, sure = _delimiter(first)
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
                    1,
                )
            )
    headers = tuple(header.strip() for header in next(csv.reader([first], delimiter=delimiter)))
    columns, rows, broken = _columns(path, encoding, delimiter, headers) if more else _no_rows(len(headers))
    return RawSheet(stem, headers, columns, rows, decimal, delimiter, (*found, *_broken_findings(path.name, broken)))


def _opened(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _encoding(path: Path, limits: Limits) -> str:
    """Return the file's encoding: by its mark, else UTF-8 if every byte is, else Windows-1252. Raises Refused."""
    size, decoder, encoding, strange = 0, codecs.getincrementaldecoder("utf-8")(), "utf-8", False
    try:
        with _opened(path) as stream:
            while chunk := stream.read(_CHUNK):
                if not size:
                    _is_text(path, chunk)
                    encoding = next((name for mark, name in _BOMS if chunk.startswith(mark)), encoding)
                size += len(chunk)
                _within(path, size, limits)
                encoding = encoding if encoding != "utf-8" or _is_utf8(decoder, chunk) else "cp1252"
                strange = strange or any(byte in chunk for byte in _NOT_CP1252)
    except (gzip.BadGzipFile, EOFError) as error:
        raise Refused(
            about_file(
                path.name,
                "broken_archive",
                "error",
                Message("Filen är packad (gz) men går inte att packa upp. Hämta den på nytt."),
            )
        ) from error
    if encoding == "utf-8" and not _is_utf8(decoder, b"", last=True):
        encoding = "cp1252"
    if encoding == "cp1252" and strange:
        raise Refused(
            about_file(
                path.name,
                "unknown_encoding",
                "error",
                Message(
                    "Filens teckenkod går inte att avgöra: den är varken UTF-8 eller Windows-1252. "
                    "Spara den som csv UTF-8."
                ),
            )
        )
    return encoding


def _is_text(path: Path, chunk: bytes) -> None:
    if b"\0" in chunk[:4096] and not chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Refused(
            about_file(
                path.name,
                "not_text",
                "error",
                Message("Filen är ingen textfil fast den heter så. Spara den som csv (UTF-8) och försök igen."),
            )
        )


def _is_utf8(decoder: codecs.IncrementalDecoder, chunk: bytes, *, last: bool = False) -> bool:
    try:
        decoder.decode(chunk, last)
    except UnicodeDecodeError:
        return False
    return True


def _within(path: Path, size: int, limits: Limits) -> None:
    packed = path.stat().st_size
    if size > limits.unpacked or (path.suffix == ".gz" and size > limits.ratio * packed + _CHUNK):
        raise Refused(
            about_file(
                path.name,
                "too_large",
                "error",
                Message("Filen är större uppackad än vad som tas emot. Dela upp den, till exempel per år."),
            )
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


def _first_line(path: Path, encoding: str) -> tuple[str, bool]:
    """Return the header line (a quoted line break in it included), and whether anything follows it."""
    with _opened(path) as stream, io.TextIOWrapper(stream, encoding, errors="replace", newline="") as text:
        line = text.readline(1 << 20)
        while line.count('"') % 2 and (more := text.readline(1 << 20)):
            line += more
        follows = bool(text.read(1))
    return line.removeprefix("\ufeff").rstrip("\r\n"), follows


def _delimiter(first: str) -> tuple[str, bool]:
    """Return the delimiter of the header line, and whether no other candidate stands in it."""
    bare = re.sub(r'"[^"]*"', "", first)
    counts = {mark: bare.count(mark) for mark in ";\t,"}
    best = max(counts, key=lambda mark: counts[mark])
    return (best if counts[best] else ";"), sum(count > 0 for count in counts.values()) <= 1


def _no_rows(width: int) -> tuple[tuple[pa.Array, ...], pa.Array, list[int]]:
    return tuple(pa.array([], pa.string()) for _ in range(width)), pa.array([], pa.int64()), []


def _columns(
    path: Path, encoding: str, delimiter: str, headers: tuple[str, ...]
) -> tuple[tuple[pa.Array, ...], pa.Array, list[int]]:
    """Return all columns as texts, the row numbers, and the rows that have another number of cells."""
    skipped: list[tuple[int | None, str]] = []
    try:
        table = _parsed(path, encoding, delimiter, headers, skipped, threads=True)
        if skipped:
            # Only a single-threaded reading knows which rows were skipped.
            skipped.clear()
            table = _parsed(path, encoding, delimiter, headers, skipped, threads=False)
    except pa.ArrowInvalid as error:
        raise Refused(
            about_file(
                path.name,
                "broken_text",
                "error",
                Message(
                    "Filen går inte att dela i rader och kolumner; troligen saknas ett citattecken. "
                    "Exportera den på nytt."
                ),
            )
        ) from error
    # pyarrow counts the header line as row 1, as a spreadsheet does.
    places = pa.array([number for number, _ in skipped], pa.int64())
    every = pa.array(np.arange(2, 2 + table.num_rows + len(places)))
    numbers = every.filter(pc.invert(pc.is_in(every, places)))
    # A row with nothing between its delimiters is an empty line in a spreadsheet.
    columns = tuple(column.combine_chunks() for column in table.columns)
    filled = _filled(columns)
    broken = [number for number, text in skipped if number is not None and text.strip()]
    return tuple(column.filter(filled) for column in columns), numbers.filter(filled), broken


def _filled(columns: tuple[pa.Array, ...]) -> pa.Array:
    filled = pc.not_equal(columns[0], "")
    for column in columns[1:]:
        if pc.all(filled).as_py():
            break
        filled = pc.or_(filled, pc.not_equal(column, ""))
    return filled


def _parsed(
    path: Path,
    encoding: str,
    delimiter: str,
    headers: tuple[str, ...],
    skipped: list[tuple[int | None, str]],
    *,
    threads: bool,
) -> pa.Table:
    def skip(row: arrow_csv.InvalidRow) -> str:
        skipped.append((row.number, row.text))
        return "skip"

    names = [f"c{index}" for index in range(len(headers))]
    with _opened(path) as stream:
        return arrow_csv.read_csv(
            stream if path.suffix == ".gz" or not encoding.startswith("utf-8") else str(path),
            arrow_csv.ReadOptions(
                use_threads=threads,
                column_names=names,
                skip_rows=0,
                skip_rows_after_names=1,
                encoding="utf8" if encoding.startswith("utf-8") else encoding,
                block_size=1 << 24,
            ),
            arrow_csv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=skip,
            ),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=False,
                check_utf8=True,
                quoted_strings_can_be_null=False,
            ),
        )


def _broken_findings(file: str, broken: list[int]) -> Iterator[Finding]:
    for row in broken[:50]:
        yield about_file(
            file,
            "wrong_cell_count",
            "error",
            Message("Raden har fler eller färre celler än rubrikraden. Kontrollera skiljetecken och citattecken."),
            row,
        )
