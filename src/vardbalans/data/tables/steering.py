"""What the organisation wants, does and believes: measures, goals, orders, annotations and adjustments."""

from vardbalans.data.tables.contract import Column, Table, choices
from vardbalans.engine.messages import Message

__all__ = ["TABLES"]

_UNIT = Column("unit_id", "text", True, "Enheten det gäller.", "Enhets-id", reference="units")

MEASURES = Table(
    "measures", "Åtgärder", "Åtgärder som ändrar behov, produktion eller kapacitet, med väntad effekt.", "styrning",
    Message("Utan åtgärder visas bara nuläget; scenarier och nyttouppföljning är avstängda."),
    (
        Column("measure_id", "text", True, "Åtgärdens egen beteckning.", "Åtgärds-id", key=True, sample="A7"),
        Column("name", "text", True, "Åtgärdens namn som det ska visas.", "Namn", sample="Digital uppföljning"),
        _UNIT,
        Column(
            "point", "text", True, "Var i kedjan åtgärden verkar.", "Angreppspunkt",
            choices(care_need="Vårdbehov", required_production="Produktionsbehov",
                    required_capacity="Behov av kapacitet", resources="Resurser",
                    available_capacity="Tillgänglig kapacitet"),
        ),
        Column("target_id", "text", False, "Vårdtjänsten eller resursen som åtgärden gäller; tomt för hela enheten.",
               "Mål-id"),
        Column("factor", "number", False, "Väntad effekt som faktor; 0,9 betyder tio procent mindre.", "Faktor",
               minimum=0, sample="0,9"),
        Column("factor_low", "number", False, "Osäkerhetens nedre gräns.", "Faktor låg", minimum=0, sample="0,85"),
        Column("factor_high", "number", False, "Osäkerhetens övre gräns.", "Faktor hög", minimum=0, sample="0,95"),
        Column("starts", "date", True, "Dagen då åtgärden börjar verka.", "Börjar"),
        Column("cost_ore", "money_kr", False, "Kostnad per år.", "Kostnad", unit="kr", minimum=0),
        Column("once_ore", "money_kr", False, "Kostnad en gång, när åtgärden börjar.", "Engångskostnad", unit="kr",
               minimum=0),
        Column("parameter", "text", False, "Vad åtgärden ändrar; tomt för det första vid angreppspunkten.", "Parameter",
               choices(need="Behov", activities="Aktiviteter för samma behov", lost_share="Andel förlorade tider",
                       minutes="Minuter per aktivitet", stay_days="Vårdtid i dygn",
                       sets="Tjänster eller uppsättningar", time="Öppen eller anställd tid",
                       utilisation="Nyttjandegrad", absence="Frånvaro")),
        Column("added", "number", False, "Väntat antal fler tjänster eller uppsättningar; annars anges faktor.",
               "Antal fler", unit="antal", sample="2"),
        Column("added_low", "number", False, "Antalets nedre gräns.", "Antal fler låg", unit="antal", sample="1"),
        Column("added_high", "number", False, "Antalets övre gräns.", "Antal fler hög", unit="antal", sample="3"),
        Column("ramp_weeks", "integer", False, "Antal veckor tills åtgärden verkar fullt; tomt är genast.",
               "Infasning veckor", unit="veckor", minimum=0, maximum=520, sample="8"),
        Column("ends", "date", False, "Sista dagen som åtgärden verkar; tomt när inget slut är bestämt.", "Slutar",
               sample="2027-06-30"),
        Column("hypothesis", "text", False, "Varför åtgärden ska verka, utan personuppgifter.", "Hypotes",
               sample="Tiden läggs på dem som behöver den"),
        Column("lever", "text", False, "Vilken av bibliotekets åtgärder det är.", "Slag i biblioteket",
               sample="shorter_tasks"),
        Column("part_of", "text", False, "Åtgärden som raden är en del av; delar står och faller tillsammans.",
               "Del av", sample="A7"),
        Column("indicator", "text", False, "Serien som mäter åtgärden, som i tabellen Analysplaner.", "Indikator",
               sample="no_show_share"),
        Column("is_pilot", "boolean", False, "Om åtgärden först provas i mindre skala.", "Provas i mindre skala"),
        Column("gap_id", "text", False, "Resursen vars brist åtgärden ska täcka.", "Brist hos resurs",
               reference="resources", sample="ORT-A-SAL"),
        Column("due", "date", False, "Dagen då den ansvariga ska ha gjort det.", "Klar senast", sample="2027-03-31"),
        Column("owner", "text", False, "Funktionen som ansvarar.", "Ansvarig", sample="Verksamhetschef ortopedi"),
        Column("status", "text", True, "Hur långt åtgärden har kommit.", "Status",
               choices(idea="Idé", pilot="Pilot", measured="Mätt", in_plan="I planen", stopped="Avslutad")),
    ),
)

