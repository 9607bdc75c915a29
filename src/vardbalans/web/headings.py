"""The contract's tables, columns and values by name: Swedish from the registry, English from their own names."""

from django.utils.translation import get_language

from vardbalans.data.tables import TABLES, Column

__all__ = ["column_choices", "column_header", "in_english", "table_title"]


def table_title(table: str) -> str:
    """Return the table's title: Swedish from the registry, English from its name, which is standard English."""
    return TABLES[table].title if _swedish() else in_english(table)


def column_header(column: Column) -> str:
    """Return the column's heading."""
    return column.header if _swedish() else in_english(column.file_name)


def column_choices(column: Column) -> dict[str, str]:
    """Return the meanings of the column's allowed values by value; empty when anything of its type goes."""
    return {value: label if _swedish() else in_english(value) for value, label in column.choices}


def in_english(name: str) -> str:
    """Return a name of the contract as words."""
    return name.replace("_", " ").capitalize()


def _swedish() -> bool:
    return get_language() == "sv"
