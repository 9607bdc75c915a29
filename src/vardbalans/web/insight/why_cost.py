"""Why a figure of the page Ekonomi is what it is: a sum of others, a rate of two, or rows of the ledger or the care."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from vardbalans.data.results.year_figures import together
from vardbalans.engine.explain import Figure, Source, Step
from vardbalans.engine.messages import Message
from vardbalans.web import store
from vardbalans.web.insight.cost_page import CostPage, cost_page
from vardbalans.web.insight.cost_run import CostRun, kept_costs
from vardbalans.web.insight.derived import Back, Derived
from vardbalans.web.insight.selectors import Reader

__all__ = ["of_cost"]

Row = Mapping[str, Any]
Of = tuple[tuple[str, str], ...]
_WEIGHTS = {"volume": 1, "mix": 2, "efficiency": 3, "price": 4, "unused": 5}


def of_cost(reader: Reader, unit_id: str, asked: Mapping[str, str]) -> Derived | None:
    """Return a figure of the page of the unit: of all (none of the below), of a ``pool``, of a cost ``centre``, of the
    ``group`` of those ``by`` something, of why it differs (``against``), or of care that is our ``own`` beside a
    contract.
    """
    run = kept_costs()
    if run is None:
        return None
    page = cost_page(reader, run, unit_id, {"by": asked.get("by", ""), "against": asked.get("against", "")})
    made = _Made(page, run, unit_id, asked["figure"], asked)
    found: tuple[str, Figure] | None
    if "pool" in asked:
        found = made.of_pool(asked["pool"])
    elif "centre" in asked:
        found = made.of_centre(asked["centre"])
    elif "by" in asked:
        found = made.of_group(asked["by"], asked.get("group", ""))
    elif "against" in asked:
        found = made.of_variance()
    elif "own" in asked:
        found = made.of_own(asked["own"])
    else:
        found = made.of_all()
    if found is None:
        return None
    address = reverse("insight:cost_unit", args=[unit_id])
    shown = {
        name: asked[name] for name in ("by", "against") if asked.get(name) in ("drg", "diagnosis", "month", "before")
    }
    back = Back(
        f"{_('Ekonomi')}: {reader.tree.units[unit_id].name}", f"{address}?{urlencode(shown)}" if shown else address
    )
    asked = {**asked, "week": run.document["period"]}
    return Derived(unit_id, found[1], found[0], _titles().get(asked["figure"], ""), back, asked, run)


def _titles() -> dict[str, str]:
    return {
        "capacity": _("Kapacitet"),
        "used": _("Använt"),
        "share": _("Nyttjat"),
        "ore_per_unit": _("Kr per enhet"),
        "used_ore": _("Använt i vård"),
        "unused_ore": _("Outnyttjad kapacitet"),
        "planned_unused": _("Outnyttjad kapacitet i planen"),
        "own": _("Egna kostnader"),
        "received": _("Gemensamma kostnader"),
        "given": _("Lämnat till andra"),
        "rest": _("Utan användning"),
        "cost": _("Summa"),
        "contacts": _("Kontakter"),
        "ore": _("Kostnad"),
        "inner_mean_ore": _("Medel av innerfall"),
        "ore_per_drg_point": _("Kr per DRG-poäng"),
        "outliers": _("Ytterfall"),
        "change": _("Ändring"),
        "planned": _("Plan"),
        "contacts_ore": _("På vårdkontakter"),
        "excluded_ore": _("Uteslutet enligt regler"),
        "unmatched_ore": _("Omatchat"),
        "outliers_ore": _("Kostnad för ytterfall"),
        "explained_share": _("Förklaras av DRG"),
        "plan_ore": _("Plan"),
        "outcome_ore": _("Utfall"),
        "total": _("Avvikelse"),
        "volume": _("Volym"),
        "mix": _("Mix"),
        "efficiency": _("Effektivitet"),
        "price": _("Pris"),
        "unused": _("Outnyttjat"),
        "price_ore": _("Avtalets pris"),
        "variable_ore": _("Marginalkostnad"),
        "full_ore": _("Full kostnad"),
        "break_even": _("Brytpunkt, kontakter"),
        "own_volume": _("Egna kontakter"),
        "spare": _("Ledigt utrymme"),
        "marginal_saves_ore": _("Att ta hem dit sparar"),
        "agreed": _("Avtalat"),
        "performed": _("Utfört"),
        "at_price_ore": _("Till avtalets pris"),
        "contract_price": _("Pris per kontakt"),
        "contract_cost": _("Kostnad per kontakt"),
    }


class _Made:
    """The figures of one page, by what they are of. Each returns (whose it is, the figure), or None without."""

    def __init__(self, page: CostPage, run: CostRun, unit_id: str, name: str, asked: Mapping[str, str]) -> None:
        self._page, self._run, self._unit_id, self._name, self._asked = page, run, unit_id, name, asked
        self._tables = store.lake().version(run.document["version"]).tables

    def _figure(
        self, value: float, unit: str, formula: Message, terms: Sequence[Step], inputs: Sequence[Step] = ()
    ) -> Figure:
        return Figure(self._name, value, unit, formula, tuple(terms), tuple(inputs))

    def _rows(self, table: str, **where: str) -> Source | None:
        """Return rows of the run's period; None where the table was never read into the store."""
        if table not in self._tables:
            return None
        dated = self._run.since_until if table in ("ledger", "contacts") else {}
        return Source.of(table, **where, **dated)

    def _of(self, unit_id: str, figure: str, **named: str) -> Of:
        """Return what names another figure, where the reader may see its unit."""
        if unit_id not in self._page.reader.scope:
            return ()
        return (("unit", unit_id), ("of", "cost"), *named.items(), ("figure", figure))

    # Pools and centres

    def of_pool(self, pool_id: str) -> tuple[str, Figure] | None:
        """Return a figure of a pool beside its cost."""
        line = next((each for each in self._page.pools if each.row["pool_id"] == pool_id), None)
        if line is None or line.unit.unit_id != self._unit_id:
            return None
        row, basis = line.row, line.row["basis"]
        cost = Step(
            Message("poolens kostnad"), row["ore"], "öre", source=self._rows("ledger", cost_centre=row["cost_centre"])
        )
        capacity = Step(
            Message("praktisk kapacitet"), row["capacity"] or 0.0, basis, of=self._pool_of(line, "capacity")
        )
        used = Step(Message("använt"), row["used"], basis, of=self._pool_of(line, "used"))
        match self._name:
            case "capacity" if row["capacity"] is not None:
                formula = Message(
                    "Praktisk kapacitet är planens: resursens öppettider minus frånvaro, gånger nyttjandegraden."
                )
                source = self._rows("resources", resource_id=row["resource_id"])
                figure = self._figure(
                    row["capacity"],
                    basis,
                    formula,
                    [Step(Message("praktisk kapacitet"), row["capacity"], basis, source=source)],
                )
            case "used":
                formula = Message("Använt är det som vården i perioden har tagit av resursen, tjänst för tjänst.")
                figure = self._figure(row["used"], basis, formula, self._used(row))
            case "share" if line.share is not None:
                formula = Message("Nyttjat = använt / praktisk kapacitet")
                figure = self._figure(
                    line.share,
                    "share",
                    formula,
                    [Step(Message("använt / kapacitet"), line.share, "share")],
                    [used, capacity],
                )
            case "ore_per_unit" if row["ore_per_unit"] is not None:
                formula = Message(
                    "Kr per enhet = poolens kostnad / praktisk kapacitet, eller det använda där det är mer eller ingen kapacitet finns"
                )
                term = Step(Message("kostnad / enheter"), row["ore_per_unit"], "öre")
                figure = self._figure(row["ore_per_unit"], "öre", formula, [term], [cost, capacity, used])
            case "unused_ore":
                formula = Message(
                    "Outnyttjad kapacitet = poolens kostnad − det som används i vård och det som inte kan placeras"
                )
                terms = [
                    cost,
                    Step(Message("använt i vård"), -row["used_ore"], "öre"),
                    *(
                        [Step(Message("som inte kan placeras"), -row["unplaced_ore"], "öre")]
                        if row["unplaced_ore"]
                        else []
                    ),
                ]
                figure = self._figure(row["unused_ore"], "öre", formula, terms, [used, capacity])
            case "planned_unused" if line.planned_unused is not None:
                formula = Message(
                    "Planens outnyttjade kapacitet: budgetens kostnad för poolen minus det som planens volymer använder."
                )
                source = self._rows("budget", cost_centre=row["cost_centre"])
                figure = self._figure(
                    line.planned_unused,
                    "öre",
                    formula,
                    [Step(Message("enligt planen"), line.planned_unused, "öre", source=source)],
                )
            case _:
                return None
        return line.name, figure

    def _pool_of(self, line: Any, figure: str) -> Of:
        return self._of(line.unit.unit_id, figure, pool=line.row["pool_id"])

    def _used(self, pool: Row) -> Sequence[Step]:
        """Return what each service used of a pool; those of few patients together."""
        names, hidden = self._run.names("services"), self._hidden("service")
        small = self._run.document["method_sheet"]["small_numbers_below"]
        rows = self._run.kept.used_by_service(pool["number"])
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
            source = self._rows("contacts", service_id=row["service_id"])
            told.append(Step(label, row["used"], pool["basis"], source=source))
        if count:
            told.append(
                Step(Message("{count} vårdtjänster med för få patienter att visa", count=count), left, pool["basis"])
            )
        return told

    def _hidden(self, by: str) -> set[str]:
        return {row["name"] for row in self._run.document["groups"].get(by, []) if row["suppressed"]}

    def of_centre(self, centre: str) -> tuple[str, Figure] | None:
        """Return a figure of a cost centre that the page shows."""
        each = next((row for row in self._page.centres if row.row["cost_centre"] == centre), None)
        return each and self._centre(each)

    def _centre(self, each: Any) -> tuple[str, Figure] | None:
        row, centre = each.row, each.row["cost_centre"]
        titles = {other["cost_centre"]: other["title"] for other in self._run.document["centres"]}
        overhead = self._run.document["overhead"]
        match self._name:
            case "own":
                formula = Message("Kostnadsställets egna kostnader i huvudboken, klass för klass.")
                source = self._rows("ledger", cost_centre=centre)
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
                        self._rows("ledger", cost_centre=part["support"]),
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
                terms = [self._pool_part(pool) for pool in self._run.document["pools"] if pool["cost_centre"] == centre]
                value = each.used if self._name == "used_ore" else each.unused
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
                    Step(label, ore, "öre", of=self._of(self._unit_id, name, centre=centre))
                    for label, ore, name in amounts
                ]
                value = each.rest
            case _:
                return None
        return row["title"], self._figure(value, "öre", formula, terms)

    def _pool_part(self, pool: Row) -> Step:
        unit = self._run.unit_of.get(pool["cost_centre"], "")
        name = Message("{pool}", pool=self._run.pool_name(pool))
        of: Of = ()
        if unit in self._page.reader.scope:
            of = self._of(unit, "unused_ore", pool=pool["pool_id"])
        return Step(name, pool[self._name], "öre", of=of)

    # All of the page

    def of_all(self) -> tuple[str, Figure] | None:
        """Return a sum of the page's centres, or a part of the whole ledger for who sees all of it."""
        page, document = self._page, self._run.document
        name = page.unit.name if page.unit else ""
        sums = {"own": "direct_ore", "received": "received_ore", "given": "given_ore"}
        if page.is_whole and self._name in ("contacts_ore", "excluded_ore", "unmatched_ore"):
            return name, self._part_of_ledger(document)
        if self._name == "cost":
            amounts = (("own", 1), ("received", 1), ("given", -1))
            labels = (Message("egna kostnader"), Message("gemensamma kostnader"), Message("lämnat till andra"))
            terms = [
                Step(label, sign * page.part[key], "öre", of=self._of(self._unit_id, key))
                for label, (key, sign) in zip(labels, amounts, strict=True)
            ]
            return name, self._figure(
                page.part["cost"], "öre", Message("Egna kostnader + gemensamma − lämnat till andra"), terms
            )
        column = {"used_ore": "used", "unused_ore": "unused", "rest": "rest"}.get(self._name, self._name)
        if column not in page.part or not page.centres:
            return None
        terms = [
            Step(
                Message("{centre}", centre=each.row["title"]),
                each.row[sums[column]] if column in sums else getattr(each, column),
                "öre",
                of=self._of(self._unit_id, self._name, centre=each.row["cost_centre"]),
            )
            for each in page.centres
        ]
        value = document["unused_ore"] if page.is_whole and column == "unused" else page.part[column]
        return name, self._figure(
            value, "öre", Message("Summan av kostnadsställena."), [step for step in terms if step.value]
        )

    def _part_of_ledger(self, document: Row) -> Figure:
        value, home = document[self._name], self._unit_id
        if self._name == "contacts_ore":
            rows = document["groups"].get("unit", [])
            small = document["method_sheet"]["small_numbers_below"]
            parts = [
                (
                    row["title"],
                    None if row["suppressed"] else row["ore"],
                    {"unit": row["name"], "of": "cost", "by": "unit", "group": row["name"]},
                )
                for row in rows
                if row["suppressed"] or row["name"] in self._page.reader.scope
            ]
            return self._figure(
                value,
                "öre",
                Message("Det som vårdkontakterna kostar, summerat över enheterna."),
                together(parts, value, "öre", "ore", small),
            )
        if self._name == "excluded_ore":
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
                    source=self._rows("ledger", account=row["account"], cost_centre=row["cost_centre"]),
                )
                for row in document["excluded"]
            ]
            return self._figure(value, "öre", Message("Det som kostnadsreglerna utesluter, konto för konto."), terms)
        terms = [
            Step(Message("{what}", what=f"{what}, {where}" if where else what), ore, "öre")
            for what, where, _rows, ore in self._page.unmatched
        ]
        return self._figure(
            value,
            "öre",
            Message("Det som ingen vårdkontakt finns för; sådant som det finns få rader av tillsammans."),
            terms,
            [Step(Message("huvudboken"), document["ledger_ore"], "öre", of=self._of(home, "own"))],
        )

    # Groups

    def of_group(self, by: str, name: str) -> tuple[str, Figure] | None:
        """Return a figure of a group; a group without a name (no DRG) is ``-``."""
        name = "" if name == "-" else name
        if by == "form":
            return self._outliers(name)
        if by == "unit" and name == self._unit_id:
            row = next((row for row in self._run.document["groups"].get("unit", []) if row["name"] == name), None)
            change = planned = None
        else:
            groups = self._page.units if by == "unit" else self._page.groups
            group = next((each for each in groups if each.row["name"] == name), None)
            row = group.row if group else None
            change, planned = (group.change, group.planned) if group else (None, None)
        if row is None or row["suppressed"]:
            return None
        figure = self._of_group(by, name, row, change, planned)
        return (str(row["title"]) or _("utan DRG"), figure) if figure else None

    def _named(self, by: str, name: str, figure: str) -> Of:
        return self._of(self._unit_id, figure, by=by, group=name or "-")

    def _of_group(self, by: str, name: str, row: Row, change: float | None, planned: int | None) -> Figure | None:
        within = "" if self._page.is_whole or by == "unit" else self._unit_id
        column = {"service": "service_id", "unit": "unit_id", "drg": "drg", "diagnosis": "diagnosis", "month": "month"}[
            by
        ]
        cost = Step(Message("gruppens kostnad"), row["ore"], "öre", of=self._named(by, name, "ore"))
        match self._name:
            case "contacts":
                where = {column: name} if by in ("service", "unit") else {}
                source = self._rows("contacts", **where, **({"unit_id": within} if within else {}))
                return self._figure(
                    row["contacts"],
                    "count",
                    Message("Vårdkontakter i perioden som hör till gruppen, räknade en gång var."),
                    [Step(Message("vårdkontakter"), row["contacts"], "count", source=source)],
                )
            case "ore":
                terms = [
                    Step(
                        Message("Kostnadspool {pool}", pool=self._run.pool_name(pool)),
                        ore,
                        "öre",
                        source=self._rows("ledger", cost_centre=pool["cost_centre"]),
                    )
                    for pool, ore in self._run.kept.of_pools(column, name, within, row["ore"])
                ]
                return self._figure(
                    row["ore"],
                    "öre",
                    Message("Summan av kontakternas åtgång av varje pool, gånger poolens pris per enhet."),
                    terms,
                )
            case "inner_mean_ore" if row["inner_mean_ore"] is not None:
                inputs = [
                    Step(Message("innerfallens kostnad"), row["inner_ore"], "öre"),
                    Step(Message("innerfall"), row["inner_contacts"], "count"),
                    cost,
                ]
                if row["low_ore"] is not None:
                    inputs += [
                        Step(Message("95 % intervall, från"), row["low_ore"], "öre"),
                        Step(Message("95 % intervall, till"), row["high_ore"], "öre"),
                    ]
                return self._figure(
                    row["inner_mean_ore"],
                    "öre",
                    Message("Medel av innerfall = kostnaden för alla utom ytterfallen, de dyraste / deras antal"),
                    [Step(Message("kostnad / antal"), row["inner_mean_ore"], "öre")],
                    inputs,
                )
            case "ore_per_drg_point" if row["ore_per_drg_point"] is not None:
                inputs = [
                    Step(
                        Message("DRG-poäng av innerfall"),
                        row["drg_points"],
                        "drg_weight",
                        source=self._rows("contacts", **({column: name} if by in ("service", "unit") else {})),
                    ),
                    cost,
                ]
                return self._figure(
                    row["ore_per_drg_point"],
                    "öre",
                    Message("Kr per DRG-poäng = kostnaden för innerfall som har DRG-vikt / deras poäng"),
                    [Step(Message("kostnad / poäng"), row["ore_per_drg_point"], "öre")],
                    inputs,
                )
            case "outliers":
                formula = Message(
                    "Ytterfall är de dyraste kontakterna: den andel som regeln säger, inom varje vårdform."
                )
                inputs = [Step(Message("kontakter"), row["contacts"], "count", of=self._named(by, name, "contacts"))]
                return self._figure(
                    row["outliers"], "count", formula, [Step(Message("ytterfall"), row["outliers"], "count")], inputs
                )
            case "change" if change is not None:
                inputs = [
                    Step(
                        Message("medel av innerfall nu"),
                        row["inner_mean_ore"],
                        "öre",
                        of=self._named(by, name, "inner_mean_ore"),
                    )
                ]
                if row["inner_mean_ore"] is not None:
                    inputs.append(
                        Step(
                            Message("medel av innerfall i {period}", period=self._page.compared_with),
                            row["inner_mean_ore"] / (1 + change),
                            "öre",
                        )
                    )
                return self._figure(
                    change,
                    "share",
                    Message("Medel av innerfall nu / i perioden som det jämförs med − 1"),
                    [Step(Message("ändring"), change, "share")],
                    inputs,
                )
            case "planned" if planned is not None:
                return self._figure(
                    planned,
                    "öre",
                    Message(
                        "Planens kostnad: beställda volymer gånger åtgång per kontakt, till budgetens pris per enhet."
                    ),
                    [
                        Step(
                            Message("enligt planen"),
                            planned,
                            "öre",
                            source=self._rows("orders", service_id=name, year=self._run.document["period"][:4]),
                        )
                    ],
                )
        return None

    def _outliers(self, form: str) -> tuple[str, Figure] | None:
        found = next((row for row in self._page.outliers if self._run.document["outliers"].get(form) is row[1]), None)
        if found is None or not self._page.is_whole:
            return None
        title, row, explained, _why = found
        if self._name == "explained_share" and explained and explained["explained_share"] is not None:
            inputs = [
                Step(Message("kontakter med DRG"), explained["contacts"], "count"),
                Step(Message("olika DRG"), explained["drgs"], "count"),
            ]
            return title, self._figure(
                explained["explained_share"],
                "share",
                Message("Den del av skillnaderna i kostnad som ligger mellan DRG, av alla skillnader."),
                [Step(Message("andel"), explained["explained_share"], "share")],
                inputs,
            )
        if self._name not in ("contacts", "outliers", "ore", "outliers_ore"):
            return None
        unit = "öre" if "ore" in self._name else "count"
        formulas = {
            "contacts": Message("Vårdkontakter i perioden i vårdformen."),
            "outliers": Message(
                "Ytterfall är de dyraste kontakterna: den andel som regeln säger, inom varje vårdform."
            ),
            "ore": Message("Det som vårdformens kontakter kostar."),
            "outliers_ore": Message("Det som vårdformens ytterfall kostar."),
        }
        inputs = [Step(Message("regelns andel"), row["share"], "share")] if "outliers" in self._name else []
        term = Step(Message("{form}", form=title), row[self._name], unit, source=self._rows("contacts"))
        return title, self._figure(row[self._name], unit, formulas[self._name], [term], inputs)

    # Why it differs, and contracts

    def of_variance(self) -> tuple[str, Figure] | None:
        """Return a part of why the unit's cost differs: the sum of the units below it, and what is its own."""
        told = self._page.told or {}
        rows = {row["unit_id"]: row for row in told.get("units", ())}
        row = rows.get(self._unit_id)
        if row is None or row["suppressed"] or self._name not in (*_WEIGHTS, "total", "plan_ore", "outcome_ore"):
            return None
        name = self._page.reader.tree.units[self._unit_id].name
        against = self._asked["against"]
        if self._name == "total":
            labels = {
                "volume": Message("volym"),
                "mix": Message("mix"),
                "efficiency": Message("resursåtgång"),
                "price": Message("pris"),
                "unused": Message("outnyttjad kapacitet"),
            }
            terms = [
                Step(label, row[key], "öre", of=self._of(self._unit_id, key, against=against))
                for key, label in labels.items()
            ]
            ends = [
                Step(Message("plan eller perioden före"), row["plan_ore"], "öre"),
                Step(Message("utfall"), row["outcome_ore"], "öre"),
            ]
            return name, self._figure(
                row["total"], "öre", Message("volym + mix + effektivitet + pris + outnyttjad kapacitet"), terms, ends
            )
        formulas = {
            "volume": Message(
                "Volym: så mycket mer eller mindre kostar det att göra fler eller färre, med planens mix, åtgång och pris."
            ),
            "mix": Message("Mix: så mycket mer eller mindre kostar det att göra annat, med planens åtgång och pris."),
            "efficiency": Message(
                "Effektivitet: så mycket mer eller mindre kostar det att varje kontakt tar mer eller mindre av resurserna, med planens pris."
            ),
            "price": Message("Pris: så mycket mer eller mindre kostar en enhet av resurserna."),
            "unused": Message("Outnyttjat: så mycket mer eller mindre kostar kapacitet som inte används."),
            "plan_ore": Message("Planens kostnad, eller periodens före."),
            "outcome_ore": Message("Utfallets kostnad."),
        }
        parts = [
            (
                unit.name,
                None if rows[unit.unit_id]["suppressed"] else rows[unit.unit_id][self._name],
                {"unit": unit.unit_id, "of": "cost", "against": against},
            )
            for unit in self._page.children
            if unit.unit_id in rows
        ]
        value = row[self._name]
        terms = list(together(parts, value, "öre", self._name, 1))
        own = value - sum(step.value for step in terms)
        if abs(own) >= 1 or not terms:
            terms.insert(
                0,
                Step(
                    Message("enhetens egna vårdtjänster och pooler"),
                    own,
                    "öre",
                    source=self._rows("contacts", unit_id=self._unit_id),
                ),
            )
        return name, self._figure(value, "öre", formulas[self._name], terms)

    def of_own(self, named: str) -> tuple[str, Figure] | None:
        """Return a figure of a contract (provider/service), or of own care beside it (provider/service/own)."""
        names = tuple(named.split("/"))
        contract = next(
            (each for each in self._page.contracts if (each.row["provider_id"], each.row["service_id"]) == names), None
        )
        if contract is not None:
            return self._contract(contract)
        own = next(
            (
                each
                for each in self._page.make_or_buy
                if (each.row["provider_id"], each.row["service_id"], each.row["own_service_id"]) == names
            ),
            None,
        )
        return None if own is None else self._own(own)

    def _contract(self, each: Any) -> tuple[str, Figure] | None:
        row = each.row
        value = {"contract_price": each.price, "contract_cost": each.cost}.get(self._name, row.get(self._name))
        formulas: Mapping[str, tuple[str, Message]] = {
            "agreed": ("count", Message("Avtalets volym per år, den del som hör till perioden.")),
            "performed": ("count", Message("Vårdkontakter som avtalet gäller, utförda i perioden.")),
            "at_price_ore": ("öre", Message("Det som har utförts, till avtalets pris.")),
            "contract_price": ("öre", Message("Till avtalets pris / utfört")),
            "contract_cost": ("öre", Message("Kostnaden i körningen, med gemensamma kostnader / utfört")),
            "price_ore": ("öre", Message("Avtalets pris.")),
        }
        if value is None or self._name not in formulas:
            return None
        unit, formula = formulas[self._name]
        table, where = (
            ("contacts", {"service_id": row["service_id"]})
            if self._name in ("performed", "contract_cost")
            else ("contracts", {"service_id": row["service_id"], "provider_id": row["provider_id"]})
        )
        inputs = (
            [
                Step(
                    Message("utfört"),
                    row["performed"],
                    "count",
                    of=self._of(self._unit_id, "performed", own=f"{row['provider_id']}/{row['service_id']}"),
                )
            ]
            if self._name.startswith("contract")
            else []
        )
        return each.service, self._figure(
            value,
            unit,
            formula,
            [Step(Message("{provider}", provider=each.provider), value, unit, source=self._rows(table, **where))],
            inputs,
        )

    def _own(self, each: Any) -> tuple[str, Figure] | None:
        row = each.row
        value = row.get(self._name)
        if value is None or self._name not in _OWN:
            return None
        unit, formula, used = _OWN[self._name]
        named = f"{row['provider_id']}/{row['service_id']}/{row['own_service_id']}"
        labels = {
            "price_ore": Message("avtalets pris"),
            "variable_ore": Message("marginalkostnad"),
            "fixed_ore": Message("fast kostnad"),
            "own_volume": Message("egna kontakter"),
            "spare": Message("ledigt utrymme"),
        }
        inputs = [
            Step(
                labels[name],
                row[name],
                _OWN[name][0] if name in _OWN else "öre",
                of=self._of(self._unit_id, name, own=named) if name in _OWN else (),
            )
            for name in used
            if row[name] is not None
        ]
        if self._name == "full_ore" and row["own_volume"]:
            fixed = round(row["fixed_ore"] / row["own_volume"])
            terms = [
                Step(
                    Message("marginalkostnad"),
                    row["variable_ore"],
                    "öre",
                    of=self._of(self._unit_id, "variable_ore", own=named),
                ),
                Step(Message("fast kostnad / egna kontakter"), fixed, "öre"),
            ]
        else:
            source = (
                self._rows("contracts", service_id=row["service_id"], provider_id=row["provider_id"])
                if self._name == "price_ore"
                else self._rows("contacts", service_id=row["own_service_id"])
            )
            terms = [Step(Message("{service}", service=each.own), value, unit, source=source)]
        return each.own, self._figure(value, unit, formula, terms, inputs)


_OWN: Mapping[str, tuple[str, Message, tuple[str, ...]]] = {
    "price_ore": ("öre", Message("Avtalets pris."), ()),
    "variable_ore": (
        "öre",
        Message("Det som en kontakt till tar av pooler som växer med den, till deras egen kostnad."),
        (),
    ),
    "full_ore": (
        "öre",
        Message("Full kostnad = marginalkostnad + fast kostnad / egna kontakter"),
        ("fixed_ore", "own_volume"),
    ),
    "break_even": (
        "count",
        Message("Brytpunkt = fast kostnad / (avtalets pris − marginalkostnad)"),
        ("fixed_ore", "price_ore", "variable_ore"),
    ),
    "own_volume": ("count", Message("Egna kontakter i perioden som gör det avtalet köper."), ()),
    "spare": ("count", Message("Så många fler som ryms i den pool som först blir full."), ()),
    "marginal_saves_ore": (
        "öre",
        Message("Så många köpta som ryms i ledigt utrymme · (avtalets pris − marginalkostnad)"),
        ("spare", "price_ore", "variable_ore"),
    ),
}
"""The figures of own care beside a contract: unit, formula, and what goes into it."""
