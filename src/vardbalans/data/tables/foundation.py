"""Units, services, their resource sets, conversions and dated rules: what everything else refers to."""

from vardbalans.data.tables.contract import Column, Table, choices
from vardbalans.engine.messages import Message

__all__ = ["TABLES"]

UNITS = Table(
    "units", "Enheter", "Organisationens träd: region, divisioner, kliniker, enheter, avdelningar och salar.", "grund",
    Message("Utan enheter kan inga uppgifter kopplas till en klinik, och inget kan räknas."),
    (
        Column("unit_id", "text", True, "Enhetens egen beteckning, densamma i alla filer.", "Enhets-id", key=True),
        Column("name", "text", True, "Enhetens namn som det ska visas.", "Namn", sample="Kirurgkliniken"),
        Column(
            "level", "text", True, "Vilken nivå i organisationen enheten är.", "Nivå",
            choices(region="Region", division="Division", clinic="Klinik", unit="Enhet", ward="Vårdavdelning",
                    theatre="Operationssal"),
        ),
        Column("parent_id", "text", False, "Enheten närmast ovanför; tomt högst upp.", "Överordnad enhet",
               reference="units"),
        Column("site", "text", False, "Orten eller sjukhuset där enheten finns.", "Plats", sample="Norra sjukhuset"),
        Column("hsa_id", "text", False, "Enhetens id i HSA-katalogen.", "HSA-id", sample="SE0000000000-A001"),
        Column("country", "text", False,
               "Land, och landsdel om helgdagarna skiljer sig, enligt ISO 3166; tomt betyder Sverige.", "Land",
               sample="SE"),
        Column("valid_from", "date", False, "Första dag enheten finns.", "Giltig från"),
        Column("valid_to", "date", False, "Sista dag enheten finns; tomt tills vidare.", "Giltig till"),
    ),
)

SERVICES = Table(
    "services", "Vårdtjänster", "Det som produceras: besök, operationer, vårdtillfällen, undersökningar.", "grund",
    Message("Utan vårdtjänster finns inget att planera; behov och produktion kan inte räknas."),
    (
        Column("service_id", "text", True, "Vårdtjänstens egen beteckning.", "Vårdtjänst-id", key=True),
        Column("name", "text", True, "Vårdtjänstens namn som det ska visas.", "Namn", sample="Nybesök knä"),
        Column("unit_id", "text", True, "Enheten som utför vårdtjänsten.", "Enhets-id", reference="units"),
        Column(
            "kind", "text", True, "Vad slags vård det är.", "Slag",
            choices(first_visit="Nybesök", follow_up="Återbesök", surgery="Operation", inpatient="Slutenvård",
                    day_care="Dagsjukvård", examination="Undersökning", treatment="Behandling",
                    contact="Övrig kontakt"),
        ),
        Column(
            "form", "text", False, "Hur patienten möts.", "Form",
            choices(onsite="På plats", video="Video", phone="Telefon", home="Hembesök", message="Meddelande"),
        ),
        Column(
            "guarantee", "text", True, "Vilken del av vårdgarantin som gäller för tjänsten.", "Vårdgaranti",
            choices(none="Ingen", first_contact="Kontakt samma dag", assessment="Medicinsk bedömning",
                    first_visit="Första besök", treatment="Behandling",
                    child_first_visit="Första besök, barn- och ungdomspsykiatri",
                    child_treatment="Utredning eller behandling, barn- och ungdomspsykiatri",
                    rtt_18_weeks="England: behandling inom 18 veckor"),
        ),
        Column("shared_list", "text", False,
               "Namn på en gemensam väntelista; vårdtjänster med samma namn och vårdgaranti delar den. Tomt när "
               "tjänsten har en egen lista.", "Gemensam lista", sample="Katarakt, hela regionen"),
        Column("urgent_share", "number", False,
               "Andel av tiderna som hålls för akuta prioriteter; det de inte fyller går till de andra. Tomt är noll.",
               "Andel akuta tider", minimum=0, maximum=1, sample="0,1"),
    ),
)

RECIPES = Table(
    "recipes", "Recept", "Vilka resurser en vårdtjänst tar i anspråk, och hur många minuter.", "grund",
    Message("Utan recept kan behovet av kapacitet inte räknas i minuter; observerad produktion används."),
    (
        Column("service_id", "text", True, "Vårdtjänsten som receptet gäller.", "Vårdtjänst-id", reference="services",
               key=True),
        Column("resource_id", "text", True, "Resursen som går åt.", "Resurs-id", reference="resources", key=True),
        Column("minutes", "number", True, "Så lång tid resursen är upptagen.", "Minuter", unit="minuter", minimum=0.01,
               maximum=100_000),
        Column(
            "per", "text", True, "Vad minuterna räknas per.", "Per",
            choices(activity="Aktivitet", day="Vårddag", session="Pass"), key=True,
        ),
        Column("valid_from", "date", True, "Första dag receptet gäller.", "Giltig från", key=True),
        Column("set_id", "text", False,
               "Tomt för den ordinarie uppsättningen; annars vilken alternativ uppsättning raden hör till, som ett "
               "annat yrke eller rum.",
               "Uppsättning", key=True, sample="ssk"),
    ),
)

