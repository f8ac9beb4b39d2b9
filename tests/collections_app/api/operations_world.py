"""What the table of operations acts on: one collection, a caller for each right, a seeded vault."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import uuid4

import tomlkit

from tests.collections_app.api.conftest import Vault, policy

NORTH, SOUTH = "north", "south"  # all objects are the first's
SYSTEM = "CapSystem"  # only the user Admin holds it
FILE = {"Content-Type": "application/toml"}
PROPERTIES: list[dict[str, Any]] = [
    {"name": "full_name", "data_type_name": "NAME"},
    {"name": "mail", "data_type_name": "EMAIL", "is_unique": True, "is_index": True,
     "is_nullable": True},
    {"name": "ssn", "data_type_name": "SSN", "is_nullable": True},
    {"name": "scan", "data_type_name": "BLOB", "is_nullable": True},
    {"name": "note", "data_type_name": "STRING", "is_nullable": True, "is_encrypted": False},
]  # fmt: skip
SSN = {"ssn": "987-65-4321", "_tenant_id": NORTH}


@dataclass(frozen=True, slots=True)
class Rights:
    """allows: operations that a policy allows; denies: one that another policy denies."""

    capabilities: tuple[str, ...] = ()
    allows: tuple[str, ...] = ()
    denies: str = ""


@dataclass
class World:
    """Everything is made by Admin; what a request uses up is made for it alone."""

    admin: Vault
    callers: dict[Rights, Vault] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.collection = self.admin.collection(PROPERTIES)
        self.before = self.admin.call("GET", "ctl/iam/conf").text

    @property
    def data(self) -> str:
        """The data plane's address of the collection."""
        return f"data/collections/{self.collection}"

    def let_in(self, wanted: Iterable[Rights]) -> None:
        """A user for each of ``wanted``: one IAM file, and a key for each of them."""
        conf = tomlkit.parse(self.before).unwrap()
        named = {f"t{uuid4().hex[:12]}": rights for rights in wanted}
        for name, rights in named.items():
            made = self._policies(rights)
            conf["policies"] |= {f"{name}-{place}": each for place, each in enumerate(made)}
            conf["roles"][name] = {
                "capabilities": [*rights.capabilities],
                "policies": [f"{name}-{place}" for place in range(len(made))],
            }
            conf["users"][name] = {"role": name}
        self.admin.ok("POST", "ctl/iam/conf", content=tomlkit.dumps(conf), headers=FILE)
        for name, rights in named.items():
            made_key = self.admin.ok("POST", "ctl/iam/user/regen", json={"name": name})
            self.callers[rights] = Vault(self.admin.client, made_key["api_key"])

    def _policies(self, rights: Rights) -> list[dict[str, Any]]:
        everything = f"{self.collection}/*"
        if rights.denies:
            return [policy(), policy(everything, kind="deny", operations=(rights.denies,))]
        return [policy(everything, operations=rights.allows)] if rights.allows else []

    def leave(self) -> None:
        """The IAM file as it was."""
        self.admin.ok("POST", "ctl/iam/conf", content=self.before, headers=FILE)

    def state(self) -> list[Any]:
        """What a refused request must not change."""
        paths = (
            f"{self.data}/count/objects",
            f"{self.data}/count/tokens",
            f"ctl/collections/{self.collection}",
            f"ctl/collections/{self.spare}",
            "system/confvar/log_level",
        )
        return [
            self.admin.read(self.collection, self.kept, options="unsafe", **self.why(self.data)),
            *(self.admin.ok("GET", path, params=self.why(path)) for path in paths),
        ]

    def why(self, path: str) -> Mapping[str, str]:
        """Reasons are for the data plane, and some vaults demand them."""
        return {"reason": "AppFunctionality"} if path.startswith("data/") else {}

    def person(self) -> dict[str, Any]:
        """An object that can be added."""
        return {"full_name": "Ida Roth", "mail": f"{uuid4().hex[:12]}@clinic.example", **SSN}

    def object(self) -> str:
        """A new object's id."""
        return self.admin.add(self.collection, self.person(), params=self.why("data/"))

    def token(self, **params: str) -> str:
        """A new token's id."""
        item = {"type": "randomized", "object": {"fields": SSN}, "props": ["ssn"]}
        path = f"{self.data}/tokens"
        return str(self._post(path, [item], params)[0]["token_id"])

    def transaction(self) -> str:
        """The id of a transaction that made a token."""
        name = uuid4().hex
        self.token(transaction_id=name)
        return name

    @cached_property
    def ciphertext(self) -> str:
        """A social security number, sealed."""
        made = self._post(f"{self.data}/encrypt/objects", [{"object": {"fields": SSN}}], {})
        return str(made[0]["ciphertext"])

    @cached_property
    def blob(self) -> bytes:
        """Some bytes, sealed."""
        path = f"{self.data}/encrypt/blob"
        params = {"prop": "scan", **self.why(path)}
        return self.admin.call("POST", path, content=b"some bytes", params=params).content

    def property(self) -> str:
        """A new property of ``spare``, which a request may change or take away."""
        name = f"p{uuid4().hex[:8]}"
        body = {"name": name, "data_type_name": "STRING", "is_nullable": True}
        self.admin.ok("POST", f"ctl/collections/{self.spare}/properties/{name}", json=body)
        return name

    @cached_property
    def spare(self) -> str:
        """Another collection, of which nobody's policies speak."""
        return self.admin.collection([])

    @cached_property
    def kept(self) -> str:
        """An object that no request may change."""
        return self.object()

    @cached_property
    def somebody(self) -> str:
        """A user of the file with a key that nobody uses."""
        self.admin.ok("POST", "ctl/iam/user/regen", json={"name": "TokenConsumer"})
        return "TokenConsumer"

    def _post(self, path: str, body: Any, params: Mapping[str, str]) -> Any:
        return self.admin.ok("POST", path, json=body, params={**self.why(path), **params})
