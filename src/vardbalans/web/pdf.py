"""A report as tagged PDF (PDF/UA-1), from plain data: typst lays it out by the template ``pdf.typ``.

What the report says goes to the template as JSON and is never put into its source, so that no text is read as markup.
The fonts are those that typst brings, and the only time in the file is the report's own: the same report gives the
same bytes on every machine. Typst comes with the extra ``pdf`` and is loaded when a report is asked for.
"""

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Literal

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = ["Block", "Chart", "Column", "Heading", "Paragraph", "Quote", "Report", "Row", "Table", "pdf_of"]

_TEMPLATE = Path(__file__).with_suffix(".typ")
_COUNTRIES = {"sv": "SE", "en": "GB"}
_DRAWN = ((0x20, 0x4FF), (0x2010, 0x214F), (0x2190, 0x23FF), (0x25A0, 0x25FF))
_NOT_DRAWN = frozenset("\u2041\u2043\u211f\u2121\u2123\u2125")
"""The characters that the fonts are known to hold, each range with its ends, and those in them that they lack: PDF/UA
allows no other in a file. A mark upon a letter is held only as part of a letter that has it."""
_UNKNOWN = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class Heading:
    """A heading within the report; the title is above *level* 1."""

    text: str
    level: int = 1
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; *muted* is a note in small."""

    text: str
    muted: bool = False
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True)
class Quote:
    """What somebody said, and *by* whom and when."""

    text: str
    by: str
    kind: Literal["quote"] = "quote"


@dataclass(frozen=True)
class Chart:
    """A drawing as SVG, over the width of the page; *alt* says what it shows to who cannot see it."""

    svg: str
    alt: str
    kind: Literal["chart"] = "chart"


@dataclass(frozen=True)
class Column:
    """A column: a *number* takes the width it needs and stands to the right; text takes its *share* of the rest.

    Text with no share takes the width it needs too.
    """

    head: str
    number: bool = False
    share: int = 1


@dataclass(frozen=True)
class Row:
    """A row's cells as they are shown; *strong* is a sum, *deep* one of its parts."""

    cells: tuple[str, ...]
    strong: bool = False
    deep: bool = False


@dataclass(frozen=True)
class Table:
    """A table whose heading is repeated on each page."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    kind: Literal["table"] = "table"


Block = Heading | Paragraph | Quote | Chart | Table


@dataclass(frozen=True)
class Report:
    """A report in *language* (``sv``, ``en``): what it is about, whose it is, on which data, and its blocks in order.

    *source* stands at the foot of each page (data to which day, which version), *day* is the file's own date, and
    *page* a sentence with ``{page}`` and ``{pages}`` in it.
    """

    title: str
    owner: str
    source: str
    day: date
    page: str
    blocks: Sequence[Block]
    language: str = "sv"
    landscape: bool = False


def pdf_of(report: Report) -> bytes:
    """Return *report* as the bytes of a PDF file. Raises BadInput where typst is not installed."""
    try:
        import typst  # noqa: PLC0415 - large, and an extra
    except ImportError as missing:
        raise BadInput(
            Message("PDF kräver tillägget pdf (pip install vardbalans[pdf]). Skriv annars ut sidan från webbläsaren.")
        ) from missing
    told = {name: value for name, value in asdict(report).items() if name != "day"}
    told |= {"blocks": [asdict(block) for block in report.blocks], "country": _COUNTRIES[report.language]}
    return typst.compile(
        _TEMPLATE,
        format="pdf",
        pdf_standards="ua-1",
        ignore_system_fonts=True,
        sys_inputs={"document": json.dumps(_drawable(told), ensure_ascii=False)},
        timestamp=datetime.combine(report.day, time(), UTC),
    )


def _drawable(value: Any) -> Any:
    """Return *value* with each character that no font holds shown as unknown, without signs that are not drawn."""
    if isinstance(value, str):
        drawn = "".join(_character(each) for each in unicodedata.normalize("NFC", value))
        return drawn or (_UNKNOWN if value else "")  # a heading may not be empty
    if isinstance(value, dict):
        return {key: _drawable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_drawable(each) for each in value]
    return value


def _character(each: str) -> str:
    if each in "\n\t\r":
        return "\n" if each == "\n" else " "
    if unicodedata.category(each) == "Cf":  # the direction of text, where a word may be joined or divided
        return ""
    is_held = unicodedata.category(each) not in {"Cc", "Cn", "Mn", "Me", "Mc"} and any(
        low <= ord(each) <= high for low, high in _DRAWN
    )
    return each if is_held and each not in _NOT_DRAWN else _UNKNOWN
