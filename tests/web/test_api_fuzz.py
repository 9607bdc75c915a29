"""The interface against what nobody would send on purpose: schemathesis makes the calls, and none may be our fault."""

from datetime import timedelta

import pytest
from django.core import signals
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings

from benchmarks.fuzz import calls
from tests.web import fakes
from vardbalans.web.api import actions
from vardbalans.web.api.models import Integration
from vardbalans.web.people.models import ALL_UNITS
from vardbalans.web.people.permissions import Role
from vardbalans.web.planning.agreement import plan_make

pytestmark = pytest.mark.django_db
CASES = 7


def test_no_call_is_our_fault(person, region, tmp_path, settings_of_uploads) -> None:
    lake, _results = region
    lake.services = [{"service_id": "s1", "name": "Nybesök", "unit_id": "u0", "kind": "first_visit"}]
    chief = person("chef", (Role.ADMINISTRATOR, ALL_UNITS), (Role.PLANNER, ALL_UNITS))
    version = plan_make(unit_id="u0", year=2027, name="Plan", by=chief)
    made = actions.integration_make(
        name="Slumpen",
        unit_id=ALL_UNITS,
        permissions=actions.LENDABLE,
        expires_at=timezone.now() + timedelta(days=1),
        by=chief,
    )
    Integration.objects.update(per_minute=10**9)
    known = {
        "unit": ["u0", "region", "no-such-unit", "å/ö"],
        "service": ["s1"],
        "resource": ["u0-r0"],
        "week": [fakes.WEEKS[0], "2027-W05"],
        "figure": ["required", "available", "balance", "need", "queue", "occupancy"],
        "step": ["terms-0", "inputs-0"],
        "version_id": [version.pk],
        "job_id": [1],
        "delivery_id": [1],
    }
    how = settings(
        max_examples=CASES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    found = calls(made.token, known, how)
    assert found["operations"] >= 30
    assert found["cases"] >= 200
    assert found["faults"] == []
    assert found["statuses"].get("200", 0) >= 20
    assert not any(status.startswith("5") for status in found["statuses"])


@pytest.fixture(autouse=True)
def _connection_stays():
    """The test's transaction stands on one connection, which a server would give back after each request."""
    ends = (signals.request_started, signals.request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    yield
    for signal in ends:
        signal.connect(close_old_connections)


@pytest.fixture
def settings_of_uploads(settings, tmp_path):
    settings.STORE = tmp_path
