"""Gold that stands in another file: `--targets FILE`, CSV or JSON, matched by id, epoch or position."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from evalkit.dataset.source import Source, targets_of
from evalkit.errors import InputError
from evalkit.readers.base import Row

IDS = ("id", "sample_id", "question_id", "custom_id", "doc_id", "idx", "uuid")
GOLD = ("target", "answer", "gold", "gold_answer", "correct_answer", "Correct answer", "label", "Answer")
EPOCHS = ("epoch", "rotation", "repeat")


class Targets:
    """Gold by id, by epoch, or by position in the file."""

    def __init__(self) -> None:
        self._by_id: dict[tuple[str | None, int | None], list[str]] = {}

    def add(self, name: str | None, epoch: int | None, gold: list[str]) -> None:
        """Note the gold of an id, of an epoch, or of both."""
        self._by_id[name, epoch] = gold

    def of(self, row: Row) -> list[str] | None:
        """The gold of a row; its id may be written with a prefix, as in task_17."""
        number = re.search(r"(\d+)$", row.sample_id)
        for name in (row.sample_id, number.group(1) if number else None, None):
            for epoch in (row.epoch, None):
                if (gold := self._by_id.get((name, epoch))) is not None:
                    return gold
        return None


def read_targets(path: Path) -> Targets:
    """Read a file of gold.

    A row's id is its column `id` (or sample_id, question_id, …), its gold `target` (or answer, gold, …); without an id
    the position from 0 is one, unless there is a column `epoch`, which then alone decides.

    Raises:
        InputError: it cannot be read, or has no column of gold.
    """
    source, found = Source(path), Targets()
    if source.head.shape == "object":
        for name, gold in source.document().items():
            found.add(str(name), None, targets_of(gold))
        return found
    for position, (number, row) in enumerate(source.rows()):
        gold = _first(row, GOLD)
        if gold is None:
            raise InputError(f"{path}:{number}: no gold; it is looked for in the columns {', '.join(GOLD)}")
        name, epoch = _first(row, IDS), _first(row, EPOCHS)
        if name is None and epoch is None:
            name = position
        found.add(None if name is None else str(name), None if epoch is None else int(epoch), targets_of(gold))
    return found


def _first(row: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((row[name] for name in names if row.get(name) not in (None, "")), None)
