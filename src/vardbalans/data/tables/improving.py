"""What becomes of a measure: its analysis plan, PDSA cards, monthly estimates and status, all only added to."""

from vardbalans.data.tables.contract import Column, Table, choices
from vardbalans.engine.messages import Message

__all__ = ["TABLES"]

_MEASURE = Column("measure_id", "text", True, "Åtgärden det gäller.", "Åtgärds-id", reference="measures", key=True)
_AUTHOR = Column("author", "text", True, "Funktionen som gjorde det, inte en persons namn.", "Avsändare",
                 sample="Verksamhetschef ortopedi")
_INDICATOR = Column(
    "indicator", "text", True,
    "Serien som mäter åtgärden: no_show_share, late_cancelled_share, lost_share, minutes, performed, inflow, "
    "stay_days, eller series: följt av seriens id i tabellen Indikatorvärden.",
    "Indikator", sample="no_show_share",
)
_METHODS = choices(interrupted="Avbruten tidsserie", staggered="Enheter med olika start",
                   synthetic="Sammanvägd jämförelse")

MEASURE_PLANS = Table(
    "measure_plans", "Analysplaner",
    "Hur en åtgärd ska bedömas, fastställt innan den börjar. En senare rad är en ändring och syns.", "styrning",
    Message("Utan analysplaner kan ingen åtgärds effekt bli visad."),
    (
        _MEASURE,
        Column("fixed_at", "datetime", True, "När planen fastställdes.", "Fastställd", key=True),
        _INDICATOR,
        Column("better", "text", True, "Vad som är bättre.", "Bättre är",
               choices=choices(lower="Lägre", higher="Högre")),
        Column("periods_after", "integer", True, "Hela månader efter starten när omdömet tas.", "Månader till omdöme",
               unit="månader", minimum=1, maximum=120, sample="12"),
        Column("stop_after", "integer", False,
               "Stoppregel: månaden efter starten då åtgärden avslutas om ingen effekt är visad.", "Avslutas efter",
               unit="månader", minimum=1, maximum=240, sample="18"),
        Column("comparison", "text", False, "Enheter att jämföra med, delade av semikolon; tomt är de som inte börjat.",
               "Jämförelse", sample="K-KIR-N;K-MED-A"),
        Column("method", "text", False, "Metoden; tomt är den som den skrivna regeln ger.", "Metod",
               choices=_METHODS),
        _AUTHOR,
    ),
)

MEASURE_CARDS = Table(
    "measure_cards", "PDSA-kort", "Anteckningar per åtgärd, varv och steg: planera, göra, studera, agera.", "styrning",
    Message("Utan PDSA-kort visas åtgärderna utan sina varv."),
    (
        _MEASURE,
        Column("cycle", "integer", True, "Varvets nummer.", "Varv", key=True, minimum=1, maximum=999, sample="1"),
        Column("step", "text", True, "Steget i varvet.", "Steg", key=True,
               choices=choices(plan="Planera", do="Göra", study="Studera", act="Agera")),
        Column("at", "datetime", True, "När det skrevs.", "När", key=True),
        Column("text", "text", True, "Vad som planerades, gjordes, sågs eller beslutades, utan personuppgifter.",
               "Text", sample="Sms skickas två dagar före besöket"),
        _AUTHOR,
    ),
)

MEASURE_EVENTS = Table(
    "measure_events", "Åtgärders status",
    "Vad som hänt med en åtgärd, en rad per gång. En uppmätt effekt ersätter den väntade i planen.", "styrning",
    Message("Utan händelser gäller den status som åtgärden har i tabellen Åtgärder."),
    (
        _MEASURE,
        Column("at", "datetime", True, "När det hände.", "När", key=True),
        Column("status", "text", True, "Statusen från dess.", "Status",
               choices=choices(idea="Idé", pilot="Pilot", measured="Mätt", in_plan="I planen", stopped="Avslutad")),
        Column("reason", "text", True, "Skälet, utan personuppgifter.", "Skäl",
               sample="Effekten är visad enligt planen."),
        Column("factor", "number", False, "Uppmätt effekt som faktor på åtgärdens parameter.", "Faktor", minimum=0,
               sample="0,8"),
        Column("factor_low", "number", False, "Osäkerhetens nedre gräns, 95 %.", "Faktor låg", minimum=0,
               sample="0,7"),
        Column("factor_high", "number", False, "Osäkerhetens övre gräns, 95 %.", "Faktor hög", minimum=0,
               sample="0,9"),
        Column("plan_fingerprint", "text", False, "Analysplanens fingeravtryck.", "Planens fingeravtryck",
               sample="3f0c9a1be2d4"),
        _AUTHOR,
    ),
)

