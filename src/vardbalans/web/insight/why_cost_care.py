"""Why the cost differs from the plan, and why a contract, or own care beside it, costs what it does."""

from collections.abc import Mapping
from typing import Any

from vardbalans.data.results.year_figures import together
from vardbalans.engine.explain import Figure, Step
from vardbalans.engine.messages import Message
from vardbalans.web.insight.why_cost_page import CostFigures

__all__ = ["CareFigures"]

Row = Mapping[str, Any]


_PARTS = ("total", "plan_ore", "outcome_ore", "volume", "mix", "efficiency", "price", "unused")


class CareFigures(CostFigures):
    """The figures of a variance or a contract. Each is returned with whose it is; None where there is none."""

    def of_variance(self) -> tuple[str, Figure] | None:
        """Return a part of why the unit's cost differs: the sum of the units below it, and what is its own."""
        told = self.page.told or {}
        rows = {row["unit_id"]: row for row in told.get("units", ())}
        row = rows.get(self.unit_id)
        if row is None or row["suppressed"] or self.name not in _PARTS:
            return None
        name = self.page.reader.tree.units[self.unit_id].name
        against = self.asked["against"]
        if self.name == "total":
            labels = {
                "volume": Message("volym"),
                "mix": Message("mix"),
                "efficiency": Message("resursåtgång"),
                "price": Message("pris"),
                "unused": Message("outnyttjad kapacitet"),
            }
            terms = [
                Step(label, row[key], "öre", of=self.of(self.unit_id, key, against=against))
                for key, label in labels.items()
            ]
            ends = [
                Step(Message("plan eller perioden före"), row["plan_ore"], "öre"),
                Step(Message("utfall"), row["outcome_ore"], "öre"),
            ]
            return name, self.figure(
                row["total"], "öre", Message("volym + mix + effektivitet + pris + outnyttjad kapacitet"), terms, ends
            )
        formulas = {
            "volume": Message(
                "Volym: vad det kostar mer eller mindre att göra fler eller färre, med planens mix, åtgång och pris."
            ),
            "mix": Message("Mix: vad det kostar mer eller mindre att göra annat, med planens åtgång och pris."),
            "efficiency": Message(
                "Effektivitet: vad det kostar att en kontakt tar mer eller mindre av resurserna, med planens pris."
            ),
            "price": Message("Pris: vad en enhet av resurserna kostar mer eller mindre."),
            "unused": Message("Outnyttjat: vad kapacitet som inte används kostar mer eller mindre."),
            "plan_ore": Message("Planens kostnad, eller periodens före."),
            "outcome_ore": Message("Utfallets kostnad."),
        }
        parts = [
            (
                unit.name,
                None if rows[unit.unit_id]["suppressed"] else rows[unit.unit_id][self.name],
                {"unit": unit.unit_id, "of": "cost", "against": against},
            )
            for unit in self.page.children
            if unit.unit_id in rows
        ]
        value = row[self.name]
        terms = list(together(parts, value, "öre", self.name, 1))
        own = value - sum(step.value for step in terms)
        if abs(own) >= 1 or not terms:
            terms.insert(
                0,
                Step(
                    Message("enhetens egna vårdtjänster och pooler"),
                    own,
                    "öre",
                    source=self.rows("contacts", unit_id=self.unit_id),
                ),
            )
        return name, self.figure(value, "öre", formulas[self.name], terms)

    def of_own(self, named: str) -> tuple[str, Figure] | None:
        """Return a figure of a contract (provider/service), or of own care beside it (provider/service/own)."""
        names = tuple(named.split("/"))
        contract = next(
            (each for each in self.page.contracts if (each.row["provider_id"], each.row["service_id"]) == names), None
        )
        if contract is not None:
            return self._contract(contract)
        own = next(
            (
                each
                for each in self.page.make_or_buy
                if (each.row["provider_id"], each.row["service_id"], each.row["own_service_id"]) == names
            ),
            None,
        )
        return None if own is None else self._own(own)

    def _contract(self, each: Any) -> tuple[str, Figure] | None:
        row = each.row
        value = {"contract_price": each.price, "contract_cost": each.cost}.get(self.name, row.get(self.name))
        formulas: Mapping[str, tuple[str, Message]] = {
            "agreed": ("count", Message("Avtalets volym per år, den del som hör till perioden.")),
            "performed": ("count", Message("Vårdkontakter som avtalet gäller, utförda i perioden.")),
            "at_price_ore": ("öre", Message("Det som har utförts, till avtalets pris.")),
            "contract_price": ("öre", Message("Till avtalets pris / utfört")),
            "contract_cost": ("öre", Message("Kostnaden i körningen, med gemensamma kostnader / utfört")),
            "price_ore": ("öre", Message("Avtalets pris.")),
        }
        if value is None or self.name not in formulas:
            return None
        unit, formula = formulas[self.name]
        table, where = (
            ("contacts", {"service_id": row["service_id"]})
            if self.name in ("performed", "contract_cost")
            else ("contracts", {"service_id": row["service_id"], "provider_id": row["provider_id"]})
        )
        inputs = (
            [
                Step(
                    Message("utfört"),
                    row["performed"],
                    "count",
                    of=self.of(self.unit_id, "performed", own=f"{row['provider_id']}/{row['service_id']}"),
                )
            ]
            if self.name.startswith("contract")
            else []
        )
        return each.service, self.figure(
            value,
            unit,
            formula,
            [Step(Message("{provider}", provider=each.provider), value, unit, source=self.rows(table, **where))],
            inputs,
        )

    def _own(self, each: Any) -> tuple[str, Figure] | None:
        row = each.row
        value = row.get(self.name)
        if value is None or self.name not in _OWN:
            return None
        unit, formula, used = _OWN[self.name]
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
                of=self.of(self.unit_id, name, own=named) if name in _OWN else (),
            )
            for name in used
            if row[name] is not None
        ]
        if self.name == "full_ore" and row["own_volume"]:
            fixed = round(row["fixed_ore"] / row["own_volume"])
            terms = [
                Step(
                    Message("marginalkostnad"),
                    row["variable_ore"],
                    "öre",
                    of=self.of(self.unit_id, "variable_ore", own=named),
                ),
                Step(Message("fast kostnad / egna kontakter"), fixed, "öre"),
            ]
        else:
            source = (
                self.rows("contracts", service_id=row["service_id"], provider_id=row["provider_id"])
                if self.name == "price_ore"
                else self.rows("contacts", service_id=row["own_service_id"])
            )
            terms = [Step(Message("{service}", service=each.own), value, unit, source=source)]
        return each.own, self.figure(value, unit, formula, terms, inputs)


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
