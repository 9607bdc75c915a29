"""What the clinics of the demo region are like: volumes, shares, lags and pressure per specialty, as data.

Every number is invented to be credible; none is measured anywhere. Volumes are per week for a clinic at scale 1.
"""

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "CLINICS",
    "DECISION_LAG",
    "DIVISIONS",
    "FOLLOW_UP_LAG",
    "HEALTH_CENTRE",
    "POSTOPERATIVE_LAG",
    "PROFILES",
    "ROLES",
    "SITES",
    "SIZES",
    "Profile",
    "Role",
    "Scale",
    "Size",
]

Size = Literal["small", "medium", "region"]
Ages = Literal["child", "adult", "old", "women", "all"]


@dataclass(frozen=True)
class Profile:
    """One specialty. Levels are per week; *operate*, *follow* and *after_surgery* are shares that go on.

    *pressure* is planned load over available capacity for the outpatient side, *surgery_pressure* for theatres.
    *growth* is yearly log growth of demand, *noise* the negative-binomial dispersion (variance = m + noise·m²).
    """

    code: str
    name: str
    division: str
    ages: Ages
    growth: float
    diagnoses: tuple[str, ...]
    first_visits: float = 0.0
    examinations: float = 0.0
    operate: float = 0.0
    follow: float = 0.0
    after_surgery: float = 0.0
    acute_surgery: float = 0.0
    admissions: float = 0.0
    elective_stay: float = 0.0
    stay_days: float = 4.0
    day_care: float = 0.0
    treatments: float = 0.0
    phone: float = 0.0
    no_show: float = 0.04
    late_cancel: float = 0.02
    visit_minutes: float = 40.0
    surgery_minutes: float = 90.0
    procedures: tuple[str, ...] = ()
    pressure: float = 0.93
    surgery_pressure: float = 0.95
    noise: float = 0.012


@dataclass(frozen=True)
class Role:
    """A kind of resource: its name, slag, competence, shift, utilisation and load relative to the clinic's pressure."""

    name: str
    kind: Literal["staff", "room", "equipment", "bed"]
    competence: str
    shift_minutes: int
    utilisation: float
    offset: float


@dataclass(frozen=True)
class Scale:
    """How large a demo is: inhabitants, municipalities, factor on clinic volumes, and health centres with volume."""

    inhabitants: int
    municipalities: int
    clinic_scale: float
    centres: int
    centre_scale: float


SITES = {"A": ("Älvsta sjukhus", 1.0), "N": ("Norrhamra sjukhus", 0.55), "S": ("Söderby sjukhus", 0.5)}
DIVISIONS = {
    "OPE": "Division Opererande specialiteter",
    "MED": "Division Medicin",
    "PSB": "Division Psykiatri och barn",
    "DIA": "Division Diagnostik och rehabilitering",
    "PRI": "Division Primärvård",
}
SIZES: dict[Size, Scale] = {
    "small": Scale(6_000, 3, 0.155, 2, 0.17),
    "medium": Scale(60_000, 5, 0.46, 8, 0.68),
    "region": Scale(280_000, 8, 1.03, 24, 1.2),
}

DECISION_LAG = (0.40, 0.25, 0.15, 0.12, 0.08)
FOLLOW_UP_LAG = (0.0, 0.0, 0.05, 0.0, 0.15, 0.0, 0.20, 0.0, 0.20, 0.0, 0.0, 0.0, 0.25, 0.0, 0.0, 0.0, 0.15)
POSTOPERATIVE_LAG = (0.0, 0.0, 0.10, 0.15, 0.20, 0.20, 0.20, 0.10, 0.05)

