"""An index over a run's answers: where each line of records.jsonl starts, its failures, and what filters them."""

from __future__ import annotations

import json
import mmap
import os
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
from pydantic import ValidationError

from evalkit.errors import InputError
from evalkit.files import open_regular
from evalkit.records import Failure, Record, RecordKey
from evalkit.runs import journal
from evalkit.runs.folder import FAILURES, RECORDS

GRADED = "graded"
"""Stands for every outcome but `missing` in a filter."""
NONE = 2**32 - 1


class _Grade(msgspec.Struct):
    outcome: str
    non_answer: str | None = None
    undecided: bool = False


class _Line(msgspec.Struct):
    """The fields of a record that are indexed."""

    task: str
    model: str
    sample_id: str
    grade: _Grade
    epoch: Annotated[int, msgspec.Meta(ge=1)] = 1
    prompt_threshold: Annotated[float, msgspec.Meta(ge=0, lt=1)] | None = None
    metadata: str | dict[str, Any] = "{}"

    @property
    def key(self) -> RecordKey:
        """What a failure that it made good has in common with it."""
        return RecordKey(self.task, self.model, self.sample_id, self.epoch, self.prompt_threshold)


@dataclass(frozen=True)
class Filter:
    """What answers have to match; "" matches every one."""

    outcome: str = ""
    """correct, error, idk, missing; or graded: all but missing."""
    kind: str = ""
    """Of a non-answer; `claim`, or `failed` where there is no answer."""
    missing: str = ""
    """Why an answer is missing: failed, truncated, undecided."""
    stratum: str = ""
    threshold: str = ""
    """As stated in the prompt: `none`, `0.75`."""
    task: str = ""
    model: str = ""
    text: str = ""


class Names:
    """Numbers for texts that repeat."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        """Return the number of a text; a new text gets the next number."""
        number = self._numbers.setdefault(text, len(self.texts))
        if number == len(self.texts):
            self.texts.append(text)
        return number


class Index:
    """The answers of one run folder: its records, then the failures that no record made good.

    Args:
        folder: the run.

    Raises:
        InputError: a file or a line of it cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / RECORDS
        self._failed = folder / FAILURES
        try:
            with open_regular(self.path) as file:
                self.size = os.fstat(file.fileno()).st_size
        except OSError as error:
            raise InputError(f"{self.path} cannot be read ({error.strerror})") from error
        self._failed_size = _size(self._failed)
        self.starts = array("Q")
        self.ids: list[str] = []
        columns = ("outcome", "kind", "missing", "stratum", "threshold", "task", "model")
        self.names = {name: Names() for name in columns}
        self.columns = {name: array("I") for name in columns}
        open_failures = {failure.key: failure for failure in journal.read_failures(folder)}
        self._read(open_failures)
        self.failures = list(open_failures.values())
        for failure in self.failures:
            self._append(failure.sample_id, "missing", "failed", "failed", "", failure)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def records(self) -> int:
        """How many of the answers are records; failures come after them."""
        return len(self.starts)

    @property
    def is_stale(self) -> bool:
        """Whether a file has changed size, or gone, since it was read."""
        return _size(self.path) != self.size or _size(self._failed) != self._failed_size

    def values(self, name: str) -> list[str]:
        """Return the distinct values of a column, most frequent first."""
        counts = Counter(self.columns[name])
        return [self.names[name].texts[number] for number, _ in counts.most_common()]

    def find(self, wanted: Filter) -> list[int]:
        """Return the positions of the answers that match a filter, in the order recorded."""
        positions: range | list[int] = range(len(self))
        for name in self.names:
            if text := getattr(wanted, name):
                numbers = self._numbers(name, text)
                column = self.columns[name]
                positions = [k for k in positions if column[k] in numbers]
        if wanted.text:
            positions = list(self._containing(wanted.text, positions))
        return list(positions)

    def answer(self, position: int) -> Record | Failure:
        """Return one answer: a record, read from the file, or a failure."""
        if position >= self.records:
            return self.failures[position - self.records]
        return self.record(position)

    def record(self, position: int) -> Record:
        """Read one record from the file.

        Raises:
            InputError: what is indexed of it can be read, but not all.
        """
        with open_regular(self.path) as file:
            file.seek(self.starts[position])
            try:
                return Record.model_validate_json(file.readline())
            except (ValidationError, RecursionError) as error:
                raise journal.damaged(self.path, position + 1, journal.problem(error)) from error

    def _numbers(self, name: str, text: str) -> set[int]:
        texts = self.names[name].texts
        if name == "outcome" and text == GRADED:
            return {number for number, outcome in enumerate(texts) if outcome != "missing"}
        return {texts.index(text)} if text in texts else {NONE}

    def _read(self, failures: dict[RecordKey, Failure]) -> None:
        """Index every record, and take out the failures that one of them made good."""
        decode = msgspec.json.Decoder(_Line).decode
        start = 0
        for number, line, is_last in journal.lines(self.path):
            try:
                self._add(decode(line), start, failures)
            except (msgspec.DecodeError, ValueError, AttributeError, RecursionError) as error:
                if not is_last:  # one that is no record at the end was torn off
                    raise journal.damaged(self.path, number, str(error)[:200]) from error
            start += len(line)

    def _add(self, line: _Line, start: int, failures: dict[RecordKey, Failure]) -> None:
        self.starts.append(start)
        if failures:
            failures.pop(line.key, None)
        grade = line.grade
        # Rules that could not decide counted as an error in older journals; they decide nothing now either.
        outcome = "missing" if grade.undecided else grade.outcome
        why = "undecided" if grade.undecided else "truncated" if outcome == "missing" else ""
        self._append(line.sample_id, outcome, grade.non_answer or "claim", why, _stratum(line), line)

    def _append(self, id_: str, outcome: str, kind: str, why: str, stratum: str, of: _Line | Failure) -> None:
        self.ids.append(id_)
        values = (outcome, kind, why, stratum, target_key(of.prompt_threshold), of.task, of.model)
        for name, value in zip(self.names, values, strict=True):
            self.columns[name].append(self.names[name].number(value))

    def _containing(self, text: str, positions: range | list[int]) -> Iterator[int]:
        wanted = json.dumps(text, ensure_ascii=False)[1:-1].encode(errors="surrogatepass").lower()
        records = [k for k in positions if k < self.records]
        if self.size:
            with open_regular(self.path) as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                for k in records:
                    end = self.starts[k + 1] if k + 1 < self.records else self.size
                    if wanted in data[self.starts[k] : end].lower():
                        yield k
        for k in positions[len(records) :]:
            if text.lower() in self.failures[k - self.records].model_dump_json().lower():
                yield k


def target_key(threshold: float | None) -> str:
    """Write a stated target as addresses and filters do: `none`, `0.75`; no two targets alike."""
    if threshold is None:
        return "none"
    short = f"{threshold:g}"
    return short if float(short) == threshold else repr(threshold)


def _stratum(line: _Line) -> str:
    metadata = line.metadata
    if isinstance(metadata, str):
        metadata = json.loads(metadata) if '"stratum"' in metadata else {}
    stratum = metadata.get("stratum")
    return "" if stratum is None else str(stratum)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1
