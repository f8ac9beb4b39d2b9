"""Each operation over HTTP: success, capability or policy missing, other tenant, bad input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import httpx
import jsonschema_rs
import psycopg
import pytest
from psycopg import sql

from tests.collections_app.api.conftest import Vault
from tests.collections_app.api.operations_row import ABSENT, Bad, Call, Never, Row, Tenants
from tests.collections_app.api.operations_table import OF_USER_CODE, TABLE
from tests.collections_app.api.operations_world import SOUTH, SYSTEM, Rights, World
from tests.portal import Portal
from vaultportal.api.docs import schema_of

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("strict_vault")]
PREFIX = "/api/pvlt/1.0/"
KEEP, DROP, BACK = (
    sql.SQL(statement)
    for statement in (
        "CREATE TEMPORARY TABLE {kept} AS SELECT * FROM {table} WHERE user_id = {admin}",
        "DELETE FROM {table} WHERE user_id = {admin}",
        "INSERT INTO {table} SELECT * FROM {kept}",
    )
)
# Its keys, and the one of them that ``bootstrap`` tells.
OF_ADMIN = [
    {
        "table": sql.Identifier(table),
        "kept": sql.Identifier(f"kept_{table}"),
        "admin": sql.SQL("(SELECT id FROM identity_user WHERE username = 'Admin')"),
    }
    for table in ("identity_apikey", "directory_keptcredential")
]
OTHER_TENANT = {"X-Tenant-Id": SOUTH}


@cache
def documented() -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Method, address and operation object by operation id, as the OpenAPI document has them."""
    return {
        operation["operationId"]: (method.upper(), path.removeprefix(PREFIX), operation)
        for path, methods in schema_of("piiano")["paths"].items()
        for method, operation in methods.items()
    }


def rights_of(row: Row) -> Rights:
    """Just what the row needs."""
    capability = () if isinstance(row.capability, Never) else row.capability
    return Rights(capability, () if isinstance(row.votes, Never) else row.votes)


def lacking(row: Row) -> list[Rights]:
    """Each a capability short; for what is Admin's alone, with all that others can have."""
    rights = rights_of(row)
    if rights.capabilities == (SYSTEM,):
        return [Rights(("*",), ("*",))]
    return [
        Rights(tuple(each for each in rights.capabilities if each != gone), ("*",))
        for gone in rights.capabilities
    ]


def denied(row: Row) -> list[Rights]:
    """Each allowed everything, and denied one of the row's votes."""
    rights = rights_of(row)
    return [Rights(rights.capabilities, denies=vote) for vote in rights.allows]


def seeded(*, needed: bool) -> list[Row]:
    return [row for row in TABLE if row.needs_seed is needed]


def populated(admin: Vault, rows: list[Row]) -> World:
    world = World(admin)
    wanted = {each: None for row in rows for each in (rights_of(row), *lacking(row), *denied(row))}
    world.callers = {each: admin for each in wanted if each.capabilities == (SYSTEM,)}
    world.let_in(each for each in wanted if each not in world.callers)
    return world


@pytest.fixture(scope="module")
def usual(http: httpx.Client, portal: Portal) -> Iterator[World]:
    """The vault of the session."""
    world = populated(Vault(http, portal.credentials["piiano"]["api_key"]), seeded(needed=False))
    yield world
    world.leave()


@pytest.fixture(scope="module")
def with_seed(strict: tuple[Portal, str]) -> Iterator[World]:
    """One that exports."""
    with httpx.Client(base_url=strict[0].url, timeout=60) as client:
        yield populated(
            Vault(client, strict[0].credentials["piiano"]["api_key"]), seeded(needed=True)
        )


@pytest.fixture
def world(request: pytest.FixtureRequest, row: Row) -> World:
    """The vault that does what the row is about."""
    found: World = request.getfixturevalue("with_seed" if row.needs_seed else "usual")
    return found


def send(world: World, caller: Vault, row: Row, call: Call, **headers: str) -> httpx.Response:
    method, path, operation = documented()[row.operation]
    parts: dict[str, Any] = {"params": {**call.params}, "headers": headers}
    if any(each["name"] == "reason" for each in operation["parameters"]):
        parts["params"].setdefault("reason", "AppFunctionality")
    if call.json is not ABSENT:
        parts["json"] = call.json
    if call.content is not None:
        parts["content"] = call.content
    at = {"collection": world.collection, **call.at}
    return caller.call(method, path.format(**at).rstrip("/"), **parts)


