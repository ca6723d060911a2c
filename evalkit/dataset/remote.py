"""Inputs that are no local files: standard input (`-`), and addresses such as s3://… and hf://…, through fsspec."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

from evalkit.errors import InputError, MissingExtraError

STDIN = "-"
PACKAGES = {
    "s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "hf": "huggingface-hub", "az": "adlfs", "abfs": "adlfs",
    "abfss": "adlfs", "http": "aiohttp", "https": "aiohttp", "sftp": "paramiko", "ssh": "paramiko",
}  # fmt: skip
"""Kind of address → the package that fsspec needs for it."""


@contextlib.contextmanager
def local_copies(paths: Iterable[str | Path]) -> Iterator[list[str | Path]]:
    """Give every input as a local path: standard input and remote files are copied, and the copies deleted at the end.

    Args:
        paths: files, folders and patterns; `-`; or addresses, which may be patterns too.

    Raises:
        MissingExtraError: the package for a kind of address is not installed.
        InputError: an address cannot be read, or matches nothing; or standard input is given twice.
    """
    given = [*paths]
    if not any(_is_remote(path) for path in given):
        yield given
        return
    if given.count(STDIN) > 1:
        raise InputError("- stands for standard input, which can be read once; give it once")
    with tempfile.TemporaryDirectory(prefix="evalkit-") as folder:
        made: list[str | Path] = []
        for k, path in enumerate(given):
            made += _copied(str(path), Path(folder) / str(k)) if _is_remote(path) else [path]
        yield made


def _is_remote(path: str | Path) -> bool:
    return path == STDIN or (isinstance(path, str) and "://" in path)


def _copied(address: str, folder: Path) -> list[Path]:
    folder.mkdir()
    if address == STDIN:
        return [_written(sys.stdin.buffer, folder / "stdin", STDIN)]
    import fsspec  # type: ignore[import-untyped] # it has no types

    try:
        system, inside = fsspec.core.url_to_fs(address)
        found = system.glob(inside) if any(sign in inside for sign in "*?[") else [inside]
        copies = [_fetched(system, one, folder, address) for one in sorted(found)]
    except ImportError as error:
        kind = address.partition("://")[0]
        raise MissingExtraError(
            f"{address} needs {PACKAGES.get(kind, kind)}: pip install {PACKAGES.get(kind, kind)}"
        ) from error
    except InputError:
        raise
    except (OSError, ValueError) as error:
        raise InputError(f"{address} cannot be read ({_line(error) or type(error).__name__})") from error
    except Exception as error:  # every file system has errors of its own
        raise InputError(f"{address} cannot be read ({type(error).__name__}: {_line(error)})") from error
    if not copies:
        raise InputError(f"{address}: nothing matches")
    return copies


def _fetched(system: Any, inside: str, folder: Path, address: str) -> Path:
    """Copy one file under its own name, which may say what it is; names of folders are no part of the path."""
    path = folder / (PurePosixPath(inside).name or "file")
    for k in range(2, len(inside) + 2):
        if not path.exists():
            break
        path = folder / f"{k}-{PurePosixPath(inside).name}"
    with system.open(inside, "rb") as file:
        return _written(file, path, address)


def _written(file: IO[bytes], path: Path, address: str) -> Path:
    try:
        with path.open("wb") as copy:
            shutil.copyfileobj(file, copy)
    except OSError as error:
        raise InputError(f"{address} cannot be read ({error.strerror or _line(error)})") from error
    return path


def _line(said: object) -> str:
    return " ".join(str(said).split())[:150]
