"""The board's web application, and serving it until told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import structlog
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles
from nicegui import ui
from starlette.middleware.sessions import SessionMiddleware

from streams.board.audit_page import add_audit
from streams.board.changes import add_changes
from streams.board.doors import Gate, add_doors
from streams.board.figures_page import add_figures
from streams.board.hub import Hub
from streams.board.incident import add_incident
from streams.board.letters import add_letters
from streams.board.overview import add_overview
from streams.board.presence import add_presence
from streams.board.rows import add_rows
from streams.board.session import HOURS
from streams.board.unmerge import add_unmerge
from streams.board.users import first_start
from streams.city.secret import read_or_make_key
from streams.config import Settings
from streams.errors import SanwangError

STATIC = Path(__file__).parent / "static"
log = structlog.get_logger(__name__)


def board_app(settings: Settings) -> FastAPI:
    """The application. NiceGUI has one set of pages a process: call it once."""
    hub = Hub(settings)

    @asynccontextmanager
    async def beside(_: FastAPI) -> AsyncIterator[None]:
        running = asyncio.create_task(hub.run())
        try:
            yield
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            await hub.live.stop()
            await hub.audit.flush()

    app = FastAPI(lifespan=beside, docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/static", StaticFiles(directory=STATIC))
    for add in (add_doors, add_rows, add_figures, add_presence, add_letters, add_unmerge, add_audit):
        add(app, hub)

    @app.exception_handler(SanwangError)
    async def unavailable(request: Request, error: SanwangError) -> Response:
        log.warning("no page", path=request.url.path, error=str(error))
        return hub.unavailable(request, hub.view(request))

    for add_live in (add_overview, add_incident, add_changes):
        add_live(hub)
    ui.run_with(app, title="三网", tailwind=False, reconnect_timeout=10.0, show_welcome_message=False)
    key = read_or_make_key(Path(settings.board.key_file)).hex()
    app.add_middleware(Gate, hub=hub)
    app.add_middleware(
        SessionMiddleware, secret_key=key, session_cookie="sanwang_board", max_age=HOURS * 3600, same_site="lax",
        https_only=settings.board.https,
    )  # fmt: skip
    return app


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or Ctrl-C. At first start says the admin's password, once."""
    password = first_start(Path(settings.board.users_file))
    if password:
        print(f"The board's first account: admin, password {password} (shown this once)", flush=True)
    board = settings.board
    config = uvicorn.Config(
        board_app(settings), host=board.host, port=board.port, log_config=None, access_log=False, server_header=False,
        timeout_graceful_shutdown=3, ws_ping_interval=20.0,
    )  # fmt: skip
    server = uvicorn.Server(config)
    log.info("board", url=f"http://{board.host}:{board.port}")
    server.run()
    if not server.started:
        raise SanwangError(f"the board cannot answer on {board.host}:{board.port}: is the port taken?")
