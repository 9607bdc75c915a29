"""A cost run as files: a workbook and csv files with Swedish headings, the method sheet first, and rows of contacts."""

import json
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from vardbalans.data.queries import quoted
from vardbalans.data.tables import Column, Table
from vardbalans.data.write.sheets import write_csv, write_sheets
from vardbalans.engine.messages import Message

__all__ = ["write_files"]

Row = dict[str, Any]

_GROUPED = {"unit": "Enheter", "service": "Vårdtjänster", "drg": "DRG", "diagnosis": "Diagnoser", "month": "Månader"}


def write_files(folder: Path, document: Row, kept: Path) -> list[Path]:
    """Write the run in *folder* and return the paths: ``kostnad_<period>.xlsx``, a csv per sheet, and the contacts.

    *kept* is where the store keeps the run's rows. The contacts are rows about patients: guard them as such.
    """
    folder.mkdir(parents=True, exist_ok=True)
    period = document["period"].replace("..", "_")
    sheets = [(table, pa.Table.from_pylist(rows, schema=table.schema())) for table, rows in _sheets(document)]
    paths = [write_sheets(folder / f"kostnad_{period}.xlsx", sheets)]
    paths += [write_csv(folder / f"{table.name}_{period}.csv", table, rows) for table, rows in sheets]
    return [*paths, *_rows_per_patient(folder, period, kept)]


def _table(name: str, title: str, columns: Mapping[str, tuple[str, Any]]) -> Table:
    made = tuple(Column(key, kind, False, header, header) for key, (header, kind) in columns.items())
    return Table(name, title, title, "", Message(""), made)


def _sheets(document: Row) -> Iterable[tuple[Table, list[Row]]]:
    text = {"name": ("Namn", "text"), "value": ("Värde", "text")}
    yield (
        _table("kpp_metod", "Metodblad", text),
        [{"name": name, "value": _plain(value)} for name, value in document["method_sheet"].items()],
    )
    certificate = _table(
        "kpp_avstamning", "Avstämning", {"line": ("Rad", "text"), "amount_ore": ("Belopp", "money_kr")}
    )
    yield certificate, [{"line": name, "amount_ore": document[key]} for key, name in _LINES.items()]
    yield (
        _table("kpp_kontroller", "Kontroller", {"control": ("Kontroll", "text"), "value": ("Värde", "text"),
                                                "passed": ("Godkänd", "boolean")}),
        [{**row, "value": _plain(row["value"])} for row in document["controls"]],
    )  # fmt: skip
    yield _table("kpp_stallen", "Kostnadsställen", _CENTRES), document["centres"]
    yield (
        _table("kpp_pooler", "Kostnadspooler", _POOLS),
        [
            row | {"overhead_ore": sum(row["overhead"].values()), "rate_ore": _rounded(row["ore_per_unit"])}
            for row in document["pools"]
        ],
    )
    for kind, rows in document["groups"].items():
        yield _table(f"kpp_{kind}", _GROUPED[kind], _GROUP), rows
    if document["plan"]:
        yield _table("kpp_avvikelse", "Plan och utfall", _VARIANCE), document["plan"]["units"]
    if comparison := document.get("comparison"):
        yield _table("kpp_forandring", "Perioder", _VARIANCE), comparison["units"]
        yield _table("kpp_drg_per_enhet", "DRG per enhet", _CHANGE), comparison["within_units"]
    if document["make_or_buy"]:
        yield _table("kpp_gora_eller_kopa", "Göra eller köpa", _MAKE_OR_BUY), document["make_or_buy"]
    yield _table("kpp_omatchat", "Omatchat", _UNMATCHED), document["unmatched"]
    yield _table("kpp_uteslutet", "Uteslutet", _EXCLUDED), document["excluded"]


