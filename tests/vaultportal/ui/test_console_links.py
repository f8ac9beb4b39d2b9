"""From rows of the console to the pages of the portal."""

from __future__ import annotations

from django.utils import timezone

from secrets_app.models import Secret
from vaultportal.audit.models import AuditEntry, Checkpoint
from vaultportal.console.links import portal_page
from vaultportal.identity.models import Role, User


def test_a_row_leads_to_its_own_page() -> None:
    person, client = User(kind=User.Kind.PERSON), User(kind=User.Kind.CLIENT)
    role, secret = Role(), Secret()

    assert portal_page(person) == f"/access/people/{person.pk}/"
    assert portal_page(client) == f"/access/clients/{client.pk}/"
    assert portal_page(role) == f"/access/roles/{role.uuid}/"
    assert portal_page(AuditEntry(shard=3, seq=7)) == "/audit/3-7/"
    assert portal_page(secret) == f"/secrets/{secret.pk}/"


def test_what_has_no_page_leads_nowhere() -> None:
    assert portal_page(Role(deleted_at=timezone.now())) == ""
    assert portal_page(Checkpoint(number=1)) == ""
