"""Who may read the site: its own names, other machines only where that is wanted, and the token."""

from __future__ import annotations

import re
import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner
from viewing import viewing

import evalkit
from evalkit.cli import cli
from evalkit.web.guard import host_name


def status(url: str, **headers: str) -> int:
    """The status that an address answers with."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a run."""
    evalkit.run("letters", model="baseline/idk", limit=2, out=tmp_path, name="r")
    return tmp_path


def has_ipv6() -> bool:
    """Whether this machine has the loopback address of IPv6."""
    try:
        with socket.socket(socket.AF_INET6) as made:
            made.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_an_ipv6_address_prints_as_browsers_take_it(folder: Path, host: str) -> None:
    """In brackets; and the page opens under it."""
    with viewing(folder, "--host", host) as (address, _):
        assert re.fullmatch(r"http://\[::1\]:\d+/", address)
        assert status(address) == 200


def test_every_interface_is_said_to_be_readable_and_the_name_is_one_that_works(folder: Path) -> None:
    """Not 0.0.0.0, which no browser elsewhere can open; foreign names are refused there too."""
    with viewing(folder, "--host", "0.0.0.0") as (address, said):
        port = address.rstrip("/").rsplit(":", 1)[1]
        assert address == f"http://{socket.gethostname().lower()}:{port}/"
        assert "Whoever can reach this machine over the network can read every transcript" in said
        assert "--token" in said
        here = f"http://127.0.0.1:{port}/"
        assert status(here) == 200
        assert status(here, Host=f"{socket.gethostname()}:{port}") == 200
        assert status(here, Host=f"192.0.2.7:{port}") == 200
        assert status(here, Host=f"evil.example:{port}") == 400


def test_loopback_answers_to_no_other_address(folder: Path) -> None:
    """A page elsewhere that points a name or an address of its own here gets nothing."""
    with viewing(folder) as (address, _):
        assert status(address) == 200
        assert status(address, Host="192.0.2.7") == 400
        assert status(address, Host="127.0.0.1.evil.example") == 400
        assert status(address, Host="") == 400
        assert status(address, Host="[::1]:99") == 200


def test_a_token_protects_every_page(folder: Path) -> None:
    """In the address, then in a cookie, or in a header; without one, or with another, nothing is shown."""
    with viewing(folder, "--token") as (address, _):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{16,}", address)
        base, token = address.split("?token=")
        for page in ("", "board", "run?run=r", "records?run=r", "site.css", "nowhere"):
            assert status(base + page) == 401
            assert status(base + page, Cookie="evalkit_token=wrong") == 401
            assert status(base + page, Cookie=f"evalkit_token={token}") == (404 if page == "nowhere" else 200)
        assert status(f"{base}?token=wrong") == status(f"{base}?token=") == 401
        assert status(base, Authorization=f"Bearer {token}") == 200
        with urllib.request.urlopen(address) as answer:
            assert answer.headers["Set-Cookie"].startswith(f"evalkit_token={token}; Path=/; HttpOnly; SameSite=Strict")


def test_a_token_of_ones_own(folder: Path) -> None:
    """Long enough, and such that an address can hold it."""
    with viewing(folder, "--token", "open-sesame") as (address, _):
        assert address.endswith("/?token=open-sesame")
        assert status(address) == 200
    for token in ("short", "has space in it", "semi;colon=1", "größer-als-acht"):
        done = CliRunner().invoke(cli, ["view", str(folder), "--token", token])
        assert "--token: use at least 8" in str(done.exception)
    done = CliRunner().invoke(cli, ["view", "--token", str(folder)])
    assert "that is a folder" in str(done.exception)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("localhost:7575", "localhost"),
        ("LOCALHOST.", "localhost"),
        ("[::1]:80", "::1"),
        ("[::1", "::1"),
        ("::1", ""),
        ("127.0.0.1", "127.0.0.1"),
        ("a:b:c", "a"),
    ],
)
def test_the_name_in_a_host_header(header: str, name: str) -> None:
    """Without port, brackets, case and the dot at the end."""
    assert host_name(header) == name