RESOURCE_SETS = Table(
    "resource_sets", "Alternativa uppsättningar",
    "Villkor för att utföra en vårdtjänst med en annan uppsättning resurser än den ordinarie.", "grund",
    Message("Utan villkor för alternativa uppsättningar får de användas fritt, utan egen kostnad."),
    (
        Column("service_id", "text", True, "Vårdtjänsten.", "Vårdtjänst-id", reference="services", key=True),
        Column("set_id", "text", True, "Uppsättningens beteckning, densamma som i recepten.", "Uppsättning", key=True,
               sample="ssk"),
        Column("name", "text", True, "Uppsättningens namn som det ska visas.", "Namn", sample="Sjuksköterska"),
        Column("share", "share", False,
               "Högsta andel av produktionen som får göras så; tomt när ingen gräns finns.", "Högsta andel", minimum=0,
               maximum=1, sample="0,3"),
        Column("cost_ore", "money_kr", False, "Vad en aktivitet kostar mer än med den ordinarie uppsättningen.",
               "Merkostnad", unit="kr", minimum=0),
    ),
)

CONVERSIONS = Table(
    "conversions", "Flöden mellan vårdtjänster",
    "Andelar satta för hand: hur många som går vidare till nästa vårdtjänst, och när. De gäller före de skattade.",
    "grund",
    Message("Utan egna flöden skattas följdbehoven mellan vårdtjänster ur kopplade remisser, om de finns."),
    (
        Column("from_service", "text", True, "Vårdtjänsten man kommer från.", "Från vårdtjänst", reference="services",
               key=True),
        Column("to_service", "text", True, "Vårdtjänsten man går vidare till.", "Till vårdtjänst",
               reference="services", key=True),
        Column("share", "share", True, "Hur stor andel som går vidare; över 1 när var och en leder till flera.",
               "Andel", minimum=0, maximum=10),
        Column("lag_weeks_pmf", "text", True,
               "Fördelningen av tiden emellan: andelar för vecka 0, 1, 2 … skilda av semikolon, summa 1.",
               "Fördröjning per vecka", unit="andelar", sample="0,2;0,5;0,3"),
        Column("source", "text", True, "Varifrån siffrorna kommer, eller vilken funktion som har bestämt dem.", "Källa",
               sample="Verksamhetschef ortopedi"),
        Column("reason", "text", False, "Varför andelen är satt för hand.", "Skäl",
               sample="Ny vårdprocess: fler opereras i dagkirurgi"),
        Column("valid_from", "date", False, "Första dag andelen gäller; tomt när den alltid har gällt.", "Giltig från",
               key=True),
    ),
)

RULES = Table(
    "rules", "Regler", "Lagar och avtal som daterade parametrar, till exempel vårdgarantins dagar.", "grund",
    Message("Utan egna regler används de nationella: vårdgarantins dagar och gällande heltidsmått."),
    (
        Column("rule_id", "text", True, "Regelns egen beteckning.", "Regel-id", key=True, sample="vg-nybesok"),
        Column(
            "kind", "text", True, "Vad regeln handlar om.", "Slag",
            choices(care_guarantee="Vårdgaranti", working_time="Arbetstid", full_time="Heltidsmått",
                    occupancy="Beläggning", early_warning="Tidig varning", small_numbers="Små tal",
                    hour_value="Värdet av en frigjord timme", cost_outliers="Ytterfall i kostnad per patient",
                    cost_controls="Gräns för kontroll av kostnad per patient", log_retention="Hur länge loggar sparas",
                    escalation="Eskalering av brister"),
        ),
        Column("name", "text", True, "Regelns namn som det ska visas.", "Namn", sample="Första besök inom 90 dagar"),
        Column(
            "applies_to", "text", False,
            "Vilken garanti i tabellen services som regeln sätter gränsen för, var små tal döljs, vårdformen, hur "
            "långt upp en brist lyfts, eller kontrollen.",
            "Gäller",
            choices(first_contact="Första kontakt", assessment="Medicinsk bedömning", first_visit="Första besök",
                    treatment="Behandling", child_first_visit="Första besök, barn- och ungdomspsykiatri",
                    child_treatment="Utredning eller behandling, barn- och ungdomspsykiatri",
                    rtt_18_weeks="England: behandling inom 18 veckor", inside="Inom regionen",
                    outside="Utanför regionen", inpatient="Slutenvård", outpatient="Öppenvård",
                    one_level="En nivå upp", two_levels="Två nivåer upp", unmatched_share="Andel omatchat",
                    group_share_change="Största ändring av en vårdtjänsts andel av kostnaden"),
        ),
        Column("value", "number", True, "Regelns värde.", "Värde", sample="90"),
        Column(
            "unit", "text", True,
            "Vilken enhet värdet har; för tidig varning andel (risken), veckor (i rad) eller veckor_fram "
            "(framförhållningen).",
            "Måttenhet", sample="dagar",
        ),
        Column("valid_from", "date", True, "Första dag regeln gäller.", "Giltig från"),
        Column("source", "text", True, "Lagrum, avtal eller beslut som regeln kommer från.", "Källa",
               sample="Hälso- och sjukvårdslagen 9 kap."),
    ),
)

POPULATION = Table(
    "population", "Befolkning", "Antal invånare per område, kön, ålder och år; även prognosår.", "grund",
    Message("Utan befolkning räknas behovet utan demografisk förändring."),
    (
        Column("area", "text", True, "Kommun, stadsdel eller region.", "Område", key=True, sample="0180"),
        Column("sex", "text", True, "Kön enligt folkbokföringen.", "Kön", choices(female="Kvinna", male="Man"),
               key=True),
        Column("age", "integer", True, "Ålder vid årets slut; högsta åldern är öppen uppåt.", "Ålder", unit="år",
               key=True, minimum=0, maximum=130),
        Column("year", "integer", True, "Kalenderår.", "År", key=True, minimum=1749, maximum=2150, sample="2026"),
        Column("count", "integer", True, "Antal invånare.", "Antal", unit="personer", minimum=0),
    ),
)

TABLES = (UNITS, SERVICES, RECIPES, RESOURCE_SETS, CONVERSIONS, RULES, POPULATION)
