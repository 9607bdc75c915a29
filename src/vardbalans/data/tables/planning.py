"""What a plan may use beyond what there ordinarily is: extra time, leave to give, journeys, other performers, loans."""

from vardbalans.data.tables.contract import Column, Table, choices
from vardbalans.engine.messages import Message

__all__ = ["TABLES"]

_SOURCE = Column("source", "text", True, "Avtal, prislista eller beslut som raden kommer från.", "Källa",
                 sample="Ramavtal hyrpersonal 2026")
_FROM = Column("valid_from", "date", True, "Första dag raden gäller.", "Giltig från", key=True)
_TO = Column("valid_to", "date", False, "Sista dag raden gäller; tomt tills vidare.", "Giltig till")

EXTRA_TIME = Table(
    "extra_time", "Extra tid", "Övertid, hyrpersonal och extra pass: hur mycket som får användas, och vad det kostar.",
    "kapacitet",
    Message("Utan extra tid föreslår planen bara den övertid som anges vid körningen, och räknar den utan kostnad."),
    (
        Column("resource_id", "text", True, "Resursen som får mer tid.", "Resurs-id", reference="resources", key=True),
        Column("kind", "text", True, "Vad slags extra tid det är.", "Slag",
               choices(overtime="Övertid", agency="Hyrpersonal", session="Extra pass"), key=True),
        Column("minutes", "number", True, "Hur många planerbara minuter en enhet ger.", "Minuter", unit="minuter",
               minimum=1, sample="480"),
        Column("cost_ore", "money_kr", False, "Vad en enhet kostar; tomt när det inte är känt.", "Kostnad", unit="kr",
               minimum=0),
        Column("weekly_most", "number", True, "Hur många enheter som högst får användas per vecka.", "Högst per vecka",
               minimum=0, sample="2"),
        Column("whole", "boolean", True, "Om bara hela enheter kan användas.", "Hela", sample="ja"),
        _FROM, _TO, _SOURCE,
    ),
)

LEAVE_RULES = Table(
    "leave_rules", "Ledighet att lägga ut",
    "Ledighet som planen ska lägga ut, utöver den som redan räknas i frånvaron.", "kapacitet",
    Message("Utan ledighet att lägga ut räknas ledigheten bara som väntad frånvaro."),
    (
        Column("resource_id", "text", True, "Personalgruppen som ska få ledigheten.", "Resurs-id",
               reference="resources", key=True),
        Column("date_from", "date", True, "Första dag den kan läggas ut.", "Från och med", key=True),
        Column("date_to", "date", True, "Sista dag den kan läggas ut.", "Till och med"),
        Column("minutes", "number", True, "Hur mycket planerbar tid som ledigheten är, alla tillsammans.", "Minuter",
               unit="minuter", minimum=0, sample="19200"),
        Column("most_share", "share", True, "Hur stor del av gruppens tid som får vara ledig samma vecka.",
               "Högsta andel", minimum=0, maximum=1, sample="0,3"),
        _SOURCE,
    ),
)

TRAVEL = Table(
    "travel", "Restider", "Restid mellan platser, enkel väg. Saknas motsatt riktning gäller samma tid.", "kapacitet",
    Message("Utan restider föreslås vård på annan ort utan att resan räknas, och gränsen för restid är avstängd."),
    (
        Column("from_site", "text", True, "Platsen man reser från, som i tabellen Enheter.", "Från plats", key=True,
               sample="Norra sjukhuset"),
        Column("to_site", "text", True, "Platsen man reser till.", "Till plats", key=True, sample="Södra sjukhuset"),
        Column("minutes", "number", True, "Restid enkel väg.", "Minuter", unit="minuter", minimum=0, sample="50"),
        Column("source", "text", False, "Var restiden kommer från.", "Källa", sample="Länstrafikens tidtabell"),
    ),
)

PERFORMERS = Table(
    "performers", "Utförare", "Vilka vårdtjänster som en annan enhet kan göra åt en enhet, med sina egna resurser.",
    "kapacitet",
    Message("Utan utförare kan patienter inte föreslås en annan enhet; omfördelning är avstängd."),
    (
        Column("service_id", "text", True, "Vårdtjänsten vars patienter flyttas.", "Vårdtjänst-id",
               reference="services", key=True),
        Column("performer_service", "text", True, "Vårdtjänsten hos den enhet som kan göra den.",
               "Utförande vårdtjänst", reference="services", key=True),
        Column("competence", "text", False, "Kompetens eller utrustning som krävs hos utföraren.", "Kompetens",
               sample="Knäprotes"),
        Column("weekly_most", "number", False, "Hur många utföraren högst tar emot per vecka; tomt utan tak.",
               "Högst per vecka", minimum=0, sample="5"),
        Column("cost_ore", "money_kr", False, "Vad det kostar per patient utöver resurserna, till exempel sjukresa.",
               "Kostnad", unit="kr", minimum=0),
        _FROM, _TO, _SOURCE,
    ),
)

STAFF_LOANS = Table(
    "staff_loans", "Lån av personal", "Vilka personalgrupper som får arbeta hos en annan enhet med samma kompetens.",
    "kapacitet",
    Message("Utan lån av personal föreslår omfördelningen bara att patienter flyttas."),
    (
        Column("from_resource", "text", True, "Personalgruppen som lånas ut.", "Från resurs", reference="resources",
               key=True),
        Column("to_resource", "text", True, "Personalgruppen som förstärks.", "Till resurs", reference="resources",
               key=True),
        Column("weekly_minutes", "number", True, "Hur mycket som högst lånas ut per vecka, resor medräknade.",
               "Minuter per vecka", unit="minuter", minimum=0, sample="960"),
        _FROM, _TO, _SOURCE,
    ),
)

TABLES = (EXTRA_TIME, LEAVE_RULES, TRAVEL, PERFORMERS, STAFF_LOANS)
