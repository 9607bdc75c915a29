"""What a passphrase must satisfy: Django's four checks, in our own words in both languages."""

from django.contrib.auth import password_validation
from django.utils.translation import gettext as _

__all__ = ["NotCommon", "NotLikeTheName", "NotOnlyDigits", "NotShort"]


class NotShort(password_validation.MinimumLengthValidator):
    """At least *min_length* characters."""

    def get_error_message(self) -> str:
        """Return what is wrong."""
        return _("Lösenfrasen är för kort. Den ska ha minst {count} tecken.").format(count=self.min_length)

    def get_help_text(self) -> str:
        """Return the rule."""
        return _("Lösenfrasen ska ha minst {count} tecken.").format(count=self.min_length)


class NotLikeTheName(password_validation.UserAttributeSimilarityValidator):
    """Not like the user's names."""

    def get_error_message(self) -> str:
        """Return what is wrong."""
        return _("Lösenfrasen liknar ditt namn eller användarnamn för mycket.")

    def get_help_text(self) -> str:
        """Return the rule."""
        return _("Lösenfrasen får inte likna ditt namn eller användarnamn.")


class NotCommon(password_validation.CommonPasswordValidator):
    """Not one of the most used."""

    def get_error_message(self) -> str:
        """Return what is wrong."""
        return _("Lösenfrasen är en av de vanligaste. Välj en som ingen annan har.")

    def get_help_text(self) -> str:
        """Return the rule."""
        return _("Lösenfrasen får inte vara en av de vanligaste.")


class NotOnlyDigits(password_validation.NumericPasswordValidator):
    """Not digits alone."""

    def get_error_message(self) -> str:
        """Return what is wrong."""
        return _("Lösenfrasen består bara av siffror. Använd även bokstäver.")

    def get_help_text(self) -> str:
        """Return the rule."""
        return _("Lösenfrasen får inte bestå av bara siffror.")
