"""An action that runs out of time again and again is off, until its code is new."""

from __future__ import annotations

import orjson
import pytest
from pytest_django import Settings

from collections_app.models import Action, Bundle
from collections_app.services.bundles import update_bundle
from tests.collections_app.actions.conftest import MAKE_ACTION, Caller, encoded
from tests.collections_app.actions.test_invoke import refusal, told
from vaultportal.identity.actor import Actor

CODE = "exports.run = { type: 'action', handler: ({ body }) => { while (body) {} return 1; } };"
pytestmark = pytest.mark.django_db

OFF = (405, "PV1003")
LATE = (503, "PV1009")


@pytest.fixture
def short(settings: Settings) -> None:
    """Little time, and three chances."""
    settings.PORTAL_ACTIONS_CPU_MS = 100
    settings.PORTAL_ACTIONS_TIMEOUTS = 3


@pytest.fixture
def name(make_action: MAKE_ACTION, short: None) -> str:
    """An action that never ends when its input is true."""
    return make_action("({ body }) => { while (body) {} return 1; }")


def test_it_is_off_after_so_many_runs_in_a_row(invoker: Caller, name: str) -> None:
    path = f"data/actions/{name}"
    tries = [True, True, False, True, True, True]
    answers = [invoker.post(path, each) for each in tries]

    assert [each.status_code for each in answers] == [503, 503, 200, 503, 503, 503]
    off = invoker.post(path, body=False)
    assert refusal(off) == OFF
    assert orjson.loads(off.content)["context"] == {"action": name}
    (entry,) = told("action.disable", name)
    assert (entry["actor"]["kind"], entry["detail"]) == ("system", {"timeouts": 3})
    assert Action.objects.get(name=name).disabled_at is not None


def test_new_code_switches_it_on(keeper: Actor, invoker: Caller, name: str) -> None:
    for _ in range(3):
        assert refusal(invoker.post(f"data/actions/{name}", body=True)) == LATE
    bundle = Action.objects.select_related("bundle").get(name=name).bundle.name

    update_bundle(keeper, bundle, description="slow")
    assert refusal(invoker.post(f"data/actions/{name}", body=False)) == OFF
    update_bundle(keeper, bundle, encoded=encoded(Bundle.objects.get(name=bundle).code))
    assert refusal(invoker.post(f"data/actions/{name}", body=False)) == OFF
    update_bundle(keeper, bundle, encoded=encoded(CODE))

    assert invoker.post(f"data/actions/{name}", body=False).status_code == 200
    assert Action.objects.get(name=name).timeouts == 0


def test_an_operator_may_let_it_run_on(invoker: Caller, name: str, settings: Settings) -> None:
    settings.PORTAL_ACTIONS_TIMEOUTS = 0

    for _ in range(5):
        assert refusal(invoker.post(f"data/actions/{name}", body=True)) == LATE
    assert invoker.post(f"data/actions/{name}", body=False).status_code == 200
