"""Dead letters: list, show, replay, drop."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.options import Config
from streams.config import Settings, load_settings
from streams.errors import SanwangError

if TYPE_CHECKING:
    from streams.flow.dead_letter_office import LetterId

app = typer.Typer(no_args_is_help=True, help=__doc__)
Letters = Annotated[list[str] | None, typer.Argument(help="feed/partition/offset, as `list` shows them")]
Reason = Annotated[str, typer.Option(help="All open ones with this reason.")]


@app.command("list")
def letters_list(
    config: Config = None,
    status: Annotated[str, typer.Option(help="open, replayed, dropped, all")] = "open",
    reason: Annotated[str, typer.Option(help="Only those with this reason.")] = "",
    limit: int = 50,
) -> None:
    """List dead letters, newest first."""
    from streams.flow.dead_letter_office import list_letters

    sys.stdout.buffer.write(list_letters(load_settings(config), status, reason, limit))


@app.command("show")
def letters_show(letter: str, config: Config = None) -> None:
    """Show everything known of one dead letter; LETTER is feed/partition/offset."""
    from streams.flow.dead_letter_office import LetterId, show_letter

    sys.stdout.buffer.write(show_letter(load_settings(config), LetterId.parse(letter)))


@app.command("replay")
def letters_replay(letters: Letters = None, reason: Reason = "", config: Config = None) -> None:
    """Send the records behind dead letters to their feeds once more."""
    from streams.flow.dead_letter_office import replay_letters

    _with_letters(replay_letters, letters, reason, config, "sent again")


@app.command("drop")
def letters_drop(letters: Letters = None, reason: Reason = "", config: Config = None) -> None:
    """Mark dead letters as dropped: looked at, nothing to be done."""
    from streams.flow.dead_letter_office import drop_letters

    _with_letters(drop_letters, letters, reason, config, "dropped")


def _with_letters(
    work: Callable[[Settings, Sequence[LetterId]], Coroutine[None, None, None]],
    letters: list[str] | None, reason: str, config: Path | None, done: str,
) -> None:
    from streams.flow.dead_letter_office import LetterId, open_letters

    settings = load_settings(config)
    if bool(letters) == bool(reason):
        raise SanwangError("name dead letters (feed/partition/offset), or --reason for all open ones with that reason")
    chosen = [LetterId.parse(letter) for letter in letters] if letters else open_letters(settings, reason)
    asyncio.run(work(settings, chosen))
    typer.echo(f"{len(chosen)} dead letters {done}")
