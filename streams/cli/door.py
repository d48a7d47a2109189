"""The HTTP door, and its API keys."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from streams.cli.options import Config
from streams.config import load_settings
from streams.telemetry.logs import set_up_logs

app = typer.Typer(invoke_without_command=True, help="Take reports in by HTTP; `door keys` makes API keys.")
keys = typer.Typer(no_args_is_help=True, help="API keys of the door: new, list, revoke.")
app.add_typer(keys, name="keys")
Scopes = Annotated[list[str], typer.Option("--scope", help=(
    "reports:hotline, reports:police, reports:grid, all-clears, orders:UNIT (orders:* for all), open311; again for more"
))]  # fmt: skip


@app.callback()
def door(context: typer.Context, config: Config = None) -> None:
    """Take reports in by HTTP until SIGTERM or Ctrl-C; `door keys` makes API keys."""
    if context.invoked_subcommand:
        return
    from streams.door.server import DoorServer
    from streams.flow import event_loop

    settings = load_settings(config)
    set_up_logs(settings.telemetry.log_format, settings.telemetry.log_level)
    event_loop.install()
    asyncio.run(_serve(DoorServer, settings))


async def _serve(server: type, settings: object) -> None:
    await server(settings).run()


@keys.command("new")
def keys_new(
    name: str,
    scope: Scopes,
    rate: Annotated[float, typer.Option(help="Records a second; ten seconds' worth may come at once.")] = 100.0,
    config: Config = None,
) -> None:
    """Make a key and print it: it is shown this once, only its hash is kept."""
    from streams.door.key_file import new_key

    typer.echo(new_key(_file(config), name, scope, rate))


@keys.command("list")
def keys_list(config: Config = None) -> None:
    """List who has a key, with scopes and rate."""
    from streams.door.keyring import read_keys

    for key in read_keys(_file(config)):
        typer.echo(f"{key.name}  {' '.join(key.scopes)}  {key.rate:g}/s")


@keys.command("revoke")
def keys_revoke(name: str, config: Config = None) -> None:
    """Take a key back; a running door refuses it a second later."""
    from streams.door.key_file import revoke_key

    revoke_key(_file(config), name)
    typer.echo(f"{name} revoked")


def _file(config: Path | None) -> Path:
    return Path(load_settings(config).door.keys_file)
