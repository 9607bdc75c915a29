"""Resources and what they can give: openings, utilisation, people, absence and beds."""

from vardbalans.data.tables.contract import Column, Table, choices
from vardbalans.engine.messages import Message

__all__ = ["TABLES"]

RESOURCES = Table(
    "resources", "Resurser", "Det som begränsar: personalgrupper, rum, utrustning och vårdplatser.", "kapacitet",
    Message("Utan resurser kan kapaciteten inte räknas; observerad produktion används i stället."),
    (
        Column("resource_id", "text", True, "Resursens egen beteckning.", "Resurs-id", key=True),
        Column("name", "text", True, "Resursens namn som det ska visas.", "Namn", sample="Ortoped, mottagning"),
        Column("unit_id", "text", True, "Enheten som resursen hör till.", "Enhets-id", reference="units"),
        Column(
            "kind", "text", True, "Vad slags resurs det är.", "Slag",
            choices(staff="Personal", room="Rum", equipment="Utrustning", bed="Vårdplats"),
        ),
        Column("competence", "text", False, "Yrke eller kompetens.", "Kompetens", sample="läkare"),
        Column("shift_minutes", "integer", True, "Hur långt ett pass är.", "Minuter per pass", unit="minuter",
               minimum=1, maximum=1440, sample="480"),
    ),
)

OPENINGS = Table(
    "openings", "Öppettider",
    "Antal uppsättningar och minuter per dag. En rad med datum gäller den dagen och går före vecka och veckodag.",
    "kapacitet",
    Message("Utan öppettider kan tillgänglig kapacitet inte räknas; observerad produktion används som kapacitet."),
    (
        Column("resource_id", "text", True, "Resursen som är öppen.", "Resurs-id", reference="resources", key=True),
        Column("date", "date", False, "En enskild dag som avviker; 0 uppsättningar betyder stängt.", "Datum", key=True),
        Column("week", "period", False, "En enskild vecka, tillsammans med veckodag.", "Vecka", key=True),
        Column("weekday", "integer", False, "Veckodag, 1 är måndag och 7 söndag.", "Veckodag", key=True, minimum=1,
               maximum=7, sample="1"),
        Column("sets", "number", True, "Antal uppsättningar öppna samtidigt, till exempel salar eller mottagningar.",
               "Uppsättningar", minimum=0, sample="2"),
        Column("minutes", "number", True, "Öppna minuter per uppsättning och dag.", "Minuter", unit="minuter",
               minimum=0, maximum=1440, sample="420"),
        Column("open_holidays", "boolean", True, "Om det är öppet även på helgdagar.", "Öppet helgdagar", sample="nej"),
        Column("reason", "text", False, "Varför dagen eller veckan avviker.", "Orsak", sample="Sommarstängt"),
        Column("valid_from", "date", False, "Första dag veckomönstret gäller.", "Giltig från", key=True),
        Column("valid_to", "date", False, "Sista dag veckomönstret gäller; tomt tills vidare.", "Giltig till"),
    ),
)

UTILISATION = Table(
    "utilisation", "Nyttjandegrad", "Hur stor del av den öppna tiden som planeras med patienter.", "kapacitet",
    Message("Utan nyttjandegrad kan tillgänglig kapacitet inte räknas i minuter; observerad produktion används."),
    (
        Column("resource_id", "text", True, "Resursen det gäller.", "Resurs-id", reference="resources", key=True),
        Column("share", "share", True, "Planerbar andel av öppen tid, mellan 0 och 1.", "Andel", minimum=0, maximum=1),
        Column("valid_from", "date", True, "Första dag andelen gäller.", "Giltig från", key=True),
    ),
)

EMPLOYMENTS = Table(
    "employments", "Anställningar", "Vem som arbetar mot vilken resurs, och på hur stor del av heltid.", "kapacitet",
    Message("Utan anställningar följer personalens kapacitet bara öppettiderna, inte hur många som finns på plats."),
    (
        Column("person_key", "text", True, "Medarbetarens id i källan; sparas bara som pseudonym.", "Personnyckel",
               key=True, sample="P0142", identity="staff"),
        Column("resource_id", "text", True, "Resursen som medarbetaren bemannar.", "Resurs-id", reference="resources",
               key=True),
        Column("share", "share", True, "Andel av heltid mot resursen, mellan 0 och 1.", "Andel", minimum=0, maximum=1),
        Column("valid_from", "date", True, "Första dag.", "Giltig från", key=True),
        Column("valid_to", "date", False, "Sista dag; tomt tills vidare.", "Giltig till"),
    ),
)

ABSENCES = Table(
    "absences", "Frånvaro", "Perioder då en medarbetare är borta.", "kapacitet",
    Message("Utan frånvaro räknas personalens kapacitet som om alla alltid är på plats; den blir en övre gräns."),
    (
        Column("person_key", "text", True, "Medarbetarens id i källan; sparas bara som pseudonym.", "Personnyckel",
               key=True, sample="P0142", identity="staff"),
        Column("resource_id", "text", False, "Resursen det gäller; tomt när det gäller alla.", "Resurs-id",
               reference="resources"),
        Column("date_from", "date", True, "Första frånvarodag.", "Från och med", key=True),
        Column("date_to", "date", True, "Sista frånvarodag.", "Till och med"),
        Column(
            "kind", "text", True, "Varför medarbetaren är borta.", "Slag",
            choices(sick="Sjuk", parental="Föräldraledig", vacation="Semester", education="Utbildning", other="Annat"),
            key=True,
        ),
    ),
)

BEDS = Table(
    "beds", "Vårdplatser", "Fysiska och disponibla vårdplatser per avdelning och dag.", "kapacitet",
    Message("Utan vårdplatser kan beläggning och behov av vårdplatser inte jämföras med vad som finns."),
    (
        Column("ward_id", "text", True, "Avdelningens enhets-id.", "Avdelning", reference="units", key=True),
        Column("date", "date", True, "Dagen det gäller.", "Datum", key=True),
        Column("physical", "integer", True, "Antal platser som finns fysiskt.", "Fysiska platser", unit="platser",
               minimum=0),
        Column("available", "integer", True, "Antal platser som är bemannade och öppna.", "Disponibla platser",
               unit="platser", minimum=0),
        Column("closed_reason", "text", False, "Varför platser är stängda.", "Orsak till stängning",
               sample="Sjuksköterskebrist"),
    ),
)

TABLES = (RESOURCES, OPENINGS, UTILISATION, EMPLOYMENTS, ABSENCES, BEDS)
