"""The report on measures to the board and its auditors as PDF: the tables of the workbook, in Swedish as they are."""

from collections.abc import Sequence

from vardbalans.data.improving.report import Cell, Report, shown, source_of
from vardbalans.engine.messages import Message
from vardbalans.web import pdf

__all__ = ["report_pdf"]

_SHORT, _LONG = 14, 60
"""Characters: what is no longer is never broken, and what is longer gets no more room."""


def report_pdf(report: Report) -> bytes:
    """Return *report* as PDF. Raises BadInput where PDF cannot be made."""
    blocks: list[pdf.Block] = []
    for sheet in report.sheets:
        columns = tuple(_column(head, [row[at] for row in sheet.rows]) for at, head in enumerate(sheet.heads))
        rows = tuple(pdf.Row(tuple(shown(cell) for cell in row)) for row in sheet.rows)
        blocks += [pdf.Heading(sheet.title), pdf.Paragraph(sheet.about)]
        blocks += [pdf.Table(columns, rows) if rows else pdf.Paragraph(str(Message("Inga rader.")))]
    page = Message("Sida {page} av {pages}", page="{page}", pages="{pages}")
    made_of = pdf.Report(report.title, report.owner, source_of(report), report.day, str(page), blocks, landscape=True)
    return pdf.pdf_of(made_of)


def _column(head: str, cells: Sequence[Cell]) -> pdf.Column:
    """Return the column of *cells*: short text takes the width it needs, long text a share by its length."""
    if not any(isinstance(cell, str) for cell in cells):
        return pdf.Column(head, number=True)
    longest = max(len(shown(cell)) for cell in cells)
    return pdf.Column(head, share=0 if longest <= _SHORT else min(longest, _LONG))
