"""What came of the requests of a run's batches, found by the request."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from pathlib import Path
from typing import IO, NamedTuple

from evalkit.display import one_line
from evalkit.errors import InputError
from evalkit.files import open_regular
from evalkit.models import Request
from evalkit.models.batches import BatchLines, Reply
from evalkit.runs.cache import request_digest
from evalkit.runs.plan import Job

LONGEST_LABEL = 28
"""Characters of a name that tell people what is asked; its digest tells programs."""


class Place(NamedTuple):
    """Where a reply stands."""

    file: int
    offset: int


class Replies:
    """Replies of batches by the request; only their places are in memory.

    Args:
        lines: how the lines are read.
        salt: makes the names those of one run.
    """

    def __init__(self, lines: BatchLines, salt: str) -> None:
        self._lines = lines
        self._salt = salt.encode()
        self._places: dict[bytes, Place] = {}
        self._files: list[tuple[IO[bytes], str]] = []
        self.foreign: list[str] = []
        """Where replies stand that are none of this run's: file, line and name of each."""

    def digest(self, request: Request) -> bytes:
        """What the name of a request ends on."""
        return request_digest(request, self._salt)

    def name(self, job: Job, request: Request) -> str:
        """The `custom_id` of a request: at most 61 ASCII letters, digits, dashes and underscores."""
        label = re.sub(r"[^A-Za-z0-9_]+", "-", f"{job.key.task}-{job.key.sample_id}")[:LONGEST_LABEL].strip("-")
        return f"{label}-{self.digest(request).hex()}"

    def read(self, path: Path, batch: str, planned: Container[bytes] | None = None) -> None:
        """Add a file of results; later files come first, and of several replies in one the first answer.

        Args:
            path: the file.
            batch: what its replies came with.
            planned: the digests of all requests of the run; None: all replies are its own.

        Raises:
            InputError: a line is none; the text names file and line.
        """
        file = open_regular(path)
        self._files.append((file, batch))
        here: set[bytes] = set()
        for number, offset, reply in self._scan(file, path):
            key = digest_of(reply.name)
            if planned is not None and key not in planned:
                self.foreign.append(f"{path}, line {number}: custom_id {one_line(reply.name)!r}")
            elif key is None or (key in here and (reply.lost or reply.status >= 300)):  # noqa: PLR2004 - no answer
                continue
            else:
                here.add(key)
                self._places[key] = Place(len(self._files) - 1, offset)

    def find(self, request: Request) -> tuple[Reply, str] | None:
        """The reply to a request, and the batch that it came with."""
        place = self._places.get(self.digest(request))
        if place is None:
            return None
        file, batch = self._files[place.file]
        file.seek(place.offset)
        reply = self._lines.reply(file.readline())
        return (reply, batch) if reply else None

    def close(self) -> None:
        """Close the files."""
        for file, _ in self._files:
            file.close()
        self._files.clear()
        self._places.clear()

    def _scan(self, file: IO[bytes], path: Path) -> Iterator[tuple[int, int, Reply]]:
        offset = 0
        for number, line in enumerate(file, start=1):
            try:
                reply = self._lines.reply(line)
            except InputError as error:
                raise InputError(f"{path}, line {number}: {error}") from error
            if reply is not None:
                yield number, offset, reply
            offset += len(line)


def digest_of(name: str) -> bytes | None:
    """The digest that a `custom_id` ends on; None where it is none of ours."""
    try:
        return bytes.fromhex(name.rpartition("-")[2])
    except ValueError:
        return None
