"""What is told of a service's need beside its weeks ahead, put together with its reasons: last year, change, years."""

from collections.abc import Mapping, Sequence
from typing import Any

from vardbalans.engine.explain import Figure, Source, Step
from vardbalans.engine.messages import Message
from vardbalans.engine.need.forecast import YEAR
from vardbalans.engine.periods import Period

__all__ = ["NEED_FIGURES", "interval_steps", "need_more"]

NEED_FIGURES = ("need_last", "need_change", "need_growth", "need_outcome", "need_month", "need_year")
"""``need_last``, ``need_change`` and ``need_growth`` are of the run; the others of a period counted, a month ahead and
a year ahead."""

Row = Mapping[str, Any]
_PARTS = {
    "number": Message("antal invånare"),
    "structure": Message("invånarnas ålder, kön och område"),
    "rate": Message("antal per invånare"),
    "adjusted": Message("planerares justeringar"),
}


def need_more(row: Row, name: str, period: str, weeks: Sequence[str], source: Source | None) -> Figure | None:
    """Return the figure *name* (of :data:`NEED_FIGURES`) of a need's stored *row*; None where there is none.

    *weeks* are the run's, *source* the rows that the history was counted from. What is of the run is asked for by its
    whole span, ``first..last``.
    """
    whole = f"{weeks[0]}..{weeks[-1]}"
    makers = {"need_last": _last, "need_change": _change, "need_growth": _growth}
    if name in makers:
        return makers[name](row, weeks, source) if period == whole else None
    if name == "need_outcome":
        return _outcome(row, period, source)
    return _month(row, period) if name == "need_month" else _year(row, period, whole)


def interval_steps(low: float, high: float) -> tuple[Step, Step]:
    """Return the ends of an 80 % interval as steps."""
    return (
        Step(Message("80 % intervall, nedre gräns"), low, "activities"),
        Step(Message("80 % intervall, övre gräns"), high, "activities"),
    )


def _past(row: Row) -> list[Row]:
    """Return the periods counted, as the need is counted: by week or by month."""
    found: list[Row] = row[f"{row['frequency']}s"]["past"]
    return found


def _counted(each: Row, source: Source | None) -> Step:
    """Return one period counted, with its rows."""
    period = Period.parse(each["period"])
    rows = source and source.narrowed(since=str(period), until=str(period.next()))
    return Step(Message("{period}", period=each["period"]), each["value"], "activities", None, rows)


def _about(row: Row, figure: str, week: str) -> tuple[tuple[str, str], ...]:
    return (("figure", figure), ("service", row["service_id"]), ("week", week))


def _last(row: Row, _weeks: Sequence[str], source: Source | None) -> Figure | None:
    if row["last_year"] is None:
        return None
    terms = tuple(_counted(each, source) for each in _past(row)[-YEAR[row["frequency"]] :])
    formula = Message("Senaste året = summan av utfallet i de senaste 52 veckorna, eller 12 månaderna, som är räknade")
    return Figure("need_last", row["last_year"], "activities", formula, terms)


def _change(row: Row, weeks: Sequence[str], source: Source | None) -> Figure | None:
    if row["change"] is None:
        return None
    past, year = _past(row), YEAR[row["frequency"]]
    if row["frequency"] == "month":
        mine, scale = past[-year:], len(weeks) / (365.25 / 7)
        label = Message("de senaste tolv månaderna, omräknade till lika många veckor")
    else:
        same = {str(Period.parse(week).next(-year)) for week in weeks}
        mine, scale = [each for each in past if each["period"] in same], 1.0
        label = Message("samma veckor förra året")
    before = sum(each["value"] for each in mine) * scale
    rows = source and source.narrowed(since=mine[0]["period"], until=str(Period.parse(mine[-1]["period"]).next()))
    inputs = (
        Step(
            Message("väntat behov"),
            row["total"],
            "activities",
            of=_about(row, "need_total", f"{weeks[0]}..{weeks[-1]}"),
        ),
        Step(label, before, "activities", None, rows),
    )
    terms = (
        Step(Message("väntat behov ÷ behovet i samma veckor förra året"), row["total"] / before, "share"),
        Step(Message("förra året som helhet"), -1.0, "share"),
    )
    formula = Message("Ändring = väntat behov ÷ behovet i samma veckor förra året − 1")
    return Figure("need_change", row["change"], "share", formula, terms, inputs)


