"""The catalogue: Swedish sentences are found in the code and templates, English is kept in a .po file.

``python -m vardbalans.web.messages extract`` brings the .po file up to date with the sentences in use (new ones
empty, unused ones gone); ``compile`` writes the .mo file that Django reads, which is not kept in git.
"""

import ast
import io
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

__all__ = ["CATALOGUE", "KEYWORDS", "compile_catalogue", "main", "read_catalogue", "sentences", "update_catalogue"]

PACKAGE = Path(__file__).resolve().parent.parent
CATALOGUE = PACKAGE / "locale" / "en" / "LC_MESSAGES" / "django.po"
KEYWORDS = {"Message": 1, "_": 1, "gettext": 1, "gettext_lazy": 1, "gettext_noop": 1, "ngettext": 2, "ngettext_lazy": 2}
"""The calls whose first text, or first two, are sentences."""
RULES = PACKAGE / "engine" / "plan" / "rules.py"
"""Where the docstring of each public function is a sentence for the planner."""

LIBRARIES = (PACKAGE / "data" / "improving" / "examples.toml", PACKAGE / "data" / "scenarios" / "library.toml")
"""Where what is told of examples and levers is kept, beside figures and ids."""
TOLD = ("name", "data", "follow_up", "arithmetic", "what", "unit")

Sentence = str | tuple[str, str]
_START = datetime(2026, 1, 1, tzinfo=UTC)


def sentences(package: Path = PACKAGE) -> list[Sentence]:
    """Return every sentence in use, once, sorted; a pair is singular and plural."""
    found = {sentence for path in package.rglob("*.py") for sentence in _in_python(path)}
    found |= {sentence for path in package.rglob("templates/**/*.html") for sentence in _in_template(path)}
    found |= {sentence for path in LIBRARIES if path.is_relative_to(package) for sentence in _in_library(path)}
    return sorted(found, key=lambda sentence: sentence if isinstance(sentence, str) else sentence[0])


def read_catalogue(path: Path = CATALOGUE) -> Catalog:
    """Return the catalogue as it is kept."""
    with path.open("rb") as file:
        return read_po(file, locale="en")


def update_catalogue(path: Path = CATALOGUE) -> int:
    """Write the catalogue anew with the sentences in use; return how many lack their English."""
    kept = read_catalogue(path) if path.is_file() else Catalog(locale="en")
    new = Catalog(
        locale="en",
        project="Vårdbalans",
        version="1",
        creation_date=_START,
        revision_date=_START,
        fuzzy=False,
        last_translator="Vårdbalans",
        language_team="Vårdbalans",
        header_comment="# English for the Swedish of the code.",
    )
    for sentence in sentences():
        known = kept.get(sentence)
        new.add(sentence, known.string if known else None)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, new, width=0, sort_output=True, ignore_obsolete=True)
    return sum(1 for message in new if message.id and not _complete(message.string))


def compile_catalogue(path: Path = CATALOGUE) -> Path:
    """Write the .mo file beside *path* and return its path."""
    target = path.with_suffix(".mo")
    packed = io.BytesIO()
    write_mo(packed, read_catalogue(path))
    target.write_bytes(packed.getvalue())
    return target


def _complete(translation: str | list[str] | tuple[str, ...] | None) -> bool:
    return bool(translation) if isinstance(translation, str | None) else all(translation)


def _in_python(path: Path) -> Iterator[Sentence]:
    """Yield the literal sentences of the calls in KEYWORDS, nested calls too, and those of the plan's rules."""
    tree = ast.parse(path.read_text("utf-8"), str(path))
    if path == RULES:
        functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name[0] != "_"]
        yield from (ast.get_docstring(node) or node.name for node in functions)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            count = KEYWORDS.get(_called(node.func), 0)
            given = [arg.value for arg in node.args[:count] if isinstance(arg, ast.Constant)]
            texts = [text for text in given if text and isinstance(text, str)]
            if count and len(texts) == count:
                yield texts[0] if count == 1 else (texts[0], texts[1])


def _in_library(path: Path) -> Iterator[Sentence]:
    """Yield what a library tells in its rows, and in the figures of each."""
    for rows in tomllib.loads(path.read_text("utf-8")).values():
        for row in rows:
            for told in (row, *row.get("figure", ())):
                yield from (told[name] for name in TOLD if told.get(name))


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _in_template(path: Path) -> Iterator[Sentence]:
    """Yield the sentences of the translate and blocktranslate tags."""
    source = templatize(path.read_text("utf-8"), origin=str(path))
    # Django leaves the calls among blanked-out text; without its indentation that can be read as Python tokens.
    lines = "\n".join(line.strip() for line in source.splitlines()).encode()
    for _line, _name, found, _comments in extract_python(io.BytesIO(lines), dict.fromkeys(KEYWORDS), [], {}):
        yield found if isinstance(found, str) else (found[0], found[1])


def main(arguments: list[str]) -> int:
    """Run ``extract`` or ``compile``; return the exit code."""
    if arguments == ["extract"]:
        missing = update_catalogue()
        sys.stderr.write(f"{CATALOGUE}: {missing} without English\n")
        return 0
    if arguments == ["compile"]:
        compile_catalogue()
        return 0
    sys.stderr.write("python -m vardbalans.web.messages extract | compile\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
