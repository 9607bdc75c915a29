"""Every resource of a file into the staging and the directory; what cannot be read is noted with its row."""

import re
from collections.abc import Iterator, KeysView, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw

from vardbalans.data.read.draft import Refused, about_file
from vardbalans.data.read.fhir.directory import Directory
from vardbalans.data.read.fhir.extract import LeftOut, extracted
from vardbalans.data.read.fhir.notes import Notes
from vardbalans.data.read.fhir.records import RECORDED, Origin, record_of
from vardbalans.data.read.fhir.references import Links, token
from vardbalans.data.read.fhir.staging import Staging
from vardbalans.data.read.fhir.structs import RESOURCES, Bundle, Entry, PractitionerRole, Resource, elements
from vardbalans.engine.messages import Message

__all__ = ["Reader"]

MOST = 500_000
"""How many resources about the organisation are kept in memory; no country has that many units and roles."""
LONGEST_TEXT = 1000
_LONG_ROW = 50_000
_AT = re.compile(r" - at `\$([^`]*)`")
_INDEX = re.compile(r"\[[^\]]*\]")
_TYPE = re.compile(rb'"([A-Z][A-Za-z]{1,60})"')
_ASIDE = frozenset({"resourceType", "text", "language", "implicitRules"})
"""Elements about the resource itself; that they are passed over is not worth a word."""


class _Head(msgspec.Struct, rename="camel"):
    resource_type: str = ""
    id: str | None = None


_FIELDS = msgspec.json.Decoder(dict[str, Raw])
_HEAD = msgspec.json.Decoder(_Head)
_BUNDLE = msgspec.json.Decoder(Bundle)
_DECODERS = {name: msgspec.json.Decoder(kind) for name, kind in RESOURCES.items()}
_READ = {name: elements(kind) | _ASIDE for name, kind in RESOURCES.items()}
_NO_LINKS: Links = {}


class _Piece(NamedTuple):
    """One resource as it stands: *names* of its elements, its own address *url*, and the addresses it knows.

    *inside* is put before the id of a contained resource, which is unique in its container only.
    """

    kind: str
    row: int
    content: bytes
    names: KeysView[str]
    url: str | None
    links: Links
    inside: str = ""


