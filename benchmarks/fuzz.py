"""Calls of the programming interface as schemathesis makes them, in this process, through WSGI.

``calls`` is what the test and the benchmark share: every operation of the OpenAPI document is called with values that
fit it and values that do not, and each answer must be no fault of ours, and a refusal of the documented shape.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import hypothesis
import schemathesis
from hypothesis import strategies
from schemathesis import GenerationMode

__all__ = ["calls", "fuzz"]

_ADDRESS = "/api/v1/openapi.json"
_PROBLEM = "application/problem+json"


def calls(token: str, known: Mapping[str, Sequence[Any]], how: hypothesis.settings) -> dict[str, Any]:
    """Call every operation and return counts of operations, cases and statuses, and the faults.

    *known* are values, by the parameter's name, that lead further than chance would; half of the calls use them.
    """
    from vardbalans.web.wsgi import application  # noqa: PLC0415 - Django must be set up

    schema = schemathesis.openapi.from_wsgi(_ADDRESS, application)
    statuses, faults, names = Counter[str](), list[str](), set[str]()
    headers = {"Authorization": f"Bearer {token}"}
    for found in schema.get_all_operations():
        operation = found.ok()
        names.add(operation.label)

        @hypothesis.settings(how)
        @hypothesis.given(
            case=strategies.one_of(
                operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
                operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
            ),
            choose=strategies.randoms(use_true_random=False),
        )
        def call(case: Any, choose: Any) -> None:
            _use(case, known, choose)
            response = case.call(headers=headers)
            statuses[str(response.status_code)] += 1
            kind = response.headers.get("content-type", [""])
            refused = response.status_code >= 400
            if response.status_code >= 500 or refused != (_PROBLEM in str(kind)):
                faults.append(f"{response.status_code} {kind} {case.as_curl_command()[:600]}")

        call()
    return {"operations": len(names), "cases": sum(statuses.values()), "statuses": dict(statuses), "faults": faults[:20]}


def _use(case: Any, known: Mapping[str, Sequence[Any]], choose: Any) -> None:
    """Put known values in half of the cases."""
    if choose.random() < 0.5:
        return
    for given in (case.path_parameters, case.query, case.body):
        if isinstance(given, dict):
            for name in set(given) & set(known):
                given[name] = choose.choice(known[name])


def fuzz(folder: Path) -> dict[str, Any]:
    """Make the cases that the folder's file asks for on the store there, and tell what came of them."""
    raise NotImplementedError
