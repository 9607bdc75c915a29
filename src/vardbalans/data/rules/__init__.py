"""Rules about one row, as a table: name, the SQL predicate that is true when the rule is broken, severity, sentence.

The predicates are read by DuckDB over the typed rows of one table (named ``rows``). ``$today`` is the day of the
import. A predicate that is null (because a value is missing) counts as not broken.
"""

from collections.abc import Mapping
from types import MappingProxyType

from vardbalans.data.rules import capacity, care, economy, foundation, improving, planning, series, steering
from vardbalans.data.rules.contract import RowRule

__all__ = ["ROW_RULES", "RowRule"]

ROW_RULES: Mapping[str, tuple[RowRule, ...]] = MappingProxyType(
    {
        table: rules
        for room in (foundation, capacity, planning, care, series, economy, steering, improving)
        for table, rules in room.ROW_RULES.items()
    }
)
"""The rules of each table that has any, by its name."""
