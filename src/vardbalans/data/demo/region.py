"""The demo region as an organisation: clinics, units, services, flows and recipes for a size; no randomness."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from vardbalans.data.demo import profiles
from vardbalans.data.demo.profiles import Profile, Scale, Size

__all__ = ["BAD_CLINICS", "EXTERNAL", "REGION_NAME", "Clinic", "Flow", "Organisation", "Recipe", "Service", "build"]

REGION_NAME = "Region Mellanälv"
EXTERNAL = "EXT-LINSEN"
BAD_CLINICS = ("ORT", "KIR", "KVI")
"""Specialties whose planned care was cut for months in 2024."""

Mode = Literal["list", "induced", "direct"]
REMOVAL_PER_WEEK = 0.004


@dataclass(frozen=True)
class Clinic:
    """A clinic or health centre: its profile at one site, and the factor on the profile's volumes."""

    clinic_id: str
    code: str
    name: str
    site: str
    profile: Profile
    scale: float

    @property
    def has_ward(self) -> bool:
        """Tell whether the clinic has inpatients."""
        return self.profile.admissions > 0

    @property
    def operates(self) -> bool:
        """Tell whether the clinic has planned surgery."""
        return self.profile.operate > 0


@dataclass(frozen=True)
class Service:
    """A service with everything the simulation needs; *level* is demand per week at the start, before season.

    *mode*: ``list`` has referrals from outside and a waiting list, ``induced`` gets its list from other services,
    ``direct`` is booked without a list. *supply* is treatment capacity over long-run demand.
    """

    service_id: str
    name: str
    unit_id: str
    kind: str
    suffix: str
    clinic: Clinic
    mode: Mode
    level: float
    minutes: float
    form: str = "onsite"
    guarantee: str = "none"
    supply: float = 1.04
    backlog_weeks: int = 6
    cv: float = 0.25
    no_show: float = 0.0
    late_cancel: float = 0.0
    removal: float = 0.0
    round_the_clock: bool = False
    bookable: bool = False
    profession: str = "läkare"

    @property
    def attended(self) -> float:
        """Return the share of kept slots."""
        return 1 - self.no_show - self.late_cancel


@dataclass(frozen=True)
class Flow:
    """A share of performed *source* that leads to *target*, by lag in whole weeks."""

    source: str
    target: str
    share: float
    lag: tuple[float, ...]


@dataclass(frozen=True)
class Recipe:
    """Minutes of one resource role that a service takes, per activity or per day of stay."""

    service_id: str
    resource_id: str
    role: str
    minutes: float
    per: Literal["activity", "day"] = "activity"


@dataclass(frozen=True)
class Organisation:
    """The whole demo organisation of one size."""

    size: Size
    scale: Scale
    clinics: tuple[Clinic, ...]
    services: tuple[Service, ...]
    flows: tuple[Flow, ...]
    recipes: tuple[Recipe, ...]
    by_id: dict[str, Service] = field(repr=False)


def build(size: Size) -> Organisation:
    """Return the organisation of *size*: what exists and how it hangs together."""
    scale = profiles.SIZES[size]
    clinics = (*_hospital_clinics(size, scale), *_health_centres(scale))
    flows = tuple(flow for clinic in clinics for flow in _flows(clinic))
    services = tuple(_with_external(_with_levels([s for c in clinics for s in _services(c)], flows)))
    recipes = tuple(recipe for service in services for recipe in _recipes(service))
    return Organisation(size, scale, clinics, services, flows, recipes, {s.service_id: s for s in services})


def _hospital_clinics(size: Size, scale: Scale) -> Iterator[Clinic]:
    for clinic in profiles.CLINICS[size]:
        code, site = clinic.split("-")
        profile = profiles.PROFILES[code]
        town, weight = profiles.SITES[site]
        weight = 1.0 if size == "small" else weight
        name = f"{profile.name} {town.split()[0]}"
        yield Clinic(f"K-{clinic}", clinic, name, town, profile, weight * scale.clinic_scale)


def _health_centres(scale: Scale) -> Iterator[Clinic]:
    for number in range(1, scale.centres + 1):
        # Centres differ in size by a fixed pattern, so that they are not copies of one another.
        weight = (1.0, 0.8, 1.25, 0.95)[number % 4] * scale.centre_scale
        code = f"VC{number:02d}"
        name = f"{_CENTRES[number - 1]} hälsocentral"
        yield Clinic(f"K-{code}", code, name, "Primärvården", profiles.HEALTH_CENTRE, weight)


