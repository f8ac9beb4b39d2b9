"""The dashed names and the rights they stand for."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission

from vaultportal.directory import wire_permissions


def test_names_and_rights_lead_to_each_other() -> None:
    for name, rights in wire_permissions.RIGHTS.items():
        assert wire_permissions.rights_of([name]) == rights
        assert name in wire_permissions.names_of(rights)


def test_a_name_is_told_only_when_all_its_rights_are_held() -> None:
    rights = wire_permissions.RIGHTS["vault-manage"] - {"secrets_app.delete_secret"}

    assert "vault-manage" not in wire_permissions.names_of(rights)


def test_unknown_names_are_kept_as_given() -> None:
    names = ["connections-view", "vault-add", "workflows-view", "connections-view"]

    kept = wire_permissions.unmapped(names)

    assert kept == ["connections-view", "workflows-view"]
    assert wire_permissions.names_of(wire_permissions.rights_of(names), kept) == [
        "vault-add",
        *kept,
    ]


def test_rights_of_other_wires_are_not_taken_away() -> None:
    before = frozenset({"collections_app.cap_data_reader", "secrets_app.add_secret"})

    assert wire_permissions.replaced(before, ["users-view"]) == {
        "collections_app.cap_data_reader",
        "identity.view_user",
    }


@pytest.mark.django_db
def test_every_right_exists() -> None:
    rows = Permission.objects.values_list("content_type__app_label", "codename")
    existing = {f"{label}.{codename}" for label, codename in rows}

    for rights in wire_permissions.RIGHTS.values():
        assert rights <= existing
