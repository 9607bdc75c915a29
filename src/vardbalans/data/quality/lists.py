"""What is to be repaired, as files for those who register: a workbook with a sheet per rule, and a csv file per rule.

Nothing in them is a key of a person. A list is no longer than :data:`~vardbalans.data.quality.rows.LISTED_ROWS`; the
summary tells how many rows there are in all.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from vardbalans.data.findings import Severity, shown
from vardbalans.data.quality.report import Report, RuleSum, alarm_message, row_message
from vardbalans.data.tables import TABLES, Column, Table
from vardbalans.data.write.sheets import write_csv, write_sheets
from vardbalans.engine.messages import Message

__all__ = ["write_lists"]

_SEVERITIES: Mapping[Severity, str] = {"error": "fel", "warning": "varning", "info": "upplysning"}
_FILE = Column("file", "text", False, "Filen som raden eller perioden kom i.", "Fil")
_UNIT = Column("unit_id", "text", False, "Enheten som har ansvaret.", "Enhets-id")
_SERVICE = Column("service_id", "text", False, "Vårdtjänsten det gäller.", "Vårdtjänst-id")
_WHAT = Column("what", "text", False, "Vad som är fel, och hur det rättas.", "Vad är fel")
_ROWS = (
    _FILE,
    Column("row", "integer", False, "Raden i filen; rubriken är rad 1.", "Rad"),
    _UNIT,
    _SERVICE,
    Column("day", "date", False, "Dagen som raden gäller.", "Dag"),
    Column("key", "text", False, "Radens egen beteckning i källan.", "Nyckel"),
    _WHAT,
)
_PERIODS = (
    _FILE,
    _UNIT,
    _SERVICE,
    Column("period", "text", False, "Perioden som avviker.", "Period"),
    Column("observed", "number", False, "Antal som är registrerade.", "Registrerat"),
    Column("expected", "number", False, "Antal som var att vänta.", "Väntat"),
    _WHAT,
)
_SUMMARY = (
    Column("number", "integer", False, "Bladets nummer.", "Blad"),
    Column("table", "text", False, "Tabellen som regeln gäller.", "Tabell"),
    Column("rule", "text", False, "Regelns namn.", "Regel"),
    Column("severity", "text", False, "Hur allvarligt det är.", "Allvar"),
    Column("tested", "integer", False, "Antal prövade rader, eller perioder.", "Prövade"),
    Column("broken", "integer", False, "Antal fel.", "Fel"),
    Column("listed", "integer", False, "Antal som visas på bladet; resten är av samma slag.", "Visade"),
    Column("against", "text", False, "Vad som regeln jämför med.", "Mäts mot"),
)


def write_lists(folder: Path, report: Report, translate: Callable[[str], str] = str) -> list[Path]:
    """Write ``att_ratta.xlsx`` and a csv file per rule that found something to *folder*; return the paths.

    Sentences go through *translate*. The same report gives the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = [item for item in report.rules() if item.broken]
    lists = [_list(number, item, report, translate) for number, item in enumerate(found, start=1)]
    summary = _table("sammanstallning", "Sammanställning", _SUMMARY), _summary(found, lists, translate)
    paths = [write_sheets(folder / "att_ratta.xlsx", [summary, *lists])]
    for table, rows in (summary, *lists):
        paths.append(write_csv(folder / f"{table.name}.csv", table, rows))
    return paths


def _list(number: int, item: RuleSum, report: Report, translate: Callable[[str], str]) -> tuple[Table, pa.Table]:
    rule = item.rule
    source, columns, sentence = (
        (report.rows, _ROWS, row_message) if rule.kind == "rows" else (report.alarms, _PERIODS, alarm_message)
    )
    mine = source.filter(pc.and_(pc.equal(source["table"], rule.table), pc.equal(source["rule"], rule.name)))
    lines = [
        {name: shown(value) if isinstance(value, str) else value for name, value in row.items()}
        | {"what": sentence(row).render(translate)}
        for row in mine.to_pylist()
    ]
    table = _table(f"{rule.table}_{rule.name}", f"{number} {TABLES[rule.table].title}"[:31], columns)
    return table, pa.Table.from_pylist(lines, pa.schema([(column.name, column.stored) for column in columns]))


def _summary(found: list[RuleSum], lists: list[tuple[Table, pa.Table]], translate: Callable[[str], str]) -> pa.Table:
    lines = [
        {
            "number": number,
            "table": TABLES[item.rule.table].title,
            "rule": item.rule.name,
            "severity": _SEVERITIES[item.rule.severity],
            "tested": item.tested,
            "broken": item.broken,
            "listed": len(rows),
            "against": item.rule.against.render(translate),
        }
        for number, (item, (_, rows)) in enumerate(zip(found, lists, strict=True), start=1)
    ]
    return pa.Table.from_pylist(lines, pa.schema([(column.name, column.stored) for column in _SUMMARY]))


def _table(name: str, title: str, columns: tuple[Column, ...]) -> Table:
    return Table(name, title, "", "", Message(""), columns)