_LINES = {
    "ledger_ore": "Huvudbok",
    "contacts_ore": "Vårdkontakter",
    "unused_ore": "Outnyttjad kapacitet",
    "excluded_ore": "Uteslutet",
    "unmatched_ore": "Omatchat",
    "difference_ore": "Skillnad",
}
_CENTRES = {
    "cost_centre": ("Kostnadsställe", "text"),
    "title": ("Namn", "text"),
    "kind": ("Slag", "text"),
    "direct_ore": ("Direkt", "money_kr"),
    "received_ore": ("Mottaget", "money_kr"),
    "given_ore": ("Fördelat vidare", "money_kr"),
    "stuck_ore": ("Ofördelat", "money_kr"),
}
_POOLS = {
    "pool_id": ("Pool", "text"),
    "cost_centre": ("Kostnadsställe", "text"),
    "basis": ("Grund", "text"),
    "ore": ("Kostnad", "money_kr"),
    "overhead_ore": ("Varav gemensamt", "money_kr"),
    "capacity": ("Praktisk kapacitet", "number"),
    "used": ("Använt", "number"),
    "rate_ore": ("Pris per enhet", "money_kr"),
    "used_ore": ("På vårdkontakter", "money_kr"),
    "unused_ore": ("Outnyttjat", "money_kr"),
    "uncertain": ("Få rader", "boolean"),
}
_GROUP = {
    "name": ("Id", "text"),
    "title": ("Namn", "text"),
    "contacts": ("Kontakter", "integer"),
    "patients": ("Patienter", "integer"),
    "ore": ("Kostnad", "money_kr"),
    "outliers": ("Ytterfall", "integer"),
    "inner_contacts": ("Innerfall", "integer"),
    "inner_ore": ("Kostnad innerfall", "money_kr"),
    "inner_mean_ore": ("Medel innerfall", "money_kr"),
    "low_ore": ("Medel lågt", "money_kr"),
    "high_ore": ("Medel högt", "money_kr"),
    "drg_points": ("DRG-poäng", "number"),
    "ore_per_drg_point": ("Kostnad per DRG-poäng", "money_kr"),
    "uncertain": ("Få kontakter", "boolean"),
    "suppressed": ("Dolt: för få patienter", "boolean"),
}
_VARIANCE = {
    "unit_id": ("Enhets-id", "text"),
    "title": ("Enhet", "text"),
    "level": ("Nivå", "text"),
    "plan_ore": ("Jämförelse", "money_kr"),
    "outcome_ore": ("Utfall", "money_kr"),
    "volume": ("Volym", "money_kr"),
    "mix": ("Mix", "money_kr"),
    "efficiency": ("Effektivitet", "money_kr"),
    "price": ("Pris", "money_kr"),
    "unused": ("Outnyttjad kapacitet", "money_kr"),
    "suppressed": ("Dolt: för få patienter", "boolean"),
}
_CHANGE = {
    "unit_id": ("Enhets-id", "text"),
    "name": ("DRG", "text"),
    "before_mean_ore": ("Medel före", "money_kr"),
    "mean_ore": ("Medel nu", "money_kr"),
    "before_ore_per_drg_point": ("Kostnad per DRG-poäng före", "money_kr"),
    "ore_per_drg_point": ("Kostnad per DRG-poäng nu", "money_kr"),
    "change": ("Ändring av medel", "number"),
}
_MAKE_OR_BUY = {
    "provider_id": ("Vårdgivare", "text"),
    "service_id": ("Avtalets vårdtjänst", "text"),
    "own_service_id": ("Egen vårdtjänst", "text"),
    "price_ore": ("Avtalets pris", "money_kr"),
    "variable_ore": ("Egen marginalkostnad", "money_kr"),
    "full_ore": ("Egen full kostnad", "money_kr"),
    "fixed_ore": ("Fast kostnad i allt", "money_kr"),
    "own_volume": ("Egna kontakter", "number"),
    "break_even": ("Egen regi lönar sig över", "number"),
    "spare": ("Ledigt utrymme", "number"),
    "make_saves_ore": ("Egen regi sparar", "money_kr"),
    "marginal_saves_ore": ("Att ta hem i ledigt utrymme sparar", "money_kr"),
    "suppressed": ("Dolt: för få patienter", "boolean"),
}
_UNMATCHED = {
    "code": ("Orsak", "text"),
    "kind": ("Slag", "text"),
    "unit_id": ("Enhets-id", "text"),
    "rows": ("Rader", "integer"),
    "ore": ("Belopp", "money_kr"),
    "message": ("Så rättas det", "text"),
}
_EXCLUDED = {
    "rule_id": ("Regel", "text"),
    "cost_centre": ("Kostnadsställe", "text"),
    "account": ("Konto", "text"),
    "ore": ("Belopp", "money_kr"),
}


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value)


_PER_CONTACT = """
select contact_id, unit_id, service_id, month, drg, drg_weight, diagnosis, is_inpatient, is_outlier,
    ore / 100.0 as kronor
from read_parquet('{kept}/costed.parquet') order by contact_id
"""
_PER_LOOSE = """
select kind, event_id, unit_id, code, file, row, ore / 100.0 as kronor
from read_parquet('{kept}/unmatched-*.parquet') order by kind, event_id
"""


def _rows_per_patient(folder: Path, period: str, kept: Path) -> Iterable[Path]:
    """Write the contacts and what has no contact as parquet, straight from the store's rows."""
    with closing(duckdb.connect()) as con:
        con.execute("set enable_progress_bar = false")
        for name, sql in (("kontakter", _PER_CONTACT), ("omatchade_rader", _PER_LOOSE)):
            path = folder / f"kpp_{name}_{period}.parquet"
            con.execute(
                f"copy ({sql.format(kept=quoted(kept))}) to '{quoted(path)}' (format parquet, compression zstd)"
            )
            yield path
