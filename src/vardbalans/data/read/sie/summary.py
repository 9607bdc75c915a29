"""What a SIE file holds, as one document for a person or a script; nothing is stored."""

from pathlib import Path
from typing import Any

from vardbalans.data.findings import Finding, sorted_findings
from vardbalans.data.read.draft import Limits, Refused, file_sha256
from vardbalans.data.read.sie.document import Chart
from vardbalans.data.read.sie.reader import Reader
from vardbalans.data.sources import SourceFile

__all__ = ["summary"]

_KEYS = (
    "company", "sie_type", "program", "format", "encoding", "generated", "currency", "chart_kind", "tax_year",
    "balances_until", "years", "accounts", "dimensions", "objects", "vouchers", "transactions", "sums", "balances",
    "budget", "checksum", "balanced", "unbalanced", "unbalanced_count",
)  # fmt: skip


def summary(path: Path, limits: Limits) -> tuple[dict[str, Any], list[Finding]]:
    """Return the document of the SIE file at *path*, and what was found.

    Of a file that is refused, all keys are None. Amounts are in öre. ``sums`` are per accounting year, debit and
    credit both positive and total their difference. ``unbalanced`` lists the first ten thousand vouchers that do not
    sum to zero, with what is left over; ``unbalanced_count`` counts them all.
    """
    file = SourceFile(path.name, file_sha256(path), path.stat().st_size)
    chart = Chart()
    try:
        reader = Reader(path, file, limits, chart)
        findings = [item for draft in reader.drafts() for item in draft.findings]
    except Refused as refused:
        return dict.fromkeys(_KEYS), [refused.finding]
    return _heading(reader) | _chart(chart) | _entries(reader), sorted_findings(findings)


def _heading(reader: Reader) -> dict[str, Any]:
    heading = reader.heading
    return {
        "company": {
            "name": heading["name"],
            "organisation_number": heading["organisation_number"] or None,
            "number": heading["number"] or None,
            "form": heading["form"] or None,
            "industry": heading["industry"] or None,
        },
        "sie_type": heading.sie_type,
        "program": " ".join(heading.program),
        "format": heading["format"] or None,
        "encoding": reader.encoding,
        "generated": heading["generated"] or None,
        "currency": heading["currency"] or None,
        "chart_kind": heading["chart_kind"] or None,
        "tax_year": heading["tax_year"] or None,
        "balances_until": heading["balances_until"] or None,
        "years": [
            {"index": index, "first": span and span[0].isoformat(), "last": span and span[1].isoformat()}
            for index, span in sorted(reader.years.by_index.items(), reverse=True)
        ],
    }


def _chart(chart: Chart) -> dict[str, Any]:
    return {
        "accounts": [
            {"number": item.number, "name": item.name, "kind": item.kind, "unit": item.unit, "sru": item.sru}
            for item in chart.accounts.values()
        ],
        "dimensions": [
            {"number": item.number, "name": item.name, "parent": item.parent} for item in chart.dimensions.values()
        ],
        "objects": [
            {"dimension": dimension, "number": number, "name": name}
            for (dimension, number), name in chart.objects.items()
        ],
    }


def _entries(reader: Reader) -> dict[str, Any]:
    vouchers = reader.vouchers
    return {
        "vouchers": vouchers.vouchers,
        "transactions": vouchers.transactions,
        "sums": [
            {
                "year": year,
                "debit_ore": item.debit_ore,
                "credit_ore": item.credit_ore,
                "total_ore": item.debit_ore - item.credit_ore,
            }
            for year, item in sorted(vouchers.rows.sums.items())
        ],
        "balances": {label.removeprefix("#").lower(): count for label, count in reader.balances.counts.items()},
        "budget": reader.budget.count,
        "checksum": reader.checksum.verdict,
        "balanced": not vouchers.unbalanced_count,
        "unbalanced": [
            {"voucher": item.voucher, "row": item.row, "amount_ore": item.amount_ore} for item in vouchers.unbalanced
        ],
        "unbalanced_count": vouchers.unbalanced_count,
    }
