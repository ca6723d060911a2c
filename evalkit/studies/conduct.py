"""Make a study's runs: side by side where they share nothing, and only what an earlier call has not made."""

from __future__ import annotations

import asyncio
import functools
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalkit.errors import BudgetSpentError, EvalkitError, InputError, RunInterruptedError
from evalkit.files import is_file
from evalkit.money.budget import Budget
from evalkit.money.spending import Spending
from evalkit.runs.accounts import read_spending
from evalkit.runs.cache import Mode as CacheMode
from evalkit.runs.config import RunConfig
from evalkit.runs.folder import RUN, STUDY, runs_below
from evalkit.runs.manifest import Manifest, read_manifest
from evalkit.runs.result import RunResult, read_result
from evalkit.runs.session import Notify, Watch, sigterm_cancels
from evalkit.runs.start import GROWING, RESUMABLE, run_async
from evalkit.studies.matrix import PlannedRun, make_matrix
from evalkit.studies.study_file import Study, make_study


@dataclass(kw_only=True)
class StudyResult:
    """What became of a study's runs."""

    folder: Path
    """Holds a folder for each run."""
    study: Study
    runs: list[RunResult] = field(default_factory=list)
    """Those that finished, in the order of the study."""
    problems: dict[str, str] = field(default_factory=dict)
    """Run → why it did not finish."""
    stopped: str = ""
    """Why the budget stopped it; "" if it did not."""

    @property
    def reused(self) -> int:
        """Completions that the response cache gave."""
        return sum(result.manifest.reused for result in self.runs)

    @property
    def failed(self) -> int:
        """Answers without a completion or verdict."""
        return sum(result.failed for result in self.runs)

    @property
    def spending(self) -> Spending:
        """Tokens and dollars of all runs, unfinished ones included."""
        total = Spending()
        for run in runs_below(self.folder):
            total.add_all(read_manifest(run, scorecards=False).spending)
        return total


async def conduct(
    study: Study,
    folder: Path,
    *,
    cache: CacheMode = "on",
    watch: Watch = lambda _: None,
    notify: Notify = lambda _: None,
) -> StudyResult:
    """Make the runs of a study that are not made yet.

    A finished run with the same settings stays as it is; one with fewer targets, samples or epochs is extended; an
    unfinished one is resumed. A run that other settings made keeps its folder, and the new one gets another.

    Args:
        study: what is asked of which models.
        folder: where its runs are, and are made.
        cache: as for `run`; the cache is that of the folder above.
        watch: receives the counts of each run as it starts.
        notify: receives messages for the user.

    Raises:
        InputError: the study is invalid, or the folder cannot be written.
        EvalkitError: no run could be made; of the first.
        RunInterruptedError: Ctrl-C or SIGTERM.
    """
    planned = make_matrix(study)
    _keep(study, folder)
    lanes: dict[str, list[PlannedRun]] = {}
    for one in planned:
        lanes.setdefault(one.lane, []).append(one)
    made: dict[str, RunResult | EvalkitError] = {}
    budget = _budget(study, folder)
    shared = functools.partial(_make, folder=folder, cache=cache, budget=budget, watch=watch)

    async def work(lane: list[PlannedRun]) -> None:
        for one in lane:
            if budget is not None and budget.is_spent:
                made[one.name] = BudgetSpentError("the budget is spent")
                continue
            try:
                made[one.name] = await shared(one, notify=notify)
            except RunInterruptedError:
                raise asyncio.CancelledError from None
            except EvalkitError as error:
                made[one.name] = error
                if not isinstance(error, BudgetSpentError):
                    notify(f"{one.name}: {error}")

    with sigterm_cancels():
        try:
            async with asyncio.TaskGroup() as group:
                for lane in lanes.values():
                    group.create_task(work(lane))
        except asyncio.CancelledError:
            raise RunInterruptedError("interrupted; all answers so far are kept", run=str(folder)) from None
    results = [(one.name, made[one.name]) for one in planned]
    problems = {name: str(result) for name, result in results if isinstance(result, EvalkitError)}
    runs = [result for _, result in results if isinstance(result, RunResult)]
    stopped = budget.state if budget is not None and budget.is_spent else ""
    if not runs and not stopped:
        raise next(result for _, result in results if isinstance(result, EvalkitError))
    return StudyResult(folder=folder, study=study, runs=runs, problems=problems, stopped=stopped)


