r"""The sum of ``#KSUMMA``: CRC-32 over what the lines say, without what sets their fields apart.

What counts are the bytes of the label and the fields, a written ``\"`` as one quotation mark; not the quotation marks
around fields, braces, the white space between fields, or line ends. The first ``#KSUMMA`` begins the summed part, the
last says the sum. Source: SIE 4B, section on #KSUMMA. White space inside a text counts in files from programs that
write the sum; others are said to leave it out, and some may sum the bytes of the encoding they save in. A file that is
whole under any of these readings is whole.
"""

import re
import zlib
from typing import Literal

from vardbalans.data.read.sie.found import Found
from vardbalans.data.read.sie.syntax import BLANK
from vardbalans.engine.messages import Message

__all__ = ["Checksum", "Verdict", "sum_of"]

Verdict = Literal["absent", "right", "wrong"]

_APART = str.maketrans("", "", " \t\r\n{}")
_ALL_APART = str.maketrans("", "", ' \t\r\n{}"')
_SUM = re.compile(r"-?[0-9]{1,10}")


class Checksum:
    """Sums a file line by line; *encoding* is the name in ``codecs`` of what it is saved as."""

    def __init__(self, found: Found, encoding: str) -> None:
        self._found = found
        self._encodings = tuple(dict.fromkeys(("cp437", encoding)))
        self._begun = 0
        self.verdict: Verdict = "absent"
        self._restart()

    def add(self, row: int, line: str) -> None:
        """Count the line at *row* in."""
        text = line.strip(BLANK)
        if text[:7].upper() == "#KSUMMA":
            self._mark(row, text[7:])
        elif text[:7].upper() != "#FLAGGA":  # the receiver may set the flag
            texts = (_content(text), text.replace('\\"', '"').translate(_ALL_APART))
            for (encoding, bare), before in self._sums.items():
                self._sums[encoding, bare] = zlib.crc32(texts[bare].encode(encoding, "replace"), before)

    def close(self) -> None:
        """Tell when the sum that was begun is not there: the file is cut off."""
        if self._begun:
            self.verdict = "wrong"
            self._found.add(
                "checksum_lost",
                "error",
                Message("Filen är avklippt: kontrollsumman #KSUMMA som ska stå sist saknas. Exportera filen på nytt."),
                self._begun,
            )

    def _restart(self) -> None:
        self._sums = {(encoding, bare): 0 for encoding in self._encodings for bare in (False, True)}

    def _mark(self, row: int, rest: str) -> None:
        said = rest.strip(' \t"')
        if not said:
            self._begun = row
            self._restart()
            return
        self._begun = 0
        # Some write it as a signed number.
        is_right = _SUM.fullmatch(said) and int(said) % (1 << 32) in self._sums.values()
        self.verdict = "right" if is_right else "wrong"
        if self.verdict == "wrong":
            # Balance, account by account, is checked anyway; and programs are known that sum in their own way.
            self._found.add(
                "checksum_wrong",
                "warning",
                Message(
                    "Kontrollsumman #KSUMMA stämmer inte: filen har ändrats efter exporten, eller summerats på annat "
                    "sätt än standarden säger. Exportera den på nytt om den ska vara orörd."
                ),
                row,
            )


def sum_of(lines: list[str]) -> int:
    """Return the sum of *lines* as a writer of PC8 says it."""
    return zlib.crc32("".join(map(_content, lines)).encode("cp437", "replace"))


def _content(line: str) -> str:
    """Return what of *line* is summed."""
    parts = line.replace('\\"', "\x00").split('"')
    apart = (text if index % 2 else text.translate(_APART) for index, text in enumerate(parts))
    return "".join(apart).replace("\x00", '"')
