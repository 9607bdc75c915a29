"""The ledger and what cost per patient needs: budget, cost rules and centres, drivers, pools, items and contracts."""

from datetime import date

from vardbalans.data.tables.contract import Column, Table, choices
from vardbalans.engine.messages import Message

__all__ = ["TABLES"]

_FIRST_DAY = date(1990, 1, 1)

LEDGER = Table(
    "ledger", "Huvudbok", "Bokförda transaktioner, oftast ur en SIE 4-fil.", "ekonomi",
    Message("Utan huvudbok kan kostnad per patient och utfall mot budget inte räknas."),
    (
        Column("year", "text", True, "Räkenskapsåret, till exempel 2025 eller 2024/2025.", "År", key=True,
               sample="2025"),
        Column("voucher", "text", True, "Verifikationens serie och nummer.", "Verifikation", key=True, sample="A-17"),
        Column("line", "integer", True, "Radens ordning i verifikationen.", "Rad", key=True, minimum=1, sample="1"),
        Column("date", "date", True, "Bokföringsdag.", "Datum"),
        Column("account", "text", True, "Konto.", "Konto", sample="4011"),
        Column("cost_centre", "text", False, "Kostnadsställe (dimension 1).", "Kostnadsställe", sample="3110"),
        Column("dimensions", "text", False, "Övriga dimensioner som dimension:objekt, skilda av semikolon.",
               "Dimensioner", sample="6:P12"),
        Column("amount_ore", "money_kr", True, "Belopp; plus är debet och minus är kredit.", "Belopp", unit="kr"),
        Column("text", "text", False, "Verifikationens text.", "Text", sample="Lön maj"),
    ),
    _FIRST_DAY,
)

BUDGET = Table(
    "budget", "Budget", "Budgeterade belopp per konto, kostnadsställe och månad.", "ekonomi",
    Message("Utan budget kan utfallet inte jämföras med budget."),
    (
        Column("year", "text", True, "Räkenskapsåret.", "År", key=True, sample="2026"),
        Column("account", "text", True, "Konto.", "Konto", key=True, sample="4011"),
        Column("cost_centre", "text", False, "Kostnadsställe; tomt när budgeten är gemensam.", "Kostnadsställe",
               key=True, sample="3110"),
        Column("month", "period", False, "Månad (2026-05); tomt när beloppet gäller hela året.", "Månad", key=True,
               sample="2026-05"),
        Column("amount_ore", "money_kr", True, "Budgeterat belopp.", "Belopp", unit="kr"),
    ),
    _FIRST_DAY,
)

COST_RULES = Table(
    "cost_rules", "Kostnadsregler", "Vilka konton som ingår i kostnad per patient, och i vilken kostnadsklass.",
    "ekonomi",
    Message("Utan kostnadsregler kan huvudboken inte delas upp i kostnadsklasser."),
    (
        Column("rule_id", "text", True, "Regelns egen beteckning.", "Regel-id", key=True, sample="R10"),
        Column("account_from", "text", True, "Första konto som regeln gäller.", "Konto från", sample="4000"),
        Column("account_to", "text", True, "Sista konto som regeln gäller.", "Konto till", sample="4999"),
        Column("cost_centre", "text", False, "Kostnadsställe; tomt när regeln gäller alla.", "Kostnadsställe"),
        Column("class", "text", True, "Kostnadsklass.", "Kostnadsklass", sample="personal"),
        Column("action", "text", True, "Om kontona ska räknas med eller inte.", "Åtgärd",
               choices(include="Ta med", exclude="Uteslut", outside="Inte en kostnad"), sample="include"),
        Column("valid_from", "date", True, "Första dag regeln gäller.", "Giltig från"),
    ),
)

DRIVERS = Table(
    "drivers", "Fördelningsnycklar", "Underlag som gemensamma kostnader fördelas efter.", "ekonomi",
    Message("Utan fördelningsnycklar kan gemensamma kostnader inte fördelas; de visas som ofördelade."),
    (
        Column("cost_centre", "text", True, "Kostnadsställe som nyckeln mäts för.", "Kostnadsställe", key=True,
               sample="3110"),
        Column("driver", "text", True, "Nyckelns namn.", "Nyckel", key=True, sample="kvadratmeter"),
        Column("period", "period", True, "Perioden som värdet gäller.", "Period", key=True, sample="2026-05"),
        Column("value", "number", True, "Nyckelns värde.", "Värde", minimum=0),
    ),
    _FIRST_DAY,
)