MEASURE_STARTS = Table(
    "measure_starts", "Åtgärders start", "När en åtgärd börjar på olika enheter, där det inte sker samtidigt.",
    "styrning",
    Message("Utan start per enhet börjar varje åtgärd samma dag överallt."),
    (
        Column("measure_id", "text", True, "Åtgärden, som gäller en hel enhet.", "Åtgärds-id", reference="measures",
               key=True),
        Column("unit_id", "text", True, "Enheten, under åtgärdens egen.", "Enhets-id", reference="units", key=True),
        Column("starts", "date", True, "Dagen då åtgärden börjar verka på enheten.", "Börjar"),
    ),
)

GOALS = Table(
    "goals", "Mål", "Måltal per enhet och indikator.", "styrning",
    Message("Utan mål visas indikatorerna utan jämförelse."),
    (
        Column("unit_id", "text", True, "Enheten som målet gäller.", "Enhets-id", reference="units", key=True),
        Column("indicator", "text", True, "Indikatorn som målet gäller.", "Indikator", key=True,
               sample="andel_inom_vardgaranti"),
        Column("target", "number", True, "Måltalet.", "Måltal", sample="0,9"),
        Column("direction", "text", True, "Om högt eller lågt är bra.", "Riktning",
               choices(up="Högre är bättre", down="Lägre är bättre")),
        Column("valid_from", "date", True, "Första dag målet gäller.", "Giltig från", key=True),
    ),
)

ORDERS = Table(
    "orders", "Beställning", "Beställd volym per enhet, vårdtjänst och år.", "styrning",
    Message("Utan beställning jämförs produktionen bara med behovet."),
    (
        Column("unit_id", "text", True, "Enheten som ska utföra.", "Enhets-id", reference="units", key=True),
        Column("service_id", "text", True, "Vårdtjänsten som är beställd.", "Vårdtjänst-id", reference="services",
               key=True),
        Column("year", "integer", True, "Kalenderår.", "År", key=True, minimum=1990, maximum=2150, sample="2026"),
        Column("volume", "number", True, "Beställt antal.", "Volym", unit="antal", minimum=0, sample="1200"),
    ),
)

ORDER_EVENTS = Table(
    "order_events", "Beställningens svar",
    "Vad som hänt med en beställning, en rad per gång: förslag, godkänd, avvisad eller motförslag.", "styrning",
    Message("Utan svar räknas varje beställning som ett förslag."),
    (
        Column("unit_id", "text", True, "Enheten som ska utföra.", "Enhets-id", reference="units", key=True),
        Column("service_id", "text", True, "Vårdtjänsten som är beställd.", "Vårdtjänst-id", reference="services",
               key=True),
        Column("year", "integer", True, "Kalenderår.", "År", key=True, minimum=1990, maximum=2150, sample="2026"),
        Column("at", "datetime", True, "När det hände.", "När", key=True),
        Column("status", "text", True, "Vad som hände.", "Status",
               choices(proposed="Förslag", accepted="Godkänd", rejected="Avvisad", countered="Motförslag")),
        Column("author", "text", True, "Funktionen som svarade, inte en persons namn.", "Avsändare",
               sample="Verksamhetschef ortopedi"),
        Column("volume", "number", False, "Antalet som föreslås; tomt när det är oförändrat.", "Volym", unit="antal",
               minimum=0, sample="1100"),
        Column("reason", "text", False, "Skälet, utan personuppgifter; krävs för avvisad och motförslag.", "Skäl",
               sample="Två operationssköterskor saknas till hösten"),
    ),
)

