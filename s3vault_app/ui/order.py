"""Who and what may be chosen for a vault, and the same order as a call."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from s3vault_app import selectors
from s3vault_app.api.answers import GROUP, USER
from s3vault_app.models import Machine, StoragePlan, StoragePool, VaultDraft
from s3vault_app.selectors import search
from s3vault_app.ui import sentences
from s3vault_app.ui.sentences import Rules
from vaultportal.identity.actor import Actor
from vaultportal.ui.snippets import Snippet

CREATE = "/commandcenter/api/V4/CVS3Store"
LONGEST_WORDS = 100


@dataclass(frozen=True, slots=True)
class MachineChoice:
    """A machine to tick. why_not: why it cannot be chosen, "" when it can.

    review: whether its host key has to be looked at first. free_bytes: None when nobody knows.
    """

    machine: Machine
    is_chosen: bool
    serves: bool
    why_not: str
    review: bool
    free_bytes: int | None


def choices(
    machines: Sequence[Machine], pool: StoragePool, *, chosen: Collection[int]
) -> list[MachineChoice]:
    """Machines of the pool first, then those that may join it, then the others."""
    rows = [_choice(machine, pool, chosen) for machine in machines]
    return sorted(rows, key=lambda row: (bool(row.why_not), not row.serves, row.machine.number))


def _choice(machine: Machine, pool: StoragePool, chosen: Collection[int]) -> MachineChoice:
    serves = machine.pool_id == pool.pk
    review = machine.state in (Machine.State.NEW, Machine.State.KEY_CHANGED)
    why_not = ""
    if machine.pool_id is not None and not serves:
        why_not = _("Serves another storage pool")
    elif machine.state == Machine.State.NEW:
        why_not = _("Its host key is not accepted yet")
    elif review:
        why_not = _("Its host key has changed")
    free = machine.facts.get("free_kb")
    return MachineChoice(
        machine,
        is_chosen=machine.number in chosen and not why_not,
        serves=serves,
        why_not=why_not,
        review=review and machine.kind == Machine.Kind.SSH,
        free_bytes=int(free) * 1024 if free else None,
    )


def people(
    actor: Actor,
    words: str,
    owners: Collection[int],
    groups: Collection[int],
    *,
    holders: Collection[int] = (),
) -> dict[str, Any]:
    """Who is chosen, and who else fits the words. holders: as ``selectors.grants.chosen``."""
    words = _cleaned(words)
    return {
        "chosen": selectors.grants.chosen(actor, owners, groups, holders=holders),
        "found": selectors.grants.candidates(actor, words, owners=owners, groups=groups),
        "words": words,
    }


def with_words(
    url: str, words: str, owners: Collection[int] = (), groups: Collection[int] = ()
) -> str:
    """The address of a page with what was searched for, and with who is chosen so far."""
    words = _cleaned(words)
    chosen = [("owners", str(each)) for each in owners] + [("groups", str(each)) for each in groups]
    query = [*chosen, *([("q", words)] if words else [])]
    return url + (f"?{urlencode(query)}" if query else "")


def summary(actor: Actor, draft: VaultDraft, plan: StoragePlan) -> dict[str, Any]:
    """All that was chosen, by name."""
    named = search.find_machines(actor, {}).filter(number__in=draft.machines)
    return {
        "effect": sentences.effect(Rules.of_plan(plan)),
        "machines": list(named),
        "chosen": selectors.grants.chosen(actor, draft.owners, draft.groups),
    }


def snippets(draft: VaultDraft, plan: StoragePlan, base: str) -> list[Snippet]:
    """The order as JSON and as a call of the wire."""
    body = json.dumps(_body(draft, plan), indent=2, ensure_ascii=False)
    quoted = body.replace("'", "'\\''")
    call = "\n".join(
        [
            f"curl -X POST {base}{CREATE} \\",
            '  -H "Authtoken: $TOKEN" -H "Content-Type: application/json" \\',
            f"  -d '{quoted}'",
        ]
    )
    return [Snippet("curl", "curl", call), Snippet("json", "JSON", body)]


def _cleaned(words: str) -> str:
    """What is searched for."""
    return words.strip()[:LONGEST_WORDS]


def _body(draft: VaultDraft, plan: StoragePlan) -> dict[str, Any]:
    body: dict[str, Any] = {
        "bucket": {"clientName": draft.name},
        "plan": {"planId": plan.number, "planName": plan.name},
    }
    if draft.machines:
        body["cvs3Endpoints"] = [{"clientId": number} for number in draft.machines]
    if draft.owners:
        body["owners"] = [{"userId": number, "__type__": USER} for number in draft.owners]
    if draft.groups:
        body["userGroups"] = [{"userGroupId": number, "__type__": GROUP} for number in draft.groups]
    if draft.rotate_keys:
        body["rotateKeys"] = True
    return body
