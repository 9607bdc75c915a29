"""Staff for those who will lie in a ward: the days ahead by the staffing ratios of the ward."""

from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from vardbalans.data.lake import Lake
from vardbalans.data.load import load
from vardbalans.data.load.beds import bed_data, moment_of
from vardbalans.data.load.staffing import ratios_of
from vardbalans.engine.beds.ahead import project
from vardbalans.engine.beds.observed import ahead, hours_of
from vardbalans.engine.beds.per_day import mean_by_day, patients_per_day
from vardbalans.engine.errors import BadInput, MissingFactor
from vardbalans.engine.messages import Message
from vardbalans.engine.staffing import staff_needed

__all__ = ["staff_ahead"]

_WHOLE = 1e-9


def staff_ahead(store: Path, ward: str, shares: Mapping[str, float], *, days: int = 14) -> dict[str, Any]:
    """Return the staff that *ward* needs on each of the *days* ahead, for the patients expected and its open beds.

    *shares* of the patients are of each category, one in all; without any all are of the one category that the ward's
    ratios know. Raises BadInput for an unknown ward or shares that do not sum to one, MissingFactor without ratios.
    """
    lake = Lake(store)
    head = lake.required_head()
    with closing(lake.connect(head.number)) as connection:
        present = set(head.tables)
        data = bed_data(connection, present)
        ratios, _ = ratios_of(connection, present, ward)
    names = [place.ward_id for place in data.places]
    if ward not in names:
        raise BadInput(Message("{unit} är ingen vårdavdelning, klinik eller sjukhus i data.", unit=ward))
    if not ratios:
        raise MissingFactor([Message("bemanningsnycklar för {name}", name=ward)])
    counted = sorted({row.category for row in ratios if row.per == "patient"})
    chosen = dict(shares) or ({counted[0]: 1.0} if len(counted) == 1 else {})
    if counted and abs(sum(chosen.values()) - 1) > _WHOLE:
        raise BadInput(
            Message(
                "Ange hur stor andel av patienterna som är av varje kategori ({names}); de ska summera till ett.",
                names=", ".join(counted),
            )
        )
    question = ahead(data.observed, hours_of(data.observed, days))
    occupancy = project(question)[names.index(ward)]
    patients = patients_per_day((occupancy,), question.local)[0]
    beds = mean_by_day(occupancy.beds.astype(np.float64), question.local)
    first = moment_of(data.observed.until).date()
    dates = [first + timedelta(days=day) for day in range(days)]
    calendar = load(lake, head, weeks=1).services[0].calendar
    found = staff_needed(ratios, dates, {name: share * patients for name, share in chosen.items()}, calendar, beds)
    return {
        "version": head.number,
        "unit_id": ward,
        "shares": chosen,
        "days": [
            {"date": day.isoformat(), "patients": float(patients[at]), "beds": float(beds[at])}
            for at, day in enumerate(dates)
        ],
        "rows": [
            {
                "competence": row.competence,
                "shift": row.shift,
                "date": day.isoformat(),
                "staff": int(row.staff[at]),
                "minutes": float(row.minutes[at]),
            }
            for row in found
            for at, day in enumerate(dates)
        ],
        "findings": [],
    }
