"""``#PBUDGET`` becomes rows of ``budget``: what each account and cost centre gets in each month.

A row without objects is the account's whole amount, and rows with objects say how it is shared. What is not shared
belongs to no cost centre, and a dimension other than cost centre shares the same amount in another way and adds
nothing. Some programs instead write without objects only what is left over. They give themselves away: some account
and month has rows with objects and none without, and nowhere are the two equal. Then all rows are added.
"""

from collections import defaultdict
from collections.abc import Iterator

import pyarrow as pa

from vardbalans.data.findings import shown
from vardbalans.data.memory import sql_over
from vardbalans.data.read.sie.found import Found, Tally
from vardbalans.data.read.sie.syntax import amount_ore, month, objects_of, year_index
from vardbalans.data.read.sie.years import Years
from vardbalans.data.tables import TABLES
from vardbalans.engine.messages import Message

__all__ = ["Budget"]

_LINES = pa.schema(
    [
        ("year", pa.string()),
        ("month", pa.string()),
        ("account", pa.string()),
        ("objects", pa.string()),
        ("cost_centre", pa.string()),
        ("ore", pa.int64()),
        ("row", pa.int64()),
    ]
)
_PART = 200_000
_TWICE = """
    select account, month, row from lines
    qualify row_number() over (partition by year, month, account, objects order by row) > 1 order by row
"""
_FORM = """
    with cells as (
        select sum(ore) filter (objects = '') as whole, sum(ore) filter (cost_centre is not null) as shared,
            bool_or(objects <> '') as has_shares
        from lines group by year, month, account
    )
    select coalesce(bool_or(has_shares and whole is not null), false),
        coalesce(bool_or(whole is null), false) and not coalesce(bool_or(whole = shared and whole <> 0), false)
    from cells
"""
_ADDED = """
    select year, account, cost_centre, month, sum(ore) as ore, min(row) as row from lines
    group by year, account, cost_centre, month
"""
_WHOLE = """
    with shares as (
        -- A cost centre by itself, or else its combinations with other dimensions.
        select * from lines where cost_centre is not null
        qualify (objects = '1:' || cost_centre) = max(objects = '1:' || cost_centre)
            over (partition by year, month, account, cost_centre)
    ), shared as (
        select year, account, cost_centre, month, sum(ore) as ore, min(row) as row from shares
        group by year, account, cost_centre, month
    ), whole as (
        select year, account, month, sum(ore) filter (objects = '') as ore,
            sum(ore) filter (cost_centre is null) as elsewhere,
            coalesce(min(row) filter (objects = ''), min(row)) as row
        from lines group by year, account, month
    ), left_over as (
        select year, account, null as cost_centre, month, whole.row, parts.ore is not null as is_shared,
            coalesce(whole.ore - coalesce(parts.ore, 0), whole.elsewhere, 0) as ore
        from whole left join (select year, account, month, sum(ore) as ore from shared group by all) as parts
            using (year, account, month)
    )
    from shared
    union all
    select year, account, cost_centre, month, ore, row from left_over where ore <> 0 or not is_shared
"""
_ROWS = """
    select year, account, cost_centre, month, try_cast(ore as bigint) as amount_ore, row from ({})
    order by row, cost_centre
"""


class Budget:
    """Takes ``#PBUDGET`` line by line; the rows come when the whole file is read."""

    def __init__(self, found: Found, years: Years) -> None:
        self._found = found
        self._years = years
        self._kept: list[tuple[str, str, str, str, str | None, int, int]] = []
        self._parts: list[pa.Table] = []
        self._outside: defaultdict[int, Tally] = defaultdict(Tally)
        self.count = 0

    def add(self, row: int, items: list[str]) -> None:
        """Take the fields of a ``#PBUDGET`` at *row*. Raises ValueError."""
        written_index, period, account, objects, amount = items[:5]
        index, first, ore = year_index(written_index), month(period), amount_ore(amount)
        shares = sorted(objects_of(objects))
        self.count += 1
        if not self._years.holds(index, first):
            self._outside[index].add(row)
            return
        centre = next((item for dimension, item in shares if dimension == "1"), None)
        written = ";".join(f"{dimension}:{item}" for dimension, item in shares)
        year = self._years.name_at(index, first)
        self._kept.append((year, f"{first:%Y-%m}", account, written, centre, ore, row))
        if len(self._kept) >= _PART:
            self._pack()

    @property
    def has_rows(self) -> bool:
        """Whether there is anything to import."""
        return bool(self._kept) or any(map(len, self._parts))

    def tables(self) -> Iterator[pa.Table]:
        """Yield the rows of ``budget`` in parts, if there are any; tell of lines that say the same thing twice."""
        self._pack()
        self._tell_outside()
        if not self.has_rows:
            return
        with sql_over(lines=pa.concat_tables(self._parts)) as con:
            for twice in iter(con.execute(_TWICE).fetchone, None):
                self._tell_twice(*twice)
            ((has_both, left_over),) = con.sql(_FORM).fetchall()
            if has_both:
                self._tell_form(left_over)
            rows = con.sql(_ROWS.format(_ADDED if left_over else _WHOLE)).to_arrow_table()
        schema = TABLES["budget"].schema()
        for start in range(0, len(rows), _PART):
            year, account, centre, period, ore, row = rows.slice(start, _PART).columns
            yield pa.table([year, account, centre, period, ore, pa.repeat(self._found.file, len(row)), row], schema)

    def _pack(self) -> None:
        columns = zip(*self._kept, strict=True) if self._kept else [[] for _ in _LINES]
        self._parts.append(pa.table([pa.array(c, f.type) for c, f in zip(columns, _LINES, strict=True)], schema=_LINES))
        self._kept = []

    def _tell_outside(self) -> None:
        for index, tally in self._outside.items():
            self._found.add(
                "month_outside_year",
                "warning",
                Message(
                    "{count} budgetrader säger sig gälla räkenskapsår {index} men månader utanför det. De lästes inte "
                    "in. Rätta budgeten i ekonomisystemet och exportera på nytt.",
                    count=tally.count,
                    index=index,
                ),
                tally.row,
            )

    def _tell_twice(self, account: str, period: str, row: int) -> None:
        self._found.add(
            "budget_twice",
            "error",
            Message(
                "Budgeten för konto {account} i {month} står två gånger för samma objekt. Ta bort den ena raden och "
                "exportera på nytt.",
                account=shown(account),
                month=period,
            ),
            row,
        )

    def _tell_form(self, left_over: bool) -> None:
        self._found.add(
            "budget_form",
            "info",
            Message("Budgetrader utan objekt lästes som det som inte är fördelat på objekt.")
            if left_over
            else Message("Budgetrader utan objekt lästes som kontots hela budget; raderna med objekt fördelar den."),
        )
