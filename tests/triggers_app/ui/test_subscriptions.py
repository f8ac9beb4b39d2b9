"""Making, changing and ending subscriptions on pages; the workbench; a test before switching on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.triggers_app.factories import make_invocation, make_subscription
from tests.triggers_app.ui.conftest import holder_of
from triggers_app.models import Invocation, Subscription, SubscriptionHealth
from triggers_app.permissions import InvocationPermission, SubscriptionPermission
from vaultportal import many
from vaultportal.audit.models import AuditEntry

pytestmark = pytest.mark.django_db

FACT = "vault:secret-created"
HTMX = {"HX-Request": "true"}
TRY = "/events/subscriptions/try/"


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def form(**fields: Any) -> dict[str, Any]:
    valid = {
        "name": "billing-sync",
        "trigger": FACT,
        "url": "http://127.0.0.1:9000/in",
        "authentication": "NO_AUTH",
        "mode": "SYNC",
        "deadline": "1 h",
        "filter": "",
        "enabled": "on",
    }
    return {**valid, **fields}


def stored(row: Subscription, **fields: Any) -> dict[str, Any]:
    return form(name=row.name, url=row.url, version=row.version, **fields)


def actions(key: Any) -> list[str]:
    entries = AuditEntry.objects.filter(target_id=str(key)).order_by("id")
    return [entry.action for entry in entries]


# -- the editor ---------------------------------------------------------------------------------


def test_a_new_subscription_tells_its_secret_once(admin: Client) -> None:
    page = admin.get(f"/events/subscriptions/new/?trigger={FACT}")
    assert f'value="{FACT}" selected' in text_of(page)

    answer = admin.post(
        "/events/subscriptions/new/",
        form(
            authentication="BASIC_AUTH", user_name="vault", credential="pa55word", deadline="90 min"
        ),
    )

    row = Subscription.objects.get()
    assert answer.headers["Cache-Control"] == "no-store"
    assert f">{row.signing_secret}</pre>" in text_of(answer)
    assert "pa55word" not in text_of(answer)
    assert (row.response_deadline, row.credential) == ("PT90M", "pa55word")
    assert actions(row.pk) == ["subscription.create"]
    assert row.signing_secret not in text_of(admin.get(f"/events/subscriptions/{row.pk}/"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "This field is required."),
        ({"trigger": "vault:nothing"}, "Select a valid choice"),
        ({"url": "ftp://127.0.0.1/"}, "Only http and https addresses can be used"),
        ({"url": "http://10.0.0.1/"}, "not of the public network"),
        ({"authentication": "BASIC_AUTH", "user_name": "vault"}, "It is required."),
        ({"deadline": "soon"}, "Write it as 30 s"),
        ({"deadline": "31 d"}, "from 1 s to 30 d"),
        ({"filter": "$[?("}, "It lacks a value at character 5."),
        ({"most_at_once": "0"}, "greater than or equal to 1"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    admin: Client, fields: dict[str, str], said: str
) -> None:
    answer = admin.post("/events/subscriptions/new/", form(**fields))

    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not Subscription.objects.exists()


def test_an_edit_keeps_what_is_left_empty(admin: Client) -> None:
    row = make_subscription(
        authentication="BEARER_TOKEN", credential="bearer-canary",
        url="http://127.0.0.1:9/in", response_deadline="PT3600S",
    )  # fmt: skip
    url = f"/events/subscriptions/{row.pk}/edit/"
    assert "bearer-canary" not in text_of(admin.get(url))

    fields = stored(row, authentication="BEARER_TOKEN", filter="$.vault", most_per_second="5")
    answer = admin.post(url, fields | {"name": "renamed"})

    assert answer.status_code == 302
    row.refresh_from_db()
    assert (row.name, row.credential, row.filter) == ("renamed", "bearer-canary", "$.vault")
    assert (row.response_deadline, row.most_per_second) == ("PT3600S", 5)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("http://127.0.0.1:80/other?x=1", True),
        ("http://127.0.0.1:8443/in", False),
        ("http://127.0.0.2/in", False),
        ("https://127.0.0.1/in", False),
    ],
    ids=["path", "port", "host", "scheme"],
)
def test_a_credential_stays_at_its_address(admin: Client, url: str, kept: bool) -> None:  # noqa: FBT001 a table
    row = make_subscription(
        authentication="BASIC_AUTH", user_name="vault", credential="pa55word",
        url="http://127.0.0.1/in",
    )  # fmt: skip
    fields = stored(row, authentication="BASIC_AUTH", user_name="vault") | {"url": url}

    answer = admin.post(f"/events/subscriptions/{row.pk}/edit/", fields)

    row.refresh_from_db()
    assert row.credential == "pa55word"
    assert answer.status_code == (302 if kept else 422)
    assert (row.url == url) is kept
    assert ("It is required anew for another address." in text_of(answer)) is not kept
    again = admin.post(f"/events/subscriptions/{row.pk}/edit/", fields | {
        "credential": "anew", "version": row.version,
    })  # fmt: skip
    assert again.status_code == 302


def test_what_somebody_else_saved_is_not_written_over(admin: Client) -> None:
    row = make_subscription(url="http://127.0.0.1:9/in")
    fields = stored(row) | {"name": "mine"}
    Subscription.objects.filter(pk=row.pk).update(name="theirs", version=row.version + 1)

    answer = admin.post(f"/events/subscriptions/{row.pk}/edit/", fields)

    assert answer.status_code == 409
    page = text_of(answer)
    assert "<del>" in page and "theirs" in page and "<ins>" in page and "mine" in page
    assert f'name="version" value="{row.version + 1}"' in page
    again = admin.post(
        f"/events/subscriptions/{row.pk}/edit/", fields | {"version": row.version + 1}
    )
    assert again.status_code == 302
    row.refresh_from_db()
    assert row.name == "mine"


def test_the_owner_of_one_changes_it_and_no_other() -> None:
    maker = holder_of(SubscriptionPermission.ADD)
    maker.post("/events/subscriptions/new/", form())
    mine, other = Subscription.objects.get(), make_subscription()

    assert maker.get(f"/events/subscriptions/{mine.pk}/edit/").status_code == 200
    assert maker.get(f"/events/subscriptions/{other.pk}/edit/").status_code == 403


# -- the workbench ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Everything passes"),
        ('$[?($.name == "payroll-db")]', "1 node"),
        ('$[?($.name == "other")]', "Does not match"),
        ("$.nothing", "The path is not in this payload."),
        ('$[?($.name == "open)]', "Column 22: the filter lacks a closing quote."),
        ("name", "Column 1: the filter must begin with $."),
    ],
)
def test_a_filter_is_tried_on_the_example(admin: Client, text: str, said: str) -> None:
    answer = admin.post(TRY, {"trigger": FACT, "filter": text}, headers=HTMX)

    assert said in text_of(answer)
    assert "<html" not in text_of(answer)


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        ("", "Paste the JSON of an event."),
        ('{"name":\n oops}', "line 2, column 2"),
        ("[1]", "An event is a JSON object."),
        ("[" * 100_000, "not valid JSON"),
        ('{"name": ' + "[" * 100 + "]" * 100 + "}", "nested too deeply"),
        ('{"name": NaN}', "not valid JSON"),
        ('{"name": "\\ud800"}', "not valid JSON"),
        ('{"name": 1, "name": 2}', "names a key twice"),
        ('{"name": "payroll"}', "1 node"),
    ],
)
def test_a_filter_is_tried_on_what_was_pasted(admin: Client, pasted: str, said: str) -> None:
    given = {"trigger": FACT, "filter": "$.name", "source": "pasted", "payload": pasted}

    assert said in text_of(admin.post(TRY, given, headers=HTMX))


def test_trying_needs_the_right_to_subscribe(stranger: Client) -> None:
    assert stranger.post(TRY, {"trigger": FACT, "filter": "$"}).status_code == 403


def test_without_script_the_editor_checks_the_filter_too(admin: Client) -> None:
    answer = admin.post("/events/subscriptions/new/", form(filter="$.nothing", check="1"))

    assert "Does not match" in text_of(answer)
    assert not Subscription.objects.exists()


# -- a test, and switching on -------------------------------------------------------------------


def test_a_test_is_fired_and_leads_to_its_course(admin: Client) -> None:
    row = make_subscription(enabled=False)
    url = f"/events/subscriptions/{row.pk}/test/"

    answer = admin.post(url)
    invocation = Invocation.objects.get()
    assert (invocation.is_test, invocation.subscription_id) == (True, row.pk)
    assert answer.headers["Location"] == f"/events/invocations/{invocation.pk}/"

    within = text_of(admin.post(url, headers=HTMX))
    assert "Test fired" in within and "data-live" in within
    assert str(invocation.secret) not in within


def test_a_test_that_the_filter_excludes_is_not_sent(admin: Client) -> None:
    row = make_subscription(filter='$[?($.name == "other")]')

    answer = admin.post(f"/events/subscriptions/{row.pk}/test/", headers=HTMX)

    assert "The saved filter excludes this payload" in text_of(answer)
    assert not Invocation.objects.exists()
    wrong = {"source": "pasted", "payload": '{"name": 5}'}
    refused = admin.post(f"/events/subscriptions/{row.pk}/test/", wrong, headers=HTMX)
    assert "lacks a required field" in text_of(refused)


def test_who_may_look_and_test_fires() -> None:
    row = make_subscription()
    tester = holder_of(SubscriptionPermission.VIEW, InvocationPermission.TEST)
    assert "Test fire" in text_of(tester.get(f"/events/subscriptions/{row.pk}/"))

    assert tester.post(f"/events/subscriptions/{row.pk}/test/").status_code == 302

    assert Invocation.objects.get().is_test


def test_a_failing_one_is_switched_on_after_a_test(admin: Client) -> None:
    now = timezone.now()
    row = make_subscription(
        enabled=False, disabled_reason="failing", disabled_at=now, url="http://127.0.0.1:9/in"
    )
    health = SubscriptionHealth.objects.filter(pk=row.pk)
    health.update(consecutive_failures=60, last_failure_at=now - timedelta(minutes=1))
    url = f"/events/subscriptions/{row.pk}/switch/"

    refused = admin.post(url, {"to": "on"})
    assert refused.status_code == 422 and "Test it first" in text_of(refused)
    make_invocation(
        subscription=row, is_test=True, state="completed", due_at=None, completed_at=timezone.now()
    )
    assert admin.post(url, {"to": "on"}).status_code == 302

    row.refresh_from_db()
    assert row.enabled
    assert admin.post(url, {"to": "off"}).status_code == 302
    assert actions(row.pk) == ["subscription.change", "subscription.change"]


def test_it_can_be_switched_on_anyway(admin: Client) -> None:
    row = make_subscription(enabled=False, disabled_reason="gone", url="http://127.0.0.1:9/in")

    admin.post(f"/events/subscriptions/{row.pk}/switch/", {"to": "on", "anyway": "1"})

    row.refresh_from_db()
    assert row.enabled


# -- rotation, deletion, many -------------------------------------------------------------------


def test_a_rotation_shows_the_new_secret_once(admin: Client) -> None:
    row = make_subscription()
    old = row.signing_secret

    answer = admin.post(f"/events/subscriptions/{row.pk}/secret/", {"overlap": "3600"})

    row = Subscription.objects.get(pk=row.pk)
    page = text_of(answer)
    assert row.signing_secret in page and old not in page
    assert row.previous_signing_secret == old
    assert answer.headers["Cache-Control"] == "no-store"
    assert actions(row.pk) == ["subscription.rotate_secret"]


def test_a_rotation_wants_a_recent_proof(admin: Client) -> None:
    row = make_subscription()
    session = admin.session
    session["account_authentication_methods"] = []
    session.save()

    answer = admin.post(f"/events/subscriptions/{row.pk}/secret/", {"overlap": "0"})

    assert answer.status_code == 401
    assert actions(row.pk) == []


def test_a_deletion_names_what_goes(admin: Client) -> None:
    row = make_subscription()
    make_invocation(subscription=row)
    url = f"/events/subscriptions/{row.pk}/delete/"

    assert "1 delivery in flight is dropped" in text_of(admin.get(url))
    assert admin.post(url, {"word": "something"}).status_code == 422
    assert admin.post(url, {"word": row.name}).status_code == 302
    assert not Subscription.objects.exists()
    assert actions(row.pk) == ["subscription.delete"]


def test_many_are_switched_off_on_and_deleted(admin: Client) -> None:
    rows = [make_subscription(name=f"feed {n}", url="http://127.0.0.1:9/in") for n in range(3)]
    failing = make_subscription(
        name="feed 9", enabled=False, disabled_reason="failing", url="http://127.0.0.1:9/in"
    )
    url = "/events/subscriptions/?q=feed"
    chosen = {"selected": [str(rows[0].pk), str(rows[1].pk)]}

    admin.post(url, chosen | {"action": "disable"})
    assert Subscription.objects.filter(enabled=False).count() == 3
    answer = admin.post(url, {"action": "enable", "all_matching": "1"}, follow=True)
    told = text_of(answer)
    assert "Done for 2." in told and "It has failed, and needs a test first." in told
    failing.refresh_from_db()
    assert not failing.enabled

    asked = admin.post(url, chosen | {"action": "delete"})
    assert "2 are selected." in text_of(asked) and "The log stays." in text_of(asked)
    assert Subscription.objects.count() == 4
    admin.post(url, chosen | {"action": "delete", "sure": "1"})
    assert Subscription.objects.count() == 2


def test_of_more_than_are_done_at_once_the_rest_is_told(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "MOST", 2)
    rows = [make_subscription(name=f"feed {n}") for n in range(5)]
    url = "/events/subscriptions/?q=feed"

    last = {"action": "disable", "selected": [str(rows[4].pk), "rubbish"]}
    told = text_of(admin.post(url, last, follow=True))
    assert "Switch off: done for 1." in told and "do it again" not in told
    rows[4].refresh_from_db()
    assert not rows[4].enabled

    every = {"action": "disable", "all_matching": "1"}
    told = text_of(admin.post(url, every))
    assert "Done for 2." in told and "These were the first 2. More match" in told
    told = text_of(admin.post(url, every, follow=True))
    assert "Switch off: done for 2." in told
    assert not Subscription.objects.filter(enabled=True).exists()
    asked = text_of(admin.post(url, every | {"action": "delete"}))
    assert "2 are selected." in asked and "This does the first 2" in asked


def test_many_are_left_alone_for_who_may_only_look() -> None:
    row = make_subscription(url="http://127.0.0.1:9/in")
    viewer = holder_of(SubscriptionPermission.VIEW)

    given = {"selected": [str(row.pk), "rubbish"], "sure": "1"}
    for action in ("disable", "delete"):
        told = text_of(viewer.post("/events/subscriptions/", given | {"action": action}))
        assert "Nothing was changed." in told and "Your roles do not allow it." in told
    wrong = given | {"action": "nonsense"}
    assert viewer.post("/events/subscriptions/", wrong).status_code == 302

    row.refresh_from_db()
    assert row.enabled
