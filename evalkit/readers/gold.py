"""Gold that stands in another file: `--targets FILE`, CSV or JSON, matched by id, epoch or position."""

from __future__ import annotations

import re
from pathlib import Path

from evalkit.dataset.source import Source, targets_of
from evalkit.errors import InputError
from evalkit.readers.base import ForeignRow
from evalkit.readers.fields import Fields

IDS = ("id", "sample_id", "question_id", "custom_id", "doc_id", "idx", "uuid")
GOLD = ("target", "answer", "gold", "gold_answer", "correct_answer", "Correct answer", "label", "Answer")
EPOCHS = ("epoch", "rotation", "repeat")


class Targets:
    """Gold answers by id, by epoch, or by position in the file."""

    def __init__(self) -> None:
        self._by_id: dict[tuple[str | None, int | None], list[str]] = {}

    def add(self, name: str | None, epoch: int | None, gold: list[str]) -> None:
        """Add the gold of an id, of an epoch, or of both."""
        self._by_id[name, epoch] = gold

    def find(self, row: ForeignRow) -> list[str] | None:
        """Find the gold of a row; its id may have a prefix, as in task_17. None where there is none."""
        number = re.search(r"(\d+)$", row.sample_id)
        for name in (row.sample_id, number.group(1) if number else None, None):
            for epoch in (row.epoch, None):
                if (gold := self._by_id.get((name, epoch))) is not None:
                    return gold
        return None


def read_targets(path: Path) -> Targets:
    """Read a file of gold answers.

    A row's id is its column `id` (or sample_id, question_id, …), its gold `target` (or answer, gold, …). Without an id
    the position from 0 is one, unless there is a column `epoch`: then the epoch alone decides.

    Raises:
        InputError: the file cannot be read, or has no column of gold.
    """
    source, targets = Source(path), Targets()
    if source.head.shape == "object":
        for name, gold in source.document().items():
            targets.add(str(name), None, targets_of(gold))
        return targets
    for position, (place, values) in enumerate(source.rows()):
        row = Fields(values, source, place)
        gold_column = _present(row, GOLD)
        if gold_column is None:
            raise InputError(f"{path}:{place}: no gold; name its column one of {', '.join(GOLD)}")
        id_column, epoch_column = _present(row, IDS), _present(row, EPOCHS)
        name = row.text(id_column) if id_column else None
        epoch = row.integer(epoch_column) if epoch_column else None
        if name is None and epoch is None:
            name = str(position)
        targets.add(name, epoch, row.texts(gold_column))
    return targets


def _present(row: Fields, names: tuple[str, ...]) -> str | None:
    return next((name for name in names if row.value(name) not in (None, "")), None)
