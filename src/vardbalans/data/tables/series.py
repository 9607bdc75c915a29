"""Aggregated figures for those who have no rows per patient: activity, inflow, outflow and the waiting list."""

from datetime import date

from vardbalans.data.tables.contract import Column, Table, choices
from vardbalans.engine.messages import Message

__all__ = ["TABLES"]

_FIRST_DAY = date(1990, 1, 1)
_UNIT = Column("unit_id", "text", True, "Enheten som siffran gäller.", "Enhets-id", reference="units")
_SERVICE = Column("service_id", "text", True, "Vårdtjänsten som siffran gäller.", "Vårdtjänst-id", reference="services")


def _series(name: str, title: str, meaning: str, value: str, needed_for: Message) -> Table:
    columns = (
        Column("series_id", "text", True, "Seriens egen beteckning; en serie är antingen per vecka eller per månad.",
               "Serie-id", key=True),
        _UNIT,
        _SERVICE,
        Column("period", "period", True, "Vecka (2026-W05), månad (2026-05) eller dag (2026-05-17).", "Period",
               key=True),
        Column("value", "number", True, value, "Värde", unit="antal", minimum=0, maximum=1_000_000_000, sample="118"),
    )
    return Table(name, title, meaning, "serier", needed_for, columns, _FIRST_DAY)


COUNTS = _series(
    "counts", "Produktion", "Utförd produktion per enhet, vårdtjänst och period.", "Antal utförda.",
    Message("Utan summerad produktion räknas produktionen ur vårdkontakterna, om de finns."),
)

INFLOW = _series(
    "inflow", "Inflöde", "Nya på väntelistan per enhet, vårdtjänst och period.", "Antal nya på väntelistan.",
    Message("Utan inflöde skattas behovet ur remisser eller utförd produktion."),
)

OUTFLOW = _series(
    "outflow", "Utflöde", "Behandlade från väntelistan per enhet, vårdtjänst och period.",
    "Antal behandlade från listan.",
    Message("Utan utflöde kan väntelistans identitet (nya, behandlade, kvar) inte stämmas av."),
)

WAITING = Table(
    "waiting", "Väntande", "Summerad väntelista en viss dag, hel eller uppdelad i väntetidsband.", "serier",
    Message("Utan väntande räknas väntelistan ur remisserna; saknas även de planeras produktionen utan väntelista."),
    (
        Column("unit_id", "text", True, "Enheten som siffran gäller.", "Enhets-id", reference="units", key=True),
        Column("service_id", "text", True, "Vårdtjänsten som siffran gäller.", "Vårdtjänst-id", reference="services",
               key=True),
        Column("date", "date", True, "Dagen då listan räknades.", "Datum", key=True),
        Column("days_from", "integer", True, "Bandets kortaste väntan; 0 för hela listan.", "Väntat från",
               unit="dagar", key=True, minimum=0, sample="0"),
        Column("days_to", "integer", False, "Bandets längsta väntan; tomt när bandet är öppet uppåt.", "Väntat till",
               unit="dagar", minimum=0, sample="90"),
        Column("count", "integer", True, "Antal som väntar i bandet.", "Antal", unit="personer", minimum=0),
    ),
    _FIRST_DAY,
)


def _mean(name: str, meaning: str, header: str, sample: str, unit: str = "platser") -> Column:
    return Column(name, "number", False, meaning, header, unit=unit, minimum=0, sample=sample)


BED_COUNTS = Table(
    "bed_counts", "Räknade vårdplatser",
    "Disponibla och belagda vårdplatser per enhet, slag och period, i medel över periodens mätningar, för dem som inte "
    "har vårdtillfällen.", "serier",
    Message("Utan räknade vårdplatser räknas beläggningen ur vårdtillfällen och vårdplatser, om de finns."),
    (
        Column("unit_id", "text", True, "Sjukhuset, kliniken eller avdelningen som räknats.", "Enhets-id",
               reference="units", key=True),
        Column("category", "text", True, "Vilket slags platser; slag som överlappar räknas inte ihop.",
               "Slag av vårdplatser", key=True, sample="somatik"),
        Column("period", "period", True, "Vecka (2026-W05), månad (2026-05) eller dag (2026-05-17).", "Period",
               key=True),
        _mean("available", "Bemannade och öppna platser; tomt där det inte är känt.", "Disponibla platser", "52"),
        _mean("occupied", "Platser som någon låg på; tomt där det inte är känt.", "Belagda vårdplatser", "49,5"),
        _mean("overcrowded", "Patienter utöver de disponibla platserna.", "Överbeläggningar", "2,1", "patienter"),
        _mean("outliers", "Patienter på annan vårdavdelning än den som har ansvaret.", "Utlokaliserade", "1,4",
              "patienter"),
        Column("counted", "text", False, "När på dygnet det räknats.", "Räknat",
               choices(at_06="Klockan 06", midnight="Vid midnatt", day_mean="Medel över dygnet")),
        Column("source", "text", False, "Varifrån siffrorna kommer.", "Källa", sample="Månadsrapport till SKR"),
    ),
    _FIRST_DAY,
)

TABLES = (COUNTS, INFLOW, OUTFLOW, WAITING, BED_COUNTS)
