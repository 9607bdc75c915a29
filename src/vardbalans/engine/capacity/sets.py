"""Resource sets: what a service takes of each resource at once, and what can be done when all of them must be there.

A service has an ordinary set, and may have alternatives, such as another profession or another room.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

import numpy as np

from vardbalans.engine.capacity.available import missing_for
from vardbalans.engine.catalogue import Recipe
from vardbalans.engine.errors import BadInput, MissingFactor
from vardbalans.engine.inputs import Inputs, ServiceInput
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats

__all__ = ["alternative_sets", "doable", "doable_by_day", "minutes_each", "recipes_in_force", "unusable_sets"]


def recipes_in_force(inputs: Inputs) -> list[Recipe]:
    """Return the latest recipe, when the run begins, of each service, resource and kind in the ordinary sets."""
    return _latest(inputs, (recipe for recipe in inputs.recipes if not recipe.set_id))


def alternative_sets(inputs: Inputs) -> dict[tuple[str, str], list[Recipe]]:
    """Return the recipes in force of the alternative sets that can be used, by service and set id, in their order."""
    unusable = _lacking(inputs)
    return {
        key: recipes
        for key, recipes in _alternatives(inputs).items()
        if not any(recipe.resource_id in unusable for recipe in recipes)
    }


def unusable_sets(inputs: Inputs) -> tuple[Message, ...]:
    """Say which alternative sets are left out, and what the data lack: they must not stop what is reckoned without."""
    lacking = _lacking(inputs)
    names = {row.service.service_id: row.service.name for row in inputs.services}
    found = []
    for (service_id, set_id), recipes in _alternatives(inputs).items():
        missing = {str(what): what for recipe in recipes for what in lacking.get(recipe.resource_id, ())}
        if missing:
            found.append(
                Message(
                    "{service}: uppsättningen {set} kan inte användas, för {what} saknas.",
                    service=names.get(service_id, service_id),
                    set=set_id,
                    what=", ".join(missing),
                )
            )
    return tuple(found)


def _alternatives(inputs: Inputs) -> dict[tuple[str, str], list[Recipe]]:
    found: dict[tuple[str, str], list[Recipe]] = {}
    for recipe in _latest(inputs, (row for row in inputs.recipes if row.set_id)):
        found.setdefault((recipe.service_id, recipe.set_id), []).append(recipe)
    return dict(sorted(found.items()))


def _lacking(inputs: Inputs) -> dict[str, list[Message]]:
    """Resource id of an alternative set → what the data lack of it; those that lack nothing are not there."""
    known = {row.resource.resource_id: row for row in inputs.resources}
    found = {}
    for name in sorted({row.resource_id for row in inputs.recipes if row.set_id}):
        missing = (
            missing_for(known[name], inputs.weeks) if name in known else [Message("resursen {id} i recepten", id=name)]
        )
        if missing:
            found[name] = missing
    return found


def _latest(inputs: Inputs, recipes: Iterable[Recipe]) -> list[Recipe]:
    latest: dict[tuple[str, str, str, str], Recipe] = {}
    for recipe in sorted(recipes, key=lambda recipe: recipe.valid_from):
        if recipe.valid_from <= inputs.weeks[0].start:
            latest[recipe.service_id, recipe.set_id, recipe.resource_id, recipe.per] = recipe
    return list(latest.values())


def minutes_each(recipe: Recipe, item: ServiceInput, inputs: Inputs) -> float:
    """Return the minutes of the resource that one slot of the service takes. Raises MissingFactor."""
    if recipe.per == "activity":
        return recipe.minutes
    if recipe.per == "day":
        if item.stay_days is None:
            raise MissingFactor([Message("vårdtid i dygn för {name}", name=item.service.name)])
        return recipe.minutes * item.stay_days.mean
    shifts = {row.resource.resource_id: row.resource.shift_minutes for row in inputs.resources}
    same = (recipe.service_id, recipe.resource_id, recipe.set_id, "activity")
    alike = (row for row in inputs.recipes if (row.service_id, row.resource_id, row.set_id, row.per) == same)
    own = [row.minutes for row in _latest(inputs, alike)]
    shift = shifts.get(recipe.resource_id)
    if not own or not shift:
        raise MissingFactor([Message("minuter per aktivitet för {name}", name=item.service.name)])
    return recipe.minutes * own[-1] / shift


def doable(minutes: Mapping[str, float], available: Mapping[str, Floats]) -> tuple[Floats, tuple[str, ...]]:
    """Return how many activities a set of its own allows per period (periods,), and what binds in each.

    *minutes* of each resource that one activity takes, *available* minutes of each resource (periods,). No slot without
    all of them: the answer is the minimum over the set of available / minutes; ties go to the first by id. Raises
    BadInput for an empty set, MissingFactor for a resource that is not among those available.
    """
    if not minutes or min(minutes.values()) <= 0:
        raise BadInput(Message("En uppsättning behöver minst en resurs, och över noll minuter av var och en."))
    if absent := sorted(set(minutes) - set(available)):
        raise MissingFactor([Message("tillgänglig tid för {name}", name=name) for name in absent])
    names = sorted(minutes)
    each = np.array([available[name] / minutes[name] for name in names])
    return each.min(axis=0), tuple(names[index] for index in each.argmin(axis=0))


def doable_by_day(minutes: Mapping[str, float], available: Mapping[str, Floats]) -> tuple[Floats, tuple[str, ...]]:
    """Return the same per week (weeks,) where all of the set must be there on the same day; *available* (weeks, 7).

    What binds in a week is what binds on the most of its days.
    """
    days, binding = doable(minutes, {name: np.ravel(values) for name, values in available.items()})
    works = np.any([np.ravel(available[name]) > 0 for name in minutes], axis=0)
    most = []
    for first in range(0, len(days), 7):
        found = Counter(binding[day] for day in range(first, first + 7) if works[day])
        most.append(found.most_common(1)[0][0] if found else binding[first])
    return days.reshape(-1, 7).sum(axis=1), tuple(most)
