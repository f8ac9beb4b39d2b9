"""What services say in English is said on pages in the reader's language, refusals above all."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone, translation
from django.utils.translation import gettext, trans_real

from tests.factories import as_admin, make_person, make_role, member_of
from tests.triggers_app.factories import make_invocation, make_subscription
from tests.triggers_app.ui.conftest import signed_in
from tests.ui.pseudo import CLOSE, OPEN, EnXa
from tests.ui.test_words import Texts
from triggers_app.gates import rules
from triggers_app.gates.rules import GateFields
from triggers_app.models import Attempt, Pending, Subscription
from triggers_app.ui.sentences import RESTS, SENTENCES, said, template_of
from vaultportal.runtime.paths import BASE_DIR

QUESTION = "vault:secret-read-approval"
FACT = "vault:secret-created"
ENDS = timedelta(hours=1)

# -- what there is to say -----------------------------------------------------------------------

# Their sentences are for programs, or cannot come from a form.
UNSEEN = re.compile(
    r"api/|ui/|migrations/|wire|json_patch|collection_filter|gates/(asking|views)|completion"
)
NEVER = {
    "The Content-Length is not a number.",
    "The request body ended too early.",
    "The request body must be a JSON object.",
    "This cannot be delivered once more.",
    # Of log shipping, which words its refusals by their codes.
    "The connection ended before everything was read.",
    "This is not a host and a port that can be used.",
    "Without TLS nothing is sent, unless plain http is allowed.",
    "cannot be patched",
    "must be after since",
    "must be states of outcomes",
    "cannot be used: {}",
    "There is no attempt to hurry.",
    "This is no question.",
    "It has an outcome already.",
    "You may not decide this.",
    "must be among {} for this trigger",
    "must be {} and {} to {} bytes in base64",
    "triggerId is not a known trigger.",
    "The trigger has {} subscriptions, which is as many as it may have.",
}
SAYS = {
    *("BadAnswer", "Blocked", "Conflict", "Fault", "Forbidden", "Invalid", "InvalidFilter"),
    *("Malformed", "TimedOut", "Unreachable", "_take", "blocked", "unreachable", "wrong"),
}
SAID_LATER = {"error", "refused"}


def texts(node: ast.expr | None) -> Iterator[str]:
    """A literal as the template that it is looked up by."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield template_of(node.value)
    elif isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        yield template_of("".join(str(part) for part in parts))


def sentences(tree: ast.AST) -> Iterator[str]:
    """The literals with which something is refused, and those that are kept of a failure."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            name = getattr(called, "id", getattr(called, "attr", ""))
            if name in SAYS:
                for each in (*node.args, *(word.value for word in node.keywords)):
                    yield from texts(each)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            kept = name.isupper() and [text for text in texts(node.value) if text.endswith(".")]
            yield from kept or (texts(node.value) if name in SAID_LATER else ())


def test_whatever_a_service_says_can_be_said_in_another_language() -> None:
    places = [*(BASE_DIR / "triggers_app").rglob("*.py"), BASE_DIR / "vaultportal/api/body.py"]
    places += (BASE_DIR / "vaultportal/outbound").glob("*.py")

    found = {
        text
        for path in places
        if not UNSEEN.search(str(path.relative_to(BASE_DIR)).removeprefix("vaultportal/api/"))
        for text in sentences(ast.parse(path.read_text(encoding="utf-8")))
        if re.search(r"[a-z] [a-z{]", text)
    }

    assert found - NEVER - {*RESTS, *SENTENCES} == set()
    assert len(found) > 50


def test_every_sentence_has_its_german() -> None:
    with translation.override("de"):
        missing = [text for text in (*RESTS, *SENTENCES) if gettext(text) == text]
        wrong = [text for text in RESTS if gettext(text).count("{}") != text.count("{}")]

    assert missing == []
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("is required", "⟦is required⟧"),
        ("must have at most 255 characters", "⟦must have at most 255 characters⟧"),
        ("lacks a ']' at character 7", "⟦⟦lacks a ']'⟧ at character 7⟧"),
        (
            "cannot be used: The address is not of the public network",
            "⟦cannot be used: ⟦The address is not of the public network.⟧⟧",
        ),
        (
            "The subscriber's answer does not fit the trigger's schema.",
            "⟦The subscriber's answer does not fit the trigger's schema.⟧",
        ),
    ],
)
@pytest.mark.usefixtures("en_xa")
def test_numbers_and_quotes_survive(text: str, marked: str) -> None:
    with translation.override("en"):
        assert said(text) == marked


@pytest.mark.parametrize("text", ["", "I was 5 min late {}", "{0.__class__}", "a {x} '{y}' 3"])
def test_what_a_person_wrote_stays_as_it_is(text: str) -> None:
    with translation.override("de"):
        assert said(text) == text


# -- refusals on pages --------------------------------------------------------------------------


@pytest.fixture
def en_xa(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever asks for English gets marks around what comes out of the catalog."""
    english = trans_real.translation("en")
    monkeypatch.setitem(vars(trans_real)["_translations"], "en", EnXa(english))
    yield
    translation.deactivate()


