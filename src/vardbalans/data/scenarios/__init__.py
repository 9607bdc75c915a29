"""Scenarios from outside: measures of the store, scenario files, the library of levers, and running them."""

from vardbalans.data.scenarios.choosing import choice_document, choose_measures
from vardbalans.data.scenarios.file import Scenario, Switch, read_scenario
from vardbalans.data.scenarios.kept import CURRENT, KeptScenario, KeptScenarios, SwitchedOn
from vardbalans.data.scenarios.library import Lever, levers
from vardbalans.data.scenarios.running import (
    ScenarioRun,
    compare_scenarios,
    known_measures,
    measure_rows,
    run_scenario,
    scenario_document,
    scenario_of,
)
from vardbalans.data.scenarios.trying import Trial, try_measure

__all__ = [
    "CURRENT",
    "KeptScenario",
    "KeptScenarios",
    "Lever",
    "Scenario",
    "ScenarioRun",
    "Switch",
    "SwitchedOn",
    "Trial",
    "choice_document",
    "choose_measures",
    "compare_scenarios",
    "known_measures",
    "levers",
    "measure_rows",
    "read_scenario",
    "run_scenario",
    "scenario_document",
    "scenario_of",
    "try_measure",
]
