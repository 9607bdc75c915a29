"""Care per patient: patients, contacts, referrals with clock stops, stays, operations, and slots that can be booked."""

from datetime import date

from vardbalans.data.tables.contract import Column, Table, choices
from vardbalans.engine.messages import Message

__all__ = ["TABLES"]

_FIRST_DAY = date(1990, 1, 1)
_PATIENT = Column("patient_key", "text", True, "Patientens id i källan; sparas bara som pseudonym.", "Patientnyckel",
                  sample="PT00017", identity="patient")
_UNIT = Column("unit_id", "text", True, "Enheten som har ansvaret.", "Enhets-id", reference="units")
_SERVICE = Column("service_id", "text", True, "Vårdtjänsten det gäller.", "Vårdtjänst-id", reference="services")

PATIENTS = Table(
    "patients", "Patienter", "Det om patienten som planeringen behöver; aldrig namn, adress eller personnummer.",
    "vard",
    Message("Utan patienter kan avlidna på väntelistan inte hittas, och skyddade personer inte märkas."),
    (
        Column("patient_key", "text", True, "Patientens id i källan; sparas bara som pseudonym.", "Patientnyckel",
               key=True, sample="PT00017", identity="patient"),
        Column("birth_year", "integer", False, "Födelseår.", "Födelseår", minimum=1890, maximum=2150, sample="1968"),
        Column("sex", "text", False, "Kön enligt källan.", "Kön",
               choices(female="Kvinna", male="Man", other="Annat", unknown="Okänt")),
        Column("municipality", "text", False, "Hemkommun, fyra siffror.", "Kommun", sample="0180"),
        Column("deceased", "date", False, "Dödsdag; tomt när personen lever.", "Avliden"),
        Column("protected", "boolean", True, "Om personen har sekretessmarkering eller skyddad folkbokföring.",
               "Skyddad", sample="nej"),
    ),
)

CONTACTS = Table(
    "contacts", "Vårdkontakter", "Bokade, utförda och uteblivna besök och andra kontakter, en rad var.", "vard",
    Message("Utan vårdkontakter kan behovet inte skattas ur besök; summerade serier används om de finns."),
    (
        Column("contact_id", "text", True, "Kontaktens egen beteckning.", "Kontakt-id", key=True),
        _PATIENT, _UNIT, _SERVICE,
        Column("referral_id", "text", False, "Remissen eller väntelisteposten som kontakten hör till.", "Remiss-id"),
        Column("booked_at", "datetime", False, "När tiden bokades.", "Bokad när"),
        Column("starts_at", "datetime", True, "När kontakten börjar.", "Börjar"),
        Column("ends_at", "datetime", False, "När kontakten slutar.", "Slutar", sample="2026-05-17 09:15"),
        Column(
            "status", "text", True, "Vad som hände med kontakten.", "Status",
            choices(performed="Utförd", no_show="Uteblev", late_cancelled="Sent avbokad",
                    cancelled_patient="Avbokad av patienten", cancelled_provider="Avbokad av vården",
                    booked="Bokad"),
        ),
        Column(
            "form", "text", False, "Hur patienten möttes.", "Form",
            choices(onsite="På plats", video="Video", phone="Telefon", home="Hembesök", message="Meddelande"),
        ),
        Column("age", "integer", False, "Patientens ålder vid kontakten.", "Ålder", unit="år", minimum=0, maximum=120,
               sample="57"),
        Column("sex", "text", False, "Patientens kön.", "Kön",
               choices(female="Kvinna", male="Man", other="Annat", unknown="Okänt")),
        Column("municipality", "text", False, "Patientens hemkommun, fyra siffror.", "Kommun", sample="0180"),
        Column("profession", "text", False, "Yrket hos den som patienten mötte.", "Yrke", sample="läkare"),
        Column("diagnosis", "text", False, "Huvuddiagnos enligt ICD-10-SE.", "Diagnos", sample="M17.1"),
        Column("procedures", "text", False, "Åtgärdskoder (KVÅ) skilda av mellanslag.", "Åtgärder", sample="NGB49"),
        Column("drg", "text", False, "DRG-kod.", "DRG", sample="H05N"),
        Column("drg_weight", "number", False, "DRG-vikt.", "DRG-vikt", minimum=0, sample="1,87"),
    ),
    _FIRST_DAY,
)

