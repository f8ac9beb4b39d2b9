"""What leaves the vault: ``http_call`` and ``fetch``, to allowed destinations, from templates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import orjson
import pytest
from pytest_django import Settings

from collections_app.errors import bad_request
from collections_app.permissions import Capability
from collections_app.schema.compiled import CollectionSchema
from collections_app.services import destinations
from collections_app.services.adding import add_object
from collections_app.services.custom_types import TypeDraft, add_type
from collections_app.services.options import WriteOptions
from collections_app.services.templates import render
from collections_app.services.vault_host import shows_card
from tests.collections_app.actions.conftest import (
    MAKE_ACTION,
    MAKE_BUNDLE,
    QUEUED,
    Caller,
    name_of,
)
from tests.collections_app.actions.test_invoke import refusal, told
from tests.factories import make_policy, make_role
from tests.receiver import Receiver
from vaultportal.directory.options import forget
from vaultportal.errors import Forbidden, Invalid
from vaultportal.events.models import Event
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role

MAKER = Callable[..., CollectionSchema]
VALUES = {"p": {"mail": 'a"b\\c&d', "n": 7, "none": None, "tags": ["x"]}, "word": "Straße 1"}
VALUES["long"] = "l" * 200_000
PERSON = [
    {"name": "mail", "data_type_name": "EMAIL"},
    {"name": "card", "data_type_name": "CC_NUMBER", "is_nullable": True},
]


@pytest.mark.parametrize(
    ("template", "made"),
    [
        ("no holes", "no holes"),
        ('{"to":"{{ .p.mail }}"}', '{"to":"a\\"b\\\\c&d"}'),
        ("{{.p.mail|urlquery}}", "a%22b%5Cc%26d"),
        ("{{ .word | urlquery }}", "Stra%C3%9Fe+1"),
        ("{{ urlquery .word }}", "Stra%C3%9Fe+1"),
        ("{{ .p.mail | escape_quotes }}", 'a\\"b\\\\c&d'),
        ("{{ .word | substr 0 4 }}-{{ substr 5 -1 .word }}", "Stra-e 1"),
        ("{{- .p.n -}} and {{ .p.none }}!", "7 and !"),
        ('{{ .p.tags }}{{ 12 }}{{ "lit|eral" }}{{ `raw"` }}', '["x"]12lit|eralraw\\"'),
    ],
)
def test_a_template_is_filled_in(template: str, made: str) -> None:
    assert render(template, VALUES, "request.body") == made


@pytest.mark.parametrize(
    "template",
    [
        "{{ }}",
        "{{ .nobody }}",
        "{{ .p.mail.deeper }}",
        "{{ .p.mail | shout }}",
        "{{ .p.mail | substr 1 }}",
        "{{ .p.mail | substr .word 2 }}",
        "{{ .p.mail .word }}",
        "{{ 1 | .p.mail }}",
        "{{ .p.mail | }}",
        "{{ urlquery substr }}",
        "{{ .p.mail ; }}",
        "{{ .p.mail",
        "{{" + " " * 10_000,
        "{{" + " " * 4_000 + "{{ .word }}",
        "{{ `" + "x" * 5_000 + "` }}",
        '{{ "two\nlines" }}',
        "{{ .p.mail" + "|escape_quotes" * 60 + "}}",
        "{{ .long | urlquery | substr 0 0 }}" * 100,
        "{{ .long }}" * 6,
        "x" * 1_000_001,
    ],
    ids=lambda template: template[:20],
)
def test_a_template_that_cannot_be_read_is_refused_without_values(template: str) -> None:
    with pytest.raises(Invalid) as refused:
        render(template, VALUES, "request.body")

    assert type(refused.value) is type(bad_request("a", "b"))
    assert refused.value.context == {"field": "request.body"}
    assert "a&" not in str(refused.value)


@pytest.mark.parametrize(
    ("entry", "url", "allowed"),
    [
        ("api.example.com", "https://api.example.com/x", True),
        ("api.example.com", "https://api.example.com:8443/x", True),
        ("api.example.com:443", "https://api.example.com/x", True),
        ("api.example.com:443", "https://api.example.com:8443/x", False),
        ("https://api.example.com", "http://api.example.com/", False),
        ("http://api.example.com/", "http://API.example.com./", True),
        ("*.example.com", "https://a.b.example.com/", True),
        ("*.example.com", "https://example.com/", False),
        ("*.example.com", "https://badexample.com/", False),
        ("*", "https://anything.example/", True),
        ("[::1]:99", "http://[::1]:99/", True),
        ("api.example.com/path", "https://api.example.com/path", False),
        ("ftp://api.example.com", "https://api.example.com/", False),
        ("api.example.com:0", "https://api.example.com/", False),
        ("", "https://api.example.com/", False),
    ],
)
def test_an_entry_of_the_list_allows_what_it_says(entry: str, url: str, allowed: bool) -> None:  # noqa: FBT001 a column of the table
    found = destinations.read(entry)

    assert (found is not None and found.matches(httpx.URL(url))) is allowed


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch, db: None) -> Iterator[Receiver]:
    """Somebody who may be sent to, but no card data."""
    with Receiver(lambda _: QUEUED).running() as found:
        monkeypatch.setenv("PVAULT_SERVICE_ALLOWED_HTTP_DESTINATIONS", f"x.example,{found.url}")
        forget()
        yield found


@pytest.fixture
def person(keeper: Actor, make_collection: MAKER) -> str:
    """What an identifier of somebody begins and ends with, around the property."""
    name = make_collection(PERSON).name
    body = {"mail": 'i"da@clinic.example', "card": "4111 1111 1111 1111"}
    with pytest.raises(Invalid):
        add_object(keeper, name, {"mail": "ida"}, WriteOptions())
    body["mail"] = "ida@clinic.example"
    return f"pvlt:read_object:{name}:%s:{add_object(keeper, name, body, WriteOptions())}:"


def call_of(receiver: Receiver, identifier: str, **more: Any) -> dict[str, Any]:
    """The body of an ``http_call`` that sends what the identifier names."""
    request = {
        "url": f"{receiver.url}/send?to={{{{ .p.mail | urlquery }}}}",
        "method": "POST",
        "headers": {"Content-Type": "application/json", "X-Who": "{{ .p.mail }}"},
        "body": '{"to":"{{ .p.mail }}"}',
    }
    return {"template_variables": {"p": identifier % ""}, "request": request, **more}


def masked_role() -> Role:
    """A role that reads everything but cards."""
    deny = make_policy(policy_type="deny", resources=["*/types/CC_NUMBER"], operations=["read"])
    return make_role(permissions=[Capability.DATA_READER], policies=[make_policy(), deny])


def test_http_call_sends_what_the_caller_need_not_see(
    keeper: Actor, receiver: Receiver, make_collection: MAKER, settings: Settings, worker_role: Role
) -> None:
    name = make_collection(PERSON).name
    made = add_object(keeper, name, {"mail": "ida@clinic.example"}, WriteOptions())
    settings.PVAULT_ACTIONS_HTTP_CALL_ROLE = worker_role.name
    caller = Caller(Capability.ACTION_INVOKER)
    call = call_of(receiver, f"pvlt:read_object:{name}:%s:{made}:")
    call["template_variables"] = {"m": f"pvlt:read_object:{name}:mail:{made}:"}
    call["request"] = orjson.loads(orjson.dumps(call["request"]).replace(b".p.mail", b".m"))

    silent = caller.post("data/actions/http_call", call, reason="Notifications")
    shown = caller.post("data/actions/http_call", call | {"include_response_body": True})

    assert silent.status_code == 200, silent.content
    answer = orjson.loads(silent.content)
    assert (answer["status_code"], answer.keys()) == (202, {"status_code", "headers"})
    assert answer["headers"]["content-type"] == "application/json"
    assert orjson.loads(shown.content)["body"] == '{"queued":true}'
    request = receiver.requests[0]
    assert (request.method, request.path) == ("POST", "/send?to=ida%40clinic.example")
    assert request.headers["x-who"] == "ida@clinic.example"
    assert orjson.loads(request.body) == {"to": "ida@clinic.example"}
    sent = told("action.send", "http_call")[-1]
    assert (sent["detail"]["destination"], sent["detail"]["card_data"]) == (receiver.url, False)
    assert "ida" not in orjson.dumps([sent, *told("action.invoke", "http_call")]).decode()


def test_http_call_has_no_rights_of_its_own_without_a_role(receiver: Receiver, person: str) -> None:
    blind = Caller(Capability.ACTION_INVOKER)
    reader = Caller(Capability.ACTION_INVOKER, Capability.DATA_READER)
    call = call_of(receiver, person)
    call["template_variables"] = {"p": person % "mail"}
    call["request"]["body"] = call["request"]["url"] = call["request"]["headers"]["X-Who"] = "x"
    call["request"]["url"] = receiver.url

    assert refusal(blind.post("data/actions/http_call", call)) == (403, "PV1007")
    assert reader.post("data/actions/http_call", call).status_code == 200


def test_card_data_goes_to_its_own_destinations_only(
    receiver: Receiver, person: str, make_action: MAKE_ACTION, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = Caller(Capability.ACTION_INVOKER, Capability.DATA_READER)
    call = call_of(receiver, person)
    handler = f"""async ({{ body, vault }}) => {{
      const {{ k }} = await vault.deref({{ k: body }});
      return (await fetch("{receiver.url}/x", {{ method: "POST", body: k }})).json(); }}"""
    name = make_action(handler)

    def post(prop: str) -> Any:
        return caller.post(f"data/actions/{name}", person % prop)

    assert refusal(caller.post("data/actions/http_call", call)) == (403, "PV9014")
    assert refusal(post("card")) == (403, "PV9014")
    assert receiver.requests == []
    assert post("card.mask").json() == {"queued": True}
    assert post("mail").json() == {"queued": True}
    monkeypatch.setenv("PVAULT_SERVICE_ALLOWED_PCI_HTTP_DESTINATIONS", receiver.url)
    forget()
    assert post("card").json() == {"queued": True}
    assert [each.body for each in receiver.requests] == [
        b"************1111",
        b"ida@clinic.example",
        b"4111111111111111",
    ]
    assert caller.post("data/actions/http_call", call).status_code == 200


def test_fetch_has_status_headers_and_body(
    receiver: Receiver, make_action: MAKE_ACTION, invoker: Caller
) -> None:
    handler = """async ({ body }) => {
      const answer = await fetch(body, { method: "put", headers: { "X-A": "1" }, body: "hello" });
      return [answer.ok, answer.status, answer.headers.get("Content-Type"), await answer.text()];
    }"""

    answer = invoker.post(f"data/actions/{make_action(handler)}", f"{receiver.url}/a")

    assert orjson.loads(answer.content) == [True, 202, "application/json", '{"queued":true}']
    request = receiver.requests[0]
    assert (request.method, request.headers["x-a"], request.body) == ("PUT", "1", b"hello")


def test_what_cannot_be_sent_is_refused(receiver: Receiver, invoker: Caller, person: str) -> None:
    def call(request: Any, **more: Any) -> tuple[int, str]:
        return refusal(invoker.post("data/actions/http_call", {"request": request, **more}))

    url = receiver.url
    assert call({"url": url, "method": "TRACE"}) == (400, "PV1012")
    assert call({"url": url, "method": "get"}) == (400, "PV1012")
    assert call({"url": 7, "method": "GET"}) == (400, "PV1012")
    assert call({"url": url, "method": "GET", "headers": {"Host": "a"}}) == (400, "PV1012")
    assert call({"url": url, "method": "GET", "headers": {"A": "b\nc"}}) == (400, "PV1012")
    assert call({"url": url, "method": "GET", "body": "{{ .x }}"}) == (400, "PV1012")
    assert call({"url": url, "method": "GET"}, include_response_body=1) == (400, "PV1012")
    assert call({"url": url, "method": "GET"}, template_variables=[]) == (400, "PV1012")
    assert call({"url": url, "method": "GET"}, more=1) == (400, "PV1012")
    assert call({"url": "http://other.example/", "method": "GET"}) == (403, "PV9014")
    assert call({"url": "http://x.example:80/", "method": "GET"}) == (403, "PV9014")
    assert call({"url": "nowhere", "method": "GET"}) == (403, "PV9014")
    assert call([]) == (400, "PV1012")
    assert receiver.requests == []


def test_nobody_there_is_503(monkeypatch: pytest.MonkeyPatch, invoker: Caller, db: None) -> None:
    with Receiver().running() as gone:
        url = gone.url
    monkeypatch.setenv("PVAULT_SERVICE_ALLOWED_HTTP_DESTINATIONS", url)
    forget()

    answer = invoker.post("data/actions/http_call", {"request": {"url": url, "method": "GET"}})

    assert refusal(answer) == (503, "PV1009")


def test_an_address_that_is_none_allows_nothing(db: None) -> None:
    with pytest.raises(Forbidden):
        destinations.allowed("https://example.com/", card_data=False)
    with pytest.raises(Invalid):
        destinations.allowed("http://a\0b/", card_data=False)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://4111.corp.example:1881/x", "https://*.corp.example"),
        ("https://api.corp.example:4111/", "https://api.corp.example"),
        ("https://api.corp.example:8443/", "https://api.corp.example:8443"),
        ("https://4111.elsewhere.example/", "https://*"),
        ("http://[::1]:99/", "http://[::1]:99"),
    ],
)
def test_a_destination_is_known_by_its_entry(
    url: str, name: str, monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    entries = "*,*.corp.example,api.corp.example,https://api.corp.example:8443,http://[::1]:99"
    monkeypatch.setenv("PVAULT_SERVICE_ALLOWED_HTTP_DESTINATIONS", entries)
    forget()

    assert destinations.allowed(url, card_data=False).name == name


def test_code_writes_nothing_of_its_own_into_the_trail(
    make_action: MAKE_ACTION, invoker: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PVAULT_SERVICE_ALLOWED_HTTP_DESTINATIONS", "*.invalid")
    forget()
    name = make_action("async ({ body }) => (await fetch(body.url, body)).status")
    url = "https://c4n4ry.invalid/"

    assert refusal(invoker.post(f"data/actions/{name}", {"url": url, "method": "c4n4ry"})) == (
        400,
        "PV1012",
    )
    assert told("action.send", name) == []
    invoker.post(f"data/actions/{name}", {"url": url})

    (sent,) = told("action.send", name)
    assert sent["detail"]["destination"] == "https://*.invalid"
    assert b"c4n4ry" not in orjson.dumps([sent, *told("action.invoke", name)])
    assert not Event.objects.filter(payload__icontains="c4n4ry").exists()


def test_a_transformer_that_is_given_a_card_shows_card_data(
    keeper: Actor, make_bundle: MAKE_BUNDLE, make_collection: MAKER
) -> None:
    bundle = make_bundle("""
      exports.peek = { type: "transformer", dependencies: { properties: ["ca*"] },
        handler: (context, object) => object.card };
      exports.plain = { type: "transformer", dependencies: { properties: ["mail"] },
        handler: (context, object, value) => value };
    """).name
    functions = [f"{bundle}.peek", f"{bundle}.plain"]
    kind = add_type(keeper, TypeDraft(name_of("LABEL"), "string", transformers=functions)).name
    label = {"name": "label", "data_type_name": kind, "is_nullable": True}
    schema = make_collection([*PERSON, label])

    shown = {key: shows_card(schema, f"label.{key}") for key in ("peek", "plain", "mask")}

    assert shown == {"peek": True, "plain": False, "mask": False}
