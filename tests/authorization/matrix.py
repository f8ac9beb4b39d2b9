"""Who gets what, as data: one row for each route and method of the APIs.

A path holds placeholders; each is filled with something made for the cell (``targets``), so that no
cell sees what another one did. Statuses stand in the order of ``PRIVX`` or ``PIIANO``. A body that
is wrong on purpose gives 400 to those who may: what they may is then seen and not done.

``shows``: who gets to see the plaintext. Nobody else's answer holds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# A read role, a write role; ``manager`` is an API client with every permission.
PRIVX = ("anonymous", "revoked", "stranger", "reader", "writer", "owner", "manager")
# Users of the IAM file with few capabilities and with those of an application; ``manager`` as
# above, whom no policy allows data; ``admin`` is the built-in user, who may read in trials.
PIIANO = ("anonymous", "revoked", "stranger", "developer", "application", "manager", "admin")


@dataclass(frozen=True, slots=True)
class Row:
    """One route and method. ``hides``: to a stranger, what is there looks like what is not."""

    method: str
    path: str
    statuses: str
    json: Any = None
    form: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    shows: str = ""
    hides: bool = True

    @property
    def name(self) -> str:
        return f"{self.method} /{self.path}"


S = "vault/api/v1"
A = "auth/api/v1"
R = "role-store/api/v1"
L = "local-user-store/api/v1"
PUBLIC = "200 200 200 200 200 200 200"
SIGNED_IN = "401 401 200 200 200 200 200"
MANAGERS = "401 401 403 403 403 403 200"
MANAGERS_MAKE = "401 401 403 403 403 403 201"
BAD = "400 400 400 400 400 400 400"

PRIVX_ROWS = (
    Row("GET", f"{S}/status", PUBLIC),
    Row("GET", f"{S}/schemas", SIGNED_IN),
    Row("POST", f"{S}/search/secrets", SIGNED_IN, json={}),
    Row("GET", f"{S}/user/{{owner}}/secrets", "401 401 403 403 403 200 200"),
    Row(
        "POST",
        f"{S}/user/{{owner}}/secrets",
        "401 401 403 403 403 201 201",
        json={"name": "{new}", "data": {"word": "{plaintext}"}},
    ),
    Row(
        "GET",
        f"{S}/user/{{owner}}/secrets/{{secret}}",
        "401 401 404 200 200 200 200",
        shows="reader owner",
    ),
    Row(
        "PUT",
        f"{S}/user/{{owner}}/secrets/{{secret}}",
        "401 401 404 403 200 200 403",
        json={"data": {"word": "other"}},
    ),
    Row("DELETE", f"{S}/user/{{owner}}/secrets/{{secret}}", "401 401 404 403 403 200 200"),
    Row("GET", f"{S}/user/{{owner}}/metadata/secrets/{{secret}}", "401 401 404 200 200 200 200"),
    Row("GET", f"{S}/secrets", SIGNED_IN),
    Row(
        "POST",
        f"{S}/secrets",
        "401 401 403 403 403 201 201",
        json={"name": "{new}", "data": {"word": "{plaintext}"}},
    ),
    Row("GET", f"{S}/secrets/{{shared}}", "401 401 404 200 200 404 200", shows="reader"),
    Row(
        "PUT",
        f"{S}/secrets/{{shared}}",
        "401 401 404 403 200 404 200",
        json={"data": {"word": "other"}},
    ),
    Row("DELETE", f"{S}/secrets/{{shared}}", "401 401 404 403 403 404 200"),
    Row("GET", f"{S}/metadata/secrets/{{shared}}", "401 401 404 200 200 404 200"),
    Row("GET", f"{A}/status", PUBLIC),
    Row(
        "POST",
        f"{A}/oauth/token",
        BAD,
        form={"grant_type": "none"},
    ),
    Row("GET", f"{A}/oauth/authorize", BAD),
    Row("POST", f"{A}/oauth/clientcredentials/privx-external/token", BAD, json={}),
    Row("POST", f"{A}/login", BAD, json={}),
    Row("POST", f"{A}/token/login", BAD, json={}),
    Row("POST", f"{A}/logout", SIGNED_IN),
    Row("GET", f"{A}/sessionstorage/users/{{user}}/sessions", MANAGERS),
    Row("POST", f"{A}/sessionstorage/users/{{user}}/sessions/terminate", MANAGERS),
    Row(
        "POST",
        f"{A}/sessionstorage/sessions/{{session}}/terminate",
        "401 401 404 404 404 404 200",
    ),
    Row("GET", f"{R}/status", PUBLIC),
    Row("GET", f"{R}/roles", SIGNED_IN),
    Row("POST", f"{R}/roles", MANAGERS_MAKE, json={"name": "{new}"}),
    Row("POST", f"{R}/roles/resolve", SIGNED_IN, json=["{new}"]),
    Row("POST", f"{R}/roles/search", SIGNED_IN, json={}),
    # Who keeps a secret chooses among all roles: their names are no secret.
    Row("GET", f"{R}/roles/{{role}}", SIGNED_IN, hides=False),
    Row("PUT", f"{R}/roles/{{role}}", MANAGERS, json={"name": "{new}"}, hides=False),
    Row("DELETE", f"{R}/roles/{{role}}", MANAGERS),
    Row("GET", f"{R}/roles/{{role}}/members", MANAGERS),
    Row("GET", f"{R}/sources", MANAGERS),
    Row("POST", f"{R}/users/search", MANAGERS, json={}),
    Row("GET", f"{R}/users/{{user}}", MANAGERS),
    Row("GET", f"{R}/users/{{user}}/resolve", MANAGERS),
    Row("GET", f"{R}/users/{{user}}/roles", MANAGERS),
    Row("PUT", f"{R}/users/{{user}}/roles", MANAGERS, json=[]),
    Row("GET", f"{L}/status", PUBLIC),
    Row("GET", f"{L}/users", MANAGERS),
    Row(
        "POST",
        f"{L}/users",
        MANAGERS_MAKE,
        json={"username": "{new}", "password": {"password": "{plaintext}"}},
    ),
    Row("GET", f"{L}/users/tags", MANAGERS),
    Row("GET", f"{L}/users/{{user}}", MANAGERS),
    Row("PUT", f"{L}/users/{{user}}", MANAGERS, json={"username": "{new}"}),
    Row("DELETE", f"{L}/users/{{user}}", MANAGERS),
    Row("PUT", f"{L}/users/{{user}}/password", MANAGERS, json={"password": "{plaintext}"}),
    Row("GET", f"{L}/api-clients", MANAGERS),
    Row("POST", f"{L}/api-clients", MANAGERS_MAKE, json={"name": "{new}", "roles": []}),
    Row("POST", f"{L}/api-clients/search", MANAGERS, json={}),
    Row("GET", f"{L}/api-clients/{{client}}", MANAGERS),
    Row("PUT", f"{L}/api-clients/{{client}}", MANAGERS, json={"name": "{new}"}),
    Row("DELETE", f"{L}/api-clients/{{client}}", MANAGERS),
    Row("POST", "oauth/token", BAD, form={"grant_type": "none"}),
)

P = "api/pvlt/1.0"
C = f"{P}/ctl/collections"
D = f"{P}/data/collections/{{collection}}"
REASON = {"reason": "AppFunctionality"}
# Told after the capability was checked, before anything is done.
LONG = {"custom_audit": "x" * 1001}
STAFF = "401 401 403 403 403 200 200"
STAFF_ASK = "401 401 403 403 403 400 400"
STAFF_MISS = "401 401 403 403 403 404 404"
# The manager holds the capability; only policies let actions be read.
ACTION_READERS = "401 401 403 200 403 403 200"
SCHEMA_READERS = "401 401 403 200 403 200 200"
ADMIN = "401 401 403 403 403 403 200"
ADMIN_ASK = "401 401 403 403 403 403 400"
# The application and the manager hold the capability; a policy decides on the data.
DATA = "401 401 403 403 200 403 200"
DATA_ASK = "401 401 403 403 400 400 400"

PIIANO_ROWS = (
    Row("GET", f"{P}/ctl/info/health", PUBLIC),
    Row("GET", f"{P}/data/info/health", PUBLIC),
    Row("GET", f"{P}/system/info/version", SIGNED_IN),
    Row("GET", f"{P}/system/info/configuration", SCHEMA_READERS),
    Row("GET", f"{P}/system/info/license", SCHEMA_READERS),
    Row("POST", f"{P}/system/info/license", STAFF_ASK, json={}),
    Row("GET", f"{P}/system/info/kms", STAFF),
    Row("GET", f"{P}/system/admin/export_key", "401 401 403 403 403 405 405"),
    Row("POST", f"{P}/system/admin/keys/rotate", STAFF_ASK, query=LONG),
    Row(
        "POST",
        f"{P}/system/admin/lifecycle/gc",
        STAFF_ASK,
        query={"dry_run": "perhaps"},
    ),
    Row("POST", f"{P}/system/debug/error/trigger", STAFF_ASK, json=None),
    Row("DELETE", f"{P}/system/confvar", STAFF_ASK, query=LONG),
    Row("GET", f"{P}/system/confvar/log_level", STAFF),
    Row("POST", f"{P}/system/confvar/log_level", STAFF_ASK, json={}),
    Row("GET", f"{P}/ctl/info/cluster", STAFF),
    Row("GET", f"{P}/ctl/types", SCHEMA_READERS),
    Row("GET", f"{P}/ctl/types/EMAIL", SCHEMA_READERS),
    Row("POST", f"{P}/ctl/types", STAFF_ASK, json={}),
    Row("PATCH", f"{P}/ctl/types/EMAIL", STAFF_ASK, json={"description": "mine"}),
    Row("DELETE", f"{P}/ctl/types/EMAIL", STAFF_ASK),
    Row("GET", f"{P}/ctl/bundles", SCHEMA_READERS),
    Row("POST", f"{P}/ctl/bundles", STAFF_ASK, json={}),
    Row("GET", f"{P}/ctl/bundles/none", "401 401 403 404 403 404 404"),
    Row("PATCH", f"{P}/ctl/bundles/none", STAFF_MISS, json={"description": "mine"}),
    Row("DELETE", f"{P}/ctl/bundles/none", STAFF_MISS),
    Row("GET", f"{P}/ctl/actions", ACTION_READERS),
    Row("POST", f"{P}/ctl/actions", STAFF_ASK, json={}),
    Row("GET", f"{P}/ctl/actions/http_call", ACTION_READERS),
    Row("DELETE", f"{P}/ctl/actions/http_call", STAFF_ASK),
    Row("POST", f"{P}/data/actions/http_call", ADMIN_ASK, query=REASON, json={}),
    Row("POST", f"{P}/data/actions/none", STAFF_MISS, query=REASON, json={}),
    Row("GET", f"{P}/ctl/iam/conf", STAFF),
    Row("POST", f"{P}/ctl/iam/conf", STAFF_ASK, query=LONG),
    Row("POST", f"{P}/ctl/iam/admin/set-api-key", ADMIN_ASK, json={}),
    Row("POST", f"{P}/ctl/iam/user/regen", STAFF_ASK, json={}),
    Row("POST", f"{P}/ctl/iam/user/update-expiration", STAFF_ASK, json={}),
    Row("GET", f"{P}/ctl/iam/user/CICD", STAFF),
    Row("POST", f"{P}/data/analysis/contains", "401 401 403 403 403 405 405", json={}),
    Row("POST", f"{P}/data/analysis/locate", "401 401 403 403 403 405 405", json={}),
    Row("GET", C, SCHEMA_READERS),
    Row(
        "POST",
        C,
        STAFF,
        json={"name": "{new}", "type": "DATA", "properties": []},
    ),
    Row("GET", f"{C}/{{collection}}", SCHEMA_READERS),
    Row("PATCH", f"{C}/{{collection}}", STAFF_ASK, json={}),
    Row("DELETE", f"{C}/{{collection}}", STAFF),
    Row("GET", f"{C}/{{collection}}/properties", SCHEMA_READERS),
    Row("GET", f"{C}/{{collection}}/properties/word", SCHEMA_READERS),
    Row(
        "POST",
        f"{C}/{{collection}}/properties/more",
        STAFF,
        json={"name": "more", "data_type_name": "STRING", "is_nullable": True},
    ),
    Row("PATCH", f"{C}/{{collection}}/properties/word", STAFF, json={"description": "a word"}),
    Row("DELETE", f"{C}/{{collection}}/properties/spare", STAFF),
    Row("GET", f"{D}/objects", DATA, query=REASON | {"props": "word"}, shows="application admin"),
    Row("POST", f"{D}/objects", DATA, query=REASON, json={"word": "{plaintext}"}),
    Row(
        "GET",
        f"{D}/objects/{{object}}",
        DATA,
        query=REASON | {"props": "word"},
        shows="application admin",
    ),
    Row("PATCH", f"{D}/objects/{{object}}", DATA, query=REASON, json={"word": "other"}),
    Row("DELETE", f"{D}/objects/{{object}}", DATA, query=REASON),
    Row("POST", f"{D}/bulk/objects", DATA, query=REASON, json=[{"word": "{plaintext}"}]),
    Row(
        "PATCH",
        f"{D}/bulk/objects",
        DATA,
        query=REASON,
        json=[{"id": "{object}", "word": "other"}],
    ),
    Row("DELETE", f"{D}/bulk/objects", DATA, query=REASON, json=[{"id": "{object}"}]),
    Row(
        "POST",
        f"{D}/query/objects",
        DATA,
        query=REASON | {"props": "word"},
        json={"match": {"word": "{plaintext}"}},
        shows="application admin",
    ),
    Row("GET", f"{D}/count/objects", DATA, query=REASON),
    Row("POST", f"{D}/tokens", DATA_ASK, query=REASON, json={}),
    Row("GET", f"{D}/tokens", "401 401 403 403 403 400 400", query=REASON),
    Row("PATCH", f"{D}/tokens", DATA_ASK, query=REASON, json=[]),
    Row("DELETE", f"{D}/tokens", DATA_ASK, query=REASON),
    Row("POST", f"{D}/rotate/tokens", DATA_ASK, query=REASON),
    Row("POST", f"{D}/query/tokens", DATA_ASK, query=REASON, json=[]),
    Row("GET", f"{D}/count/tokens", DATA, query=REASON),
    Row("GET", f"{D}/export/tokens", STAFF_ASK, query=REASON | {"page_size": "x"}),
    Row("POST", f"{D}/import/tokens", STAFF_ASK, query=REASON, json={}),
    Row("GET", f"{D}/transaction_id/none", "401 401 403 403 404 404 404", query=REASON),
    Row("POST", f"{D}/encrypt/objects", STAFF_ASK, query=REASON, json={}),
    Row("PATCH", f"{D}/encrypt/objects", STAFF_ASK, query=REASON, json={}),
    Row("POST", f"{D}/decrypt/objects", STAFF_ASK, query=REASON, json={}),
    Row("POST", f"{D}/encrypt/blob", STAFF_ASK, query=REASON),
    Row("POST", f"{D}/decrypt/blob", STAFF_ASK, query=REASON),
    Row("POST", f"{D}/hash/objects", STAFF_ASK, query=REASON, json={}),
)

# The portal's own dialect: its owner's tests drive it by right; here, that nobody gets in unknown.
PORTAL = ("anonymous", "revoked")
NOBODY = "5f0e7d6c-1b2a-4c3d-8e9f-0123456789ab"
O = "api/v1/secrets"  # noqa: E741 beside S, A, R, L, P, C and D
ONE = f"{O}/{NOBODY}"
CLOSED = "401 401"

_CLOSED_PATHS = {
    O: "GET POST",
    ONE: "GET PUT PATCH DELETE",
    f"{ONE}/checkouts": "GET POST DELETE",
    f"{ONE}/checkouts/force-return": "POST",
    f"{ONE}/data": "GET",
    f"{ONE}/grants": "GET POST",
    f"{ONE}/grants/user/{NOBODY}/read": "DELETE",
    f"{ONE}/links": "GET POST",
    f"{ONE}/readers": "GET",
    f"{ONE}/versions": "GET",
    f"{ONE}/versions/1": "GET DELETE",
    f"{ONE}/versions/1/restore": "POST",
    f"{O}/changes": "GET",
    f"{O}/export": "POST",
    f"{O}/imports": "GET POST",
    f"{O}/imports/{NOBODY}": "GET",
    f"{O}/imports/{NOBODY}/content": "PUT",
    f"{O}/links": "GET",
    f"{O}/links/{NOBODY}": "DELETE",
    f"{O}/lookup": "GET",
    f"{O}/read": "POST",
    f"{O}/types": "GET POST",
    f"{O}/types/none": "GET PUT DELETE",
    "api/v1/code/tryout": "POST",
    "api/v1/triggers/gates": "GET POST",
    f"api/v1/triggers/gates/{NOBODY}": "GET PUT DELETE",
    "api/v1/approvals": "GET",
    f"api/v1/approvals/{NOBODY}": "GET",
    f"api/v1/approvals/{NOBODY}/decision": "POST",
}

PORTAL_ROWS = (
    *(
        Row(method, path, CLOSED)
        for path, methods in _CLOSED_PATHS.items()
        for method in methods.split()
    ),
    # A one-time link is the credential itself.
    Row("GET", "api/v1/links/none", "404 404"),
    Row("POST", "api/v1/links/none", "404 401"),
)
