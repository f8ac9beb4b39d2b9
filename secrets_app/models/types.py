"""Kinds of secrets that this installation made for itself."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from vaultportal.identity.ids import uuid7


class SecretType(models.Model):
    """A named JSON Schema that the data of its secrets must fit. The built-in ones are in types.py.

    sensitive: the fields that pages keep masked; all others may be shown once the secret is open.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.SlugField(_("name"), max_length=64, unique=True)
    title = models.CharField(_("title"), max_length=120)
    schema = models.JSONField(_("JSON Schema"))
    sensitive = models.JSONField(_("sensitive fields"), default=list)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("type of secret")
        verbose_name_plural = _("types of secrets")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.title
