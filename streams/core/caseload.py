"""The casework of one partition: its orders' lives, the hand-overs of its incidents, and what has to be told.

All orders and hand-overs of an incident meet in one partition. Live orders are supervised by the wall clock. Orders of
history fed in again have a book of their own, whose clock is how far the answers to them have been told.

Whatever is decided depends on the order of papers alone. A paper that was decided before comes out the same when it is
told again after a crash: a step that was taken is in its order's history with its position, and the latest refusals
are kept with theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from streams.core.acknowledgement import Identity, Pushed, take
from streams.core.case_record import Change, Mark, Place, Settled
from streams.core.casework import Acked, Answered, Issued, Sent
from streams.core.catalogue import OTHER
from streams.core.deadline import IsWorkday
from streams.core.decision import Order
from streams.core.handover import follow_up
from streams.core.order_book import KEPT_MS, Entry, OrderBook
from streams.core.order_life import MAX_EARLY_MS, OrderLife, Refusal
from streams.core.order_state import OrderState, issue
from streams.core.order_update import Update
from streams.core.supervision import Signal
from streams.core.unit import Unit

KEPT_REFUSALS = 10_000  # far more than can come between a decision and its acknowledgement to the broker


class Caseload:
    """The casework of one partition."""

    def __init__(self, limits: Mapping[str, str], units: Mapping[str, Unit], is_workday: IsWorkday) -> None:
        """`limits` are the catalogue's time limits by item."""
        self._limits = limits
        self._units = units
        self._is_workday = is_workday
        self._life = OrderLife(limits, is_workday)
        self.live, self.replayed = (OrderBook(self._life, is_workday) for _ in range(2))
        self._hand_overs: dict[Identity, Pushed] = {}
        self._changed_hand_overs: dict[Identity, Pushed | None] = {}
        self._mark = Mark()
        self._refused: dict[Place, Refusal] = {}
        self._changed_refusals: dict[Place, Refusal | None] = {}
        self._signals: list[Signal] = []
        self._marked = False  # has the mark changed since it was made durable?

    @property
    def open_orders(self) -> int:
        """Orders whose unit is expected to act."""
        return self.live.open + self.replayed.open

    @property
    def untold(self) -> tuple[Signal, ...]:
        """Signals that were decided before a crash, and perhaps not told."""
        return self._mark.untold

    def waiting(self) -> list[Pushed]:
        """Hand-overs that nobody has acknowledged."""
        return [pushed for pushed in self._hand_overs.values() if pushed.ack is None]

    def restore(
        self, live: Iterable[Entry], replayed: Iterable[Entry], hand_overs: Iterable[Pushed],
        refused: Mapping[Place, Refusal], mark: Mark,
    ) -> None:
        """Fill an empty caseload with what was made durable."""
        self._refused = dict(refused)
        self.live.restore(live)
        self.replayed.restore(replayed)
        self._hand_overs = {pushed.identity: pushed for pushed in hand_overs}
        self._mark = mark

    def issue(self, paper: Issued) -> None:
        """Enter an order that triage sends; one that is known stays as it is."""
        order = paper.order
        book = self.replayed if paper.replayed else self.live
        if self.live.get(order.order_id) is None and self.replayed.get(order.order_id) is None:
            book.issue(order, paper.opened_at, self._limit(order))

    def push(self, paper: Sent) -> None:
        """Enter a record that triage pushes; one that is known stays as it is."""
        if paper.pushed.identity not in self._hand_overs:
            self._keep(paper.pushed)

    def answer(self, paper: Answered) -> Settled:
        """Take a step of an order, with the signals that were due before it; told again, it comes out the same."""
        update, now = paper.update, paper.now
        place = Place("u", update.partition, update.offset, paper.received_at)
        if place in self._refused:
            return Settled("refused", self._refused[place])
        book = self._book_of(update.order_id)
        entry = book.get(update.order_id)
        known = next((u for u in entry.state.history if u.number == update.number), None) if entry else None
        if entry and known:
            same = (known.partition, known.offset) == (update.partition, update.offset)
            return self._as_then(entry, known, now) if same else Settled("redelivered")
        if paper.replayed and now > self._mark.told_until:
            self._mark, self._marked = replace(self._mark, told_until=now), True
        return self._step(book, update, now, place)

    def acknowledge(self, paper: Acked) -> Settled:
        """Take an acknowledgement; told again, it comes out the same."""
        ack, now = paper.ack, paper.now
        place = Place("k", ack.partition, ack.offset, paper.received_at)
        if place in self._refused:
            return Settled("refused", self._refused[place])
        known = self._hand_overs.get(ack.identity)
        if known and known.ack and known.ack.number == ack.number:
            same = (known.ack.partition, known.ack.offset) == (ack.partition, ack.offset)
            return self._acknowledged(known, now) if same else Settled("redelivered")
        after = take(known, ack, now, MAX_EARLY_MS)
        if isinstance(after, Refusal):
            return self._refuse(place, after)
        self._keep(after)
        return self._acknowledged(after, now)

    def look(self, now: int, *, replayed: bool) -> None:
        """Find what is due: of live orders at `now` (ms UTC), of `replayed` ones as far as history has been told."""
        self._signals += self.live.signals(now)
        self.live.forget(now)
        self._forget_hand_overs(now)
        if replayed and self._mark.told_until:
            self._signals += self.replayed.signals(self._mark.told_until)
            self.replayed.forget(self._mark.told_until)

    def take_changes(self) -> tuple[Change | None, tuple[Signal, ...]]:
        """What must be made durable (None: nothing), and then the signals to be told."""
        signals, self._signals = tuple(self._signals), []
        orders = {
            (order_id, book is self.replayed): entry
            for book in (self.live, self.replayed) for order_id, entry in book.take_changes().items()
        }  # fmt: skip
        hand_overs, self._changed_hand_overs = self._changed_hand_overs, {}
        refusals, self._changed_refusals = self._changed_refusals, {}
        if not (orders or hand_overs or refusals or signals or self._marked):
            return None, ()
        self._marked = False
        self._mark = replace(self._mark, untold=signals)
        return Change(orders, hand_overs, refusals, self._mark), signals

    def told(self) -> Change:
        """What makes durable that all signals have been told."""
        self._mark = replace(self._mark, untold=())
        return Change({}, {}, {}, self._mark)

    def _refuse(self, place: Place, refusal: Refusal) -> Settled:
        """Remember why, for an answer that is told again after a crash would meet another state."""
        self._refused[place] = self._changed_refusals[place] = refusal
        while len(self._refused) > KEPT_REFUSALS:
            oldest = next(iter(self._refused))
            del self._refused[oldest]
            self._changed_refusals[oldest] = None
        return Settled("refused", refusal)

    def _step(self, book: OrderBook, update: Update, now: int, place: Place) -> Settled:
        if update.step == "handed_over" and update.unit not in self._units:
            return self._refuse(place, Refusal("unknown_unit", f"{update.unit} is no unit of this city"))
        self._signals += book.looked_at(update.order_id, min(update.at, now))
        after = book.take(update, now)
        if isinstance(after, Refusal):
            return self._refuse(place, after)
        return self._applied(book, update, after, now)

    def _applied(self, book: OrderBook, update: Update, state: OrderState, now: int) -> Settled:
        entry = book.get(update.order_id)
        opened_at = entry.opened_at if entry else 0
        return Settled("applied", state=state, issued=self._hand_on(book, update, now), opened_at=opened_at)

    def _hand_on(self, book: OrderBook, update: Update, now: int) -> Order | None:
        """The order of the unit that is handed an order: the next round for it."""
        entry = book.get(update.order_id)
        if update.step != "handed_over" or entry is None:
            return None
        order, turn = entry.order, 1
        while (known := self._entry_of(_order_id(order, update.unit, turn))) and known.order.issued_at != now:
            turn += 1
        if known:
            return known.order
        given = replace(
            order, order_id=_order_id(order, update.unit, turn), unit=update.unit, round=turn, issued_at=now,
            item=entry.state.item,
        )  # fmt: skip
        limit = self._limit(given)
        given = replace(given, due_at=issue(given, limit, self._is_workday).clock.due_at)
        book.issue(given, entry.opened_at, limit)
        return given

    def _as_then(self, entry: Entry, known: Update, now: int) -> Settled:
        """What was said when a step that is in the history was taken."""
        state = issue(entry.order, self._limit(entry.order), self._is_workday)
        for update in entry.state.history[: entry.state.history.index(known) + 1]:
            after = self._life.apply(state, update, update.at)
            state = after if isinstance(after, OrderState) else state
        return self._applied(self._book_of(known.order_id), known, state, now)

    def _acknowledged(self, pushed: Pushed, now: int) -> Settled:
        following = follow_up(pushed.record, now)
        if following is None:
            return Settled("applied", acknowledged=pushed)
        followed = Pushed(following, pushed.opened_at, now)
        known = self._hand_overs.get(followed.identity)
        if known is None:
            self._keep(followed)
        return Settled("applied", acknowledged=pushed, followed=known or followed)

    def _keep(self, pushed: Pushed) -> None:
        self._hand_overs[pushed.identity] = self._changed_hand_overs[pushed.identity] = pushed

    def _forget_hand_overs(self, now: int) -> None:
        """They are kept in the order of their pushes, nearly."""
        for identity, pushed in list(self._hand_overs.items())[:100]:
            if pushed.kept_from < now - KEPT_MS:
                del self._hand_overs[identity]
                self._changed_hand_overs[identity] = None

    def _limit(self, order: Order) -> str:
        return self._limits.get(order.item) or self._limits[OTHER]

    def _book_of(self, order_id: str) -> OrderBook:
        return self.replayed if self.replayed.get(order_id) else self.live

    def _entry_of(self, order_id: str) -> Entry | None:
        return self._book_of(order_id).get(order_id)


def _order_id(order: Order, unit: str, turn: int) -> str:
    return f"{order.incident_id}/{unit}/{turn}"
