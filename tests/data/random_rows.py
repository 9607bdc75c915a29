"""Random rows of any table of the contract, by Hypothesis."""

from datetime import UTC, date, datetime

import pyarrow as pa
from hypothesis import strategies as st

from vardbalans.data.tables import Column, Table

_MARKS = {"#n/a", "#na", "#saknas!"}
_LETTERS = st.characters(
    codec="utf-8",
    categories=("L", "N", "P", "S", "Zs"),
    include_characters="åäöÅÄÖ;\"'=+-@,",
    exclude_characters="\ufeff",
)
TYPED = (
    st.text(_LETTERS, min_size=1, max_size=20).map(str.strip).filter(lambda text: text and text.lower() not in _MARKS)
)
"""Texts that a person could have typed into a cell, and that mean themselves."""

ANY = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
"""Texts that may be stored: blanks, line breaks and empty ones too."""

_FIRST, _LAST = (datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (1980, 2037))
_PERIODS = st.sampled_from(["2026-W05", "2026-W53", "2026-05", "2026-05-17"])


def random_rows(
    table: Table, texts: st.SearchStrategy[str] = TYPED, *, smallest: int = 1, with_origin: bool = False
) -> st.SearchStrategy[pa.Table]:
    """Return a strategy for up to four rows of *table*, no key twice; without origin unless asked for."""
    row = {column.name: _values(column, texts) for column in table.columns}
    row |= {
        "_file": st.sampled_from(["januari.csv", "år 'två'.xlsx"]) if with_origin else st.none(),
        "_row": st.integers(2, 2**40) if with_origin else st.none(),
    }
    return st.lists(
        st.fixed_dictionaries(row),
        min_size=smallest,
        max_size=4,
        unique_by=lambda one: tuple(one[name] for name in table.key),
    ).map(lambda rows: pa.Table.from_pylist(rows, schema=table.schema()))


def _values(column: Column, texts: st.SearchStrategy[str]) -> st.SearchStrategy[object]:
    if column.choices:
        values: st.SearchStrategy[object] = st.sampled_from(column.allowed)
    else:
        values = {
            "text": texts,
            "integer": st.integers(-(10**14), 10**14),
            "number": st.floats(allow_nan=False, allow_infinity=False, min_value=-1e14, max_value=1e14),
            "share": st.floats(0, 1),
            "date": st.dates(date(1900, 1, 1), date(2150, 1, 1)),
            "datetime": st.datetimes(_FIRST, _LAST, timezones=st.just(UTC)),
            "boolean": st.booleans(),
            "period": _PERIODS,
            "money_kr": st.integers(-(10**14), 10**14),
        }[column.type]
    return values if column.required else st.none() | values
