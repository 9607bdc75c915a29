"""Numbers of people for tests: the birth numbers 980-999 are kept for tests by Skatteverket and are nobody's."""

from collections.abc import Iterator
from datetime import date

TODAY = date(2026, 11, 22)


def check_digit(nine: str) -> str:
    """Return the check digit, by hand as SKV 704 describes it: weights 2, 1, 2 …, the sum of the products' digits."""
    products = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(nine)]
    return str(-sum(product // 10 + product % 10 for product in products) % 10)


def personal_number(born: date, serial: int = 980, day_plus: int = 0) -> str:
    """Return twelve digits; *day_plus* 60 makes a coordination number."""
    nine = f"{born:%y%m}{born.day + day_plus:02d}{serial:03d}"
    return f"{born.year // 100}{nine}{check_digit(nine)}"


def written(number: str, today: date = TODAY) -> Iterator[str]:
    """Yield every way to write the twelve digits of *number* that tells whose it is."""
    old = today.year - int(number[:4]) >= 100
    mark = "+" if old else "-"
    yield number
    yield f"{number[:8]}{mark}{number[8:]}"
    yield f"{number[:8]}-{number[8:]}"
    yield f"{number[2:8]}{mark}{number[8:]}"
    yield f"{number[2:8]}{' ' if not old else ''}{mark}{number[8:]}"
    yield f"http://electronichealth.se/identifier/personnummer|{number}"
    if not old:
        yield number[2:]
        yield f"{number[2:8]}–{number[8:]}"
