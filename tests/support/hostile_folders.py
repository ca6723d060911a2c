"""Run folders as a stranger, a crash or a full disk may leave them: seeded mutations of good ones."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

FILES = ("run.json", "records.jsonl", "failures.jsonl")
ODD: list[Any] = [
    None, True, -1, 0, 1, 2**63, 10**40, -0.5, 1.0, 1e308, float("nan"), float("-inf"), "", "x", "\ud800", "\x1b[2J",
    "</script><img src=x>", "../../etc/passwd", "a" * 5000, "\u202e\x00", [], [[]], [None], [1, "x"], {}, {"": None},
    {"a": {"b": [1]}}, "2026-13-45", "%s%n", "/dev/zero", "🙂",
]  # fmt: skip
"""Values of every JSON type where another was."""


def mutate(folder: Path, draw: Random) -> str:
    """Damage a run folder in one way or several.

    Args:
        folder: a good run folder; it is changed.
        draw: decides everything.

    Returns:
        What was done.
    """
    done = []
    for _ in range(draw.choice((1, 1, 2, 4))):
        path = folder / draw.choice(FILES)
        change = draw.choice(VALUES if draw.random() < 0.7 else SPECIAL)
        if change in VALUES and not path.is_file():
            continue
        change(path, draw)
        done.append(f"{change.__name__} {path.name}")
    return ", ".join(done)


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True) if path.name != "run.json" else [path.read_bytes()]


def _odd_value(path: Path, draw: Random) -> None:
    """One field, at any depth, gets a value of another kind."""
    lines = _lines(path)
    if not lines:
        return
    for _ in range(draw.choice((1, 1, 3))):
        k = draw.randrange(len(lines))
        try:
            document = json.loads(lines[k])
        except (ValueError, RecursionError):
            return
        place, name = _somewhere(document, draw)
        if place is None:
            document = draw.choice(ODD)
        elif draw.random() < 0.2:
            del place[name]
        elif draw.random() < 0.1 and isinstance(place, dict):
            place[str(draw.choice(ODD))[:50]] = place.pop(name)
        else:
            place[name] = draw.choice(ODD)
        lines[k] = json.dumps(document).encode() + b"\n"
    path.write_bytes(b"".join(lines))


def _somewhere(document: Any, draw: Random) -> tuple[Any, Any]:
    place, name, here = None, None, document
    while isinstance(here, (dict, list)) and here and draw.random() < 0.85:
        place = here
        name = draw.choice(list(here)) if isinstance(here, dict) else draw.randrange(len(here))
        here = place[name]
    return place, name


def _other_document(path: Path, draw: Random) -> None:
    """The whole file is another document."""
    path.write_text(json.dumps(draw.choice(ODD)) + "\n", encoding="utf-8", errors="surrogatepass")


def _bytes_changed(path: Path, draw: Random) -> None:
    """Some bytes are others."""
    data = bytearray(path.read_bytes())
    for _ in range(min(len(data), draw.choice((1, 5, 50)))):
        data[draw.randrange(len(data))] = draw.randrange(256)
    path.write_bytes(bytes(data))


def _cut(path: Path, draw: Random) -> None:
    """It ends early."""
    data = path.read_bytes()
    path.write_bytes(data[: draw.randrange(len(data) + 1)])


def _nulls(path: Path, draw: Random) -> None:
    """A block of NULs in the middle, as after a power cut."""
    data = path.read_bytes()
    at = draw.randrange(len(data) + 1)
    path.write_bytes(data[:at] + b"\0" * draw.choice((1, 100, 4096)) + data[at + draw.choice((0, 100)) :])


def _torn(path: Path, draw: Random) -> None:
    """Lines without their ends."""
    lines = _lines(path)
    for k in draw.sample(range(len(lines)), min(len(lines), 2)):
        lines[k] = lines[k][: len(lines[k]) // 2] + draw.choice((b"", b"\n"))
    path.write_bytes(b"".join(lines))


def _doubled(path: Path, _: Random) -> None:
    """Everything twice."""
    path.write_bytes(path.read_bytes() * 2)


def _nested(path: Path, draw: Random) -> None:
    """A value nested a hundred thousand deep."""
    depth = draw.choice((900, 100_000))
    text = draw.choice(("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth))
    path.write_text(text + "\n", encoding="utf-8")


def _missing(path: Path, _: Random) -> None:
    """It is not there."""
    _remove(path)


def _pipe(path: Path, _: Random) -> None:
    """A named pipe: whoever opens it to read waits for a writer."""
    _remove(path)
    os.mkfifo(path)


def _folder(path: Path, _: Random) -> None:
    """A folder of that name."""
    _remove(path)
    path.mkdir()


def _device(path: Path, draw: Random) -> None:
    """A link to a device: some have no end, some give nothing."""
    _remove(path)
    path.symlink_to(draw.choice(("/dev/zero", "/dev/null", "/dev/full", "/dev/urandom", "/dev/tty")))


def _loop(path: Path, _: Random) -> None:
    """A link to itself."""
    _remove(path)
    path.symlink_to(path)


def _nowhere(path: Path, _: Random) -> None:
    """A link to nothing."""
    _remove(path)
    path.symlink_to("nothing-there")


def _elsewhere(path: Path, _: Random) -> None:
    """A link to a file outside the run."""
    _remove(path)
    path.symlink_to("/etc/passwd")


def _socket(path: Path, _: Random) -> None:
    """A socket, which cannot be opened."""
    _remove(path)
    here = Path.cwd()
    with socket.socket(socket.AF_UNIX) as made:
        os.chdir(path.parent)  # the whole path may be too long for one
        made.bind(path.name)
        os.chdir(here)


def _unreadable(path: Path, _: Random) -> None:
    """Nobody but its owner may read it."""
    if path.exists():
        path.chmod(0)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


Change = Callable[[Path, Random], None]
VALUES: list[Change] = [
    _odd_value, _odd_value, _odd_value, _odd_value, _other_document, _bytes_changed, _cut, _nulls, _torn, _doubled,
    _nested,
]  # fmt: skip
"""Changes to what a file says."""
SPECIAL: list[Change] = [_missing, _pipe, _folder, _device, _loop, _nowhere, _elsewhere, _socket, _unreadable]
"""Changes to what a file is."""
