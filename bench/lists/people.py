"""People in a role, API clients with a key each, roles; and a few keys of who looks.

The clients' secrets are copies that open for the first one alone; no list opens them.
"""

from __future__ import annotations

import secrets

from bench.lists.copying import ids_since, repeat
from bench.lists.world import World
from vaultportal.identity.models import ApiClient, ApiKey, Membership, Role, User

MODELS = (User, Membership, ApiClient, ApiKey, Role)
# More than a page of them; a company has some hundreds.
ROLES = 300
OWN_KEYS = 8
DIGEST = "uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())"


def begin(world: World) -> None:
    """The rows that the others vary."""
    word = world.word
    person = User.objects.create_user(f"a-{word}", None, full_name="Mara Lindqvist")
    Membership.objects.create(user=person, group_id=world.role.pk)
    client = User.objects.create_user(f"b-{word}", None, kind=User.Kind.CLIENT, full_name="crm")
    ApiClient.objects.create(user=client, secret=secrets.token_urlsafe(32))
    _key(client)
    world.things["role"] = str(world.role.uuid)


def fill(world: World, wanted: range) -> None:
    """A person and a client for each number; some hundreds of roles."""
    start = wanted.start
    person = User.objects.get(username=f"a-{world.word}")
    ids = ids_since(world.since, wanted, world.step)
    repeat(
        person,
        ids,
        start,
        username="'person-' || made.n",
        full_name="'Ines Roth ' || made.n",
        email="'ines.' || made.n || '@example.com'",
    )
    repeat(person.memberships.get(), ids, start, user_id="made.id")
    client = User.objects.get(username=f"b-{world.word}")
    ids = ids_since(world.since, wanted, world.step)
    repeat(client, ids, start, username="'client-' || made.n", full_name="'export ' || made.n")
    repeat(client.api_client, ids, start)
    repeat(client.api_keys.get(), ids, start, user_id="made.id", digest=DIGEST)
    for number in wanted[: max(0, ROLES - start)]:
        Role.objects.create(name=f"role-{world.word}-{number}", comment="One of very many.")
        if number < OWN_KEYS:
            _key(world.person)


def _key(user: User) -> None:
    ApiKey.objects.create(
        user=user, digest=secrets.token_bytes(32), pepper_version=1, prefix="vp_list", label="l"
    )
