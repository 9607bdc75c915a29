"""Figures of need as terms that sum to them: a forecast by its parts, a year by age group, growth by what grew."""

from itertools import pairwise

from vardbalans.engine.explain import Figure, Source, Step
from vardbalans.engine.messages import Message
from vardbalans.engine.need.demography import YearlyNeed
from vardbalans.engine.need.distribution import Counts
from vardbalans.engine.need.outlook import Outlook
from vardbalans.engine.need.reasons import METHOD_NAMES

__all__ = ["explained", "growth_figure", "need_figure"]

_LABELS = (
    Message("nivån efter det senaste värdet"),
    Message("nivåns utveckling"),
    Message("säsong"),
    Message("arbetsdagar och helger"),
    Message("andra metoder i sammanvägningen"),
    Message("medelvärdet ligger över medianen, eftersom stora avvikelser är uppåt"),
)


def explained(outlook: Outlook, step: int) -> Figure:
    """Return the mean of the period number *step* (from 0) as a figure.

    The parts add up on the square-root scale; each term is what the count grows by as its part is added, in the order
    given. A forecast by a written rule is one term.
    """
    value = float(outlook.mean[step])
    unit = "antal"
    if not outlook.parts or not isinstance(outlook.distribution, Counts) or outlook.level_now is None:
        terms: tuple[Step, ...] = (Step(outlook.reason, value, unit),)
    else:
        level, season, calendar = (float(outlook.parts[name][step]) for name in ("level", "season", "calendar"))
        combined = float(outlook.distribution.centre[step])
        roots = (0.0, outlook.level_now, level, level + season, level + season + calendar, combined)
        counts = [outlook.distribution.scale * max(root, 0.0) ** 2 for root in roots] + [value]
        terms = tuple(
            Step(label, after - before, unit) for label, (before, after) in zip(_LABELS, pairwise(counts), strict=True)
        )
    shares = tuple(
        Step(Message("vikt för {method}", method=METHOD_NAMES.get(name, name)), share, "andel")
        for name, share in outlook.weights.items()
    )
    errors = tuple(
        Step(Message("tidigare fel med {method}", method=METHOD_NAMES.get(name, name)), error, "av förra säsongens fel")
        for name, error in outlook.errors.items()
        if outlook.parts
    )
    return Figure("forecast", value, unit, Message("summan av prognosens delar"), terms, shares + errors)


def need_figure(need: YearlyNeed, step: int) -> Figure:
    """Return the need of the year number *step* (from 0): per age group, its inhabitants times their need of care."""
    population, rates = need.population[step], need.rates[step]
    source = Source.of("population", year=str(need.periods[step]))
    terms = tuple(
        Step(Message("{group} år", group=group), float(need.by_group[step, n]), "antal", float(rates[n]), source)
        for n, group in enumerate(need.age_groups)
        if population[n] > 0
    )
    inhabitants = tuple(
        Step(Message("invånare {group} år", group=group), float(population[n]), "personer", None, source)
        for n, group in enumerate(need.age_groups)
    )
    trend = Step(Message("trend per år i antal per invånare, innan den dämpas"), need.trend.growth, "andel")
    unplaced = Step(Message("andel kontakter utan känd ålder, kön eller område"), need.unplaced_share, "andel")
    return Figure(
        "need",
        float(need.mean[step]),
        "antal",
        Message("Behov = summan över åldersgrupperna av invånare × antal per invånare"),
        (*terms, *_changes(need, step)),
        (*inhabitants, trend, unplaced),
    )


_GROWTH = {
    "number": Message("fler eller färre invånare"),
    "structure": Message("befolkningens ålder, kön och område"),
    "rate": Message("antal per invånare av samma ålder, kön och område"),
}


def growth_figure(need: YearlyNeed, step: int) -> Figure:
    """Return how much the need of the year number *step* (from 0) lies above the last year's outcome, and why."""
    return Figure(
        "growth",
        float(need.mean[step] - need.base),
        "antal",
        Message("Ökning sedan det senaste årets utfall = antal invånare + sammansättning + antal per invånare"),
        (
            *(Step(label, float(need.growth[name][step]), "antal") for name, label in _GROWTH.items()),
            *_changes(need, step),
        ),
        (Step(Message("det senaste årets utfall"), need.base, "antal"),),
    )


def _changes(need: YearlyNeed, step: int) -> tuple[Step, ...]:
    """Each adjustment that changes the year, with who made it, when and why."""
    return tuple(
        Step(
            Message(
                "justering av {author} {day}: {reason}",
                author=change.adjustment.author,
                day=change.adjustment.made_on.isoformat(),
                reason=change.adjustment.reason,
            ),
            float(change.added[step]),
            "antal",
            None,
            Source.of("adjustments", adjustment_id=change.adjustment.adjustment_id),
        )
        for change in need.changes
        if change.added[step]
    )
