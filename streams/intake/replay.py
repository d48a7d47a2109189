"""Feeding a file in: its rows become records of a feed, at their own pace or at once; bad rows become dead letters."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from streams.config import Settings
from streams.core.event import Feed
from streams.errors import SanwangError
from streams.flow.topics import REPORT_TOPICS
from streams.intake.files import DataFile
from streams.intake.mapfile import read_map
from streams.intake.maps import FeedMap, default_map
from streams.intake.pace import Pace, speed_of
from streams.intake.posting import Post, Poster
from streams.intake.sender import Sender
from streams.wire.codec import Codec
from streams.wire.source import source_at

_SHOW_EVERY = 200  # rows between two looks at the progress bar
_AT_ONCE_S = 0.02  # a record that is due within it is not waited for
_FIGURES = "SELECT feed, outcome, count() FROM sanwang.events GROUP BY ALL ORDER BY ALL"


class Replayed(Struct, frozen=True):
    """What a replay did."""

    topic: str
    confirmed: int  # messages that the broker has, refused rows included
    refused: int  # of these: rows that could not become a record, and go to the dead letters
    finished: bool  # False when it was stopped before the end of the file


def replay(
    file: Path, feed: Feed, map_file: Path | None, speed: str, settings: Settings, console: Console | None = None
) -> Replayed:
    """Send the rows of `file` to `feed`; Ctrl-C stops it after what was taken is confirmed.

    `speed` is max, or 10x for ten seconds of the file in one of ours. Without `map_file` the columns must have the
    names of the feed's fields. Raises FileFault for a file or map that cannot be used, BrokerUnavailable, TopicError.
    """
    pace = Pace(speed_of(speed))
    with DataFile(file) as data:
        feed_map = _map_of(data, feed, map_file)
        return asyncio.run(_Replay(data, feed_map, pace, settings, console or Console()).run())


def summary(replayed: Replayed, sql: str = "sanwang sql", letters: str = "sanwang dead-letters") -> str:
    """What was done, and how to see what came of it."""
    end = "" if replayed.finished else "; stopped before the end of the file"
    lines = [f"{replayed.confirmed:,} rows sent to {replayed.topic}, {replayed.refused:,} of them refused{end}."]
    lines.append(f'What came of them: {sql} "{_FIGURES}"')
    if replayed.refused:
        lines.append(f"The refused rows, with file and line: {letters} list")
    return "\n".join(lines)


class _Replay:
    """One file on its way."""

    def __init__(self, data: DataFile, feed_map: FeedMap, pace: Pace, settings: Settings, console: Console) -> None:
        self._data, self._pace, self._settings, self._console = data, pace, settings, console
        self._topic = next(topic for topic, feed in REPORT_TOPICS.items() if feed == feed_map.feed)
        codec = Codec(source_at(settings.registry.url))
        self._poster = Poster(feed_map, codec, data.path.name)
        self._rows = self._refused = 0
        self._stop = asyncio.Event()

    async def run(self) -> Replayed:
        with _stopped_by_signals(self._stop), _progress(self._console) as bar:
            async with Sender(self._settings.kafka, [self._topic]) as sender:
                await self._send(sender, bar)
        return Replayed(self._topic, sender.confirmed[self._topic], self._refused, not self._stop.is_set())

    async def _send(self, sender: Sender, bar: Progress) -> None:
        task = bar.add_task(self._data.path.name, total=self._data.size, rows=0, refused=0, rate=0.0)
        for line, row in self._data:
            post = self._poster.post(line, row)
            await self._wait(post, sender)
            if self._stop.is_set():
                break
            await sender.add(self._topic, post.key, post.value, post.headers)
            self._rows += 1
            self._refused += post.at_ms is None
            if self._rows % _SHOW_EVERY == 0:
                self._show(bar, task)
                await asyncio.sleep(0)  # let a signal in
        await sender.flush()
        self._show(bar, task)

    async def _wait(self, post: Post, sender: Sender) -> None:
        wait = 0.0 if post.at_ms is None else self._pace.wait_s(post.at_ms)
        if wait < _AT_ONCE_S:
            return
        await sender.flush()
        try:
            await asyncio.wait_for(self._stop.wait(), wait)
        except TimeoutError:
            return

    def _show(self, bar: Progress, task: TaskID) -> None:
        rate = self._rows / max(bar.tasks[0].elapsed or 0.0, 0.001)
        bar.update(task, completed=self._data.bytes_read, rows=self._rows, refused=self._refused, rate=rate)


def _map_of(data: DataFile, feed: Feed, map_file: Path | None) -> FeedMap:
    if map_file is None:
        return default_map(feed, str(data.path), data.columns)
    feed_map = read_map(map_file)
    if feed_map.feed != feed:
        raise SanwangError(f"{map_file} is a map for the {feed_map.feed} feed, not for {feed}")
    if data.columns is not None:
        feed_map.check_columns(str(data.path), data.columns)
    return feed_map


def _progress(console: Console) -> Progress:
    counts = TextColumn("{task.fields[rows]:,} rows, {task.fields[rate]:,.0f}/s, {task.fields[refused]:,} refused")
    name = TextColumn("{task.description}")
    return Progress(name, BarColumn(), DownloadColumn(), TimeElapsedColumn(), counts, console=console)


@contextmanager
def _stopped_by_signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
