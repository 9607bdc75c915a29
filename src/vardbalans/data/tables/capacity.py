"""Resources and what they can give: openings, utilisation, people, absence, what takes time from them, and beds."""

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

MAINTENANCE = Table(
    "maintenance", "Service och underhåll",
    "Dagar då rum eller utrustning är ur drift för service; högst den tid som är öppen den dagen dras av.",
    "kapacitet",
    Message("Utan servicetillfällen räknas rum och utrustning som i drift under alla sina öppettider."),
    (
        Column("resource_id", "text", True, "Resursen som är ur drift; rum, utrustning eller vårdplatser.",
               "Resurs-id", reference="resources", key=True),
        Column("date", "date", True, "Dagen för servicen.", "Datum", key=True),
        Column("sets", "number", True, "Antal uppsättningar som är ur drift samtidigt, till exempel en av tre salar.",
               "Uppsättningar", minimum=0, sample="1"),
        Column("minutes", "number", True, "Hur länge var och en är ur drift.", "Minuter", unit="minuter", minimum=0,
               maximum=1440, sample="240"),
        Column("reason", "text", True, "Vad som görs.", "Orsak", key=True, sample="Årlig service"),
    ),
)

NON_CLINICAL = Table(
    "non_clinical", "Icke-klinisk tid",
    "Tid som inte är för patienter: ett datum, en veckodag, eller en vecka då tiden fördelas jämnt på arbetsdagarna.",
    "kapacitet",
    Message("Utan icke-klinisk tid antas nyttjandegraden rymma möten, utbildning och administration."),
    (
        Column("resource_id", "text", True, "Resursen vars tid det är.", "Resurs-id", reference="resources", key=True),
        Column(
            "kind", "text", True, "Vad tiden är till för.", "Slag",
            choices(administration="Administration", education="Utbildning", meeting="Möte", research="Forskning",
                    other="Annat"),
            key=True,
        ),
        Column("date", "date", False, "En enskild dag; även en helgdag.", "Datum", key=True),
        Column("week", "period", False, "En enskild vecka.", "Vecka", key=True),
        Column("weekday", "integer", False, "Veckodag, 1 är måndag; helgdagar faller bort.", "Veckodag", key=True,
               minimum=1, maximum=7, sample="3"),
        Column("minutes", "number", True, "Minuter för var och en: per heltidstjänst eller uppsättning.", "Minuter",
               unit="minuter", minimum=0, maximum=7200, sample="60"),
        Column("movable", "boolean", True, "Om tiden kan flyttas till en annan dag eller vecka.", "Kan flyttas",
               sample="ja"),
        Column("valid_from", "date", False, "Första dag raden gäller; tomt när den alltid har gällt.", "Giltig från",
               key=True),
        Column("valid_to", "date", False, "Sista dag; tomt tills vidare.", "Giltig till"),
    ),
)

NORMS = Table(
    "norms", "Produktionsnormer", "Hur många aktiviteter en heltidstjänst ska utföra under en hel vecka på plats.",
    "kapacitet",
    Message("Utan produktionsnormer visas kapaciteten bara i tid, inte i det antal som normen ger."),
    (
        Column("resource_id", "text", True, "Personalgruppen som normen gäller.", "Resurs-id", reference="resources",
               key=True),
        Column("per_week", "number", True, "Antal per heltidstjänst och vecka.", "Antal per vecka", unit="antal",
               minimum=0, sample="20"),
        Column("valid_from", "date", True, "Första dag normen gäller.", "Giltig från", key=True),
        Column("source", "text", True, "Beslutet som normen kommer från.", "Källa", sample="Divisionens mål 2026"),
    ),
)

STAFFING_RATIOS = Table(
    "staffing_ratios", "Bemanningsnycklar",
    "Hur många patienter eller vårdplatser som går på en medarbetare, per avdelning, patientkategori, yrke och pass.",
    "kapacitet",
    Message("Utan bemanningsnycklar kan personalbehovet inte räknas ur antalet patienter eller vårdplatser."),
    (
        Column("unit_id", "text", True, "Enheten som bemannas.", "Enhets-id", reference="units", key=True),
        Column("category", "text", True, "Patientkategorin; skriv alla när nyckeln är en och samma.", "Patientkategori",
               key=True, sample="alla"),
        Column("competence", "text", True, "Yrke eller kompetens.", "Kompetens", key=True, sample="sjuksköterska"),
        Column("resource_id", "text", False, "Personalgruppen som bemannar passen, om den finns som resurs.",
               "Resurs-id", reference="resources"),
        Column("shift", "text", True, "Passet på dygnet.", "Pass", choices(day="Dag", evening="Kväll", night="Natt"),
               key=True),
        Column("day_kind", "text", True, "Vilka dagar nyckeln gäller; helgdagar räknas som helg.", "Dagar",
               choices(weekday="Vardag", weekend="Helg"), key=True),
        Column("per", "text", True, "Vad som räknas: inneliggande patienter eller disponibla vårdplatser.", "Per",
               choices(patient="Patient", bed="Vårdplats")),
        Column("per_staff", "number", True, "Antal patienter eller vårdplatser på en medarbetare.",
               "Antal per medarbetare", unit="antal", minimum=0.01, sample="4"),
        Column("minutes", "integer", True, "Passets längd.", "Minuter", unit="minuter", minimum=1, maximum=1440,
               sample="480"),
        Column("least", "integer", False, "Minsta antal medarbetare på passet; tomt när ingen gräns finns.",
               "Minst antal", unit="antal", minimum=0, sample="2"),
        Column("valid_from", "date", True, "Första dag nyckeln gäller.", "Giltig från", key=True),
        Column("source", "text", True, "Beslutet som nyckeln kommer från.", "Källa", sample="Verksamhetschef 2026"),
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

TABLES = (
    RESOURCES,
    OPENINGS,
    MAINTENANCE,
    UTILISATION,
    NON_CLINICAL,
    EMPLOYMENTS,
    ABSENCES,
    NORMS,
    STAFFING_RATIOS,
    BEDS,
)
