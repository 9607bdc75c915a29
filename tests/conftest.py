"""What holds for every test."""

import os
from collections.abc import Iterator
from typing import NoReturn

import pytest


@pytest.fixture(scope="session", autouse=True)
def _key_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests' stores off the key of whoever runs them; processes that tests start inherit it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VARDBALANS_KEY_FILE", str(tmp_path_factory.mktemp("key") / "key"))
        yield


def lacking(what: str) -> NoReturn:
    """Skip the test for want of *what*; fail instead where every test must run (``REQUIRE_EVERY_TEST``)."""
    if os.environ.get("REQUIRE_EVERY_TEST"):
        pytest.fail(what)
    pytest.skip(what)
