"""The weights that a year's number is spread over its weeks by."""

from collections.abc import Mapping

from vardbalans.engine.periods import Period, month_shares, swedish_calendar
from vardbalans.web import clock
from vardbalans.web.insight.selectors import Run
from vardbalans.web.planning.weeks import plan_weeks, weeks_of_year

__all__ = ["weights_of"]


def weights_of(profile: str, run: Run, unit_id: str, service_id: str, year: int) -> Mapping[str, float]:
    """Return the weight of each week of *year*: ``last_year``, ``working_days`` or ``even``.

    *unit_id* is the unit that has the service. ``last_year`` is what was done in the same weeks the year before the
    newest data end (of a list: who was treated; else the need that was met), week by week, or months split by working
    days; where nothing is known of them the working days are used.
    """
    days = {week.period: week.working_days for week in plan_weeks(year, clock.today())}
    if profile == "even":
        return dict.fromkeys(days, 1.0)
    if profile == "last_year":
        known = _last_year(run, unit_id, service_id, year)
        if sum(known.values()):
            return known
    return days


def _last_year(run: Run, unit_id: str, service_id: str, year: int) -> dict[str, float]:
    done = _done(run, unit_id, service_id)
    weeks = weeks_of_year(year)
    known = {period: value for period, value in done.items() if "-W" in period}
    if not known and done:
        known = _split_months(done)
    for back in range(1, 4):
        # Week 53 is there in some years only; the week before it stands for it where it is not.
        found = {week: known.get(_in_year(week, year - back), known.get(_before(week, year - back))) for week in weeks}
        if all(value is not None for value in found.values()):
            return {week: float(value or 0) for week, value in found.items()}
    return {}


def _in_year(week: str, year: int) -> str:
    return f"{year:04d}{week[4:]}"


def _before(week: str, year: int) -> str:
    return f"{year:04d}-W52" if week.endswith("W53") else _in_year(week, year)


def _done(run: Run, unit_id: str, service_id: str) -> Mapping[str, float]:
    """Return what was done of the service per week or month, as the newest figures tell it."""
    listed = run.stored.list_of(unit_id, service_id) if run.tells_waits else None
    if listed:
        return {row["period"]: row["treated"] for row in listed["history"] if row["treated"] is not None}
    told = run.stored.need(unit_id, service_id) if run.tells_need else None
    rows = (told["weeks"]["past"] or told["months"]["past"]) if told else []
    return {row["period"]: row["value"] for row in rows if row["value"] is not None}


def _split_months(months: Mapping[str, float]) -> dict[str, float]:
    """Return what each week had of the months, split by working days; only weeks wholly inside them."""
    periods = sorted(Period.parse(month) for month in months)
    first, last = Period.week_of(periods[0].start), Period.week_of(periods[-1].end)
    weeks = [first.next(n) for n in range((last.start - first.start).days // 7)]
    calendar = swedish_calendar(first.start.year, last.start.year)
    total = dict.fromkeys(map(str, weeks), 0.0)
    for month, shares in month_shares(weeks, calendar).items():
        for week, share in zip(weeks, shares, strict=True):
            total[str(week)] += float(share) * months.get(str(month), 0.0)
    return dict(list(total.items())[1:])  # the first week may begin before the months do
