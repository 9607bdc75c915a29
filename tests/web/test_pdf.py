"""Reports as PDF: tagged, in a language, the same bytes each time, and nothing that is typed is read as markup."""

import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.conftest import lacking
from vardbalans.engine.errors import BadInput
from vardbalans.web import pdf
from vardbalans.web.pdf import Chart, Column, Heading, Paragraph, Quote, Report, Row, Table, pdf_of

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="5" height="5" fill="#b35806"/></svg>'
TABLE = Table((Column("Slag"), Column("Plan", number=True)), tuple(Row((f"Rad {at}", f"−{at},5")) for at in range(60)))
REPORT = Report(
    "Månadspaket 2026-09: Ögon",
    "Region Mellanälv",
    "Data t.o.m. 2026-10-25, dataversion 2",
    date(2026, 10, 25),
    "Sida {page} av {pages}",
    [Heading("Plan och utfall"), Chart(SVG, "Ett slag av vård ligger under planen."), TABLE, Quote("Bra.", "Chef")],
)


def text_in(made: bytes) -> str:
    """Return the text of a PDF, as poppler reads it."""
    if shutil.which("pdftotext") is None:
        lacking("no pdftotext: install Debian's package poppler-utils")
    return subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=made, check=True, capture_output=True
    ).stdout.decode()


def test_a_report_is_tagged_in_its_language_and_has_page_numbers() -> None:
    made = pdf_of(REPORT)
    for mark in (b"/StructTreeRoot", b"/MarkInfo", b"/Lang(sv-SE)", b"pdfuaid:part", b"/Alt", b"/S/TH", b"/S/Figure"):
        assert mark in made, mark
    text = text_in(made)
    assert "Region Mellanälv" in text
    assert "Sida 1 av 2" in text
    assert text.count("Slag") == text.count("Data t.o.m. 2026-10-25, dataversion 2") == 2, "on each page"
    assert b"/Lang(en-GB)" in pdf_of(replace(REPORT, language="en"))


def test_the_same_report_gives_the_same_bytes() -> None:
    assert pdf_of(REPORT) == pdf_of(REPORT)
    assert b"D:20261025" in pdf_of(REPORT)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60))
@example("#panic() $x$ *a* _b_ @c <d> = e `f` \\ // /* [")
@example("😀 漢 \x00 \x1b \ud7ff \t å\u0301")
def test_any_text_can_be_shown_and_none_is_markup(text: str) -> None:
    blocks = [Heading(text or "x"), Paragraph(text), Quote(text, text), Table((Column(text),), (Row((text,)),))]
    pdf_of(replace(REPORT, title=text or "x", owner=text, source=text, blocks=blocks))


def test_what_is_typed_stands_as_it_was_typed() -> None:
    typed = "#panic() *a* $x$ = b @c 1,5 < 2"
    text = text_in(pdf_of(replace(REPORT, blocks=[Paragraph(typed), Paragraph("漢 ▲ −5 %")])))
    assert typed in text
    assert "\ufffd ▲ −5 %" in text


def test_every_character_that_is_let_through_can_be_drawn() -> None:
    held = "".join(each for low, high in pdf._DRAWN for each in map(chr, range(low, high + 1)))
    pdf_of(replace(REPORT, blocks=[Paragraph(held)]))


def test_without_typst_a_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(BadInput, match="Skriv annars ut sidan"):
        pdf_of(REPORT)
