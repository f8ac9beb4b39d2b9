"""What passes between the portal and the locked processes. Both ends import this module.

control (SOCK_SEQPACKET, portal to zygote and portal to template): records and descriptors.
job (SOCK_STREAM, portal to the process of a call): frames, a length of four bytes before each.
monitor (SOCK_SEQPACKET, portal to template): the exit status of one process. Whoever closes the
portal's end of it kills that process.
"""

from __future__ import annotations

import socket
import struct
from typing import Protocol

LENGTH = struct.Struct("!I")
# bytes of the source; processor seconds and bytes of memory for parsing it
SOURCE = struct.Struct("!Qdq")
# processor seconds, wall seconds, bytes of the heap, bytes of input and output
JOB = struct.Struct("!ddqq")
STATUS = struct.Struct("!i")
NEW_TEMPLATE = b"template"
NOT_STARTED = -1  # in place of a status: there was no room for a process
PACKET = 60_000
REPORT_BYTES = 65_536


class Receiver(Protocol):
    """A stream, as sockets are."""

    def recv(self, count: int, /) -> bytes: ...


def send_frame(channel: socket.socket, data: bytes) -> None:
    """One frame, whole."""
    channel.sendall(LENGTH.pack(len(data)) + data)


def receive_frame(channel: Receiver, most: int) -> bytes:
    """The next frame.

    Raises:
        EOFError: the other side is gone. OverflowError: the frame is over ``most`` bytes.
    """
    (length,) = LENGTH.unpack(receive_exactly(channel, LENGTH.size))
    if length > most:
        raise OverflowError
    return receive_exactly(channel, length)


def receive_exactly(channel: Receiver, count: int) -> bytes:
    """``count`` bytes. Raises EOFError when the other side closes before."""
    parts = bytearray()
    while len(parts) < count:
        part = channel.recv(min(count - len(parts), 1 << 20))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


def send_packets(channel: socket.socket, data: bytes) -> None:
    """More than fits into one packet, in several."""
    for start in range(0, len(data), PACKET):
        channel.sendall(data[start : start + PACKET])


def receive_packets(channel: socket.socket, count: int) -> bytes:
    """``count`` bytes sent by ``send_packets``. Raises EOFError."""
    parts = bytearray()
    while len(parts) < count:
        part = channel.recv(PACKET)
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)
