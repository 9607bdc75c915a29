"""Control charts: centre and limits of a process, and the signals that it has changed.

A chart takes points in order of time, splits them in phases where the process is known to have changed, sets each
phase's limits from its own points (or its first *freeze*), and reads them by a named set of rules.
"""

from vardbalans.engine.effects.spc.chart import Assurance, Chart, Phases, assurance, chart
from vardbalans.engine.effects.spc.limits import KINDS, Kind, Limits, Points
from vardbalans.engine.effects.spc.rules import RULE_SETS, RuleSet, Runs, Signal, fewest_crossings, longest_allowed

__all__ = [
    "KINDS",
    "RULE_SETS",
    "Assurance",
    "Chart",
    "Kind",
    "Limits",
    "Phases",
    "Points",
    "RuleSet",
    "Runs",
    "Signal",
    "assurance",
    "chart",
    "fewest_crossings",
    "longest_allowed",
]
