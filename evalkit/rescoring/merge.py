"""Join the files of one call: rows that two files share are one run told twice, or two runs of one model."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from evalkit.records import Failure, Record
from evalkit.rescoring.counts import Counts, row_digest
from evalkit.rescoring.session import FileReport, FileResult
from evalkit.runs import journal
from evalkit.runs.condition import differing
from evalkit.runs.scorecard import Condition

Line = TypeVar("Line", Record, Failure)
OVERLAP = "another file holds the same samples of this model; each carries its file's name"
SAME_CONDITION = "another run of the same condition holds the same samples; its answers count as further epochs"
OTHER_CONDITION = "another file holds this model under another condition; each carries its own"


@dataclass(frozen=True)
class _Changes:
    """What joining changes in one file."""

    names: dict[str, str] = field(default_factory=dict)
    """Model → its name with the file's, or with what tells its condition apart."""
    repeated: dict[str, set[bytes]] = field(default_factory=dict)
    """Model → digests of rows that an earlier file holds word for word."""
    epochs: dict[tuple[str, str], int] = field(default_factory=dict)
    """(task, model), as in the file → epochs that earlier runs of the same condition hold."""

    def __bool__(self) -> bool:
        return bool(self.names or self.repeated or self.epochs)


def merge(
    results: Sequence[FileResult], parts: Sequence[Path], labels: Mapping[Path, str], book: journal.Journal
) -> Counts:
    """Write the records of all files to the journal, in the order of the files, and count them.

    A file that is identical to an earlier one counts once, and so do rows that repeat those of an earlier file word
    for word. Where two files differ on a sample of the same model, they hold two runs of it: of one condition, where
    both say so, and then the later answers are further epochs; else the model carries the file's label in every file.

    Args:
        results: the files, read.
        parts: the folder with each file's records.
        labels: file → what its model is called where the file does not say.
        book: the run's journal.

    Returns:
        The counts of all files.
    """
    counts = Counts(policy=results[0].counts.policy)
    copies = _copies(results, labels)
    kept = [(result, part) for result, part in zip(results, parts, strict=True) if result.report.path not in copies]
    for result, part in zip(results, parts, strict=True):
        if original := copies.get(result.report.path):
            result.report.warnings.append(f"identical to {original}; counted once")
            result.report.collapsed = result.report.rows
            shutil.rmtree(part)
    for (result, part), changes in zip(kept, _changes([result for result, _ in kept], labels), strict=True):
        counts.add_conditions(result.report.conditions, changes.names)
        if changes:
            _add_changed(result, part, changes, counts, book)
            shutil.rmtree(part)
        else:
            counts.add_all(result.counts)
            book.take_in(part)
    return counts


def _copies(results: Sequence[FileResult], labels: Mapping[Path, str]) -> dict[Path, str]:
    """Files that are byte for byte an earlier one and do not name their model → the name of that one."""
    sizes = Counter(result.report.path.stat().st_size for result in results)
    originals: dict[bytes, FileReport] = {}
    copies = {}
    for result in results:
        path = result.report.path
        if sizes[path.stat().st_size] < 2 or result.counts.seen.keys() != {labels[path]}:  # noqa: PLR2004 - alone
            continue
        with path.open("rb") as file:
            original = originals.setdefault(hashlib.file_digest(file, "sha256").digest(), result.report)
        if original is not result.report:
            copies[path] = original.name
    return copies


def _changes(results: Sequence[FileResult], labels: Mapping[Path, str]) -> list[_Changes]:
    all_changes = [_Changes() for _ in results]
    if len(results) < 2:  # noqa: PLR2004 - nothing to join
        return all_changes
    _name_conditions(results, all_changes)
    told = _told(results)
    earlier: dict[str, dict[bytes, bytes]] = {}
    epochs: Counter[tuple[str, str]] = Counter()
    differing_: set[str] = set()
    for result, changes in zip(results, all_changes, strict=True):
        for model, rows in result.counts.seen.items():
            name = changes.names.get(model, model)
            known = earlier.setdefault(name, {})
            shared = known.keys() & rows.keys()
            if any(known[key] != rows[key] for key in shared):
                if model in told:
                    mine = [group for group in result.counts.epochs if group[1] == model]
                    changes.epochs.update({group: epochs[group[0], name] for group in mine})
                else:
                    differing_.add(model)
            if repeated := {key for key in shared if known[key] == rows[key]}:
                changes.repeated[model] = repeated
            known.update({key: rows[key] for key in rows.keys() - shared})
        for (task, model), n in result.counts.epochs.items():
            group = (task, changes.names.get(model, model))
            epochs[group] = max(epochs[group], n + changes.epochs.get((task, model), 0))
    for result, changes in zip(results, all_changes, strict=True):
        label = labels[result.report.path]
        for model in differing_ & result.counts.seen.keys():
            changes.repeated.pop(model, None)
            if model != label:
                changes.names[model] = f"{model} ({label})"
    return all_changes


def _told(results: Sequence[FileResult]) -> set[str]:
    """Models of which every file tells the conditions."""
    untold = {model for result in results for model in result.counts.seen if not _of(result, model)}
    return {model for result in results for model in result.counts.seen} - untold


def _name_conditions(results: Sequence[FileResult], all_changes: Sequence[_Changes]) -> None:
    """Name a model by its condition where its files hold several of one task."""
    for model in _told(results):
        by_task: dict[str, dict[str, Condition]] = {}
        for result in results:
            for task, condition in _of(result, model).items():
                by_task.setdefault(task, {})[condition.id] = condition
        task = max(by_task, key=lambda name: len(by_task[name]))
        if len(by_task[task]) < 2:  # noqa: PLR2004 - one condition
            continue
        labels = dict(zip(by_task[task], differing(list(by_task[task].values())), strict=True))
        for result, changes in zip(results, all_changes, strict=True):
            mine = _of(result, model).get(task)
            if mine is not None and labels[mine.id]:
                changes.names[model] = f"{model} ({labels[mine.id]})"


def _of(result: FileResult, model: str) -> dict[str, Condition]:
    """Task → condition of one model."""
    return {task: one for (task, name), one in result.report.conditions.items() if name == model}


def _add_changed(result: FileResult, part: Path, changes: _Changes, counts: Counts, book: journal.Journal) -> None:
    """Rewrite the records of one file: renamed, as later epochs, and without those that repeat."""
    if changes.names:
        told = any(_of(result, model) for model in changes.names)
        result.report.warnings.append(OTHER_CONDITION if told else OVERLAP)
    if changes.epochs:
        result.report.warnings.append(SAME_CONDITION)
    for record in journal.read_records(part):
        if (renamed := _changed(record, changes)) is None:
            result.report.collapsed += 1
            continue
        counts.add(renamed)
        book.append(renamed)
    for failure in journal.read_failures(part):
        if (missing := _changed(failure, changes)) is None:
            result.report.collapsed += 1
            continue
        counts.add_failure(missing)
        book.fail(missing)


def _changed(line: Line, changes: _Changes) -> Line | None:
    """A record or failure under its new name or epoch; None where it repeats one of an earlier file."""
    digest = row_digest(line.task, line.sample_id, line.epoch, line.prompt_threshold)
    if digest in changes.repeated.get(line.model, ()):
        return None
    update: dict[str, object] = {}
    if later := changes.epochs.get((line.task, line.model)):
        update["epoch"] = line.epoch + later
    if (name := changes.names.get(line.model)) is not None:
        update["model"] = name
    return line.model_copy(update=update) if update else line
