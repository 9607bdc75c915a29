"""The lists of what care costs: groups of contacts, cost centres, pools and external contracts, in kronor."""

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from vardbalans.web.exports.tables import Column, Table, Value, service_columns, unit_columns
from vardbalans.web.insight.cost_lines import Centre, Contract, Group, PoolLine

__all__ = ["centres_table", "contracts_table", "groups_table", "pools_table"]


def groups_table(groups: Sequence[Group]) -> Table:
    """Return what each group of contacts cost; of a small group only its name."""
    columns = (
        Column("group", _("Grupp")),
        Column("contacts", _("Kontakter"), "count"),
        Column("cost", _("Kostnad, kr"), "kr"),
        Column("mean", _("Medel av innerfall, kr"), "kr"),
        Column("low", _("Medel, 95 % lägst"), "kr"),
        Column("high", _("Medel, 95 % högst"), "kr"),
        Column("per_drg_point", _("Kr per DRG-poäng"), "kr"),
        Column("outliers", _("Ytterfall"), "count"),
    )
    rows: list[tuple[Value, ...]] = []
    for group in groups:
        row = group.row
        if row.get("suppressed"):
            rows.append((group.name, *(None,) * (len(columns) - 1)))
            continue
        kronor = [_kronor(row[key]) for key in ("ore", "inner_mean_ore", "low_ore", "high_ore", "ore_per_drg_point")]
        rows.append((group.name, row["contacts"], *kronor, row["outliers"]))
    return columns, rows


def centres_table(centres: Sequence[Centre]) -> Table:
    """Return what each cost centre costs by itself, gets and gives, and what became of it."""
    columns = (
        Column("cost_centre", _("Kostnadsställe")),
        Column("direct", _("Egna kostnader, kr"), "kr"),
        Column("received", _("får, kr"), "kr"),
        Column("given", _("ger, kr"), "kr"),
        Column("used", _("använt i vård, kr"), "kr"),
        Column("unused", _("outnyttjat, kr"), "kr"),
        Column("rest", _("utan användning, kr"), "kr"),
    )
    keys = ("direct_ore", "received_ore", "given_ore")
    return columns, [
        (
            each.row["title"],
            *(_kronor(each.row[key]) for key in keys),
            *map(_kronor, (each.used, each.unused, each.rest)),
        )
        for each in centres
    ]


def pools_table(pools: Sequence[PoolLine]) -> Table:
    """Return what each pool costs, and how much of its capacity is used."""
    columns = (
        Column("pool", _("Kostnadspool")),
        *unit_columns(),
        Column("cost", _("Kostnad, kr"), "kr"),
        Column("capacity", _("Kapacitet")),
        Column("used", _("Använt")),
        Column("measure", _("Mått")),
        Column("share", _("Nyttjat"), "share"),
        Column("per_unit", _("Kr per enhet"), "kr"),
        Column("unused", _("Outnyttjat, kr"), "kr"),
    )
    rows: list[tuple[Value, ...]] = []
    for line in pools:
        row, unused = line.row, _kronor(line.row["unused_ore"]) if line.row["capacity"] is not None else None
        told = (row["capacity"], row["used"], row["basis"], line.share, _kronor(row["ore_per_unit"]), unused)
        rows.append((line.name, line.unit.unit_id, line.unit.name, _kronor(row["ore"]), *told))
    return columns, rows


def contracts_table(contracts: Sequence[Contract]) -> Table:
    """Return what is agreed and performed of each contract, its price and its cost, in kronor."""
    columns = (
        *service_columns(),
        Column("provider_id", _("Utförarens id")),
        Column("provider", _("Utförare")),
        Column("agreed", _("Avtalat"), "count"),
        Column("performed", _("Utfört"), "count"),
        Column("at_price", _("Till avtalets pris, kr"), "kr"),
        Column("price", _("Pris per kontakt, kr"), "kr"),
        Column("cost", _("Kostnad per kontakt, kr"), "kr"),
    )
    return columns, [
        (
            each.row["service_id"],
            each.service,
            each.row["provider_id"],
            each.provider,
            each.row["agreed"],
            each.row["performed"],
            *map(_kronor, (each.row["at_price_ore"], each.price, each.cost)),
        )
        for each in contracts
    ]


def _kronor(ore: float | None) -> Value:
    return None if ore is None else Decimal(str(ore)) / 100
