"""What automation needs of a fresh portal: an administrator, and a credential for each wire."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.db import connection

from vaultportal import trail
from vaultportal.directory import builtin, options, setup
from vaultportal.directory.models import KeptCredential
from vaultportal.directory.oauth import applications
from vaultportal.directory.services import administrators, clients, keys
from vaultportal.directory.services.people import PersonFields
from vaultportal.directory.services.settings import change_setting
from vaultportal.env import env_secret
from vaultportal.errors import Disabled
from vaultportal.identity import actor as actors
from vaultportal.identity.keys import digests
from vaultportal.identity.models import ApiClient, Role, User
from vaultportal.identity.models.role import ADMIN

EMAIL = "admin@localhost"
NAME = "Administrator"
PRIVX_CLIENT = "bootstrap-privx"
SAILPOINT_CLIENT = "bootstrap-sailpoint"

# What a trial on one's own machine needs and production must not have.
TRIAL: dict[str, Any] = {
    options.ADMIN_MAY_READ_DATA.name: True,
    options.EGRESS_HTTP.name: True,
    options.EGRESS_NETWORKS.name: ["127.0.0.0/8"],
    options.CORS_ORIGINS.name: ["*"],
    options.LOGIN_THROTTLE.name: False,
}


@dataclass(frozen=True, slots=True, repr=False)
class Access:
    """One object a wire, as ``bootstrap --json`` prints it; None for what cannot be shown now."""

    portal: dict[str, str | None]
    piiano: dict[str, str | None]
    privx: dict[str, str | None]
    sailpoint: dict[str, str | None]
    commvault: dict[str, str | None]

    def as_json(self) -> dict[str, dict[str, str | None]]:
        """For ``json.dumps``."""
        return asdict(self)


@trail.unit()
def bootstrap(*, email: str = "", name: str = "", dev: bool = False) -> Access:
    """Make what is missing, and tell every credential that can be told. Safe to repeat.

    email, name: of the first administrator, when there is none yet.
    dev: also store what a local trial needs (``TRIAL``).

    Raises:
        Disabled: ``dev`` in production.
        Invalid: the e-mail address or a key from the environment is not good.
    """
    if dev and settings.IS_PRODUCTION:
        raise Disabled("bootstrap", "Trial settings are refused in production.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('directory.setup'))")
    builtin.ensure_builtin()
    administrator = _administrator(email or EMAIL, name or NAME)
    password = _password(administrator)
    privx, sailpoint = _client(PRIVX_CLIENT), _client(SAILPOINT_CLIENT)
    if dev:
        _store_trial()
    return Access(
        portal={
            "url": settings.PUBLIC_BASE_URL,
            "email": administrator.email,
            "password": password,
        },
        piiano={"api_key": _vault_admin_key()},
        privx={
            "oauth_client_id": applications.EXTERNAL,
            "oauth_client_secret": applications.external_secret(),
            "api_client_id": str(privx.pk),
            "api_client_secret": privx.secret,
        },
        sailpoint={"client_id": str(sailpoint.pk), "client_secret": sailpoint.secret},
        commvault={"username": administrator.username, "password": password},
    )


def _administrator(email: str, name: str) -> User:
    """The person who has been in charge the longest, or a new one with a generated password."""
    people = administrators.administrators().filter(kind=User.Kind.PERSON)
    known = people.order_by("created_at", "pk").first()
    if known is not None:
        return known
    password = secrets.token_urlsafe(18)
    person = PersonFields(username=email, email=email, full_name=name)
    user = setup.make_administrator(person, password=password)
    KeptCredential.objects.create(user=user, kind=KeptCredential.Kind.PASSWORD, value=password)
    return user


def _kept(user: User, kind: str) -> KeptCredential | None:
    return KeptCredential.objects.filter(user=user, kind=kind).first()


def _password(user: User) -> str | None:
    """The generated password, as long as it is the one in use."""
    row = _kept(user, KeptCredential.Kind.PASSWORD)
    if row is None:
        return None
    if not user.check_password(row.value):  # changed on a page of the browser
        row.delete()
        return None
    return str(row.value)


def _client(name: str) -> ApiClient:
    """The API client ``name`` with every right, made when it is missing."""
    known = ApiClient.objects.filter(user__username=name).select_related("user").first()
    if known is not None:
        return known
    role = Role.objects.get(name=ADMIN)
    return clients.create_client(actors.system(), name, [role.uuid])


def _vault_admin_key() -> str | None:
    """The key of the user Admin: the environment's, else the one that was made at first."""
    user = builtin.vault_admin()
    given = env_secret("PVAULT_SERVICE_ADMIN_API_KEY")
    if given:
        if not user.api_keys.filter(digest__in=digests(given.encode())).exists():
            keys.issue_key(actors.system(), user.pk, label="environment", key=given)
        return given
    row = _kept(user, KeptCredential.Kind.API_KEY)
    if row is not None:
        return str(row.value)
    if user.api_keys.exists():
        return None
    made = keys.issue_key(actors.system(), user.pk, label="bootstrap").key
    KeptCredential.objects.create(user=user, kind=KeptCredential.Kind.API_KEY, value=made)
    return made


def _store_trial() -> None:
    for name, value in TRIAL.items():
        option = options.named(name)
        if not option.overruled() and options.get(option) != option.parse(value):
            change_setting(actors.system(), name, value)
