"""Dead letters of orders that no endpoint took: in `dead.letters` for systems, in the ledger for the list."""

from __future__ import annotations

import msgspec
from aiokafka import ConsumerRecord

from streams.flow.dead_letters import push_letter
from streams.flow.ledger import send_rows
from streams.flow.publisher import Publisher
from streams.flow.rows import dead_letter_row
from streams.flow.topics import DEAD_LETTERS
from streams.wire.codec import Codec


class Letters:
    """Writes dead letters."""

    def __init__(self, log_id: str, publisher: Publisher, codec: Codec) -> None:
        """`log_id` is the Kafka cluster's."""
        self._log_id, self._publisher, self._codec = log_id, publisher, codec

    async def bury(self, record: ConsumerRecord, reason: str, detail: str) -> None:
        """Write the letter of an order; returns when the broker has confirmed both records of it."""
        letter = push_letter(self._log_id, record, reason, detail)
        value = self._codec.encode("DeadLetter", msgspec.structs.asdict(letter))
        await self._publisher.send(DEAD_LETTERS, record.partition, [(letter.feed.encode(), value)])
        await send_rows(self._publisher, record.partition, {"dead_letters": [dead_letter_row(letter)]})
