"""What the figures of the page Ekonomi have in common: the page they are of, the run, and the rows of its period."""

from collections.abc import Mapping, Sequence

from vardbalans.engine.explain import Figure, Source, Step
from vardbalans.engine.messages import Message
from vardbalans.web import store
from vardbalans.web.insight.cost_page import CostPage
from vardbalans.web.insight.cost_run import CostRun

__all__ = ["CostFigures", "Of"]

Of = tuple[tuple[str, str], ...]


class CostFigures:
    """The figures of one *page*; *name* is the one that is *asked* for."""

    def __init__(self, page: CostPage, run: CostRun, unit_id: str, name: str, asked: Mapping[str, str]) -> None:
        self.page, self.run, self.unit_id, self.name, self.asked = page, run, unit_id, name, asked
        self.tables = store.lake().version(run.document["version"]).tables

    def figure(
        self, value: float, unit: str, formula: Message, terms: Sequence[Step], inputs: Sequence[Step] = ()
    ) -> Figure:
        """Return the figure asked for."""
        return Figure(self.name, value, unit, formula, tuple(terms), tuple(inputs))

    def rows(self, table: str, **where: str) -> Source | None:
        """Return rows of the run's period; None where the table was never read into the store."""
        if table not in self.tables:
            return None
        dated = self.run.since_until if table in ("ledger", "contacts") else {}
        return Source.of(table, **where, **dated)

    def of(self, unit_id: str, figure: str, **named: str) -> Of:
        """Return what names another figure, where the reader may see its unit."""
        if unit_id not in self.page.reader.scope:
            return ()
        return (("unit", unit_id), ("of", "cost"), *named.items(), ("figure", figure))