def _budget(study: Study, folder: Path) -> Budget | None:
    """The budget that a study's runs share, less what the folder's runs have spent."""
    limits = study.budget
    if limits.max_cost is None and limits.max_tokens_total is None:
        return None
    budget = Budget(limits.max_cost, limits.max_tokens_total)
    for run in runs_below(folder):
        budget.add(read_spending(run))
    return budget


def find_study(path: Path) -> Study | None:
    """Read back the study that a folder holds; None where it is none.

    Raises:
        InputError: its file cannot be read.
    """
    file = path / STUDY
    if not is_file(file):
        return None
    try:
        return make_study(json.loads(file.read_text(encoding="utf-8")), str(file))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{file} cannot be read ({error})") from error


async def _make(
    one: PlannedRun, *, folder: Path, cache: CacheMode, budget: Budget | None, watch: Watch, notify: Notify
) -> RunResult:
    """Take over, extend, resume or make one run."""

    def speak(text: str) -> None:
        notify(f"{one.name}: {text}")

    shared: dict[str, Any] = {"cache": cache, "cache_folder": folder.parent, "budget": budget, "watch": watch}
    go = functools.partial(run_async, out=folder, notify=speak, **shared)
    for path in _folders(folder, one.name):
        if not is_file(path / RUN):
            settings = {key: value for key, value in one.config if value != RunConfig.model_fields[key].get_default()}
            return await go(name=path.name, label=one.label, **settings)
        earlier = read_manifest(path, scorecards=False)
        if earlier.config is None or not _is_the_same(earlier.config, one.config):
            continue
        reach: dict[str, Any] = {key: value for key in RESUMABLE if (value := getattr(one.config, key)) is not None}
        if more := _more(earlier.config, one.config):
            return await go(extend=path, **reach, **more)
        if _is_finished(earlier, path):
            return read_result(path)
        return await go(resume=path, **reach)
    raise InputError(f"{folder} holds too many runs called {one.name}")


def _folders(folder: Path, name: str) -> Iterator[Path]:
    yield folder / name
    yield from (folder / f"{name}-{k}" for k in range(2, 10_000))


def _is_the_same(earlier: RunConfig, wanted: RunConfig) -> bool:
    """Whether both ask the same; one may ask more of it."""
    apart = {*GROWING, *RESUMABLE}
    return earlier.model_dump(exclude=apart) == wanted.model_dump(exclude=apart)


def _more(earlier: RunConfig, wanted: RunConfig) -> dict[str, Any]:
    """By what the wanted run is larger than the earlier one."""
    more: dict[str, Any] = {}
    if set(wanted.thresholds) - set(earlier.thresholds):
        more["thresholds"] = wanted.thresholds
    had, limit = earlier.limit or ALL_SAMPLES, wanted.limit or ALL_SAMPLES
    if limit > had:
        more["limit"] = limit
    if wanted.epochs > earlier.epochs:
        more["epochs"] = wanted.epochs
    return more


ALL_SAMPLES = 10**9
"""A limit that no task reaches."""


def _is_finished(manifest: Manifest, folder: Path) -> bool:
    return manifest.status == "finished" and not read_result(folder).failed


def _keep(study: Study, folder: Path) -> None:
    """Write the study into its folder, so that the folder's name is enough to go on."""
    path = folder / STUDY
    content = json.dumps(study.model_dump(mode="json"), ensure_ascii=False, indent=1)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f".{STUDY}.{os.getpid()}"
        temporary.write_text(content + "\n", encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"{folder} cannot be written ({error.strerror})") from error
