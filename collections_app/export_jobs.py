"""Writing an export: page after page with the rights that its person has now, then one file.

The file is made in memory, so there is a limit; the API has none. A worker that dies has written
nothing, and whoever claims the row next begins anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from collections_app.models.claiming import LEASE
from collections_app.models.export import ObjectExport
from collections_app.services import reading, searching
from collections_app.services.options import ReadOptions
from collections_app.services.reading import Page
from vaultportal.crypto import agefile, blobs
from vaultportal.errors import Unauthenticated, VaultError
from vaultportal.identity import authentication
from vaultportal.identity.actor import Actor, Credential

PURPOSE = "object export"
MOST = 20_000  # objects of one file
MOST_ATTEMPTS = 3
LIFE = timedelta(hours=24)
CUSTOM = "export objects"
State = ObjectExport.State


class TooMany(Exception):
    """There are more objects than one file holds."""


class Lost(Exception):
    """Another worker has it by now."""


def write(export_id: str) -> None:
    """Write the file, unless another worker is at it; safe to run twice, late or beside itself."""
    if not ObjectExport.objects.claim(export_id, done=0):
        return
    row = ObjectExport.objects.select_related("collection").get(pk=export_id)
    if row.attempts > MOST_ATTEMPTS:
        _fail(row, ObjectExport.GAVE_UP)
        return
    terms = json.loads(blobs.open_blob(PURPOSE, bytes(row.terms), ttl=None))
    try:
        person = authentication.user_actor(row.asked_by)
        actor = person.with_(
            credential=Credential("job", str(row.pk)),
            reason=row.reason,
            note=row.note,
            custom_audit=CUSTOM,
        )
        objects = [each for page in _pages(actor, row, terms) for each in page.results]
    except Unauthenticated:  # disabled meanwhile: nobody may fetch it
        row.delete()
        return
    except Lost:
        return
    except TooMany:
        _fail(row, ObjectExport.TOO_MANY)
        return
    except VaultError as refusal:
        _fail(row, refusal.message)
        return
    found = {"collection": row.collection.name, "objects": objects}
    body = json.dumps(found, ensure_ascii=False, indent=2).encode()
    _settle(row, State.READY, file=agefile.seal(body, terms["passphrase"]), total=len(objects))


def sweep() -> list[str]:
    """Forget what nobody fetched in a day; the ids of what waits for a worker."""
    ObjectExport.objects.filter(created_at__lt=timezone.now() - LIFE).delete()
    due = ObjectExport.objects.due().order_by("created_at")
    return [str(each) for each in due.values_list("pk", flat=True)[:50]]


def _pages(actor: Actor, row: ObjectExport, terms: dict[str, Any]) -> Iterator[Page]:
    """What was asked for, page after page; the row says how far it is."""
    name, size = row.collection.name, int(settings.PVAULT_SERVICE_MAX_PAGE_SIZE)
    options = ReadOptions(unsafe=True, show_builtins=True, archived=terms["archived"])
    done, cursor, ids = 0, "", terms["ids"]
    while True:
        if ids:
            page = reading.list_objects(
                actor, name, options, ids=ids[done : done + size], page_size=size
            )
            total = len(ids)
        elif terms["query"]:
            page = searching.search_objects(
                actor, name, terms["query"], options, page_size=size, cursor=cursor
            )
            total = done + len(page.results) + page.remaining
        else:
            page = reading.list_objects(actor, name, options, page_size=size, cursor=cursor)
            total = done + len(page.results) + page.remaining
        done, cursor = done + len(page.results), page.cursor
        if done > MOST:
            raise TooMany
        kept = ObjectExport.objects.claimed(row.pk, row.attempts).update(
            done=done, total=total, lease_until=timezone.now() + LEASE
        )
        if not kept:
            raise Lost
        yield page
        if done >= total or (not ids and not cursor):
            return


def _fail(row: ObjectExport, message: str) -> None:
    _settle(row, State.FAILED, failure=message[:450])


def _settle(row: ObjectExport, state: State, **further: Any) -> None:
    """The end of the work; the passphrase goes with it."""
    mine = ObjectExport.objects.claimed(row.pk, row.attempts)
    mine.update(state=state, terms=b"", lease_until=None, **further)
