"""Batches without a provider: a run's requests as a file of lines for another program, and its output as records.

`vllm run-batch` reads and writes such files as they are; Ray Data maps them.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from evalkit.errors import InputError
from evalkit.models.batches import BatchLimits, batch_lines
from evalkit.runs.batch import Batching, missing_lines, requests
from evalkit.runs.batch_folder import NAME, BatchFolder
from evalkit.runs.batch_replies import Replies
from evalkit.runs.cache import Cache
from evalkit.runs.folder import DEFAULT_FOLDER, find_run
from evalkit.runs.journal import Journal
from evalkit.runs.loop import run_anywhere
from evalkit.runs.planner import TaskLike
from evalkit.runs.result import RunResult
from evalkit.runs.session import Earlier, Work
from evalkit.runs.start import run_async
from evalkit.runs.tally import Tally

ANY = 1 << 62
"""A limit that no file reaches."""


class Writing(Batching):
    """A session that writes its requests, and ends there."""

    async def _answer(self, work: Work, book: Journal, tally: Tally, earlier: Earlier, cache: Cache) -> None:
        del book
        folder = BatchFolder(work.folder)
        folder.state.by_hand = True
        wanted = requests(work, tally, earlier)
        lines = batch_lines(self._opened)
        folder.put(missing_lines(folder, lines, wanted, cache), BatchLimits(self._config.batch_size or ANY, ANY))

    def _finish(self, work: Work) -> RunResult:
        manifest = work.write("interrupted")
        return RunResult(folder=work.folder, manifest=manifest, scorecards=manifest.scorecards)


class Reading(Batching):
    """A session whose answers stand in files."""

    outputs: Sequence[Path] = ()
    skip_foreign = False

    async def _answer(self, work: Work, book: Journal, tally: Tally, earlier: Earlier, cache: Cache) -> None:
        folder = BatchFolder(work.folder)
        everything = Earlier({}, {})
        with closing(Replies(batch_lines(self._opened), folder.state.salt)) as replies:
            planned = {replies.digest(request) for _, request in requests(work, work.plan.new_tally(), everything)}
            for path in self.outputs:
                replies.read(path, path.name, planned)
            self._check_foreign(replies.foreign)
            await self._grade_all(work, book, tally, earlier, cache, replies)

    def _check_foreign(self, foreign: Sequence[str]) -> None:
        if not foreign:
            return
        more = f" (and {len(foreign) - 1:,} more lines)" if len(foreign) > 1 else ""
        what = f"{foreign[0]} is no request of this run{more}"
        if not self.skip_foreign:
            raise InputError(
                f"{what}; read the output of this run's own lines, or leave out such lines: --skip-foreign"
            )
        self._notify(f"{what}; left out")


def write_batch(tasks: TaskLike | Sequence[TaskLike] | None = None, **settings: Any) -> list[Path]:
    """Write the requests of a run as lines of a batch, for another program; the public `evalkit.write_batch`.

    Args:
        tasks: as for `evalkit.run`.
        settings: as for `evalkit.run`.

    Returns:
        The files of lines, in the folder `batch` of a new run: one, or several by `batch_size`.

    Raises:
        EvalkitError: as `evalkit.run`.
    """
    return run_anywhere(lambda: write_batch_async(tasks, **settings))


async def write_batch_async(tasks: TaskLike | Sequence[TaskLike] | None = None, **settings: Any) -> list[Path]:
    """Write the requests of a run inside an event loop; parameters and errors as `write_batch`."""
    result = await run_async(tasks, session_class=Writing, **settings, batch=True)
    folder = BatchFolder(result.folder)
    return [folder.lines(part) for part in folder.parts]


def read_batch(run: str | Path, outputs: str | Path | Sequence[str | Path], **options: Any) -> RunResult:
    """Turn a batch's output into the records of its run; the public `evalkit.read_batch`.

    Args:
        run: the run whose requests were written, or its name below `out`.
        outputs: one file of output lines, or several; of two answers to a request the later counts.
        options: as for `read_batch_async`.

    Raises:
        EvalkitError: as `read_batch_async`.
    """
    return run_anywhere(lambda: read_batch_async(run, outputs, **options))


async def read_batch_async(
    run: str | Path, outputs: str | Path | Sequence[str | Path], *, skip_foreign: bool = False, **options: Any
) -> RunResult:
    """Turn a batch's output into the records of its run, inside an event loop.

    Args:
        run: the run whose requests were written, or its name below `out`.
        outputs: one file of output lines, or several.
        skip_foreign: leave out lines that are no requests of this run.
        options: `out`, `trust`, `cache`, `watch` and `notify`, as for `evalkit.run`.

    Returns:
        The run. A request without a line is a failure, which a later call may still find.

    Raises:
        InputError: a file cannot be read; a line is no line of output, or no request of this run; or the run has no
            written requests.
    """
    files = [outputs] if isinstance(outputs, (str, Path)) else list(outputs)
    paths = [Path(file) for file in files]
    for path in paths:
        if not path.is_file():
            raise InputError(f"{path} is not a file; name the output of the batch")
    if not (find_run(run, options.get("out", DEFAULT_FOLDER)) / NAME).is_dir():
        raise InputError(f"{run} has no written requests; write them with: evalkit batch write")
    make = functools.partial(_reading, paths, skip_foreign)
    return await run_async(resume=run, session_class=make, **options)


def _reading(outputs: Sequence[Path], skip_foreign: bool, *plan: Any, **settings: Any) -> Reading:
    session = Reading(*plan, **settings)
    session.outputs, session.skip_foreign = outputs, skip_foreign
    return session
