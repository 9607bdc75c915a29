"""Which encoding a SIE file is saved in, told from its Swedish letters and not from what it says of itself."""

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap

__all__ = ["PC8", "Encoding", "detected", "named"]


@dataclass(frozen=True)
class Encoding:
    """*name* as in ``codecs``, *title* for people, and the *codec* the text is read with."""

    name: str
    title: str
    codec: str


PC8 = Encoding("cp437", "PC8", "cp437")
_UTF8 = Encoding("utf-8", "UTF-8", "utf-8-sig")
_LATIN = Encoding("iso-8859-1", "ISO 8859-1", "cp1252")
_WINDOWS = Encoding("windows-1252", "Windows-1252", "cp1252")

_LETTERS = {encoding: [letter.encode(encoding.name) for letter in "åäöÅÄÖéÉüÜ"] for encoding in (PC8, _UTF8, _LATIN)}
_ASCII = bytes(range(0x80))
_BLOCK = 1 << 20
_BESIDE_C1 = bytes({*range(256)} - {*range(0x80, 0xA0)})
"""Every byte but those that are letters and signs in Windows-1252 and unused in ISO 8859-1."""
_NAMES = {
    "pc8": PC8,
    "cp437": PC8,
    "ibm437": PC8,
    "437": PC8,
    "utf8": _UTF8,
    "latin1": _LATIN,
    "iso88591": _LATIN,
    "ansi": _WINDOWS,
    "cp1252": _WINDOWS,
    "windows1252": _WINDOWS,
}


def named(said: str) -> Encoding | None:
    """Return the encoding that ``#FORMAT`` names; None when there is none of that name. The format's own is PC8."""
    return _NAMES.get(re.sub(r"[^a-z0-9]", "", said.casefold())) if said else PC8


def detected(content: mmap) -> Encoding | None:
    """Return the encoding of *content*, or None when it is plain ASCII and reads the same in all of them.

    Text that is valid UTF-8 throughout is UTF-8. Otherwise the Swedish letters vote, each byte (or pair) for the
    encoding in which it is one; PC8 when nothing speaks.
    """
    if all(block.isascii() for block in _blocks(content)):
        return None
    if _is_utf8(content):
        return _UTF8
    votes: Counter[Encoding] = Counter()
    for block in _blocks(content):
        beyond_ascii = block.translate(None, _ASCII)
        for encoding, letters in _LETTERS.items():
            votes[encoding] += sum(map(beyond_ascii.count, letters))
    chosen = max(_LETTERS, key=votes.__getitem__)
    if chosen is _LATIN and any(block.translate(None, _BESIDE_C1) for block in _blocks(content)):
        return _WINDOWS
    return chosen


def _blocks(content: mmap) -> Iterator[bytes]:
    return (content[start : start + _BLOCK] for start in range(0, len(content), _BLOCK))


def _is_utf8(content: mmap) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for block in _blocks(content):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
