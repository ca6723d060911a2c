"""Read several files: one after the other, or large ones side by side, each in a process of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path
from typing import NamedTuple

from evalkit.errors import InputError
from evalkit.rescoring.counts import Spool
from evalkit.rescoring.discover import InputFile, SetAside
from evalkit.rescoring.regrade import Regrader
from evalkit.rescoring.session import FileResult, Session
from evalkit.rescoring.verdicts import UnsettledError

PARALLEL_FROM = 20_000_000
"""Bytes of several files from which they are read side by side."""


class _Job(NamedTuple):
    session: Session
    file: InputFile
    part: Path
    alone: bool
    """Whether what is wrong with the file stops everything: it is the only one, or that was asked for."""


def read_files(session: Session, files: Sequence[InputFile], parts: Sequence[Path]) -> list[FileResult | SetAside]:
    """Read files, in processes of their own where that pays.

    A file that cannot be read is set aside, unless it is the only one or `strict` was asked for. One whose verdicts
    are of unknown meaning is then read with these as missing. So is one whose scores are 0 and 1, where another file
    shows that they are points on a scale.

    Args:
        session: what reading needs.
        files: which to read, with their readers.
        parts: a folder to be made for the records of each.

    Returns:
        The results in the order of the files.

    Raises:
        InputError: the only file is damaged, ungraded, or contradicts itself.
    """
    alone = len(files) == 1 or session.resolved.terms.strict
    jobs = [_Job(session, file, part, alone) for file, part in zip(files, parts, strict=True)]
    results = _read_all(session, jobs, _workers(files))
    with Regrader(session.resolved) as regrader:
        for k, scorers in _on_scales(results).items():
            results[k] = _read_as_scale(jobs[k], regrader, scorers)
    return results


def _read_all(session: Session, jobs: list[_Job], workers: int) -> list[FileResult | SetAside]:
    if workers < 2:  # noqa: PLR2004 - nobody to share with
        with Regrader(session.resolved) as regrader:
            return [_read(job, regrader) for job in jobs]
    # Readers and patterns need not be picklable: a forked process inherits them.
    context = get_context("fork")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_inherit, initargs=(jobs,)) as pool:
        return [future.result() for future in [pool.submit(_read_job, k) for k in range(len(jobs))]]


def _on_scales(results: Sequence[FileResult | SetAside]) -> dict[int, frozenset[str]]:
    """Number of a file → its scorers of 0 and 1 alone that score the same task on a scale in another file."""
    read = {k: result for k, result in enumerate(results) if isinstance(result, FileResult)}
    named = {
        k: {(task, by): binary for by, binary in result.report.scores.items() for task, _ in result.counts.epochs}
        for k, result in read.items()
    }
    scales = {key for keys in named.values() for key, binary in keys.items() if not binary}
    found = {k: frozenset(by for (_, by), binary in keys.items() if binary) for k, keys in named.items() if keys}
    return {k: scorers for k, scorers in found.items() if scorers and scales & named[k].keys()}


def _read_as_scale(job: _Job, regrader: Regrader, scorers: frozenset[str]) -> FileResult | SetAside:
    """Read a file again, whose 0 and 1 are points on a scale: by the pass mark, or as missing."""
    terms, path = job.session.resolved.terms, job.file.source.path
    unsettled = None
    if terms.pass_mark is None:
        named = ", ".join(sorted(by or "the verdict" for by in scorers))
        unsettled = UnsettledError(
            f"{path}: {named} is 0 or 1 on all rows, and a score on a scale in another file; give the mark to pass with"
            " --pass-mark X",
            scorers,
        )
        if job.alone and not terms.skip_bad:
            raise unsettled
    shutil.rmtree(job.part, ignore_errors=True)
    afresh = job.file._replace(source=terms.open(path))
    return _read_once(job._replace(file=afresh), regrader, unsettled, scorers)


def _workers(files: Sequence[InputFile]) -> int:
    size = sum(file.source.path.stat().st_size for file in files)
    if size < PARALLEL_FROM or "fork" not in get_all_start_methods():
        return 1
    return min(len(files), os.cpu_count() or 1)


def _read(job: _Job, regrader: Regrader) -> FileResult | SetAside:
    try:
        return _read_settling(job, regrader)
    except InputError as error:
        if job.alone:
            raise
        shutil.rmtree(job.part, ignore_errors=True)
        return SetAside(str(job.file.source.path), str(error))


def _read_settling(job: _Job, regrader: Regrader) -> FileResult:
    """Read a file; again, with unknown verdicts as missing, where it has any and that may be."""
    try:
        return _read_once(job, regrader, None)
    except UnsettledError as error:
        terms = job.session.resolved.terms
        if job.alone and not terms.skip_bad:
            raise
        shutil.rmtree(job.part, ignore_errors=True)
        afresh = job.file._replace(source=terms.open(job.file.source.path))
        return _read_once(job._replace(file=afresh), regrader, error)


def _read_once(
    job: _Job, regrader: Regrader, unsettled: UnsettledError | None, on_scale: frozenset[str] = frozenset()
) -> FileResult:
    regrader.begin()
    with Spool(job.part) as spool:
        return job.session.read(job.file, spool, regrader, unsettled, on_scale)


_jobs: list[_Job] = []
"""What a forked process may be asked to do."""


def _inherit(jobs: list[_Job]) -> None:
    _jobs[:] = jobs


def _read_job(k: int) -> FileResult | SetAside:
    with Regrader(_jobs[k].session.resolved) as regrader:
        return _read(_jobs[k], regrader)
