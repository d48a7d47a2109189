"""Sockets of kafka-python by a name of their own, so that what it leaves behind is told from what we do."""

from __future__ import annotations

from socket import AF_UNSPEC, IPPROTO_TCP, SOCK_STREAM, socket
from typing import Any

from kafka.net.inet import KafkaNetSocket


class KafkaPythonSocket(socket):
    """Left to the garbage collector where its client is closed while it connects or sends."""


def name_sockets() -> None:
    """Have kafka-python make `KafkaPythonSocket`s from now on; pyproject.toml ignores warnings of these alone."""

    def make(_: Any, family: int = AF_UNSPEC, kind: int = SOCK_STREAM, proto: int = IPPROTO_TCP) -> socket:
        return KafkaPythonSocket(family, kind, proto)

    KafkaNetSocket.socket = make
