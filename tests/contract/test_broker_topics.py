"""Topics and cluster facts: the same on the embedded broker and on Apache Kafka."""

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from streams.flow.brokers import Broker, TopicError, TopicSpec
from tests.support.brokers import AnyBroker


@pytest.fixture
def face(broker: AnyBroker):
    with Broker(broker.servers) as face:
        yield face


def test_cluster_id_is_the_same_for_every_connection(broker, face):
    with Broker(broker.servers) as other:
        assert face.cluster_id() == other.cluster_id() != ""


def test_topics_are_created_as_asked_for(face, prefix):
    specs = [TopicSpec(f"{prefix}a", 3), TopicSpec(f"{prefix}b", 5)]
    assert face.create_topics(specs) == [f"{prefix}a", f"{prefix}b"]
    assert face.partitions([f"{prefix}a", f"{prefix}b", f"{prefix}absent"]) == {f"{prefix}a": 3, f"{prefix}b": 5}


def test_creating_again_changes_nothing(face, prefix):
    face.create_topics([TopicSpec(f"{prefix}a", 3)])
    assert face.create_topics([TopicSpec(f"{prefix}a", 3), TopicSpec(f"{prefix}b", 1)]) == [f"{prefix}b"]
    assert face.create_topics([TopicSpec(f"{prefix}a", 2)]) == []
    assert face.partitions([f"{prefix}a"]) == {f"{prefix}a": 3}


def test_too_few_partitions_are_named(face, prefix):
    face.create_topics([TopicSpec(f"{prefix}a", 2)])
    with pytest.raises(TopicError, match=rf"topic {prefix}a has 2 partitions and needs 4"):
        face.create_topics([TopicSpec(f"{prefix}a", 4)])


def test_a_broker_that_has_not_heard_of_a_topic_yet_is_asked_again(face, prefix, monkeypatch):
    """In a cluster each question may go to another broker; another worker makes the topics at the same time."""
    specs = [TopicSpec(f"{prefix}a", 2), TopicSpec(f"{prefix}b", 2)]
    face.create_topics(specs)
    told, unheard = face.partitions, [f"{prefix}b", f"{prefix}a", f"{prefix}b"]

    def lagging(topics):
        late = unheard.pop(0) if unheard else ""
        return {topic: count for topic, count in told(topics).items() if topic != late}

    monkeypatch.setattr(face, "partitions", lagging)
    assert face.create_topics(specs) == [f"{prefix}b"]
    assert not unheard


def test_offsets_of_an_absent_topic_are_an_error_and_do_not_create_it(face, prefix):
    with pytest.raises(TopicError, match=f"no topic {prefix}absent"):
        face.end_offsets([f"{prefix}absent"])
    assert face.partitions([f"{prefix}absent"]) == {}


def test_a_closed_face_opens_again(face):
    before = face.cluster_id()
    face.close()
    assert face.cluster_id() == before


on_kafka = pytest.mark.parametrize("broker", [pytest.param("kafka", marks=pytest.mark.kafka)], indirect=True)


@on_kafka
def test_a_topic_that_the_broker_refuses_is_named(face, prefix):
    """The embedded broker refuses nothing."""
    with pytest.raises(TopicError, match=rf"does not make topic {prefix}a: .*replication"):
        face.create_topics([TopicSpec(f"{prefix}a", 1, replication=3)])


@on_kafka
def test_a_topic_is_configured_as_asked_for(broker, face, prefix):
    """The embedded broker takes a configuration and does not tell it."""
    face.create_topics([TopicSpec(f"{prefix}state", 1, config={"cleanup.policy": "compact", "segment.ms": "60000"})])
    admin = KafkaAdminClient(bootstrap_servers=broker.servers)
    try:
        found = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, f"{prefix}state")])
        print(found)
    finally:
        admin.close()
    assert "compact" in str(found)
