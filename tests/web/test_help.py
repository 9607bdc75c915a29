"""The help: words as the glossary has them, questions and exercises for every page, and the first hour."""

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import get_resolver
from django.utils import translation

from tests.web.test_access import patterns
from tests.web.test_pages import text_of, words
from vardbalans.web.help.exercises import exercise_of
from vardbalans.web.help.glossary import TERMS
from vardbalans.web.help.topics import _PAGES, TOPICS, topic_of
from vardbalans.web.insight import selectors
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import Event, User
from vardbalans.web.people.permissions import Role

GLOSSARY = Path(__file__).parents[2] / "GLOSSARY.md"


def glossary() -> dict[str, tuple[str, str]]:
    """Return the English word and meaning of each Swedish word of the glossary."""
    rows = [line.strip("|\n").split("|") for line in GLOSSARY.read_text("utf-8").splitlines() if line.startswith("| ")]
    return {row[0].strip(): (row[1].strip(), row[2].strip()) for row in rows[1:]}


def test_the_words_are_those_of_the_glossary_in_both_languages() -> None:
    rows = glossary()
    assert len(TERMS) >= 50
    with translation.override("en"):
        for term in TERMS.values():
            assert (term.name, term.meaning) == rows[term.swedish], term.key
    used = {word for topic in TOPICS.values() for word in topic.words}
    assert used <= set(TERMS)


def test_every_page_has_its_questions() -> None:
    for topic in TOPICS.values():
        assert 3 <= len(topic.questions) <= 5, topic.key
        assert topic.words, topic.key
    names = {name for name, _view, _text in patterns()}
    assert names, "the map is read"
    apps = {start.split(":")[0] for start, _key in _PAGES}
    assert apps <= set(get_resolver().app_dict)
    assert topic_of("insight:waits_service").key == "waits"
    assert topic_of("insight:why").key == "balance"
    assert topic_of("").key == "overview"


@pytest.mark.django_db
def test_help_is_in_the_head_of_every_page_and_says_what_that_page_is_for(log_in, region) -> None:
    client = log_in((Role.READER, "region"))
    shown = text_of(client.get("/waits/"))
    assert "Vilka listor ligger utanför vårdgarantin nu?" in shown
    assert 'popovertarget="term-vardgaranti"' in shown
    assert 'id="term-vardgaranti"' in shown
    assert "Vilka vårdtjänster växer snabbast?" in text_of(client.get("/need/"))
    assert 'class="menu help"' not in text_of(Client().get("/people/log-in/"))


@pytest.mark.django_db
@pytest.mark.parametrize("key", TOPICS)
def test_an_exercise_is_checked_against_the_figures_at_hand(key, log_in, region) -> None:
    client = log_in((Role.READER, "region"))
    exercise = exercise_of(key, selectors.reader(User.objects.get()), selectors.latest_run())
    page = client.get(f"/help/{key}/")
    assert page.status_code == 200
    if exercise is None:
        assert key in {"beds", "measures", "cost"}, "of these the made-up region has nothing"
        assert "finns inte ännu" in words(page)
        return
    assert exercise.question in text_of(page)
    assert client.get(exercise.address).status_code == 200
    right = words(client.get(f"/help/{key}/", {"answer": exercise.shown}))
    assert "Rätt" in right
    wrong = words(client.get(f"/help/{key}/", {"answer": str(round(exercise.answer) + 7)}))
    assert "Inte än" in wrong
    assert "är inget tal" in words(client.get(f"/help/{key}/", {"answer": "många"}))


@pytest.mark.django_db
def test_an_exercise_asks_nothing_of_units_that_the_reader_may_not_see(log_in, region) -> None:
    client = log_in((Role.READER, "u1"))
    for key in TOPICS:
        shown = text_of(client.get(f"/help/{key}/"))
        for address in re.findall(r'href="(/units/[^"]*)"', shown):
            assert address.startswith("/units/u1/"), address
    assert client.get("/help/nej/").status_code == 404
    assert exercise_of("need", selectors.Reader(selectors.reader(User.objects.get()).tree, frozenset()), None) is None


@pytest.mark.django_db
def test_the_first_hour_sees_what_is_done(log_in, region) -> None:
    client = log_in((Role.PLANNER, "region"))
    assert "2 av 8 steg är gjorda" in words(client.get("/help/first-hour/"))
    record(Event.PLAN_COMMENTED, by=User.objects.get(), unit_id="u1", target="1")
    assert "3 av 8 steg är gjorda" in words(client.get("/help/first-hour/"))


@pytest.mark.django_db
def test_an_empty_store_offers_own_files_on_the_first_screen(log_in, region) -> None:
    _lake, results = region
    results.run = None
    shown = text_of(log_in((Role.ADMINISTRATOR, "*")).get("/"))
    assert "/help/first-hour/" in shown


@pytest.mark.django_db
def test_the_glossary_is_in_both_languages(log_in, region) -> None:
    client = log_in((Role.READER, "region"))
    assert "De som väntar på en vårdtjänst." in words(client.get("/help/glossary/"))
    client.cookies["vardbalans_language"] = "en"
    assert "Those who wait for a service." in words(client.get("/help/glossary/"))
    assert "Begin with the first hour" in words(client.get("/help/"))
