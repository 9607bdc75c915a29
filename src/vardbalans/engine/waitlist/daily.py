"""Weekly lists in daily steps: for limits of some days, which whole weeks cannot tell."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vardbalans.engine.periods import Calendar, Period
from vardbalans.engine.units import Floats
from vardbalans.engine.waitlist.lists import Ints, Referral, WaitingList

__all__ = ["days_of", "list_by_day", "referral_by_day"]

WEEK = 7


def days_of(weeks: Sequence[Period]) -> tuple[Period, ...]:
    """Return every day of *weeks*."""
    return tuple(Period(day, "day") for week in weeks for day in week.days)


def list_by_day(
    item: WaitingList,
    waiting: Ints,
    came_waited: Floats,
    weeks: Sequence[Period],
    calendar: Calendar,
    rng: np.random.Generator,
) -> WaitingList:
    """Return *item*, in steps of *weeks*, in steps of a day.

    *waiting* (classes, days) are its people by whole days, *came_waited* the shares of those who come by the whole days
    that their clock has then gone. They come on a working day of their week by chance, and what is treated in a week is
    even over its working days (over all days where there are none). Who leaves untreated in a week does so evenly.
    """
    shares = _day_shares(weeks, calendar)
    moved = None if item.moved_in is None else _placed(item.moved_in, shares, rng)
    return replace(
        item,
        waiting=waiting,
        referred=_placed(item.referred, shares, rng),
        capacities=tuple(
            replace(row, per_step=np.repeat(row.per_step, WEEK, axis=-1) * shares.ravel()) for row in item.capacities
        ),
        hazard=np.repeat(1 - (1 - item.hazard) ** (1 / WEEK), WEEK),
        moved_in=moved,
        moved_in_steps=item.moved_in_steps * WEEK,
        limit_dates=tuple((step * WEEK, days) for step, days in item.limit_dates),
        came_waited=came_waited,
    )


def referral_by_day(link: Referral) -> Referral:
    """Return *link*, by whole weeks, by days: as many whole weeks after to the day."""
    lags = np.zeros((len(link.lags), WEEK))
    lags[:, 0] = link.lags
    return replace(link, lags=tuple(lags.ravel()[: WEEK * (len(link.lags) - 1) + 1].tolist()))


def _day_shares(weeks: Sequence[Period], calendar: Calendar) -> Floats:
    """Return the share of each week's people on each of its days (weeks, 7)."""
    working = np.array([[calendar.is_working(day) for day in week.days] for week in weeks], np.float64)
    working[working.sum(axis=1) == 0] = 1
    return np.asarray(working / working.sum(axis=1, keepdims=True))


def _placed(people: Ints, shares: Floats, rng: np.random.Generator) -> Ints:
    """Return *people* (…, weeks) on days by chance (…, 7 · weeks)."""
    placed = rng.multinomial(people, shares)
    return np.asarray(placed.reshape(*people.shape[:-1], -1))
