"""The core statements of cost per patient: the same öre from DuckDB, from PostgreSQL and from the plain reference."""

import re

import duckdb
import numpy as np
import psycopg
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.web import postgresql
from vardbalans.data.queries import text_of
from vardbalans.engine.cost import Pool, Rate, rates
from vardbalans.engine.cost.contacts import rounded, summed

Rows = list[tuple[int, int, int]]


def rates_of(rows: Rows, ore: dict[int, int]) -> tuple[Rate, ...]:
    """Return the rates of pools that cost *ore*, used by *rows*."""
    used: dict[str, tuple[int, int]] = {}
    for _, pool, quantity in rows:
        before = used.get(str(pool), (0, 0))
        used[str(pool)] = before[0] + quantity, before[1] + 1
    return rates([Pool(str(pool), "K", {"p": cost}, {}) for pool, cost in ore.items()], used, {})[0]


def reference(rows: Rows, found: tuple[Rate, ...]) -> dict[int, int]:
    """Return öre by contact as the engine counts them, one row at a time."""
    by_pool = {rate.pool_id: rate for rate in found}
    sums = summed([(contact, str(pool), quantity) for contact, pool, quantity in rows], by_pool)
    return rounded(sums, found[0].scale, sum(rate.used_ore for rate in found))


def of_duckdb(rows: Rows, found: tuple[Rate, ...]) -> tuple[dict[int, int], list]:
    """Return öre by contact, and the quantities by pool."""
    with duckdb.connect() as con:
        numbers, pools, quantities = zip(*rows, strict=True)
        con.register("activity", pa.table({"number": numbers, "pool": pools, "quantity": quantities}))
        whole = {int(rate.pool_id): rate.whole for rate in found}
        con.register("rates", pa.table({"pool": list(whole), "whole": list(whole.values())}))
        con.execute(f"create table sums as {text_of('cost_sums')}")
        values = {"scale": found[0].scale, "total": sum(rate.used_ore for rate in found)}
        used = con.execute(text_of("cost_quantities")).fetchall()
        return dict(con.execute(text_of("cost_rounded"), values).fetchall()), used


activity = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 2), st.integers(1, 10**8)),
    min_size=1,
    max_size=50,
)


@settings(max_examples=25, deadline=None)
@given(rows=activity, cost=st.tuples(*[st.integers(0, 10**12)] * 3))
@example(rows=[(contact, 0, 1000) for contact in range(7)], cost=(100, 0, 0))  # all have lost as much: first by number
def test_duckdb_is_the_reference(rows, cost) -> None:
    """Contact by contact, on any activity."""
    found = rates_of(rows, dict(enumerate(cost)))
    assert of_duckdb(rows, found)[0] == reference(rows, found)


@pytest.mark.postgres
def test_postgresql_is_the_reference() -> None:
    """Contact by contact, on 5 000 rows: the same text, and nothing lost."""
    rng = np.random.default_rng(8)
    contacts, pools, quantities = (
        rng.integers(0, 900, 5_000),
        rng.integers(0, 12, 5_000),
        rng.integers(1, 10**7, 5_000),
    )
    rows = [(int(c), int(p), int(q)) for c, p, q in zip(contacts, pools, quantities, strict=True)]
    found = rates_of(rows, {pool: int(ore) for pool, ore in enumerate(rng.integers(10**6, 10**11, 12))})
    with postgresql.running() as address, psycopg.connect(address) as con:
        con.execute("create temp table activity(number bigint, pool integer, quantity bigint)")
        with con.cursor().copy("copy activity from stdin") as copy:
            for row in rows:
                copy.write_row(row)
        con.execute("create temp table rates(pool integer, whole bigint)")
        with con.cursor().copy("copy rates from stdin") as copy:
            for rate in found:
                copy.write_row((int(rate.pool_id), rate.whole))
        con.execute(f"create temp table sums as {text_of('cost_sums')}")
        named = re.sub(r"\$(\w+)", r"%(\1)s", text_of("cost_rounded").replace("%", "%%"))
        values = {"scale": found[0].scale, "total": sum(rate.used_ore for rate in found)}
        answer = {number: int(ore) for number, ore in con.execute(named, values).fetchall()}
        used = con.execute(text_of("cost_quantities")).fetchall()
    mine, quantities_here = of_duckdb(rows, found)
    assert answer == mine == reference(rows, found)
    assert used == quantities_here
    assert sum(answer.values()) == sum(rate.ore for rate in found)
