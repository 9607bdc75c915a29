"""Cost per patient on the lake: ``inputs`` reads, ``partition`` computes a part of the patients, ``run`` puts together.

The way in is :func:`run_cost`; what it computes is in :mod:`vardbalans.engine.cost`.
"""

from vardbalans.data.cost.run import CostRun, run_cost

__all__ = ["CostRun", "run_cost"]
