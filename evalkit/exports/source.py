"""A run as exports read it: its scorecards, and the answers and failures that each of them counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from pydantic import ValidationError

from evalkit.errors import InputError
from evalkit.records import Failure, Message, Record, RecordKey
from evalkit.rescoring.questions import SourceQuestions
from evalkit.runs import journal
from evalkit.runs.folder import RECORDS
from evalkit.runs.load import read_answers
from evalkit.runs.manifest import Manifest
from evalkit.runs.outcomes import read_missing
from evalkit.runs.result import read_result
from evalkit.runs.scorecard import Scorecard

NAME = "evalkit-idk"
"""The distribution."""


def without_paths(record: Record) -> Record:
    """A record without the folders of the machine that made it, which servers and foreign files put into names."""
    served, source = record.completion.served_model, record.source
    changes: dict[str, Any] = {}
    if served and Path(served).is_absolute():
        changes["completion"] = record.completion.model_copy(update={"served_model": Path(served).name})
    if source and Path(source).is_absolute():
        changes["source"] = Path(source).name
    return record.model_copy(update=changes) if changes else record


@dataclass(frozen=True)
class RunSource:
    """A run, or a rescored run."""

    folder: Path
    manifest: Manifest
    cards: list[Scorecard]
    """One for each task, model and stated target, without those of policies applied afterwards."""

    @classmethod
    def read(cls, folder: Path) -> RunSource:
        """Read a run.

        Raises:
            InputError: the folder is no run, holds no answer, or a record cannot be read.
        """
        result = read_result(folder)
        cards = [card for card in result.scorecards if card.policy is None]
        if not cards:
            raise InputError(f"{folder} holds no answer; there is nothing to export")
        return cls(folder, result.manifest, cards)

    @property
    def name(self) -> str:
        """Name of the run."""
        return self.manifest.run or self.folder.name

    @property
    def created(self) -> datetime:
        """When it started, in UTC.

        Raises:
            InputError: run.json does not say.
        """
        try:
            return datetime.fromisoformat(self.manifest.created).astimezone(UTC)
        except ValueError as error:
            raise InputError(f"{self.folder}: run.json says no time at which the run was created") from error

    @property
    def version(self) -> str:
        """The version of evalkit that made it."""
        return str(self.manifest.environment.get("versions", {}).get(NAME) or version(NAME))

    def data_of(self, task: str) -> dict[str, str]:
        """Where a task's questions come from: {hub, revision, commit, config}, as far as it is recorded."""
        data = self.manifest.datasets.get(task, {})
        return {name: str(data[name]) for name in ("hub", "revision", "commit", "config") if data.get(name)}

    def records(self, card: Scorecard) -> Iterator[Record]:
        """The answers that a card counts, in the order written.

        Raises:
            InputError: a record cannot be read.
        """
        path = self.folder / RECORDS
        with path.open("rb") as file:
            for number, offset in self._index.places.get(_Key(card.task, card.model, card.prompt_threshold), ()):
                file.seek(offset)
                try:
                    record = Record.model_validate_json(file.readline())
                except ValidationError as error:
                    raise journal.damaged(path, number, journal.problem(error)) from error
                yield self.shareable(record)

    def answers(self) -> Iterator[Record]:
        """All answers; those that never came have the outcome `missing`."""
        return (self.shareable(record) for record in read_answers(self.folder, missing=True))

    def shareable(self, record: Record) -> Record:
        """A record with its question, which a rescored run leaves in its files, and without this machine's folders."""
        if not record.messages and (question := self._questions.find(record.source)):
            record = record.model_copy(update={"messages": [Message(role="user", content=question)]})
        return without_paths(record)

    @cached_property
    def _questions(self) -> SourceQuestions:
        return SourceQuestions(self.manifest)

    def failures(self, card: Scorecard) -> list[Failure]:
        """The answers that a card misses because of a failure."""
        wanted = (card.task, card.model, card.prompt_threshold)
        return [one for one in self._missing if (one.task, one.model, one.prompt_threshold) == wanted]

    @cached_property
    def _missing(self) -> list[Failure]:
        return read_missing(self.folder, self._index.done)

    @cached_property
    def _index(self) -> _Index:
        """Where the records of each card are: a run may have hundreds of cards, and is read once."""
        index, path, offset = _Index(), self.folder / RECORDS, 0
        decode = msgspec.json.Decoder(_Head).decode
        for number, line, is_last in journal.lines(path):
            try:
                head = decode(line)
            except msgspec.MsgspecError as error:
                if is_last:  # torn, like one without an end
                    break
                raise journal.damaged(path, number, error) from error
            key = _Key(head.task, head.model, head.prompt_threshold)
            index.places.setdefault(key, []).append((number, offset))
            index.done.add(RecordKey(head.task, head.model, head.sample_id, head.epoch, head.prompt_threshold))
            offset += len(line)
        return index


class _Key(NamedTuple):
    """What the records of a card have in common."""

    task: str | None
    model: str | None
    threshold: float | None


class _Head(msgspec.Struct):
    """The fields of a record that tell its card."""

    task: str
    model: str
    sample_id: str
    epoch: int = 1
    prompt_threshold: float | None = None


@dataclass
class _Index:
    """The records of a run."""

    places: dict[_Key, list[tuple[int, int]]] = field(default_factory=dict)
    """Card → line and offset of each record."""
    done: set[RecordKey] = field(default_factory=set)