_CENTRES = (
    "Aspängens",
    "Björkhagens",
    "Dalbottens",
    "Ekbergets",
    "Forsnäs",
    "Granlidens",
    "Hamnplans",
    "Idbäckens",
    "Järpnäs",
    "Kvarntorgets",
    "Lindhagens",
    "Myrängens",
    "Nybackens",
    "Orrmyrens",
    "Parkgårdens",
    "Rönnåsens",
    "Sjöviks",
    "Tallmons",
    "Uddnäs",
    "Vallbackens",
    "Ytterforsens",
    "Åkullens",
    "Älghultens",
    "Österviks",
)


def _services(clinic: Clinic) -> list[Service]:
    return _centre_services(clinic) if clinic.profile.code == "VC" else _clinic_services(clinic)


def _centre_services(clinic: Clinic) -> list[Service]:
    profile, unit = clinic.profile, f"M-{clinic.code}"
    visits = _direct(clinic, unit, "LB", "Läkarbesök", "treatment", profile.first_visits, profile.visit_minutes)
    nurse = _direct(clinic, unit, "SB", "Sjuksköterskebesök", "treatment", profile.treatments, 30.0)
    phone = _direct(clinic, unit, "TK", "Telefonkontakt", "contact", profile.phone, 12.0)
    return [replace(visits, guarantee="assessment"), nurse, replace(phone, guarantee="first_contact")]


def _direct(clinic: Clinic, unit: str, suffix: str, name: str, kind: str, level: float, minutes: float) -> Service:
    profile, phone = clinic.profile, kind == "contact"
    return Service(
        f"{clinic.code}-{suffix}",
        f"{name}, {clinic.name}",
        unit,
        kind,
        suffix,
        clinic,
        "direct",
        level * clinic.scale,
        minutes,
        form="phone" if phone else "onsite",
        bookable=not phone,
        no_show=0.0 if phone else profile.no_show,
        late_cancel=0.0 if phone else profile.late_cancel,
        profession="läkare" if suffix == "LB" else "sjuksköterska",
    )


def _listed(
    clinic: Clinic, suffix: str, name: str, kind: str, minutes: float, *, guarantee: str = "none", mode: Mode = "list"
) -> Service:
    profile = clinic.profile
    pressure = profile.surgery_pressure if suffix == "OP" else profile.pressure
    unit = f"O-{clinic.code}" if suffix == "OP" else f"M-{clinic.code}"
    level = {"NB": profile.first_visits, "US": profile.examinations}.get(suffix, 0.0) * clinic.scale
    weeks = {"NB": 7, "OP": 9, "US": 3}.get(suffix, 2)
    return Service(
        f"{clinic.code}-{suffix}",
        f"{name}, {clinic.name}",
        unit,
        kind,
        suffix,
        clinic,
        mode,
        level,
        minutes,
        guarantee=guarantee,
        supply=_supply(pressure),
        backlog_weeks=weeks,
        no_show=profile.no_show * _NO_SHOW[suffix],
        late_cancel=profile.late_cancel,
        removal=REMOVAL_PER_WEEK,
        profession="röntgensjuksköterska" if suffix == "US" else "läkare",
    )


_NO_SHOW = {"NB": 1.0, "AB": 0.9, "US": 1.0, "OP": 0.25}


def _supply(pressure: float) -> float:
    """Return treatment capacity over demand: under pressure a clinic cannot keep up, a calm one has some to spare."""
    return min(1.08, max(0.95, 1.04 + 0.5 * (0.95 - pressure)))


def _clinic_services(clinic: Clinic) -> list[Service]:
    profile, unit = clinic.profile, f"M-{clinic.code}"
    services = []
    if profile.first_visits:
        services.append(_listed(clinic, "NB", "Nybesök", "first_visit", profile.visit_minutes, guarantee="first_visit"))
        follow = 0.65 * profile.visit_minutes
        services.append(_listed(clinic, "AB", "Återbesök", "follow_up", follow, mode="induced"))
    if profile.examinations:
        services.append(_listed(clinic, "US", "Undersökning", "examination", profile.visit_minutes))
    if clinic.operates:
        services += _surgery(clinic)
    if clinic.has_ward:
        stay = Service(
            f"{clinic.code}-SV",
            f"Slutenvård, {clinic.name}",
            f"V-{clinic.code}",
            "inpatient",
            "SV",
            clinic,
            "direct",
            profile.admissions * clinic.scale,
            profile.stay_days * 1440,
            cv=0.8,
            round_the_clock=True,
            profession="sjuksköterska",
        )
        services.append(stay)
    extra = (
        ("DV", "Dagsjukvård", "day_care", profile.day_care, 180.0),
        ("BH", "Behandling", "treatment", profile.treatments, 35.0),
        ("TE", "Telefonkontakt", "contact", profile.phone, 15.0),
    )
    return services + [_direct(clinic, unit, *row) for row in extra if row[3]]