CONTRACTS = Table(
    "contracts", "Avtal", "Priser och volymer hos externa vårdgivare.", "ekonomi",
    Message("Utan avtal kan köpt vård inte föreslås eller prissättas."),
    (
        Column("provider_id", "text", True, "Vårdgivarens beteckning.", "Vårdgivare", key=True, sample="EXT1"),
        Column("service_id", "text", True, "Vårdtjänsten som avtalet gäller.", "Vårdtjänst-id", reference="services",
               key=True),
        Column("price_ore", "money_kr", True, "Pris per utförd vårdtjänst.", "Pris", unit="kr", minimum=0),
        Column("volume", "number", False, "Avtalad volym per år; tomt utan tak.", "Volym", unit="antal per år",
               minimum=0),
        Column("valid_from", "date", True, "Första dag priset gäller.", "Giltig från", key=True),
    ),
)

COST_CENTRES = Table(
    "cost_centres", "Kostnadsställen", "Vilka kostnadsställen som producerar vård och vilka som stödjer de andra.",
    "ekonomi",
    Message("Utan kostnadsställen räknas bara de som heter som en enhet; övriga kostnader visas som omatchade."),
    (
        Column("cost_centre", "text", True, "Kostnadsställets beteckning i huvudboken.", "Kostnadsställe", key=True,
               sample="3110"),
        Column("name", "text", True, "Kostnadsställets namn som det ska visas.", "Namn", sample="Ortopedi"),
        Column("kind", "text", True, "Om kostnadsstället producerar vård eller stödjer andra.", "Slag",
               choices(producing="Producerande", support="Stödjande")),
        Column("unit_id", "text", False, "Enheten vars vård kostnadsstället bär; tomt för stödjande.", "Enhets-id",
               reference="units"),
        Column("driver", "text", False, "Nyckeln som ett stödjande kostnadsställe fördelas efter.", "Nyckel",
               sample="kvadratmeter"),
        Column("step", "integer", False, "Ordningen i stegvis fördelning; lägst först.", "Steg", minimum=0, sample="1"),
    ),
)

COST_POOLS = Table(
    "cost_pools", "Kostnadspooler",
    "Vad ett kostnadsställes kostnader går åt till, och hur de läggs på vårdkontakter.", "ekonomi",
    Message("Utan kostnadspooler läggs varje kostnadsställes kostnad lika på dess vårdkontakter."),
    (
        Column("pool_id", "text", True, "Poolens egen beteckning.", "Pool-id", key=True, sample="ORT-SAL"),
        Column("cost_centre", "text", True, "Kostnadsstället som kostnaden kommer från.", "Kostnadsställe",
               sample="3110"),
        Column("class", "text", False, "Kostnadsklass; tomt för de klasser som inte har egna rader.", "Kostnadsklass",
               key=True, sample="personal"),
        Column("share", "share", True, "Andel av kostnadsställets kostnad i klassen, mellan 0 och 1.", "Andel",
               minimum=0, maximum=1),
        Column(
            "basis", "text", True, "Vad som mäter hur mycket varje vårdkontakt har använt.", "Grund",
            choices(recipe="Receptets minuter", theatre_minutes="Minuter på sal",
                    anaesthesia_minutes="Minuter med anestesi", bed_days="Vårddygn", bed_hours="Vårdtimmar",
                    contacts="Vårdkontakter", drg_weight="DRG-vikt", items="Antal medicinska tjänster",
                    item_amounts="Belopp för medicinska tjänster"),
        ),
        Column("resource_id", "text", False, "Resursen vars minuter och praktiska kapacitet gäller.", "Resurs-id",
               reference="resources"),
        Column("unit_id", "text", False,
               "Enheten, med dem under, vars vård poolen gäller; tomt för kostnadsställets enhet.", "Enhets-id",
               reference="units"),
        Column("kind", "text", False, "Slag av medicinsk tjänst eller vårdplats; tomt för alla.", "Slag",
               sample="laboratory"),
        Column("valid_from", "date", True, "Första dag raden gäller.", "Giltig från", key=True),
    ),
)

