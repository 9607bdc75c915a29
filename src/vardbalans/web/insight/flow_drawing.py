"""The flow map as lines and boxes: services in columns by how far down the flow they lie, flows as curves between."""

import textwrap
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from django.utils.translation import gettext as _

from vardbalans.engine.flow import FlowLink, FlowMap, FlowNode
from vardbalans.web import numbers
from vardbalans.web.ordering import swedish_order

__all__ = ["Box", "Curve", "Drawing", "draw"]

WIDTH, HEIGHT = 208, 58  # of a box
ACROSS, DOWN = 112, 18  # between boxes
EDGE = 6
LETTERS = 25
LINES = 2
THICKEST = 9.0

Place = tuple[int, int]


class Box(NamedTuple):
    """A service: its upper left corner, the lines of its name, what it does in a year, and where it leads."""

    x: int
    y: int
    lines: tuple[tuple[int, str], ...]
    detail_y: int
    detail: str
    name: str
    address: str

    @property
    def text_x(self) -> int:
        """Return where its texts begin."""
        return self.x + 10


class Curve(NamedTuple):
    """A flow: its path, how thick, the label with its place, and what it says when pointed at."""

    path: str
    thickness: str
    label_x: int
    label_y: int
    label: str
    title: str
    by_hand: bool


class Drawing(NamedTuple):
    """Boxes and curves on a sheet of the given size."""

    width: int
    height: int
    box_width: int
    box_height: int
    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]


def draw(found: FlowMap, names: Mapping[str, str], addresses: Mapping[str, str]) -> Drawing:
    """Return the drawing of *found*, its separate parts one below the other."""
    most = max((link.per_year or 0.0 for link in found.links), default=0.0)
    boxes: list[Box] = []
    curves: list[Curve] = []
    top, columns = EDGE, 1
    for part in sorted(found.parts, key=lambda part: swedish_order(min(names[n.service_id] for n in part.nodes))):
        places = _places(part, names)
        ranks = part.ranks
        corner = {name: (_x(column), top + row * (HEIGHT + DOWN)) for name, (column, row) in places.items()}
        boxes += [_box(node, corner[node.service_id], names, addresses) for node in part.nodes]
        curves += [_curve(link, _stops(link, ranks, corner), names, most) for link in part.links]
        top += (1 + max(row for _column, row in places.values())) * (HEIGHT + DOWN)
        columns = max(columns, 1 + max(ranks.values()))
    return Drawing(_x(columns) - ACROSS + EDGE, top, WIDTH, HEIGHT, tuple(boxes), tuple(curves))


def _x(column: int) -> int:
    return EDGE + column * (WIDTH + ACROSS)


def _through(link: FlowLink, ranks: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Yield a name and a column for each column that the flow passes on its way, so that no box lies on it."""
    for column in range(ranks[link.from_service] + 1, ranks[link.to_service]):
        yield f"{link.from_service}\t{link.to_service}\t{column}", column


def _places(part: FlowMap, names: Mapping[str, str]) -> dict[str, Place]:
    """Return (column, row) of every service and of every passage; passages lie below the services of their column."""
    ranks = part.ranks
    columns: dict[int, list[str]] = {}
    for node in sorted(part.nodes, key=lambda node: swedish_order(names[node.service_id])):
        columns.setdefault(ranks[node.service_id], []).append(node.service_id)
    for link in part.links:
        for name, column in _through(link, ranks):
            columns.setdefault(column, []).append(name)
    return {name: (column, row) for column, inside in columns.items() for row, name in enumerate(inside)}


def _box(node: FlowNode, corner: Place, names: Mapping[str, str], addresses: Mapping[str, str]) -> Box:
    x, y = corner
    name = names[node.service_id]
    lines = textwrap.wrap(name, LETTERS, max_lines=LINES, placeholder=" …")
    detail = []
    if node.per_year is not None:
        detail.append(_("{count} per år").format(count=numbers.number(node.per_year)))
    if node.waiting is not None:
        detail.append(_("{count} väntar").format(count=numbers.number(node.waiting)))
    return Box(
        x,
        y,
        tuple((y + 18 + 16 * place, line) for place, line in enumerate(lines)),
        y + HEIGHT - 8,
        ", ".join(detail),
        name,
        addresses.get(node.service_id, ""),
    )


def _stops(link: FlowLink, ranks: Mapping[str, int], corner: Mapping[str, Place]) -> list[Place]:
    """Return where the flow leaves, passes and arrives."""
    (from_x, from_y), (to_x, to_y) = corner[link.from_service], corner[link.to_service]
    stops = [(from_x + WIDTH, from_y + HEIGHT // 2)]
    for name, _column in _through(link, ranks):
        x, y = corner[name]
        stops += [(x, y + HEIGHT // 2), (x + WIDTH, y + HEIGHT // 2)]
    return [*stops, (to_x, to_y + HEIGHT // 2)]


def _curve(link: FlowLink, stops: list[Place], names: Mapping[str, str], most: float) -> Curve:
    path = f"M{stops[0][0]} {stops[0][1]}"
    for (x, y), (to_x, to_y) in pairwise(stops):
        bend = max(ACROSS // 2, abs(to_x - x) // 2)
        path += f"C{x + bend} {y} {to_x - bend} {to_y} {to_x} {to_y}"
    (x, y), (to_x, to_y) = stops[-2:]
    share = numbers.percent(link.share)
    title = _("{origin} till {to}: {share}, {lag} veckor, {per_year} per år").format(
        origin=names[link.from_service],
        to=names[link.to_service],
        share=share,
        lag=link.lag_median,
        per_year=numbers.number(link.per_year),
    )
    thickness = 1.5 + (THICKEST - 1.5) * (link.per_year or 0.0) / most if most else 1.5
    label = _("{share}, {lag} v.").format(share=share, lag=link.lag_median)
    return Curve(path, f"{thickness:.1f}", (x + to_x) // 2, (y + to_y) // 2 - 7, label, title, link.by_hand)
