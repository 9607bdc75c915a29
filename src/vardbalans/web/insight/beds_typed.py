"""The changes of beds as they are typed in the form, read into those that can be played."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.utils.translation import gettext as _

from vardbalans.data.beds_changes import change_of
from vardbalans.engine.errors import BadInput
from vardbalans.web import numbers
from vardbalans.web.translate import kept, said

__all__ = ["FIELDS", "Typed", "TypedChange"]

FIELDS = (
    "acute_beds",
    "beds",
    "beds_ward",
    "beds_weeks",
    "staff",
    "staff_ward",
    "staff_each",
    "day",
    "day_ward",
    "stay",
    "stay_ward",
    "weekend",
    "surge",
    "surge_ward",
    "surge_weeks",
    "surge_elective",
)
_NEW_WARD = "KAVA"
_WEEKS = re.compile(r"\d{1,2}-\d{1,2}")


class TypedChange(NamedTuple):
    """A change: its kind and text as :func:`~vardbalans.data.beds_changes.change_of` reads them, and in words."""

    kind: str
    text: str
    words: str


@dataclass
class Typed:
    """The fields *given*, the *wards* by name, and those whose acute patients a new ward takes.

    What cannot be read is told in *problems*.
    """

    given: Mapping[str, str]
    wards: Mapping[str, str]
    acute_from: Sequence[str]
    problems: list[str] = field(default_factory=list)

    def changes(self) -> tuple[TypedChange, ...]:
        """Return the changes that can be played."""
        read = (
            self._new_ward(),
            self._beds(),
            self._staffed(),
            self._day_surgery(),
            self._stay(),
            self._weekend(),
            self._surge(),
        )
        return tuple(change for change in read if change and self._fits(change))

    def _fits(self, change: TypedChange) -> bool:
        try:
            change_of(change.kind, change.text)
        except BadInput as error:
            self.problems.append(said(kept(error.message)))
            return False
        return True

    def _number(self, name: str, low: float, high: float, *, whole: bool = False) -> float | None:
        text = self.given[name].replace(numbers.MINUS, "-").replace(",", ".")
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if low <= value <= high and not (whole and value != int(value)):
            return value
        what = (
            _("”{text}” ska vara ett heltal från {low} till {high}.")
            if whole
            else _("”{text}” ska vara ett tal från {low} till {high}.")
        )
        self.problems.append(what.format(text=self.given[name], low=numbers.number(low), high=numbers.number(high)))
        return None

    def _ward(self, name: str) -> str | None:
        """Return the ward chosen in the field; None, and a problem, where it is none of them."""
        if self.given[name] in self.wards:
            return self.given[name]
        self.problems.append(_("Välj en vårdavdelning."))
        return None

    def _weeks(self, name: str) -> str:
        text = self.given[name].replace("–", "-").replace(" ", "")
        if text and not _WEEKS.fullmatch(text):
            self.problems.append(_("”{text}” ska vara veckor, till exempel 28-31.").format(text=self.given[name]))
            return ""
        return text

    def _new_ward(self) -> TypedChange | None:
        beds = self._number("acute_beds", 1, 200, whole=True)
        if beds is None:
            return None
        if not self.acute_from:
            self.problems.append(_("Välj vilka avdelningars akuta patienter som ska höra till den nya avdelningen."))
            return None
        words = _("Ny akutavdelning med {beds} vårdplatser för de akuta från {wards}").format(
            beds=round(beds), wards=", ".join(self.wards[ward] for ward in self.acute_from)
        )
        return TypedChange("new-ward", f"{_NEW_WARD}={round(beds)}:{','.join(self.acute_from)}", words)

    def _beds(self) -> TypedChange | None:
        beds = self._number("beds", -200, 200, whole=True)
        if not beds or (ward := self._ward("beds_ward")) is None:
            return None
        weeks = self._weeks("beds_weeks")
        words = _("{beds} vårdplatser på {ward}, {when}").format(
            beds=numbers.number(beds, sign=True),
            ward=self.wards[ward],
            when=_("vecka {weeks}").format(weeks=weeks) if weeks else _("hela året"),
        )
        return TypedChange("beds", f"{ward}={round(beds)}" + (f":{weeks}" if weeks else ""), words)

    def _staffed(self) -> TypedChange | None:
        staff = self._number("staff", 0, 500)
        if staff is None or (ward := self._ward("staff_ward")) is None:
            return None
        each = self._number("staff_each", 0.1, 50)
        if each is None:
            self.problems.append(_("Skriv hur många patienter som var och en har."))
            return None
        words = _("Bemanning på {ward} för {staff} medarbetare med {each} patienter var").format(
            ward=self.wards[ward], staff=_shown(staff), each=_shown(each)
        )
        return TypedChange("staffed", f"{ward}={staff:.2f}:{each:.2f}", words)

    def _day_surgery(self) -> TypedChange | None:
        share = self._number("day", 0, 100)
        if share is None or (ward := self._ward("day_ward")) is None:
            return None
        words = _("{share} % av de planerade på {ward} som dagkirurgi")
        return TypedChange(
            "day-surgery", f"{ward}={share / 100:.4f}", words.format(share=_shown(share), ward=self.wards[ward])
        )

    def _stay(self) -> TypedChange | None:
        share = self._number("stay", 0, 90)
        if share is None or (ward := self._ward("stay_ward")) is None:
            return None
        words = _("{share} % kortare vårdtid på {ward}").format(share=_shown(share), ward=self.wards[ward])
        return TypedChange("shorter-stay", f"{ward}={1 - share / 100:.4f}", words)

    def _weekend(self) -> TypedChange | None:
        share = self._number("weekend", 0, 100)
        if share is None:
            return None
        words = _("Helgens utskrivningar {share} % av vägen till vardagens").format(share=_shown(share))
        return TypedChange("weekend", f"{share / 100:.4f}", words)

    def _surge(self) -> TypedChange | None:
        per_day = self._number("surge", 0, 500)
        if per_day is None or (ward := self._ward("surge_ward")) is None:
            return None
        weeks, elective = self._weeks("surge_weeks"), self._number("surge_elective", 0, 100)
        if not weeks:
            self.problems.append(_("Skriv under vilka veckor krisen pågår, till exempel 10-14."))
            return None
        words = _(
            "{count} fler akuta per dag till {ward} vecka {weeks}, {share} % av den planerade vården består"
        ).format(
            count=_shown(per_day),
            ward=self.wards[ward],
            weeks=weeks,
            share=_shown(100 if elective is None else elective),
        )
        share = "" if elective is None else f":{elective / 100:.4f}"
        return TypedChange("surge", f"{ward}={per_day:.4f}:{weeks}{share}", words)


def _shown(value: float) -> str:
    return numbers.number(value, 0 if value == int(value) else 1)