def check_refused(answer: httpx.Response, row: Row, status: int, code: str) -> None:
    """It is the documented envelope."""
    assert (answer.status_code, answer.json().get("error_code")) == (status, code), answer.text
    assert str(status) in documented()[row.operation][2]["responses"]
    assert answer.json().keys() == {"error_code", "message", "error_url", "context"}


def by_name(rows: Iterable[Row]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", rows, ids=lambda row: row.operation)


def test_every_operation_of_the_document_has_its_row() -> None:
    named = [row.operation for row in TABLE]

    assert len(set(named)) == len(named)
    assert documented().keys() - set(named) == OF_USER_CODE
    assert set(named) <= documented().keys()


@by_name(TABLE)
def test_whoever_has_just_the_rights_succeeds(world: World, row: Row, admins_key: None) -> None:
    answer = send(world, world.callers[rights_of(row)], row, row.ask(world))

    if row.answers is not None:
        return check_refused(answer, row, *row.answers)
    assert answer.status_code == 200, answer.text
    given = documented()[row.operation][2]["responses"]["200"].get("content")
    if given is None:
        assert answer.content == b""
        return None
    kind = answer.headers["content-type"].split(";")[0]
    assert kind in given
    if kind == "application/json":
        jsonschema_rs.validate(given[kind]["schema"], answer.json())
    return None


@pytest.fixture
def admins_key(row: Row, portal: Portal) -> Iterator[None]:
    """When the key of Admin is set, the one that the other tests know comes back."""
    if row.operation != "set-admin-api-key":
        yield
        return
    with psycopg.connect(portal.environment["DATABASE_URL"], autocommit=True) as database:
        for names in OF_ADMIN:
            database.execute(KEEP.format(**names))
        yield
        for names in OF_ADMIN:
            database.execute(DROP.format(**names))
            database.execute(BACK.format(**names))


@by_name([row for row in TABLE if not isinstance(row.capability, Never)])
def test_without_a_capability_nothing_happens(world: World, row: Row) -> None:
    call, before = row.ask(world), world.state()

    for rights in lacking(row):
        check_refused(send(world, world.callers[rights], row, call), row, 403, "PV1007")

    assert world.state() == before


@by_name([row for row in TABLE if not isinstance(row.votes, Never)])
def test_a_policy_that_denies_one_operation_refuses_the_call(world: World, row: Row) -> None:
    call, before = row.ask(world), world.state()

    for rights in denied(row):
        check_refused(send(world, world.callers[rights], row, call), row, 403, "PV1006")

    assert world.state() == before


@by_name([row for row in TABLE if not isinstance(row.tenants, Never)])
def test_what_is_another_tenants_is_not_touched(world: World, row: Row) -> None:
    call, before = row.ask(world), world.state()

    answer = send(world, world.callers[rights_of(row)], row, call, **OTHER_TENANT)

    if row.tenants is Tenants.NARROWED:
        assert answer.status_code == 200, answer.text
        assert answer.json()["results"] == []
    else:
        check_refused(answer, row, 403, "PV9007")
    assert world.state() == before


@by_name([row for row in TABLE if isinstance(row.bad, Bad)])
def test_what_is_wrong_with_a_request_is_said(world: World, row: Row) -> None:
    assert isinstance(row.bad, Bad)
    call, before = row.bad.call(world), world.state()

    answer = send(world, world.callers[rights_of(row)], row, call)

    check_refused(answer, row, row.bad.status, row.bad.code)
    assert world.state() == before


@by_name([row for row in TABLE if row.capability != Never("whoever asks")])
def test_nobody_is_nobody(world: World, row: Row) -> None:
    answer = send(world, Vault(world.admin.client, "no-key"), row, Call(at=_any_place(row)))

    check_refused(answer, row, 401, "PV1005")


def _any_place(row: Row) -> dict[str, str]:
    return dict.fromkeys(("name", "object_id", "user"), "x")