COST_WEIGHTS = Table(
    "cost_weights", "Kostnadsvikter", "Hur mycket mer eller mindre något kostar än ett ordinärt.", "ekonomi",
    Message("Utan kostnadsvikter väger alla vårddygn, besök och medicinska tjänster lika."),
    (
        Column(
            "dimension", "text", True, "Vad vikten gäller.", "Dimension",
            choices(care_category="Vårdplatsslag", profession="Yrke", form="Form", service_kind="Slag av vårdtjänst",
                    service="Vårdtjänst", item="Medicinsk tjänst"),
            key=True,
        ),
        Column("value", "text", True, "Värdet som vikten gäller.", "Värde", key=True, sample="IVA"),
        Column("pool_id", "text", False, "Poolen som vikten gäller; tomt för alla.", "Pool-id", key=True),
        Column("weight", "number", True, "Vikten; ett ordinärt har vikt 1.", "Vikt", minimum=0, sample="3,5"),
        Column("valid_from", "date", True, "Första dag vikten gäller.", "Giltig från", key=True),
    ),
)

_ITEMS = choices(imaging="Bilddiagnostik", laboratory="Laboratorium", drug="Läkemedel", implant="Implantat",
                 blood="Blod", device="Hjälpmedel", purchased_care="Köpt vård", other="Annat")

CARE_ITEMS = Table(
    "care_items", "Medicinska tjänster",
    "Röntgen, prover, läkemedel, implantat och köpt vård som en patient har fått, en rad var.", "ekonomi",
    Message("Utan medicinska tjänster läggs deras kostnad på vårdkontakter efter andra grunder."),
    (
        Column("item_id", "text", True, "Radens egen beteckning.", "Rad-id", key=True, sample="LAB-000123"),
        Column("patient_key", "text", True, "Patientens id i källan; sparas bara som pseudonym.", "Patientnyckel",
               sample="PT00017", identity="patient"),
        Column("unit_id", "text", True, "Enheten som beställde.", "Enhets-id", reference="units"),
        Column("kind", "text", True, "Vad slags tjänst det är.", "Slag", _ITEMS),
        Column("code", "text", False, "Undersökningens, artikelns eller preparatets kod.", "Kod", sample="HB"),
        Column("given_at", "datetime", True, "När tjänsten utfördes eller varan gick åt.", "När"),
        Column("contact_id", "text", False, "Vårdkontakten, när källan vet den; annars söks den med reglerna.",
               "Kontakt-id"),
        Column("quantity", "number", True, "Hur många.", "Antal", minimum=0, sample="1"),
        Column("amount_ore", "money_kr", False, "Verkligt belopp, när det är känt.", "Belopp", unit="kr", minimum=0),
    ),
    _FIRST_DAY,
)

MATCH_RULES = Table(
    "match_rules", "Matchningsregler",
    "Hur vårdtillfällen och medicinska tjänster utan kontakt-id får sin vårdkontakt: inom vilken tid och var.",
    "ekonomi",
    Message("Utan egna matchningsregler används de vanliga: samma klinik inom ett dygn från kontakten."),
    (
        Column("rule_id", "text", True, "Regelns egen beteckning.", "Regel-id", key=True, sample="M1"),
        Column("rank", "integer", True, "Ordningen; den lägsta som ger en kontakt gäller.", "Ordning", minimum=0,
               sample="1"),
        Column("kind", "text", True, "Vad som ska få en kontakt.", "Slag", (("stay", "Vårdtillfälle"), *_ITEMS)),
        Column("hours_before", "number", True, "Så långt före kontaktens början det får ligga.", "Timmar före",
               unit="timmar", minimum=0, sample="24"),
        Column("hours_after", "number", True, "Så långt efter kontaktens slut det får ligga.", "Timmar efter",
               unit="timmar", minimum=0, sample="24"),
        Column("place", "text", True, "Var kontakten ska ha varit.", "Plats",
               choices(unit="Samma enhet", clinic="Samma klinik", any="Var som helst")),
        Column("service_kind", "text", False, "Slag av vårdtjänst som kontakten ska ha; tomt för alla.",
               "Slag av vårdtjänst", sample="inpatient"),
    ),
)

TABLES = (
    LEDGER, BUDGET, COST_RULES, COST_CENTRES, DRIVERS, COST_POOLS, COST_WEIGHTS, CARE_ITEMS, MATCH_RULES, CONTRACTS,
)
