"""The byte streams of a conversation: standard input and output, or one TCP client."""

import ipaddress
import os
import socket
import sys
from typing import Any, BinaryIO


def claim_standard_streams() -> tuple[BinaryIO, BinaryIO]:
    """Reserve standard input and output for the protocol, and return them.

    All other output of this process and of its children, also from C, goes to standard error. Any other
    reader of standard input finds it empty.
    """
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return source, sink


class OthersCouldReachItError(Exception):
    """Raised for an address that is not of the loopback interface."""


def listen(host: str, port: int, *, allow_remote: bool = False) -> socket.socket:
    """A socket that listens on exactly this address.

    Raises OSError if the address is taken or is not of this machine. Unless ``allow_remote``, raises
    OthersCouldReachItError for an address that other machines could reach.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    if not allow_remote and not is_loopback(address):
        raise OthersCouldReachItError
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1)
    except OSError:
        listener.close()
        raise
    return listener


def is_loopback(address: tuple[Any, ...]) -> bool:
    return ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback


def accept(listener: socket.socket) -> tuple[BinaryIO, BinaryIO]:
    """Wait for the first client and return its streams. Further clients are refused."""
    with listener:
        client, _ = listener.accept()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)  # notices a client that is gone
    with client:
        return client.makefile("rb"), client.makefile("wb")
