"""Groups of few patients in tables that tell their sums both ways: nothing hidden comes out of any one sum."""

from hypothesis import given
from hypothesis import strategies as st

from vardbalans.engine.small_groups import Sum, hidden

FEW = 5


def test_what_is_hidden_in_a_unit_is_not_the_whole_less_the_other_unit() -> None:
    """Two patients of A at one unit, 36 at the other, 38 told in all: hidden at both, and so is what stands beside."""
    patients = {"A": 38, "B": 62, "1": 66, "2": 34, "A1": 36, "B1": 30, "A2": 2, "B2": 32}
    units = [Sum("1", ("A1", "B1"), True), Sum("2", ("A2", "B2"), True)]
    names = [Sum("A", ("A1", "A2")), Sum("B", ("B1", "B2"))]
    dark = hidden(patients, [[Sum(None, ("1", "2"))], units, names, [Sum(None, ("A", "B"))]], FEW)
    assert dark == {"A1", "A2", "B1", "B2"}


def test_a_lone_part_is_hidden_with_its_sum() -> None:
    """A service that one unit alone gives, and all that it gives, is the unit by another name."""
    stages = [[Sum(None, ("U", "V", "W"))], [Sum("U", ("S",), True)]]
    assert hidden({"U": 3, "V": 8, "W": 90, "S": 3}, stages, FEW) == {"U", "V", "S"}
    assert hidden({"T": 9, "S": 9, "X": 2, "U": 40}, [[Sum("T", ("S",))], [Sum(None, ("S", "X", "U"))]], FEW) == {
        "S", "T", "X",
    }  # fmt: skip


@given(st.dictionaries(st.tuples(st.integers(0, 4), st.integers(0, 5)), st.integers(1, 60), min_size=1))
def test_no_sum_gives_one_away(cells) -> None:
    """Every sum that is told hides nothing, or two cells and patients enough, as far as there are so many."""
    units = {(unit, None): tuple(cell for cell in cells if cell[0] == unit) for unit, _ in cells}
    names = {(None, name): tuple(cell for cell in cells if cell[1] == name) for _, name in cells}
    sums = {**units, **names}
    patients = {**cells, **{whole: sum(cells[part] for part in parts) for whole, parts in sums.items()}}
    closed = [Sum(whole, parts, True) for whole, parts in units.items()]
    crossed = [Sum(whole, parts) for whole, parts in names.items()]
    dark = hidden(patients, [[Sum(None, tuple(units))], closed, crossed, [Sum(None, tuple(names))]], FEW)
    assert dark >= {cell for cell, many in patients.items() if many < FEW}
    for whole, parts in [*sums.items(), (None, tuple(units)), (None, tuple(names))]:
        few = [part for part in parts if part in dark]
        if whole in dark:
            assert few
            assert len(few) == len(parts) or whole in names
        elif few:
            assert len(few) > 1 or (whole is None and len(parts) == 1)
            assert sum(patients[part] for part in few) >= FEW or (whole is None and len(few) == len(parts))
