"""What the balance tells of a service a week, with its reasons: to hold, halve or reach the list's goal, capacity."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from vardbalans.engine.explain import Figure, Source, Step
from vardbalans.engine.messages import Message
from vardbalans.engine.orders import Order
from vardbalans.engine.production import HALVE_WEEKS
from vardbalans.engine.reasons import DEMAND

__all__ = ["SERVICE_FIGURES", "order_figure", "service_figure"]

Row = Mapping[str, Any]
Sources = Mapping[str, Source]
SERVICE_FIGURES = (
    "per_week_need",
    "per_week_hold",
    "per_week_halve",
    "per_week_goal",
    "per_week_capacity",
    "list_target",
    "short_hold",
    "short_halve",
    "required_slots",
)
_STORED = {
    "per_week_need": "need_year",
    "per_week_hold": "hold_per_week",
    "per_week_halve": "halve_per_week",
    "per_week_goal": "goal_per_week",
    "per_week_capacity": "capacity_per_week",
    "list_target": "target_queue",
    "short_hold": "p_short_hold",
    "short_halve": "p_short_halve",
}


def service_figure(
    row: Row, name: str, period: str, weeks: Sequence[str], parts: Sequence[Row], sources: Sources, draws: int
) -> Figure | None:
    """Return the figure *name* (of :data:`SERVICE_FIGURES`) of a service's stored *row*; None where there is none.

    *period* is the run's whole span, ``first..last`` of *weeks*, or for ``required_slots`` any span of its weeks.
    *parts* are the service's stored weeks, *sources* the rows behind each part of what is required.
    """
    whole = f"{weeks[0]}..{weeks[-1]}"
    if name == "required_slots":
        return _required(period, parts, sources)
    if period != whole or row[_STORED[name]] is None:
        return None
    told = _Told(row, whole, len(weeks), sources, draws)
    makers: Mapping[str, Callable[[], Figure]] = {
        "per_week_need": told.need,
        "per_week_hold": told.hold,
        "per_week_halve": told.halve,
        "per_week_goal": told.goal,
        "per_week_capacity": told.capacity,
        "list_target": told.target,
        "short_hold": partial(told.short, "hold"),
        "short_halve": partial(told.short, "halve"),
    }
    return makers[name]()


class _Told:
    """One service over the whole run: its stored *row*, and how its figures are made of one another."""

    def __init__(self, row: Row, whole: str, weeks: int, sources: Sources, draws: int) -> None:
        self._row, self._whole, self._weeks, self._sources, self._draws = row, whole, weeks, sources, draws

    def _about(self, figure: str) -> tuple[tuple[str, str], ...]:
        return (("figure", figure), ("service", self._row["service_id"]), ("week", self._whole))

    def _step(self, label: Message, value: float, unit: str, figure: str = "", source: str = "") -> Step:
        about = self._about(figure) if figure else ()
        return Step(label, value, unit, None, self._sources.get(source), about)

    def need(self) -> Figure:
        value = self._row["need_year"] / self._weeks
        label = Message("behovet i alla veckor ÷ {weeks} veckor", weeks=self._weeks)
        inputs = (self._step(Message("väntat behov"), self._row["need_year"], "activities", "need_total"),)
        formula = Message("Behov per vecka = väntat behov i alla beräkningens veckor ÷ antalet veckor")
        term = self._step(label, value, "activities", source="need")
        return Figure("per_week_need", value, "activities", formula, (term,), inputs)

    def hold(self) -> Figure:
        row, need = self._row, self._row["need_year"] / self._weeks
        reported = row["removals_reported"]
        gone = DEMAND["removals"] if reported else DEMAND["residual"]
        part = "removals" if reported else "residual"
        terms = [
            self._step(Message("behov per vecka"), need, "activities", "per_week_need"),
            self._step(gone, -row["removals_per_week"], "activities", source=part),
        ]
        if row["induced_per_week"]:
            terms.append(self._step(DEMAND["induced"], row["induced_per_week"], "activities", source="induced"))
        formula = Message(
            "Hålla listan = behov per vecka − avgångar utan behandling + det som leds hit; aldrig under 0"
        )
        return Figure("per_week_hold", row["hold_per_week"], "activities", formula, tuple(terms))

    def halve(self) -> Figure:
        row = self._row
        terms = (
            self._step(Message("hålla listan"), row["hold_per_week"], "activities", "per_week_hold"),
            self._step(
                Message("halva listan ÷ {weeks} veckor", weeks=HALVE_WEEKS),
                row["queue_now"] / 2 / HALVE_WEEKS,
                "activities",
                source="waiting_list",
            ),
        )
        inputs = (self._step(Message("väntande nu"), row["queue_now"], "people", source="waiting_list"),)
        formula = Message("Halvera listan = hålla listan + halva antalet väntande, jämnt på {weeks} veckor", weeks=52)
        return Figure("per_week_halve", row["halve_per_week"], "activities", formula, terms, inputs)

    def goal(self) -> Figure:
        row = self._row
        relief = (row["queue_now"] - row["target_queue"]) / self._weeks
        terms = (
            self._step(Message("hålla listan"), row["hold_per_week"], "activities", "per_week_hold"),
            self._step(Message("från väntande nu till målet"), relief, "activities", source="waiting_list"),
        )
        inputs = (
            self._step(Message("väntande nu"), row["queue_now"], "people", source="waiting_list"),
            self._step(Message("väntande när målet är nått"), row["target_queue"], "people", "list_target"),
        )
        formula = Message("Nå målet = hålla listan + (väntande nu − målet) ÷ beräkningens veckor")
        return Figure("per_week_goal", row["goal_per_week"], "activities", formula, terms, inputs)

    def target(self) -> Figure:
        row = self._row
        limited = row["goal"] == "guarantee"
        formula = (
            Message(
                "Målet = hålla listan, utan det som leds hit, × gränsen i veckor ÷ 4 (Littles lag); medelväntan är då "
                "en fjärdedel av gränsen och nästan ingen väntar längre. Aldrig fler än som väntar nu"
            )
            if limited
            else Message(
                "Utan gräns är målet att listan inte växer: så många som väntar nu, eller hälften vid halvering"
            )
        )
        inputs = [self._step(Message("väntande nu"), row["queue_now"], "people", source="waiting_list")]
        if limited:
            inputs.append(self._step(Message("hålla listan"), row["hold_per_week"], "activities", "per_week_hold"))
            limit = Message("gräns enligt {source}", source=row["limit_source"] or "")
            inputs.append(Step(limit, row["limit_days"], "days", None, Source.of("rules")))
        label = Message("väntande när målet är nått")
        term = self._step(label, row["target_queue"], "people", source="waiting_list")
        return Figure("list_target", row["target_queue"], "people", formula, (term,), tuple(inputs))

    def capacity(self) -> Figure:
        row = self._row
        lost = row["lost_share"] or 0.0
        slots = row["feasible_year"] / self._weeks
        terms = [self._step(Message("tider som resurserna räcker till, per vecka"), slots, "activities")]
        if lost:
            terms.append(self._step(DEMAND["lost"], -slots * lost, "activities", source="lost"))
        spare = row["capacity_per_week"] - slots * (1 - lost)
        terms.append(self._step(Message("utrymme utöver det som krävs, till nästa flaskhals"), spare, "activities"))
        limit = (
            ("figure", "balance"),
            ("resource", row["bottleneck_resource_id"]),
            ("unit", row["bottleneck_unit_id"]),
            ("week", self._whole.partition("..")[0]),
        )
        years = Message(
            "tider som krävs i alla veckor; begränsas oftast av {name}", name=row["bottleneck_resource_name"]
        )
        required = Step(years, row["required_year"], "activities", of=self._about("required_slots"))
        bound = Step(
            Message("tider som resurserna räcker till i alla veckor"), row["feasible_year"], "activities", of=limit
        )
        formula = Message(
            "Kapacitet = det som krävs × den minsta andel som någon av resurserna räcker till, vecka för vecka, utan "
            "tider som går förlorade; i medeltal per vecka"
        )
        return Figure(
            "per_week_capacity", row["capacity_per_week"], "activities", formula, tuple(terms), (required, bound)
        )

    def short(self, goal: str) -> Figure:
        row, aim = self._row, {"hold": Message("hålla listan"), "halve": Message("halvera listan")}[goal]
        value = row[f"p_short_{goal}"]
        inputs = (
            self._step(aim, row[f"{goal}_per_week"], "activities", f"per_week_{goal}"),
            self._step(Message("kapacitet per vecka"), row["capacity_per_week"], "activities", "per_week_capacity"),
            Step(Message("simuleringar"), self._draws, "factor"),
        )
        formula = Message(
            "Risk för brist = den andel av simuleringarna där årets kapacitet är mindre än det som krävs för att "
            "{aim}; behov, avgångar och kapacitet varierar i dem",
            aim=aim,
        )
        term = Step(Message("simuleringar där kapaciteten inte räcker"), value, "share")
        return Figure(f"short_{goal}", value, "share", formula, (term,), inputs)


def order_figure(order: Order, lost_share: float) -> Figure:
    """Return the volume last spoken of in *order*: what was ordered and what each answer changed.

    *lost_share* of the slots are lost, so it takes so many more of them.
    """
    where = {"unit_id": order.unit_id, "service_id": order.service_id, "year": str(order.year)}
    terms = [Step(Message("beställt"), order.volume, "activities", None, Source.of("orders", **where))]
    spoken = order.volume
    for answer in order.answers:
        if answer.volume is not None:
            label = Message("ändrat av {author} {day}", author=answer.author, day=answer.at.date().isoformat())
            source = Source.of("order_events", **where)
            terms.append(Step(label, answer.volume - spoken, "activities", None, source))
            spoken = answer.volume
    inputs = (
        Step(Message("andel bokade tider som går förlorade"), lost_share, "share"),
        Step(
            Message("tider det tar: volymen ÷ (1 − andelen som går förlorad)"), spoken / (1 - lost_share), "activities"
        ),
    )
    formula = Message("Beställt = den volym som senast är föreslagen, eller godtagen; varje svar läggs till det förra")
    return Figure("ordered", spoken, "activities", formula, tuple(terms), inputs)


def _required(period: str, parts: Sequence[Row], sources: Sources) -> Figure | None:
    first, _dots, last = period.partition("..")
    mine = [row for row in parts if first <= row["week"] <= (last or first)]
    if not mine:
        return None
    terms = tuple(
        Step(label, sum(row[code] or 0.0 for row in mine), "activities", None, sources.get(code))
        for code, label in DEMAND.items()
        if any(row.get(code) for row in mine)
    )
    formula = Message(
        "Tider som krävs = behov − avgångar + det som väntelistan kräver och som leds hit + förlorade tider"
    )
    weeks = Step(Message("veckor som beräkningen omfattar"), len(mine), "weeks")
    return Figure("required_slots", sum(step.value for step in terms), "activities", formula, terms, (weeks,))