AGREED_PLANS = Table(
    "agreed_plans", "Överenskommen plan",
    "Vad en godkänd produktionsplan lovar: en rad per vårdtjänst och vecka. Den senast godkända gäller för sitt år.",
    "styrning",
    Message("Utan överenskommen plan följs produktionen upp mot beställningen, eller mot förra årets utfall."),
    (
        Column("unit_id", "text", True, "Enheten som planen gäller, eller en ovanför vårdtjänstens.", "Enhets-id",
               reference="units", key=True),
        Column("plan", "text", True, "Vad planen heter.", "Plan", key=True, sample="Produktionsplan"),
        Column("year", "integer", True, "ISO-året som planen gäller.", "År", key=True, minimum=1990, maximum=2150,
               sample="2027"),
        Column("version", "integer", True, "Planens version.", "Version", key=True, minimum=1, sample="2"),
        Column("service_id", "text", True, "Vårdtjänsten.", "Vårdtjänst-id", reference="services", key=True),
        Column("week", "period", True, "ISO-veckan, i planens år.", "Vecka", key=True, sample="2027-W05"),
        Column("slots", "number", True, "Planerat antal tider.", "Tider", unit="antal", minimum=0, sample="24"),
        Column("approved_at", "datetime", True, "När planen godkändes.", "Godkänd"),
        Column("approved_by", "text", True, "Funktionen som godkände, inte en persons namn.", "Godkänd av",
               sample="Chef, Ortopedkliniken"),
    ),
)

ANNOTATIONS = Table(
    "annotations", "Anteckningar", "Händelser som förklarar figurer: ombyggnad, pandemi, nytt arbetssätt.", "styrning",
    Message("Utan anteckningar visas diagrammen utan förklarande händelser."),
    (
        Column("annotation_id", "text", True, "Anteckningens egen beteckning.", "Anteckning-id", key=True, sample="N1"),
        Column("unit_id", "text", False, "Enheten det gäller; tomt när det gäller alla.", "Enhets-id",
               reference="units"),
        Column("service_id", "text", False, "Vårdtjänsten det gäller; tomt när det gäller alla.", "Vårdtjänst-id",
               reference="services"),
        Column("date_from", "date", True, "Första dag.", "Från och med"),
        Column("date_to", "date", False, "Sista dag; tomt när händelsen pågår.", "Till och med"),
        Column("text", "text", True, "Anteckningen, utan personuppgifter.", "Text",
               sample="Sal 3 stängd för ombyggnad"),
        Column("kind", "text", False, "Slag av händelse.", "Slag", sample="ombyggnad"),
        Column(
            "effect", "text", False, "Vad prognosen gör med händelsen; tomt när den bara ska visas.", "Verkan",
            choices(level_shift="Ny nivå från första dagen", outlier="Dagarna är inte som andra och räknas inte"),
        ),
    ),
)

ADJUSTMENTS = Table(
    "adjustments", "Justeringar", "Planerares egna bedömningar: ändringar av prognosen med datum, avsändare och skäl.",
    "styrning",
    Message("Utan justeringar gäller prognosen som den är räknad."),
    (
        Column("adjustment_id", "text", True, "Justeringens egen beteckning.", "Justerings-id", key=True, sample="J12"),
        Column("service_id", "text", True, "Vårdtjänsten vars prognos justeras.", "Vårdtjänst-id",
               reference="services"),
        Column("unit_id", "text", False, "Enheten det gäller: den som har vårdtjänsten eller en ovanför; får vara tom.",
               "Enhets-id", reference="units"),
        Column("date_from", "date", True, "Första dag justeringen gäller.", "Från och med"),
        Column("date_to", "date", True, "Sista dag justeringen gäller.", "Till och med", sample="2026-12-31"),
        Column("per_week", "number", False, "Antal fler (eller färre, med minus) en vanlig vecka; annars anges faktor.",
               "Antal per vecka", unit="antal", sample="4"),
        Column("factor", "number", False, "Faktor på prognosen, 1,1 är tio procent mer; annars anges antal per vecka.",
               "Faktor", minimum=0, sample="1,1"),
        Column("author", "text", True, "Funktionen som har gjort bedömningen, inte en persons namn.", "Avsändare",
               sample="Produktionsplanerare ortopedi"),
        Column(
            "author_level", "text", True, "Vilken nivå avsändaren planerar för; träffsäkerheten följs per nivå.",
            "Avsändarens nivå",
            choices(region="Region", division="Division", clinic="Klinik", unit="Enhet"),
        ),
        Column("reason", "text", True, "Varför prognosen behöver ändras, utan personuppgifter.", "Skäl",
               sample="Ny remissväg från primärvården"),
        Column("made_at", "datetime", True, "När justeringen gjordes; den gäller inte bakåt.", "Gjord när"),
    ),
)

TABLES = (MEASURES, MEASURE_STARTS, GOALS, ORDERS, ORDER_EVENTS, AGREED_PLANS, ANNOTATIONS, ADJUSTMENTS)
