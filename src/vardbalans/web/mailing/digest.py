"""What the Monday letter says, in the language that is active: what needs the person now, with links.

Nothing of patients and no small numbers: of waiting lists only which and when, never how many people.
"""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vardbalans.engine.early_warning import early
from vardbalans.engine.periods import Period
from vardbalans.web import numbers
from vardbalans.web.insight.selectors import Reader, Run, latest_run, reader
from vardbalans.web.insight.waits_sentences import is_within
from vardbalans.web.intake.data_page import data_page
from vardbalans.web.people.models import User
from vardbalans.web.planning.selectors import awaiting

__all__ = ["digest_of"]

_SHOWN = 10
_FEWEST_WEEKS = 4


def digest_of(user: User, week: str, base: str) -> tuple[str, str]:
    """Return the subject and the text of *user*'s letter of *week*; *base* is where the app answers."""
    base = base.rstrip("/")
    run, seen = latest_run(), reader(user)
    parts = [_plans(user, seen, base)]
    if run is not None:
        parts += [_warnings(run, seen, base), _guarantee(run, seen, base)]
    parts.append(_stale(user, base))
    found = [lines for part in parts if (lines := list(part))]
    if not found:
        found = [[_("Ingenting kräver dig den här veckan.")]]
    subject = _("Vårdbalans {week}: det här kräver dig").format(week=numbers.week(week).replace(numbers.NBSP, " "))
    end = [
        _("Öppna Vårdbalans: {address}").format(address=f"{base}/"),
        _("Sluta få brevet: {address}").format(address=f"{base}{reverse('mailing:choose')}"),
    ]
    return subject, "\n\n".join("\n".join(lines) for lines in (*found, end)).replace(numbers.NBSP, " ") + "\n"


def _plans(user: User, seen: Reader, base: str) -> Iterator[str]:
    found = awaiting(user, seen.scope)
    if not found:
        return
    yield ngettext("{count} plan väntar på ditt beslut:", "{count} planer väntar på ditt beslut:", len(found)).format(
        count=len(found)
    )
    for version in found[:_SHOWN]:
        unit = seen.tree.units[version.plan.unit_id].name
        address = base + reverse("planning:plan", args=[version.pk])
        yield f"- {version.plan.name} {version.plan.year}, {unit}: {address}"
    yield from _rest(len(found))


def _warnings(run: Run, seen: Reader, base: str) -> Iterator[str]:
    found = early(run.stored.warnings(seen.scope), Period.week_of(run.today), run.stored.warning_rule())
    found = tuple(row for row in found if row.weeks_left >= _FEWEST_WEEKS)
    if not found:
        return
    yield ngettext(
        "{count} tidig varning om brist, minst {weeks} veckor bort:",
        "{count} tidiga varningar om brist, minst {weeks} veckor bort:",
        len(found),
    ).format(count=len(found), weeks=_FEWEST_WEEKS)
    for row in found[:_SHOWN]:
        warning = row.warning
        address = base + reverse("insight:balance", args=[warning.unit_id])
        unit = seen.tree.units[warning.unit_id].name
        begins = numbers.week_and_year(warning.first_week)
        yield _("- {name}, {unit}, från {week}: {address}").format(
            name=warning.name, unit=unit, week=begins, address=address
        )
    yield from _rest(len(found))


def _guarantee(run: Run, seen: Reader, base: str) -> Iterator[str]:
    rows = run.waiting_lists(seen.scope) if run.tells_waits else ()
    limited = [row for row in rows if row["limit_days"] is not None and is_within(row) is not None]
    late = sum(not is_within(row) for row in limited)
    if late:
        yield _("Vårdgarantin hålls inte för {late} av {count} väntelistor: {address}").format(
            late=late, count=len(limited), address=base + reverse("insight:waits")
        )


def _stale(user: User, base: str) -> Iterator[str]:
    names = [line.table for line in data_page(user).fresh if line.stale]
    if names:
        yield _("Uppgifterna är för gamla i {tables}: {address}").format(
            tables=", ".join(dict.fromkeys(names)), address=base + reverse("intake:data")
        )


def _rest(count: int) -> Iterator[str]:
    if count > _SHOWN:
        yield _("- och {more} till").format(more=count - _SHOWN)
