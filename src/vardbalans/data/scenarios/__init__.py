"""Scenarios from outside: measures of the store, scenario files, the library of levers, and running them."""

from vardbalans.data.scenarios.choosing import choice_document, choose_measures
from vardbalans.data.scenarios.file import Scenario, Switch, read_scenario
from vardbalans.data.scenarios.library import Lever, levers
from vardbalans.data.scenarios.running import ScenarioRun, run_scenario, scenario_document

__all__ = [
    "Lever",
    "Scenario",
    "ScenarioRun",
    "Switch",
    "choice_document",
    "choose_measures",
    "levers",
    "read_scenario",
    "run_scenario",
    "scenario_document",
]
