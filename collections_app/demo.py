"""A sample collection with a few objects, all of them made up."""

from __future__ import annotations

from collections_app import pvschema
from collections_app.models import Collection
from collections_app.services.adding import add_objects
from collections_app.services.collections import add_collection
from collections_app.services.options import WriteOptions
from vaultportal.directory import builtin
from vaultportal.identity import authentication
from vaultportal.identity.actor import Actor

NAME = "sample_buyers"
SCHEMA = f"""
{NAME} PERSONS (
  full_name NAME,
  email EMAIL UNIQUE INDEX,
  phone_number PHONE_NUMBER NULL,
  city STRING NULL,
);
"""
BUYERS = [
    {"full_name": "Ida Holm", "email": "ida@example.org", "phone_number": "+12025550147"},
    {"full_name": "Raul Otero", "email": "raul@example.org", "city": "Porto"},
    {"full_name": "Yuki Mori", "email": "yuki@example.org", "city": "Nara"},
]


def load(actor: Actor) -> str:
    """Make the collection when it is missing.

    Objects are written by the built-in Admin: the portal itself has no policy that would let it.
    """
    if Collection.objects.live().filter(name=NAME).exists():
        return "there already"
    add_collection(actor, pvschema.parse(SCHEMA))
    admin = authentication.user_actor(builtin.vault_admin().pk)
    add_objects(admin, NAME, BUYERS, WriteOptions())
    return f"{NAME} with {len(BUYERS)} objects"
