"""Texts and logs without what could be a personal number: masked rather than judged, so neither date nor digit counts.

:func:`install` keeps them out of what the process says on stderr: every log record, and the traceback of a fault.
"""

import logging
import re
import sys
import traceback
from types import TracebackType

from vardbalans.data.personal import MARKS

__all__ = ["MASK", "Masking", "install", "masked", "masked_traceback"]

MASK = "•••"
_MAY_IDENTIFY = re.compile(
    r"(?<![0-9A-Za-z])\d{6}(?:\d\d)?-?(?=\d{0,3}[A-Za-z])[0-9A-Za-z]{4}(?![0-9A-Za-z])"  # reserve numbers
    rf"|\d{{6,}}\s?[{MARKS}]\s?\d{{4}}"  # with its mark, digits before it or not
    r"|\d{8,}\s\d{4}|\d{10,}"  # without
    r"|(?<!\d)\d\d-\d{6}(?!\d)"  # LMA numbers
)
_KEPT = frozenset(logging.makeLogRecord({}).__dict__) - {"name", "msg"}


def masked(text: str) -> str:
    """Return *text* with ``•••`` in place of everything that is shaped as a number of a person."""
    return _MAY_IDENTIFY.sub(MASK, text)


class Masking(logging.Filter):
    """A log filter that lets every record through, masked: its message with arguments, its traceback, its extras."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask *record* in place."""
        try:
            said = record.getMessage()
        except (TypeError, ValueError, KeyError):  # a malformed call must neither stop the work nor be printed bare
            said = f"{record.msg} {record.args}"
        record.msg, record.args = masked(said), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_info, record.exc_text = None, masked(record.exc_text)
        if record.stack_info:
            record.stack_info = masked(record.stack_info)
        for name in record.__dict__.keys() - _KEPT:
            if isinstance(value := record.__dict__[name], str):
                record.__dict__[name] = masked(value)
        return True


def install() -> None:
    """Mask every record that reaches stderr, where nobody has set up logging of their own; again changes nothing."""
    root = logging.getLogger()
    if not root.handlers and logging.lastResort:
        root.addHandler(logging.lastResort)  # else the first logging.warning() of any library adds one without a mask
    for handler in root.handlers:
        if not any(isinstance(known, Masking) for known in handler.filters):
            handler.addFilter(Masking())


def masked_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print a fault on stderr as Python does, masked; for ``sys.excepthook``."""
    sys.stderr.write(masked("".join(traceback.format_exception(kind, error, trace))))
