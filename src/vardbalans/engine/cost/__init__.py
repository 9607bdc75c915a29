"""Cost per patient (KPP), from the ledger to the contact, without an öre lost on the way.

``quantum`` takes the ledger to cost centres and classes · ``overhead`` moves what support centres cost to those that
produce · ``pools`` ties a centre's cost to what it is spent on · ``rates`` divides a pool by what it can give, with
unused capacity as a line of its own · ``contacts`` rounds each contact to öre · ``certificate`` adds it all up again ·
``measures`` says how sure and how alike, ``outliers`` how many stick out · ``plan``, ``variance`` and ``make_or_buy``
look ahead with the same rates.

Money is whole öre. What cannot be placed is never spread or dropped: it is a :class:`~.notes.Note` with its kronor.
"""

from vardbalans.engine.cost.certificate import Certificate
from vardbalans.engine.cost.notes import Note
from vardbalans.engine.cost.outliers import Population
from vardbalans.engine.cost.overhead import Allocation, Method, Support, allocate
from vardbalans.engine.cost.pools import Pool, PoolRule, pools_of
from vardbalans.engine.cost.quantum import Entry, Quantum, Rule, quantum
from vardbalans.engine.cost.rates import Basis, Rate, rates

__all__ = [
    "Allocation",
    "Basis",
    "Certificate",
    "Entry",
    "Method",
    "Note",
    "Pool",
    "PoolRule",
    "Population",
    "Quantum",
    "Rate",
    "Rule",
    "Support",
    "allocate",
    "pools_of",
    "quantum",
    "rates",
]
