"""Join the files of one call: rows that two files share are one run told twice, or two runs of one model."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from evalkit.records import Failure, Record
from evalkit.rescoring.counts import Counts, row_digest
from evalkit.rescoring.session import FileResult
from evalkit.runs import journal

Line = TypeVar("Line", Record, Failure)
OVERLAP = "another file holds the same samples of this model; each carries its file's name"


@dataclass(frozen=True)
class _Changes:
    """What joining changes in one file."""

    names: dict[str, str] = field(default_factory=dict)
    """Model → its name with the file's."""
    repeated: dict[str, set[bytes]] = field(default_factory=dict)
    """Model → digests of rows that an earlier file holds word for word."""

    def __bool__(self) -> bool:
        return bool(self.names or self.repeated)


def merge(
    results: Sequence[FileResult], parts: Sequence[Path], labels: Mapping[Path, str], book: journal.Journal
) -> Counts:
    """Write the records of all files to the journal, in the order of the files, and count them.

    Rows that repeat those of an earlier file word for word count once. Where two files differ on a sample of the same
    model, they hold two runs of it: in every file that model then carries the file's label.

    Args:
        results: the files, read.
        parts: the folder with each file's records.
        labels: file → what its model is called where the file does not say.
        book: the run's journal.

    Returns:
        The counts of all files.
    """
    counts = Counts(policy=results[0].counts.policy)
    for result, part, changes in zip(results, parts, _changes(results, labels), strict=True):
        if changes:
            _add_changed(result, part, changes, counts, book)
            shutil.rmtree(part)
        else:
            counts.add_all(result.counts)
            book.take_in(part)
    return counts


def _changes(results: Sequence[FileResult], labels: Mapping[Path, str]) -> list[_Changes]:
    all_changes = [_Changes() for _ in results]
    earlier: dict[str, dict[bytes, bytes]] = {}
    differing: set[str] = set()
    for result, changes in zip(results, all_changes, strict=True):
        for model, rows in result.counts.seen.items() if len(results) > 1 else ():
            known = earlier.setdefault(model, {})
            shared = known.keys() & rows.keys()
            if any(known[key] != rows[key] for key in shared):
                differing.add(model)
            if shared:
                changes.repeated[model] = shared
            known.update(rows)
    for result, changes in zip(results, all_changes, strict=True):
        label = labels[result.report.path]
        for model in differing & result.counts.seen.keys():
            changes.repeated.pop(model, None)
            if model != label:
                changes.names[model] = f"{model} ({label})"
    return all_changes


def _add_changed(result: FileResult, part: Path, changes: _Changes, counts: Counts, book: journal.Journal) -> None:
    """Rewrite the records of one file: renamed, and without those that repeat."""
    if changes.names:
        result.report.warnings.append(OVERLAP)
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
    """A record or failure under its new name; None where it repeats one of an earlier file."""
    digest = row_digest(line.task, line.sample_id, line.epoch, line.prompt_threshold)
    if digest in changes.repeated.get(line.model, ()):
        return None
    name = changes.names.get(line.model)
    return line if name is None else line.model_copy(update={"model": name})
