"""The glossary and the message catalogue say the same thing in both languages."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "src/vardbalans/locale/en/LC_MESSAGES/django.po"


def _terms():
    lines = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return rows[1:]


def _sentences():
    with CATALOGUE.open("rb") as file:
        messages = [message for message in read_po(file, locale="en") if message.id]
    for message in messages:
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        yield from zip(map(_words, ids), map(_words, texts), strict=True)


def _words(text):
    """The sentence without placeholders, file names and addresses, in lower case."""
    return re.sub(r"%\(\w+\)s|\{\w+\}|\S+\.\w+|\S*_\S*|--\S+", " ", text).lower()


def _has(stems, text):
    return any(re.search(rf"\b{re.escape(stem)}", text) for stem in stems.split(" / "))


STEMMED = [(row[3].lower(), row[4].lower()) for row in _terms() if row[3]]


def test_there_are_at_least_sixty_terms_each_once():
    swedish, english = [row[0] for row in _terms()], [row[1] for row in _terms()]
    assert len(swedish) >= 60
    assert len(set(swedish)) == len(swedish)
    assert len(set(english)) == len(english)
    assert all(all(row[:3]) for row in _terms())
    assert all(bool(row[3]) == bool(row[4]) for row in _terms())


@pytest.mark.parametrize(("swedish", "english"), STEMMED)
def test_a_term_is_translated_as_the_glossary_says_both_ways(swedish, english):
    for source, translation in _sentences():
        if _has(swedish, source):
            assert _has(english, translation), (
                f"{source!r} has {swedish!r}; the English lacks {english!r}: {translation!r}"
            )
        if _has(english, translation):
            others = [sv for sv, en in STEMMED if _has(english, en) or en == english]
            found = any(stem in source for stems in others for stem in stems.split(" / "))
            assert found, f"{translation!r} has {english!r}; the Swedish lacks {swedish!r}: {source!r}"


def test_the_check_is_not_empty():
    sources = [source for source, _ in _sentences()]
    used = [swedish for swedish, _ in STEMMED if any(_has(swedish, source) for source in sources)]
    assert len(used) >= 25
