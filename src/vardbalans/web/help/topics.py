"""What each kind of page is for: the questions to ask of it, how it answers them, and the words it uses."""

from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from vardbalans.web.help.glossary import TERMS, Term

__all__ = ["TOPICS", "Question", "Topic", "topic_of"]


class Question(NamedTuple):
    """A question to ask of a page, and how to find the answer there, both in Swedish."""

    asked: str
    found: str

    @property
    def question(self) -> str:
        """Return the question in the reader's language."""
        return _(self.asked)

    @property
    def how(self) -> str:
        """Return how to find the answer in the reader's language."""
        return _(self.found)


class Topic(NamedTuple):
    """A kind of page: its name (in Swedish), its first page's address by name, its questions and words."""

    key: str
    called: str
    at: str
    questions: tuple[Question, ...]
    words: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return the name in the reader's language."""
        return _(self.called)

    @property
    def terms(self) -> tuple[Term, ...]:
        """Return the words of the page."""
        return tuple(TERMS[word] for word in self.words)


_ALL = (
    Topic(
        "overview",
        gettext_noop("Översikt"),
        "insight:overview",
        (
            Question(
                gettext_noop("Var är det mest ont om tid de närmaste veckorna?"),
                gettext_noop(
                    "Läs ”Först ont om kapacitet”: den första raden börjar tidigast. Öppna enheten för att "
                    "se alla resurser."
                ),
            ),
            Question(
                gettext_noop("Är det en topp eller ett läge som består?"),
                gettext_noop(
                    "Följ enhetens rad i kartan åt höger: några få orange rutor är en topp, en hel rad är "
                    "för lite kapacitet."
                ),
            ),
            Question(
                gettext_noop("Vad varnar programmet för innan det syns?"),
                gettext_noop(
                    "Läs ”Tidig varning”. Varje rad säger vecka, resurs och risk, och leder till det den bygger på."
                ),
            ),
            Question(
                gettext_noop("Hur gamla är siffrorna?"),
                gettext_noop("Stämpeln överst säger till vilken dag data går och när balansen räknades."),
            ),
        ),
        ("balans", "brist", "flaskhals", "tidig-varning"),
    ),
    Topic(
        "need",
        gettext_noop("Behov"),
        "insight:need",
        (
            Question(
                gettext_noop("Vilka vårdtjänster växer snabbast?"),
                gettext_noop(
                    "Sortera listan på ändring mot förra året, och se efter om intervallet ligger på samma "
                    "sida om noll."
                ),
            ),
            Question(
                gettext_noop("Hur säker är prognosen?"),
                gettext_noop("Öppna vårdtjänsten: bandet är intervallet. Håll tidigare prognoser mot det som kom."),
            ),
            Question(
                gettext_noop("Vet vi något som historiken inte vet?"),
                gettext_noop("Skriv en justering med period, antal och skäl. Grundprognosen står kvar bredvid."),
            ),
            Question(
                gettext_noop("Varifrån kommer behovet?"),
                gettext_noop(
                    "Öppna flödeskartan: den visar vilka vårdtjänster som leder till den här, med andel och "
                    "fördröjning."
                ),
            ),
        ),
        ("vardbehov", "produktionsbehov", "prognos", "justering", "intervall", "prognosens-mervarde"),
    ),
    Topic(
        "waits",
        gettext_noop("Väntelista"),
        "insight:waits",
        (
            Question(
                gettext_noop("Vilka listor ligger utanför vårdgarantin nu?"),
                gettext_noop("Sortera på andel inom gränsen. Den lägsta andelen står då överst."),
            ),
            Question(
                gettext_noop("När är vi inom vårdgarantin med dagens takt?"),
                gettext_noop(
                    "Kolumnen med vecka svarar, med intervall. Ett streck betyder att det inte nås inom året."
                ),
            ),
            Question(
                gettext_noop("Hur mycket behöver göras per vecka för att nå dit?"),
                gettext_noop("Öppna listan: ”Behövd produktion” delas i en stadig del och en del som betar av."),
            ),
            Question(
                gettext_noop("Fylls listan på snabbare än den töms?"),
                gettext_noop("Jämför inflöde med behandlade per vecka i tabellen under diagrammet."),
            ),
        ),
        ("vantelista", "inflode", "behandlade", "vardgaranti", "behovd-produktion", "patientvald-vantan-pvv"),
    ),
    Topic(
        "beds",
        gettext_noop("Vårdplatser"),
        "insight:beds",
        (
            Question(
                gettext_noop("Hur fullt är det, och hur fullt blir det?"),
                gettext_noop("Läs beläggningen per avdelning, och följ de fjorton dygnen framåt timme för timme."),
            ),
            Question(
                gettext_noop("Ligger patienter på fel avdelning?"),
                gettext_noop("Kolumnen för utlokaliserade säger hur många per hundra vårdplatser."),
            ),
            Question(
                gettext_noop("Hur många vårdplatser behövs på sikt?"),
                gettext_noop(
                    "Behovet vid olika percentiler säger hur ofta det räcker. Pröva ett scenarie med fler vårdplatser."
                ),
            ),
        ),
        ("vardplats", "disponibel-vardplats", "belaggning", "overbelaggning", "utlokaliserad-patient"),
    ),
    Topic(
        "capacity",
        gettext_noop("Kapacitet"),
        "insight:capacity",
        (
            Question(
                gettext_noop("Vad begränsar oss: tid, rum eller folk?"),
                gettext_noop(
                    "Jämför resurserna i uppsättningen. Den som har minst att ge i förhållande till sitt "
                    "behov är flaskhalsen."
                ),
            ),
            Question(
                gettext_noop("Vart tar den betalda tiden vägen?"),
                gettext_noop(
                    "Följ tiden från öppet till använt: frånvaro, icke-klinisk tid och nyttjandegrad, var för sig."
                ),
            ),
            Question(
                gettext_noop("Vad ger mest: fler pass, kortare besök eller högre nyttjande?"),
                gettext_noop("Ändra en faktor i taget i formeln och jämför hur mycket kapaciteten ändras."),
            ),
        ),
        ("kapacitet", "tillganglig-kapacitet", "resursuppsattning", "nyttjandegrad", "medelprocesstid"),
    ),
    Topic(
        "plan",
        gettext_noop("Plan"),
        "planning:plans",
        (
            Question(
                gettext_noop("Ryms planen i kapaciteten varje vecka?"),
                gettext_noop("Raderna med balans under rutnätet räknas om medan du skriver. Minus betyder brist."),
            ),
            Question(
                gettext_noop("Når planen det som behövs över året?"),
                gettext_noop("Jämför kolumnen Året med kolumnen Behövs på samma rad."),
            ),
            Question(
                gettext_noop("Vad skulle programmet föreslå?"),
                gettext_noop(
                    "Räkna fram ett förslag. Det visas som skillnad mot din plan och tas rad för rad eller helt."
                ),
            ),
            Question(
                gettext_noop("Vem har ändrat vad, och varför?"),
                gettext_noop(
                    "Öppna en ruta: där står varje ändring med namn, tid och skäl. Hela versioner jämförs "
                    "under Versioner."
                ),
            ),
        ),
        ("produktionsplan", "planforslag", "planversion", "last-cell", "bestallning", "overenskommelse"),
    ),
    Topic(
        "balance",
        gettext_noop("Balans"),
        "insight:overview",
        (
            Question(
                gettext_noop("Vilken resurs är flaskhalsen, och när?"),
                gettext_noop(
                    "Den lägsta raden i kartan är den som håller tillbaka. Välj resursen för att se alla veckor."
                ),
            ),
            Question(
                gettext_noop("Hur stor är risken för brist?"),
                gettext_noop(
                    "Risken är andelen simuleringar som slutar med brist den veckan. Femtio procent är rena slumpen."
                ),
            ),
            Question(
                gettext_noop("Varför är siffran som den är?"),
                gettext_noop("Välj siffran: formeln i ord, indata och källrader med fil och rad visas."),
            ),
        ),
        ("balans", "kapacitetsbehov", "tillganglig-kapacitet", "flaskhals", "recept"),
    ),
    Topic(
        "measures",
        gettext_noop("Åtgärder"),
        "improving:measures",
        (
            Question(
                gettext_noop("Vilka åtgärder har visad effekt?"),
                gettext_noop("Omdömet står på varje rad. Visad betyder att hela intervallet ligger på rätt sida."),
            ),
            Question(
                gettext_noop("Blev det som vi hoppades?"),
                gettext_noop("Håll den väntade kvoten mot den uppmätta: 0,9 betyder tio procent mindre."),
            ),
            Question(
                gettext_noop("Var finns brister som ingen åtgärd rör?"),
                gettext_noop(
                    "Välj ”Brister”: resurser där behovet överstiger kapaciteten, med de åtgärder som siktar på dem."
                ),
            ),
        ),
        ("atgard", "effekt", "nytta", "styrdiagram"),
    ),
    Topic(
        "follow_up",
        gettext_noop("Uppföljning"),
        "following:start",
        (
            Question(
                gettext_noop("Gjorde vi det vi sa?"),
                gettext_noop(
                    "Första meningen säger utfall mot plan hittills. Delarna nedanför säger var skillnaden ligger."
                ),
            ),
            Question(
                gettext_noop("Var slutar året om vi fortsätter så här?"),
                gettext_noop("Årets prognos är utfallet hittills och en prognos för resten, med intervall."),
            ),
            Question(
                gettext_noop("Är avvikelsen slump eller signal?"),
                gettext_noop("Se kolumnen Signal: en period utanför det troliga händer av slump, flera i rad sällan."),
            ),
            Question(
                gettext_noop("Vad beslutade vi, och är det gjort?"),
                gettext_noop("Möten har protokoll och beslut med ansvarig funktion, sista dag och utfall."),
            ),
        ),
        ("utfall", "prognos", "bestallning", "indikator", "intervall"),
    ),
    Topic(
        "cost",
        gettext_noop("Ekonomi"),
        "insight:cost",
        (
            Question(
                gettext_noop("Stämmer det med huvudboken?"),
                gettext_noop(
                    "Avstämningen visar huvudbok, kontakter, outnyttjat och undantaget. Skillnaden ska vara noll."
                ),
            ),
            Question(
                gettext_noop("Vad kostar det vi inte använder?"),
                gettext_noop("Outnyttjad kapacitet står som en egen rad per kostnadspool."),
            ),
            Question(
                gettext_noop("Varför kostar samma vård olika mycket?"),
                gettext_noop("Välj en grupp och följ kronorna bakåt: kontakt, kostnadspool, kostnadsställe, huvudbok."),
            ),
        ),
        ("kostnad-per-patient-kpp", "kostnadspool", "outnyttjad-kapacitet", "ytterfall"),
    ),
    Topic(
        "data",
        gettext_noop("Data"),
        "intake:data",
        (
            Question(
                gettext_noop("Kan vi lita på siffrorna?"),
                gettext_noop("Poängen per källa går från 0 till 100. Öppna reglerna för att se vad som drar ner."),
            ),
            Question(
                gettext_noop("Vad ändras om jag läser in filen?"),
                gettext_noop(
                    "Förhandsgranskningen visar rader som tillkommer, ändras och försvinner, innan något sparas."
                ),
            ),
            Question(
                gettext_noop("Vilka rader måste rättas, och hur?"),
                gettext_noop("Listan att rätta säger fil, rad, kolumn och vad som ska stå. Den kan hämtas som Excel."),
            ),
        ),
        ("dataversion", "datakvalitet", "fynd"),
    ),
)
TOPICS = {topic.key: topic for topic in _ALL}
_PAGES = (
    ("insight:need", "need"),
    ("insight:flow_map", "need"),
    ("insight:waits", "waits"),
    ("insight:beds", "beds"),
    ("insight:capacity", "capacity"),
    ("insight:cost", "cost"),
    ("insight:overview", "overview"),
    ("insight:unit", "overview"),
    ("insight:", "balance"),
    ("planning:", "plan"),
    ("rhythm:", "plan"),
    ("improving:", "measures"),
    ("following:", "follow_up"),
    ("intake:", "data"),
    ("balancing:", "balance"),
    ("costing:", "cost"),
)
"""The pages of each topic, by the beginning of their name; the first that fits counts."""


def topic_of(view_name: str) -> Topic:
    """Return the topic of the page called *view_name*; the overview for a page of none."""
    return TOPICS[next((key for start, key in _PAGES if view_name.startswith(start)), "overview")]
