"""The page Ekonomi: where the ledger's money went, in all or for a unit and below; what stood unused; cost per group.

Everything is read from the run as it was kept.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from vardbalans.data.tables import TABLES
from vardbalans.engine.cost.variance import Variance as Parts
from vardbalans.web import numbers
from vardbalans.web.headings import column_choices
from vardbalans.web.insight import cost_sentences
from vardbalans.web.insight.addresses import Whys
from vardbalans.web.insight.cost_chart import Variance, variance_of
from vardbalans.web.insight.cost_lines import Centre, Contract, Group, OwnCare, PoolLine, Row
from vardbalans.web.insight.cost_run import CostRun
from vardbalans.web.insight.listing import Column
from vardbalans.web.insight.need_service import Choice
from vardbalans.web.insight.selectors import Reader
from vardbalans.web.ordering import swedish_order
from vardbalans.web.people.units import Unit
from vardbalans.web.translate import translated

__all__ = ["CostPage", "cost_page"]

GROUPINGS = ("service", "drg", "diagnosis", "month")
_FORMS = ("inpatient", "outpatient")


@dataclass(frozen=True)
class CostPage:
    """What the page shows of *run* for the units *shown*; *is_whole*: they are all that the run has anything of.

    *unit* is None for a reader with several topmost units.
    """

    reader: Reader
    run: CostRun
    unit: Unit | None
    shown: frozenset[str]
    is_whole: bool
    by: str
    sort: str
    against: str

    @property
    def document(self) -> Row:
        """Return what the run tells."""
        return self.run.document

    @property
    def path(self) -> tuple[Unit, ...]:
        """Return the units above."""
        return self.reader.path(self.unit.unit_id)[:-1] if self.unit else ()

    @cached_property
    def conclusion(self) -> str:
        """Return what the page says first."""
        if self.is_whole:
            return cost_sentences.reconciled(self.document)
        if not self.centres:
            return cost_sentences.contacts(self.own_contacts)
        return _("Enhetens kostnadsställen kostar {cost}, varav {unused} är outnyttjad kapacitet.").format(
            cost=cost_sentences.money(self.part["cost"]), unused=cost_sentences.money(self.part["unused"])
        )

    def why(self, unit_id: str = "", **named: str) -> Whys:
        """Return where figures of the page are explained: those of *unit_id*, or of the unit shown."""
        return Whys(unit_id or self.unit_id or self.reader.roots[0].unit_id, "cost", **named)

    @property
    def whys(self) -> Whys:
        """Return where the sums of the page are explained."""
        return self.why()

    def _group_why(self, row: Row, by: str) -> Whys:
        return self.why(row["name"] if by == "unit" else "", by=by, group=row["name"] or "-")

    def _own_why(self, row: Row) -> Whys:
        return self.why(own=f"{row['provider_id']}/{row['service_id']}/{row['own_service_id']}")

    # Where the money went

    @cached_property
    def centres(self) -> tuple[Centre, ...]:
        """Return the cost centres of the units shown; of all where the whole is shown, those that only serve last."""
        pools: dict[str, list[Row]] = {}
        for pool in self.document["pools"]:
            pools.setdefault(pool["cost_centre"], []).append(pool)
        found = []
        for row in self.document["centres"]:
            unit_id = self.run.unit_of.get(row["cost_centre"])
            if not (self.is_whole or unit_id in self.shown):
                continue
            own = pools.get(row["cost_centre"], [])
            used, unused = (sum(pool[name] for pool in own) for name in ("used_ore", "unused_ore"))
            rest = row["direct_ore"] + row["received_ore"] - row["given_ore"] - used - unused
            found.append(
                Centre(
                    row,
                    self.reader.tree.units.get(unit_id or ""),
                    used,
                    unused,
                    rest,
                    self.why(centre=row["cost_centre"]),
                )
            )
        return tuple(sorted(found, key=lambda each: (each.row["kind"] == "support", swedish_order(each.row["title"]))))

    @cached_property
    def part(self) -> Mapping[str, int]:
        """Return the sums of the cost centres, which hold together: own + received − given = used + unused + rest."""
        rows = self.centres
        own, received, given = (
            sum(each.row[name] for each in rows) for name in ("direct_ore", "received_ore", "given_ore")
        )
        return {
            "own": own,
            "received": received,
            "given": given,
            "cost": own + received - given,
            "used": sum(each.used for each in rows),
            "unused": sum(each.unused for each in rows),
            "rest": sum(each.rest for each in rows),
        }

    @property
    def certificate(self) -> tuple[tuple[str, int, str], ...]:
        """Return the four that the ledger's money went to, and where each is explained."""
        names = {
            "contacts_ore": _("På vårdkontakter"),
            "unused_ore": _("Outnyttjad kapacitet"),
            "excluded_ore": _("Uteslutet enligt regler"),
            "unmatched_ore": _("Omatchat"),
        }
        return tuple((name, self.document[key], self.whys[key]) for key, name in names.items())

    @property
    def certificate_why(self) -> str:
        """Return where the whole ledger is explained."""
        return reverse("insight:cost_certificate")

    @cached_property
    def pools(self) -> tuple[PoolLine, ...]:
        """Return the pools of the units shown, those with most unused first."""
        plan = self.document["plan"]
        found = []
        for pool in sorted(self.document["pools"], key=lambda row: (-row["unused_ore"], row["pool_id"])):
            unit = self.reader.tree.units.get(self.run.unit_of.get(pool["cost_centre"], ""))
            if unit is None or unit.unit_id not in self.shown:
                continue
            address = f"{reverse('insight:cost_pool', args=[unit.unit_id])}?{urlencode({'pool': pool['pool_id']})}"
            share = pool["used"] / pool["capacity"] if pool["capacity"] else None
            planned = plan["unused"].get(pool["pool_id"], 0) if plan and pool["capacity"] else None
            found.append(
                PoolLine(
                    pool,
                    self.run.pool_name(pool),
                    unit,
                    address,
                    share,
                    planned,
                    self.why(unit.unit_id, pool=pool["pool_id"]),
                )
            )
        return tuple(found)

    # Groups

    @property
    def children(self) -> tuple[Unit, ...]:
        """Return the units just below that the run has anything of, or that have one below them."""
        below = self.reader.tree.children(self.unit.unit_id) if self.unit else self.reader.roots
        return tuple(unit for unit in below if self.run.units & self.reader.below(unit.unit_id))

    @cached_property
    def units(self) -> tuple[Group, ...]:
        """Return the units shown that have contacts of their own."""
        rows = [row for row in self.document["groups"].get("unit", []) if row["name"] in self.shown]
        return self._groups(rows, "unit") if len(rows) > 1 or self.is_whole else ()

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Return the groups by what was chosen: of the whole, or of the contacts of the unit itself."""
        if self.is_whole:
            return self._groups(self.document["groups"].get(self.by, []), self.by)
        return self._groups(self.run.kept.groups(self.unit.unit_id, self.by), self.by) if self.unit else ()

    def _groups(self, rows: Sequence[Row], by: str) -> tuple[Group, ...]:
        earlier = (self.document.get("comparison") or {}).get("groups", {}).get(by, [])
        # The comparison of diagnosis is the region's: it says nothing of a unit. That of DRG is kept for each.
        if not self.is_whole and by == "drg":
            earlier = [row for row in self._compared_within if row["unit_id"] == self.unit_id]
        elif not (self.is_whole or by in ("unit", "service")):
            earlier = []
        changes = {row["name"]: row["change"] for row in earlier}
        plan = (self.document["plan"] or {}).get("by_service", {}) if by == "service" else {}
        found = [
            Group(
                row,
                self._name(row, by),
                self._at(row, by),
                plan.get(row["name"]),
                changes.get(row["name"]),
                self._group_why(row, by),
            )
            for row in rows
        ]
        return tuple(self._in_order(found))

    def _name(self, row: Row, by: str) -> str:
        if not row["name"]:
            return _("utan DRG") if by == "drg" else _("utan diagnos")
        return str(row["title"])

    def _at(self, row: Row, by: str) -> str:
        if by == "unit" and row["name"] in self.reader.scope:
            return reverse("insight:cost_unit", args=[row["name"]])
        return ""

    def _in_order(self, groups: list[Group]) -> list[Group]:
        key, down = self.sort.removeprefix("-"), self.sort.startswith("-")
        groups.sort(key=lambda group: swedish_order(group.name))
        if key == "name":
            return groups[::-1] if down else groups

        def placed(group: Group) -> tuple[bool, float]:
            value = _FIGURES[key](group)
            return value is None, 0.0 if value is None else (-value if down else value)

        return sorted(groups, key=placed)

    @property
    def columns(self) -> Mapping[str, Column]:
        """Return the columns of groups that can be sorted by."""
        names = {
            "name": _("Grupp"),
            "contacts": _("Kontakter"),
            "ore": _("Kostnad, kr"),
            "mean": _("Medel av innerfall, kr"),
            "point": _("Kr per DRG-poäng"),
            "outliers": _("Ytterfall"),
            "change": _("Ändring"),
        }
        if not self.tells_change:
            names.pop("change")
        found = {}
        for key, name in names.items():
            first, other = (key, f"-{key}") if key == "name" else (f"-{key}", key)
            order = {key: "ascending", f"-{key}": "descending"}.get(self.sort, "")
            found[key] = Column(
                key, name, order, f"{self._address(sort=other if self.sort == first else first)}#groups"
            )
        return found

    @property
    def tells_change(self) -> bool:
        """Tell whether the groups have a change: the comparison of diagnosis is of the whole."""
        told = self.is_whole or self.by in ("service", "drg") or not self.own_contacts
        return bool(self.compared_with) and told

    @property
    def _compared_within(self) -> Sequence[Row]:
        found: Sequence[Row] = (self.document.get("comparison") or {}).get("within_units", ())
        return found

    @property
    def unit_id(self) -> str:
        """Return the id of the unit; empty without one."""
        return self.unit.unit_id if self.unit else ""

    @property
    def groupings(self) -> tuple[Choice, ...]:
        """Return what the contacts can be grouped by."""
        names = {"service": _("Vårdtjänst"), "drg": "DRG", "diagnosis": _("Diagnos"), "month": _("Månad")}
        return tuple(Choice(names[name], f"{self._address(by=name)}#groups", name == self.by) for name in GROUPINGS)

    def _address(self, **changed: str) -> str:
        asked = {"by": self.by, "sort": self.sort, "against": self.against} | changed
        usual = {"by": GROUPINGS[0], "sort": _USUAL, "against": ""}
        base = reverse("insight:cost_unit", args=[self.unit.unit_id]) if self.unit else reverse("insight:cost")
        kept = {name: value for name, value in asked.items() if value != usual[name]}
        return f"{base}?{urlencode(kept)}" if kept else base

    @property
    def outliers(self) -> tuple[tuple[str, Row, Row | None, Whys], ...]:
        """Return the outliers by form of care, and how much of the differences DRG explains."""
        names = {"inpatient": _("Sluten vård"), "outpatient": _("Öppen vård")}
        found = self.document["outliers"]
        return tuple(
            (names[form], found[form], self.document["explained"].get(form), self.why(by="form", group=form))
            for form in _FORMS
            if form in found
        )

    @property
    def kinds(self) -> tuple[tuple[str, str, Row], ...]:
        """Return the outliers by form and kind of care."""
        kinds = column_choices(TABLES["services"].column("kind"))
        return tuple(
            (name, kinds.get(each["kind"], each["kind"]), each)
            for name, row, _explained, _why in self.outliers
            for each in row.get("kinds", ())
        )

    @property
    def own_contacts(self) -> Row | None:
        """Return the group of the contacts of the unit itself; None where it has none in the run."""
        if self.unit is None:
            return None
        rows = self.document["groups"].get("unit", [])
        return next((row for row in rows if row["name"] == self.unit.unit_id), None)

    @property
    def own_group(self) -> tuple[Group, ...]:
        """Return the contacts of the unit itself as a group; empty where it has none in the run."""
        return self._groups([self.own_contacts], "unit") if self.own_contacts else ()

    # Why it changed

    @property
    def compared_with(self) -> str:
        """Return the period that the run is compared with, in words; empty without."""
        return numbers.months((self.document.get("comparison") or {}).get("before", ""))

    @cached_property
    def variance(self) -> Variance | None:
        """Return why the outcome differs from the plan, or from the period before; None where neither is known."""
        told = self.told
        if not told:
            return None
        before = self.compared_with if self.against == "before" else "plan"
        if self.is_whole:
            return variance_of(told["variance"], before)
        row = next((row for row in told.get("units", ()) if row["unit_id"] == self.unit_id), None)
        if row is None or row["suppressed"]:
            return None
        parts = {field.name: row[field.name] for field in fields(Parts)}
        return variance_of(Parts(**parts).figure().as_dict(), before)

    @property
    def variance_whys(self) -> Whys:
        """Return where the parts of why it differs are explained."""
        return self.why(against=self.against or "plan")

    @property
    def variance_lines(self) -> tuple[tuple[str, int, str], ...]:
        """Return the parts of why it differs, and where each is explained."""
        lines = self.variance.lines if self.variance else ()
        parts = ("volume", "mix", "efficiency", "price", "unused")
        return tuple(
            (name, ore, self.variance_whys[part]) for (name, ore), part in zip(lines, parts, strict=bool(lines))
        )

    @property
    def told(self) -> Row | None:
        """Return what is told of the plan, or of the period before; None where it is not known."""
        found: Row | None = self.document["comparison" if self.against == "before" else "plan"]
        return found

    @property
    def variances(self) -> tuple[tuple[Unit, Row, Whys], ...]:
        """Return why the cost of each unit just below differs; they and what is the unit's own sum to its own."""
        rows = {row["unit_id"]: row for row in (self.told or {}).get("units", ())}
        return tuple(
            (unit, rows[unit.unit_id], self.why(unit.unit_id, against=self.against or "plan"))
            for unit in self.children
            if unit.unit_id in rows
        )

    @property
    def against_choices(self) -> tuple[Choice, ...]:
        """Return what the outcome can be held against."""
        choices = []
        if self.document["plan"]:
            choices.append(Choice(_("Plan"), f"{self._address(against='')}#variance", self.against == ""))
        if self.compared_with:
            address = f"{self._address(against='before')}#variance"
            choices.append(Choice(self.compared_with, address, self.against == "before"))
        return tuple(choices)

    @property
    def differs(self) -> tuple[tuple[str, str, str], ...]:
        """Return the choices of method that differ from those of the period before: name, before, now."""
        return tuple(
            (
                str(cost_sentences.CHOICES.get(row["choice"], row["choice"])),
                cost_sentences.choice_value(row["choice"], row["before"]),
                cost_sentences.choice_value(row["choice"], row["after"]),
            )
            for row in (self.document.get("comparison") or {}).get("differs", [])
        )

    @property
    def contracts(self) -> tuple[Contract, ...]:
        """Return the external contracts of the services of the units shown."""
        units, services = self.run.names("units"), self.run.names("services")
        return tuple(
            Contract(
                row,
                units.get(row["provider_id"], row["provider_id"]),
                services.get(row["service_id"], row["service_id"]),
                row["at_price_ore"] / row["performed"] if row["performed"] else None,
                row["ore"] / row["performed"] if row["performed"] else None,
                self.why(own=f"{row['provider_id']}/{row['service_id']}"),
            )
            for row in self.document.get("contracts", [])
            if self.is_whole or {row["provider_id"], self.run.service_units.get(row["service_id"])} & self.shown
        )

    @property
    def make_or_buy(self) -> tuple[OwnCare, ...]:
        """Return own care beside the contracts that buy the same, of the units shown."""
        units, services = self.run.names("units"), self.run.names("services")
        found = []
        for row in self.document.get("make_or_buy", []):
            home = self.run.service_units.get(row["own_service_id"], "")
            if self.is_whole or home in self.shown:
                provider = units.get(row["provider_id"], row["provider_id"])
                bought, own = (services.get(row[name], row[name]) for name in ("service_id", "own_service_id"))
                found.append(OwnCare(row, provider, bought, own, self.reader.tree.units.get(home), self._own_why(row)))
        return tuple(found)

    # How it was made

    @property
    def controls(self) -> tuple[tuple[str, str, bool | None], ...]:
        """Return the controls that a delivery must pass: name, what was found, and whether it holds."""
        return tuple(cost_sentences.control(row) for row in self.document["controls"])

    @property
    def findings(self) -> tuple[str, ...]:
        """Return what the run says about itself."""
        return tuple(
            translated(row["template"], row["values"], row["message"]) if "template" in row else row["message"]
            for row in self.document["findings"]
        )

    @property
    def unmatched(self) -> tuple[tuple[str, str, int | None, int], ...]:
        """Return what has no contact, of the units shown: what it is, where, how many rows, and öre.

        What there are few rows of is told together: a row may be a patient.
        """
        small, units = self.document["method_sheet"]["small_numbers_below"], self.run.names("units")
        told, few = [], 0
        for row in self.document["unmatched"]:
            if not (self.is_whole or row["unit_id"] in self.shown):
                continue
            if row["rows"] is not None and row["rows"] < small:
                few += row["ore"]
                continue
            unit = units.get(row["unit_id"], row["unit_id"])
            told.append((cost_sentences.loose_kind(row), unit, row["rows"], row["ore"]))
        return (*told, (_("Sådant som det finns få rader av"), "", None, few)) if few else tuple(told)

    @property
    def method_sheet(self) -> tuple[tuple[str, str], ...]:
        """Return the choices behind the figures, in words."""
        return tuple(
            (str(cost_sentences.CHOICES.get(name, name)), cost_sentences.choice_value(name, value))
            for name, value in self.document["method_sheet"].items()
        )


