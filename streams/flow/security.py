"""How the settings' security is told to each of the Kafka clients that we use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aiokafka.helpers import create_ssl_context

from streams.config import Kafka


def password_of(kafka: Kafka) -> str:
    """The password in the settings' password file, "" without one."""
    return Path(kafka.password_file).read_text("utf-8").strip() if kafka.password_file else ""


def aiokafka_security(kafka: Kafka) -> dict[str, Any]:
    """Keyword arguments for aiokafka's clients."""
    if kafka.security_protocol == "PLAINTEXT":
        return {}
    options: dict[str, Any] = {"security_protocol": kafka.security_protocol}
    if "SSL" in kafka.security_protocol:
        options["ssl_context"] = create_ssl_context(cafile=kafka.ca_file or None)
    return options | _sasl(kafka)


def kafka_python_security(kafka: Kafka) -> dict[str, object]:
    """Keyword arguments for kafka-python's clients."""
    if kafka.security_protocol == "PLAINTEXT":
        return {}
    options: dict[str, object] = {"security_protocol": kafka.security_protocol}
    if kafka.ca_file:
        options["ssl_cafile"] = kafka.ca_file
    return options | _sasl(kafka)


def _sasl(kafka: Kafka) -> dict[str, str]:
    """Both clients call these options by the same names."""
    if not kafka.sasl_mechanism:
        return {}
    return {
        "sasl_mechanism": kafka.sasl_mechanism,
        "sasl_plain_username": kafka.username,
        "sasl_plain_password": password_of(kafka),
    }
