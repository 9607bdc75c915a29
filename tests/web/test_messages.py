"""Every sentence has its English, and takes the same values."""

import re
import string

import pytest
from babel.messages.pofile import read_po

from vardbalans.engine.plan.rules import RULES
from vardbalans.engine.plan.solve import sentence_of
from vardbalans.web import messages


def placeholders(text: str) -> list[str]:
    """Return the names to be filled in, both in {brace} and in %(percent)s form."""
    braces = [name for _text, name, _spec, _how in string.Formatter().parse(text) if name is not None]
    return sorted({*braces, *re.findall(r"%\((\w+)\)s", text)})


def texts(value: object) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [""])  # type: ignore[call-overload]


KEPT = messages.read_catalogue()


def test_no_sentence_is_missing_and_none_is_left_over() -> None:
    kept = {message.id if isinstance(message.id, str) else tuple(message.id) for message in KEPT if message.id}
    assert kept == set(messages.sentences()), "run: python -m vardbalans.web.messages extract"
    assert not KEPT.obsolete
    assert len(kept) > 150


@pytest.mark.parametrize("message", [message for message in KEPT if message.id], ids=lambda m: str(texts(m.id)[0])[:40])
def test_the_english_is_there_and_takes_the_same_values(message) -> None:
    assert not message.fuzzy
    assert all(texts(message.string)), f"no English for {message.id}"
    wanted = {name for text in texts(message.id) for name in placeholders(text)}
    for english in texts(message.string):
        assert set(placeholders(english)) <= wanted
    assert {name for english in texts(message.string) for name in placeholders(english)} == wanted
    assert ("%%" in texts(message.id)[0]) == ("%%" in texts(message.string)[0])


def test_extraction_finds_calls_nested_calls_and_templates(tmp_path) -> None:
    (tmp_path / "a.py").write_text(
        'Message("ett {x}", x=Message("två"))\n_("tre" " fyra")\nother("nej")\nngettext("en", "många", n)\n'
    )
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/b.html").write_text(
        "  <p title=\"{% translate 'fem' %}\">{% blocktranslate with a=b %}sex {{ a }}{% endblocktranslate %}</p>\n"
    )
    assert messages.sentences(tmp_path) == [("en", "många"), "ett {x}", "fem", "sex %(a)s", "tre fyra", "två"]


def test_update_keeps_english_drops_the_unused_and_counts_the_empty(tmp_path, monkeypatch) -> None:
    path = tmp_path / "django.po"
    monkeypatch.setattr(messages, "sentences", lambda: ["kvar", "borta"])
    assert messages.update_catalogue(path) == 2
    path.write_text(path.read_text().replace('msgid "kvar"\nmsgstr ""', 'msgid "kvar"\nmsgstr "left"'))
    monkeypatch.setattr(messages, "sentences", lambda: ["kvar", "ny"])
    assert messages.update_catalogue(path) == 1
    with path.open("rb") as file:
        assert {m.id: m.string for m in read_po(file, locale="en") if m.id} == {"kvar": "left", "ny": ""}


def test_compiled_beside_the_catalogue(tmp_path) -> None:
    path = tmp_path / "django.po"
    path.write_bytes(messages.CATALOGUE.read_bytes())
    assert messages.compile_catalogue(path).stat().st_size > 1000


def test_what_the_rules_of_a_plan_say_can_be_translated() -> None:
    assert {str(sentence_of(rule)) for rule in RULES} <= set(messages.sentences())
