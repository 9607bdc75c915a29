"""What a typed cell can be told about: its codes, which of them keep the value, and the sentence of each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from vardbalans.data.tables import Column
from vardbalans.engine.messages import Message

__all__ = ["NOTED", "SENTENCES", "TOO_LARGE", "Cells"]

TOO_LARGE = 1e15
"""The least number that is not read: nothing in care is as large, and its square must be a number."""


@dataclass(frozen=True)
class Cells:
    """Typed *values* and, for every cell, the code of what is wrong with it (null when nothing is).

    Codes in :data:`NOTED` keep their value; under all others the value is null.
    """

    values: pa.Array
    codes: pa.Array


NOTED = frozenset(
    {"ambiguous_time", "nonexistent_time", "date_without_time", "time_left_out", "serial_date", "blank_is_no"}
)
"""Codes of cells that were read, but in a way the person should know of."""

SENTENCES: Mapping[str, Callable[[Column, str], Message]] = {
    "not_a_number": lambda column, value: Message(
        "{header}: {value} är inget tal. Skriv bara siffror, till exempel {example}.",
        header=column.header,
        value=value,
        example=column.example,
    ),
    "ambiguous_number": lambda column, value: Message(
        "{header}: {value} kan betyda både tusental och decimaler. Skriv tal utan tusenavskiljare och med "
        "decimalkomma.",
        header=column.header,
        value=value,
    ),
    "too_large": lambda column, value: Message(
        "{header}: {value} är för stort. Ett tal får ha högst 15 siffror före decimaltecknet.",
        header=column.header,
        value=value,
    ),
    "not_an_integer": lambda column, value: Message(
        "{header}: {value} är inget heltal. Skriv ett tal utan decimaler.", header=column.header, value=value
    ),
    "too_many_decimals": lambda column, value: Message(
        "{header}: {value} har fler än två decimaler. Skriv kronor och hela ören.", header=column.header, value=value
    ),
    "not_a_date": lambda column, value: Message(
        "{header}: {value} är inget datum. Skriv som 2026-05-17.", header=column.header, value=value
    ),
    "ambiguous_date": lambda column, value: Message(
        "{header}: {value} kan läsas som flera olika datum. Skriv som 2026-05-17, eller ange formen i en profil.",
        header=column.header,
        value=value,
    ),
    "serial_date": lambda column, value: Message(
        "{header}: {value} är ett kalkylblads dagnummer. Det lästes som datum; skriv hellre som 2026-05-17.",
        header=column.header,
        value=value,
    ),
    "time_left_out": lambda column, value: Message(
        "{header}: {value} har klockslag. Bara dagen lästes.", header=column.header, value=value
    ),
    "not_a_datetime": lambda column, value: Message(
        "{header}: {value} är ingen tidpunkt. Skriv som 2026-05-17 08:30.", header=column.header, value=value
    ),
    "not_a_boolean": lambda column, value: Message(
        "{header}: {value} är varken ja eller nej. Skriv ja eller nej.", header=column.header, value=value
    ),
    "blank_is_no": lambda column, _value: Message(
        "{header}: tomma celler lästes som nej, eftersom kolumnen är ifylld med X.", header=column.header
    ),
    "not_a_period": lambda column, value: Message(
        "{header}: {value} är ingen period. Skriv vecka 2026-W05, månad 2026-05 eller dag 2026-05-17.",
        header=column.header,
        value=value,
    ),
    "ambiguous_period": lambda column, value: Message(
        "{header}: {value} kan vara både en månad och en vecka. Skriv 2026-05 eller 2026-W05.",
        header=column.header,
        value=value,
    ),
    "ambiguous_time": lambda column, value: Message(
        "{header}: {value} finns två gånger den natten (sommartiden slutar). Den lästes som sommartid; skriv "
        "+01:00 efter om det var vintertid.",
        header=column.header,
        value=value,
    ),
    "nonexistent_time": lambda column, value: Message(
        "{header}: {value} finns inte den natten (sommartiden börjar). Den lästes en timme senare.",
        header=column.header,
        value=value,
    ),
    "date_without_time": lambda column, value: Message(
        "{header}: {value} saknar klockslag. Den lästes som midnatt.", header=column.header, value=value
    ),
}
