"""`evalkit view`."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import click

from evalkit.cli.options import command as new_command
from evalkit.errors import MissingExtraError, UsageError
from evalkit.runs.folder import DEFAULT_FOLDER


@new_command("view", short_help="Browse runs, records and transcripts as local web pages.")
@click.argument("folder", default=DEFAULT_FOLDER, type=click.Path(path_type=Path), metavar="[DIR]")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=7575,
    show_default=True,
    metavar="P",
    help="Port; 0 for any free one.",
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, metavar="H", help="Interface to bind (default: loopback only)."
)
def command(folder: Path, *, port: int, host: str) -> None:
    """Serve a folder of runs to a browser on this machine, until Ctrl-C.

    \b
    evalkit view
    evalkit view results/ --port 8080
    """
    if any(importlib.util.find_spec(name) is None for name in ("starlette", "uvicorn")):
        raise MissingExtraError("the pages need the view extra: pip install 'evalkit-idk[view]'")
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder; start a run first: evalkit run --limit 5")
    import uvicorn

    from evalkit.web.app import make_app

    hosts = ["localhost", "127.0.0.1", "[::1]", host]
    server = uvicorn.Server(uvicorn.Config(make_app(folder, hosts), host=host, port=port, log_level="warning"))
    try:
        listening = server.config.bind_socket()
    except SystemExit as error:
        raise UsageError(f"--port {port} is taken, or --host {host} is not this machine's; try --port 0") from error
    listening.listen()  # from here on a browser may come
    click.echo(f"http://{host}:{listening.getsockname()[1]}/   (Ctrl-C ends it)", err=True)
    server.run(sockets=[listening])