REFERRALS = Table(
    "referrals", "Remisser och beslut",
    "Väntelistan: vårdbegäran till ett nybesök, eller beslut om behandling till en operation.", "vard",
    Message("Utan remisser kan väntetider och vårdgaranti inte räknas per patient; summerad väntelista används om den "
            "finns."),
    (
        Column("referral_id", "text", True, "Remissens eller beslutets egen beteckning.", "Remiss-id", key=True),
        _PATIENT, _UNIT, _SERVICE,
        Column("issued", "date", True, "Dagen då remissen skrevs eller vårdbegäran kom in.", "Utfärdad"),
        Column("received", "date", False, "Dagen då remissen kom till enheten.", "Mottagen"),
        Column("decided", "date", False, "Dagen för bedömning eller beslut om behandling.", "Beslutad"),
        Column("priority", "text", False, "Prioriteten som den är registrerad.", "Prioritet", sample="2"),
        Column("target_date", "date", False, "Senaste dag enligt medicinsk bedömning.", "Måldatum"),
        Column("closed", "date", False, "Dagen då väntan tog slut; tomt när patienten väntar.", "Avslutad"),
        Column(
            "closed_reason", "text", False, "Varför väntan tog slut.", "Avslutsorsak",
            choices(treated="Vården utförd", treated_elsewhere="Utförd hos annan vårdgivare",
                    declined="Patienten avstod",
                    medical="Medicinska skäl", deceased="Avliden", transferred="Flyttad till annan enhet",
                    other="Annat"),
        ),
        Column("origin_contact_id", "text", False, "Kontakten där beslutet fattades.", "Ursprungskontakt"),
        Column("transferred_from", "text", False,
               "Remissen på listan som patienten flyttades från; tomt för den som inte är flyttad.", "Flyttad från"),
    ),
    _FIRST_DAY,
)

PRIORITIES = Table(
    "priorities", "Prioriteter",
    "Vad de registrerade prioriteterna betyder: deras ordning, namn och vilka som är akuta.", "vard",
    Message("Utan prioriteternas ordning går de som är tal i talens ordning och andra efter sina måldatum."),
    (
        Column("priority", "text", True, "Prioriteten som den är registrerad på remisserna.", "Prioritet", key=True,
               sample="2"),
        Column("place", "integer", True, "Platsen i turordningen; den lägsta går först.", "Plats", minimum=0,
               sample="2"),
        Column("name", "text", False, "Namnet som visas.", "Namn", sample="Inom en månad"),
        Column("urgent", "boolean", False, "Om tiderna som hålls för akuta är för den.", "Akut"),
    ),
)

CLOCK_STOPS = Table(
    "clock_stops", "Uppehåll i väntan",
    "Tid som inte räknas i vårdgarantin: medicinskt skäl, patientens val, annan region.",
    "vard",
    Message("Utan uppehåll räknas all väntan; andelen inom vårdgarantin visas lägre än i den nationella statistiken."),
    (
        Column("referral_id", "text", True, "Remissen som väntan gäller.", "Remiss-id", reference="referrals",
               key=True),
        Column("date_from", "date", True, "Första dag som inte räknas.", "Från och med", key=True),
        Column("date_to", "date", False, "Sista dag som inte räknas; tomt när uppehållet pågår.", "Till och med"),
        Column(
            "kind", "text", True, "Varför tiden inte räknas.", "Slag",
            choices(medical="Medicinskt orsakad väntan", patient_choice="Patientvald väntan",
                    other_region="Annan regions ansvar"),
            key=True,
        ),
        Column("informed", "boolean", False, "Om patienten har fått veta vad uppehållet innebär.", "Informerad"),
        Column("offered_at", "datetime", False, "Tiden som erbjöds.", "Erbjuden tid"),
        Column("declined", "boolean", False, "Om patienten tackade nej.", "Tackade nej"),
    ),
    _FIRST_DAY,
)

