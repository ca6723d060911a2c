"""A run: settings to a folder with its records, run.json and scorecards; resumed, read and loaded again."""

from __future__ import annotations

import asyncio
import inspect
import re
import shutil
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from evalkit import plugins
from evalkit.errors import EvalkitError, InputError, RunInterruptedError, UsageError
from evalkit.files import is_file
from evalkit.grading import grade
from evalkit.models import Model, Options, open_model, pool
from evalkit.records import SCHEMA_VERSION, Completion, Record, RecordKey, Task
from evalkit.runs import journal, pipeline, selective
from evalkit.runs.config import RunConfig, make_config
from evalkit.runs.environment import describe_environment
from evalkit.runs.scorecard import CardBuilder, CardHead, Scorecard

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_FOLDER = "results"


@dataclass(frozen=True)
class RunResult:
    """What a run left behind."""

    folder: Path
    config: RunConfig
    scorecards: list[Scorecard]
    status: str
    """finished, running (or killed), interrupted, failed."""
    seconds: float | None = None
    """How long the last session took."""
    last_failure: str = ""
    resumed: bool = False
    """Whether an earlier session recorded a part of it."""
    strays: int = 0
    """Records whose sample the task no longer asks; they are counted all the same."""

    @property
    def name(self) -> str:
        """Name of the run folder."""
        return self.folder.name

    @property
    def failed(self) -> int:
        """Samples without completion or verdict."""
        return sum(card.failed for card in self.scorecards)

    @property
    def records(self) -> pd.DataFrame:
        """One row a record."""
        from evalkit.runs.dataframe import records_frame

        return records_frame(journal.read_records(self.folder))


Watch = Callable[[pipeline.Tally], None]
"""Told of a run's tally when it starts; reads it as it likes."""


