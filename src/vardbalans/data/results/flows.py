"""The flow between services as plain rows: each share with its estimate and what is set by hand, and the services."""

from typing import Any

from vardbalans.engine.flow import FlowLink, FlowMap, FlowNode, flow_map
from vardbalans.engine.inputs import Estimate, Inputs, Override

__all__ = ["flow_map_of", "flow_rows", "flow_services"]

Row = dict[str, Any]


def flow_rows(inputs: Inputs) -> list[Row]:
    """Return one row per conversion: what is used, how many pass in a year, the estimate, and the share set by hand."""
    passing = {(link.from_service, link.to_service): link.per_year for link in _map_of(inputs).links}
    return [
        {
            "from_service": link.from_service,
            "to_service": link.to_service,
            "share": _number(link.share),
            "low": _number(link.low),
            "high": _number(link.high),
            "lag_weeks_pmf": [_number(share) for share in link.lag_weeks],
            "lag_median_weeks": link.lag_median,
            "per_year": _number(passing[link.from_service, link.to_service]),
            "estimate": _estimate(link.estimate),
            "by_hand": _by_hand(link.override),
        }
        for link in inputs.conversions
    ]


def flow_services(inputs: Inputs) -> list[Row]:
    """Return one row per service of the flow."""
    return [
        {
            "service_id": node.service_id,
            "service_name": node.name,
            "unit_id": node.unit_id,
            "per_year": _number(node.per_year),
            "waiting": _number(node.waiting),
        }
        for node in _map_of(inputs).nodes
    ]


def flow_map_of(rows: list[Row], services: list[Row]) -> FlowMap:
    """Return the map from stored rows."""
    return FlowMap(
        tuple(_node(row) for row in services),
        tuple(_link(row) for row in rows),
    )


def _node(row: Row) -> FlowNode:
    return FlowNode(row["service_id"], row["service_name"], row["unit_id"], row["per_year"], row["waiting"])


def _link(row: Row) -> FlowLink:
    return FlowLink(
        row["from_service"],
        row["to_service"],
        row["share"],
        row["low"],
        row["high"],
        row["lag_median_weeks"],
        row["per_year"],
        row["by_hand"] is not None,
    )


def _map_of(inputs: Inputs) -> FlowMap:
    known = {item.service.service_id for item in inputs.services}
    links = [link for link in inputs.conversions if {link.from_service, link.to_service} <= known]
    return flow_map(inputs.services, links)


def _estimate(found: Estimate | None) -> Row | None:
    if found is None:
        return None
    return {
        "share": _number(found.share),
        "low": _number(found.low),
        "high": _number(found.high),
        "lag_weeks_pmf": [_number(share) for share in found.lag_weeks],
        "upstream": found.upstream,
        "linked": found.linked,
        "region_share": _number(found.region_share),
        "own_weight": _number(found.own_weight),
    }


def _by_hand(override: Override | None) -> Row | None:
    if override is None:
        return None
    since = override.valid_from.isoformat() if override.valid_from else None
    return {"valid_from": since, "source": override.said_by, "reason": override.reason}


def _number(value: float | None) -> float | None:
    """Return *value* to six decimals, as all stored numbers are."""
    return None if value is None else round(float(value), 6)