def _surgery(clinic: Clinic) -> list[Service]:
    minutes = clinic.profile.surgery_minutes + 20
    planned = _listed(clinic, "OP", "Operation", "surgery", minutes, guarantee="treatment", mode="induced")
    acute = Service(
        f"{clinic.code}-AO",
        f"Akut operation, {clinic.name}",
        f"O-{clinic.code}",
        "surgery",
        "AO",
        clinic,
        "direct",
        clinic.profile.acute_surgery * clinic.scale,
        minutes,
    )
    return [replace(planned, cv=0.35)] + ([replace(acute, cv=0.35)] if acute.level else [])


def _flows(clinic: Clinic) -> Iterator[Flow]:
    profile, code = clinic.profile, clinic.code
    if not profile.first_visits or profile.code == "VC":
        return
    yield Flow(f"{code}-NB", f"{code}-AB", profile.follow, profiles.FOLLOW_UP_LAG)
    if clinic.operates:
        yield Flow(f"{code}-NB", f"{code}-OP", profile.operate, profiles.DECISION_LAG)
        yield Flow(f"{code}-OP", f"{code}-AB", profile.after_surgery, profiles.POSTOPERATIVE_LAG)
    if code == "OGO-A":
        yield Flow(f"{code}-NB", f"{EXTERNAL}-OP", 0.12, profiles.DECISION_LAG)


def _with_levels(services: list[Service], flows: tuple[Flow, ...]) -> list[Service]:
    """Return the services with the level that upstream services bring to the induced ones, upstream first."""
    found = {service.service_id: service for service in services}
    for flow in sorted(flows, key=lambda flow: flow.source.endswith("-OP")):
        if flow.target in found:
            brought = flow.share * throughput(found[flow.source])
            target = found[flow.target]
            found[flow.target] = replace(target, level=target.level + brought)
    return list(found.values())


def throughput(service: Service) -> float:
    """Return the activities performed per week in the long run at the start's level, season aside."""
    waited = (1 - service.removal) ** (service.backlog_weeks + 4)
    return service.level * (waited if service.mode != "direct" else service.attended)


def _with_external(services: list[Service]) -> list[Service]:
    """Return the services and, last, the external provider's cataract surgery."""
    eye = next(service for service in services if service.service_id == "OGO-A-OP")
    first = next(service for service in services if service.service_id == "OGO-A-NB")
    external = replace(
        eye,
        service_id=f"{EXTERNAL}-OP",
        name="Gråstarrsoperation, Mälvlinsen (extern)",
        unit_id=EXTERNAL,
        level=0.12 * throughput(first),
        supply=1.06,
        backlog_weeks=4,
    )
    return [*services, external]


def _recipes(service: Service) -> Iterator[Recipe]:
    home = EXTERNAL if service.unit_id == EXTERNAL else service.clinic.code
    for role, minutes in _needs(service):
        per: Literal["activity", "day"] = "day" if service.suffix == "SV" else "activity"
        yield Recipe(service.service_id, f"{home}-{role}", role, minutes, per)


def _needs(service: Service) -> tuple[tuple[str, float], ...]:
    minutes, suffix = service.minutes, service.suffix
    if service.unit_id == EXTERNAL:
        return (("SAL", minutes),)
    return {
        "NB": (("LAK", minutes), ("RUM", minutes + 5)),
        "AB": (("LAK", minutes), ("RUM", minutes + 5), ("SSK", 10.0)),
        "OP": (("LAK", minutes - 20), ("SAL", minutes), ("OPL", minutes)),
        "AO": (("LAK", minutes - 20), ("SAL", minutes), ("OPL", minutes)),
        "SV": (("BED", 1440.0), ("VSK", 260.0), ("LAK", 20.0)),
        "DV": (("DVP", minutes), ("SSK", 60.0), ("LAK", 15.0)),
        "US": (("APP", minutes), ("SSK", minutes), ("LAK", 12.0)),
        "BH": (("SSK", minutes), ("RUM", minutes + 5)),
        "LB": (("LAK", minutes), ("RUM", minutes + 5)),
        "SB": (("SSK", minutes), ("RUM", minutes)),
        "TE": (("SSK", minutes),),
        "TK": (("SSK", minutes),),
    }[suffix]
