"""A storage pool: the portal's own engine, or a store that is there."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from s3vault_app.models import StoragePool
from s3vault_app.services.pools import PoolFields
from s3vault_app.ui import words

PLACES = {
    "settings.endpoints": "endpoints",
    "settings.bucket": "bucket",
    "settings.region": "region",
    "settings.ca": "ca",
    "settings.iam_endpoint": "iam_endpoint",
    "credentials": "access_key",
}


class PoolForm(forms.Form):
    """Of a pool whose engine runs on machines only name and comment are asked."""

    name = forms.CharField(label=_("Name"), max_length=255)
    engine = forms.ChoiceField(
        label=_("Kind of store"),
        choices=list(words.ENGINES.items()),
        initial=StoragePool.Engine.SEAWEEDFS,
        widget=forms.RadioSelect,
    )
    comment = forms.CharField(
        label=_("Comment"), required=False, max_length=1000, widget=forms.Textarea({"rows": 2})
    )
    endpoints = forms.CharField(
        label=_("URLs of its endpoints"),
        required=False,
        max_length=9000,
        help_text=_("One a line, for a store that is there already."),
        widget=forms.Textarea({"rows": 2, "spellcheck": "false"}),
    )
    region = forms.CharField(label=_("Region"), required=False, max_length=32)
    bucket = forms.CharField(
        label=_("Bucket"),
        required=False,
        max_length=63,
        help_text=_("Of a store with one key pair and one bucket."),
    )
    iam_endpoint = forms.CharField(
        label=_("URL for users and keys"),
        required=False,
        max_length=450,
        help_text=_("Where the store keeps its users, if that is elsewhere."),
    )
    path_style = forms.BooleanField(
        label=_("The bucket stands in the path"), required=False, initial=True
    )
    ca = forms.CharField(
        label=_("Certificates to trust"),
        required=False,
        max_length=65_536,
        help_text=_("In PEM, for a store with an authority of its own."),
        widget=forms.Textarea({"rows": 3, "spellcheck": "false"}),
    )
    access_key = forms.CharField(
        label=_("Access key"),
        required=False,
        max_length=255,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    secret_key = forms.CharField(
        label=_("Secret key"),
        required=False,
        max_length=1024,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    OWN = ("name", "engine", "comment")

    def __init__(self, *args: Any, pool: StoragePool | None = None, **kwargs: Any) -> None:
        if pool is not None:
            known = pool.settings
            kwargs["initial"] = {
                "name": pool.name,
                "engine": pool.engine,
                "comment": pool.comment,
                "endpoints": "\n".join(known.get("endpoints", ())),
                "path_style": known.get("path_style", True),
                **{
                    name: known.get(name, "") for name in ("region", "bucket", "iam_endpoint", "ca")
                },
            }
        super().__init__(*args, **kwargs)
        self.pool = pool
        if pool is not None:
            del self.fields["engine"]
            if pool.installs:
                for name in [name for name in self.fields if name not in self.OWN]:
                    del self.fields[name]

    @property
    def main(self) -> list[Any]:
        """Name, kind and comment."""
        return [self[name] for name in self.OWN if name in self.fields]

    @property
    def store(self) -> list[Any]:
        """What describes a store that is there."""
        return [self[name] for name in self.fields if name not in self.OWN]

    @property
    def is_store_wrong(self) -> bool:
        return any(field.errors for field in self.store)

    def pool_fields(self) -> PoolFields:
        """For the service; credentials that are left empty stay."""
        given = self.cleaned_data
        engine = self.pool.engine if self.pool else given["engine"]
        if engine == StoragePool.Engine.SEAWEEDFS:
            return PoolFields(
                name=given["name"].strip(),
                engine=None if self.pool else engine,
                comment=given["comment"],
            )
        urls = [line.strip() for line in given["endpoints"].splitlines() if line.strip()]
        texts = {
            name: given[name].strip()
            for name in ("region", "bucket", "iam_endpoint", "ca")
            if given[name].strip()
        }
        return PoolFields(
            name=given["name"].strip(),
            engine=None if self.pool else engine,
            comment=given["comment"],
            settings={"endpoints": urls, "path_style": given["path_style"], **texts},
            access_key=given["access_key"].strip() or None,
            secret_key=given["secret_key"] or None,
        )
