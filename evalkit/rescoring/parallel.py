"""Read several files: one after the other, or large ones side by side, each in a process of its own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path
from typing import NamedTuple

from evalkit.rescoring.counts import Spool
from evalkit.rescoring.discover import InputFile
from evalkit.rescoring.session import FileResult, Regrader, Session

PARALLEL_FROM = 20_000_000
"""Bytes of several files from which they are read side by side."""


class _Job(NamedTuple):
    session: Session
    file: InputFile
    part: Path


def read_files(session: Session, files: Sequence[InputFile], parts: Sequence[Path]) -> list[FileResult]:
    """Read files, in processes of their own where that pays.

    Args:
        session: what reading needs.
        files: which to read, with their readers.
        parts: a folder to be made for the records of each.

    Returns:
        The results in the order of the files.

    Raises:
        InputError: a file is damaged, ungraded, or contradicts itself.
    """
    jobs = [_Job(session, file, part) for file, part in zip(files, parts, strict=True)]
    workers = _workers(files)
    if workers < 2:  # noqa: PLR2004 - nobody to share with
        with Regrader(session.resolved) as regrader:
            return [_read(job, regrader) for job in jobs]
    # Readers and patterns need not be picklable: a forked process inherits them.
    context = get_context("fork")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_inherit, initargs=(jobs,)) as pool:
        return [future.result() for future in [pool.submit(_read_job, k) for k in range(len(jobs))]]


def _workers(files: Sequence[InputFile]) -> int:
    size = sum(file.source.path.stat().st_size for file in files)
    if size < PARALLEL_FROM or "fork" not in get_all_start_methods():
        return 1
    return min(len(files), os.cpu_count() or 1)


def _read(job: _Job, regrader: Regrader) -> FileResult:
    with Spool(job.part) as spool:
        return job.session.read(job.file, spool, regrader)


_jobs: list[_Job] = []
"""What a forked process may be asked to do."""


def _inherit(jobs: list[_Job]) -> None:
    _jobs[:] = jobs


def _read_job(k: int) -> FileResult:
    with Regrader(_jobs[k].session.resolved) as regrader:
        return _read(_jobs[k], regrader)
