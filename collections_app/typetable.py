"""Custom data types as the data plane works with them, read from their rows: two statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from collections_app.errors import property_type_missing
from collections_app.models import Bundle, CustomType
from collections_app.schema import custom
from collections_app.schema.custom import Parts
from collections_app.schema.datatypes import BUILTIN, DataType
from collections_app.schema.functions import Function, function_in


def load() -> dict[str, DataType]:
    """Every custom type, and every built-in type that functions were added to, by name."""
    rows = list(CustomType.objects.order_by("name"))
    if not rows:
        return {}
    needed = set[str]().union(*(row.bundle_names for row in rows))
    found = {row.name: row for row in Bundle.objects.filter(name__in=needed)}
    return {row.name: _compiled(row, found) for row in rows}


def hold(names: Iterable[str]) -> None:
    """Let no custom type among ``names`` go before the transaction ends; PV1012 for a gone one."""
    wanted = {name for name in names if name.upper() not in BUILTIN}
    if not wanted:
        return
    rows = CustomType.objects.select_for_update().filter(name__in=wanted)
    if {row.name for row in rows} != wanted:
        raise property_type_missing()


def _compiled(row: CustomType, found: Mapping[str, Bundle]) -> DataType:
    transformers = [
        function for each in row.transformers if (function := _function(each, found)) is not None
    ]
    if not row.base_type_name:
        return custom.extended(BUILTIN[row.name], transformers)
    parts = Parts(
        validator=_function(row.validator, found),
        normalizer=_function(row.normalizer, found),
        transformers=transformers,
        default=row.default_transformer.rpartition(".")[2],
    )
    return custom.build(
        row.name,
        BUILTIN[row.base_type_name],
        parts,
        description=row.description,
        created_at=row.created_at,
    )


def _function(reference: str, found: Mapping[str, Bundle]) -> Function | None:
    bundle, _, name = reference.partition(".")
    row = found.get(bundle)
    if row is None:
        return None
    return function_in(row.exports, bundle=bundle, name=name, digest=row.digest, code=row.code)
