"""`evalkit view`."""

from __future__ import annotations

import importlib.util
import re
import secrets
import socket
import webbrowser
from pathlib import Path

import click

from evalkit.cli.options import command as new_command
from evalkit.cli.printing import say
from evalkit.errors import MissingExtraError, UsageError
from evalkit.runs.folder import DEFAULT_FOLDER

DRAWN = "\0"
"""Stands for a token to be drawn."""
NEEDED = ("starlette", "uvicorn", "nh3", "mdit_py_plugins", "latex2mathml")
"""Packages of the view extra."""
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - the user's own choice


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
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="H",
    help="Interface to bind (default: loopback only); 0.0.0.0 or :: for all.",
)
@click.option(
    "--token",
    is_flag=False,
    flag_value=DRAWN,
    metavar="[TEXT]",
    help="Answer only to readers with this token; alone: one drawn at random.",
)
@click.option("--open", "opens", is_flag=True, help="Open the pages in a browser.")
@click.option(
    "--export",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write all pages as files into a new folder, and serve nothing.",
)
def command(folder: Path, *, port: int, host: str, token: str | None, opens: bool, export: Path | None) -> None:
    """Serve a folder of runs to a browser on this machine, until Ctrl-C.

    \b
    evalkit view
    evalkit view results/ --port 8080
    evalkit view results/ --export pages/            as files, for a folder or any web server
    evalkit view results/ --host 0.0.0.0 --token     to other machines, for those who have the address
    """
    if any(importlib.util.find_spec(name) is None for name in NEEDED):
        raise MissingExtraError("the pages need the view extra: pip install 'evalkit-idk[view]'")
    if token not in (None, DRAWN) and Path(str(token)).is_dir():
        raise UsageError(f"--token {token}: that is a folder; put the folder before --token")
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder; start a run first: evalkit run --limit 5")
    if export is not None:
        _export(folder, export, opens=opens)
        return
    import uvicorn

    from evalkit.web.app import make_app
    from evalkit.web.guard import LOOPBACK

    secret = _token(token)
    own = socket.gethostname().lower()
    names = [*LOOPBACK, host.strip("[]"), *([own, f"{own}.local", socket.getfqdn().lower()] if _is_open(host) else [])]
    app = make_app(folder, names, addresses=host in EVERYWHERE, token=secret)
    server = uvicorn.Server(uvicorn.Config(app, host=host.strip("[]"), port=port, log_level="warning"))
    try:
        listening = server.config.bind_socket()
    except SystemExit as error:
        raise UsageError(f"--port {port} is taken, or --host {host} is not this machine's; try --port 0") from error
    listening.listen()  # from here on a browser may come
    address = _address(own if host in EVERYWHERE else host, listening.getsockname()[1], secret)
    say(f"{address}   (Ctrl-C ends it)", err=True)
    if _is_open(host):
        say(_who_can_read(folder, secret), err=True)
    if opens:
        webbrowser.open(address)
    server.run(sockets=[listening])


def _export(folder: Path, target: Path, *, opens: bool) -> None:
    from evalkit.web.bundle import write_bundle

    files = write_bundle(folder, target, lambda note: say(note, err=True))
    say(f"{target / 'index.html'}   ({files:,} files; open it in a browser, or copy the folder to any web server)")
    if opens:
        webbrowser.open((target / "index.html").resolve().as_uri())


def _token(given: str | None) -> str:
    if given is None:
        return ""
    if given == DRAWN:
        return secrets.token_urlsafe(16)
    if not re.fullmatch(r"[\w.~-]{8,}", given, re.ASCII):
        raise UsageError("--token: use at least 8 letters, digits and any of -._~; or give none, and one is drawn")
    return given


def _is_open(host: str) -> bool:
    """Whether other machines may reach an interface."""
    return host not in ("localhost", "::1", "[::1]") and not host.startswith("127.")


def _address(host: str, port: int, token: str) -> str:
    name = host.strip("[]")
    shown = f"[{name}]" if ":" in name else name
    return f"http://{shown}:{port}/{f'?token={token}' if token else ''}"


def _who_can_read(folder: Path, token: str) -> str:
    if token:
        return f"Whoever has this address can read every transcript below {folder}; it is sent without encryption."
    return (
        f"Whoever can reach this machine over the network can read every transcript below {folder}, without a password."
        " Use --token to ask for one, or leave out --host."
    )
