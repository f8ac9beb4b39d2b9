"""No test talks to the world: connections beyond this machine are refused with a sentence."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest

LOCAL_NAMES = {"localhost", ""}
_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex
_sendto = socket.socket.sendto


def install(patch: pytest.MonkeyPatch) -> None:
    """Guard this process for the session."""

    def connect(self: socket.socket, address: Any) -> None:
        _require_local(self, address)
        _connect(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        _require_local(self, address)
        return _connect_ex(self, address)

    def sendto(self: socket.socket, data: bytes, *rest: Any) -> int:
        _require_local(self, rest[-1])
        return _sendto(self, data, *rest)

    patch.setattr(socket.socket, "connect", connect)
    patch.setattr(socket.socket, "connect_ex", connect_ex)
    patch.setattr(socket.socket, "sendto", sendto)


def _require_local(sock: socket.socket, address: Any) -> None:
    if sock.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    host = str(address[0])
    if host in LOCAL_NAMES or _is_loopback(host):
        return
    raise AssertionError(f"A test tried to reach {host}: tests talk to this machine only.")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False