STAYS = Table(
    "stays", "Vårdtillfällen", "Inskrivningar i slutenvård, en rad per avdelning och vistelse.", "vard",
    Message("Utan vårdtillfällen kan beläggning, vårdtider och behov av vårdplatser inte räknas."),
    (
        Column("stay_id", "text", True, "Vistelsens egen beteckning.", "Vistelse-id", key=True),
        _PATIENT,
        Column("clinic_id", "text", True, "Kliniken med medicinskt ansvar, ett enhets-id.", "Klinik",
               reference="units"),
        Column("ward_id", "text", True, "Avdelningen där patienten ligger, ett enhets-id.", "Avdelning",
               reference="units"),
        Column("admitted", "datetime", True, "När patienten skrevs in.", "Inskriven"),
        Column("discharged", "datetime", False, "När patienten skrevs ut; tomt när hen är kvar.", "Utskriven",
               sample="2026-05-19 11:00"),
        Column("ready_for_discharge", "datetime", False, "När patienten var utskrivningsklar.", "Utskrivningsklar"),
        Column("acute", "boolean", True, "Om inskrivningen var akut.", "Akut"),
        Column("bed_kind", "text", False, "Slag av vårdplats.", "Vårdplatsslag", sample="IVA"),
    ),
    _FIRST_DAY,
)

OPERATIONS = Table(
    "operations", "Operationer", "Planerade, utförda och strukna operationer med tidpunkter.", "vard",
    Message("Utan operationer kan salarnas utnyttjande och operationstider inte räknas."),
    (
        Column("operation_id", "text", True, "Operationens egen beteckning.", "Operations-id", key=True),
        Column("contact_id", "text", False, "Vårdkontakten som operationen hör till.", "Kontakt-id"),
        Column("theatre_id", "text", True, "Operationssalen, ett enhets-id.", "Sal", reference="units"),
        Column("planned_start", "datetime", False, "Planerad start.", "Planerad start"),
        Column("planned_minutes", "number", False, "Planerad tid på sal.", "Planerade minuter", unit="minuter",
               minimum=0, maximum=2880, sample="120"),
        Column("room_in", "datetime", False, "När patienten kom in på sal.", "In på sal"),
        Column("anaesthesia_start", "datetime", False, "När anestesin började.", "Anestesi börjar"),
        Column("incision", "datetime", False, "När operationen började.", "Knivstart"),
        Column("closure", "datetime", False, "När operationen slutade.", "Knivslut", sample="2026-05-17 10:20"),
        Column("room_out", "datetime", False, "När patienten lämnade salen.", "Ut från sal", sample="2026-05-17 10:40"),
        Column("status", "text", True, "Vad som hände med operationen.", "Status",
               choices(performed="Utförd", cancelled="Struken", planned="Planerad")),
        Column("surgeon_key", "text", False, "Operatörens id i källan; sparas bara som pseudonym.", "Operatörsnyckel",
               sample="P0142", identity="staff"),
        Column("acute", "boolean", True, "Om operationen var akut.", "Akut"),
    ),
    _FIRST_DAY,
)

SLOTS = Table(
    "slots", "Tider", "Tider i tidboken, lediga och tagna, så långt de är upplagda.", "vard",
    Message("Utan tider kan tidbokens öppenhet och outnyttjad tid inte visas."),
    (
        Column("slot_id", "text", True, "Tidens egen beteckning.", "Tid-id", key=True),
        Column("unit_id", "text", True, "Enheten vars tidbok det är.", "Enhets-id", reference="units"),
        Column("service_id", "text", False, "Vårdtjänsten som tiden är avsedd för.", "Vårdtjänst-id",
               reference="services"),
        Column("resource_id", "text", False, "Resursen som tiden tar.", "Resurs-id", reference="resources"),
        Column("starts_at", "datetime", True, "När tiden börjar.", "Börjar"),
        Column("ends_at", "datetime", True, "När tiden slutar.", "Slutar", sample="2026-05-17 09:15"),
        Column("status", "text", True, "Om tiden går att boka.", "Status",
               choices(free="Ledig", booked="Bokad", blocked="Spärrad")),
        Column("published", "datetime", False, "När tiden lades upp för bokning.", "Upplagd",
               sample="2026-03-01 08:00"),
    ),
    _FIRST_DAY,
)

TABLES = (PATIENTS, CONTACTS, REFERRALS, PRIORITIES, CLOCK_STOPS, STAYS, OPERATIONS, SLOTS)
