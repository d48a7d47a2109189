"""The board, and its accounts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from streams.cli.options import Config
from streams.config import load_settings

app = typer.Typer()
users = typer.Typer(no_args_is_help=True, help="The board's accounts: list, set, password, remove.")
Name = Annotated[str, typer.Argument(help="Name of the account.")]
Role = Literal["viewer", "dispatcher", "supervisor", "admin"]


@app.command()
def board(config: Config = None) -> None:
    """Serve the board, the one screen, until SIGTERM or Ctrl-C; the first start tells the admin's password."""
    from streams.board.server import serve
    from streams.telemetry.logs import set_up_logs

    settings = load_settings(config)
    set_up_logs(settings.telemetry.log_format, settings.telemetry.log_level)
    serve(settings)


@users.command("list")
def users_list(config: Config = None) -> None:
    """Every account with its role, and the area that its sight is bound to."""
    from streams.board.users import read_users

    for user in read_users(_file(config)).values():
        typer.echo(f"{user.name}  {user.role}  {user.area or 'whole city'}")


@users.command("set")
def users_set(
    name: Name,
    role: Annotated[Role, typer.Option(help="What it may do.")],
    area: Annotated[str, typer.Option(help="An area's code; the whole city if not given.")] = "",
    config: Config = None,
) -> None:
    """Add an account and tell its password, or change role and area of one."""
    from streams.board.users import set_user

    password = set_user(_file(config), name, role, area)
    told = f"  password {password} (shown this once)" if password else ""
    typer.echo(f"{name}  {role}  {area or 'whole city'}{told}")


@users.command("password")
def users_password(name: Name, config: Config = None) -> None:
    """Give an account a new password; whoever is signed in with the old one is signed out."""
    from streams.board.users import renew_password

    typer.echo(f"{name}  password {renew_password(_file(config), name)} (shown this once)")


@users.command("remove")
def users_remove(name: Name, config: Config = None) -> None:
    """Remove an account; it is signed out."""
    from streams.board.users import remove_user

    remove_user(_file(config), name)
    typer.echo(f"{name} removed")


def _file(config: Path | None) -> Path:
    return Path(load_settings(config).board.users_file)
