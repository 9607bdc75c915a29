"""What the demo region's plans may use beyond the ordinary: extra time, leave, journeys, performers and loans.

Nothing here is random: hospital clinics of the same specialty can do each other's planned care, health centres can take
each other's doctor's visits, and the external provider and the eye clinic each other's cataracts.
"""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise, permutations

from vardbalans.data.demo import capacity
from vardbalans.data.demo.region import EXTERNAL, Clinic, Organisation

__all__ = ["leeway_rows"]

Row = dict[str, object]
Rows = list[Row]

_SINCE = date(2026, 1, 1)
_HOUR_ORE = {"läkare": 95_000, "sjuksköterska": 58_000, "operationssjuksköterska": 61_000}
"""An hour of overtime, employer's charges included."""
_AGENCY_ORE = {"läkare": 1_150_000, "operationssjuksköterska": 690_000}
"""A shift of eight hours by an agency."""
_SESSION_ORE = 1_800_000
_JOURNEY_ORE = 40_000
_TRAVEL = {
    ("Älvsta sjukhus", "Norrhamra sjukhus"): 55,
    ("Älvsta sjukhus", "Söderby sjukhus"): 40,
    ("Norrhamra sjukhus", "Söderby sjukhus"): 80,
    ("Älvsta sjukhus", "Älvsta"): 10,
    ("Primärvården", "Primärvården"): 20,
}
_SUFFIXES = {"NB": "specialistläkare", "OP": "operatör och operationslag", "US": "röntgensjuksköterska"}


def leeway_rows(org: Organisation, resources: tuple[capacity.Resource, ...]) -> dict[str, Rows]:
    """Return the rows of extra_time, leave_rules, travel, performers and staff_loans."""
    return {
        "extra_time": list(_extra_time(resources)),
        "leave_rules": [
            {
                "resource_id": resource.resource_id,
                "date_from": date(2027, 6, 1),
                "date_to": date(2027, 8, 31),
                "minutes": round(resource.fte * 2400 * resource.role.utilisation),
                "most_share": 0.25,
                "source": "Lokalt kollektivavtal: en valfri vecka under sommaren",
            }
            for resource in resources
            if resource.fte
        ],
        "travel": [
            {"from_site": here, "to_site": there, "minutes": float(minutes), "source": "Länstrafikens tidtabell 2026"}
            for (here, there), minutes in _TRAVEL.items()
        ],
        "performers": list(_performers(org)),
        "staff_loans": list(_staff_loans(org, resources)),
    }


def _extra_time(resources: tuple[capacity.Resource, ...]) -> Iterator[Row]:
    for resource in resources:
        competence, minutes = resource.role.competence, resource.role.shift_minutes * resource.role.utilisation
        if resource.fte:
            pieces = max(1.0, float(round(0.05 * resource.fte * 40)))
            price, use = _HOUR_ORE[competence], 60 * resource.role.utilisation
            yield _extra(resource, "overtime", use, price, pieces, "Löneavtal 2026, kvalificerad övertid")
        if resource.fte and competence in _AGENCY_ORE:
            yield _extra(resource, "agency", minutes, _AGENCY_ORE[competence], 2.0, "Ramavtal hyrpersonal 2026")
        if resource.code == "SAL" and not resource.resource_id.startswith(EXTERNAL):
            yield _extra(resource, "session", minutes, _SESSION_ORE, 1.0, "Operationsrådets beslut 2026")


def _extra(
    resource: capacity.Resource, kind: str, minutes: float, cost_ore: int, weekly_most: float, source: str
) -> Row:
    return {
        "resource_id": resource.resource_id,
        "kind": kind,
        "minutes": round(minutes, 1),
        "cost_ore": cost_ore,
        "weekly_most": weekly_most,
        "whole": kind == "session",
        "valid_from": _SINCE,
        "source": source,
    }


def _alike(org: Organisation) -> Iterator[tuple[Clinic, Clinic]]:
    """Yield the clinics of one specialty, two by two in both directions; health centres with the next in line."""
    hospitals = [clinic for clinic in org.clinics if clinic.profile.code != "VC"]
    for one, other in permutations(hospitals, 2):
        if one.profile.code == other.profile.code:
            yield one, other
    centres = [clinic for clinic in org.clinics if clinic.profile.code == "VC"]
    for one, other in pairwise(centres):
        yield one, other
        yield other, one


def _performers(org: Organisation) -> Iterator[Row]:
    for one, other in _alike(org):
        for suffix, competence in (_SUFFIXES | {"LB": "allmänläkare"}).items():
            mine, theirs = f"{one.code}-{suffix}", f"{other.code}-{suffix}"
            if mine in org.by_id and theirs in org.by_id:
                yield _performer(mine, theirs, competence, 20.0 if suffix == "LB" else 10.0)
    yield _performer("OGO-A-OP", f"{EXTERNAL}-OP", "gråstarrskirurg", 5.0)
    yield _performer(f"{EXTERNAL}-OP", "OGO-A-OP", "gråstarrskirurg", 5.0)


def _performer(mine: str, theirs: str, competence: str, weekly_most: float) -> Row:
    return {
        "service_id": mine,
        "performer_service": theirs,
        "competence": competence,
        "weekly_most": weekly_most,
        "cost_ore": _JOURNEY_ORE,
        "valid_from": _SINCE,
        "source": "Samverkansavtal mellan klinikerna 2026",
    }


def _staff_loans(org: Organisation, resources: tuple[capacity.Resource, ...]) -> Iterator[Row]:
    staff = {resource.resource_id for resource in resources if resource.fte}
    for one, other in _alike(org):
        for code in ("LAK", "SSK", "OPL"):
            mine, theirs = f"{one.code}-{code}", f"{other.code}-{code}"
            if mine in staff and theirs in staff:
                yield {
                    "from_resource": mine,
                    "to_resource": theirs,
                    "weekly_minutes": 960.0,
                    "valid_from": _SINCE,
                    "source": "Samverkansavtal mellan klinikerna 2026",
                }