PROFILES = {
    profile.code: profile
    for profile in (
        Profile(
            "ORT",
            "Ortopedi",
            "OPE",
            "old",
            0.030,
            ("M16.1", "M17.1", "M75.1", "S52.5", "M20.1"),
            first_visits=110,
            operate=0.36,
            follow=0.40,
            after_surgery=0.85,
            acute_surgery=14,
            admissions=24,
            elective_stay=0.40,
            stay_days=4.5,
            treatments=90,
            phone=70,
            surgery_minutes=95,
            procedures=("NGB49", "NFB49", "NBA12"),
            pressure=0.96,
            surgery_pressure=1.14,
        ),
        Profile(
            "OGO",
            "Ögonsjukvård",
            "OPE",
            "old",
            0.025,
            ("H25.1", "H40.1", "H35.3", "H02.0"),
            first_visits=150,
            operate=0.30,
            follow=0.55,
            after_surgery=0.60,
            treatments=160,
            phone=60,
            visit_minutes=30,
            surgery_minutes=40,
            procedures=("CJE20", "CKD05"),
            pressure=0.70,
            surgery_pressure=0.78,
        ),
        Profile(
            "KIR",
            "Kirurgi",
            "OPE",
            "adult",
            0.015,
            ("K40.9", "K80.2", "C18.7", "K35.8"),
            first_visits=105,
            operate=0.33,
            follow=0.38,
            after_surgery=0.70,
            acute_surgery=22,
            admissions=46,
            elective_stay=0.45,
            stay_days=4.2,
            treatments=70,
            phone=60,
            surgery_minutes=100,
            procedures=("JAB30", "JKA21", "JFB46"),
            pressure=0.93,
            surgery_pressure=0.93,
        ),
        Profile(
            "URO",
            "Urologi",
            "OPE",
            "old",
            0.028,
            ("N40.9", "C61.9", "N20.0"),
            first_visits=70,
            operate=0.30,
            follow=0.55,
            after_surgery=0.75,
            acute_surgery=4,
            admissions=14,
            elective_stay=0.30,
            stay_days=3.2,
            treatments=60,
            phone=40,
            surgery_minutes=80,
            procedures=("KED22", "KAE01"),
            surgery_pressure=1.02,
        ),
        Profile(
            "KVI",
            "Kvinnosjukvård",
            "OPE",
            "women",
            0.005,
            ("N81.1", "D25.9", "N92.0"),
            first_visits=95,
            operate=0.22,
            follow=0.40,
            after_surgery=0.55,
            acute_surgery=10,
            admissions=40,
            elective_stay=0.30,
            stay_days=2.4,
            treatments=80,
            phone=70,
            surgery_minutes=75,
            procedures=("LEF03", "LCD00"),
            surgery_pressure=0.92,
        ),
        Profile(
            "ONH",
            "Öron-, näs- och halssjukvård",
            "OPE",
            "all",
            0.010,
            ("J35.0", "H90.3", "J34.2"),
            first_visits=90,
            operate=0.24,
            follow=0.45,
            after_surgery=0.45,
            acute_surgery=3,
            treatments=75,
            phone=45,
            visit_minutes=30,
            surgery_minutes=60,
            procedures=("EMB10", "DJD20"),
            surgery_pressure=0.97,
        ),
        Profile(
            "MED",
            "Medicin",
            "MED",
            "old",
            0.022,
            ("I10.9", "E11.9", "J44.9", "I50.9"),
            first_visits=95,
            follow=0.70,
            admissions=92,
            stay_days=5.0,
            treatments=150,
            phone=110,
            day_care=25,
            pressure=0.97,
        ),
        Profile(
            "KAR",
            "Kardiologi",
            "MED",
            "old",
            0.024,
            ("I48.9", "I25.1", "I50.9"),
            first_visits=85,
            follow=0.60,
            admissions=48,
            stay_days=4.0,
            treatments=80,
            phone=60,
            pressure=0.94,
        ),
        Profile(
            "NEU",
            "Neurologi",
            "MED",
            "adult",
            0.020,
            ("G40.9", "G20.9", "G43.9"),
            first_visits=55,
            follow=0.75,
            admissions=14,
            stay_days=6.0,
            treatments=50,
            phone=50,
            visit_minutes=45,
            pressure=1.02,
        ),
        Profile(
            "HUD",
            "Hudsjukvård",
            "MED",
            "all",
            0.018,
            ("L40.0", "C44.9", "L20.9"),
            first_visits=120,
            follow=0.45,
            treatments=140,
            phone=40,
            visit_minutes=25,
            pressure=0.88,
        ),
        Profile(
            "ONK",
            "Onkologi",
            "MED",
            "old",
            0.035,
            ("C50.9", "C61.9", "C34.9"),
            first_visits=45,
            follow=0.95,
            admissions=12,
            stay_days=5.5,
            treatments=150,
            phone=60,
            day_care=120,
            no_show=0.01,
            late_cancel=0.01,
            pressure=0.99,
        ),
        Profile(
            "INF",
            "Infektion",
            "MED",
            "all",
            0.008,
            ("A41.9", "B18.2", "J18.9"),
            first_visits=30,
            follow=0.7,
            admissions=20,
            stay_days=5.5,
            treatments=45,
            phone=30,
            pressure=0.84,
        ),
        Profile(
            "REU",
            "Reumatologi",
            "MED",
            "adult",
            0.015,
            ("M05.9", "M45.9"),
            first_visits=35,
            follow=0.9,
            treatments=70,
            phone=45,
            day_care=30,
            pressure=0.95,
        ),
        Profile(
            "NJU",
            "Njurmedicin",
            "MED",
            "old",
            0.020,
            ("N18.5", "N18.4"),
            first_visits=22,
            follow=0.95,
            admissions=8,
            stay_days=5.0,
            treatments=210,
            phone=30,
            no_show=0.015,
            late_cancel=0.01,
            pressure=0.96,
        ),
        Profile(
            "GER",
            "Geriatrik",
            "MED",
            "old",
            0.030,
            ("F00.1", "S72.0", "R54.9"),
            first_visits=25,
            follow=0.5,
            admissions=22,
            stay_days=9.0,
            treatments=30,
            phone=25,
            pressure=0.98,
        ),
        Profile(
            "BAR",
            "Barn- och ungdomsmedicin",
            "PSB",
            "child",
            -0.008,
            ("J21.0", "J45.9", "E10.9"),
            first_visits=70,
            follow=0.65,
            admissions=26,
            stay_days=2.6,
            treatments=60,
            phone=70,
            pressure=0.86,
        ),
        Profile(
            "BUP",
            "Barn- och ungdomspsykiatri",
            "PSB",
            "child",
            0.045,
            ("F90.0", "F41.9", "F84.0"),
            first_visits=60,
            follow=0.95,
            treatments=220,
            phone=90,
            no_show=0.09,
            late_cancel=0.04,
            visit_minutes=60,
            pressure=1.03,
        ),
        Profile(
            "VUP",
            "Vuxenpsykiatri",
            "PSB",
            "adult",
            0.020,
            ("F32.1", "F31.9", "F20.0", "F90.0"),
            first_visits=70,
            follow=0.95,
            admissions=18,
            stay_days=12.0,
            treatments=260,
            phone=130,
            no_show=0.10,
            late_cancel=0.04,
            visit_minutes=50,
            pressure=1.0,
        ),
        Profile(
            "RAD",
            "Bild- och funktionsmedicin",
            "DIA",
            "all",
            0.032,
            ("R10.4", "R51.9", "M54.5"),
            examinations=720,
            no_show=0.03,
            late_cancel=0.015,
            visit_minutes=25,
            pressure=0.96,
        ),
        Profile(
            "RMK",
            "Rehabiliteringsmedicin",
            "DIA",
            "adult",
            0.012,
            ("I69.4", "T91.3"),
            first_visits=28,
            follow=0.9,
            treatments=160,
            phone=20,
            pressure=0.82,
        ),
    )
}
"""The specialties; a clinic is one of these at one site."""

