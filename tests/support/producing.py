"""Writing records to a broker the way the pipeline does: whole batches, confirmed by every replica."""

from collections.abc import Sequence

from aiokafka import AIOKafkaProducer

Headers = Sequence[tuple[str, bytes]]


async def produce_batch(
    servers: str, topic: str, partition: int, values: Sequence[bytes], key: bytes | None = None, headers: Headers = ()
) -> int:
    """Send `values` as one batch to a partition, wait for the confirmation and return the first record's offset."""
    async with AIOKafkaProducer(bootstrap_servers=servers, acks="all") as producer:
        batch = producer.create_batch()
        for value in values:
            if batch.append(key=key, value=value, timestamp=None, headers=list(headers)) is None:
                raise ValueError("these values are too large for one batch")
        confirmation = await producer.send_batch(batch, topic, partition=partition)
        return (await confirmation).offset
