"""A profile's file: read and written without loss, and told where it is wrong."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vardbalans.data.read.profiles import profile_named, profile_of, profile_text, shipped
from vardbalans.data.read.profiles.document import Bands, Output, Profile, Source, Taken, parsed
from vardbalans.engine.errors import BadInput

WHOLE = """
sentence = "Vårdplatser."
[[source]]
name = "ward"
header = "Avd"
[[source]]
name = "day"
header = "Dag"
type = "date"
[[source]]
name = "kind"
header = "Slag"
values = { A = "ja" }
[[output]]
table = "beds"
[output.columns]
ward_id = "{ward}"
date = { from = "day" }
physical = 20
available = 18
"""

OUTPUT = WHOLE.partition("[[output]]\n")[2].strip()


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_profile_is_the_same_when_written_and_read(name: str) -> None:
    """Whatever a profile can say, its text says."""
    profile = profile_named(name)
    assert profile_of(name, profile_text(profile)) == profile
    assert str(profile.meaning).endswith(".")


_words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
_names = st.one_of(_words, st.lists(_words, max_size=3).map(tuple))
_sources = st.builds(
    Source,
    name=_words,
    header=_names,
    type=st.sampled_from(["text", "date", "money_kr"]),
    required=st.booleans(),
    minimum=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    form=_names,
    values=st.dictionaries(_words, _words, max_size=3),
    otherwise=st.none() | _words,
)
_outputs = st.builds(
    Output,
    table=_words,
    columns=st.dictionaries(
        _words,
        st.one_of(
            _words, st.booleans(), st.integers(-(2**53), 2**53), st.builds(Taken, source=_words, part=st.just("week"))
        ),
        max_size=3,
    ),
    only=st.dictionaries(_words, st.lists(_words, max_size=2).map(tuple), max_size=2),
    sum=st.lists(_words, max_size=2).map(tuple),
)


@settings(max_examples=60, deadline=None)
@given(
    st.builds(
        Profile,
        name=st.just("egen"),
        sentence=_words,
        source=st.lists(_sources, min_size=1, max_size=2).map(tuple),
        output=st.lists(_outputs, min_size=1, max_size=2).map(tuple),
        ignored=st.lists(_words, max_size=2).map(tuple),
        exclude=st.dictionaries(_words, st.lists(_words, max_size=2).map(tuple), max_size=2),
        identifiers=st.dictionaries(st.sampled_from(["patient", "staff"]), _words),
        bands=st.none() | st.builds(Bands, pattern=_words),
        skip=st.none() | st.integers(0, 9),
    )
)
def test_any_profile_is_the_same_when_written_and_read(profile: Profile) -> None:
    """Quotes, line breaks, control characters, empty lists: nothing is lost on the way."""
    assert parsed("egen", profile_text(profile)) == profile
    assert msgspec.to_builtins(profile)["name"] == "egen"


def test_the_whole_example_makes_sense() -> None:
    """So that each of the faults below is the only one in its file."""
    assert profile_of("egen", WHOLE).sought.tables[0].names == ("Avd", "Dag", "Slag")


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ('"Vårdplatser."', "Vårdplatser.", "rad 2, tecken 12: raden är inte skriven som TOML"),
        ('sentence = "Vårdplatser."', 'sentence = "x', "inte skriven som TOML"),
        ('sentence = "Vårdplatser."', "", "överst i filen: sentence saknas"),
        ("sentence", 'name = "x"\nsentence', "name: profilens namn är filens namn"),
        ("sentence", 'delimitr = ";"\nsentence', "överst i filen: delimitr finns inte"),
        ("sentence", 'delimiter = ";;"\nsentence', "delimiter: skiljetecknet ska vara ett tecken"),
        ("sentence", 'encoding = "klingon"\nsentence', "encoding: teckenkoden klingon är inte känd"),
        ("sentence", 'encoding = "base64"\nsentence', "encoding: teckenkoden base64 är inte känd"),
        ("sentence", 'decimal = ";"\nsentence', "decimal: ; kan inte stå här"),
        ("sentence", 'decimal = ","\nthousands = ","\nsentence', "thousands: tusental och decimaler"),
        ("sentence", "skip = -1\nsentence", "skip: antalet rader kan inte vara negativt"),
        ("sentence", 'form = "%Q"\nsentence', "form: %Q i formen %Q är inte känd"),
        ("[[output]]", "[bands]\npattern = '('\n[[output]]", "[bands]: ( ska vara ett reguljärt uttryck med 2 grupper"),
        (
            "[[output]]",
            "[exclude]\nwho = ['x']\n[[output]]",
            "[exclude]: who är ingen [[source]]. Det finns: ward, day",
        ),
        ("[[output]]", "[identifiers]\ndog = 'x'\n[[output]]", "identifiers: dog kan inte stå här"),
        ("[[output]]", "[identifiers]\nstaff = 'A|'\n[[output]]", "[identifiers]: A| ska vara gemener"),
        ('header = "Dag"', 'headr = "Dag"', "[[source]] nummer 2: headr finns inte"),
        ('header = "Dag"', "header = 7", "[[source]] nummer 2, header: värdet är av fel slag"),
        ('header = "Dag"', "", "[[source]] day: ange header"),
        ('name = "day"', 'name = "ward"', "[[source]] ward: namnet ska vara ett ord"),
        ('name = "day"', 'name = "a day"', "[[source]] a day: namnet ska vara ett ord"),
        ('type = "date"', 'type = "dag"', "[[source]] nummer 2, type: dag kan inte stå här"),
        ('header = "Avd"', 'header = "Avd"\nform = "%Y"', "[[source]] ward: form kan bara anges för date"),
        ('header = "Avd"', 'header = "Avd"\ntime = "Tid"', "[[source]] ward: time kan bara anges för datetime"),
        ('header = "Avd"', 'header = "Avd"\notherwise = "x"', "[[source]] ward: otherwise kan bara anges"),
        ('table = "beds"', 'table = "bed"', "[[output]] bed: tabellen finns inte. Välj någon av: units"),
        ('table = "beds"', 'table = "beds"\npresent = "x"', "[[output]] beds: x är ingen [[source]]"),
        ('table = "beds"', 'table = "beds"\nsum = ["ward_id"]', "[[output]] beds: ward_id kan inte summeras"),
        ("physical", "fysical", "[[output]] beds: kolumnen fysical finns inte. Välj någon av: ward_id"),
        ('"{ward}"', '"{wardd}"', "[[output]] beds: wardd är ingen [[source]]"),
        (
            '{ from = "day" }',
            '{ from = "ward" }',
            "[[output]] beds: date är date och kan inte tas ur ward, som är text",
        ),
        ('{ from = "day" }', '{ from = "day", as = "week" }', "date är date och kan inte tas ur day, som är period"),
        ('{ from = "day" }', '{ from = "ward", as = "month_end" }', "as kan bara användas på datum"),
        ('{ from = "day" }', '{ from = "day", as = "år" }', "[[output]] nummer 1, columns.as: år kan inte stå här"),
        ('{ from = "day" }', '"{day}"', "[[output]] beds: date kan inte få {day}; kolumnen är date"),
        ('{ from = "day" }', '"i går"', "[[output]] beds: date kan inte få i går"),
        ("physical = 20", "physical = 20.5", "[[output]] beds: physical kan inte få 20.5; kolumnen är integer"),
        ("physical = 20", "physical = true", "[[output]] beds: physical kan inte få True"),
        ("physical = 20", 'physical = "20"', "[[output]] beds: physical kan inte få 20"),
        (
            OUTPUT,
            'table = "stays"\n[output.columns]\nstay_id = "{ward}"\npatient_key = "{ward}"',
            "[[output]] stays: ward är en nyckel för personer och får inte stå i stay_id",
        ),
        (
            OUTPUT,
            'table = "contacts"\n[output.columns]\nstatus = { from = "kind" }',
            "[[output]] contacts: ja är inget värde för status. Välj något av: performed",
        ),
    ],
)
def test_a_wrong_file_is_told_where(right: str, wrong: str, told: str) -> None:
    """What is wrong, at which place, and most often what would be right."""
    assert WHOLE.count(right) == 1
    with pytest.raises(BadInput) as found:
        profile_of("egen", WHOLE.replace(right, wrong))
    assert str(found.value).startswith("Profilen egen, ")
    assert told in str(found.value)


def test_a_sentence_may_hold_braces() -> None:
    """It is somebody's own text, not a template."""
    assert str(profile_of("egen", WHOLE.replace("Vårdplatser.", "{Vård}platser.")).meaning) == "{Vård}platser."
