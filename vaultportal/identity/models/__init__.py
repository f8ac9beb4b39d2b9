"""Who is who: people, API clients, roles, and the credentials they come with."""

from vaultportal.identity.models.credential import ApiClient, ApiKey
from vaultportal.identity.models.epoch import IdentityEpoch
from vaultportal.identity.models.policy import Policy
from vaultportal.identity.models.role import Membership, Role
from vaultportal.identity.models.session import Session
from vaultportal.identity.models.user import User

__all__ = [
    "ApiClient",
    "ApiKey",
    "IdentityEpoch",
    "Membership",
    "Policy",
    "Role",
    "Session",
    "User",
]