def run(config: RunConfig | None = None, /, **settings: Any) -> RunResult:
    """Run tasks on a model and score them; the public `evalkit.run`.

    Args:
        config: all settings at once, or
        settings: those of `RunConfig` (tasks, model, thresholds, limit, epochs, …) and of `run_async`.

    Raises:
        UsageError: a setting means nothing, or this is called inside an event loop (use `run_async`).
        InputError: a file is not what it should be.
        ModelUnavailableError: the model is not to be had, and nothing is recorded yet.
        RunInterruptedError: Ctrl-C or SIGTERM.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        raise UsageError("inside an event loop (a notebook): await evalkit.run_async(…)")
    try:
        return asyncio.run(run_async(config, **settings))
    except (KeyboardInterrupt, asyncio.CancelledError) as error:
        # Raised before the run had a folder; afterwards run_async names it.
        raise RunInterruptedError("interrupted before the run began; nothing is lost", run="") from error


async def run_async(
    config: RunConfig | None = None,
    /,
    *,
    out: str | Path = DEFAULT_FOLDER,
    resume: str | Path | None = None,
    watch: Watch = lambda _: None,
    notify: Callable[[str], None] = lambda _: None,
    **settings: Any,
) -> RunResult:
    """`run` inside an event loop.

    Args:
        config: all settings at once, or settings by name.
        out: folder below which the run folder is made.
        resume: a run folder to go on with; its own settings hold then.
        watch: told of the running counts, for a progress display.
        notify: told what takes long before the first answer.
        settings: those of `RunConfig`.

    Raises:
        As `run`.
    """
    folder = find_run(resume, out) if resume is not None else None
    if folder is not None:
        if config is not None or settings:
            raise UsageError("a resumed run keeps its own settings; give none beside resume")
        config = read_config(folder)
    config = config or make_config(**settings)
    return await _Session(config, Path(out), folder, watch, notify).go()


def make_plan(config: RunConfig, name: str = "") -> pipeline.Plan:
    """Resolve names to tasks and graders, parameters checked.

    Raises:
        UsageError: an unknown name or a parameter that will not do.
    """
    functions = {name: plugins.find("tasks", name) for name in config.tasks}
    defaults = {"seed": config.seed, **({"data": config.data} if config.data else {})}
    if config.data and not any("data" in inspect.signature(function).parameters for function in functions.values()):
        raise UsageError(f"--data: {', '.join(functions)} reads no files")
    tasks: dict[str, Task] = {}
    for wanted, parameters in plugins.share_parameters(functions, config.task_parameters).items():
        task = plugins.make_task(wanted, parameters, defaults)
        if task.name in tasks:
            raise UsageError(f"--task {wanted}: another task of this run is also called {task.name}")
        tasks[task.name] = task
    graders = {name: plugins.find_grader(task.grader) for name, task in tasks.items()}
    shares = plugins.share_parameters(graders, config.grader_parameters, skip=2)
    planned = [
        pipeline.PlannedTask(task, *plugins.make_grader(graders[name], shares[name])) for name, task in tasks.items()
    ]
    return pipeline.Plan(
        run=name,
        model=config.full_model,
        tasks=planned,
        thresholds=config.thresholds,
        limit=config.limit,
        epochs=config.epochs,
        seed=config.seed,
        temperature=config.sampling_temperature,
        max_tokens=config.max_tokens,
        system=config.system,
        confidence=config.confidence,
        count_as=grade.parse_count_as(config.count_as),
    )


def find_run(run: str | Path, out: str | Path = DEFAULT_FOLDER) -> Path:
    """A run's folder, from its path or from its name below `out`.

    Raises:
        InputError: there is no such run; the text names the newest ones.
    """
    for candidate in (Path(run), Path(out) / run):
        if is_file(candidate / journal.RUN):
            return candidate
    known = sorted((path.parent.name for path in Path(out).glob(f"*/{journal.RUN}")), reverse=True)[:3]
    hint = f"the newest below {out}: {', '.join(known)}" if known else f"there is none below {out}"
    raise InputError(f"no run {str(run)!r} ({hint})")


def read_config(folder: Path) -> RunConfig:
    """Settings of a run.

    Raises:
        InputError: run.json is missing or does not hold them.
    """
    content = journal.read_run(folder)
    try:
        return RunConfig.model_validate(content.get("config"))
    except ValidationError as error:
        raise InputError(
            f"{folder / journal.RUN} holds no settings that this version reads; start a new run"
        ) from error


def read_result(folder: Path) -> RunResult:
    """A run as it stands on disk; its cards are counted afresh from its records where it did not finish.

    Raises:
        InputError: the folder is no run, or a record cannot be read.
    """
    content = journal.read_run(folder)
    config = read_config(folder)
    status = str(content.get("status", "running"))
    if status == "finished":
        try:
            cards = [Scorecard.model_validate(card) for card in content["scorecards"]]
            seconds = None if content.get("seconds") is None else float(content["seconds"])
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            remedy = f"count again: evalkit run --resume {folder}"
            raise InputError(f"{folder / journal.RUN} holds no scorecards that this version reads; {remedy}") from error
        return RunResult(folder, config, cards, status, seconds)
    tally = pipeline.Tally()
    done = _recount(tally, folder, config)
    for failure in {f.key: f for f in journal.read_failures(folder) if f.key not in done}.values():
        tally.count_failure(failure)
    return RunResult(folder, config, _cards(tally, folder, config), status, last_failure=tally.last_failure)


class _Session:
    """One process working on one run."""

    def __init__(
        self, config: RunConfig, out: Path, folder: Path | None, watch: Watch, notify: Callable[[str], None]
    ) -> None:
        self.config = config
        self.started = datetime.now().astimezone()
        self.resumed = folder is not None
        self.plan = make_plan(config, folder.name if folder else "")
        self.out = out
        self.folder = folder
        self.tally = pipeline.new_tally(self.plan)
        self.watch = watch
        self.notify = notify
        self.model_info: dict[str, Any] = {}
        self.earlier = journal.read_run(folder) if folder else {}
        self.begun = False

    async def go(self) -> RunResult:
        options = Options(
            base_url=self.config.base_url,
            max_connections=self.config.max_connections,
            adaptive=self.config.adaptive,
            timeout=self.config.timeout,
            extra=self.config.model_parameters,
            notify=self.notify,
        )
        with _sigterm_cancels():
            async with _closing_judges(), open_model(self.config.model, options) as model:
                self.model_info = model.info
                self._open_folder()
                assert self.folder is not None
                try:
                    await self._execute(model)
                except asyncio.CancelledError:
                    if not self.begun:
                        self._leave()
                        raise RunInterruptedError("interrupted before the first question", run="") from None
                    self._write("interrupted")
                    raise RunInterruptedError(
                        f"interrupted; {self.tally.recorded} answers are kept", run=str(self.folder)
                    ) from None
                except EvalkitError:
                    self._leave()
                    raise
        return self._finish()

    async def _execute(self, model: Model) -> None:
        assert self.folder is not None
        with journal.Journal(self.folder) as book:
            done, answered = self._take_up()
            self.begun = True
            for planned in self.plan.tasks:
                for note in planned.task.notes:
                    self.notify(f"{planned.task.name}: {note}")
            self._write("running")
            self.watch(self.tally)
            await pipeline.execute(self.plan, model, book, self.tally, done, answered)

    def _open_folder(self) -> None:
        if self.folder is None:
            self.folder = new_folder(self.out, self.started, [p.task.name for p in self.plan.tasks])
            self.plan = replace(self.plan, run=self.folder.name)

    def _take_up(self) -> tuple[dict[RecordKey, int], dict[RecordKey, Completion]]:
        """What an earlier session left: recorded keys, and completions that only lack a verdict."""
        if not self.resumed:
            return {}, {}
        assert self.folder is not None
        done = _recount(self.tally, self.folder, self.config)
        self.tally.resumed = self.tally.recorded
        waiting = {
            failure.key: failure.completion
            for failure in journal.read_failures(self.folder)
            if failure.completion is not None and failure.key not in done
        }
        return done, waiting

    def _leave(self) -> None:
        """After an error: what is recorded stays; a new folder without a record is no run, and is taken away."""
        assert self.folder is not None
        if self.tally.recorded and self.begun:
            with suppress(InputError):  # the disk may be full, and why we leave is the better message
                self._write("failed")
        elif not self.resumed:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _finish(self) -> RunResult:
        assert self.folder is not None
        # How long the whole took is known only where one session did it.
        seconds = None if self.resumed else (datetime.now().astimezone() - self.started).total_seconds()
        cards = self._write("finished", seconds)
        tally = self.tally
        return RunResult(
            self.folder, self.config, cards, "finished", seconds, tally.last_failure, self.resumed, tally.strays
        )

    def _write(self, status: str, seconds: float | None = None) -> list[Scorecard]:
        """Write run.json with the cards as they stand; the cards."""
        assert self.folder is not None
        earlier = self.earlier
        cards = _cards(self.tally, self.folder, self.config)
        if status == "finished":
            cards += _simulated(self.folder, self.config)
        content = {
            "schema_version": SCHEMA_VERSION,
            "run": self.folder.name,
            "status": status,
            "created": earlier.get("created") or self.started.isoformat(timespec="seconds"),
            "updated": datetime.now().astimezone().isoformat(timespec="seconds"),
            "seconds": seconds,
            "config": self.config.model_dump(mode="json"),
            "model": self.model_info,
            "datasets": {
                planned.task.name: {
                    "fingerprint": self.tally.fingerprints.get(planned.task.name),
                    **planned.task.revision,
                }
                for planned in self.plan.tasks
            },
            "environment": earlier.get("environment") or describe_environment(),
            "scorecards": [card.model_dump(mode="json") for card in cards],
        }
        journal.write_run(self.folder, content)
        return cards


def _recount(tally: pipeline.Tally, folder: Path, config: RunConfig) -> dict[RecordKey, int]:
    """Add a folder's records to a tally; their keys, with what was asked."""
    seen: dict[RecordKey, int] = {}
    for record in journal.read_records(folder):
        if record.key in seen:
            raise InputError(
                f"{folder / journal.RECORDS}: sample {record.sample_id!r} (epoch {record.epoch}) is there twice;"
                " delete one of the lines"
            )
        seen[record.key] = pipeline.asked(record.target, record.messages)
        key = pipeline.CardKey(record.task, record.prompt_threshold)
        tally.cards.setdefault(key, CardBuilder(by_item=config.epochs > 1))
        tally.count(record)
    return seen


