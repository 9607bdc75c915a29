"""Why the cost of a group of contacts, or of those of a form of care, is what it is."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from vardbalans.engine.explain import Figure, Step
from vardbalans.engine.messages import Message
from vardbalans.web.insight.why_cost_page import CostFigures, Of

__all__ = ["GroupFigures"]

Row = Mapping[str, Any]
_COLUMNS = {"service": "service_id", "unit": "unit_id", "drg": "drg", "diagnosis": "diagnosis", "month": "month"}


class GroupFigures(CostFigures):
    """The figures of a group. Each is returned with whose it is; None where there is none."""

    def of_group(self, by: str, name: str) -> tuple[str, Figure] | None:
        """Return a figure of a group; a group without a name (no DRG) is ``-``."""
        name = "" if name == "-" else name
        if by == "form":
            return self._outliers(name)
        if by == "unit":
            groups = self.page.own_group if name == self.unit_id else self.page.units
        else:
            groups = self.page.groups
        group = next((each for each in groups if each.row["name"] == name), None)
        row = group.row if group else None
        change, planned = (group.change, group.planned) if group else (None, None)
        if row is None or row["suppressed"]:
            return None
        figure = self._of_group(by, name, row, change, planned)
        return (str(row["title"]) or _("utan DRG"), figure) if figure else None

    def _named(self, by: str, name: str, figure: str) -> Of:
        return self.of(self.unit_id, figure, by=by, group=name or "-")

    def _of_group(self, by: str, name: str, row: Row, change: float | None, planned: int | None) -> Figure | None:
        if self.name == "planned":
            return self._planned(name, planned)
        if self.name in ("inner_mean_ore", "ore_per_drg_point", "change"):
            return self._rate(by, name, row, change)
        return self._amount(by, name, row)

    def _amount(self, by: str, name: str, row: Row) -> Figure | None:
        within = "" if self.page.is_whole or by == "unit" else self.unit_id
        column = _COLUMNS[by]
        match self.name:
            case "contacts":
                where = {column: name} if by in ("service", "unit") else {}
                source = self.rows("contacts", **where, **({"unit_id": within} if within else {}))
                return self.figure(
                    row["contacts"],
                    "count",
                    Message("Vårdkontakter i perioden som hör till gruppen, räknade en gång var."),
                    [Step(Message("vårdkontakter"), row["contacts"], "count", source=source)],
                )
            case "ore":
                terms = self._pools(column, name, within, row["ore"])
                return self.figure(
                    row["ore"],
                    "öre",
                    Message("Summan av kontakternas åtgång av varje pool, gånger poolens pris per enhet."),
                    terms,
                )
            case "outliers":
                formula = Message(
                    "Ytterfall är de dyraste kontakterna: den andel som regeln säger, inom varje vårdform."
                )
                inputs = [Step(Message("kontakter"), row["contacts"], "count", of=self._named(by, name, "contacts"))]
                return self.figure(
                    row["outliers"], "count", formula, [Step(Message("ytterfall"), row["outliers"], "count")], inputs
                )
        return None

    def _rate(self, by: str, name: str, row: Row, change: float | None) -> Figure | None:
        column = _COLUMNS[by]
        cost = Step(Message("gruppens kostnad"), row["ore"], "öre", of=self._named(by, name, "ore"))
        match self.name:
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
                return self.figure(
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
                        source=self.rows("contacts", **({column: name} if by in ("service", "unit") else {})),
                    ),
                    cost,
                ]
                return self.figure(
                    row["ore_per_drg_point"],
                    "öre",
                    Message("Kr per DRG-poäng = kostnaden för innerfall som har DRG-vikt / deras poäng"),
                    [Step(Message("kostnad / poäng"), row["ore_per_drg_point"], "öre")],
                    inputs,
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
                            Message("medel av innerfall i {period}", period=self.page.compared_with),
                            row["inner_mean_ore"] / (1 + change),
                            "öre",
                        )
                    )
                return self.figure(
                    change,
                    "share",
                    Message("Medel av innerfall nu / i perioden som det jämförs med − 1"),
                    [Step(Message("ändring"), change, "share")],
                    inputs,
                )
        return None

    def _pools(self, column: str, name: str, within: str, ore: int) -> list[Step]:
        """Return the cost of a group by pool; pools that few patients of the group have used are one."""
        small = self.run.document["method_sheet"]["small_numbers_below"]
        rows = sorted(self.run.kept.of_pools(column, name, within, ore), key=lambda row: row.patients)
        few = sum(row.patients < small for row in rows)
        few += few == 1
        terms = [
            Step(
                Message("Kostnadspool {pool}", pool=self.run.pool_name(row.pool)),
                row.ore,
                "öre",
                source=self.rows("ledger", cost_centre=row.pool["cost_centre"]),
            )
            for row in sorted(rows[few:], key=lambda row: str(row.pool["pool_id"]))
        ]
        if few:
            terms.append(Step(Message("pooler som få patienter har använt"), sum(row.ore for row in rows[:few]), "öre"))
        return terms

    def _planned(self, name: str, planned: int | None) -> Figure | None:
        if planned is None:
            return None
        return self.figure(
            planned,
            "öre",
            Message("Planens kostnad: beställda volymer gånger åtgång per kontakt, till budgetens pris per enhet."),
            [
                Step(
                    Message("enligt planen"),
                    planned,
                    "öre",
                    source=self.rows("orders", service_id=name, year=self.run.document["period"][:4]),
                )
            ],
        )

    def _outliers(self, form: str) -> tuple[str, Figure] | None:
        found = next((row for row in self.page.outliers if self.run.document["outliers"].get(form) is row[1]), None)
        if found is None or not self.page.is_whole:
            return None
        title, row, explained, _why = found
        if self.name == "explained_share" and explained and explained["explained_share"] is not None:
            inputs = [
                Step(Message("kontakter med DRG"), explained["contacts"], "count"),
                Step(Message("olika DRG"), explained["drgs"], "count"),
            ]
            return title, self.figure(
                explained["explained_share"],
                "share",
                Message("Den del av skillnaderna i kostnad som ligger mellan DRG, av alla skillnader."),
                [Step(Message("andel"), explained["explained_share"], "share")],
                inputs,
            )
        if self.name not in ("contacts", "outliers", "ore", "outliers_ore") or row[self.name] is None:
            return None
        unit = "öre" if "ore" in self.name else "count"
        formulas = {
            "contacts": Message("Vårdkontakter i perioden i vårdformen."),
            "outliers": Message(
                "Ytterfall är de dyraste kontakterna: den andel som regeln säger, inom varje vårdform."
            ),
            "ore": Message("Det som vårdformens kontakter kostar."),
            "outliers_ore": Message("Det som vårdformens ytterfall kostar."),
        }
        inputs = [Step(Message("regelns andel"), row["share"], "share")] if "outliers" in self.name else []
        term = Step(Message("{form}", form=title), row[self.name], unit, source=self.rows("contacts"))
        return title, self.figure(row[self.name], unit, formulas[self.name], [term], inputs)
