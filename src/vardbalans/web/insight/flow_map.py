"""The flow map of a unit: which service leads to which, with share, lag and number per year, drawn and as a table."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vardbalans.engine.flow import FlowLink, FlowMap, FlowNode
from vardbalans.web import numbers
from vardbalans.web.insight.flow_drawing import Drawing, draw
from vardbalans.web.insight.selectors import Reader, Run
from vardbalans.web.insight.unit_balance import short_names
from vardbalans.web.ordering import swedish_order
from vardbalans.web.people.units import Unit

__all__ = ["FlowPage", "LinkRow", "flow_page"]


class LinkRow(NamedTuple):
    """One flow in words: from what to what, share with interval, lag, number per year, and where the share is from."""

    origin: str
    origin_address: str
    to: str
    to_address: str
    share: str
    interval: str
    lag: str
    per_year: str
    by_hand: bool
    said: str


@dataclass(frozen=True)
class FlowPage:
    """What the page shows. *conclusion* is the map in a sentence."""

    unit: Unit
    path: tuple[Unit, ...]
    run: Run
    conclusion: str
    drawing: Drawing
    rows: tuple[LinkRow, ...]


def flow_page(reader: Reader, run: Run, unit_id: str) -> FlowPage:
    """Return the flows that touch a service of *unit_id* or below it, within the reader's scope.

    Of services in units outside the scope only the name is shown, not what they produce or who waits.
    """
    whole, below = run.stored.flow_map(), reader.below(unit_id)
    found = whole.around({node.service_id for node in whole.nodes if node.unit_id in below})
    found = replace(found, nodes=tuple(_seen(node, reader.scope) for node in found.nodes))
    names = short_names({node.service_id: node.name for node in found.nodes}, reader.path(unit_id))
    addresses = {
        node.service_id: reverse("insight:balance", args=[node.unit_id])
        for node in found.nodes
        if node.unit_id in reader.scope
    }
    stored = {(row["from_service"], row["to_service"]): row for row in run.stored.conversions()}
    rows = sorted(
        (_row(link, stored[link.from_service, link.to_service], names, addresses) for link in found.links),
        key=lambda row: (swedish_order(row.origin), swedish_order(row.to)),
    )
    return FlowPage(
        unit=reader.tree.units[unit_id],
        path=reader.path(unit_id)[:-1],
        run=run,
        conclusion=_conclusion(found, names),
        drawing=draw(found, names, addresses),
        rows=tuple(rows),
    )


def _seen(node: FlowNode, scope: Collection[str]) -> FlowNode:
    return node if node.unit_id in scope else replace(node, per_year=None, waiting=None)


def _conclusion(found: FlowMap, names: Mapping[str, str]) -> str:
    known = [link for link in found.links if link.per_year is not None]
    if not known:
        return _("Inga flöden är kända mellan vårdtjänsterna här.")
    largest = max(known, key=lambda link: link.per_year or 0.0)
    counted = ngettext("{count} flöde", "{count} flöden", len(found.links)).format(count=len(found.links))
    return _("{flows}. Störst är {origin} till {to}: {per_year} per år.").format(
        flows=counted,
        origin=names[largest.from_service],
        to=names[largest.to_service],
        per_year=numbers.number(largest.per_year),
    )


def _row(link: FlowLink, stored: Mapping[str, Any], names: Mapping[str, str], addresses: Mapping[str, str]) -> LinkRow:
    return LinkRow(
        origin=names[link.from_service],
        origin_address=addresses.get(link.from_service, ""),
        to=names[link.to_service],
        to_address=addresses.get(link.to_service, ""),
        share=numbers.percent(link.share),
        interval="" if link.by_hand else f"{numbers.percent(link.low)}–{numbers.percent(link.high)}",
        lag=ngettext("{weeks} vecka", "{weeks} veckor", link.lag_median).format(weeks=link.lag_median),
        per_year=numbers.number(link.per_year),
        by_hand=link.by_hand,
        said=" ".join(_said(stored["by_hand"], stored["estimate"])),
    )


def _said(by_hand: Mapping[str, Any] | None, estimate: Mapping[str, Any] | None) -> list[str]:
    """Return where the share is from: what is set by hand first, then the estimate it replaces, or that is used."""
    said = [_by_hand(by_hand)] if by_hand else []
    if estimate:
        said.append(_estimated(estimate, replaced=by_hand is not None))
    return said


def _by_hand(row: Mapping[str, Any]) -> str:
    since = _("sedan {day}").format(day=row["valid_from"]) if row["valid_from"] else _("tills vidare")
    text = _("Satt för hand {since} av {source}.").format(since=since, source=row["source"].rstrip("."))
    return f"{text} {row['reason'].rstrip('.')}." if row["reason"] else text


def _estimated(row: Mapping[str, Any], *, replaced: bool) -> str:
    counts = {"linked": numbers.number(row["linked"]), "upstream": numbers.number(row["upstream"])}
    share = f"{numbers.percent(row['share'])} ({numbers.percent(row['low'])}–{numbers.percent(row['high'])})"
    if replaced:
        return _("Skattat: {share}, ur {linked} av {upstream} kontakter.").format(share=share, **counts)
    text = _("Skattad ur {linked} av {upstream} kontakter.").format(**counts)
    if row["region_share"] is None:
        return text
    return (
        text
        + " "
        + _("Egna siffror väger {weight}, regionens andel är {region}.").format(
            weight=numbers.percent(row["own_weight"]), region=numbers.percent(row["region_share"])
        )
    )
