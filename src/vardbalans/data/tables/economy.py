"""The ledger and what cost per patient needs: budget, matching rules, drivers and contracts."""

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
               choices(include="Ta med", exclude="Uteslut")),
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

TABLES = (LEDGER, BUDGET, COST_RULES, DRIVERS, CONTRACTS)
