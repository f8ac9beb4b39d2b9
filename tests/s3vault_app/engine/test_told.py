"""What happens to S3 vaults is told: a portal, a store that stands, an endpoint that does not."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.factories import unique
from tests.journeys.events import TOLD_BY_AN_ENGINE, Subscriber, subscribed
from tests.portal import Portal
from tests.s3vault_app.api.wire import Wire
from tests.s3vault_app.engine.lab import free_ports
from tests.s3vault_app.engine.site import Site
from tests.triggers_app.api.conftest import Sail, token_of
from vaultportal.runtime import tls

pytestmark = [pytest.mark.xdist_group("s3"), pytest.mark.timeout(300)]
LONGEST = 120.0  # seconds for a job on a machine that does much else


@pytest.fixture
def sail(portal: Portal) -> Iterator[Sail]:
    """A client with every right."""
    pair = portal.credentials["sailpoint"]
    with Sail(portal.url, token_of(portal, pair["client_id"], pair["client_secret"])) as made:
        yield made


@pytest.fixture
def subscriber(sail: Sail) -> Iterator[Subscriber]:
    with subscribed(sail, TOLD_BY_AN_ENGINE, patience=LONGEST) as made:
        yield made


@pytest.fixture
def wire(portal: Portal) -> Wire:
    """An administrator of the vaults."""
    made = Wire(portal)
    access = portal.credentials["commvault"]
    made.log_in(access["username"], access["password"])
    return made


def test_a_vault_with_a_dead_endpoint_is_made_and_told(
    site: Site, sail: Sail, wire: Wire, subscriber: Subscriber
) -> None:
    dead = f"https://127.0.0.1:{free_ports('127.0.0.1')['s3']}"
    access, secret = site.secrets["admin"]
    store = {
        "name": unique("store"),
        "engine": "s3-iam",
        "access_key": access,
        "secret_key": secret,
        "settings": {
            "endpoints": [site.nodes[0].url, dead],
            "ca": tls.authority_file().read_text(encoding="utf-8"),
        },
    }
    pool = sail.ok("POST", "/api/v1/s3/pools", 201, json=store)["number"]
    body = {"name": unique("plan"), "pool": pool, "lock_mode": "none"}
    plan = sail.ok("POST", "/api/v1/s3/plans", 201, json=body)
    name = unique("told")
    chosen = {"planId": plan["number"], "planName": plan["name"]}

    wire.post("V4/CVS3Store", {"bucket": {"clientName": name}, "plan": chosen})

    created = subscriber.told("vault:s3-vault-created", lambda event: event["name"] == name)
    job = str(created["job"])
    degraded = subscriber.told("vault:s3-vault-degraded", lambda event: event["name"] == name)
    assert degraded["number"] == created["number"]
    finished = subscriber.told("vault:endpoint-install-finished", lambda one: one["id"] == job)
    assert finished["name"] == name
    assert {each["url"] for each in finished["endpoints"]} == {site.nodes[0].url, dead}
    wire.delete(f"V4/CVS3Store/{created['number']}?force=true")
    # Nothing stays that the scheduler would go on probing.
    until = time.monotonic() + LONGEST
    while wire.get("V4/CVS3Stores", fq=f"name:eq:{name}")["totalCount"]:
        assert time.monotonic() < until, wire.get("Job", clientId=created["number"])
        time.sleep(0.25)  # between two looks