HEALTH_CENTRE = Profile(
    "VC",
    "Hälsocentral",
    "PRI",
    "all",
    0.012,
    ("J06.9", "I10.9", "M54.5", "R05.9", "F43.9"),
    first_visits=255,
    treatments=260,
    phone=190,
    no_show=0.025,
    late_cancel=0.015,
    visit_minutes=28,
    pressure=0.94,
    noise=0.006,
)
"""A health centre: physician visits are *first_visits*, nurse visits *treatments*; none of them waits on a list."""

CLINICS: dict[Size, tuple[str, ...]] = {
    "small": ("ORT-A", "OGO-A", "KIR-N", "MED-A", "BUP-S", "RAD-A"),
    "medium": (
        "ORT-A",
        "OGO-A",
        "KIR-A",
        "KVI-A",
        "MED-A",
        "KAR-A",
        "BAR-A",
        "BUP-S",
        "VUP-A",
        "RAD-A",
        "HUD-A",
        "ORT-N",
        "KIR-N",
        "MED-N",
        "MED-S",
        "GER-S",
    ),
    "region": (
        "ORT-A",
        "OGO-A",
        "KIR-A",
        "URO-A",
        "KVI-A",
        "ONH-A",
        "MED-A",
        "KAR-A",
        "NEU-A",
        "HUD-A",
        "ONK-A",
        "INF-A",
        "REU-A",
        "NJU-A",
        "BAR-A",
        "VUP-A",
        "RAD-A",
        "RMK-A",
        "GER-A",
        "ORT-N",
        "OGO-N",
        "KIR-N",
        "KVI-N",
        "MED-N",
        "BAR-N",
        "VUP-N",
        "RAD-N",
        "ORT-S",
        "KIR-S",
        "KVI-S",
        "MED-S",
        "BUP-S",
        "VUP-S",
        "RAD-S",
        "GER-S",
    ),
}
"""The clinics of each size as specialty and site."""

ROLES = {
    "LAK": Role("Läkare", "staff", "läkare", 480, 0.80, 0.02),
    "SSK": Role("Sjuksköterskor, mottagning", "staff", "sjuksköterska", 480, 0.82, -0.03),
    "RUM": Role("Mottagningsrum", "room", "", 480, 0.80, -0.10),
    "SAL": Role("Operationssalar", "room", "", 480, 0.78, 0.0),
    "OPL": Role("Operationslag", "staff", "operationssjuksköterska", 480, 0.80, 0.0),
    "BED": Role("Vårdplatser", "bed", "", 1440, 0.92, 0.0),
    "VSK": Role("Sjuksköterskor, vårdavdelning", "staff", "sjuksköterska", 480, 0.85, 0.02),
    "APP": Role("Undersökningsrum med utrustning", "equipment", "", 480, 0.85, -0.02),
    "DVP": Role("Dagvårdsplatser", "equipment", "", 480, 0.80, -0.06),
}
"""Kinds of resources by code; the offset moves a role's load from its clinic's pressure."""
