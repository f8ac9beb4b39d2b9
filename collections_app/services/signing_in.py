"""Signed tokens as credentials: in ``Authorization``, and to act in the name of another role.

A token makes its bearer an actor with the rights of one role of the IAM file, and no others. What
the file says is kept by each process as long as the identity epoch stands, so a known issuer costs
the one small statement that every credential costs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid5

from django.http import HttpRequest

from collections_app import iamstore, signedtokens
from collections_app.errors import capability_missing
from collections_app.providerconf import ProviderConf
from collections_app.services.claims import TokenActor
from collections_app.signedtokens import Verified
from vaultportal.errors import Unauthenticated
from vaultportal.identity import authentication, lookup, origin
from vaultportal.identity.actor import Actor, Credential, gated_by
from vaultportal.identity.models import IdentityEpoch, Policy
from vaultportal.identity.policies import Policies, Rule, prepared

HEADER = "X-Pvault-Delegation"
KIND = "token"
_SUBJECTS = UUID("5f0c8a52-53f4-5c52-9f07-4d1ad1a1d0a6")  # names the bearers, who have no rows


@dataclass(frozen=True, slots=True)
class RoleRights:
    """What a role of the file may, and the ids of the roles that may act in its name."""

    id: int
    permissions: frozenset[str]
    policies: Policies
    trusted: frozenset[int]


@dataclass(frozen=True, slots=True)
class Known:
    """The issuers and roles of the file at one identity epoch."""

    epoch: int | None
    providers: Mapping[str, ProviderConf]
    roles: Mapping[str, RoleRights]
    gated: frozenset[str] = frozenset()


_known = Known(None, {}, {})


def authenticate(request: HttpRequest) -> Actor:
    """The actor of a request, with the role of X-Pvault-Delegation when it has that header.

    Raises:
        Unauthenticated: the credential is not right, or is a signed token for a role that others
            act for, which nobody signs in with.
        Forbidden: PV1007, the delegating role does not trust the caller's.

    Source: Piiano Vault, JWT authentication and role delegation.
    """
    token = authentication.bearer_token(request)
    if not signedtokens.looks_signed(token):
        actor = authentication.authenticate(request)
    else:
        known = _current()
        verified, role = _verified(known, token)
        if role.trusted:
            raise Unauthenticated
        credential = Credential("jwt", verified.token_id)
        actor = _actor(request, verified, role, credential, known.gated)
    delegation = request.headers.get(HEADER, "")
    return _delegated(request, actor, delegation) if delegation else actor


def _delegated(request: HttpRequest, actor: Actor, token: str) -> Actor:
    """The bearer of ``token`` as whom ``actor`` acts; an API key cannot delegate."""
    if not signedtokens.looks_signed(token):
        raise Unauthenticated
    known = _current()
    verified, role = _verified(known, token)
    if role.trusted.isdisjoint(actor.role_ids):
        raise capability_missing(actor.name)
    credential = Credential("delegation", verified.token_id, client_id=actor.name)
    return _actor(request, verified, role, credential, known.gated)


def _verified(known: Known, token: str) -> tuple[Verified, RoleRights]:
    verified = signedtokens.verify(token, known.providers)
    role = known.roles.get(verified.role)
    if role is None:
        raise Unauthenticated
    return verified, role


def _actor(
    request: HttpRequest,
    verified: Verified,
    role: RoleRights,
    credential: Credential,
    gated: frozenset[str],
) -> TokenActor:
    name = f"{verified.provider}:{verified.subject}"
    return TokenActor(
        user_id=uuid5(_SUBJECTS, name),
        number=0,
        name=name,
        kind=KIND,
        role_ids=(role.id,),
        permissions=role.permissions,
        is_staff=False,
        is_superuser=False,
        credential=credential,
        request_id=origin.request_id(request),
        address=origin.client_address(request),
        user_agent=origin.user_agent(request),
        policies=role.policies,
        gated=gated,
        props=verified.props,
    )


def _current() -> Known:
    global _known
    held, epoch = _known, lookup.epoch()
    if epoch is None or epoch != held.epoch:
        # The epoch was read first: a change in between is noticed by the next comparison.
        gated = IdentityEpoch.objects.values_list("gated", flat=True).first()
        held = _known = Known(epoch, iamstore.providers(), _roles(), gated_by(gated))
    return held  # another thread may have put an older one there since


def forget() -> None:
    """Know nothing, as a new process does."""
    global _known
    _known = Known(None, {}, {})


def _roles() -> dict[str, RoleRights]:
    return {
        name: RoleRights(
            id=role.pk,
            permissions=frozenset(
                f"{label}.{codename}"
                for label, codename in role.permissions.values_list(
                    "content_type__app_label", "codename"
                )
            ),
            policies=prepared(tuple(_rule(row) for row in role.policies.all())),
            trusted=frozenset(role.trusted_roles.values_list("pk", flat=True)),
        )
        for name, role in iamstore.roles_of_file().items()
    }


def _rule(row: Policy) -> Rule:
    return Rule(
        name=row.name,
        denies=row.policy_type == "deny",
        operations=frozenset(row.operations),
        reasons=frozenset(row.reasons),
        resources=tuple(row.resources),
    )
