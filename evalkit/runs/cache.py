"""The response cache of a results folder: no question is paid for twice.

Completions are found by what was asked: the model with its parameters and address, the messages, the limits and the
seed, which tells epochs apart. Every completion is kept, refusals and cut-off ones too: asking only those again would
bias the score. Failures have none, and are asked again.

The file is sqlite's, `.cache/completions.sqlite` in the results folder. Several processes may use it at once. What a
kill loses is at most the last second, and of that the journal has the records.
"""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from operator import attrgetter
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import ValidationError

from evalkit.errors import InputError
from evalkit.models import Request
from evalkit.records import Completion, Message

Mode = Literal["on", "off", "read", "write"]
"""on: read and write; write: ask afresh and replace what was kept."""
FILE = Path(".cache") / "completions.sqlite"
DIGEST = 16
# With rowids: completions are appended, and only the keys are sorted, which costs a quarter of the time.
TABLE = "CREATE TABLE IF NOT EXISTS completions (key BLOB PRIMARY KEY, completion TEXT)"
WRITE_AHEAD = "PRAGMA journal_mode = WAL"
BUSY_SECONDS = 30.0


def _plain(value: Any) -> Any:
    """Part of a request as JSON holds it."""
    return [value.role, value.content] if isinstance(value, Message) else list(value)


_ENCODER = json.JSONEncoder(default=_plain, sort_keys=True)
_ASKED = attrgetter(*(field.name for field in dataclasses.fields(Request) if field.name != "responses"))
"""What tells two requests apart."""


class Cache:
    """Completions by what was asked; also a cache that keeps nothing.

    Args:
        path: the file; None keeps nothing.
        mode: whether completions are read, written, or both.
        identity: what is asked, besides the request: the model and how it is reached, as JSON holds it.
        notify: told once where the file can no longer be written; the run goes on without it.

    Raises:
        InputError: the file cannot be opened; the text names it and the remedy.
    """

    def __init__(
        self,
        path: Path | None,
        mode: Mode = "on",
        identity: Mapping[str, Any] | None = None,
        notify: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._path = path if mode != "off" else None
        self._mode = mode
        self._notify = notify
        self._identity = _ENCODER.encode(identity or {}).encode(errors="surrogatepass")
        self._new: dict[bytes, str] = {}
        self._reader: sqlite3.Connection | None = None
        self._open_reader()

    def key(self, request: Request) -> bytes:
        """Digest of what is asked; b"" where nothing is kept."""
        if self._path is None and self._reader is None:
            return b""
        return request_digest(request, self._identity)

    def get(self, key: bytes) -> Completion | None:
        """Find the completion of a request.

        Args:
            key: of the request.

        Returns:
            None where it was not asked before, or cannot be read back.
        """
        if self._reader is None or self._mode == "write":
            return None
        try:
            found = self._reader.execute("SELECT completion FROM completions WHERE key = ?", (key,)).fetchone()
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        if found is None:
            return None
        try:
            return Completion.model_validate_json(found[0])
        except ValidationError:
            return None

    def put(self, key: bytes, completion: Completion) -> None:
        """Keep the completion of a request; it is written by the next `sync`."""
        if self._path is not None and self._mode != "read":
            self._new[key] = completion.model_dump_json()

    async def sync(self) -> None:
        """Write what is new, and see what other processes wrote."""
        if self._reader is not None:
            self._reader.rollback()  # lets the writer start its file anew
        if self._new:
            new, self._new = self._new, {}
            await asyncio.to_thread(self._write, new)
        self._open_reader()

    def close(self) -> None:
        """Write what is new, and close the file."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        self._write(self._new)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._notify = lambda _: None  # what stopped the run is said; a second line would hide it
        self.close()

    def _open_reader(self) -> None:
        """Open the file where there is one, or read its newest state: a run that records nothing makes none."""
        if self._path is None or (self._reader is None and not self._path.exists()):
            return
        try:
            if self._reader is None:
                self._reader = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
                self._reader.execute(WRITE_AHEAD)
                self._reader.execute(TABLE)
            # One transaction until the next `sync`: otherwise each look-up locks and unlocks the file.
            self._reader.execute("BEGIN")
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _write(self, new: Mapping[bytes, str]) -> None:
        if self._path is None or not new:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path, timeout=BUSY_SECONDS)) as writer, writer:
                writer.execute(WRITE_AHEAD)
                writer.execute("PRAGMA synchronous = NORMAL")
                writer.execute(TABLE)
                writer.executemany("INSERT OR REPLACE INTO completions VALUES (?, ?)", new.items())
        except (OSError, sqlite3.Error) as error:
            self._notify(f"{self._unusable(error)}; the run goes on without it")
            self._path = None

    def _unusable(self, error: Exception) -> InputError:
        return InputError(f"{self._path}: the response cache cannot be used ({error}); delete it, or --cache off")


def request_digest(request: Request, identity: bytes) -> bytes:
    """Digest of what a model is asked: the messages, the limits and the seed, which tells epochs apart.

    Args:
        request: what is asked.
        identity: whatever else tells two requests apart.
    """
    text = _ENCODER.encode(_ASKED(request)).encode(errors="surrogatepass")
    return hashlib.blake2b(identity + b"\0" + text, digest_size=DIGEST).digest()
