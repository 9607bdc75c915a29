"""What could not be placed, with its kronor and how to repair it."""

from dataclasses import dataclass

from vardbalans.engine.messages import Message

__all__ = ["Note"]


@dataclass(frozen=True)
class Note:
    """One thing to repair: *code* for programs, a sentence for people, and the *ore* that hang on it (0 where none).

    The öre of a note stand in the certificate's line of unmatched cost; a note without öre is advice.
    """

    code: str
    message: Message
    ore: int = 0
