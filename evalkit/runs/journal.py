"""records.jsonl and failures.jsonl of a run folder: append, resume, read.

Records are append-only, one line each. Each is handed to the operating system when it completes (so kill -9 loses
no graded answer), and they are fsync'ed in groups (so a power cut loses a second at most).
"""

from __future__ import annotations

import fcntl
import io
import mmap
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

from pydantic import BaseModel, ValidationError

from evalkit.errors import InputError, UsageError
from evalkit.files import open_regular
from evalkit.records import Failure, Record, RecordKey, to_line
from evalkit.runs.folder import FAILURES, RECORDS, not_written
from evalkit.runs.prompts import prompt_fingerprint

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
        """Write one record; from then on it survives the end of this process."""
        self._write(self._records, record)

    def fail(self, failure: Failure) -> None:
        """Write one failed attempt."""
        self._write(self._failures, failure)

    def take_in(self, part: Path) -> None:
        """Append the lines of another folder's journal, and delete that folder."""
        for name, file in ((RECORDS, self._records), (FAILURES, self._failures)):
            with (part / name).open("rb") as lines:
                while data := lines.read(1 << 20):
                    self._put(file, data)
        shutil.rmtree(part, ignore_errors=True)

    def sync(self) -> None:
        """Flush to disk; cheap if nothing was written."""
        with self._syncing:
            if self._unsynced and not self._records.closed:
                self._unsynced = False
                try:
                    os.fsync(self._records.fileno())
                    os.fsync(self._failures.fileno())
                except OSError as error:
                    raise not_written(self.folder, error) from error

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
        self._put(file, to_line(line))

    def _put(self, file: io.RawIOBase, data: bytes) -> None:
        try:
            while data:  # a disk that fills up accepts a part first
                data = data[file.write(data) or 0 :]
        except OSError as error:
            raise not_written(self.folder, error) from error
        self._unsynced = True


