"""Every endpoint of the secrets and their neighbours: operation, who, and whose secret it is.

A cell is the exact status; ``D`` behind it means that the answer holds the plaintext, and where it
is missing the answer does not. The five callers stand in the order of ``CALLERS``:

* ada, a person who holds the role ``readers``;
* ben, a person who holds the role ``writers``;
* manager, a person in the built-in role of administrators;
* auditor, a person whose role may see the audit trail;
* machine, an API client that holds both roles.

Personal secrets are shared with nobody; shared ones are read by ``readers`` and written by
``writers``. ``other`` is ben's, and for ben ada's. Rows that are about no secret say ``any``, or
``own`` and ``other`` where they are about the caller and about somebody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CALLERS = ("ada", "ben", "manager", "auditor", "machine")
V, A = "vault/api/v1", "auth/api/v1"
R, L = "role-store/api/v1", "local-user-store/api/v1"
P = "api/v1/secrets"
ONE = f"{P}/{{id}}"
MINE = f"{V}/user/{{owner}}"


@dataclass(frozen=True, slots=True)
class Row:
    """One method of one address.

    path, json, form: with placeholders in braces, filled for each cell by ``secrets_cast``.
    before: what has to happen first (a method of the cast), "" for nothing.
    public: it needs no token; all others answer 401 without one.
    """

    method: str
    path: str
    cells: Mapping[str, str]
    json: Any = None
    form: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    before: str = ""
    public: bool = False

    @property
    def name(self) -> str:
        return f"{self.method} /{self.path}"


def row(
    method: str, path: str, own: str = "", other: str = "", shared: str = "", **more: Any
) -> Row:
    """A row about one secret of each space, or about oneself and others."""
    cells = {"own": own, "other": other, "shared": shared}
    return Row(method, path, {space: line for space, line in cells.items() if line}, **more)


def everybody(method: str, path: str, line: str, **more: Any) -> Row:
    """A row that is about no secret in particular."""
    return Row(method, path, {"any": line}, **more)


ALL_200 = "200 200 200 200 200"
ALL_201 = "201 201 201 201 201"
ALL_204 = "204 204 204 204 204"
ALL_D = "200D 200D 200D 200D 200D"
ALL_404 = "404 404 404 404 404"
ALL_400 = "400 400 400 400 400"
BOSS = "403 403 200 403 403"
BOSS_MAKES = "403 403 201 403 403"
HIDDEN = "404 404 403 404 404"  # the manager sees that it is there
ROLES = {"read_roles": [{"id": "{readers}"}], "write_roles": [{"id": "{writers}"}]}
NEW = {"name": "{new}", "data": {"word": "{plaintext}"}}
OTHER_DATA = {"data": {"word": "other"}}

VAULT = (
    everybody("GET", f"{V}/status", ALL_200, public=True),
    everybody("GET", f"{V}/schemas", ALL_200),
    everybody("POST", f"{V}/search/secrets", ALL_200, json={"keywords": "{new}"}),
    row("GET", f"{MINE}/secrets", ALL_200, BOSS),
    row("POST", f"{MINE}/secrets", ALL_201, BOSS_MAKES, json=NEW),
    row("GET", f"{MINE}/secrets/{{name}}", ALL_D, "404 404 200 404 404"),
    row("PUT", f"{MINE}/secrets/{{name}}", ALL_200, HIDDEN, json=OTHER_DATA),
    row("DELETE", f"{MINE}/secrets/{{name}}", ALL_200, "404 404 200 404 404"),
    row("GET", f"{MINE}/metadata/secrets/{{name}}", ALL_200, "404 404 200 404 404"),
    everybody("GET", f"{V}/secrets", ALL_200),
    everybody("POST", f"{V}/secrets", BOSS_MAKES, json=NEW),
    row("GET", f"{V}/secrets/{{name}}", shared="200D 200 200 404 200D"),
    row("PUT", f"{V}/secrets/{{name}}", shared="403 200 200 404 200", json=OTHER_DATA),
    row("DELETE", f"{V}/secrets/{{name}}", shared="403 403 200 404 403"),
    row("GET", f"{V}/metadata/secrets/{{name}}", shared="200 200 200 404 200"),
)

VERSIONS = (
    row("GET", f"{ONE}/versions", ALL_200, "404 404 200 404 404", "200 200 200 404 200"),
    row("GET", f"{ONE}/versions/1", ALL_D, HIDDEN, "200D 403 403 404 200D"),
    row(
        "DELETE",
        f"{ONE}/versions/1",
        ALL_204,
        HIDDEN,
        "403 204 204 404 204",
        before="second_version",
    ),
    row("POST", f"{ONE}/versions/1/restore", ALL_200, HIDDEN, "403 200 200 404 200"),
)

SHARING = (
    row("GET", f"{ONE}/grants", ALL_200, "404 404 200 404 404", "200 200 200 404 200"),
    row(
        "POST",
        f"{ONE}/grants",
        ALL_200,
        HIDDEN,
        "403 403 200 404 403",
        json={"kind": "user", "id": "{guest}", "right": "read"},
    ),
    row(
        "DELETE",
        f"{ONE}/grants/user/{{guest}}/read",
        ALL_200,
        HIDDEN,
        "403 403 200 404 403",
        before="let_the_guest_in",
    ),
    row("GET", f"{ONE}/readers", ALL_200, "404 404 200 404 404", "403 200 200 404 200"),
    row("GET", f"{ONE}/links", ALL_200, HIDDEN, "403 200 200 404 200"),
    row("POST", f"{ONE}/links", ALL_201, HIDDEN, "403 403 403 404 201", json={}),
    everybody("GET", f"{P}/links", ALL_200),
    row("DELETE", f"{P}/links/{{link}}", ALL_204, ALL_404),
    everybody("GET", "api/v1/links/{token}", ALL_200, public=True),
    everybody("POST", "api/v1/links/{token}", ALL_D, public=True),
)

CHECKOUTS = (
    row("GET", f"{ONE}/checkouts", ALL_200, "404 404 200 404 404", "200 200 200 404 200"),
    row(
        "POST",
        f"{ONE}/checkouts",
        "409 409 409 409 409",
        "404 404 409 404 404",
        "201 403 403 404 201",
        json={"reason": "Deploy", "minutes": 5},
    ),
    row("DELETE", f"{ONE}/checkouts", ALL_404, ALL_404, "204 404 404 404 204", before="check_out"),
    row(
        "POST",
        f"{ONE}/checkouts/force-return",
        "403 403 404 403 403",
        ALL_404,
        "403 403 204 404 403",
        before="guest_checks_out",
    ),
)

PORTAL = (
    everybody("GET", P, ALL_200),
    row("POST", P, ALL_201, BOSS_MAKES, BOSS_MAKES, json={**NEW, "owner_id": "{owner_or_null}"}),
    row(
        "GET",
        f"{P}/lookup",
        ALL_200,
        "404 404 200 404 404",
        "200 200 200 404 200",
        query={"name": "{name}", "owner": "{owner_or_shared}"},
    ),
    row(
        "POST",
        f"{P}/read",
        ALL_D,
        ALL_200,
        "200D 200 200 200 200D",
        json={"secrets": [{"id": "{id}"}]},
    ),
    row("GET", ONE, ALL_200, "404 404 200 404 404", "200 200 200 404 200"),
    row("PUT", ONE, ALL_200, HIDDEN, "403 200 200 404 200", json=OTHER_DATA),
    row("PATCH", ONE, ALL_200, HIDDEN, "403 403 200 404 403", json={"keep_days": 9}),
    row("DELETE", ONE, ALL_204, "404 404 204 404 404", "403 403 204 404 403"),
    row("GET", f"{ONE}/data", ALL_D, HIDDEN, "200D 403 403 404 200D"),
    everybody("GET", f"{P}/changes", ALL_200),
    everybody("GET", f"{P}/types", ALL_200),
    everybody(
        "POST",
        f"{P}/types",
        BOSS_MAKES,
        json={"name": "{type_name}", "title": "Kind", "schema": {"type": "object"}},
    ),
    everybody("GET", f"{P}/types/{{type}}", ALL_200),
    everybody(
        "PUT", f"{P}/types/{{type}}", BOSS, json={"title": "Kind", "schema": {"type": "object"}}
    ),
    everybody("DELETE", f"{P}/types/{{type}}", "403 403 204 403 403"),
    everybody("GET", f"{P}/imports", ALL_200),
    row(
        "POST",
        f"{P}/imports",
        own=ALL_201,
        shared=BOSS_MAKES,
        json={"format": "dotenv", "shared": "{is_shared}"},
    ),
    row("GET", f"{P}/imports/{{import}}", ALL_200, ALL_404),
    row(
        "PUT",
        f"{P}/imports/{{import}}/content",
        ALL_200,
        ALL_404,
        json={"content": "QT0xCg==", "title": "{new}"},
    ),
    # Too short on purpose: who may is seen, and no key is stretched for it.
    everybody("POST", f"{P}/export", ALL_400, json={"passphrase": "short"}),
)

AUTH = (
    everybody("GET", f"{A}/status", ALL_200, public=True),
    everybody(
        "POST",
        f"{A}/oauth/token",
        ALL_200,
        form={"grant_type": "password", "username": "{client}", "password": "{client_secret}"},
        before="as_the_program",
        public=True,
    ),
    everybody(
        "GET",
        f"{A}/oauth/authorize",
        "307 307 307 307 307",
        query={
            "client_id": "privx-ui",
            "redirect_uri": "/privx/oauth-callback",
            "response_type": "code",
            "state": "{new}",
            "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            "code_challenge_method": "S256",
        },
        public=True,
    ),
    everybody(
        "POST",
        f"{A}/oauth/clientcredentials/privx-external/token",
        ALL_200,
        json={
            "grant_type": "client_credentials",
            "client_id": "{client}",
            "client_secret": "{client_secret}",
        },
        public=True,
    ),
    everybody(
        "POST",
        f"{A}/login",
        ALL_200,
        json={"username": "{person_name}", "password": "{password}", "token": "{ticket}"},
        public=True,
    ),
    everybody("POST", f"{A}/token/login", ALL_400, json={"token": "x"}, public=True),
    everybody("POST", f"{A}/logout", ALL_200, before="spend_another_token"),
    row("GET", f"{A}/sessionstorage/users/{{user}}/sessions", ALL_200, BOSS),
    row("POST", f"{A}/sessionstorage/users/{{user}}/sessions/terminate", other=BOSS),
    row(
        "POST",
        f"{A}/sessionstorage/sessions/{{session}}/terminate",
        other="404 404 200 404 404",
    ),
)

ROLE_STORE = (
    everybody("GET", f"{R}/status", ALL_200, public=True),
    everybody("GET", f"{R}/roles", ALL_200),
    everybody("POST", f"{R}/roles", BOSS_MAKES, json={"name": "{new}"}),
    everybody("POST", f"{R}/roles/resolve", ALL_200, json=["{new}"]),
    everybody("POST", f"{R}/roles/search", ALL_200, json={"name": ["{new}"]}),
    everybody("GET", f"{R}/roles/{{role}}", ALL_200),
    everybody("PUT", f"{R}/roles/{{role}}", BOSS, json={"name": "{new}"}),
    everybody("DELETE", f"{R}/roles/{{role}}", BOSS),
    everybody("GET", f"{R}/roles/{{role}}/members", BOSS),
    everybody("GET", f"{R}/sources", BOSS),
    everybody("POST", f"{R}/users/search", BOSS, json={"keywords": "{new}"}),
    row("GET", f"{R}/users/{{user}}", ALL_200, BOSS),
    row("GET", f"{R}/users/{{user}}/resolve", ALL_200, BOSS),
    row("GET", f"{R}/users/{{user}}/roles", ALL_200, BOSS),
    row("PUT", f"{R}/users/{{user}}/roles", other=BOSS, json=[{"id": "{role}"}]),
)

USER_STORE = (
    everybody("GET", f"{L}/status", ALL_200, public=True),
    everybody("GET", f"{L}/users", BOSS),
    everybody("POST", f"{L}/users", BOSS_MAKES, json={"username": "{new}"}),
    everybody("GET", f"{L}/users/tags", BOSS),
    row("GET", f"{L}/users/{{user}}", other=BOSS),
    row("PUT", f"{L}/users/{{user}}", other=BOSS, json={"username": "{new}"}),
    row("DELETE", f"{L}/users/{{user}}", other=BOSS),
    row("PUT", f"{L}/users/{{user}}/password", other=BOSS, json={"password": "{password}"}),
    everybody("GET", f"{L}/api-clients", BOSS),
    everybody("POST", f"{L}/api-clients", BOSS_MAKES, json={"name": "{new}"}),
    everybody("POST", f"{L}/api-clients/search", BOSS, json={"keywords": "{new}"}),
    everybody("GET", f"{L}/api-clients/{{new_client}}", BOSS),
    everybody("PUT", f"{L}/api-clients/{{new_client}}", BOSS, json={"name": "{new}"}),
    everybody("DELETE", f"{L}/api-clients/{{new_client}}", BOSS),
)

TABLE = (
    *VAULT,
    *PORTAL,
    *VERSIONS,
    *SHARING,
    *CHECKOUTS,
    *AUTH,
    *ROLE_STORE,
    *USER_STORE,
)
