"""Counts of rescored answers, and the files that hold them until all are read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple, Self

import msgspec
from pydantic import BaseModel

from evalkit.records import Completion, Failure, Record, to_line
from evalkit.runs.counting import CardBuilder, CardHead
from evalkit.runs.folder import FAILURES, RECORDS, not_written
from evalkit.runs.scorecard import Condition, Scorecard
from evalkit.runs.selective import Policy, simulated_cards


class CardKey(NamedTuple):
    """Which card an answer belongs to."""

    task: str
    model: str
    prompt_threshold: float | None


@dataclass
class Counts:
    """Counts of answers by card, and which answers they are."""

    policy: Policy | None
    """Abstention applied afterwards, which needs the records themselves."""
    builders: dict[CardKey, CardBuilder] = field(default_factory=dict)
    plain: dict[tuple[str, str], list[Record]] = field(default_factory=dict)
    """(task, model) → records of plain prompts without their texts; kept for the policy alone."""
    seen: dict[str, dict[bytes, bytes]] = field(default_factory=dict)
    """Model → digest of a row's key → digest of what it says."""
    epochs: dict[tuple[str, str], int] = field(default_factory=dict)
    """(task, model) → highest epoch."""
    conditions: dict[tuple[str, str], Condition] = field(default_factory=dict)
    """(task, model) → its condition, where the files tell it."""

    def add(self, record: Record) -> None:
        """Count a record."""
        key = CardKey(record.task, record.model, record.prompt_threshold)
        self._note_epoch(record)
        self._builder(key).add(record)
        if self.policy is not None and record.prompt_threshold is None:
            bare = record.model_copy(update={"completion": Completion(text="")})
            self.plain.setdefault((record.task, record.model), []).append(bare)

    def add_failure(self, failure: Failure) -> None:
        """Count an answer without a verdict."""
        self._note_epoch(failure)
        self._builder(CardKey(failure.task, failure.model, failure.prompt_threshold)).add_failure(failure)

    def add_all(self, other: Counts) -> None:
        """Count everything that another file has counted."""
        for key, builder in other.builders.items():
            self._builder(key).add_all(builder)
        for group, records in other.plain.items():
            self.plain.setdefault(group, []).extend(records)

    def add_conditions(self, conditions: Mapping[tuple[str, str], Condition], names: Mapping[str, str]) -> None:
        """Note what a file tells of conditions.

        Args:
            conditions: (task, model) → condition.
            names: model → what it is called from now on.
        """
        for (task, model), condition in conditions.items():
            self.conditions[task, names.get(model, model)] = condition

    def cards(self, run: Path, thresholds: Sequence[float], count_as: dict[str, str]) -> list[Scorecard]:
        """Build all cards, the simulated ones last.

        Args:
            run: the run folder.
            thresholds: where answers without a stated target are scored.
            count_as: changes to what a kind of non-answer counts as.
        """
        cards = []
        for key, builder in sorted(self.builders.items(), key=lambda item: (*item[0][:2], item[0][2] or 0)):
            task, model, stated = key
            condition = self.conditions.get((task, model), Condition())
            head = CardHead(
                task=task, model=model, prompt_threshold=stated, run=str(run), count_as=count_as, condition=condition
            )
            cards.append(builder.build(head, thresholds))
        if self.policy is not None:
            for (task, model), records in self.plain.items():
                head = CardHead(task=task, model=model, run=str(run), count_as=count_as)
                cards.extend(simulated_cards(records, self.policy, head, thresholds))
        return cards

    def _note_epoch(self, line: Record | Failure) -> None:
        group = (line.task, line.model)
        self.epochs[group] = max(self.epochs.get(group, 0), line.epoch)

    def _builder(self, key: CardKey) -> CardBuilder:
        if key not in self.builders:
            self.builders[key] = CardBuilder()
        return self.builders[key]


class Spool:
    """Records and failures of one file on disk, until it is known how they join those of other files.

    Args:
        folder: made for this; `Journal.take_in` reads and deletes it.

    Raises:
        InputError: the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir()
            self._records = (folder / RECORDS).open("wb")
            self._failures = (folder / FAILURES).open("wb")
        except OSError as error:
            raise not_written(folder.parent, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._records.close()
            self._failures.close()
        except OSError as full:
            raise not_written(self.folder.parent, full) from full

    def append(self, record: Record) -> None:
        """Write a record."""
        self._write(self._records, record)

    def fail(self, failure: Failure) -> None:
        """Write a failure."""
        self._write(self._failures, failure)

    def _write(self, file: BinaryIO, line: BaseModel) -> None:
        try:
            file.write(to_line(line))
        except OSError as error:
            raise not_written(self.folder.parent, error) from error


def row_digest(task: str, sample_id: str, epoch: int, threshold: float | None) -> bytes:
    """Digest of what identifies a row among those of its model."""
    return hashlib.blake2b(msgspec.json.encode((task, sample_id, epoch, threshold)), digest_size=16).digest()