def _cards(tally: pipeline.Tally, folder: Path, config: RunConfig) -> list[Scorecard]:
    stated = [t for t in config.thresholds if t is not None]
    return [
        builder.build(
            CardHead(
                task=key.task,
                model=config.full_model,
                prompt_threshold=key.prompt_threshold,
                run=str(folder),
                failed=tally.failures.get(key, 0),
                count_as=config.count_as,
            ),
            stated,
        )
        for key, builder in tally.cards.items()
    ]


def _simulated(folder: Path, config: RunConfig) -> list[Scorecard]:
    """What the run's policy makes of the answers that were told nothing, a card a task."""
    if config.policy is None:
        return []
    told_nothing: dict[str, list[Record]] = {}
    for record in journal.read_records(folder):
        if record.prompt_threshold is None:
            # Only the grade matters here; texts and log-probabilities would fill the memory.
            bare = record.model_copy(update={"completion": Completion(text=""), "messages": []})
            told_nothing.setdefault(record.task, []).append(bare)
    stated = [t for t in config.thresholds if t is not None]
    return [
        selective.simulated_card(
            records, config.policy, CardHead(task=task, model=config.full_model, run=str(folder)), stated
        )
        for task, records in told_nothing.items()
    ]


def new_folder(out: Path, started: datetime, tasks: Iterable[str]) -> Path:
    """Make a run folder named after the time and the tasks.

    Raises:
        UsageError: no folder can be made there.
    """
    names = [re.sub(r"[^\w-]+", "-", name).strip("-") or "task" for name in tasks]
    label = names[0] if len(names) == 1 else f"{names[0]}-and-{len(names) - 1}-more"
    stem = f"{started:%Y%m%d-%H%M}-{label}"
    for suffix in ("", *(f"-{k}" for k in range(2, 10_000))):
        folder = out / f"{stem}{suffix}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError as error:
            if not folder.is_dir():
                raise UsageError(f"--out {out}: no folder can be made there ({error.strerror})") from error
            continue
        except OSError as error:
            raise UsageError(f"--out {out}: no folder can be made there ({error.strerror})") from error
        return folder
    raise UsageError(f"--out {out}: too many runs named {stem}")


@asynccontextmanager
async def _closing_judges() -> AsyncIterator[None]:
    """Close the models that graders asked, however the run ends."""
    try:
        yield
    finally:
        await pool.close()


@contextmanager
def _sigterm_cancels() -> Iterator[None]:
    """SIGTERM ends a run as Ctrl-C does."""
    task = asyncio.current_task()
    if task is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
