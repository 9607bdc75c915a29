"""What may be done about beds, each as the hospital it leads to: played against the one at hand, patient by patient."""

from collections.abc import Callable, Collection
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from vardbalans.engine.beds.stay import Ints
from vardbalans.engine.beds.wards import Hospital, PatientGroup, Ward, WhenFull, staffed_beds
from vardbalans.engine.errors import BadInput
from vardbalans.engine.explain import Figure, Step
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats, check_share

__all__ = [
    "Days",
    "bed_days_saved",
    "beds_changed",
    "beds_staffed",
    "day_surgery",
    "new_ward",
    "shorter_stay",
    "surge",
    "weekend_discharges",
]

Days = npt.NDArray[np.bool_]
"""Which of a hospital's days, (D,)."""


def beds_changed(hospital: Hospital, ward: str, beds: int, days: Days | None = None) -> Hospital:
    """Return *hospital* with so many *beds* more (or fewer, at least none) open in *ward* on *days*, or on all.

    A summer closure is fewer beds for some weeks. Physical room grows where it must.
    """
    return _opened(hospital, ward, days, lambda _each, staffed: np.maximum(staffed + beds, 0))


def beds_staffed(
    hospital: Hospital, ward: str, staff: float, patients_each: float, days: Days | None = None
) -> Hospital:
    """Return *hospital* where *ward* has the beds open that *staff* at work at the leanest hour can look after.

    Whole beds, at most as many as there is room for, on *days* or on all; see :func:`staffed_beds`.
    """
    return _opened(
        hospital,
        ward,
        days,
        lambda each, staffed: staffed_beds(np.full(len(staffed), staff), patients_each, each.physical),
    )


def _opened(hospital: Hospital, ward: str, days: Days | None, opened: Callable[[Ward, Ints], Ints]) -> Hospital:
    """Return *hospital* with the open beds of *ward* on *days* as *opened* makes them of those now."""
    _known({ward}, {at.name for at in hospital.wards})
    changed = []
    for each in hospital.wards:
        if each.name == ward:
            staffed = each.staffed.copy()
            chosen = slice(None) if days is None else days
            staffed[chosen] = opened(each, staffed[chosen])
            each = replace(each, staffed=staffed, physical=max(each.physical, int(staffed.max())))  # noqa: PLW2901
        changed.append(each)
    return replace(hospital, wards=tuple(changed))


def new_ward(hospital: Hospital, name: str, beds: int, groups: Collection[str]) -> Hospital:
    """Return *hospital* with a ward more, to which *groups* belong from now on: such as 15 acute surgical beds.

    When it is full its patients may lie where they used to belong, before elsewhere, and are no outliers there.
    """
    _known(set(groups), {group.name for group in hospital.groups})
    ward = Ward(name, np.full(hospital.days, beds), beds)
    moved = tuple(
        replace(group, home=name, elsewhere=(group.home, *group.elsewhere), own=(group.home, *group.own))
        if group.name in groups
        else group
        for group in hospital.groups
    )
    return replace(hospital, wards=(*hospital.wards, ward), groups=moved)


def day_surgery(hospital: Hospital, groups: Collection[str], share: float) -> Hospital:
    """Return *hospital* where *share* of those in *groups* go home the same day and need no bed."""
    check_share(share, "Andelen dagkirurgi")
    return _groups_changed(hospital, groups, lambda group: replace(group, kept=group.kept * (1 - share)))


def shorter_stay(hospital: Hospital, groups: Collection[str], factor: float) -> Hospital:
    """Return *hospital* where the stays of *groups* are *factor* times as long, at most as long as now."""
    check_share(factor, "Faktorn för vårdtiden")
    return _groups_changed(hospital, groups, lambda group: replace(group, stays=group.stays * factor))


def weekend_discharges(hospital: Hospital, share: float = 1.0) -> Hospital:
    """Return *hospital* where weekends are *share* of the way to working days: rounds and physiotherapy on both."""
    return replace(hospital, clock=hospital.clock.weekend_like_weekdays(share))


def surge(
    hospital: Hospital, ward: str, per_day: float, stays: Floats, days: Days, *, elective: float = 1.0
) -> Hospital:
    """Return *hospital* in a crisis: *per_day* more acute patients to *ward* on *days*.

    They may lie in every other ward. *elective*: the share of the electives that are admitted at all during the days.
    The plan at hand is not touched: without the call it is there as before.
    """
    check_share(elective, "Andelen planerad vård")
    names = [each.name for each in hospital.wards]
    _known({ward}, set(names))
    if not days.any():
        raise BadInput(Message("Krisens dagar ligger utanför dem som spelas."))
    more = PatientGroup(
        f"{ward}/surge/{len(hospital.groups)}", ward, per_day, stays, WhenFull.CROWD, season=days.astype(np.float64),
        elsewhere=tuple(name for name in names if name != ward),
    )  # fmt: skip

    def paused(group: PatientGroup) -> PatientGroup:
        return replace(group, kept=group.kept * np.where(days, elective, 1.0))

    calm = tuple(group if group.acute else paused(group) for group in hospital.groups)
    return replace(hospital, groups=(*calm, more))


def bed_days_saved(patients: float, share: float, mean_days: float) -> Figure:
    """Return the bed days that *patients* a year free when *share* of them need no bed: patients · share · days."""
    moved = patients * check_share(share, "Andelen")
    return Figure(
        "bed_days_saved",
        moved * mean_days,
        "bed_days",
        Message("Sparade vårddygn = patienter · andel · vårdtid"),
        (Step(Message("Patienter utan vårdplats · vårdtid"), moved * mean_days, "bed_days", mean_days),),
        (Step(Message("Patienter per år"), patients, "patients"), Step(Message("Andel"), share, "share")),
    )


def _groups_changed(
    hospital: Hospital, groups: Collection[str], change: Callable[[PatientGroup], PatientGroup]
) -> Hospital:
    _known(set(groups), {group.name for group in hospital.groups})
    changed = tuple(change(group) if group.name in groups else group for group in hospital.groups)
    return replace(hospital, groups=changed)


def _known(asked: set[str], there: set[str]) -> None:
    if unknown := asked - there:
        raise BadInput(Message("{names} finns inte på sjukhuset.", names=", ".join(sorted(unknown))))
