"""Calls of the programming interface as schemathesis makes them, in this process, through WSGI.

``calls`` is what the test and the benchmark share: every operation of the OpenAPI document is called with values that
fit it and values that do not, and each answer must be no fault of ours, and a refusal of the documented shape.
"""

import json
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.app import room
from benchmarks.load_store import PEOPLE, prepare_load

__all__ = ["calls", "fuzz", "prepare_fuzz"]

CASES = "cases.json"
_OPERATIONS = 34

_ADDRESS = "/api/v1/openapi.json"
_PROBLEM = "application/problem+json"


def calls(token: str, known: Mapping[str, Sequence[Any]], how: Any) -> dict[str, Any]:
    """Call every operation and return counts of operations, cases and statuses, and the faults.

    *known* are values, by the parameter's name, that lead further than chance would; half of the calls use them.
    """
    import hypothesis  # noqa: PLC0415 - only this side needs it
    import schemathesis  # noqa: PLC0415 - only this side needs it

    schema = schemathesis.openapi.from_wsgi(_ADDRESS, _closing)
    statuses, faults, names = Counter[str](), list[str](), set[str]()
    headers = {"Authorization": f"Bearer {token}"}
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]  # an operation that cannot be read ends the run
        names.add(operation.label)

        @hypothesis.settings(how)
        @hypothesis.given(
            case=hypothesis.strategies.one_of(
                operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE),
                operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE),
            ),
            choose=hypothesis.strategies.randoms(use_true_random=False),
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
    return {
        "operations": len(names),
        "cases": sum(statuses.values()),
        "statuses": dict(statuses),
        "faults": faults[:20],
    }


def _closing(environ: Any, start_response: Any) -> list[bytes]:
    """Answer as the app does, and close the answer as a server does; schemathesis' own client would not."""
    from vardbalans.web.wsgi import application  # noqa: PLC0415 - Django must be set up

    answer = application(environ, start_response)
    try:
        return [b"".join(answer)]
    finally:
        answer.close()


def _use(case: Any, known: Mapping[str, Sequence[Any]], choose: Any) -> None:
    """Put known values in half of the cases."""
    if choose.random() < 0.5:
        return
    for given in (case.path_parameters, case.query, case.body):
        if isinstance(given, dict):
            for name in set(given) & set(known):
                given[name] = choose.choice(known[name])


def fuzz(folder: Path) -> dict[str, Any]:
    """Make as many cases as people.json of the load's store asks for, as one who may do all that a token can."""
    room("serve").prepare(folder / "store")
    people = room("people.models")
    actions, role = room("api.actions"), people.RoleAssignment.objects
    chief = people.User.objects.get_or_create(username="chief", defaults={"display_name": "Chief"})[0]
    role.get_or_create(user=chief, role="administrator", unit_id="*", valid_from="2020-01-01")
    made = actions.integration_make(
        name=secrets.token_hex(8),
        unit_id="*",
        permissions=actions.LENDABLE,
        expires_at=datetime.now(UTC) + timedelta(days=1),
        by=chief,
    )
    room("api.models").Integration.objects.update(per_minute=2**31 - 1)
    person = json.loads((folder / PEOPLE).read_text(encoding="utf-8"))[0]
    known = {
        "unit": [*{name.partition("-")[0] for name in person["services"]}, "R", "no-such-unit"],
        "service": person["services"],
        "resource": [f"{person['services'][0].partition('-')[0]}-r0"],
        "week": person["weeks"],
        "figure": ["required", "available", "balance", "need"],
        "step": ["terms-0", "inputs-0"],
        "version_id": [person["version"]],
        "job_id": [1],
        "delivery_id": [1],
    }
    asked = json.loads((folder / CASES).read_text(encoding="utf-8"))
    import hypothesis  # noqa: PLC0415 - only this side needs it

    how = hypothesis.settings(
        max_examples=asked["each"],
        deadline=None,
        database=None,
        derandomize=True,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    found = calls(made.token, known, how)
    if found["faults"]:
        raise SystemExit(f"our faults: {found['faults']}")
    statuses = found["statuses"]
    ours = sum(count for status, count in statuses.items() if status.startswith("5"))
    return {"figures": {"cases": found["cases"], "server_errors": ours, "operations": found["operations"], **statuses}}


def prepare_fuzz(folder: Path, size: int | str, seed: int) -> None:
    """Make the store of the load for one planner, and ask for about *size* cases in all."""
    prepare_load(folder, 1, seed)
    (folder / CASES).write_text(json.dumps({"each": max(1, round(int(size) / _OPERATIONS * 1.1))}), encoding="utf-8")
