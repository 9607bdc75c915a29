"""Why a pool, a cost centre, or a part of the whole ledger is what it is."""

from collections.abc import Mapping, Sequence
from typing import Any

from vardbalans.data.results.year_figures import together
from vardbalans.engine.explain import Figure, Step
from vardbalans.engine.messages import Message
from vardbalans.web.insight.why_cost_page import CostFigures, Of

__all__ = ["LedgerFigures"]

Row = Mapping[str, Any]


class LedgerFigures(CostFigures):
    """The figures of pools, centres and their sums. Each is returned with whose it is; None where there is none."""

    def of_pool(self, pool_id: str) -> tuple[str, Figure] | None:
        """Return a figure of a pool beside its cost."""
        line = next((each for each in self.page.pools if each.row["pool_id"] == pool_id), None)
        if line is None or line.unit.unit_id != self.unit_id:
            return None
        row, basis = line.row, line.row["basis"]
        cost = Step(
            Message("poolens kostnad"), row["ore"], "öre", source=self.rows("ledger", cost_centre=row["cost_centre"])
        )
        capacity = Step(
            Message("praktisk kapacitet"), row["capacity"] or 0.0, basis, of=self._pool_of(line, "capacity")
        )
        used = Step(Message("använt"), row["used"], basis, of=self._pool_of(line, "used"))
        match self.name:
            case "capacity" if row["capacity"] is not None:
                formula = Message(
                    "Praktisk kapacitet är planens: resursens öppettider minus frånvaro, gånger nyttjandegraden."
                )
                source = self.rows("resources", resource_id=row["resource_id"])
                figure = self.figure(
                    row["capacity"],
                    basis,
                    formula,
                    [Step(Message("praktisk kapacitet"), row["capacity"], basis, source=source)],
                )
            case "used":
                formula = Message("Använt är det som vården i perioden har tagit av resursen, tjänst för tjänst.")
                figure = self.figure(row["used"], basis, formula, self._used(row))
            case "share" if line.share is not None:
                formula = Message("Nyttjat = använt / praktisk kapacitet")
                figure = self.figure(
                    line.share,
                    "share",
                    formula,
                    [Step(Message("använt / kapacitet"), line.share, "share")],
                    [used, capacity],
                )
            case "ore_per_unit" if row["ore_per_unit"] is not None:
                formula = Message("Kr per enhet = poolens kostnad / praktisk kapacitet, eller / det använda")
                term = Step(Message("kostnad / enheter"), row["ore_per_unit"], "öre")
                figure = self.figure(row["ore_per_unit"], "öre", formula, [term], [cost, capacity, used])
            case "unused_ore":
                formula = Message("Outnyttjat = poolens kostnad − det som används i vård − det som inte kan placeras")
                terms = [
                    cost,
                    Step(Message("använt i vård"), -row["used_ore"], "öre"),
                    *(
                        [Step(Message("som inte kan placeras"), -row["unplaced_ore"], "öre")]
                        if row["unplaced_ore"]
                        else []
                    ),
                ]
                figure = self.figure(row["unused_ore"], "öre", formula, terms, [used, capacity])
            case "planned_unused" if line.planned_unused is not None:
                formula = Message(
                    "Planens outnyttjade kapacitet: budgetens kostnad för poolen minus det som planen använder."
                )
                source = self.rows("budget", cost_centre=row["cost_centre"])
                figure = self.figure(
                    line.planned_unused,
                    "öre",
                    formula,
                    [Step(Message("enligt planen"), line.planned_unused, "öre", source=source)],
                )
            case _:
                return None
        return line.name, figure

    def _pool_of(self, line: Any, figure: str) -> Of:
        return self.of(line.unit.unit_id, figure, pool=line.row["pool_id"])

    def _used(self, pool: Row) -> Sequence[Step]:
        """Return what each service used of a pool; those of few patients together."""
        names, hidden = self.run.names("services"), self._hidden("service")
        small = self.run.document["method_sheet"]["small_numbers_below"]
        rows = self.run.kept.used_by_service(pool["number"])
        few = sum(row["patients"] for row in rows if row["patients"] < small or row["service_id"] in hidden)
        told = []
        left, count = 0.0, 0
        for row in sorted(rows, key=lambda row: (row["patients"], row["service_id"])):
            quiet = row["patients"] < small or row["service_id"] in hidden
            if quiet or (count and (count == 1 or few < small)):
                left, count = left + row["used"], count + 1
                few += 0 if quiet else row["patients"]
                continue
            label = Message("{service}", service=names.get(row["service_id"], row["service_id"]))
            source = self.rows("contacts", service_id=row["service_id"])
            told.append(Step(label, row["used"], pool["basis"], source=source))
        loose = pool["used"] - left - sum(step.value for step in told)
        if loose > 1e-6 * max(1.0, pool["used"]):
            told.append(Step(Message("utan vårdkontakt"), loose, pool["basis"]))
        if count:
            told.append(
                Step(Message("{count} vårdtjänster med för få patienter att visa", count=count), left, pool["basis"])
            )
        return told

    def _hidden(self, by: str) -> set[str]:
        return {row["name"] for row in self.run.document["groups"].get(by, []) if row["suppressed"]}

    def of_centre(self, centre: str) -> tuple[str, Figure] | None:
        """Return a figure of a cost centre that the page shows."""
        each = next((row for row in self.page.centres if row.row["cost_centre"] == centre), None)
        return each and self._centre(each)

    def _centre(self, each: Any) -> tuple[str, Figure] | None:
        row, centre = each.row, each.row["cost_centre"]
        titles = {other["cost_centre"]: other["title"] for other in self.run.document["centres"]}
        overhead = self.run.document["overhead"]
        match self.name:
            case "own":
                formula = Message("Kostnadsställets egna kostnader i huvudboken, klass för klass.")
                source = self.rows("ledger", cost_centre=centre)
                terms = [
                    Step(Message("Kostnadsklass {cost_class}", cost_class=name), ore, "öre", source=source)
                    for name, ore in sorted(row["direct"].items())
                ]
                value = row["direct_ore"]
            case "received":
                formula = Message("Det som stödjande kostnadsställen fördelar hit, vart och ett med sin andel.")
                terms = [
                    Step(
                        Message("Från {centre}", centre=titles.get(part["support"], part["support"])),
                        part["ore"],
                        "öre",
                        part["share"],
                        self.rows("ledger", cost_centre=part["support"]),
                    )
                    for part in overhead
                    if part["cost_centre"] == centre
                ]
                value = row["received_ore"]
            case "given":
                formula = Message("Det som kostnadsstället fördelar till andra, vart och ett med sin andel.")
                terms = [
                    Step(
                        Message("Till {centre}", centre=titles.get(part["cost_centre"], part["cost_centre"])),
                        part["ore"],
                        "öre",
                        part["share"],
                    )
                    for part in overhead
                    if part["support"] == centre
                ]
                value = row["given_ore"]
            case "used_ore" | "unused_ore":
                formula = Message("Summan av kostnadsställets pooler.")
                terms = [self._pool_part(pool) for pool in self.run.document["pools"] if pool["cost_centre"] == centre]
                value = each.used if self.name == "used_ore" else each.unused
            case "rest":
                formula = Message(
                    "Egna kostnader + det som fås − det som ges − det som används − det som står outnyttjat"
                )
                amounts = (
                    (Message("egna kostnader"), row["direct_ore"], "own"),
                    (Message("får"), row["received_ore"], "received"),
                    (Message("ger"), -row["given_ore"], "given"),
                    (Message("använt i vård"), -each.used, "used_ore"),
                    (Message("outnyttjat"), -each.unused, "unused_ore"),
                )
                terms = [
                    Step(label, ore, "öre", of=self.of(self.unit_id, name, centre=centre))
                    for label, ore, name in amounts
                ]
                value = each.rest
            case _:
                return None
        return row["title"], self.figure(value, "öre", formula, terms)

    def _pool_part(self, pool: Row) -> Step:
        unit = self.run.unit_of.get(pool["cost_centre"], "")
        name = Message("{pool}", pool=self.run.pool_name(pool))
        of: Of = ()
        if unit in self.page.reader.scope:
            of = self.of(unit, "unused_ore", pool=pool["pool_id"])
        return Step(name, pool[self.name], "öre", of=of)

    # All of the page

    def of_all(self) -> tuple[str, Figure] | None:
        """Return a sum of the page's centres, or a part of the whole ledger for who sees all of it."""
        page, document = self.page, self.run.document
        name = page.unit.name if page.unit else ""
        sums = {"own": "direct_ore", "received": "received_ore", "given": "given_ore"}
        if page.is_whole and self.name in ("contacts_ore", "excluded_ore", "unmatched_ore"):
            return name, self._part_of_ledger(document)
        if self.name == "cost":
            amounts = (("own", 1), ("received", 1), ("given", -1))
            labels = (Message("egna kostnader"), Message("gemensamma kostnader"), Message("lämnat till andra"))
            terms = [
                Step(label, sign * page.part[key], "öre", of=self.of(self.unit_id, key))
                for label, (key, sign) in zip(labels, amounts, strict=True)
            ]
            return name, self.figure(
                page.part["cost"], "öre", Message("Egna kostnader + gemensamma − lämnat till andra"), terms
            )
        column = {"used_ore": "used", "unused_ore": "unused", "rest": "rest"}.get(self.name, self.name)
        if column not in page.part or not page.centres:
            return None
        terms = [
            Step(
                Message("{centre}", centre=each.row["title"]),
                each.row[sums[column]] if column in sums else getattr(each, column),
                "öre",
                of=self.of(self.unit_id, self.name, centre=each.row["cost_centre"]),
            )
            for each in page.centres
        ]
        value = document["unused_ore"] if page.is_whole and column == "unused" else page.part[column]
        return name, self.figure(
            value, "öre", Message("Summan av kostnadsställena."), [step for step in terms if step.value]
        )

    def _part_of_ledger(self, document: Row) -> Figure:
        value, home = document[self.name], self.unit_id
        if self.name == "contacts_ore":
            rows = document["groups"].get("unit", [])
            small = document["method_sheet"]["small_numbers_below"]
            parts = [
                (
                    row["title"],
                    None if row["suppressed"] else row["ore"],
                    {"unit": row["name"], "of": "cost", "by": "unit", "group": row["name"]},
                )
                for row in rows
                if row["suppressed"] or row["name"] in self.page.reader.scope
            ]
            return self.figure(
                value,
                "öre",
                Message("Det som vårdkontakterna kostar, summerat över enheterna."),
                together(parts, value, "öre", "ore", small),
            )
        if self.name == "excluded_ore":
            terms = [
                Step(
                    Message(
                        "Regel {rule}, konto {account}, kostnadsställe {centre}",
                        rule=row["rule_id"],
                        account=row["account"],
                        centre=row["cost_centre"],
                    ),
                    row["ore"],
                    "öre",
                    source=self.rows("ledger", account=row["account"], cost_centre=row["cost_centre"]),
                )
                for row in document["excluded"]
            ]
            return self.figure(value, "öre", Message("Det som kostnadsreglerna utesluter, konto för konto."), terms)
        terms = [
            Step(Message("{what}", what=f"{what}, {where}" if where else what), ore, "öre")
            for what, where, _rows, ore in self.page.unmatched
        ]
        return self.figure(
            value,
            "öre",
            Message("Det som ingen vårdkontakt finns för; sådant som det finns få rader av tillsammans."),
            terms,
            [Step(Message("huvudboken"), document["ledger_ore"], "öre", of=self.of(home, "own"))],
        )
