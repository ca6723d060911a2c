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
    are of unknown meaning is then read with these as missing.

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


def _read(job: _Job, regrader: Regrader) -> FileResult | SetAside:
    try:
        return _read_settling(job, regrader)
    except InputError as error:
        if job.alone:
            raise
        shutil.rmtree(job.part, ignore_errors=True)
        return SetAside(job.file.source.path, str(error))


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


def _read_once(job: _Job, regrader: Regrader, unsettled: UnsettledError | None) -> FileResult:
    regrader.begin()
    with Spool(job.part) as spool:
        return job.session.read(job.file, spool, regrader, unsettled)


_jobs: list[_Job] = []
"""What a forked process may be asked to do."""


def _inherit(jobs: list[_Job]) -> None:
    _jobs[:] = jobs


def _read_job(k: int) -> FileResult | SetAside:
    with Regrader(_jobs[k].session.resolved) as regrader:
        return _read(_jobs[k], regrader)
