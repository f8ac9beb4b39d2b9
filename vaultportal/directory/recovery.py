"""The recovery sheet: what somebody needs to know when the server is lost. It holds no key."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from django.conf import settings

from vaultportal import trail
from vaultportal.crypto import blind_index
from vaultportal.crypto.models import Instance
from vaultportal.crypto.providers import registry
from vaultportal.directory.models import Setting
from vaultportal.directory.permissions import SettingPermission
from vaultportal.errors import Invalid
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.trail import Target

# Crockford's letters: none that is mistaken for another.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 6


@dataclass(frozen=True, slots=True)
class Sheet:
    """instance: the id that all sealed data is bound to. keys: the labels of the root keys.

    is_healthy, detail: whether the keys open now, and a sentence of their provider.
    code: stands at the end of the sheet, and is typed back.
    """

    instance: str
    provider: str
    keys: tuple[str, ...]
    is_healthy: bool
    detail: str
    code: str


def sheet(actor: Actor) -> Sheet:
    """The sheet of this portal. Raises Forbidden."""
    access.require(actor, SettingPermission.VIEW, Setting)
    provider, health = registry.provider(), registry.provider().health()
    instance = str(Instance.objects.values_list("id", flat=True).get())
    labels = tuple(provider.versions().values())
    code = _code("\n".join([instance, provider.name, *labels]))
    return Sheet(instance, provider.name, labels, health.ok, health.detail, code)


@trail.unit()
def confirm(actor: Actor, typed: str) -> None:
    """Have it on record that somebody holds the sheet.

    Raises:
        Forbidden; Invalid: this is not the code of the sheet.
    """
    wanted = sheet(actor).code
    letters = typed.upper().translate(str.maketrans("OIL", "011", "- \t"))
    if not hmac.compare_digest(letters.encode(), wanted.encode()):
        raise Invalid("portal", "This is not the code of the sheet.", reason="recovery_sheet")
    trail.record(actor, "portal.check_recovery_sheet", Target("portal", settings.PUBLIC_BASE_URL))


def _code(text: str) -> str:
    digest = blind_index.hmac_digest("recovery sheet", text.encode())
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:LENGTH])
