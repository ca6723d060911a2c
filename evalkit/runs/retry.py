"""Ask again what failed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evalkit.runs.folder import DEFAULT_FOLDER, find_run
from evalkit.runs.loop import run_anywhere
from evalkit.runs.result import RunResult, read_result
from evalkit.runs.start import run_async


async def retry_async(run: str | Path, *, out: str | Path = DEFAULT_FOLDER, **settings: Any) -> RunResult:
    """Ask the failed answers of a run again inside an event loop; parameters and errors as `retry`."""
    folder = find_run(run, out)
    earlier = read_result(folder)
    if not earlier.failed:
        return earlier
    return await run_async(resume=folder, failures_only=True, **settings)


def retry(run: str | Path, *, out: str | Path = DEFAULT_FOLDER, **settings: Any) -> RunResult:
    """Ask the failed answers of a run again, and nothing else; the public `evalkit.retry`.

    A failure holds no completion, or no verdict. Refusals, answers without a claim and answers cut off at the token
    limit are answers: asking only those again would bias the score. What an interrupted run has not asked yet stays for
    `run(resume=…)`.

    Args:
        run: a run folder, or its name below `out`.
        out: where the run is looked for by name.
        settings: how the model is reached and what may be spent, and others that a resumed run takes: see `run`.

    Returns:
        The run; as it was where nothing had failed.

    Raises:
        EvalkitError: as `run`.
    """
    return run_anywhere(lambda: retry_async(run, out=out, **settings))
