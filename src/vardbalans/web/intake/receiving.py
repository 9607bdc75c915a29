"""Files as they come in: written to the store's private folder, told by their content, refused when too large."""

import codecs
import unicodedata
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, TypeVar

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from vardbalans.data.findings import shown
from vardbalans.data.identity.numbers import names_person
from vardbalans.data.read import SUFFIXES, UPLOAD
from vardbalans.engine.messages import Message
from vardbalans.web import clock
from vardbalans.web.intake import selectors
from vardbalans.web.intake.models import uploads_folder
from vardbalans.web.people.access import person

__all__ = ["INCOMING", "MOST_BYTES", "MOST_FILES", "IncomingFile", "NoFiles", "brings_files", "name_of", "refusals"]

INCOMING = "incoming"
"""The folder among the uploads where files lie while they come in."""

MOST_FILES = 50
MOST_BYTES = 10 * UPLOAD.packed
"""How many files, and bytes in all, one form may bring."""

View = TypeVar("View", bound=Callable[..., HttpResponse])
_HEAD = 4096
_LONGEST_NAME = 120
_MAGIC = {
    b"PK\x03\x04": (".xlsx",),
    b"PAR1": (".parquet",),
    b"\x1f\x8b": (".gz",),
}
_BINARY = (".xlsx", ".parquet", ".gz")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class NoFiles(FileUploadHandler):
    """Drops every file: the handler of all forms but those that ask for files."""

    def new_file(self, *_args: Any, **_more: Any) -> None:
        """Skip the file."""
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Never called: every file is skipped."""
        raise NotImplementedError

    def file_complete(self, file_size: int) -> None:
        """Never called: every file is skipped."""
        raise NotImplementedError


class IncomingFile(UploadedFile):  # type: ignore[type-arg]  # not generic when it runs
    """A file on its way in, in the private folder; gone when closed, unless it was moved to where it is kept."""

    def __init__(self, name: str) -> None:
        folder = uploads_folder() / INCOMING
        folder.mkdir(mode=0o700, exist_ok=True)
        self._written = NamedTemporaryFile(dir=folder, delete=False)  # noqa: SIM115 - the request closes it
        super().__init__(self._written, name)

    def keep(self, path: Path) -> None:
        """Move the file to *path*."""
        self.flush()
        Path(self._written.name).replace(path)

    def close(self) -> None:
        """Close the file and remove it from where it was written."""
        self._written.close()
        Path(self._written.name).unlink(missing_ok=True)


class Receiver(FileUploadHandler):
    """Writes files to the private folder; drops those that are too large and keeps their names in :attr:`too_large`."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.too_large: list[str] = []
        self._total = 0

    def new_file(self, *args: Any, **more: Any) -> None:
        """Open a file in the private folder."""
        super().new_file(*args, **more)
        self.file = IncomingFile(self.file_name or "")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Write a part of the file, unless it or all files together have grown too large."""
        self._total += len(raw_data)
        if start + len(raw_data) > UPLOAD.packed or self._total > MOST_BYTES:
            self.too_large.append(self.file.name or "")
            self.file.close()
            raise SkipFile
        self.file.write(raw_data)
        return None

    def file_complete(self, file_size: int) -> IncomingFile:
        """Return the whole file."""
        self.file.size = file_size
        self.file.seek(0)
        return self.file

    def upload_interrupted(self) -> None:
        """Remove what was written of a file that does not come whole."""
        self.file.close()


def brings_files(view: View) -> View:
    """Let *view* receive files. They are read after the permission is known, and not at all when they are too many.

    The form's protection against foreign pages is checked here: anywhere before, it would have read the files.
    """
    protected = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def receiving(request: HttpRequest, *args: Any, **more: Any) -> HttpResponse:
        if request.method == "POST":
            if selectors.too_many_uploads(person(request)):
                return render(request, "intake/too_many.html", status=429)
            if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
                return render(request, "intake/too_large.html", {"most": MOST_BYTES >> 20}, status=413)
            request.upload_handlers = [Receiver(request)]
        return protected(request, *args, **more)

    return receiving  # type: ignore[return-value]


def name_of(file: IncomingFile) -> str:
    """Return the file's name, its letters composed: some systems send ``å`` as a and a ring."""
    return unicodedata.normalize("NFC", file.name or "")


def refusals(files: Sequence[IncomingFile], too_large: Sequence[str]) -> list[Message]:
    """Return why the files cannot be taken, one sentence per reason; nothing when they can."""
    found = [_too_large(name) for name in too_large]
    names = [name_of(file) for file in files]
    twice = sorted({name for name in names if names.count(name) > 1})
    found += [Message("Två filer heter {file}. Döp om den ena.", file=shown(name)) for name in twice]
    found += [
        Message("{file}: namnet innehåller något som ser ut som ett personnummer. Döp om filen.", file=shown(name))
        for name in names
        if names_person(name, clock.today())
    ]
    if len(files) > MOST_FILES:
        found.append(Message("Skicka högst {most} filer åt gången.", most=MOST_FILES))
    return found + [reason for file in files if (reason := _refusal(file))]


def _too_large(name: str) -> Message:
    return Message(
        "{file} är större än {limit} MB, eller filerna tillsammans större än {most} MB. Dela upp dem, eller spara dem "
        "som parquet.",
        file=shown(name),
        limit=UPLOAD.packed >> 20,
        most=MOST_BYTES >> 20,
    )


def _refusal(file: IncomingFile) -> Message | None:
    """Return why one file cannot be taken: its name, or a content that is not what its name says."""
    name = name_of(file).casefold()
    if not name.endswith(SUFFIXES) or name.startswith("."):
        known = ", ".join(SUFFIXES)
        return Message("{file} kan inte läsas. Skicka filer som slutar på {known}.", file=shown(name), known=known)
    if len(name) > _LONGEST_NAME:
        return Message("{file} har för långt namn: högst {most} tecken.", file=shown(name), most=_LONGEST_NAME)
    file.seek(0)
    head = file.read(_HEAD)
    if not head:
        return Message("{file} är tom. Exportera den på nytt.", file=shown(name))
    if _ends_of(head) and name.endswith(_ends_of(head)):
        return None
    if not _ends_of(head) and not name.endswith(_BINARY) and _is_text(head):
        return None
    return Message(
        "{file} innehåller något annat än namnet säger. Spara filen på nytt i det format som namnet slutar på.",
        file=shown(name),
    )


def _ends_of(head: bytes) -> tuple[str, ...]:
    """Return what the name of a file that begins with *head* must end with; empty for text and for the unknown."""
    return next((ends for magic, ends in _MAGIC.items() if head.startswith(magic)), ())


def _is_text(head: bytes) -> bool:
    return b"\0" not in head or head.startswith(_UTF16)