MEASURE_ESTIMATES = Table(
    "measure_estimates", "Åtgärders effekter",
    "Effekten som den räknats månad för månad: på det hela (tom enhet) och per enhet, som kvot med 95 % intervall.",
    "styrning",
    Message("Utan räknade effekter visas bara vad som väntas av åtgärderna."),
    (
        _MEASURE,
        Column("month", "period", True, "Sista hela månaden i data.", "Månad", key=True, sample="2026-05"),
        Column("unit_id", "text", False, "Enheten; tomt är alla som har börjat.", "Enhets-id", reference="units",
               key=True),
        _INDICATOR,
        Column("method", "text", True, "Metoden.", "Metod", choices=_METHODS),
        Column("estimate", "number", False, "Effekten som kvot; 1 är ingen.", "Effekt", minimum=0, sample="0,8"),
        Column("low", "number", False, "Intervallets nedre gräns; tomt när den saknas.", "Låg", sample="0,7"),
        Column("high", "number", False, "Intervallets övre gräns; tomt när den saknas.", "Hög", sample="0,9"),
        Column("verdict", "text", True, "Omdömet om den här månadens effekt.", "Omdöme",
               choices=choices(shown="Visad", not_shown="Ej visad", untold="Kan inte räknas")),
        Column("decided", "boolean", True, "Om planens tid till omdömet har gått.", "Omdöme taget"),
        Column("months_before", "integer", True, "Månader före den första starten.", "Månader före", minimum=0,
               sample="24"),
        Column("months_after", "integer", True, "Månader efter den sista starten.", "Månader efter", minimum=0,
               sample="12"),
        Column("signals", "integer", False, "Styrdiagrammets signaler efter starten, mot gränser från tiden före.",
               "Signaler", minimum=0, sample="1"),
        Column("placebo_tried", "integer", False, "Påhittade starter eller enheter som provats.", "Placebo provade",
               minimum=0, sample="12"),
        Column("placebo_shown", "integer", False, "Av dem, hur många som visade en effekt.", "Placebo visade",
               minimum=0, sample="1"),
        Column("plan_fingerprint", "text", True, "Analysplanens fingeravtryck.", "Planens fingeravtryck",
               sample="3f0c9a1be2d4"),
        Column("reason", "text", False, "Varför metoden valdes, eller varför effekten inte kan räknas.", "Skäl",
               sample="7 enheter utan åtgärden är jämförelse."),
    ),
)

INDICATOR_VALUES = Table(
    "indicator_values", "Indikatorvärden",
    "Mätvärden per enhet och månad som inte räknas ur vården: energi, inköp, stödtjänster.", "styrning",
    Message("Utan indikatorvärden kan bara åtgärder som syns i vården följas upp."),
    (
        Column("indicator", "text", True, "Seriens egen beteckning.", "Indikator", key=True, sample="energi_kwh"),
        Column("unit_id", "text", True, "Enheten som värdet gäller.", "Enhets-id", reference="units", key=True),
        Column("month", "period", True, "Månaden.", "Månad", key=True, sample="2026-05"),
        Column("value", "number", True, "Värdet.", "Värde", sample="118000"),
        Column("denominator", "number", False, "Det som värdet ställs mot, till exempel graddagar eller antal köp.",
               "Nämnare", minimum=0, sample="412"),
        Column("is_count", "boolean", True, "Om värdet är ett antal händelser.", "Är ett antal"),
    ),
)

TABLES = (MEASURE_PLANS, MEASURE_CARDS, MEASURE_EVENTS, MEASURE_ESTIMATES, INDICATOR_VALUES)
