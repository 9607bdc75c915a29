"""The unit tree of the current data version: who lies below whom, and what a person's roles reach."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from vardbalans.web import store
from vardbalans.web.ordering import swedish_order

__all__ = ["Unit", "UnitTree", "by_name", "current_tree"]


@dataclass(frozen=True)
class Unit:
    """One unit of the ``units`` table; *level* as there, *parent_id* None at a root."""

    unit_id: str
    name: str
    level: str
    parent_id: str | None = None


def by_name(unit: Unit) -> tuple[tuple[int, int, str], ...]:
    """Return the key that sorts *unit* by its name."""
    return swedish_order(unit.name)


@dataclass(frozen=True)
class UnitTree:
    """All units of one data version by id. A parent that is not in the table makes its child a root."""

    units: Mapping[str, Unit]

    @classmethod
    def of(cls, units: Iterable[Unit]) -> "UnitTree":
        """Return the tree of *units*."""
        return cls({unit.unit_id: unit for unit in units})

    @cached_property
    def _children(self) -> Mapping[str | None, tuple[Unit, ...]]:
        below = defaultdict(list)
        for unit in self.units.values():
            below[unit.parent_id if unit.parent_id in self.units else None].append(unit)
        return {parent: tuple(sorted(found, key=by_name)) for parent, found in below.items()}

    @property
    def roots(self) -> tuple[Unit, ...]:
        """Return the units without a parent, by name."""
        return self._children.get(None, ())

    def children(self, unit_id: str) -> tuple[Unit, ...]:
        """Return the units just below *unit_id*, by name."""
        return self._children.get(unit_id, ())

    def below(self, unit_id: str) -> Iterator[Unit]:
        """Yield *unit_id*'s unit and every unit below it, depth first; nothing when it is unknown."""
        if unit_id in self.units:
            yield from self._walk(self.units[unit_id], set())

    def _walk(self, unit: Unit, seen: set[str]) -> Iterator[Unit]:
        if unit.unit_id in seen:  # a circle in the table must not hang a page
            return
        seen.add(unit.unit_id)
        yield unit
        for child in self.children(unit.unit_id):
            yield from self._walk(child, seen)

    def path(self, unit_id: str) -> tuple[Unit, ...]:
        """Return the units from the root down to *unit_id*; empty when it is unknown."""
        path: list[Unit] = []
        unit = self.units.get(unit_id)
        while unit and unit not in path:
            path.append(unit)
            unit = self.units.get(unit.parent_id) if unit.parent_id else None
        return tuple(reversed(path))


def current_tree() -> UnitTree:
    """Return the unit tree of the newest data version; empty before the first import."""
    head = store.lake().head()
    return _tree_of(store.root(), head.number) if head else UnitTree({})


@lru_cache(maxsize=4)
def _tree_of(_root: Path, version: int) -> UnitTree:
    rows = store.lake().read("units", version, ["unit_id", "name", "level", "parent_id"]).to_pylist()
    return UnitTree.of(Unit(**row) for row in rows)
