"""Every error a user can meet, in one tree.

::

    VardbalansError            base; carries a Message: what, where, how to repair. Exit code 1 unless said.
    ├── BadInput               a value handed in is wrong. Exit code 3.
    │   ├── MissingFactor      a factor needed by the chain is absent; lists all that are missing.
    │   └── BadPeriod          a text is not a week, month or day.
    └── Impossible             the question has no answer under the given limits; lists the reasons. Exit code 4.

Anything else that escapes is our own bug.
"""

from collections.abc import Sequence

from vardbalans.engine.messages import Message

__all__ = ["BadInput", "BadPeriod", "Impossible", "MissingFactor", "VardbalansError"]


class VardbalansError(Exception):
    """Base of all errors meant for people; ``str()`` is the Swedish sentence."""

    exit_code = 1

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


class BadInput(VardbalansError):
    """A value handed in is wrong; the message says which, and what would be right."""

    exit_code = 3


class MissingFactor(BadInput):
    """A factor of the chain is absent. Missing is never taken as zero or one."""

    def __init__(self, missing: Sequence[Message]) -> None:
        """*missing* names each absent factor, one sentence each; at least one."""
        self.missing = tuple(missing)
        super().__init__(
            Message("Underlag saknas: {what}", what="; ".join(str(item) for item in self.missing)),
        )


class BadPeriod(BadInput):
    """A text could not be read as a period."""


class Impossible(VardbalansError):
    """The question has no answer; *reasons* says what stands in the way."""

    exit_code = 4

    def __init__(self, message: Message, reasons: Sequence[Message] = ()) -> None:
        super().__init__(message)
        self.reasons = tuple(reasons)
