"""People with an address, and what they are to be told."""

from __future__ import annotations

from django.utils import timezone

from tests.factories import make_person, unique
from vaultportal.directory import notices, tasks
from vaultportal.directory.models import Notice
from vaultportal.identity.models import User

Kind = Notice.Kind
PASSWORD = "correct-horse-battery-9"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) Version/18.0 Safari/605.1.15"


def person(**fields: str) -> User:
    name = unique("person")
    return make_person(**{"username": name, "email": f"{name}@example.com", **fields})


def told(user: User) -> list[tuple[str, str]]:
    """(kind, recipient) of what the person is to be told, in order."""
    return list(Notice.objects.filter(user=user).order_by("id").values_list("kind", "recipient"))


def deliver() -> None:
    """Ring for all that is due, twice: the second message finds nothing to do."""
    for notice_id in notices.due() * 2:
        tasks.send_notice(str(notice_id))


def make_due(notice: Notice) -> None:
    Notice.objects.filter(pk=notice.pk).update(due_at=timezone.now())
