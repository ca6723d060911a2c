"""What was measured below some folders: answers of one condition to one task, put together over runs.

Nothing is replaced by a newer run. Answers of the same condition to the same item become epochs of that item; a record
that two folders hold identically (a copied run) counts once.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from evalkit.errors import InputError
from evalkit.runs.condition import at_target, card_conditions
from evalkit.runs.counting import CardBuilder, CardHead
from evalkit.runs.folder import runs_below
from evalkit.runs.manifest import Manifest, read_manifest
from evalkit.runs.outcomes import OutcomeRow, read_missing, read_outcomes
from evalkit.runs.scorecard import Condition, Scorecard


class MeasuredKey(NamedTuple):
    """What answers must share to be put together."""

    task: str
    model: str
    condition: str
    """Digest of the condition."""
    threshold: float | None
    """The stated target."""


@dataclass(kw_only=True)
class Measured:
    """All answers of one condition to one task under one stated target."""

    key: MeasuredKey
    condition: Condition
    builder: CardBuilder = field(default_factory=CardBuilder)
    runs: list[str] = field(default_factory=list)
    """Folders that they come from, oldest first."""
    count_as: dict[str, str] = field(default_factory=dict)
    identical: int = 0
    """Records left out because another folder holds the same ones."""
    repeated: int = 0
    """Answers that became further epochs of an item that another run had asked."""
    chances: list[float] = field(default_factory=list)
    """1 / number of options of each answer to a multiple-choice item: the chance of a uniform guess."""
    seen: set[bytes] = field(default_factory=set, repr=False)
    earlier: set[str] = field(default_factory=set, repr=False)
    """Items that an earlier run asked."""

    def card(self, thresholds: Sequence[float]) -> Scorecard:
        """Its scorecard, scored at the stated target or, where none was stated, at those thresholds."""
        head = CardHead(
            task=self.key.task,
            model=self.key.model,
            prompt_threshold=self.key.threshold,
            run=" ".join(self.runs),
            count_as=self.count_as,
            condition=self.condition,
        )
        return self.builder.build(head, thresholds)

    @property
    def chance(self) -> float | None:
        """What a uniform guess would get right; None where an item has no options."""
        n = sum(sum(counts) for counts in self.builder.items.values())
        return sum(self.chances) / len(self.chances) if self.chances and len(self.chances) == n else None


@dataclass(kw_only=True)
class Collection:
    """Everything measured below some folders."""

    measured: list[Measured]
    unreadable: list[str] = field(default_factory=list)
    """Runs that could not be read, with the reason."""


def collect(folders: Iterable[Path], *, named: AbstractSet[Path] | None = None) -> Collection:
    """Read runs and put answers of one condition together.

    Args:
        folders: run folders; one given twice, or under two paths, is read once.
        named: those whose unreadability is an error; the others are left out and named. Default: all.

    Raises:
        InputError: a run cannot be read, where that is an error.
    """
    measured: dict[MeasuredKey, Measured] = {}
    unreadable: list[str] = []
    for folder, manifest in _oldest_first(folders, unreadable, named):
        try:
            part = _read_run(folder, manifest)
        except InputError as error:
            if named is None or folder in named:
                raise
            unreadable.append(str(error))
            continue
        for one in part:
            _merge(measured, one)
    return Collection(measured=list(measured.values()), unreadable=unreadable)


def run_folders(paths: Iterable[Path]) -> list[Path]:
    """Every run folder at or below some paths."""
    return [folder for path in paths if path.is_dir() for folder in runs_below(path)]


class _Answers(NamedTuple):
    """What one run says under one key."""

    key: MeasuredKey
    condition: Condition
    count_as: dict[str, str]
    run: str
    rows: list[tuple[OutcomeRow, bytes]]
    """Without their texts, with the digests that had them."""
    failures: list[tuple[str, bool, bytes]]
    """Item, whether it is answerable, and what tells this failure from another."""


def _read_run(folder: Path, manifest: Manifest) -> list[_Answers]:
    conditions = card_conditions(manifest)
    parts: dict[tuple[str, str, float | None], _Answers] = {}
    done: set[tuple[str, str, str, int, float | None]] = set()

    def part(task: str, model: str, threshold: float | None) -> _Answers:
        known = parts.get((task, model, threshold))
        if known is not None:
            return known
        condition = at_target(conditions.get((task, model), Condition()), threshold)
        key = MeasuredKey(task, canonical(model), condition.id, threshold)
        made = _Answers(key, condition, manifest.count_as, str(folder), [], [])
        parts[task, model, threshold] = made
        return made

    for row in read_outcomes(folder):
        key = (row.task, row.model, row.sample_id, row.epoch, row.prompt_threshold)
        if key in done:
            raise InputError(f"{folder}: sample {row.sample_id!r} (epoch {row.epoch}) appears twice; remove one")
        done.add(key)
        digest = row.digest
        row.completion.text, row.completion.reasoning = "", None  # they would fill the memory
        part(row.task, row.model, row.prompt_threshold).rows.append((row, digest))
    for failure in read_missing(folder, done):
        digest = f"{failure.sample_id}\0{failure.epoch}\0{failure.stage}\0{failure.error}".encode(errors="replace")
        part(failure.task, failure.model, failure.prompt_threshold).failures.append(
            (failure.sample_id, failure.answerable, digest)
        )
    return list(parts.values())


def _merge(measured: dict[MeasuredKey, Measured], part: _Answers) -> None:
    one = measured.get(part.key)
    if one is None:
        one = measured[part.key] = Measured(key=part.key, condition=part.condition, count_as=dict(part.count_as))
    one.runs.append(part.run)
    asked: set[str] = set()
    for row, digest in part.rows:
        if digest in one.seen:
            one.identical += 1
            continue
        one.seen.add(digest)
        item = row.item
        asked.add(item)
        one.repeated += item in one.earlier
        one.builder.add(row, item)
        if row.choices:
            one.chances.append(1 / len(row.choices))
    for sample_id, answerable, digest in part.failures:
        if digest in one.seen:
            one.identical += 1
            continue
        one.seen.add(digest)
        asked.add(sample_id)
        one.builder.add_missing(sample_id, answerable=answerable)
    one.earlier |= asked


def _oldest_first(
    folders: Iterable[Path], unreadable: list[str], named: AbstractSet[Path] | None
) -> list[tuple[Path, Manifest]]:
    runs = []
    for folder in {os.path.realpath(path): path for path in folders}.values():
        try:
            runs.append((folder, read_manifest(folder)))
        except InputError as error:
            if named is None or folder in named:
                raise
            unreadable.append(str(error))
    return sorted(runs, key=lambda run: (run[1].created, str(run[0])))


def canonical(model: str) -> str:
    """A model's name with one spelling of its path: local/./x.gguf and local/x.gguf are one model."""
    provider, slash, name = model.partition("/")
    if not slash or not name.endswith(".gguf") or name.startswith("hf:"):
        return model
    path = os.path.realpath(name)
    shown = os.path.relpath(path)
    return f"{provider}/{path if shown.startswith('..') else shown}"
