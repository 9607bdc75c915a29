"""A SIE file on disk: whether it is one, what its bytes tell before it is read, and its lines."""

import mmap
import re
from collections.abc import Iterator
from pathlib import Path

from vardbalans.data.read.draft import Limits, Refused, about_file
from vardbalans.data.read.sie.encoding import PC8, detected
from vardbalans.data.read.sie.years import Years
from vardbalans.engine.messages import Message

__all__ = ["Source", "refuse_type_5"]

_HEAD = 1 << 16
_FIRST_LINES = 50
_BLOCK = 1 << 20
_LONGEST = 1 << 20
_BEFORE_TEXT = b"\xef\xbb\xbf \t\r\n"


class Source:
    """The file at *path*, which goes by *name* in findings.

    *encoding* is None when the file is plain ASCII. *has_sum* tells whether ``#KSUMMA`` is anywhere in it, *years* are
    those declared anywhere. Raises Refused when the file is not SIE of type 1 to 4.
    """

    def __init__(self, path: Path, name: str, limits: Limits) -> None:
        self._path, self._name = path, name
        size = path.stat().st_size
        if size > limits.unpacked:
            raise self._refused(
                "too_large", Message("Filen är större än vad som tas emot. Exportera ett räkenskapsår i taget.")
            )
        if not size:
            raise self._empty()
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            self._require_sie(content[:_HEAD])
            self.encoding = detected(content)
            self.has_sum = content.find(b"#KSUMMA") >= 0
            self.years = Years()
            self.years.look_ahead(content)
        self.unreadable = 0

    def blocks(self) -> Iterator[list[str]]:
        """Yield the lines, some megabyte at a time. Raises Refused at a line that no accounting system writes."""
        carry, row = "", 0
        codec = (self.encoding or PC8).codec
        with self._path.open(encoding=codec, errors="replace", newline=None) as stream:
            while block := stream.read(_BLOCK):
                self.unreadable += block.count("\ufffd")
                lines = (carry + block).split("\n")
                carry = lines.pop()
                row += len(lines)
                if len(carry) > _LONGEST:
                    raise self._refused(
                        "long_line",
                        Message("Raden är orimligt lång. Filen är skadad; exportera den på nytt."),
                        row + 1,
                    )
                yield lines
        yield [carry]

    def _require_sie(self, head: bytes) -> None:
        text = head.lstrip(_BEFORE_TEXT)
        if not text:
            raise self._empty()
        if text.startswith(b"<") and re.search(rb"<(\w+:)?sie(entry)?[\s>]|sie\.se/sie5", text, re.IGNORECASE):
            raise refuse_type_5(self._name)
        lines = (line.lstrip().upper() for line in text.splitlines()[:_FIRST_LINES])
        if not any(line.startswith((b"#FLAGGA", b"#SIETYP")) for line in lines):
            raise self._refused(
                "not_sie",
                Message("Filen är ingen SIE-fil: raden #FLAGGA saknas. Exportera SIE typ 4 från ekonomisystemet."),
                1,
            )

    def _empty(self) -> Refused:
        return self._refused("empty_file", Message("Filen är tom. Exportera den på nytt från ekonomisystemet."))

    def _refused(self, code: str, message: Message, row: int | None = None) -> Refused:
        return Refused(about_file(self._name, code, "error", message, row))


def refuse_type_5(name: str, row: int | None = None) -> Refused:
    """Return the refusal of a file of type 5, which is another format."""
    sentence = Message("Filen är SIE typ 5 (XML), som inte läses. Exportera SIE typ 4 från ekonomisystemet.")
    return Refused(about_file(name, "sie_type_5", "error", sentence, row))
