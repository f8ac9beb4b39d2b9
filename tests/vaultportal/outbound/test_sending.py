"""Requests over real sockets: what is sent, what comes back, what is cut."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from ipaddress import ip_address, ip_network
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import pytest
from pytest_django import Settings

from tests.receiver import Receiver, Reply
from tests.vaultportal.outbound.servers import make_certificate, raw_server, read_request
from vaultportal.outbound import (
    BadAnswer,
    Blocked,
    Request,
    Rules,
    Sender,
    TimedOut,
    Unreachable,
)
from vaultportal.outbound.addresses import Address
from vaultportal.outbound.trust import tls_context

LOCAL = Rules((ip_network("127.0.0.0/8"),), http=True)
Make = Callable[..., Sender]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().running() as running:
        yield running


@pytest.fixture
def chain(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """A certificate for hook.example.org that the portal trusts."""
    path = make_certificate(tmp_path, "hook.example.org", "127.0.0.1")
    settings.PORTAL_EGRESS_CA_FILE = str(path)
    tls_context.cache_clear()
    yield path
    tls_context.cache_clear()


@pytest.fixture
def make() -> Iterator[Make]:
    """Makes senders, and closes what they keep at the end."""
    with ExitStack() as stack:
        yield lambda *resolver: stack.enter_context(closing(Sender(*resolver)))


def loopback(_host: str, _port: int, _seconds: float) -> list[Address]:
    return [ip_address("127.0.0.1")]


def post(url: str, content: bytes = b"", **more: object) -> Request:
    return Request("POST", url, content=content, **more)  # type: ignore[arg-type]  # its own fields


def test_a_request_arrives_as_it_was_made(make: Make, receiver: Receiver) -> None:
    receiver.answer = lambda _request: Reply(201, b"done", {"X-Word": "yes", "Set-Cookie": "a=b"})
    headers = (("Content-Type", "text/plain"), ("X-Name", "J\u00f6rg"))

    answer = make().send(Request("POST", f"{receiver.url}/a%20b?c=d#e", headers, b"hello"), LOCAL)

    (received,) = receiver.requests
    assert (received.method, received.path, received.body) == ("POST", "/a%20b?c=d", b"hello")
    assert received.headers == {
        "host": f"127.0.0.1:{receiver.port}",
        "content-length": "5",
        "content-type": "text/plain",
        "x-name": "J\u00f6rg",
        "user-agent": "VaultPortal",
    }
    assert (answer.status, answer.body, answer.truncated) == (201, b"done", False)
    assert answer.header("x-word") == "yes"
    assert answer.http_version == "HTTP/1.1"
    assert 0 < answer.seconds < 10


def test_connections_are_used_again_and_cookies_are_not_kept(
    make: Make, receiver: Receiver
) -> None:
    receiver.answer = lambda _request: Reply(headers={"Set-Cookie": "a=b"})
    sender = make()

    for _ in range(3):
        sender.send(post(f"{receiver.url}/"), LOCAL)

    assert receiver.connections == 1
    assert all("cookie" not in received.headers for received in receiver.requests)


def test_other_rules_mean_another_connection(make: Make, receiver: Receiver) -> None:
    sender = make()
    sender.send(post(f"{receiver.url}/"), LOCAL)

    with pytest.raises(Blocked):
        sender.send(post(f"{receiver.url}/"), Rules(http=True))

    assert len(receiver.requests) == 1


def test_redirects_are_answers(make: Make, receiver: Receiver) -> None:
    target = f"{receiver.url}/secret"
    receiver.answer = lambda _request: Reply(302, headers={"Location": target})

    answer = make().send(post(f"{receiver.url}/"), LOCAL)

    assert answer.status == 302
    assert len(receiver.requests) == 1


def test_proxies_of_the_environment_are_not_used(
    make: Make, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")

    assert make().send(post(f"{receiver.url}/"), LOCAL).status == 200


@pytest.mark.parametrize(
    "header",
    [
        ("Host", "other"),
        ("Transfer-Encoding", "chunked"),
        ("content-length", "0"),
        ("X: y", "z"),
        ("X", "a\r\nY: b"),
        ("X", "a\x00"),
        ("X", "\u20ac"),
        ("", "x"),
    ],
)
def test_headers_cannot_break_the_message(
    make: Make, receiver: Receiver, header: tuple[str, str]
) -> None:
    with pytest.raises(Blocked):
        make().send(Request("POST", receiver.url, (header,)), LOCAL)

    assert receiver.connections == 0


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "GET / HTTP/1.1\r\nX:", ""])
def test_methods_cannot_either(make: Make, receiver: Receiver, method: str) -> None:
    with pytest.raises(Blocked):
        make().send(Request(method, receiver.url), LOCAL)


def test_the_checked_address_is_the_one_that_is_connected_to(
    make: Make, receiver: Receiver
) -> None:
    answers = [ip_address("127.0.0.1"), ip_address("10.0.0.1")]
    asked = []

    def rebinding(host: str, _port: int, _seconds: float) -> list[Address]:
        asked.append(host)
        return [answers[min(len(asked), 2) - 1]]

    sender = make(rebinding)
    url = f"http://hook.example.org:{receiver.port}/"
    receiver.answer = lambda _request: Reply(headers={"Connection": "close"})

    assert sender.send(post(url), LOCAL).status == 200
    assert receiver.requests[0].headers["host"] == f"hook.example.org:{receiver.port}"
    with pytest.raises(Blocked):
        sender.send(post(url), LOCAL)
    assert asked == ["hook.example.org"] * 2
    assert receiver.connections == 1


def test_an_address_that_refuses_gives_way_to_the_next(make: Make, receiver: Receiver) -> None:
    both = [ip_address("127.0.0.2"), ip_address("127.0.0.1")]

    answer = make(lambda *_: both).send(post(f"http://hook.example.org:{receiver.port}/"), LOCAL)

    assert answer.status == 200


def test_tls_checks_name_and_authority(make: Make, chain: Path, tmp_path: Path) -> None:
    receiver = Receiver()
    receiver.over_tls(chain)
    with receiver.running():
        sender = make(loopback)

        good = sender.send(post(f"https://hook.example.org:{receiver.port}/"), LOCAL)
        by_address = sender.send(post(f"https://127.0.0.1:{receiver.port}/"), LOCAL)
        with pytest.raises(Unreachable) as wrong_name:
            sender.send(post(f"https://other.example.org:{receiver.port}/"), LOCAL)

    assert (good.status, by_address.status) == (200, 200)
    assert wrong_name.value.reason == "outbound.tls"
    stranger = Receiver()
    stranger.over_tls(make_certificate(tmp_path / "..", "hook.example.org"))
    with stranger.running(), pytest.raises(Unreachable):
        sender.send(post(f"https://hook.example.org:{stranger.port}/"), LOCAL)


def answer_http2(connection: socket.socket) -> None:
    """Answer each request of a connection with 202 and its own body."""
    engine = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    engine.initiate_connection()
    connection.sendall(engine.data_to_send())
    bodies: dict[int, bytes] = {}
    while data := connection.recv(65536):
        for event in engine.receive_data(data):
            if isinstance(event, h2.events.DataReceived):
                bodies[event.stream_id] = bodies.get(event.stream_id, b"") + event.data
                engine.acknowledge_received_data(len(event.data), event.stream_id)
            if isinstance(event, h2.events.StreamEnded):
                engine.send_headers(event.stream_id, [(":status", "202"), ("x-word", "two")])
                engine.send_data(event.stream_id, bodies[event.stream_id], end_stream=True)
        connection.sendall(engine.data_to_send())


def test_http_2_is_spoken_where_it_is_offered(make: Make, chain: Path) -> None:
    with raw_server(answer_http2, chain, "h2") as port:
        sender = make(loopback)
        url = f"https://hook.example.org:{port}/"

        answers = [sender.send(post(url, b"one"), LOCAL), sender.send(post(url, b"two"), LOCAL)]

    assert [(each.http_version, each.status) for each in answers] == [("HTTP/2", 202)] * 2
    assert [each.body for each in answers] == [b"one", b"two"]
    assert answers[0].header("x-word") == "two"


def test_a_body_without_end_is_cut(make: Make) -> None:
    def flood(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    with raw_server(flood) as port:
        answer = make().send(post(f"http://127.0.0.1:{port}/", max_body=100_000), LOCAL)

    assert (answer.status, len(answer.body), answer.truncated) == (200, 100_000, True)


def test_a_packed_body_stays_packed(make: Make, receiver: Receiver) -> None:
    receiver.answer = lambda _request: Reply(body=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})

    answer = make().send(post(f"{receiver.url}/"), LOCAL)

    assert answer.body == b"\x1f\x8b"
    assert "accept-encoding" not in receiver.requests[0].headers


def drip(start: bytes, enough: threading.Event) -> object:
    def behave(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(start)
        while not enough.wait(0.05):
            connection.sendall(b"a")

    return behave


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: "])
def test_a_head_in_drops_ends_with_the_deadline(make: Make, start: bytes) -> None:
    enough = threading.Event()
    with raw_server(drip(start, enough)) as port:  # type: ignore[arg-type]  # a behaviour
        try:
            with pytest.raises((TimedOut, BadAnswer)):
                make().send(post(f"http://127.0.0.1:{port}/", timeout=0.5), LOCAL)
        finally:
            enough.set()


def test_a_body_in_drops_is_what_came_until_then(make: Make) -> None:
    enough = threading.Event()
    with raw_server(drip(b"HTTP/1.1 200 OK\r\n\r\n", enough)) as port:  # type: ignore[arg-type]  # a behaviour
        try:
            answer = make().send(post(f"http://127.0.0.1:{port}/", timeout=0.5), LOCAL)
        finally:
            enough.set()

    assert answer.status == 200
    assert answer.truncated
    assert answer.seconds < 5


def test_silence_is_a_time_out(make: Make) -> None:
    enough = threading.Event()

    def stay(_connection: socket.socket) -> None:
        enough.wait(30)

    with raw_server(stay) as port:
        with pytest.raises(TimedOut):
            make().send(post(f"http://127.0.0.1:{port}/", timeout=0.3), LOCAL)
        enough.set()


@pytest.mark.parametrize(
    "nonsense",
    [
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 40_000 + b"\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    ],
)
def test_what_is_no_answer_is_a_bad_one(make: Make, nonsense: bytes) -> None:
    def behave(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(nonsense)

    with raw_server(behave) as port, pytest.raises(BadAnswer):
        make().send(post(f"http://127.0.0.1:{port}/"), LOCAL)


def test_nobody_there_and_nobody_known(make: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unreachable) as closed:
        make().send(post(f"http://127.0.0.1:{port}/"), LOCAL)
    with pytest.raises(Unreachable) as unknown:
        make().send(post("http://no-such-host.invalid/"), LOCAL)

    assert closed.value.reason == "outbound.connect"
    assert unknown.value.reason == "outbound.name"


def answers_once(connection: socket.socket) -> None:
    """Promise to keep the connection, and close it with the second request."""
    read_request(connection)
    connection.sendall(OK)
    connection.recv(1)


@pytest.mark.parametrize("repeatable", [True, False])
def test_a_connection_that_died_meanwhile(make: Make, *, repeatable: bool) -> None:
    with raw_server(answers_once) as port:
        sender = make()
        request = post(f"http://127.0.0.1:{port}/", b"x", repeatable=repeatable)
        sender.send(request, LOCAL)

        if repeatable:
            assert sender.send(request, LOCAL).status == 200
        else:
            with pytest.raises(Unreachable) as lost:
                sender.send(request, LOCAL)
            assert lost.value.reason == "outbound.lost"


def test_a_name_server_that_hangs_is_left_alone(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: release.wait(30) and [])

    with pytest.raises(TimedOut):
        make().send(post("http://hook.example.org/", timeout=0.3), LOCAL)
    release.set()