_USUAL = "-ore"
_FIGURES: Mapping[str, Callable[[Group], float | None]] = {
    "contacts": lambda group: group.row["contacts"],
    "ore": lambda group: group.row.get("ore"),
    "mean": lambda group: group.row.get("inner_mean_ore"),
    "point": lambda group: group.row.get("ore_per_drg_point"),
    "outliers": lambda group: group.row.get("outliers"),
    "change": lambda group: group.change,
}


def cost_page(reader: Reader, run: CostRun, unit_id: str | None, asked: Mapping[str, str]) -> CostPage:
    """Return the page of *unit_id* and what lies below it; of the reader's whole scope for None.

    *asked* may hold ``by`` (service, drg, diagnosis, month), ``sort`` (a column's key, after ``-`` the other way) and
    ``against`` (``before``: the period compared with). What it holds beside that is passed over.
    """
    if unit_id is None and len(reader.roots) == 1:
        unit_id = reader.roots[0].unit_id
    shown = reader.below(unit_id)
    sort = asked.get("sort", "")
    against = "before" if asked.get("against") == "before" or not run.document["plan"] else ""
    return CostPage(
        reader=reader,
        run=run,
        unit=reader.tree.units.get(unit_id or ""),
        shown=shown,
        is_whole=run.units <= shown,
        by=asked["by"] if asked.get("by") in GROUPINGS else GROUPINGS[0],
        sort=sort if sort.removeprefix("-") in {"name", *_FIGURES} else _USUAL,
        against=against if run.document.get("comparison") else "",
    )
