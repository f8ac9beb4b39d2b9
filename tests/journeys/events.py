"""A subscriber to every type of event: what it is told, in its order and by type, all signed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import jsonschema_rs
import orjson
from standardwebhooks import Webhook

from tests.factories import unique
from tests.receiver import Received, Receiver, Reply
from tests.triggers_app.api.conftest import Sail
from vaultportal.events import catalog

QUESTION = "REQUEST_RESPONSE"
SUBSCRIPTIONS = "/trigger-subscriptions/v1"
# They need a store: tests/s3vault_app/engine/test_told.py has their journey.
TOLD_BY_AN_ENGINE = (
    "vault:s3-vault-created",
    "vault:s3-vault-degraded",
    "vault:endpoint-install-finished",
)


class Subscriber:
    """Answers questions with ``decisions``; an endpoint that ends in ``/gone`` is gone for good."""

    def __init__(self, sail: Sail, receiver: Receiver, patience: float) -> None:
        self.sail = sail
        self.receiver = receiver
        self.patience = patience
        self.decisions: dict[str, dict[str, Any]] = {}
        self.subscriptions: dict[str, dict[str, Any]] = {}
        self.places: dict[str, str] = {}
        self.heard: set[str] = set()
        receiver.answer = self._answer

    def _answer(self, received: Received) -> Reply:
        if received.path.endswith("/gone"):
            return Reply(410)
        decision = self.decisions.get(received.path)
        return Reply() if decision is None else Reply(200, orjson.dumps(decision))

    def subscribe(self, type_id: str) -> None:
        """A subscription to what happens, or to be asked, with an endpoint of its own."""
        declared = catalog.get(type_id)
        assert declared is not None
        if declared.kind == QUESTION:  # one at most may be asked
            query = f'{SUBSCRIPTIONS}?filters=triggerId eq "{type_id}"'
            for left in self.sail.ok("GET", query):
                self.sail.ok("DELETE", f"{SUBSCRIPTIONS}/{left['id']}", 204)
        place = unique(f"/{type_id.removeprefix('vault:')}")
        self.places[type_id] = place
        self.subscriptions[type_id] = self.sail.subscribe(
            triggerId=type_id, http={"url": self.receiver.url + place}
        )

    def decide(self, type_id: str, *, approved: bool) -> None:
        """What it answers to a question from now on."""
        decision = {"approved": approved, "comment": "As agreed.", "approver": "mara.voss"}
        self.decisions[self.places[type_id]] = decision

    def told(self, type_id: str, is_it: Callable[[Any], bool]) -> dict[str, Any]:
        """The first event of the type that is meant: its signature and its shape are right."""
        declared = catalog.get(type_id)
        assert declared is not None
        webhook = Webhook(self.subscriptions[type_id]["signingSecret"])
        while True:
            received = self.receiver.next(self.places[type_id], self.patience)
            event = webhook.verify(received.body, received.headers)
            assert event == received.json
            about = event.pop("_metadata")
            assert about["triggerId"] == type_id
            assert about["invocationId"] == received.headers["webhook-id"]
            jsonschema_rs.validate(orjson.loads(declared.input_schema), event)
            if is_it(event):
                self.heard.add(type_id)
                return dict(event)

    def leave(self) -> None:
        """Nothing of it stays on the portal."""
        for each in self.subscriptions.values():
            self.sail.send("DELETE", f"{SUBSCRIPTIONS}/{each['id']}")


@contextmanager
def subscribed(
    sail: Sail, type_ids: Iterable[str], *, patience: float = 60.0
) -> Iterator[Subscriber]:
    """A subscriber to these types while the block runs, in which it has to be told of each.

    patience: seconds that it waits for one.
    """
    with Receiver().running() as receiver:
        made = Subscriber(sail, receiver, patience)
        try:
            for type_id in type_ids:
                made.subscribe(type_id)
            yield made
            assert made.heard == made.subscriptions.keys()
        finally:
            made.leave()
