"""Rows of any model, filled in by the types of its columns."""

from __future__ import annotations

import itertools
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Model
from django.utils import timezone

from vaultportal.crypto.fields import VaultField
from vaultportal.identity.models import Role

_numbers = itertools.count(1000)
# What constraints ask for beyond the types, and what a page's own columns need.
SPECIAL: dict[str, dict[str, Any]] = {
    "audit.Verification": {"state": "whole"},
    "crypto.KeyJob": {"state": "done"},
    "ops.Backup": {"state": "done"},
    "s3vault_app.KeyPair": {"secret": "sealed"},
    "secrets_app.SecretVersion": {"sealed": b"x", "outline": b"x"},
    "collections_app.Token": {"props": [1]},
    "triggers_app.Invocation": {"due_at": timezone.now},
    "triggers_app.SigningKey": {"retired_at": timezone.now},
}
# One row or a fixed number of them, which is there.
FIXED = {"crypto.Instance", "identity.IdentityEpoch", "audit.AuditHead"}
ALONE = {"directory.SetupCode"}


def make(model: type[Model], count: int) -> list[Model]:
    """``count`` rows, each with parents of its own; those that are there of a fixed table."""
    if model._meta.label in FIXED:
        return list(model._default_manager.all()[:count])
    if model._meta.label in ALONE:
        return list(model._default_manager.all()) or [_make(model)]
    return [_make(model) for _ in range(count)]


def _make(model: type[Model]) -> Model:
    number = next(_numbers)
    given = {
        name: value() if callable(value) else value
        for name, value in SPECIAL.get(model._meta.label, {}).items()
    }
    values = {
        field.name: _value(field, number)
        for field in model._meta.concrete_fields
        if field.name not in given and _is_asked_for(field)
    }
    row = model(**values, **given)
    row.save(force_insert=True)
    return row


def _is_asked_for(field: Any) -> bool:
    if isinstance(field, (models.AutoField, models.GeneratedField)):
        return False
    if field.remote_field is not None and getattr(field.remote_field, "parent_link", False):
        return False
    is_filled = field.has_default() or field.has_db_default() or field.null
    return not is_filled and not getattr(field, "auto_now", False) and not _is_stamped(field)


def _is_stamped(field: Any) -> bool:
    return bool(getattr(field, "auto_now_add", False))


def _value(field: Any, number: int) -> Any:
    if isinstance(field, models.ForeignKey):
        if field.related_model is Group:
            return Group.objects.get(pk=_make(Role).pk)
        if field.related_model is Permission:
            granted: Any = field.model._meta.get_field("content_object").related_model
            of_model = ContentType.objects.get_for_model(granted)
            return Permission.objects.filter(content_type=of_model).first()
        return _make(field.related_model)
    if isinstance(field, VaultField):
        return f"sealed {number}"
    if field.choices:
        return field.choices[0][0]
    plain: list[tuple[Any, Any]] = [
        (models.UUIDField, uuid4()),
        (models.BinaryField, number.to_bytes(32, "big")),
        (models.BooleanField, False),
        (models.DateTimeField, timezone.now()),
        (models.JSONField, {}),
        (models.GenericIPAddressField, "192.0.2.1"),
        (models.EmailField, f"row-{number}@example.org"),
        (models.URLField, f"https://row-{number}.example.org/"),
        (ArrayField, ["a"]),
        (models.SmallIntegerField, number % 30_000),
        (models.IntegerField, number),
    ]
    for kind, value in plain:
        if isinstance(field, kind):
            return value
    return f"{field.name}-{number}"[: field.max_length or 255]
