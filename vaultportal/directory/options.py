"""Settings that change while the portal runs: names, types and defaults; values are rows.

An environment variable, where it is set, wins over the row: what an operator wrote into the
deployment cannot be undone by a click.

Rows are read at most once a second by each process: a change is in force everywhere after that.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from vaultportal.directory.models import Setting
from vaultportal.env import env_bool, env_int, env_list
from vaultportal.errors import Fault, Invalid, NotFound
from vaultportal.identity.actor import Actor

T = TypeVar("T")
MAX_AGE = 1.0


@dataclass(frozen=True, slots=True)
class Option(Generic[T]):
    """One run-time setting.

    name: dotted, as in the table and in the portal's own API.
    default: the value without a row; its type is the type of all values.
    env: the environment variable that overrules the row; "" for none.
    least, most: the bounds of a whole number, both included.
    or_none: 0 is allowed below ``least`` too, for no limit.
    choices: the words that a text may be; empty for any.
    check: raises Invalid for a value of the right type that is none; what is known of the wrong
        place goes into its ``context``.
    guard: raises Invalid while this actor may not store this value, whatever their rights.
    """

    name: str
    default: T
    env: str = ""
    help: str = ""
    least: int = 0
    most: int | None = None
    or_none: bool = False
    choices: tuple[str, ...] = ()
    check: Callable[[Any], None] | None = None
    guard: Callable[[Actor, Any], None] | None = None

    def parse(self, value: Any) -> T:
        """``value`` of a JSON document, or Invalid when it is of another type."""
        expected = type(self.default)
        fits = isinstance(value, list) and all(isinstance(item, str) for item in value)
        if expected is not tuple:
            fits = type(value) is expected
        if not fits:
            fault = Fault(self.name, "type", f"must be {_WORDS[expected]}")
            raise Invalid(message=f"{self.name} must be {_WORDS[expected]}.", faults=(fault,))
        if expected is int and not self._is_within(value):
            bounds = f"from {self.least} to {self.most}" + (", or 0" if self.or_none else "")
            fault = Fault(self.name, "range", f"must be {bounds}")
            raise Invalid(message=f"{self.name} {fault.message}.", faults=(fault,))
        if self.choices and value not in self.choices:
            fault = Fault(self.name, "choice", f"must be one of {', '.join(self.choices)}")
            raise Invalid(message=f"{self.name} {fault.message}.", faults=(fault,))
        if self.check is not None:
            self.check(value)
        return tuple(value) if expected is tuple else value  # type: ignore[return-value]  # T is a tuple then

    def overruled(self) -> bool:
        """Whether the environment decides."""
        return bool(self.env) and self.env in os.environ

    def from_env(self) -> T:
        """The environment's value; ImproperlyConfigured when it is of another type."""
        read: Callable[[], Any] = {
            bool: lambda: env_bool(self.env),
            int: lambda: self._number_from_env(),
            tuple: lambda: tuple(env_list(self.env)),
        }.get(type(self.default), lambda: os.environ[self.env])
        return read()  # type: ignore[no-any-return]  # one reader per type

    def _number_from_env(self) -> int:
        if self.or_none and env_int(self.env, 0) == 0:
            return 0
        return env_int(self.env, 0, least=self.least, most=self.most)

    def _is_within(self, number: int) -> bool:
        if self.or_none and number == 0:
            return True
        return self.least <= number and (self.most is None or number <= self.most)


_WORDS: dict[type, str] = {
    bool: "true or false",
    int: "a whole number",
    str: "a string",
    tuple: "an array of strings",
}

_NO_TEXTS: tuple[str, ...] = ()
_registry: dict[str, Option[Any]] = {}
_rows: Mapping[str, Any] = {}
_read_at = float("-inf")


def register(option: Option[T]) -> Option[T]:
    """Make ``option`` known to the settings page and the API; apps call it at import."""
    _registry[option.name] = option
    return option


def registered() -> list[Option[Any]]:
    """All options, by name."""
    return [_registry[name] for name in sorted(_registry)]


def named(name: str) -> Option[Any]:
    """The option ``name``, or NotFound."""
    option = _registry.get(name)
    if option is None:
        raise NotFound("setting")
    return option


def get(option: Option[T]) -> T:
    """The value in force: the environment's, else the row's, else the default."""
    if option.overruled():
        return option.from_env()
    stored = _stored()
    return option.parse(stored[option.name]) if option.name in stored else option.default


def forget() -> None:
    """Read the rows anew at the next call, because this process has just changed one."""
    global _read_at
    _read_at = float("-inf")


def _stored() -> Mapping[str, Any]:
    global _rows, _read_at
    now = time.monotonic()
    if now - _read_at >= MAX_AGE:
        _rows = dict(Setting.objects.values_list("name", "value"))
        _read_at = now
    return _rows


ADMIN_MAY_READ_DATA = register(
    Option(
        "collections.admin_may_read_data",
        default=False,
        env="PVAULT_SERVICE_ADMIN_MAY_READ_DATA",
        help="The built-in user Admin may read the data of collections.",
    )
)
EGRESS_HTTP = register(
    Option(
        "egress.http",
        default=False,
        env="PORTAL_EGRESS_HTTP",
        help="Deliveries may go to plain http addresses.",
    )
)
EGRESS_NETWORKS = register(
    Option(
        "egress.networks",
        default=_NO_TEXTS,
        env="PORTAL_EGRESS_NETWORKS",
        help="Networks that are not public and may be connected to, as 10.1.0.0/16.",
    )
)
CORS_ORIGINS = register(
    Option(
        "api.cors_origins",
        default=_NO_TEXTS,
        env="PVAULT_SERVICE_ALLOW_ORIGINS",
        help="Origins whose pages may call the collections API; * for all.",
    )
)
LOGIN_THROTTLE = register(
    Option(
        "login.throttle",
        default=True,
        env="PORTAL_LOGIN_THROTTLE",
        help="Slow down the guessing of passwords and secrets.",
    )
)
