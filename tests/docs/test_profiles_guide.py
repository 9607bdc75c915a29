"""What the guide to profiles shows can be used as it stands, and it names all that a profile can say."""

import re
from pathlib import Path

import msgspec
import pytest

from vardbalans.data.read.profiles import profile_of
from vardbalans.data.read.profiles.document import Bands, Output, Profile, Source, Taken

GUIDE = (Path(__file__).parents[2] / "docs/how-to/profiles.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_every_example_is_a_sound_profile(number):
    assert profile_of("exempel", EXAMPLES[number]).output


def test_there_are_examples_and_they_show_every_key():
    assert len(EXAMPLES) == 3
    shown = set(re.findall(r"[`{ \[]?\b([a-z_]+)(?: =|`|\])", GUIDE))
    for part in (Profile, Source, Output, Bands, Taken):
        names = {field.encode_name for field in msgspec.structs.fields(part)} - {"name"}
        assert names <= shown, f"the guide does not show {sorted(names - shown)}"
