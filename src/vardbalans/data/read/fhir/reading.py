"""The resources of a batch to rows and records, in Python alone; what cannot be read is noted with its row.

A batch is read by itself, without anything that other batches hold, so that it does not matter which process reads it.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
from msgspec import Raw

from vardbalans.data.read.fhir.documents import Text
from vardbalans.data.read.fhir.extract import LeftOut, extracted
from vardbalans.data.read.fhir.notes import Notes
from vardbalans.data.read.fhir.records import RECORDED, Origin, Record, record_of
from vardbalans.data.read.fhir.references import Links, token
from vardbalans.data.read.fhir.rows import STAGED, Row, table_of
from vardbalans.data.read.fhir.structs import RESOURCES, Bundle, Entry, Resource, elements

__all__ = ["LONGEST_TEXT", "Batch", "Described", "Part", "part_of"]

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


class Batch(NamedTuple):
    """Texts that follow one another in *file*, which has *number* in the delivery."""

    number: int
    file: str
    texts: list[Text]


class Described(NamedTuple):
    """A resource about the organisation, for the directory: what is kept of it, and all it may be referred to by."""

    reference: str
    record: Record
    tokens: list[str]
    updated: str | None


class Part(NamedTuple):
    """What a batch of the file numbered *number* gave: rows by table of the staging, records, and what to tell."""

    number: int
    tables: dict[str, pa.Table]
    described: list[Described]
    notes: Notes


class _Piece(NamedTuple):
    """One resource as it stands: *names* of its elements, its own address *url*, and the addresses it knows.

    *inside* is put before the id of a contained resource, which is unique in its container only.
    """

    kind: str
    row: int
    content: bytes
    names: tuple[str, ...]
    url: str | None
    links: Links
    inside: str = ""


def part_of(batch: Batch) -> Part:
    """Return what *batch* gives."""
    reader = _Reader(batch)
    for line, content in batch.texts:
        reader.read(line, content)
    return reader.part()


class _Reader:
    def __init__(self, batch: Batch) -> None:
        self._number = batch.number
        self._notes = Notes(batch.file)
        self._places: dict[type[Row], list[int]] = defaultdict(list)
        self._rows: dict[type[Row], list[Row]] = defaultdict(list)
        self._described: list[Described] = []
        self._shapes: Counter[tuple[str, tuple[str, ...]]] = Counter()

    def part(self) -> Part:
        """Return what all that was read gave."""
        for (kind, names), count in self._shapes.items():
            if unread := [name for name in names if name not in _READ[kind]]:
                self._notes.unread(kind, unread, count)
        tables = {
            STAGED[kind]: table_of(kind, self._number, self._places[kind], rows) for kind, rows in self._rows.items()
        }
        return Part(self._number, tables, self._described, self._notes)

    def read(self, line: int | None, content: bytes) -> None:
        """Read one JSON text: a resource or a Bundle at *line*, or the whole file."""
        if line is not None and not content:
            self._notes.unreadable("too_long", line)
            return
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
            yield _Piece(kind, row, content, tuple(fields), url, links)

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
        """Keep one resource and those it contains."""
        resource: Resource | None = self._decoded(_DECODERS[piece.kind], piece.row, piece.content, piece.kind)
        if resource is None:
            return
        # The resources of a file have few shapes; what is not read of each is looked up once.
        self._shapes[piece.kind, piece.names] += 1
        if piece.inside:
            resource.id = f"{piece.inside}{resource.id}"
        elif not resource.id:
            resource.id = _last(piece.url or "") or None
        links = self._contained(piece, resource) if resource.contained else piece.links
        try:
            if type(resource) in RECORDED:
                self._describe(piece, resource, links)
            else:
                self._keep(piece, resource, links)
        except LeftOut as reason:
            self._notes.left_out(str(reason), piece.kind, piece.row)

    def _contained(self, piece: _Piece, resource: Resource) -> Links:
        """Keep what *resource* contains as if each stood on its own; return the addresses with theirs."""
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

    def _describe(self, piece: _Piece, resource: Resource, links: Links) -> None:
        record = record_of(resource, links, Origin(self._number, piece.row))
        values = [getattr(record, name) for name in record.__slots__]
        if len(piece.content) < _LONG_ROW or not self._is_too_long(piece, values):
            tokens = [text for item in resource.identifier if item.system and (text := token(item))]
            self._described.append(Described(f"{piece.kind}/{resource.id}", record, tokens, resource.updated))

    def _keep(self, piece: _Piece, resource: Resource, links: Links) -> None:
        for row in extracted(resource, links):
            if len(piece.content) < _LONG_ROW or not self._is_too_long(piece, row):
                kind = type(row)
                self._places[kind].append(piece.row)
                self._rows[kind].append(row)

    def _is_too_long(self, piece: _Piece, values: Sequence[object]) -> bool:
        """Tell, with a note, whether a text of a long row is longer than any id, code or name."""
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
