"""VaultField: a credential of the portal itself (S3 key, signing secret, seed), sealed in place.

Vault payloads of people do not belong here: services seal those explicitly, after the access check.

The machinery is django-cryptography's (lookups, column type, checks); the cipher is message format
1, bound to instance, table, column and primary key. An instance keeps only the sealed bytes: each
access opens them anew, so a list of rows opens nothing and no copy, pickle or dump of a row holds
plaintext.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, cast

from django.core import checks
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql import InsertQuery
from django.db.models.sql.compiler import SQLCompiler
from django_cryptography.fields import EncryptedMixin

from vaultportal.crypto import envelope, keyring, message
from vaultportal.crypto.envelope import Context
from vaultportal.crypto.errors import Tampered
from vaultportal.crypto.sealed import Sealed, Unsealed

SCOPE = "portal"


class VaultAttribute:
    """The attribute of an instance: gives the opened value, keeps the sealed one."""

    def __init__(self, field: VaultField) -> None:
        self.field = field

    def __get__(self, instance: models.Model | None, owner: type | None = None) -> Any:
        if instance is None:
            return self
        held = self.held(instance)
        if isinstance(held, Unsealed):
            return held.value
        return None if held is None else self.field.open(instance, held)

    def __set__(self, instance: models.Model, value: object) -> None:
        kept = value is None or isinstance(value, (Sealed, Unsealed))
        instance.__dict__[self.field.attname] = value if kept else Unsealed(value)

    def held(self, instance: models.Model) -> Sealed | Unsealed | None:
        """What the instance holds; a deferred value is fetched, and not opened."""
        name = self.field.attname
        if name not in instance.__dict__:
            rows = type(instance)._base_manager.using(instance._state.db)
            instance.__dict__[name] = rows.values_list(name, flat=True).get(pk=instance.pk)
        return cast("Sealed | Unsealed | None", instance.__dict__[name])


class VaultField(EncryptedMixin):
    """It needs a primary key that exists before the insert (UUID), and keeps its table and column.

    label: ``table.column`` under which values are sealed. To be given when table or column are
    renamed after all, with the old name.
    """

    value_type: str
    descriptor_class = VaultAttribute
    wasinstance = True  # the fork's word for: deconstructs as itself

    def __init__(self, *args: Any, label: str = "", **kwargs: Any) -> None:
        if kwargs.keys() & {"key", "ttl"}:
            raise TypeError(
                "A vault field has its keys from the keyring, and its values do not expire."
            )
        self.label = label
        kwargs["editable"] = False  # no form shows it; model_to_dict leaves it out
        super().__init__(*args, **kwargs)

    # -- the value and its place ------------------------------------------------------------------

    def dump(self, value: Any) -> bytes:
        """The bytes of a value; TypeError for what the field does not take."""
        raise NotImplementedError

    def load(self, raw: bytes) -> Any:
        """The value of the bytes."""
        raise NotImplementedError

    def context(self, instance: models.Model) -> Context:
        """Where the value of this instance lives."""
        key = instance._meta.pk
        if instance.pk is None or key is None:
            raise ValueError(
                f"{self.model.__name__}.{self.name} needs a primary key before it is sealed."
            )
        table, _, column = self.label.rpartition(".")
        return Context(
            purpose="field",
            model=table or self.model._meta.db_table,
            property_id=column or str(self.column),
            scope=SCOPE,
            object_id=str(key.to_python(instance.pk)),
            value_type=self.value_type,
        )

    def seal(self, instance: models.Model, value: object) -> Sealed:
        """Seal a value for the row of ``instance``."""
        return Sealed(envelope.seal_in_scope(self.dump(value), self.context(instance)))

    def open(self, instance: models.Model, sealed: Sealed) -> Any:
        """The value, when it was sealed for the row of ``instance``; else Tampered."""
        return self.load(envelope.unseal_in_scope(sealed, self.context(instance)))

    def held(self, instance: models.Model) -> Sealed | Unsealed | None:
        """What the instance holds, not opened."""
        return VaultAttribute(self).held(instance)

    def reseal(self, instance: models.Model, held: Sealed | Unsealed | None) -> Sealed | None:
        """What to store: a new value is sealed; sealed bytes are proved to belong here first.

        They are sealed anew when a newer key seals now.
        """
        if held is None:
            return None
        if isinstance(held, Unsealed):
            return self.seal(instance, held.value)
        try:
            value = self.open(instance, held)
        except Tampered as fault:
            fault.add_note("A copy of a row needs its vault values assigned anew.")
            raise
        if message.key_version(held) == keyring.active_version(SCOPE):
            return held
        return self.seal(instance, value)

    def pre_save(self, model_instance: models.Model, add: bool) -> Sealed | None:  # noqa: FBT001 Django's signature
        sealed = self.reseal(model_instance, self.held(model_instance))
        model_instance.__dict__[self.attname] = sealed
        return sealed

    # -- to and from the database -----------------------------------------------------------------

    def from_db_value(self, value: Any, *_: object, **__: object) -> Sealed | None:
        return None if value is None else Sealed(value)

    def get_db_prep_value(
        self,
        value: Any,
        connection: BaseDatabaseWrapper,
        prepared: bool = False,  # noqa: FBT001, FBT002 as above
    ) -> Any:
        if value is None:
            return None
        if not isinstance(value, Sealed):
            raise TypeError(
                f"{self} takes values through save() only: they are sealed for their row."
            )
        return connection.Database.Binary(value)  # type: ignore[attr-defined]  # every backend's DB-API module

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        # The base class lets expressions through (F(), Case): copied bytes that would never open.
        return self.get_db_prep_value(value, connection)

    def get_placeholder(
        self, value: Any, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> str:
        """Django asks for each value of a statement: the place where an upsert shows."""
        query = compiler.query
        if isinstance(query, InsertQuery) and self in getattr(query, "update_fields", ()):
            # ON CONFLICT DO UPDATE may hit a row with another key than the one it was sealed for.
            raise TypeError(
                f"{self} is not written by an upsert: each value is sealed for its row."
            )
        return "%s"

    # -- ways out that are shut -------------------------------------------------------------------

    def value_from_object(self, obj: models.Model) -> Sealed | None:
        """What serializers and forms take: sealed, also after the value was opened."""
        held = self.held(obj)
        return self.seal(obj, held.value) if isinstance(held, Unsealed) else held

    def value_to_string(self, obj: models.Model) -> str:
        sealed = self.value_from_object(obj)
        return "" if sealed is None else base64.b64encode(sealed).decode("ascii")

    def to_python(self, value: Any) -> Any:
        """Values pass unchanged. Fixtures do not load: their values are not sealed for the row."""
        return value

    def formfield(self, *_: object, **__: object) -> None:
        return None

    def contribute_to_class(
        self,
        cls: type[models.Model],
        name: str,
        private_only: bool = False,  # noqa: FBT001, FBT002 as above
    ) -> None:
        super().contribute_to_class(cls, name, private_only)
        cls.__getstate__ = _sealing(cls.__getstate__)  # type: ignore[assignment, method-assign]  # on purpose

    # -- declaration ------------------------------------------------------------------------------

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        errors = list(super().check(**kwargs))
        if isinstance(self.model._meta.pk, models.AutoField):
            errors.append(
                checks.Error(
                    "A vault field needs a primary key that exists before the insert (UUID).",
                    obj=self,
                    id="crypto.E001",
                )
            )
        if self.unique or getattr(self, "db_index", False):
            errors.append(
                checks.Error(
                    "A sealed column cannot be unique or indexed: equal values differ.",
                    hint="Store a blind index beside it.",
                    obj=self,
                    id="crypto.E002",
                )
            )
        return errors

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("editable", None)
        if self.label:
            kwargs["label"] = self.label
        return name, path, args, kwargs

    def clone(self) -> VaultField:
        _, _, args, kwargs = self.deconstruct()
        return type(self)(*args, **kwargs)


class VaultTextField(VaultField, models.TextField):  # type: ignore[type-arg]  # at run time it has none
    """Text."""

    value_type = "text"
    base_class = models.TextField

    def dump(self, value: Any) -> bytes:
        if not isinstance(value, str):
            raise TypeError(f"{self} takes text.")
        try:
            return value.encode()
        except UnicodeEncodeError:  # it would carry the value
            raise TypeError(f"{self} takes text that UTF-8 can express.") from None

    def load(self, raw: bytes) -> str:
        return raw.decode()


class VaultJSONField(VaultField, models.JSONField):  # type: ignore[misc]  # of the two, the mixin wins
    """A JSON value. Each access gives a fresh copy: to change it, assign the changed value."""

    value_type = "json"
    base_class = models.JSONField

    def dump(self, value: Any) -> bytes:
        try:
            return json.dumps(
                value, ensure_ascii=False, allow_nan=False, separators=(",", ":")
            ).encode()
        except (TypeError, ValueError):
            raise TypeError(f"{self} takes values that JSON can express.") from None

    def load(self, raw: bytes) -> Any:
        return json.loads(raw)


def vault_fields(model: type[models.Model]) -> list[VaultField]:
    """The vault fields of a model's own table."""
    return [field for field in model._meta.local_concrete_fields if isinstance(field, VaultField)]


def _sealing(getstate: Callable[[Any], dict[str, Any]]) -> Callable[[Any], dict[str, Any]]:
    """What pickle and copy take from an instance: values that were not saved yet go sealed."""

    @wraps(getstate)
    def __getstate__(self: models.Model) -> dict[str, Any]:
        state = getstate(self)
        for field in self._meta.concrete_fields:
            if isinstance(field, VaultField) and isinstance(state.get(field.attname), Unsealed):
                state[field.attname] = field.value_from_object(self)
        return state

    return __getstate__
