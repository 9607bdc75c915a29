"""Rules about rows of contacts, referrals, stays and operations."""

from vardbalans.data.rules.contract import TO_BEFORE_FROM, RowRule
from vardbalans.engine.messages import Message

__all__ = ["ROW_RULES"]

ROW_RULES = {
    "clock_stops": (TO_BEFORE_FROM,),
    "contacts": (
        RowRule(
            "ends_before_starts",
            "ends_at",
            "ends_at < starts_at",
            "error",
            Message("Kontakten slutar innan den börjar. Rätta någon av tiderna."),
        ),
        RowRule(
            "booked_after_start",
            "booked_at",
            "booked_at > starts_at",
            "warning",
            Message("Kontakten är bokad efter att den började; ledtiden räknas inte för den."),
        ),
        RowRule(
            "performed_in_future",
            "starts_at",
            "status = 'performed' and starts_at::date > $today + interval 1 day",
            "warning",
            Message("Kontakten är utförd men ligger i framtiden. Kontrollera datum eller status."),
        ),
    ),
    "referrals": (
        RowRule(
            "closed_before_issued",
            "closed",
            "closed < issued",
            "error",
            Message("Väntan avslutades innan remissen utfärdades. Rätta någon av dagarna."),
        ),
        RowRule(
            "decided_before_issued",
            "decided",
            "decided < issued",
            "error",
            Message("Beslutet är fattat innan remissen utfärdades. Rätta någon av dagarna."),
        ),
        RowRule(
            "received_before_issued",
            "received",
            "received < issued",
            "warning",
            Message("Remissen kom in innan den utfärdades. Kontrollera dagarna."),
        ),
        RowRule(
            "closed_before_listed",
            "closed",
            "closed >= issued and closed < coalesce(received, decided)",
            "warning",
            Message("Väntan avslutades innan patienten kom till listan, och räknas som noll dagar där. Rätta dagarna."),
        ),
        RowRule(
            "referral_in_future",
            "issued",
            "greatest(issued, received, decided) > $today",
            "warning",
            Message(
                "Remissen eller beslutet ligger i framtiden, och väntan räknas inte förrän dess. Kontrollera dagen."
            ),
        ),
        RowRule(
            "closed_in_future",
            "closed",
            "closed > $today",
            "warning",
            Message("Väntan är avslutad i framtiden. Kontrollera dagen."),
        ),
        RowRule(
            "closed_without_reason",
            "closed_reason",
            "closed is not null and closed_reason is null",
            "warning",
            Message("Väntan är avslutad utan orsak. Fyll i avslutsorsak så räknas den rätt."),
        ),
        RowRule(
            "reason_without_closed",
            "closed",
            "closed is null and closed_reason is not null",
            "warning",
            Message("Avslutsorsak finns men ingen avslutsdag; patienten räknas som väntande."),
        ),
    ),
    "slots": (
        RowRule(
            "ends_before_starts",
            "ends_at",
            "ends_at <= starts_at",
            "error",
            Message("Tiden slutar innan den börjar. Rätta någon av tiderna."),
        ),
    ),
    "stays": (
        RowRule(
            "discharged_before_admitted",
            "discharged",
            "discharged < admitted",
            "error",
            Message("Patienten är utskriven före inskrivningen. Rätta någon av tiderna."),
        ),
        RowRule(
            "stay_in_future",
            "admitted",
            "greatest(admitted, discharged)::date > $today + interval 1 day",
            "warning",
            Message(
                "Vårdtillfället börjar eller slutar i framtiden, och vårdplatserna räknas då fram till den dagen. "
                "Rätta tiden; lämna utskrivningen tom tills den har skett."
            ),
        ),
        RowRule(
            "ready_before_admitted",
            "ready_for_discharge",
            "ready_for_discharge < admitted",
            "warning",
            Message("Patienten är utskrivningsklar före inskrivningen. Kontrollera tiderna."),
        ),
        RowRule(
            "ready_after_discharged",
            "ready_for_discharge",
            "ready_for_discharge > discharged",
            "warning",
            Message("Patienten är utskrivningsklar efter utskrivningen. Kontrollera tiderna."),
        ),
    ),
    "operations": (
        RowRule(
            "leaves_before_enters",
            "room_out",
            "room_out < room_in",
            "error",
            Message("Patienten lämnar salen innan hen kommit in. Rätta någon av tiderna."),
        ),
        RowRule(
            "closes_before_incision",
            "closure",
            "closure < incision",
            "error",
            Message("Operationen slutar innan den börjar. Rätta någon av tiderna."),
        ),
        RowRule(
            "incision_outside_room",
            "incision",
            "incision < room_in or incision > room_out",
            "warning",
            Message("Knivstart ligger utanför tiden på sal. Kontrollera tiderna."),
        ),
        RowRule(
            "performed_without_times",
            "room_in",
            "status = 'performed' and (room_in is null or room_out is null)",
            "warning",
            Message("Operationen är utförd men saknar tid in på eller ut från sal; den räknas inte i nyttjandegraden."),
        ),
    ),
}