def _growth(row: Row, weeks: Sequence[str], source: Source | None) -> Figure | None:
    if row["growth"] is None:
        return None
    formula = Message("Tillväxt per år = historikens trend, rensad från arbetsdagar och årstid, som andel per år")
    term = Step(Message("trenden i historiken"), row["growth"], "share", None, source)
    inputs = [
        Step(Message("95 % intervall, nedre gräns"), row["growth_low"], "share"),
        Step(Message("95 % intervall, övre gräns"), row["growth_high"], "share"),
    ]
    if row["last_year"] is not None:
        about = _about(row, "need_last", f"{weeks[0]}..{weeks[-1]}")
        inputs.append(Step(Message("senaste året"), row["last_year"], "activities", of=about))
    return Figure("need_growth", row["growth"], "share", formula, (term,), tuple(inputs))


def _outcome(row: Row, period: str, source: Source | None) -> Figure | None:
    shown = next((kind for kind in ("weeks", "months") if row[kind] and _at(row[kind]["past"], period)), None)
    if shown is None:
        return None
    each = _at(row[shown]["past"], period)
    split = shown == "months" and row["frequency"] == "week"
    formula = (
        Message("Utfall = veckornas utfall, delade på månader efter arbetsdagar; raderna är månadens egna")
        if split
        else Message("Utfall = det som är räknat i perioden, en rad var eller summerat i källan")
    )
    return Figure("need_outcome", each["value"], "activities", formula, (_counted(each, source),))


def _month(row: Row, period: str) -> Figure | None:
    each = _at(row["months"]["ahead"] if row["months"] else (), period)
    if not each:
        return None
    terms = [Step(Message("prognos för månaden"), each["base"], "activities")]
    if each["mean"] != each["base"]:
        terms.append(Step(Message("planerares justeringar av prognosen"), each["mean"] - each["base"], "activities"))
    inputs = [*interval_steps(each["q10"], each["q90"])]
    if each["known"]:
        inputs.insert(0, Step(Message("därav redan räknat"), each["known"], "activities"))
    formula = Message("Behov = prognosen för månaden, det som redan är räknat inräknat, + planerares justeringar")
    return Figure("need_month", each["mean"], "activities", formula, tuple(terms), tuple(inputs))


def _year(row: Row, period: str, whole: str) -> Figure | None:
    years = row["years"]
    each = next((each for each in (years or {"rows": ()})["rows"] if str(each["year"]) == period), None)
    if each is None:
        return None
    population = {
        "number": Source.of("population", year=period),
        "structure": Source.of("population", year=period),
        "adjusted": Source.of("adjustments", service_id=row["service_id"]),
    }
    terms = [Step(Message("senaste året"), years["base"], "activities", of=_about(row, "need_last", whole))]
    terms += [
        Step(label, each[name], "activities", None, population.get(name))
        for name, label in _PARTS.items()
        if name in each and (name != "adjusted" or each[name])
    ]
    inputs = [*interval_steps(each["low"], each["high"])]
    inputs.append(Step(Message("andel av behovet utan känt område eller ålder"), years["unplaced_share"], "share"))
    formula = Message(
        "Väntat behov = senaste året + ändringen av antalet invånare, av deras ålder, kön och område, och av antalet "
        "per invånare + planerares justeringar"
    )
    return Figure("need_year", each["mean"], "activities", formula, tuple(terms), tuple(inputs))


def _at(rows: Sequence[Row], period: str) -> Row:
    return next((each for each in rows if each["period"] == period), {})
