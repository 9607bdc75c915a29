"""A waiting list in sentences: when it is within the guarantee, what its figures count, and what it takes."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vardbalans.data.tables import TABLES
from vardbalans.engine.waitlist.equity import equity_of
from vardbalans.web import numbers
from vardbalans.web.headings import column_choices

__all__ = [
    "conclusion",
    "equity",
    "group_name",
    "guarantee",
    "guarantee_interval",
    "hidden",
    "is_within",
    "list_facts",
    "measure_name",
    "production",
]

Row = Mapping[str, Any]
_GUARANTEES = next(column for column in TABLES["services"].columns if column.name == "guarantee")
_SEXES = next(column for column in TABLES["patients"].columns if column.name == "sex")
_ALL = 1.0


def hidden() -> str:
    """Return what stands in place of a figure of too few people."""
    return _("dold")


def is_within(row: Row) -> bool | None:
    """Tell whether everyone on the list is within the limit now, in days that count; None where that is not known."""
    share = row["waiting_law"] if row["waiting_law"] is not None else row["waiting_within"]
    return None if share is None else share >= _ALL


def guarantee(row: Row, first: str, weeks: int) -> str:
    """Return when the list is within the guarantee, shortly. *first* is the first of the *weeks* looked ahead."""
    if row["limit_days"] is None:
        return _("ingen gräns")
    if row["reached"] is None:
        now = _("inom gränsen nu") if is_within(row) else numbers.MISSING
        return _("se den gemensamma listan") if row.get("shares") else now
    if row["within_week"] is None:
        return _("inte på {weeks} veckor").format(weeks=weeks)
    if row["breaks_week"]:
        late = is_within(row) is False
        told = _("{first}, bryts troligen {week}") if late else _("nu, bryts troligen {week}")
        return told.format(first=numbers.week_and_year(first), week=numbers.week_and_year(row["breaks_week"]))
    if row["within_week"] == first and is_within(row):
        return _("nu och framåt")
    return numbers.week_and_year(row["within_week"])


def guarantee_interval(row: Row, weeks: int) -> str:
    """Return the 90 % interval of the week in which the list is within the guarantee; empty where it is no interval."""
    if not row["within_low"] or row["within_low"] == row["within_high"]:
        return ""
    last = numbers.week_and_year(row["within_high"]) if row["within_high"] else _("senare än {weeks} veckor")
    return f"{numbers.week_and_year(row['within_low'])} – {last.format(weeks=weeks)}"


def conclusion(row: Row, first: str, weeks: int) -> str:
    """Return the first sentence of a list's page: who waits, and when the list is within the guarantee."""
    waits = ngettext("{count} väntar.", "{count} väntar.", round(row["queue"])).format(
        count=numbers.number(row["queue"])
    )
    return f"{waits} {_promise(row, first, weeks)}".strip()


def _promise(row: Row, first: str, weeks: int) -> str:
    if row["limit_days"] is None:
        return _("Vårdgarantin sätter ingen gräns för den här väntan.")
    if row["reached"] is None:
        return ""
    if row["within_week"] is None:
        return _("Listan väntas inte komma inom vårdgarantin på {weeks} veckor, om produktionen är som i dag.").format(
            weeks=weeks
        )
    if row["breaks_week"]:
        told = (
            _("Alla väntas vara inom vårdgarantin {first}, men den bryts troligen {week}.")
            if is_within(row) is False
            else _("Alla är inom vårdgarantin nu, men den bryts troligen {week} om produktionen är som i dag.")
        )
        return told.format(first=numbers.week_and_year(first), week=numbers.week_and_year(row["breaks_week"]))
    if row["within_week"] == first and is_within(row):
        return _("Alla är inom vårdgarantin nu, och väntas vara det framåt om produktionen är som i dag.")
    interval = guarantee_interval(row, weeks)
    told = _("Listan väntas vara inom vårdgarantin {week}").format(week=numbers.week_and_year(row["within_week"]))
    if interval:
        told += " " + _("(90 % intervall {interval})").format(interval=interval)
    return told + "."


