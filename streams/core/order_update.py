"""What units, dispatchers and callers say of an order: the steps of its life, and a record of one made into a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from msgspec import Struct

from streams.core.localtime import to_ms
from streams.core.scrub import scrub
from streams.errors import RefusedError

Step = Literal[
    "accepted",  # 签收: the unit takes the order as its own
    "returned",  # 退单: it is not its own, with a reason
    "arrived",  # 到场
    "in_hand",  # 办理中
    "extension_asked",  # 申请延期, with a reason
    "extension_granted",  # 同意延期, with the time that is added
    "extension_refused",
    "suspended",  # 挂起, with a reason: the clock stops
    "resumed",
    "handled",  # 办结: the unit says that it is done
    "verified",  # 核查: somebody else has seen that it is done
    "caller_reached",  # 联系到诉求人
    "satisfied",  # 满意, as the caller says
    "dissatisfied",
    "solved",  # 解决, as the caller says
    "unsolved",
    "closed",  # 结案: no more work is expected; says nothing of whether it is solved
    "reopened",  # 重办, with a reason
    "handed_over",  # 转办: another unit gets an order of its own
    "merged",  # 并单: the same matter as another order
    "unmerged",
    "recategorised",  # 改类: another item of the catalogue, so another time limit
]
STEPS: tuple[Step, ...] = get_args(Step)

#: What a step must bring with it: field of `Update`.
NEEDS: Mapping[Step, str] = {
    "returned": "reason", "extension_asked": "reason", "suspended": "reason", "reopened": "reason",
    "extension_granted": "limit", "handed_over": "unit", "merged": "into", "recategorised": "item",
}  # fmt: skip
MAX_REASON = 500  # characters
MAX_CODE = 200  # characters of a number or an id


class Update(Struct, frozen=True, array_like=True, gc=False):
    """One step of one order, as somebody reported it."""

    number: str  # the source's own number, unique: the same number again is the same update
    order_id: str
    step: Step
    at: int  # ms UTC, when it happened, as the source says
    by: str  # code of the unit or desk that says so; never a person
    reason: str = ""  # scrubbed
    unit: str = ""  # handed_over: to which unit
    into: str = ""  # merged: the order that goes on
    item: str = ""  # recategorised: the new item
    limit: str = ""  # extension_granted: what is added, as in the catalogue (4h, 5wd)
    partition: int = 0  # position of the record in its topic: told again from there, it is the same record
    offset: int = 0


def read_update(record: Mapping[str, object], partition: int = 0, offset: int = 0) -> Update:
    """The update in a decoded `OrderUpdate` record that stands at `partition` and `offset` of its topic.

    Raises RefusedError: "missing_field", "bad_value" for an unknown step or a code that is too long, "bad_time".
    """
    step = text_of(record, "step")
    if step not in STEPS:
        raise RefusedError("bad_value", f"step: unknown word of {len(step)} characters; one of {', '.join(STEPS)}")
    update = Update(
        text_of(record, "number"), text_of(record, "order_id"), step, time_of(record, "step_time"),
        text_of(record, "by"), scrub(_optional(record, "reason"))[:MAX_REASON], _optional(record, "to_unit"),
        _optional(record, "into_order"), _optional(record, "item"), _optional(record, "extra_limit"), partition, offset,
    )  # fmt: skip
    for name in ("number", "order_id", "by"):
        if not getattr(update, name):
            raise RefusedError("missing_field", f"{name} is empty")
    for name in ("number", "order_id", "by", "unit", "into", "item", "limit"):
        if len(getattr(update, name)) > MAX_CODE:
            raise RefusedError("bad_value", f"{name} has {len(getattr(update, name))} characters, at most {MAX_CODE}")
    return update


def text_of(record: Mapping[str, object], name: str) -> str:
    """A text field without blanks around it. Raises RefusedError("missing_field")."""
    value = record.get(name)
    if not isinstance(value, str):
        raise RefusedError("missing_field", f"{name} is missing")
    return value.strip()


def _optional(record: Mapping[str, object], name: str) -> str:
    return text_of(record, name) if record.get(name) is not None else ""


def time_of(record: Mapping[str, object], name: str) -> int:
    """A local time field in ms UTC. Raises RefusedError: "missing_field", "bad_time"."""
    try:
        return to_ms(text_of(record, name))
    except ValueError as error:
        raise RefusedError("bad_time", f"{name}: {error}") from None
