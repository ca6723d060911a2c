"""An index over a run's answers: where each line of records.jsonl starts, its failures, and what filters and sorts."""

from __future__ import annotations

import json
import math
import os
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
from pydantic import ValidationError

from evalkit.errors import InputError
from evalkit.files import open_regular
from evalkit.records import Failure, Record, RecordKey
from evalkit.rescoring.questions import SourceQuestions
from evalkit.runs import journal
from evalkit.runs.folder import FAILURES, RECORDS
from evalkit.runs.manifest import read_manifest
from evalkit.web.search import Needle, containing

GRADED = "graded"
"""Stands for every outcome but `missing` in a filter."""
NONE = 2**32 - 1
NUMBERS = ("confidence", "tokens", "seconds", "credit", "attempts")
"""Numbers of an answer that lists are sorted by."""


class _Grade(msgspec.Struct):
    outcome: str
    non_answer: str | None = None
    undecided: bool = False
    confidence: float | None = None
    credit: float | None = None


class _Usage(msgspec.Struct):
    completion_tokens: int | None = None


class _Completion(msgspec.Struct):
    usage: _Usage = msgspec.field(default_factory=_Usage)
    latency: float | None = None
    attempts: int | None = None


class _Line(msgspec.Struct):
    """The fields of a record that are indexed."""

    task: str
    model: str
    sample_id: str
    grade: _Grade
    completion: _Completion = msgspec.field(default_factory=_Completion)
    epoch: Annotated[int, msgspec.Meta(ge=1)] = 1
    prompt_threshold: Annotated[float, msgspec.Meta(ge=0, lt=1)] | None = None
    metadata: str | dict[str, Any] = "{}"

    @property
    def key(self) -> RecordKey:
        """What a failure that it made good has in common with it."""
        return RecordKey(self.task, self.model, self.sample_id, self.epoch, self.prompt_threshold)

    @property
    def numbers(self) -> tuple[float | None, ...]:
        """As in NUMBERS."""
        done = self.completion
        return self.grade.confidence, done.usage.completion_tokens, done.latency, self.grade.credit, done.attempts


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
    sample: str = ""
    """Id of the sample."""
    text: str = ""
    """In question, answer or id, in any case."""


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
        self.folder = folder
        self.path = folder / RECORDS
        self._failed = folder / FAILURES
        try:
            with open_regular(self.path) as file:
                self.size = os.fstat(file.fileno()).st_size
        except OSError as error:
            raise InputError(f"{self.path} cannot be read ({error.strerror})") from error
        self._failed_size = _size(self._failed)
        self.starts = array("Q")
        columns = ("outcome", "kind", "missing", "stratum", "threshold", "task", "model", "sample")
        self.names = {name: Names() for name in columns}
        self.columns = {name: array("I") for name in columns}
        self.epochs = array("I")
        self.numbers = {name: array("d") for name in NUMBERS}
        self._questions: SourceQuestions | None = None
        self._groups: dict[tuple[int, int, int], list[int]] | None = None
        open_failures = {failure.key: failure for failure in journal.read_failures(folder)}
        self._read(open_failures)
        self.failures = list(open_failures.values())
        for failure in self.failures:
            self._append("missing", "failed", "failed", "", failure, (None,) * len(NUMBERS))

    def __len__(self) -> int:
        return len(self.epochs)

    @property
    def records(self) -> int:
        """How many of the answers are records; failures come after them."""
        return len(self.starts)

    @property
    def is_stale(self) -> bool:
        """Whether a file has changed size, or gone, since it was read."""
        return _size(self.path) != self.size or _size(self._failed) != self._failed_size

    @property
    def questions(self) -> SourceQuestions:
        """The questions of rescored records, in the files they came from."""
        if self._questions is None:
            self._questions = SourceQuestions(read_manifest(self.folder, scorecards=False))
        return self._questions

    def same_sample(self, position: int) -> list[int]:
        """Return the answers of the same model to the same sample of the same task, in the order recorded."""
        if self._groups is None:
            self._groups = {}
            for k in range(len(self)):
                self._groups.setdefault(self._sample(k), []).append(k)
        return self._groups[self._sample(position)]

    def _sample(self, position: int) -> tuple[int, int, int]:
        return self.columns["task"][position], self.columns["model"][position], self.columns["sample"][position]

    def values(self, name: str) -> list[str]:
        """Return the distinct values of a column, most frequent first."""
        counts = Counter(self.columns[name])
        return [self.names[name].texts[number] for number, _ in counts.most_common()]

    def value(self, name: str, position: int) -> str:
        """Return an answer's value in a column."""
        return self.names[name].texts[self.columns[name][position]]

    def known(self, name: str) -> bool:
        """Whether any answer has a number, other than one attempt."""
        least = 1 if name == "attempts" else -math.inf
        return any(value > least for value in self.numbers[name])

    def find(self, wanted: Filter) -> list[int]:
        """Return the positions of the answers that match a filter, in the order recorded."""
        positions: range | list[int] = range(len(self))
        for name in self.names:
            if text := getattr(wanted, name):
                numbers = self._numbers(name, text)
                column = self.columns[name]
                positions = [k for k in positions if column[k] in numbers]
        if wanted.text:
            positions = self._containing(Needle(wanted.text), positions)
        return list(positions)

    def sorted(self, positions: Sequence[int], by: str) -> list[int]:
        """Sort positions by a column or a number, `-` before it from the largest; unknown numbers come last.

        Args:
            positions: of answers.
            by: a name of `names` or NUMBERS; "", or any other, keeps the order.
        """
        name, falls = by.removeprefix("-"), by.startswith("-")
        if name in self.numbers:
            column = self.numbers[name]
            known = [k for k in positions if not math.isnan(column[k])]
            unknown = [k for k in positions if math.isnan(column[k])]
            return sorted(known, key=column.__getitem__, reverse=falls) + unknown
        if name not in self.names:
            return list(positions)
        texts = self.names[name].texts
        places = {number: place for place, number in enumerate(sorted(range(len(texts)), key=lambda k: texts[k]))}
        numbers = self.columns[name]
        return sorted(positions, key=lambda k: places[numbers[k]], reverse=falls)

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
        try:
            return Record.model_validate_json(self.line(position))
        except (ValidationError, RecursionError) as error:
            raise journal.damaged(self.path, position + 1, journal.problem(error)) from error

    def line(self, position: int) -> bytes:
        """Read the line of one record as it is."""
        with open_regular(self.path) as file:
            file.seek(self.starts[position])
            return file.readline()

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
        stratum = _stratum(line)
        self.starts.append(start)
        if failures:
            failures.pop(line.key, None)
        grade = line.grade
        # Rules that could not decide counted as an error in older journals; they decide nothing now either.
        outcome = "missing" if grade.undecided else grade.outcome
        why = "undecided" if grade.undecided else "truncated" if outcome == "missing" else ""
        self._append(outcome, grade.non_answer or "claim", why, stratum, line, line.numbers)

    def _append(
        self, outcome: str, kind: str, why: str, stratum: str, of: _Line | Failure, numbers: Iterable[float | None]
    ) -> None:
        values = (outcome, kind, why, stratum, target_key(of.prompt_threshold), of.task, of.model, of.sample_id)
        for name, value in zip(self.names, values, strict=True):
            self.columns[name].append(self.names[name].number(value))
        self.epochs.append(of.epoch)
        for name, number in zip(NUMBERS, numbers, strict=True):
            self.numbers[name].append(math.nan if number is None else number)

    def _containing(self, needle: Needle, positions: range | list[int]) -> list[int]:
        records = [k for k in positions if k < self.records]
        ends = [*self.starts[1:], self.size] if self.size else []
        spans = [(self.starts[k], ends[k]) for k in records]
        found = [records[k] for k in containing(self.path, spans, needle, self.questions)] if records else []
        failures = (k for k in positions if k >= self.records)
        return found + [k for k in failures if needle.is_in_failure(self.failures[k - self.records])]


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
