"""The brokers that tests run on: the embedded one and Apache Kafka, with the same few methods."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from streams.flow.embedded import EmbeddedBroker
from tests.support import kafka_libs
from tests.support.kafka_server import KafkaServer
from tests.support.ports import free_port

KINDS = ["embedded", pytest.param("kafka", marks=pytest.mark.kafka)]
"""For `params=` of a fixture or `parametrize`."""

AnyBroker = EmbeddedBroker | KafkaServer
"""Has `servers`, `start()` and `stop()`; what the embedded one holds is gone when it stops."""


@contextmanager
def running(kind: str, folder: Path) -> Iterator[AnyBroker]:
    """Start a broker of that kind in `folder`; skips (in CI: fails) where this machine cannot run it."""
    if kind == "kafka":
        require_kafka()
        with KafkaServer(folder) as server:
            yield server
    else:
        with EmbeddedBroker(f"test-{os.getpid()}-{folder.name}", folder, free_port()) as broker:
            yield broker


def require_kafka() -> None:
    """Skip (in CI: fail) where this machine cannot run Apache Kafka."""
    reason = kafka_libs.missing()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    if reason:
        pytest.skip(reason)
