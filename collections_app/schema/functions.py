"""Functions of bundles: what they are called, of which kind they are, what they ask to see. Pure.

Source: the bundles of Piiano Vault; an export is ``{type, handler, description?, dependencies?}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from collections_app.code_errors import code_refused
from collections_app.schema.names import LONGEST_DESCRIPTION

VALIDATOR = "validator"
NORMALIZER = "normalizer"
TRANSFORMER = "transformer"
ACTION = "action"
KINDS = (VALIDATOR, NORMALIZER, TRANSFORMER, ACTION)
MOST_EXPORTS = 1000
MOST_DEPENDENCIES = 100
LONGEST_NAME = 450
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*")
_FUNCTION = re.compile(r"[a-zA-Z_$][a-zA-Z0-9_$]*")


@dataclass(frozen=True, slots=True)
class Function:
    """One function with the code it is in.

    digest: of the code; properties: globs over the names of properties that it asks to see.
    """

    bundle: str
    name: str
    kind: str
    digest: str
    code: str = field(repr=False)
    properties: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """``bundle.function``."""
        return f"{self.bundle}.{self.name}"

    def wants(self, property_name: str) -> bool:
        """Whether it asked to see the property."""
        return any(fnmatchcase(property_name, glob) for glob in self.properties)


def is_code_name(name: str) -> bool:
    """Whether a bundle, a data type or an action may be called so."""
    return len(name) <= LONGEST_NAME and _NAME.fullmatch(name) is not None


def is_reference(text: str) -> bool:
    """Whether it reads ``bundle.function``."""
    bundle, dot, function = text.partition(".")
    return bool(dot) and is_code_name(bundle) and _FUNCTION.fullmatch(function) is not None


def list_of(kind: str) -> str:
    """The key of ``exports`` under which functions of the kind stand."""
    return f"{kind}s"


def exports_of(prototypes: Iterable[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """``exports`` as the wire has it: prototypes by kind, each list sorted by name.

    Raises:
        Invalid: PV9013, a name, a description or a dependency that cannot be, or nothing exported.
    """
    exports: dict[str, list[dict[str, Any]]] = {list_of(kind): [] for kind in KINDS}
    found = sorted(map(_prototype, prototypes), key=lambda each: str(each["name"]))
    if not found:
        raise code_refused("The code exports no function of a known type.")
    if len(found) > MOST_EXPORTS:
        raise code_refused(f"The code exports more than {MOST_EXPORTS} functions.")
    for each in found:
        exports[list_of(each["type"])].append(each)
    return exports


def _prototype(given: Mapping[str, Any]) -> dict[str, Any]:
    name, kind = given.get("name"), given.get("type")
    if not isinstance(name, str) or not _FUNCTION.fullmatch(name) or len(name) > LONGEST_NAME:
        raise code_refused("The code exports a function whose name is no identifier.")
    if kind not in KINDS:
        raise code_refused("The code exports a function of an unknown type.", function=name)
    made: dict[str, Any] = {"name": name, "type": kind}
    description = given.get("description")
    if description is not None:
        if not isinstance(description, str) or len(description) > LONGEST_DESCRIPTION:
            raise code_refused("A description is a string of 450 characters.", function=name)
        made["description"] = description
    properties = _properties(name, given.get("dependencies"))
    if properties is not None:
        made["dependencies"] = {"properties": properties}
    if "\0" in f"{description or ''}{''.join(properties or ())}":
        raise code_refused("A prototype must not hold the NUL character.", function=name)
    return made


def _properties(name: str, dependencies: Any) -> list[str] | None:
    if dependencies is None:
        return None
    if not isinstance(dependencies, Mapping):
        raise code_refused("dependencies is an object with a list of properties.", function=name)
    found = dependencies.get("properties")
    if found is None:
        return None
    if (
        not isinstance(found, Sequence)
        or isinstance(found, str)
        or len(found) > MOST_DEPENDENCIES
        or not all(isinstance(each, str) and 0 < len(each) <= LONGEST_NAME for each in found)
    ):
        raise code_refused("dependencies.properties is a list of names or globs.", function=name)
    return list(found)


def prototypes_in(exports: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, dict[str, Any]]:
    """The prototypes of ``exports`` by name."""
    return {str(each["name"]): dict(each) for listed in exports.values() for each in listed}


def function_in(
    exports: Mapping[str, Any], *, bundle: str, name: str, digest: str, code: str
) -> Function | None:
    """The function ``name`` of a bundle, None when it exports none of that name."""
    found = prototypes_in(exports).get(name)
    if found is None:
        return None
    properties = (found.get("dependencies") or {}).get("properties") or ()
    return Function(bundle, name, str(found["type"]), digest, code, tuple(properties))
