"""Rounding rules and messages."""

import numpy as np
import pytest

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.sampling import stream
from vardbalans.engine.units import check_share, shifts_short, whole_activities


def test_shifts_are_rounded_up_and_surplus_needs_none():
    assert [shifts_short(minutes, 480) for minutes in (-10, 0, 1e-9, 1, 480, 481)] == [0, 0, 0, 1, 1, 2]


def test_a_hundred_return_visits_make_66_first_visits():
    assert whole_activities(100 * 30, 45) == 66


def test_what_cannot_be_is_refused():
    for call in (lambda: shifts_short(1, 0), lambda: whole_activities(1, 0), lambda: check_share(1.1, "Andelen")):
        with pytest.raises(BadInput):
            call()


def test_streams_differ_by_name_and_repeat_by_seed():
    one, two = stream(1, "need", "a").random(4), stream(1, "need", "b").random(4)
    assert not np.array_equal(one, two)
    assert np.array_equal(one, stream(1, "need", "a").random(4))
    assert not np.array_equal(stream(1, "ab", "c").random(4), stream(1, "a", "bc").random(4))


def test_a_message_is_translated_with_its_inner_messages():
    words = {"{service}: {what}": "{service} – {what}", "frånvaro": "absence"}
    text = Message("{service}: {what}", service="Knä", what=Message("frånvaro"))
    assert str(text) == "Knä: frånvaro"
    assert text.render(lambda template: words.get(template, template)) == "Knä – absence"
