"""Whose signed tokens the vault takes for a role, as the IAM file names them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class IdentityProvider(models.Model):
    """An issuer of JSON Web Tokens. Its public keys are no secret; the vault holds no others.

    allowed_roles: names of roles of the file; empty for all of them.
    roles_map: value of the role claim → role.
    conf: ``iss``, ``aud``, ``keys`` or ``jwks_uri``, and what else ``tokenconf`` knows.
    """

    name = models.CharField(max_length=150, primary_key=True, db_collation="C")
    position = models.PositiveIntegerField(default=0)
    is_disabled = models.BooleanField(default=False)
    type = models.CharField(max_length=32)
    allowed_roles = ArrayField(models.CharField(max_length=150), default=list, blank=True)
    roles_map = models.JSONField(default=dict, blank=True)
    conf = models.JSONField(default=dict)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name
