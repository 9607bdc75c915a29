"""Two runs beside each other: groups over time, why the cost changed, and which choices of method differ."""

from collections.abc import Iterable
from typing import Any

__all__ = ["beside", "compared", "largest_change"]

Row = dict[str, Any]
_OF_RUN = ("period", "data_version", "data_fingerprint", "parts", "parts_of_an_ore")


def compared(before: Row, after: Row) -> Row:
    """Return *after* beside *before* (documents): cost per group, and the choices that differ.

    Figures are of innerfall, in each period's own prices. A group that is suppressed or absent on one side has no
    change. Where choices differ the figures are not of the same thing, and the caller should say so.
    """
    groups = {
        kind: beside(before["groups"].get(kind, []), rows) for kind, rows in after["groups"].items() if kind != "month"
    }
    return {
        "before": before["period"],
        "period": after["period"],
        "groups": groups,
        "differs": [
            {"choice": name, "before": before["method_sheet"].get(name), "after": value}
            for name, value in after["method_sheet"].items()
            if name not in _OF_RUN and before["method_sheet"].get(name) != value
        ],
    }


def beside(before: Iterable[Row], after: Iterable[Row]) -> list[Row]:
    """Return the groups of *after* with those of *before* of the same name (and unit, where they are within one)."""
    former = {(row.get("unit_id"), row["name"]): row for row in before}
    return [
        {
            **({"unit_id": row["unit_id"]} if "unit_id" in row else {}),
            "name": row["name"],
            "title": row["title"],
            "before_mean_ore": old.get("inner_mean_ore"),
            "mean_ore": row.get("inner_mean_ore"),
            "before_ore_per_drg_point": old.get("ore_per_drg_point"),
            "ore_per_drg_point": row.get("ore_per_drg_point"),
            "change": _change(old.get("inner_mean_ore"), row.get("inner_mean_ore")),
        }
        for row, old in ((row, former.get((row.get("unit_id"), row["name"]), {})) for row in after)
    ]


def largest_change(before: Row, after: Row) -> float | None:
    """Return the most that a care service's share of the contacts' cost differs between the documents.

    Of services that both tell; None where there are none.
    """
    shares = [
        {row["name"]: row["ore"] / made["contacts_ore"] for row in made["groups"].get("service", []) if "ore" in row}
        for made in (before, after)
        if made["contacts_ore"]
    ]
    if len(shares) < 2:
        return None
    told = shares[0].keys() & shares[1].keys()
    return round(max(abs(shares[1][name] - shares[0][name]) for name in told), 6) if told else None


def _change(before: int | None, after: int | None) -> float | None:
    return round(after / before - 1, 6) if before and after is not None else None
