"""Who may do what, as data: each operation, each kind of caller, each kind of secret.

A row is an operation on a secret that the owner has, or that is shared; a letter is what the caller
of that column gets: ``D`` 200 with data, ``M`` 200 without, ``+`` 200 or 201, ``.`` 403 or 404, and
never a change.
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.factories import unique
from tests.secrets_app.api.conftest import World, store_of

CALLERS = (
    *("owner", "reader", "writer", "both", "adder", "manager", "admin"),
    *("auditor", "client", "other", "stranger"),
)
#                     owner reader writer both adder manager admin auditor client other stranger
TABLE = {
    "personal list": "+     .      .      .    .     +       +     .       .      .     .",
    "personal create": "+   .      .      .    +     +       +     .       .      .     .",
    "personal get": "D      D      M      D    .     M       M     .       .      .     .",
    "personal metadata": "M M      M      M    .     M       M     .       .      .     .",
    "personal replace": "+  .      +      +    .     .       .     .       .      .     .",
    "personal roles": "+    .      .      .    .     .       .     .       .      .     .",
    "personal delete": "+   .      .      .    .     +       +     .       .      .     .",
    "shared list": "+       +      +      +    +     +       +     +       +      +     +",
    "shared create": ".     .      .      .    +     +       +     .       .      .     .",
    "shared get": ".        D      M      D    .     M       M     .       .      .     .",
    "shared metadata": ".   M      M      M    .     M       M     .       .      .     .",
    "shared replace": ".    .      +      +    .     +       +     .       .      .     .",
    "shared roles": ".      .      .      .    .     +       +     .       .      .     .",
    "shared delete": ".     .      .      .    .     +       +     .       .      .     .",
    "search": "+            +      +      +    +     +       +     +       +      +     +",
    "schemas": "+           +      +      +    +     +       +     +       +      +     +",
}
CELLS = [
    (operation, who, letter)
    for operation, row in TABLE.items()
    for who, letter in zip(CALLERS, row.split(), strict=True)
]


def perform(world: World, who: str, operation: str) -> httpx.Response:
    """The operation as ``who``, on a secret that was made for it."""
    space, _, verb = operation.partition(" ")
    owner = "owner" if space == "personal" else None
    store = store_of(world.id_of("owner")) if owner else "/vault/api/v1/secrets"
    if space == "search":
        return world.call(who, "POST", "/vault/api/v1/search/secrets", json={})
    if space == "schemas":
        return world.call(who, "GET", "/vault/api/v1/schemas")
    if verb == "list":
        return world.call(who, "GET", store)
    if verb == "create":
        return world.call(who, "POST", store, json={"name": unique("new"), "data": {}})
    path = world.create(
        owner,
        by="" if owner else "manager",
        read_roles=world.handles("readers", "both"),
        write_roles=world.handles("writers", "both"),
    )
    method, body = {
        "get": ("GET", None),
        "metadata": ("GET", None),
        "replace": ("PUT", {"data": {"new": 1}}),
        "roles": ("PUT", {"read_roles": world.handles("lonely")}),
        "delete": ("DELETE", None),
    }[verb]
    if verb == "metadata":
        path = path.replace("/secrets/", "/metadata/secrets/")
    answer = world.call(who, method, path, json=body)
    if answer.status_code >= 400:
        unchanged(world, path.replace("/metadata/secrets/", "/secrets/"))
    return answer


def unchanged(world: World, path: str) -> None:
    """Whoever was refused has changed nothing."""
    body = world.call("both", "GET", path).json()
    assert body["data"] == {"a": 1}
    assert [role["id"] for role in body["read_roles"]] == [
        role["id"] for role in world.handles("readers", "both")
    ]
    assert body["created"] == body["updated"]


@pytest.mark.parametrize(("operation", "who", "letter"), CELLS)
def test_each_cell(world: World, operation: str, who: str, letter: str) -> None:
    answer = perform(world, who, operation)

    if letter == ".":
        assert answer.status_code in (403, 404)
        assert answer.json()["error_code"] in ("PERMISSION_DENIED", "GENERAL_ERROR")
        return
    assert answer.status_code == (201 if operation.endswith("create") else 200)
    if letter in "DM":
        assert ("data" in answer.json()) == (letter == "D")


@pytest.mark.parametrize("operation", TABLE)
@pytest.mark.parametrize("token", ["", "Bearer rubbish", "Basic cnViYmlzaDo=", "Bearer"])
def test_nobody_does_anything(world: World, operation: str, token: str) -> None:
    store = store_of(world.id_of("owner"))
    requests: dict[str, tuple[str, str, Any]] = {
        "list": ("GET", store, None),
        "create": ("POST", store, {"name": unique("new"), "data": {}}),
        "get": ("GET", f"{store}/x", None),
        "metadata": ("GET", store.replace("/secrets", "/metadata/secrets/x"), None),
        "replace": ("PUT", f"{store}/x", {}),
        "roles": ("PUT", f"{store}/x", {"read_roles": []}),
        "delete": ("DELETE", f"{store}/x", None),
        "": ("POST", "/vault/api/v1/search/secrets", {}),
    }
    method, path, body = requests[operation.partition(" ")[2]]
    if operation.startswith("shared"):
        path = path.replace(f"/user/{world.id_of('owner')}", "")
    headers = {"Authorization": token} if token else {}

    answer = world.http.request(method, path, json=body, headers=headers)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["error_code"] == "PERMISSION_DENIED"
