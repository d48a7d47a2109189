"""What becomes of a malformed input, and the number that every input bears."""

import msgspec

PLANTED = "13912345678"  # the number of whoever calls, in every input: it must come out nowhere


class Came(msgspec.Struct, frozen=True):
    """What became of an input: `reason` of the refusal, or "accepted", and all that was written about it."""

    reason: str
    told: bytes
