"""What looks like a Swedish personal or coordination number, as SQL predicates.

Ten or twelve digits, with or without a mark (``-``, ``+``, any dash) before the last four, that stand alone (no letter
or digit next to them), have a possible date (days 61-91 in coordination numbers) and a right check digit (Luhn over
the last ten). Source: Skatteverket, SKV 704 and SKV 707.
"""

import math

__all__ = ["MARKS", "check_digit_holds", "looks_personal", "personal_id", "shaped_personal"]

MARKS = "-+\u2010\u2011\u2012\u2013\u2014\u2212"
"""What stands before the last four digits: hyphen or plus, and the dashes that word processors put in their place."""

_NUMBER = (
    r"(?:^|[^0-9A-Za-z])(?:18|19|20)?"
    rf"(\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]|6[1-9]|[78]\d|9[01])[{MARKS}]?\d{{4}})"
    r"(?:$|[^0-9A-Za-z])"
)
_MARKED = rf"\d{{6}}[{MARKS}]\d{{4}}(?:$|[^0-9A-Za-z])"
_BY_CHANCE = 0.1
_ODDS = 10_000


def shaped_personal(column: str) -> str:
    """Return the cheap SQL predicate that is true wherever :func:`looks_personal` is, and seldom elsewhere."""
    return f"(strlen({column}) >= 10 and regexp_matches({column}, '{_NUMBER}'))"


def looks_personal(column: str) -> str:
    """Return the SQL predicate that is true where the text *column* holds what looks like a personal number."""
    digits = f"try_cast(regexp_replace(regexp_extract({column}, '{_NUMBER}', 1), '[{MARKS}]', '') as bigint)"
    return f"(case when {shaped_personal(column)} then {check_digit_holds(digits)} else false end)"


def personal_id(column: str) -> str:
    """Return the SQL predicate for a *column* of ids, in a query over ``rows``: true where one is a personal number.

    A source may number its contacts with ten digits, and some of those numbers look personal by chance: 12 of 100 have
    a possible month, 62 of 100 a possible day, and one in ten of them the right check digit, 0.7 % in all. The last
    share holds however ids are made, of dates too: the check digit permutes every single digit, so of any ten ids in a
    row just one has it right. Bare digits count therefore only when the distinct ids of their shape have it right more
    often than chance lets happen in one column of 10 000 (Chernoff's bound: h or more of n come by chance with a
    probability below exp(-n·KL(h/n, 0.1))): five of five, 25 of 100, 1 132 of 10 000. A number written with its mark
    is nobody's serial number and always counts.
    """
    marked = f"regexp_matches({column}, '{_MARKED}')"
    return f"({looks_personal(column)} and ({marked} or {_beyond_chance(column)}))"


def _beyond_chance(column: str) -> str:
    divergence = (
        f"hits * ln(nullif(hits, 0) / ({_BY_CHANCE} * shaped)) "
        f"+ coalesce((shaped - hits) * ln(nullif(shaped - hits, 0) / ({1 - _BY_CHANCE} * shaped)), 0)"
    )
    counted = (
        f"count(distinct {column}) filter (where {shaped_personal(column)}) as shaped, "
        f"count(distinct {column}) filter (where {looks_personal(column)}) as hits"
    )
    return (
        f"(select hits > {_BY_CHANCE} * shaped and {divergence} > {math.log(_ODDS)} from (select {counted} from rows))"
    )


def check_digit_holds(number: str) -> str:
    """Return SQL for: the ten digits of *number* (a bigint) have a right check digit (Luhn)."""
    terms = []
    for place in range(10):
        digit = f"(({number} // {10**place}) % 10)"
        # Every second digit from the right is doubled, and its own digits are added.
        terms.append(digit if place % 2 == 0 else f"(2 * {digit}) // 10 + (2 * {digit}) % 10")
    return f"({' + '.join(terms)}) % 10 = 0"