def unmarked(answer: Any) -> set[str]:
    """Words of a page that nobody could translate, data included."""
    page = Texts()
    page.feed(answer.content.decode())
    words = {" ".join(text.split()) for text in page.found}
    return {
        text
        for text in words
        if OPEN not in text and CLOSE not in text and re.search(r"[^\W\d_]{3}", text)
    }


def subscription(**fields: Any) -> dict[str, Any]:
    valid = {
        "name": "billing-sync",
        "trigger": FACT,
        "url": "http://127.0.0.1:9000/in",
        "authentication": "NO_AUTH",
        "mode": "SYNC",
        "deadline": "1 h",
    }
    return {**valid, **fields}


def gate(**fields: Any) -> dict[str, Any]:
    valid = {"name": "night", "trigger": QUESTION, "approval": "people"}
    return {**valid, "deadline": "20 min", "usable": "15 min", **fields}


BASIC = {"authentication": "BASIC_AUTH"}
BEARER = {"authentication": "BEARER_TOKEN"}
NEW = "/events/subscriptions/new/"
WRONG: tuple[tuple[str, dict[str, Any]], ...] = (
    (NEW, subscription(name="", url="", trigger="vault:nothing", mode="x", deadline="soon")),
    (NEW, subscription(name="n" * 256, url="ftp://127.0.0.1/", most_at_once="0", deadline="31 d")),
    (NEW, subscription(url="http://10.0.0.1/")),
    (NEW, subscription(url="http://u:p@127.0.0.1/")),
    (NEW, subscription(url="http://127.0.0.1:25/")),
    (NEW, subscription(url="::")),
    (NEW, subscription(filter="$[?(")),
    (NEW, subscription(filter="$" + "[?(" * 40)),
    (NEW, subscription(filter="$.a[1")),
    (NEW, subscription(filter="$." + "x" * 5000)),
    (NEW, subscription(**BASIC)),
    (NEW, subscription(**BASIC, user_name="a:b", credential="p")),
    (NEW, subscription(**BEARER, credential="two words")),
    (NEW, subscription(**BEARER, secret="none", secret_field="none")),
    (NEW, subscription(**BEARER, secret="none", credential="typed")),
    ("/events/gates/new/", gate(name="", trigger="x", approvers=["x"], deadline="", usable="2 d")),
    ("/events/gates/new/", gate()),
    ("/events/gates/new/", gate(objects="secret")),
    ("/events/gates/new/", gate(objects="\n".join(f"secret {n}" for n in range(1001)))),
    ("/events/invocations/replay/?state=open", {}),
)


@pytest.mark.django_db
@pytest.mark.usefixtures("en_xa")
@pytest.mark.parametrize(("address", "given"), WRONG)
def test_a_refusal_of_a_new_thing_can_be_translated(
    admin: Client, address: str, given: dict[str, Any]
) -> None:
    before = admin.get(address)

    after = admin.post(address, given)

    assert after.status_code == 422
    assert unmarked(after) - unmarked(before) - set(map(str, given.values())) == set()


