"""A broker that is not there, goes away, or comes back."""

import socket
import time
from contextlib import ExitStack

import pytest

from streams.errors import SanwangError
from streams.flow.brokers import Broker, BrokerUnavailable, TopicSpec
from tests.support.brokers import AnyBroker
from tests.support.ports import free_port


def test_no_broker_is_said_with_its_address():
    address = f"127.0.0.1:{free_port()}"
    began = time.monotonic()
    with pytest.raises(BrokerUnavailable, match=rf"no Kafka broker answers at {address} \(Connection refused\)"):
        Broker(address, timeout_seconds=0.3).cluster_id()
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("servers", ["nohost", "127.0.0.1", "127.0.0.1:", ":9092", "127.0.0.1:ninety", ""])
def test_an_address_that_is_none_is_said(servers):
    with pytest.raises(SanwangError, match="is not of the form host:port"):
        Broker(servers).cluster_id()


def test_any_of_several_servers_will_do(broker: AnyBroker, prefix: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("kafka.net.manager.random.choice", lambda servers: servers[0])  # it draws, until one answers
    with Broker(f"127.0.0.1:{free_port()},{broker.servers}", timeout_seconds=3) as face:
        assert face.create_topics([TopicSpec(f"{prefix}a", 1)])
        assert face.end_offsets([f"{prefix}a"])


def test_a_server_that_never_answers_leaves_the_others_their_time(broker: AnyBroker):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as silent, ExitStack() as clients:
        for _ in range(2):  # more than that it does not take, and says nothing to those who come after
            client = clients.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(silent.getsockname())
        servers = f"127.0.0.1:{silent.getsockname()[1]},{broker.servers}"
        began = time.monotonic()
        with Broker(servers, timeout_seconds=2) as face:
            assert face.cluster_id()
        assert 0.5 < time.monotonic() - began < 3


def test_a_broker_gone_in_mid_run_is_said_and_found_again(own_broker: AnyBroker, prefix: str):
    with Broker(own_broker.servers, timeout_seconds=3) as face:
        face.create_topics([TopicSpec(f"{prefix}a", 1)])
        own_broker.stop()
        with pytest.raises(BrokerUnavailable, match=own_broker.servers):
            face.end_offsets([f"{prefix}a"])
        own_broker.start()
        assert face.cluster_id()
        assert face.create_topics([TopicSpec(f"{prefix}b", 1)]) == [f"{prefix}b"]


def test_tls_with_a_broker_that_speaks_none_is_said_in_time(broker: AnyBroker):
    began = time.monotonic()
    with pytest.raises(BrokerUnavailable, match=rf"no Kafka broker answers at {broker.servers} \(.*(TLS|reset|SSL)"):
        Broker(broker.servers, {"security_protocol": "SSL"}, timeout_seconds=1).cluster_id()
    assert time.monotonic() - began < 5


def test_a_missing_certificate_file_is_said(tmp_path):
    with pytest.raises(SanwangError, match="TLS files cannot be used"):
        Broker("127.0.0.1:9", {"security_protocol": "SASL_SSL", "ssl_cafile": str(tmp_path / "absent.pem")})
