"""What the grid says by itself, in the reader's language. ``{x}`` is put in by the browser."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

__all__ = ["grid_words"]


def grid_words() -> Mapping[str, str]:
    """Return the sentences of static/planning by name."""
    return {
        "saving": _("Sparar …"),
        "saved": _("Allt är sparat."),
        "saved_at": _("Sparat {time}."),
        "offline": _("Ingen kontakt. {count} steg väntar och sparas när kontakten är tillbaka."),
        "logged_out": _(
            "Du är utloggad. Logga in i en annan flik; det du har skrivit finns kvar här och sparas sedan."
        ),
        "refused": _("Sparades inte: {sentence}"),
        "clash": _("En annan planerare har ändrat samma rutor. Det du skrev finns kvar; välj vad som ska gälla."),
        "clash_cell": _("{where}: du skrev {mine}, {by} har {theirs}"),
        "empty": _("tomt"),
        "not_number": _("{where}: ”{text}” är inget tal."),
        "two_ways": _("{where}: ”{text}” kan läsas på två sätt. Skriv utan punkt eller komma mellan tusental."),
        "percent": _("{where}: ”{text}” är procent. Skriv ett antal."),
        "negative": _("{where}: ”{text}” är mindre än noll."),
        "too_fine": _("{where}: ”{text}” har mer än två decimaler, eller är för stort."),
        "is_locked": _("{where}: låst. Lås upp rutan först."),
        "outside": _("{count} värden föll utanför planen och togs inte med."),
        "computed": _("Rutan räknas fram och kan inte ändras."),
        "not_draft": _("Versionen kan inte ändras."),
        "counted": _("Antal {count} · Summa {sum} · Medel {mean}"),
        "where": _("{name}, v. {week}"),
        "balance": _("{name}, v. {week}: behövs {required}, finns {available} {unit}"),
        "unknown_week": _("{name}, v. {week}: veckan ligger utanför beräkningen"),
        "nothing_planned": _("{name}, v. {week}: inget är planerat"),
        "ordered": _("{name}, v. {week}: beställt {ordered}, planerat {planned}"),
        "hours": _("timmar"),
        "activities": _("aktiviteter"),
        "locked": _("låst"),
        "typed": _("skriven"),
        "proposal": _("ur förslaget"),
        "spread": _("fördelad"),
        "imported": _("ur Excel"),
        "remarked": _("har kommentar"),
        "undone": _("Ångrat."),
        "redone": _("Gjort om."),
        "others": _("{by} har ändrat {count} rutor."),
        "leave": _("Allt är inte sparat än."),
    }
