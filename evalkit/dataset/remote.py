"""Inputs that are no local files: standard input (`-`), and addresses such as s3://… and hf://…, through fsspec."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, Any

from evalkit.dataset.busy import retried
from evalkit.errors import EvalkitError, InputError, MissingExtraError

STDIN = "-"
PACKAGES = {
    "s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "hf": "huggingface-hub", "az": "adlfs", "abfs": "adlfs",
    "abfss": "adlfs", "http": "aiohttp", "https": "aiohttp", "sftp": "paramiko", "ssh": "paramiko",
}  # fmt: skip
"""Kind of address → the package that fsspec needs for it."""


class Inputs:
    """Inputs at local paths, and what the user called those that are copies."""

    def __init__(self, paths: list[str | Path], names: Mapping[Path, str]) -> None:
        self.paths = paths
        self._names = names

    def name(self, path: Path) -> str:
        """What the user calls a file: its address, or `-`; a local file's own path."""
        return self.in_text(str(path))

    def in_text(self, text: str) -> str:
        """Name in a text the copies as the user does."""
        for path, name in self._names.items():
            text = text.replace(str(path), name)
        return text


@contextlib.contextmanager
def local_copies(paths: Iterable[str | Path]) -> Iterator[Inputs]:
    """Give every input as a local path: standard input and remote files are copied, and the copies deleted at the end.

    An error raised meanwhile names them as the user does.

    Args:
        paths: files, folders and patterns; `-`; or addresses of files or folders, which may be patterns too.

    Raises:
        MissingExtraError: the package for a kind of address is not installed.
        InputError: an address cannot be read, or matches nothing; or standard input is given twice.
    """
    given = [*paths]
    if given.count(STDIN) > 1:
        raise InputError("- stands for standard input, which can be read once; give it once")
    with tempfile.TemporaryDirectory(prefix="evalkit-") as folder:
        made: list[str | Path] = []
        names: dict[Path, str] = {}
        for k, path in enumerate(given):
            if not _is_remote(path):
                made.append(path)
                continue
            copies = _copied(str(path), Path(folder) / str(k))
            made += copies
            names |= copies
        inputs = Inputs(made, names)
        try:
            yield inputs
        except EvalkitError as error:
            error.args = (inputs.in_text(str(error)), *error.args[1:])
            raise


def _is_remote(path: str | Path) -> bool:
    return path == STDIN or (isinstance(path, str) and "://" in path)


def _copied(address: str, folder: Path) -> dict[Path, str]:
    """Copy what an address names: copy → its own address."""
    if address == STDIN:
        folder.mkdir()
        return {_written(sys.stdin.buffer, folder / "stdin", STDIN): STDIN}
    try:
        copies = retried(lambda: _fetched_all(address, folder))
    except ImportError as error:
        kind = address.partition("://")[0]
        raise MissingExtraError(
            f"{address} needs {PACKAGES.get(kind, kind)}: pip install {PACKAGES.get(kind, kind)}"
        ) from error
    except InputError:
        raise
    except (OSError, ValueError) as error:
        raise InputError(f"{address} cannot be read ({_said(address, error)})") from error
    except Exception as error:  # every file system has errors of its own
        raise InputError(f"{address} cannot be read ({type(error).__name__}: {_line(error)})") from error
    if not copies:
        raise InputError(f"{address}: nothing matches")
    return copies


def _fetched_all(address: str, folder: Path) -> dict[Path, str]:
    """Copy what an address names into a folder that is emptied before."""
    import fsspec  # type: ignore[import-untyped] # it has no types

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    system, inside = fsspec.core.url_to_fs(address)
    found = system.glob(inside) if any(sign in inside for sign in "*?[") else [inside]
    return {_fetched(system, one, folder, address): system.unstrip_protocol(one) for one in sorted(found)}


def _said(address: str, error: Exception) -> str:
    """Why an address cannot be read; the Hub calls absent what the token may not see."""
    on_hub = address.startswith("hf://")
    status = getattr(getattr(error, "response", None), "status_code", None)
    if on_hub and status in (401, 403):
        return "it is gated or private; accept its terms on the Hub, and set HF_TOKEN to a token of that account"
    if isinstance(error, FileNotFoundError):
        return "no such file" + (", or it is private: set HF_TOKEN to a token that may read it" if on_hub else "")
    return _line(error) or type(error).__name__


def _fetched(system: Any, inside: str, folder: Path, address: str) -> Path:
    """Copy a file or folder under its own name, which may say what it is."""
    name = PurePosixPath(inside).name or "file"
    path = next(one for k in itertools.count(1) if not (one := folder / (name if k == 1 else f"{k}-{name}")).exists())
    if not system.isdir(inside):
        with system.open(inside, "rb") as file:
            return _written(file, path, address)
    for one in system.find(inside):
        copy = path / PurePosixPath(one).relative_to(inside.rstrip("/"))
        if path not in copy.resolve().parents:
            raise InputError(f"{address} holds {one!r}, which leads out of it")
        copy.parent.mkdir(parents=True, exist_ok=True)
        with system.open(one, "rb") as file:
            _written(file, copy, address)
    return path


def _written(file: IO[bytes], path: Path, address: str) -> Path:
    try:
        with path.open("wb") as copy:
            shutil.copyfileobj(file, copy)
    except OSError as error:
        raise InputError(f"{address} cannot be read ({error.strerror or _said(address, error)})") from error
    return path


def _line(said: object) -> str:
    return " ".join(str(said).split())[:150]
