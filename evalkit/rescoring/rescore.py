"""Rescore: read outputs of other harnesses into a run like any other, and score it."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from evalkit.dataset.remote import Inputs, local_copies
from evalkit.errors import InputError
from evalkit.readers.base import Reader
from evalkit.readers.mapped import MappedReader
from evalkit.rescoring.counts import CardKey
from evalkit.rescoring.discover import InputFile, SetAside, discover, model_labels
from evalkit.rescoring.effects import check_effects
from evalkit.rescoring.merge import merge
from evalkit.rescoring.parallel import read_files
from evalkit.rescoring.session import FileReport, Session
from evalkit.rescoring.terms import Resolved, Terms, resolve
from evalkit.runs import journal
from evalkit.runs.environment import describe_environment
from evalkit.runs.folder import DEFAULT_FOLDER, new_folder
from evalkit.runs.manifest import Manifest, RescoreSettings, write_manifest
from evalkit.runs.result import RunResult
from evalkit.runs.scorecard import Scorecard

__all__ = ["FileReport", "Rescored", "Terms", "rescore", "rescore_async", "rescore_files"]

OPTIONS = (
    "format",
    "mapping",
    "targets",
    "verdicts",
    "scorer",
    "model",
    "task",
    "regrade",
    "extract",
    "pass_mark",
    "metric",
    "filter",
    "grader_parameters",
    "rows",
)
"""Terms that run.json keeps as they were given."""


@dataclass(frozen=True)
class Rescored:
    """A run made of foreign files, with what became of each."""

    result: RunResult
    files: list[FileReport]
    unrecognized: list[Path]
    """Files of folders that are in no known format."""
    set_aside: list[SetAside] = field(default_factory=list)
    """Files that could not be read, while others were."""
    empty: dict[CardKey, int] = field(default_factory=dict)
    """Answers without a text whose end their file does not tell, by card."""


def rescore(*paths: str | Path, out: str | Path = DEFAULT_FOLDER, **terms: Any) -> RunResult:
    """Read outputs of other harnesses into a run and score them; the public `evalkit.rescore`.

    Args:
        paths: files, folders or patterns.
        out: folder below which the run folder is made.
        terms: fields of `Terms`: thresholds, format, mapping, targets, regrade, …

    Raises:
        UsageError: a term is invalid; or it is regraded inside an event loop (use `rescore_async`).
        InputError: a named file is in no known format, damaged, ungraded, or contradicts itself.
    """
    return rescore_files(paths, Terms(**terms), Path(out)).result


async def rescore_async(*paths: str | Path, out: str | Path = DEFAULT_FOLDER, **terms: Any) -> RunResult:
    """Rescore inside an event loop, which stays free meanwhile; the public `evalkit.rescore_async`.

    Files are read in a thread, where `regrade=` has one event loop of its own. Cancelling stops the reading and
    deletes what was written.

    Args:
        paths: files, folders or patterns.
        out: folder below which the run folder is made.
        terms: as for `rescore`.

    Raises:
        EvalkitError: as `rescore`.
    """
    stop = threading.Event()
    work = asyncio.get_running_loop().run_in_executor(None, rescore_files, paths, Terms(**terms), Path(out), stop)
    try:
        return (await asyncio.shield(work)).result
    except asyncio.CancelledError:
        stop.set()
        with suppress(Exception):  # why it ended no longer matters to anybody
            await work
        raise


def rescore_files(
    paths: Iterable[str | Path],
    terms: Terms,
    out: Path,
    stop: threading.Event | None = None,
    progress: Callable[[int], None] | None = None,
) -> Rescored:
    """Rescore, with a report on every file.

    Args:
        paths: files, folders or patterns.
        terms: how.
        out: folder below which the run folder is made.
        stop: set by another thread that no longer wants the result.
        progress: told how many more rows were graded afresh.

    Raises:
        As `rescore`; and InterruptedError where `stop` was set.
    """
    resolved = resolve(terms, progress) if progress else resolve(terms)
    with local_copies(paths) as inputs:
        return _rescore(inputs, resolved, out, stop or threading.Event())


def _rescore(inputs: Inputs, resolved: Resolved, out: Path, stop: threading.Event) -> Rescored:
    terms = resolved.terms
    files, unknown, set_aside = discover(inputs.paths, terms.open, _reader(terms), strict=terms.strict)
    if not files and set_aside:
        raise InputError(_all_set_aside(set_aside))
    if not files:
        raise InputError(
            f"none of the {len(unknown)} files is in a known format; name it with --format or map columns with --map"
        )
    folder = new_folder(out, datetime.now().astimezone(), ["rescored"])
    try:
        rescored = _into_a_run(folder, files, resolved, inputs, stop)
        all_aside = set_aside + rescored.set_aside
        aside = [SetAside(inputs.in_text(one.name), inputs.in_text(one.reason)) for one in all_aside]
        return replace(rescored, unrecognized=unknown, set_aside=aside)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _reader(terms: Terms) -> str | Reader:
    return MappedReader(terms.mapping) if terms.mapping else terms.format


def _into_a_run(
    folder: Path, files: Sequence[InputFile], resolved: Resolved, inputs: Inputs, stop: threading.Event
) -> Rescored:
    labels = model_labels(files)
    session = Session(run=folder.name, resolved=resolved, labels=labels, inputs=inputs, stop=stop)
    parts = [folder / f".part-{k}" for k in range(len(files))]
    outcomes = read_files(session, files, parts)
    set_aside = [one for one in outcomes if isinstance(one, SetAside)]
    kept = [(one, part) for one, part in zip(outcomes, parts, strict=True) if not isinstance(one, SetAside)]
    if not kept:
        raise InputError(_all_set_aside(set_aside))
    results = [result for result, _ in kept]
    terms, reports = resolved.terms, [result.report for result in results]
    check_effects(terms, reports)
    with journal.Journal(folder) as book:
        counts = merge(results, [part for _, part in kept], labels, book)
    cards = counts.cards(folder, terms.thresholds, dict(terms.count_as))
    manifest = _manifest(folder, terms, reports, cards)
    write_manifest(folder, manifest)
    empty = sum((report.empty for report in reports), Counter[CardKey]())
    return Rescored(RunResult(folder=folder, manifest=manifest, scorecards=cards), reports, [], set_aside, empty)


def _all_set_aside(set_aside: Sequence[SetAside]) -> str:
    """Why no file could be read: of the first, and how many more there are."""
    more = f" (and {len(set_aside) - 1} more files that could not be read)" if len(set_aside) > 1 else ""
    return set_aside[0].reason + more


def _manifest(folder: Path, terms: Terms, reports: Sequence[FileReport], cards: Sequence[Scorecard]) -> Manifest:
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    return Manifest(
        kind="rescored",
        run=folder.name,
        status="finished",
        created=now,
        updated=now,
        rescoring=_settings(terms),
        rescored=[_described(report) for report in reports],
        environment=describe_environment(),
        scorecards=list(cards),
    )


def _settings(terms: Terms) -> RescoreSettings:
    given = {name: getattr(terms, name) for name in OPTIONS if getattr(terms, name) != getattr(Terms(), name)}
    options = {name: str(value) if isinstance(value, Path) else value for name, value in given.items()}
    return RescoreSettings(
        thresholds=list(terms.thresholds), policy=terms.policy, count_as=dict(terms.count_as), options=options
    )


def _described(report: FileReport) -> dict[str, Any]:
    """What run.json keeps of a file."""
    where = {"found_at": str(report.path.resolve())} if report.name == str(report.path) else {}
    return {
        "path": report.name,
        **where,
        "sha256": _checksum(report.path),
        "format": report.format,
        "rows": report.rows,
        "collapsed": report.collapsed,
        "skipped": report.skipped,
        "rule": report.rule,
        "warnings": report.warnings,
    }


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