def list_facts(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return the sentences above several lists: how many wait, and how many lists break the guarantee."""
    rows = [row for row in rows if not row.get("is_shared")]  # their services are among the others
    if not rows:
        return ()
    first = ngettext("{people} väntar på {count} lista.", "{people} väntar på {count} listor.", len(rows)).format(
        people=numbers.number(sum(row["queue"] for row in rows)), count=numbers.number(len(rows))
    )
    limited = [row for row in rows if row["limit_days"] is not None and is_within(row) is not None]
    if not limited:
        return (first,)
    late = sum(not is_within(row) for row in limited)
    second = ngettext(
        "{late} av {count} lista med en gräns har någon som har väntat för länge.",
        "Av {count} listor med en gräns är det {late} där någon har väntat för länge.",
        len(limited),
    ).format(count=numbers.number(len(limited)), late=numbers.number(late))
    never = sum(row["within_week"] is None and row["reached"] is not None for row in limited)
    breaks = sum(row["breaks_week"] is not None for row in limited)
    third = _(
        "Listor som inte väntas komma inom gränsen på ett år: {never}. Inom den nu men väntas lämna den: {breaks}."
    ).format(never=numbers.number(never), breaks=numbers.number(breaks))
    return (f"{first} {second}", third) if never or breaks else (f"{first} {second}",)


def production(chosen: Row, row: Row) -> str:
    """Return what production it takes to be within the limit by the chosen week, against what is produced now."""
    until, now = chosen["until"], row["treated_per_week"]
    told = _(
        "För att alla ska vara inom gränsen {week} behöver {mean} behandlas en vanlig vecka "
        "(90 % intervall {low}–{high})."
    ).format(
        week=numbers.week_and_year(chosen["by"]),
        mean=numbers.number(until["mean"], 1),
        low=numbers.number(until["q05"], 1),
        high=numbers.number(until["q95"], 1),
    )
    more = until["mean"] - now
    against = (
        _("Det är {more} fler än det senaste årets {now} i veckan.")
        if more > 0
        else _("Det är inte fler än det senaste årets {now} i veckan.")
    )
    return f"{told} {against.format(more=numbers.number(more, 1), now=numbers.number(now, 1))}"


def measure_name(measure: str | None) -> str:
    """Return the part of the guarantee that a measure follows."""
    if measure in (None, "none"):
        return _("Utan gräns i vårdgarantin")
    return column_choices(_GUARANTEES).get(measure, measure)


def group_name(row: Row) -> str:
    """Return the name of the group of people that *row* is of; a priority with the code that is recorded."""
    dimension, group, name = row["dimension"], row["group"], row.get("group_name")
    if group is None:
        return _("Utan prioritet") if dimension == "priority" else _("Inte känt")
    if name:
        return f"{group} – {name}"
    return column_choices(_SEXES).get(group, str(group)) if dimension == "sex" else str(group)


def equity(part: str, groups: Mapping[str, Row | None]) -> str:
    """Return which of *groups*, name → figures, waits longest and shortest; nothing where fewer than two are told."""
    found = equity_of({name: figures["median_days"] for name, figures in groups.items() if figures})
    if found is None or found.longest_days == found.shortest_days:
        return ""
    if part == "waiting":
        sentence = _("Väntande: längst median har {longest}, {most} dagar, och kortast {shortest}, {least}.")
    else:
        sentence = _("Behandlade: längst median har {longest}, {most} dagar, och kortast {shortest}, {least}.")
    told = sentence.format(
        longest=found.longest,
        most=numbers.number(found.longest_days),
        shortest=found.shortest,
        least=numbers.number(found.shortest_days),
    )
    if found.ratio is None:
        return told
    return f"{told} " + _("Det är {ratio} gånger så länge.").format(ratio=numbers.number(found.ratio, 1))