class Reader:
    """Reads the JSON texts of one file, which has *number* in the delivery."""

    def __init__(self, number: int, notes: Notes, staging: Staging, directory: Directory) -> None:
        self._number = number
        self._notes = notes
        self._staging = staging
        self._directory = directory

    def read(self, line: int | None, content: bytes) -> None:
        """Read one JSON text: a resource or a Bundle at *line*, or the whole file. Raises Refused."""
        for piece in self._pieces(line, 1 if line is None else line, content):
            self._give(piece)

    def _give(self, piece: _Piece) -> None:
        if piece.kind in _DECODERS:
            self._take(piece)
        else:
            self._notes.left_out("unused", piece.kind, piece.row)

    def _pieces(
        self, line: int | None, row: int, content: bytes, url: str | None = None, links: Links = _NO_LINKS
    ) -> Iterator[_Piece]:
        fields = self._decoded(_FIELDS, row, content)
        if fields is None:
            return
        kind = _kind(bytes(fields.get("resourceType", b"")))
        if not kind:
            self._notes.unreadable("not_fhir", row)
        elif kind == "Bundle":
            yield from self._entries(line, row, content)
        else:
            yield _Piece(kind, row, content, fields.keys(), url, links)

    def _entries(self, line: int | None, row: int, content: bytes) -> Iterator[_Piece]:
        """Yield the resources of a Bundle; in a file that is one Bundle, rows are the numbers of the entries."""
        bundle = self._decoded(_BUNDLE, row, content, "Bundle")
        if bundle is None:
            return
        links = self._addresses(bundle.entry)
        for number, entry in enumerate(bundle.entry, start=1):
            at = number if line is None else row
            if content := bytes(entry.resource):
                yield from self._pieces(line or at, at, content, entry.full_url, links)
            elif entry.request and entry.request.method == "DELETE":
                self._notes.left_out("deleted", "Bundle", at)

    def _addresses(self, entries: Sequence[Entry]) -> Links:
        """Return what the entries' addresses mean as ``Type/id``."""
        links = {}
        for entry in entries:
            if entry.full_url and bytes(entry.resource):
                try:
                    head = _HEAD.decode(entry.resource)
                except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
                    continue  # told when the entry itself is read
                links[entry.full_url] = f"{head.resource_type}/{head.id or _last(entry.full_url)}"
        return links

    def _decoded(self, decoder: msgspec.json.Decoder[Any], row: int, content: bytes, kind: str = "") -> Any:
        """Return *content* decoded, None after a note when it cannot be."""
        try:
            return decoder.decode(content)
        except msgspec.ValidationError as error:
            at = _AT.search(str(error)) if kind else None
            element = f"{kind}{_INDEX.sub('', at[1])}" if at else ""
            self._notes.unreadable("wrong_element" if element else "not_fhir", row, element)
        except UnicodeDecodeError:
            self._notes.unreadable("not_utf8", row)
        except msgspec.DecodeError:
            self._notes.unreadable("bad_json", row)
        except RecursionError:
            self._notes.unreadable("too_deep", row)
        return None

    def _take(self, piece: _Piece) -> None:
        """Stage one resource and those it contains."""
        resource: Resource | None = self._decoded(_DECODERS[piece.kind], piece.row, piece.content, piece.kind)
        if resource is None:
            return
        if unread := piece.names - _READ[piece.kind]:
            self._notes.unread(piece.kind, unread)
        if piece.inside:
            resource.id = f"{piece.inside}{resource.id}"
        elif not resource.id:
            resource.id = _last(piece.url or "") or None
        links = self._contained(piece, resource) if resource.contained else piece.links
        try:
            if type(resource) in RECORDED:
                self._record(piece, resource, links)
            else:
                self._stage(piece, resource, links)
        except LeftOut as reason:
            self._notes.left_out(str(reason), piece.kind, piece.row)

    def _contained(self, piece: _Piece, resource: Resource) -> Links:
        """Stage what *resource* contains as if each stood on its own; return the addresses with theirs."""
        inside = f"{piece.kind}-{resource.id}#"
        inner = [found for raw in resource.contained for found in self._pieces(piece.row, piece.row, bytes(raw))]
        heads = [self._decoded(_HEAD, piece.row, found.content) for found in inner]
        links = {
            **piece.links,
            **{f"#{head.id}": f"{head.resource_type}/{inside}{head.id}" for head in heads if head is not None},
        }
        for found in inner:
            self._give(found._replace(inside=inside, links=links))
        return links

    def _record(self, piece: _Piece, resource: Resource, links: Links) -> None:
        record = record_of(resource, links, Origin(self._number, piece.row))
        if self._is_too_long(piece, [getattr(record, name) for name in record.__slots__]):
            return
        tokens = [text for item in resource.identifier if item.system and (text := token(item))]
        if not self._directory.add(f"{piece.kind}/{resource.id}", record, tokens, resource.updated):
            self._notes.left_out("older", piece.kind, piece.row)
        elif isinstance(resource, PractitionerRole):
            self._notes.left_out("no_share", piece.kind, piece.row)
        if len(self._directory) > MOST:
            raise Refused(
                about_file(
                    self._notes.file,
                    "too_many_units",
                    "error",
                    Message("Leveransen har fler enheter, roller och tidböcker än {most}. Dela upp den.", most=MOST),
                )
            )

    def _stage(self, piece: _Piece, resource: Resource, links: Links) -> None:
        for row in extracted(resource, links):
            if not self._is_too_long(piece, row):
                self._staging.add(self._number, piece.row, row)

    def _is_too_long(self, piece: _Piece, values: Sequence[object]) -> bool:
        """Tell, with a note, whether a text of a long row is longer than any id, code or name."""
        if len(piece.content) < _LONG_ROW:
            return False
        is_too_long = any(isinstance(value, str) and len(value) > LONGEST_TEXT for value in values)
        if is_too_long:
            self._notes.unreadable("too_long", piece.row)
        return is_too_long


@lru_cache(maxsize=256)
def _kind(text: bytes) -> str:
    """Return the type that *text*, the value of resourceType, names; empty when it names none."""
    found = _TYPE.fullmatch(text)
    return found[1].decode() if found else ""


def _last(address: str) -> str:
    """Return the id at the end of an address: after the last slash, or the last colon of an urn."""
    return re.split("[/:]", address)[-1]
