"""What an action reaches while it runs: ``vault.*``, ``fetch`` and ``console``, by its own role.

Every request goes through the service that the API calls too, and leaves its own trace; what is
sent elsewhere is accounted for before it leaves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from collections_app import catalog
from collections_app.code_errors import destination_refused
from collections_app.errors import bad_request
from collections_app.schema.compiled import CollectionSchema, PropertySchema
from collections_app.schema.functions import Function
from collections_app.services import (
    console_log,
    destinations,
    encrypting,
    global_ids,
)
from vaultportal import dialect, outbound, trail
from vaultportal.errors import Internal, VaultError
from vaultportal.identity.actor import Actor
from vaultportal.outbound import Answer, Blocked, Request
from vaultportal.sandbox import api
from vaultportal.sandbox.errors import HostError

CARD_TYPES = frozenset({"CC_NUMBER", "CC_CVV"})
HIDING = frozenset({"mask", "token"})  # what they show of a card is no card data any more
DECRYPT_OPTIONS = ("archived", "include_metadata")
PREFIX = "/api/pvlt/"
LONGEST_HEADER = 8192
MOST_HEADERS = 100
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(slots=True)
class VaultHost:
    """Answers the requests of one invocation; ``actor`` has the action's role.

    has_card_data: the code was given a card number or code in clear.
    """

    actor: Actor
    target: trail.Target
    function: Function
    has_card_data: bool = False
    requests: int = 0
    sent_to: list[str] = field(default_factory=list)

    def __call__(self, name: str, argument: Any) -> Any:
        """See ``vaultportal.sandbox.api.Host``."""
        if name == "console.log":
            self._log(argument)
            return None
        self.requests += 1
        answer = _ANSWERS.get(name)
        try:
            if answer is None:
                raise bad_request("name", "is nothing that the vault offers")
            return answer(self, argument)
        except Internal:  # the portal's own failure is not the code's to catch
            raise
        except VaultError as refusal:
            raise as_host_error(refusal) from None

    def deref(self, argument: Any) -> dict[str, Any]:
        """``vault.deref({k: "pvlt:…"})`` → ``{k: value}``."""
        if not isinstance(argument, dict):
            raise bad_request("argument", "must be an object of global identifiers")
        found = global_ids.resolve_all(self.actor, argument)
        for name, text in argument.items():
            named = global_ids.parse(text)
            keys = [named.prop] if named.prop else found[name]
            self._note_cards(named.collection, keys)
        return found

    def decrypt(self, argument: Any) -> list[dict[str, Any]]:
        """``vault.crypto.decrypt({collection, requestBody, options?})`` → ``[{fields, …}]``."""
        given = argument if isinstance(argument, dict) else {}
        collection, bodies = given.get("collection"), given.get("requestBody")
        if not isinstance(collection, str) or not isinstance(bodies, list):
            raise bad_request("argument", "must hold a collection and a requestBody")
        options = _options(given.get("options"))
        found = encrypting.decrypt_objects(
            self.actor,
            collection,
            [_as_wire(body) for body in bodies],
            archived="archived" in options,
            with_metadata="include_metadata" in options,
        )
        for item in found:
            self._note_cards(collection, item["fields"])
        return found

    def fetch(self, argument: Any) -> dict[str, Any]:
        """``fetch(url, {method, headers, body})`` → ``{ok, status, headers, body}``."""
        given = argument if isinstance(argument, dict) else {}
        url, method = given.get("url"), given.get("method") or "GET"
        body = given.get("body")
        if not isinstance(url, str) or not isinstance(method, str):
            raise bad_request("url", "must be an address, and method a string")
        if body is not None and not isinstance(body, str):
            raise bad_request("body", "must be a string")
        answer = self.send(method.upper(), url, _headers(given.get("headers")), body or "")
        return {
            "ok": 200 <= answer.status < 300,
            "status": answer.status,
            "headers": dict(answer.headers),
            "body": answer.body.decode(errors="replace"),
        }

    def send(self, method: str, url: str, headers: Mapping[str, str], body: str) -> Answer:
        """Send to an allowed destination, once the trail has it.

        Raises:
            Invalid: PV1012, the method, for one. Forbidden: PV9014.
            Unavailable: PV1009, nobody answers.
        """
        if method not in METHODS:  # it goes into the trail, so it must be no word of the code's own
            raise bad_request("method", f"must be one of {', '.join(METHODS)}")
        place = destinations.allowed(url, card_data=self.has_card_data)
        self._record(method, place.name)
        given = {name.lower() for name in headers}
        sent = [*headers.items()]
        if "accept-encoding" not in given:
            sent.append(("Accept-Encoding", "identity"))
        request = Request(
            method,
            url,
            sent,
            body.encode("utf-8", "replace"),
            timeout=self._seconds(),
            max_body=settings.PORTAL_ACTIONS_FETCH_KIB * 1024,
        )
        try:
            return outbound.send(request, place.rules)
        except Blocked as refusal:
            if refusal.reason == "outbound.header":
                raise bad_request(
                    "request", "has a method or a header that cannot be sent"
                ) from None
            raise destination_refused() from None

    def _seconds(self) -> float:
        return max(api.seconds_left(), 0.01)

    @trail.unit()
    def _record(self, method: str, where: str) -> None:
        if where not in self.sent_to:
            self.sent_to.append(where)
        trail.record(
            self.actor,
            "action.send",
            self.target,
            destination=where,
            method=method,
            card_data=self.has_card_data,
        )

    def _log(self, argument: Any) -> None:
        given = argument if isinstance(argument, dict) else {}
        arguments = given.get("arguments")
        console_log.write(
            self.function.reference,
            self.actor.credential.id,
            self.function.code,
            str(given.get("level")),
            arguments if isinstance(arguments, list) else [],
        )

    def _note_cards(self, collection: str, keys: Sequence[str] | Mapping[str, Any]) -> None:
        schema = catalog.known(collection)
        if any(shows_card(schema, key) for key in keys):
            self.has_card_data = True


_ANSWERS = {
    "vault.deref": VaultHost.deref,
    "vault.crypto.decrypt": VaultHost.decrypt,
    "fetch": VaultHost.fetch,
}


def as_host_error(refusal: VaultError) -> HostError:
    """A refusal as the code may catch it: our words and the code that the API would answer."""
    words = dialect.for_path(PREFIX)
    code = words.wording(refusal).code if words is not None else ""
    return HostError(refusal.message, code, cause=refusal)


def shows_card(schema: CollectionSchema, key: str) -> bool:
    """Whether ``property`` or ``property.transformer`` uncovers the number or code of a card.

    A transformer of a bundle is given the properties that it depends on, and may show them.
    """
    name, _, transformer = key.partition(".")
    each = schema.find(name)
    if each is None:
        return False
    kind = each.data_type
    transformer = transformer or kind.default_transformer
    code = kind.coded.get(transformer)
    cards = [one.name for one in schema.properties.values() if _is_card(one)]
    if code is not None and any(map(code.wants, cards)):
        return True
    return _is_card(each) and (code is not None or transformer not in HIDING)


def _is_card(each: PropertySchema) -> bool:
    return (each.data_type.base or each.data_type.name) in CARD_TYPES


def _as_wire(body: Any) -> Any:
    """An item of ``decrypt`` in the API's spelling; the vendor's client spells it in camel case."""
    if not isinstance(body, dict):
        return body
    return {("encrypted_object" if key == "encryptedObject" else key): body[key] for key in body}


def _options(given: Any) -> set[str]:
    """``options`` of ``decrypt``: a list, or a text with commas."""
    chosen = given.split(",") if isinstance(given, str) and given else given or []
    if not isinstance(chosen, list) or not all(each in DECRYPT_OPTIONS for each in chosen):
        raise bad_request("options", f"must be of {', '.join(DECRYPT_OPTIONS)}")
    return {str(each) for each in chosen}


def _headers(given: Any) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, dict) or len(given) > MOST_HEADERS:
        raise bad_request("headers", f"must be an object of at most {MOST_HEADERS} strings")
    if not all(isinstance(each, str) and len(each) <= LONGEST_HEADER for each in given.values()):
        raise bad_request("headers", "must hold strings")
    return dict(given)
