"""records.jsonl and failures.jsonl of a run folder: append, resume, read. And run.json, written atomically.

Records are append-only, one line each, handed to the operating system as they complete (so kill -9 loses
nothing that was graded) and fsync'ed in groups (so a power cut loses a second at most).
"""

from __future__ import annotations

import fcntl
import io
import json
import mmap
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ValidationError

from evalkit.errors import InputError, UsageError
from evalkit.records import Failure, Record

RECORDS = "records.jsonl"
FAILURES = "failures.jsonl"
RUN = "run.json"

Line = TypeVar("Line", bound=BaseModel)


class Journal:
    """The open files of one run folder, locked against a second process.

    Args:
        folder: an existing run folder.

    Raises:
        UsageError: another process has this run open.
        InputError: a line that is not the last cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = _lock(folder)
        _drop_torn_tail(folder / RECORDS, Record)
        _drop_torn_tail(folder / FAILURES, Failure)
        self._records = _open_for_append(folder / RECORDS)
        self._failures = _open_for_append(folder / FAILURES)
        self._unsynced = False
        self._syncing = threading.Lock()

    def append(self, record: Record) -> None:
        """Write one record; it survives the end of this process from here on."""
        self._write(self._records, record)

    def fail(self, failure: Failure) -> None:
        """Write one failed attempt."""
        self._write(self._failures, failure)

    def take_in(self, part: Path) -> None:
        """Append the lines of another folder's journal, and take that folder away."""
        for name, file in ((RECORDS, self._records), (FAILURES, self._failures)):
            with (part / name).open("rb") as lines:
                while data := lines.read(1 << 20):
                    self._put(file, data)
        remove(part)

    def sync(self) -> None:
        """Ask the disk to keep what was written; cheap where nothing was."""
        with self._syncing:
            if self._unsynced and not self._records.closed:
                self._unsynced = False
                try:
                    os.fsync(self._records.fileno())
                    os.fsync(self._failures.fileno())
                except OSError as error:
                    raise _not_written(self.folder, error) from error

    def close(self) -> None:
        """Sync, close and unlock."""
        self.sync()
        with self._syncing:
            self._records.close()
            self._failures.close()
        os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, file: io.RawIOBase, line: BaseModel) -> None:
        self._put(file, line.model_dump_json().encode() + b"\n")

    def _put(self, file: io.RawIOBase, data: bytes) -> None:
        try:
            while data:  # a disk that fills up takes a part first
                data = data[file.write(data) or 0 :]
        except OSError as error:
            raise _not_written(self.folder, error) from error
        self._unsynced = True


def read_records(folder: Path) -> Iterator[Record]:
    """Records of a run folder in the order written; a torn last line is left out.

    Raises:
        InputError: no such file, or a line cannot be read; the text names file and line.
    """
    yield from _read_lines(folder / RECORDS, Record)


def read_failures(folder: Path) -> Iterator[Failure]:
    """Failed attempts of a run folder, oldest first; none where there is no such file."""
    if (folder / FAILURES).exists():
        yield from _read_lines(folder / FAILURES, Failure)


def write_run(folder: Path, content: dict[str, Any]) -> None:
    """Replace run.json in one step: a reader sees the old file or the new one, never half."""
    temporary = folder / f".{RUN}.{os.getpid()}"
    try:
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(content, file, indent=1, ensure_ascii=False, allow_nan=False)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(folder / RUN)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise _not_written(folder, error) from error


def _not_written(folder: Path, error: OSError) -> InputError:
    again = f"evalkit run --resume {folder}"
    return InputError(f"{folder} cannot be written ({error.strerror}); mend that, then: {again}")


def remove(folder: Path) -> None:
    """Take a folder away again in which nothing came to be."""
    shutil.rmtree(folder, ignore_errors=True)


def read_run(folder: Path) -> dict[str, Any]:
    """Content of run.json.

    Raises:
        InputError: there is none, or it is not JSON.
    """
    path = folder / RUN
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{folder} is no run: it has no {RUN}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read ({error}); restore it or start a new run") from error
    if not isinstance(content, dict):
        raise InputError(f"{path} is not a JSON object; restore it or start a new run")
    return content


def _read_lines(path: Path, kind: type[Line]) -> Iterator[Line]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    with file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                yield kind.model_validate_json(line)
            except (ValidationError, RecursionError) as error:
                if not file.peek(1):  # a whole last line that is no record is torn as well
                    return
                problem = error.errors()[0]["msg"] if isinstance(error, ValidationError) else "nested too deeply"
                raise InputError(f"{path}, line {number}: {problem}; mend or delete that line") from error


def _drop_torn_tail(path: Path, kind: type[BaseModel]) -> None:
    """Cut a file back to its last whole line that can be read; what stands before it is not touched.

    The same lines that a reader passes over as torn: one without a line end, and a last one that is no record
    (after a power cut it may be NULs).
    """
    if not path.is_file() or not path.stat().st_size:
        return
    with path.open("rb+") as file:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            size = len(content)
            good = content.rfind(b"\n") + 1
            start = content.rfind(b"\n", 0, max(good - 1, 0)) + 1
            if good and not _is_readable(content[start:good], kind):
                good = start
        if good < size:
            file.truncate(good)
            os.fsync(file.fileno())


def _is_readable(line: bytes, kind: type[BaseModel]) -> bool:
    try:
        kind.model_validate_json(line)
    except ValidationError:
        return False
    return True


def _open_for_append(path: Path) -> io.FileIO:
    try:
        return io.FileIO(path, "a")
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error.strerror})") from error


def _lock(folder: Path) -> int:
    try:
        handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise InputError(f"{folder} cannot be written ({error.strerror})") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise UsageError(f"{folder} is being written by another process; wait for it or stop it") from error
    return handle
