"""The team's own code: bundles of functions, data types made of them, and actions that run them."""

from __future__ import annotations

from base64 import b64encode

from django.contrib.postgres.fields import ArrayField
from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from collections_app.permissions import ActionPermission
from collections_app.schema.names import LONGEST_DESCRIPTION
from vaultportal.identity.ids import uuid7
from vaultportal.identity.models import Role

LONGEST_CODE_NAME = 450


class Bundle(models.Model):
    """Self-contained JavaScript, and what it exports.

    exports: ``{validators, normalizers, transformers, actions}``, each a list of prototypes sorted
    by name, as the code had them when it was stored. digest: SHA-256 of the code, in hexadecimal.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=LONGEST_CODE_NAME, db_collation="C", unique=True)
    description = models.CharField(max_length=LONGEST_DESCRIPTION, blank=True)
    code = models.TextField(editable=False)
    digest = models.CharField(max_length=64, editable=False)
    exports = models.JSONField(default=dict, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    modified_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def encoded(self) -> str:
        """The code as the wire has it: base64."""
        return b64encode(self.code.encode()).decode()


class CustomType(models.Model):
    """A data type beside the built-in ones, or transformers that were added to a built-in one.

    base_type_name: a built-in type; "" when the row adds to the built-in type of its own name.
    validator, normalizer: ``bundle.function``, or "" for what the base does.
    transformers: ``bundle.function`` of each; default_transformer: one that the type has, or "".
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=LONGEST_CODE_NAME, db_collation="C", unique=True)
    base_type_name = models.CharField(max_length=40, blank=True)
    description = models.CharField(max_length=LONGEST_DESCRIPTION, blank=True)
    validator = models.TextField(blank=True)
    normalizer = models.TextField(blank=True)
    transformers = ArrayField(models.TextField(), default=list, blank=True)
    default_transformer = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    modified_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def references(self) -> list[str]:
        """Every ``bundle.function`` that it needs."""
        return [each for each in (self.validator, self.normalizer, *self.transformers) if each]

    @property
    def bundle_names(self) -> set[str]:
        """The bundles that it needs."""
        return {each.partition(".")[0] for each in self.references}


class Action(models.Model):
    """One function of a bundle by a name of its own, and the role that it runs with.

    timeouts: runs in a row that ran out of time; disabled_at: since when it is off for them.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=LONGEST_CODE_NAME, db_collation="C", unique=True)
    description = models.CharField(max_length=LONGEST_DESCRIPTION, blank=True)
    bundle = models.ForeignKey(Bundle, models.PROTECT, related_name="actions")
    function_name = models.TextField()
    role = models.ForeignKey(Role, models.PROTECT, related_name="+")
    timeouts = models.PositiveIntegerField(default=0, editable=False)
    disabled_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    modified_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        permissions = [(ActionPermission.INVOKE.codename, "Can invoke the action")]

    def __str__(self) -> str:
        return self.name

    @property
    def function(self) -> str:
        """``bundle.function``."""
        return f"{self.bundle.name}.{self.function_name}"


class ActionUserGrant(UserObjectPermissionBase):
    """A person or client may see or invoke one action."""

    content_object = models.ForeignKey(Action, models.CASCADE)
    valid_until = models.DateTimeField(null=True, blank=True)


class ActionRoleGrant(GroupObjectPermissionBase):
    """Whoever holds the role may see or invoke one action."""

    content_object = models.ForeignKey(Action, models.CASCADE)
    valid_until = models.DateTimeField(null=True, blank=True)
