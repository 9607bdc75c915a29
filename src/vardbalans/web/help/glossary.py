"""The words that a planner meets, explained in Swedish and English.

Their Swedish, and the English of the catalogue, are those of GLOSSARY.md: tests/web/test_help.py holds them to it.
"""

from typing import NamedTuple

from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from vardbalans.web.ordering import swedish_order

__all__ = ["TERMS", "Term", "terms_in_order"]


class Term(NamedTuple):
    """A word and what it means, both in Swedish as they stand in the catalogue."""

    swedish: str
    meant: str

    @property
    def key(self) -> str:
        """Return what the word is called in addresses."""
        return slugify(self.swedish.replace("å", "a").replace("ä", "a").replace("ö", "o"))

    @property
    def name(self) -> str:
        """Return the word in the reader's language."""
        return _(self.swedish)

    @property
    def meaning(self) -> str:
        """Return what it means in the reader's language."""
        return _(self.meant)


_ALL = (
    Term(gettext_noop("behov"), gettext_noop("Vårdbehovet, eller det som krävs av en resurs.")),
    Term(
        gettext_noop("vårdbehov"),
        gettext_noop("Det som en befolkning eller patientgrupp behöver; första länken i kedjan."),
    ),
    Term(
        gettext_noop("produktionsbehov"),
        gettext_noop("Det som behöver göras för att möta behovet, med de flöden och arbetssätt som finns."),
    ),
    Term(
        gettext_noop("kapacitetsbehov"),
        gettext_noop("De minuter av varje resurs som produktionsbehovet tar i anspråk."),
    ),
    Term(gettext_noop("tillgänglig kapacitet"), gettext_noop("De minuter som kan användas till att producera.")),
    Term(
        gettext_noop("kapacitet"),
        gettext_noop("Vad en resurs klarar, i minuter; i Örebros formel är det K, räknat i antal."),
    ),
    Term(gettext_noop("balans"), gettext_noop("Det tillgängliga minus det som krävs; minus betyder brist.")),
    Term(gettext_noop("brist"), gettext_noop("En negativ balans.")),
    Term(gettext_noop("flaskhals"), gettext_noop("Den resurs som håller tillbaka en vårdtjänst en vecka.")),
    Term(gettext_noop("resurs"), gettext_noop("Kompetens, lokal eller utrustning.")),
    Term(gettext_noop("resursuppsättning"), gettext_noop("Rum, team och utrustning som planeras tillsammans som en.")),
    Term(gettext_noop("recept"), gettext_noop("En vårdtjänsts resursuppsättning, med minuter av var och en.")),
    Term(
        gettext_noop("nyttjandegrad"),
        gettext_noop("Den andel av den öppna tiden som används; täcker beläggning och variation."),
    ),
    Term(gettext_noop("medelprocesstid"), gettext_noop("Hur många minuter en aktivitet tar i medeltal.")),
    Term(gettext_noop("heltidstjänst"), gettext_noop("En tjänst på heltid.")),
    Term(gettext_noop("produktionsplan"), gettext_noop("Vad som ska göras, hur mycket och när.")),
    Term(
        gettext_noop("planförslag"),
        gettext_noop("Den plan som kostar minst, försenar minst och ändrar minst inom reglerna."),
    ),
    Term(
        gettext_noop("planversion"),
        gettext_noop("En plan i ett numrerat skick; den kan inte ändras när den är inskickad."),
    ),
    Term(gettext_noop("låst cell"), gettext_noop("En siffra i planen som planeraren har bestämt.")),
    Term(gettext_noop("överenskommelse"), gettext_noop("En produktionsplan som är undertecknad.")),
    Term(gettext_noop("beställning"), gettext_noop("Den produktion per år som nivån ovanför väntar sig.")),
    Term(gettext_noop("utfall"), gettext_noop("Det som har utförts.")),
    Term(gettext_noop("prognos"), gettext_noop("Väntade antal, med ett intervall.")),
    Term(
        gettext_noop("justering"),
        gettext_noop("Planerarens daterade ändring av en prognos, med författare och skäl; grundprognosen finns kvar."),
    ),
    Term(
        gettext_noop("prognosens mervärde"),
        gettext_noop("Hur mycket justeringarna minskade prognosens fel, eller ökade det."),
    ),
    Term(gettext_noop("intervall"), gettext_noop("Där utfallet hamnar med en angiven sannolikhet.")),
    Term(
        gettext_noop("indikator"),
        gettext_noop("En namngiven siffra att följa, med definition, riktning och hur den summeras."),
    ),
    Term(gettext_noop("dataversion"), gettext_noop("Alla tabeller som de var efter en inläsning.")),
    Term(gettext_noop("fynd"), gettext_noop("Det som en kontroll hittade: var, hur allvarligt och hur det rättas.")),
    Term(
        gettext_noop("datakvalitet"),
        gettext_noop("Hur mycket det går att lita på data: vad reglerna fann fel, som poäng från 0 till 100."),
    ),
    Term(gettext_noop("åtgärd"), gettext_noop("En daterad ändring i en av kedjans punkter.")),
    Term(
        gettext_noop("effekt"),
        gettext_noop(
            "Vad som ändrades av en åtgärd, med ett intervall; visad eller inte visad enligt en skriven regel."
        ),
    ),
    Term(
        gettext_noop("nytta"),
        gettext_noop("Vad ett scenarie frigör eller hämtar hem; visas inte när intervallet täcker noll."),
    ),
    Term(
        gettext_noop("styrdiagram"),
        gettext_noop("Punkter i tiden med medellinje och gränser, som skiljer en process från slump."),
    ),
    Term(gettext_noop("vårdtjänst"), gettext_noop("Det som produceras: besök, operationer, vårdtillfällen.")),
    Term(gettext_noop("remiss"), gettext_noop("En vårdbegäran.")),
    Term(gettext_noop("väntelista"), gettext_noop("De som väntar på en vårdtjänst.")),
    Term(gettext_noop("inflöde"), gettext_noop("De som tillkommer på listan.")),
    Term(gettext_noop("behandlade"), gettext_noop("De som lämnade listan genom att få vården.")),
    Term(gettext_noop("vårdgaranti"), gettext_noop("Lagens gränser för väntan: 0, 3, 90 och 90 dagar.")),
    Term(
        gettext_noop("patientvald väntan (PvV)"),
        gettext_noop("Patienten var informerad, erbjöds dag och klockslag, och tackade nej."),
    ),
    Term(
        gettext_noop("medicinskt orsakad väntan (MoV)"),
        gettext_noop("Patienten kan inte få vården av medicinska skäl."),
    ),
    Term(
        gettext_noop("behövd produktion"),
        gettext_noop(
            "Behandlade per vecka för att vara inom gränsen ett visst datum och stanna där: en stadig "
            "del och en avbetningsdel."
        ),
    ),
    Term(gettext_noop("vårdplats"), gettext_noop("En vårdplats med bemanning och utrustning.")),
    Term(gettext_noop("disponibel vårdplats"), gettext_noop("En fysisk plats med utrustning och bemanning.")),
    Term(gettext_noop("beläggning"), gettext_noop("Patienter delat med disponibla vårdplatser.")),
    Term(gettext_noop("överbeläggning"), gettext_noop("Fler patienter än disponibla vårdplatser.")),
    Term(
        gettext_noop("utlokaliserad patient"),
        gettext_noop("En patient som vårdas på en annan avdelning än den som har ansvaret; utlokaliserad."),
    ),
    Term(
        gettext_noop("tidig varning"),
        gettext_noop("Vad som kommer att saknas, sagt medan det finns tid att göra något."),
    ),
    Term(
        gettext_noop("kostnad per patient (KPP)"),
        gettext_noop("Kostnaden för varje kontakt, avstämd mot huvudboken."),
    ),
    Term(
        gettext_noop("kostnadspool"),
        gettext_noop("Det som ett ställes kostnad går till, lagd på kontakter efter ett mått."),
    ),
    Term(gettext_noop("outnyttjad kapacitet"), gettext_noop("Betald men inte använd; en rad för sig.")),
    Term(
        gettext_noop("ytterfall"),
        gettext_noop("De dyraste 5 % av slutenvårdens och 3 % av öppenvårdens kontakter; resten är innerfall."),
    ),
)
TERMS = {term.key: term for term in _ALL}


def terms_in_order() -> list[Term]:
    """Return every term by name in the reader's language."""
    return sorted(TERMS.values(), key=lambda term: swedish_order(term.name))
