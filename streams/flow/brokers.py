"""Facts about a broker, behind one small synchronous face that works on Apache Kafka and on the embedded broker.

For what goes on beside the pipeline: making topics, counting, reading single records. The pipeline itself talks to the
broker through Faust.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType, TracebackType
from typing import Any, Final, NamedTuple, Self, TypeVar

from kafka import KafkaAdminClient, TopicPartition
from kafka.errors import KafkaError, RetriableError, TopicAlreadyExistsError
from kafka.protocol.consumer import OffsetSpec

from streams.errors import SanwangError
from streams.flow.reach import BrokerUnavailable, reach, tls
from streams.flow.records import BrokerRecord, Partition, read_span, settle_ends

# kafka-python writes its whole configuration to the log at debug, passwords too; what matters it raises.
logging.getLogger("kafka").setLevel(logging.CRITICAL)

__all__ = ["Broker", "BrokerRecord", "BrokerUnavailable", "Partition", "TopicError", "TopicSpec"]

Answer = TypeVar("Answer")
RETRY_PAUSE_SECONDS = 0.1


class TopicError(SanwangError):
    """A topic is missing, or is there but not as it has to be."""


class TopicSpec(NamedTuple):
    """A topic as it has to be. `replication` -1 is the broker's default; `config` has the broker's own names."""

    name: str
    partitions: int
    replication: int = -1
    config: Mapping[str, str] = MappingProxyType({})


class Broker:
    """A connection to a broker or a cluster: opened on entry, closed on exit, for one thread at a time.

    `servers` is `host:port`, more of them joined by commas. `security` holds kafka-python's settings by their names:
    `security_protocol`, `sasl_mechanism`, `sasl_plain_username`, `sasl_plain_password`, `ssl_cafile`, `ssl_certfile`,
    `ssl_keyfile`, `ssl_password`, `ssl_check_hostname`.

    Every method raises `BrokerUnavailable` where no broker answers within `timeout_seconds`.
    """

    def __init__(
        self, servers: str, security: Mapping[str, object] = MappingProxyType({}), timeout_seconds: float = 10.0
    ) -> None:
        self.servers: Final = servers
        self._timeout_seconds: Final = timeout_seconds
        self._tls: Final = tls(security)
        milliseconds = int(timeout_seconds * 1000)
        self._settings: Final[dict[str, object]] = {
            **security,
            "ssl_context": self._tls,
            "bootstrap_timeout_ms": milliseconds,
            "request_timeout_ms": milliseconds,
        }
        self._client: Any = None

    def __enter__(self) -> Self:
        self._ask(lambda _admin: None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; a later call opens it anew."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def cluster_id(self) -> str:
        """Return the id of the broker's log: another id means other records behind the same topics and offsets."""
        return self._ask(lambda admin: str(admin.describe_cluster()["cluster_id"]))

    def partitions(self, topics: Iterable[str]) -> dict[str, int]:
        """Return how many partitions each of the topics has; a topic that is not there is left out."""
        names = sorted(set(topics))
        answers = self._ask(lambda admin: admin.describe_topics(names))
        return {answer["name"]: len(answer["partitions"]) for answer in answers if answer["partitions"]}

    def create_topics(self, specs: Iterable[TopicSpec]) -> list[str]:
        """Create the topics that are missing and return their names; raise `TopicError` where one cannot serve.

        Existing topics are left as they are. More partitions than asked for are fine, fewer are not.
        """
        wanted = {spec.name: spec for spec in specs}
        found = self.partitions(wanted)
        missing = sorted(wanted.keys() - found.keys())
        if missing:
            self._create([wanted[name] for name in missing])
            found = self._spread(wanted)
        for spec in wanted.values():
            if found.get(spec.name, 0) < spec.partitions:
                raise TopicError(
                    f"topic {spec.name} has {found.get(spec.name, 0)} partitions and needs {spec.partitions}: add "
                    "partitions while it is empty"
                )
        return missing

    def begin_offsets(self, topics: Iterable[str]) -> dict[Partition, int]:
        """Return, for each partition of the topics, the offset of the first record still kept."""
        return self._offsets(topics, OffsetSpec.EARLIEST)

    def end_offsets(self, topics: Iterable[str]) -> dict[Partition, int]:
        """Return, for each partition of the topics, the offset that the next record will get."""
        ends = self._offsets(topics, OffsetSpec.LATEST)
        with self._translated():
            return settle_ends(self._reached(self._timeout_seconds), ends, self._timeout_seconds)

    def committed(self, group: str) -> dict[Partition, int]:
        """Return what the consumer group has committed: for each partition the offset that it reads next."""
        offsets = self._ask(lambda admin: admin.list_group_offsets(group)[group])
        return {(key.topic, key.partition): entry.offset for key, entry in offsets.items() if entry.offset >= 0}

    def read(self, topic: str, partition: int, offset: int) -> BrokerRecord | None:
        """Return the record at a position, or None where there is none (not yet, no more, compacted away)."""
        place = (topic, partition)
        if not self.begin_offsets([topic]).get(place, 0) <= offset < self.end_offsets([topic]).get(place, 0):
            return None
        return next(self._span({place: offset}, {place: offset + 1}), None)

    def records(self, topic: str) -> Iterator[BrokerRecord]:
        """Yield a topic's records from its beginning to its present end, in order within each partition."""
        return self._span(self.begin_offsets([topic]), self.end_offsets([topic]))

    def partition_records(self, topic: str, partition: int) -> Iterator[BrokerRecord]:
        """Yield one partition's records from its beginning to its present end, in order."""
        place = (topic, partition)
        begin, end = self.begin_offsets([topic])[place], self.end_offsets([topic])[place]
        return self._span({place: begin}, {place: end})

    def delete_before(self, offsets: Mapping[Partition, int]) -> None:
        """Delete the records before these offsets; segments that hold nothing else leave the disk soon after."""
        wanted = {TopicPartition(*place): offset for place, offset in offsets.items()}
        if wanted:
            self._ask(lambda admin: admin.delete_records(wanted))

    def _create(self, specs: list[TopicSpec]) -> None:
        topics = {
            spec.name: {
                "num_partitions": spec.partitions,
                "replication_factor": spec.replication,
                "configs": dict(spec.config),
            }
            for spec in specs
        }
        answer = self._ask(lambda admin: admin.create_topics(topics, raise_errors=False))
        for topic in answer["topics"]:
            if topic["error_code"] not in (0, TopicAlreadyExistsError.errno):  # another worker may have been quicker
                raise TopicError(f"the broker does not make topic {topic['name']}: {topic['error_message']}")
        self._ask(lambda admin: admin.wait_for_topics(list(topics)))

    def _spread(self, topics: Collection[str]) -> dict[str, int]:
        """The partitions of topics of which some are new: not every broker of a cluster has heard of them at once."""
        deadline = time.monotonic() + self._timeout_seconds
        while len(found := self.partitions(topics)) < len(topics) and time.monotonic() < deadline:
            time.sleep(RETRY_PAUSE_SECONDS)
        return found

    def _offsets(self, topics: Iterable[str], spec: object) -> dict[Partition, int]:
        names = sorted(set(topics))
        found = self.partitions(names)
        absent = [name for name in names if name not in found]
        if absent:
            raise TopicError(f"no topic {', '.join(absent)} on {self.servers}")
        places = {TopicPartition(name, number): spec for name in names for number in range(found[name])}
        answer = self._ask(lambda admin: admin.list_partition_offsets(places)) if places else {}
        return {(place.topic, place.partition): entry.offset for place, entry in answer.items()}

    def _span(self, begins: Mapping[Partition, int], ends: Mapping[Partition, int]) -> Iterator[BrokerRecord]:
        with self._translated():
            yield from read_span(self._reached(self._timeout_seconds), begins, ends, self._timeout_seconds)

    def _ask(self, question: Callable[[Any], Answer]) -> Answer:
        """Put a question to the admin client, again and over a new connection where that can help."""
        deadline = time.monotonic() + self._timeout_seconds
        while True:
            with self._translated():
                try:
                    return question(self._connected(deadline))
                except KafkaError as error:
                    self.close()
                    if not isinstance(error, RetriableError) or time.monotonic() > deadline:
                        raise
            time.sleep(RETRY_PAUSE_SECONDS)

    def _connected(self, deadline: float) -> Any:  # noqa: ANN401 - kafka-python has no types
        if self._client is None:
            self._client = KafkaAdminClient(**self._reached(max(0.0, deadline - time.monotonic())))
        return self._client

    def _reached(self, seconds: float) -> dict[str, object]:
        """The settings for a client, with one server that answers: among several, kafka-python keeps asking dead ones.

        It draws one at a time, and waits for ever longer where the one that it drew did not answer before.
        """
        return {**self._settings, "bootstrap_servers": [reach(self.servers, seconds, self._tls)]}

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except KafkaError as error:
            raise BrokerUnavailable(
                f"the Kafka broker at {self.servers} does not serve us: {type(error).__name__}: {error}"
            ) from error
