"""What holds for every test."""

import os
from typing import NoReturn

import pytest


def lacking(what: str) -> NoReturn:
    """Skip the test for want of *what*; fail instead where every test must run (``REQUIRE_EVERY_TEST``)."""
    if os.environ.get("REQUIRE_EVERY_TEST"):
        pytest.fail(what)
    pytest.skip(what)