def is_being_written(folder: Path) -> bool:
    """Whether a process has this run open; False as well where that cannot be told."""
    try:
        handle = os.open(folder / ".lock", os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False


def read_records(folder: Path) -> Iterator[Record]:
    """Records of a run folder in the order written; a torn last line is left out.

    Raises:
        InputError: no such file, or a line cannot be read; the text names file and line.
    """
    yield from _read_lines(folder / RECORDS, Record)


def read_failures(folder: Path) -> Iterator[Failure]:
    """Failed attempts of a run folder, oldest first; none if the file does not exist."""
    if os.path.lexists(folder / FAILURES):
        yield from _read_lines(folder / FAILURES, Failure)


def rewrite_records(folder: Path, change: Callable[[Record], Record]) -> None:
    """Replace every record in one step: a reader sees the old file or the new one, never half.

    Args:
        folder: a run folder whose journal is closed.
        change: maps each record to its replacement.

    Raises:
        InputError: a record cannot be read, or the folder cannot be written.
    """
    temporary = folder / f".{RECORDS}.{os.getpid()}"
    try:
        with temporary.open("wb") as file:
            for record in read_records(folder):
                file.write(to_line(change(record)))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(folder / RECORDS)
    except OSError as error:
        raise not_written(folder, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def return_to_grading(folder: Path) -> None:
    """Turn every record into an answer without a verdict, so that a resumed run grades it again.

    The answers are written before their records are removed, so that an interruption loses none.

    Raises:
        InputError: a record cannot be read, or the folder cannot be written.
        UsageError: another process has this run open.
    """
    with Journal(folder) as book:
        for record in read_records(folder):
            book.fail(_ungraded(record))
        book.sync()
    try:
        (folder / RECORDS).replace(folder / f"{RECORDS}.before-regrading")
    except OSError as error:
        raise not_written(folder, error) from error


def repair(folder: Path) -> Repaired:
    """Move unreadable lines of a run's journal, and records that an earlier line holds, to a file beside it.

    Args:
        folder: a run folder.

    Returns:
        How many lines were kept, and how many were moved to `<file>.damaged`.

    Raises:
        InputError: the folder has no records, or cannot be written.
        UsageError: another process has this run open.
    """
    if not (folder / RECORDS).is_file():
        raise InputError(f"{folder} has no {RECORDS}; nothing to repair")
    lock = _lock(folder)
    try:
        parts = [_repair_file(folder / name, kind) for name, kind in ((RECORDS, Record), (FAILURES, Failure))]
    except OSError as error:
        raise not_written(folder, error) from error
    finally:
        os.close(lock)
    return Repaired(sum(part.kept for part in parts), sum(part.damaged for part in parts))


class Repaired(NamedTuple):
    """The result of a repair."""

    kept: int
    damaged: int


def _repair_file(path: Path, kind: type[BaseModel]) -> Repaired:
    if not path.exists():
        return Repaired(0, 0)
    content = path.read_bytes()
    good: list[bytes] = []
    bad: list[bytes] = []
    keys: set[RecordKey] = set()
    for line in content.split(b"\n"):
        if line.strip(b"\0 \t\r"):
            (good if _is_readable(line, kind) and _is_new(line, kind, keys) else bad).append(line)
    if bad or b"\0" in content:
        with path.with_name(f"{path.name}.damaged").open("ab") as file:
            file.writelines(line + b"\n" for line in bad)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        with temporary.open("wb") as file:
            file.writelines(line + b"\n" for line in good)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    return Repaired(len(good), len(bad))


def _is_new(line: bytes, kind: type[BaseModel], keys: set[RecordKey]) -> bool:
    """Whether no earlier line holds the same record; an answer may have failed any number of times."""
    if kind is not Record:
        return True
    key, known = Record.model_validate_json(line).key, len(keys)
    keys.add(key)
    return len(keys) > known


def _ungraded(record: Record) -> Failure:
    return Failure(
        task=record.task,
        model=record.model,
        sample_id=record.sample_id,
        epoch=record.epoch,
        prompt_threshold=record.prompt_threshold,
        stage="judge",
        error="to be graded again",
        answerable=record.metadata.get("answerable", True) is not False,
        prompt=prompt_fingerprint(record.target, record.messages).hex(),
        completion=record.completion,
        usage=record.grade.usage,
    )


def damaged(path: Path, number: int, what: object) -> InputError:
    """The error for an unreadable line of a journal, with its remedy."""
    return InputError(f"{path}, line {number}: {what}; fix that line, or run: evalkit repair {path.parent}")


def problem(error: ValidationError | RecursionError) -> str:
    """Say what is wrong with a line: the field and the problem."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    first = error.errors(include_input=False)[0]
    return ": ".join([*filter(None, [".".join(map(str, first["loc"]))]), first["msg"]])


def duplicate(folder: Path, record: Record) -> InputError:
    """The error for a record that appears twice."""
    return InputError(
        f"{folder / RECORDS}: sample {record.sample_id!r} (epoch {record.epoch}) appears twice; delete one"
        f" of the lines, or keep the first with: evalkit repair {folder}"
    )


def lines(path: Path) -> Iterator[tuple[int, bytes, bool]]:
    """Complete lines of a journal, each with its number from 1 and whether it is the last; skips a torn end.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        file = open_regular(path)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    with file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                return
            yield number, line, not file.peek(1)


def _read_lines(path: Path, kind: type[Line]) -> Iterator[Line]:
    for number, line, is_last in lines(path):
        try:
            yield kind.model_validate_json(line)
        except (ValidationError, RecursionError) as error:
            if is_last:  # a complete last line that is not a record is torn as well
                return
            raise damaged(path, number, problem(error)) from error


def _drop_torn_tail(path: Path, kind: type[BaseModel]) -> None:
    """Truncate a file after its last complete, readable line; earlier lines are not touched.

    Removes the lines that readers skip as torn: one without a line end, and a last one that is not a record (after a
    power cut it may consist of NULs).
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
    except (ValidationError, RecursionError):
        return False
    return True


def _open_for_append(path: Path) -> io.FileIO:
    try:
        return io.FileIO(path, "a")
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error.strerror})") from error


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes out of a run folder.

    Raises:
        UsageError: another process has this run open.
        InputError: the folder cannot be written.
    """
    handle = _lock(folder)
    try:
        yield
    finally:
        os.close(handle)


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
