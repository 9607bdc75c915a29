"""The reference page of the data contract, printed from the registry. Write it anew with ``python -m`` this module."""

import sys
from pathlib import Path

from vardbalans.data.rules import ROW_RULES
from vardbalans.data.tables import GROUPS, TABLES, Column, Table

__all__ = ["main", "tables_page"]

_TYPES = {
    "text": "text",
    "integer": "heltal",
    "number": "tal",
    "share": "andel 0–1",
    "date": "datum",
    "datetime": "tidpunkt",
    "boolean": "ja/nej",
    "period": "period",
    "money_kr": "kronor",
}
_INTRODUCTION = """\
# Datakontraktet

Sidan skrivs av koden (`vardbalans.data.tables`); ändra där. Varje tabell kan läsas in som csv, xlsx eller parquet.
Rubrikerna får vara de svenska eller de engelska. Tidpunkter utan tidszon är svensk tid. Belopp är kronor i filer och
lagras som ören i kolumner som slutar på `_ore`. Fetstil: måste fyllas i. Nyckel: kolumnerna som tillsammans pekar ut
en rad.
"""


def tables_page() -> str:
    """Return the page as Markdown."""
    parts = [_INTRODUCTION]
    for group, title in GROUPS.items():
        parts.append(f"\n## {title}\n")
        parts += [_section(table) for table in TABLES.values() if table.group == group]
    return "".join(parts)


def _section(table: Table) -> str:
    lines = [
        f"\n### {table.title} (`{table.name}`)\n",
        table.meaning,
        "",
        f"Nyckel: {_names(table.key)}. {table.needed_for}",
        "",
        "| Rubrik | Namn | Slag | Betydelse | Värden |",
        "|---|---|---|---|---|",
        *(_line(column) for column in table.columns),
    ]
    rules = [f"* `{rule.name}` ({_severity(rule.severity)}): {rule.message}" for rule in ROW_RULES.get(table.name, ())]
    return "\n".join([*lines, *([""] if rules else []), *rules]) + "\n"


def _line(column: Column) -> str:
    header = f"**{column.header}**" if column.required else column.header
    kind = f"{_TYPES[column.type]}, {column.unit}" if column.unit else _TYPES[column.type]
    return f"| {header} | `{column.file_name}` | {kind} | {column.meaning} | {_values(column)} |"


def _values(column: Column) -> str:
    if column.choices:
        return "<br>".join(f"`{value}` {meaning}" for value, meaning in column.choices)
    if column.reference:
        return f"id i `{column.reference}`"
    if column.minimum is None:
        return f"till exempel {column.example}"
    return f"{column.minimum:g}–{column.maximum:.12g}" if column.maximum is not None else f"minst {column.minimum:g}"


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _severity(severity: str) -> str:
    return {"error": "fel", "warning": "varning", "info": "upplysning"}[severity]


def main(path: Path) -> None:
    """Write the page to *path*."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(tables_page(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/reference/tables.md"))
