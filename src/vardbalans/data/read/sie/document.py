"""What a SIE file says of itself: who made it and of whom, which years, which accounts, dimensions and objects."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from vardbalans.data.read.sie.syntax import amount_ore, month, objects_of, year_index

__all__ = ["Account", "Balances", "Chart", "Dimension", "Handler", "Heading"]

Handler = Callable[[list[str]], None]

KINDS = {"T": "asset", "S": "liability", "K": "cost", "I": "revenue"}
"""The kinds of ``#KTYP``."""

_BALANCES: Mapping[str, tuple[Callable[[str], object], ...]] = {
    "#IB": (year_index, str, amount_ore),
    "#UB": (year_index, str, amount_ore),
    "#RES": (year_index, str, amount_ore),
    "#OIB": (year_index, str, objects_of, amount_ore),
    "#OUB": (year_index, str, objects_of, amount_ore),
    "#PSALDO": (year_index, month, str, objects_of, amount_ore),
}
"""What the fields of each balance are; a quantity may follow."""

_TEXTS = {
    "#FORMAT": "format",
    "#GEN": "generated",
    "#FNAMN": "name",
    "#FNR": "number",
    "#ORGNR": "organisation_number",
    "#FTYP": "form",
    "#TAXAR": "tax_year",
    "#OMFATTN": "balances_until",
    "#KPTYP": "chart_kind",
    "#VALUTA": "currency",
    "#BKOD": "industry",
}


@dataclass
class Heading:
    """The identification, each text as the file has it; empty where it says nothing.

    *flag* is 1 when a receiver has read the file already. *sie_type* is None when the file does not say.
    """

    flag: int = 0
    sie_type: int | None = None
    program: tuple[str, ...] = ()
    texts: dict[str, str] = field(default_factory=dict)

    def handlers(self) -> dict[str, Handler]:
        """Return what takes the fields of each label."""
        texts = {label: self._text(name) for label, name in _TEXTS.items()}
        return texts | {
            "#FLAGGA": self._flag,
            "#SIETYP": self._type,
            "#PROGRAM": self._program,
            # What may name a person, and is not needed, is not kept.
            "#ADRESS": _pass_over,
            "#PROSA": _pass_over,
        }

    def __getitem__(self, name: str) -> str:
        return self.texts.get(name, "")

    def _text(self, name: str) -> Handler:
        def take(items: list[str]) -> None:
            self.texts[name] = items[0].strip() if items else ""

        return take

    def _flag(self, items: list[str]) -> None:
        self.flag = int(items[0])

    def _type(self, items: list[str]) -> None:
        # 4I and 4E are the same type, on its way in and out.
        self.sie_type = int(items[0].upper().rstrip("IE"))
        if self.sie_type not in range(1, 6):
            raise ValueError(items)

    def _program(self, items: list[str]) -> None:
        self.program = tuple(item.strip() for item in items)


@dataclass
class Account:
    """An account: *kind* is a value of :data:`KINDS`, *unit* what its quantities are counted in, *sru* tax codes."""

    number: str
    name: str = ""
    kind: str | None = None
    unit: str | None = None
    sru: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Dimension:
    """A dimension; *parent* is the dimension it is a part of (``#UNDERDIM``)."""

    number: str
    name: str
    parent: str | None = None


class Chart:
    """The accounts, dimensions and objects. Labels come in any order: what is said of an account waits for it.

    Some programs write a label for every account and leave the value out; that says nothing.
    """

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.dimensions: dict[str, Dimension] = {}
        self.objects: dict[tuple[str, str], str] = {}
        self._known: dict[str, Account] = {}

    def handlers(self) -> dict[str, Handler]:
        """Return what takes the fields of each label."""
        return {
            "#KONTO": self._account,
            "#KTYP": self._kind,
            "#ENHET": self._unit,
            "#SRU": self._sru,
            "#DIM": self._dimension,
            "#UNDERDIM": self._dimension,
            "#OBJEKT": self._object,
        }

    @classmethod
    def passed_over(cls) -> dict[str, Handler]:
        """Return what takes the same labels and keeps nothing."""
        return dict.fromkeys(cls().handlers(), _pass_over)

    def _of(self, number: str) -> Account:
        return self._known.setdefault(number, Account(number))

    def _account(self, items: list[str]) -> None:
        number, name = [*items, ""][:2]
        self.accounts[number] = self._of(number)
        self.accounts[number].name = name.strip()

    def _kind(self, items: list[str]) -> None:
        number, kind = [*items, ""][:2]
        self._of(number).kind = KINDS[kind.upper()] if kind else None

    def _unit(self, items: list[str]) -> None:
        number, unit = [*items, ""][:2]
        self._of(number).unit = unit or None

    def _sru(self, items: list[str]) -> None:
        number, code = [*items, ""][:2]
        self._of(number).sru += [code] if code else []

    def _dimension(self, items: list[str]) -> None:
        number, name, parent = [*items, "", ""][:3]
        self.dimensions[number] = Dimension(number, name.strip(), parent or None)

    def _object(self, items: list[str]) -> None:
        dimension, number, name = [*items, ""][:3]
        self.objects[dimension, number] = name.strip()


class Balances:
    """Reads and counts the balances. They are never added to the transactions, which they are the sums of."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(_BALANCES, 0)

    def handlers(self) -> dict[str, Handler]:
        """Return what takes the fields of each label."""
        return {label: self._counter(label) for label in _BALANCES}

    def _counter(self, label: str) -> Handler:
        kinds = _BALANCES[label]

        def take(items: list[str]) -> None:
            for read, item in zip(kinds, items[: len(kinds)], strict=True):
                read(item)
            self.counts[label] += 1

        return take


def _pass_over(_items: list[str]) -> None:
    """Take the fields of a label that is not needed."""
