"""Rows to be granted: a model with guardian's direct tables that no app has.

The classes are taken out of Django's registry at once, so that no other test's deletions look for
their tables; ``shelf`` makes these inside the transaction of a test.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest
from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from vaultportal.identity import access
from vaultportal.identity.grant_tables import numbers
from vaultportal.identity.ids import uuid7
from vaultportal.identity.permissions import PermissionEnum


class BookPermission(PermissionEnum):
    __app_label__ = "identity"

    VIEW = "view_book"
    ADD = "add_book"
    CHANGE = "change_book"
    DELETE = "delete_book"
    READ = "read_book"
    OWN = "own_book"


IMPLIED_BY = {
    BookPermission.VIEW: {BookPermission.READ, BookPermission.CHANGE},
    BookPermission.READ: {BookPermission.OWN},
    BookPermission.DELETE: {BookPermission.OWN},
}
MODEL_WIDE = {
    BookPermission.VIEW,
    BookPermission.ADD,
    BookPermission.CHANGE,
    BookPermission.DELETE,
}


class Book(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    title = models.CharField(max_length=100, unique=True)

    objects: ClassVar[models.Manager[Book]] = models.Manager()

    class Meta:
        app_label = "identity"
        permissions = [("read_book", "Can read a book"), ("own_book", "Owns a book")]

    def __str__(self) -> str:
        return self.title


class BookUserGrant(UserObjectPermissionBase):
    content_object = models.ForeignKey(Book, models.CASCADE)
    valid_until = models.DateTimeField(null=True)

    class Meta(UserObjectPermissionBase.Meta):
        app_label = "identity"


class BookRoleGrant(GroupObjectPermissionBase):
    content_object = models.ForeignKey(Book, models.CASCADE)
    valid_until = models.DateTimeField(null=True)
    position = models.PositiveIntegerField(default=0)

    class Meta(GroupObjectPermissionBase.Meta):
        app_label = "identity"


MODELS = (Book, BookUserGrant, BookRoleGrant)

for _model in MODELS:
    del apps.all_models["identity"][_model.__name__.lower()]
apps.clear_cache()
access.register(Book, user_grants=BookUserGrant, role_grants=BookRoleGrant)


@pytest.fixture
def shelf(db: None) -> Iterator[type[Book]]:
    """The tables and permissions of books, until the test ends."""
    with connection.schema_editor() as editor:
        for model in MODELS:
            editor.create_model(model)
    ContentType.objects.clear_cache()
    registered = apps.all_models["identity"]
    registered["book"] = Book
    apps.clear_cache()
    try:
        create_permissions(apps.get_app_config("identity"), verbosity=0)
    finally:
        del registered["book"]
        apps.clear_cache()
    numbers.forget()
    yield Book
    numbers.forget()
    ContentType.objects.clear_cache()