@pytest.mark.django_db
@pytest.mark.usefixtures("en_xa")
def test_refusals_of_what_is_there_can_be_translated(admin: Client) -> None:
    row = make_subscription(**BEARER, credential="bearer", url="http://127.0.0.1/in")
    failing = make_subscription(enabled=False, disabled_reason="gone")
    asked = make_invocation(
        subscription=make_subscription(trigger=QUESTION, kind="REQUEST_RESPONSE", mode="ASYNC"),
        state="waiting", due_at=None, secret=str(uuid4()), is_test=True,
        deadline=timezone.now() + ENDS,
    )  # fmt: skip
    put = rules.add_gate(as_admin(), GateFields(name="night", trigger=QUESTION))
    one, answer = f"/events/subscriptions/{row.pk}/", f"/events/invocations/{asked.pk}/complete/"
    moved = subscription(**BEARER, name=row.name, url="http://127.0.0.2/in", version=row.version)
    wrong = (
        (f"{one}edit/", moved),
        (f"{one}edit/", moved | {"url": row.url, "version": row.version + 1}),
        (f"{one}secret/", {"overlap": "1"}),
        (f"{one}delete/", {"word": "no"}),
        (f"/events/subscriptions/{failing.pk}/switch/", {"to": "on"}),
        (f"/events/gates/{put.pk}/", gate(approval="x")),
        (f"/events/gates/{put.pk}/", gate(approval="subscriber", version=put.version + 1)),
        (answer, {"fail": "1"}),
        (answer, {"o-approved": "perhaps", "o-comment": "c" * 5000}),
    )
    told = {}

    for address, given in wrong:
        before, after = admin.get(address), admin.post(address, given)
        assert after.status_code in (409, 422), address
        typed = set(map(str, given.values()))
        told[address] = unmarked(after) - unmarked(before) - typed

    assert not any(told.values()), told


@pytest.mark.django_db
@pytest.mark.usefixtures("en_xa")
def test_what_became_of_things_can_be_translated(admin: Client) -> None:
    row = make_subscription(filter="$.nothing")
    failed = make_invocation(
        subscription=row, state="failed", due_at=None, completed_at=timezone.now(), attempts=2,
        error_message="The subscriber answered with status 503.",
    )  # fmt: skip
    for number, error in enumerate(("No answer came in time.", "No connection could be made."), 1):
        Attempt.objects.create(
            invocation=failed, number=number, at=timezone.now(), outcome="timeout", error=error,
            duration_ms=10, url=row.url,
        )  # fmt: skip
    role = make_role()
    put = rules.add_gate(
        as_admin(),
        GateFields(name="night", trigger=QUESTION, approval="people", approvers=(role.uuid,)),
    )
    pending = Pending.objects.create(
        gate=put, trigger=QUESTION, operation="secret.read", actor_id=uuid4(), actor_name="lena",
        object_kind="secret", object_id="1", object_name="payroll", request_digest=b"1" * 32,
        created_at=timezone.now(), expires_at=timezone.now() + ENDS, state="failed",
        comment="Nobody who may decide gave a proper answer.",
    )  # fmt: skip
    decider = signed_in(member_of(make_person(), role))
    htmx = {"HX-Request": "true"}
    fired, tried = f"/events/subscriptions/{row.pk}/test/", "/events/subscriptions/try/"
    wrong = {"trigger": FACT, "filter": "$.name", "source": "pasted"}
    pages = [
        admin.get(f"/events/invocations/{failed.pk}/"),
        admin.get(f"/events/subscriptions/{row.pk}/"),
        admin.post(fired, headers=htmx),
        admin.post(fired, {"source": "pasted", "payload": '{"name": 5}'}, headers=htmx),
        admin.post(f"/events/invocations/{failed.pk}/retry/", follow=True),
        decider.get(f"/access/requests/{pending.pk}/"),
        decider.post(f"/access/requests/{pending.pk}/", {"decision": "allow"}, follow=True),
        *(
            admin.post(tried, wrong | {"payload": text}, headers=htmx)
            for text in ("", "[1]", "[" * 200, '{"a": 1, "a": 2}', "{")
        ),
        *(
            admin.post(tried, {"trigger": FACT, "filter": text}, headers=htmx)
            for text in ("name", "$[?(", '$[?(@.a == "b)]', "$.a.b(", "$..*.sum(")
        ),
    ]

    said_in_english = {*RESTS, *SENTENCES}
    for page in pages:
        left = {template_of(text) for text in unmarked(page)}
        assert not {text for text in left if any(each in text for each in said_in_english)}, left
        assert page.status_code == 200
    assert Subscription.objects.count() == 1
