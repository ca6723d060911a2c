"""Start or resume a run: turn settings into a folder with records, run.json and scorecards."""

from __future__ import annotations

import asyncio
import shutil
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from evalkit.dataset.fingerprint import data_fingerprint
from evalkit.errors import EvalkitError, InputError, ModelStoppedError, RunInterruptedError, SettingError, UsageError
from evalkit.grading.confidence import Source
from evalkit.grading.judge import new_salt, try_judges
from evalkit.models import Model, ModelOptions, open_model, pool
from evalkit.models.roles import only_reach, read_roles
from evalkit.records import RecordKey, Task
from evalkit.runs import journal, pipeline
from evalkit.runs.cache import FILE as CACHE
from evalkit.runs.cache import Cache
from evalkit.runs.cache import Mode as CacheMode
from evalkit.runs.config import RunConfig, make_config
from evalkit.runs.counting import CardHead
from evalkit.runs.environment import describe_environment
from evalkit.runs.folder import DEFAULT_FOLDER, find_run, new_folder
from evalkit.runs.manifest import Manifest, Status, read_manifest, write_manifest
from evalkit.runs.plan import Answered, Plan
from evalkit.runs.planner import TaskLike, make_plan, named_tasks, plain_settings
from evalkit.runs.result import RunResult, build_cards, recount
from evalkit.runs.scorecard import Scorecard
from evalkit.runs.selective import Policy, add_votes, plain_records, simulated_cards
from evalkit.runs.tally import Tally
from evalkit.runs.trust import check_origin, describe_origin, make_origin

Watch = Callable[[Tally], None]
"""Receives a run's tally when it starts, and may read it at any time."""
RESUMABLE = {"base_url", "headers", "max_connections", "adaptive", "timeout"}
"""Settings that change how a model is reached, but not what is asked: a resumed run may override them."""
Notify = Callable[[str], None]
"""Receives messages for the user: slow steps before the first answer, and warnings during the run."""


def run(
    tasks: TaskLike | Sequence[TaskLike] | None = None,
    *,
    model: str | None = None,
    thresholds: float | Sequence[float | None] | None = None,
    limit: int | None = None,
    epochs: int | None = None,
    seed: int | None = None,
    temperature: float | None = None,
    max_tokens: int | None = None,
    system: str | None = None,
    wording: str | None = None,
    base_url: str | None = None,
    headers: Mapping[str, str] | None = None,
    max_connections: int | None = None,
    adaptive: bool | None = None,
    timeout: float | None = None,
    data: str | None = None,
    task_parameters: Mapping[str, Any] | None = None,
    grader_parameters: Mapping[str, Any] | None = None,
    model_parameters: Mapping[str, Any] | None = None,
    confidence: Source | None = None,
    policy: Policy | None = None,
    count_as: Mapping[str, str] | None = None,
    metrics: Sequence[str] | None = None,
    out: str | Path = DEFAULT_FOLDER,
    resume: str | Path | None = None,
    name: str = "",
    label: str = "",
    note: str = "",
    trust: bool = False,
    regrade_all: bool = False,
    cache: CacheMode = "on",
    watch: Watch = lambda _: None,
    notify: Notify = lambda _: None,
) -> RunResult:
    """Run tasks on a model and score the answers; the public `evalkit.run`.

    Settings left at None take the defaults of `RunConfig`.

    Args:
        tasks: one task or several: names, files (`file.py::name`), functions marked with `@task`, or Task objects.
            Default: birthdays, letters and dissertations.
        model: `provider/name`. Default: the embedded model.
        thresholds: confidence targets to state in the prompt, 0 ≤ t < 1; None among them is a plain prompt, which is
            the default.
        limit: samples per task, a prefix of its order.
        epochs: how often each sample is asked, ≥ 1.
        seed: draws the samples and seeds the model.
        temperature: ≥ 0. Default: 0, or 1 with several epochs.
        max_tokens: longest answer, in tokens. Default: the provider's, which may be none.
        system: text of a system message.
        wording: how a confidence target is stated: paper, percent, points, exam, nature, or a text file.
        base_url: an OpenAI-compatible server to ask instead of the provider's; several, separated by commas, share the
            load.
        headers: extra HTTP headers; each value names an environment variable, as in {"api-key": "$AZURE_KEY"}.
        max_connections: largest number of concurrent requests.
        adaptive: whether to adapt the number of concurrent requests to the server.
        timeout: time limit for one answer, in seconds.
        data: local files to read questions from, for tasks that would otherwise download them.
        task_parameters: parameters of the tasks, such as {"n": 50}.
        grader_parameters: parameters of the graders, such as {"judge": "openai/gpt-4o"}, and settings of the judge,
            such as {"judge.base_url": "http://localhost:8000/v1", "judge.max_tokens": 8000}.
        model_parameters: parameters of the model, sent with each request.
        confidence: where a confidence in each answer comes from: none, logprob, verbal or vote.
        policy: abstention policy to apply afterwards and score beside the answers: confidence or consistency.
        count_as: changes to what a kind of non-answer counts as, such as {"empty": "error"}.
        metrics: your own metrics to compute beside the installed ones: file.py::name.
        out: folder in which to create the run folder.
        resume: a run folder to resume; it keeps its own settings. Pass tasks again if they were given as objects.
        name: the run folder's name. Default: made from the time and the tasks.
        label: the condition's name on leaderboards.
        note: free text kept in run.json.
        trust: resume a run that this machine did not start, although it uses its own code or addresses.
        regrade_all: grade every answer of a resumed run again, without asking the model.
        cache: on: take completions that runs below `out` got to the same request, and keep new ones; read or write:
            only that; off: neither.
        watch: receives the running counts, for a progress display.
        notify: receives messages for the user, such as slow steps before the first answer.

    Raises:
        SettingError: a setting is invalid.
        UsageError: a name is unknown, or this is called inside an event loop (use `run_async`).
        InputError: a file cannot be read in the expected format.
        ModelUnavailableError: the model cannot be reached, and nothing is recorded yet.
        RunInterruptedError: Ctrl-C or SIGTERM.
    """
    given = dict(locals())
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        raise UsageError("inside an event loop (a notebook): await evalkit.run_async(…)")
    try:
        return asyncio.run(run_async(**given))
    except (KeyboardInterrupt, asyncio.CancelledError) as error:
        # Raised before the run has a folder; later, run_async names the folder.
        raise RunInterruptedError("interrupted before the run began; nothing is lost", run="") from error


async def run_async(
    tasks: TaskLike | Sequence[TaskLike] | None = None,
    *,
    out: str | Path = DEFAULT_FOLDER,
    resume: str | Path | None = None,
    name: str = "",
    label: str = "",
    note: str = "",
    trust: bool = False,
    regrade_all: bool = False,
    cache: CacheMode = "on",
    watch: Watch = lambda _: None,
    notify: Notify = lambda _: None,
    **settings: Any,
) -> RunResult:
    """Run tasks on a model inside an event loop, such as a notebook's; parameters and errors as `run`."""
    names, objects = named_tasks(tasks)
    given = {key: value for key, value in settings.items() if value is not None}
    if resume is not None:
        reach: Mapping[str, str] = plain_settings(given).get("grader_parameters", {})
        if not only_reach(reach):
            raise SettingError("grader_parameters", "may only change how a judge is reached, such as judge.base_url")
        given.pop("grader_parameters", None)
        if set(given) - RESUMABLE or name or (names and len(objects) < len(names)):
            raise UsageError(f"resume= reuses the run's settings; pass none but {', '.join(sorted(RESUMABLE))}")
        folder = find_run(resume, out)
        earlier = read_manifest(folder, scorecards=False)
        if earlier.config is None or earlier.kind != "run":
            raise InputError(f"{folder} was not started by evalkit run; it cannot be resumed")
        # An address that the user passes now needs no trust; the one in the folder does.
        kept = {key: text for key, text in earlier.config.grader_parameters.items() if key not in reach}
        stored = earlier.config.model_copy(update={"grader_parameters": kept})
        if "base_url" in given:
            stored = stored.model_copy(update={"base_url": None})
        check_origin(earlier.origin, stored, trust=trust, again=regrade_all)
        if reach:
            given["grader_parameters"] = earlier.config.grader_parameters | dict(reach)
        config = RunConfig.model_validate(earlier.config.model_dump() | given)
        if used := describe_origin(make_origin(config)):
            notify(f"resuming with {used}")
        if regrade_all:
            journal.return_to_grading(folder)
        plan = make_plan(config, folder.name, objects)
        return await _Session(plan, config, watch, notify, earlier=earlier, cache=cache).run(lambda: folder)
    if regrade_all:
        raise SettingError("regrade_all", "needs {resume}")
    if names:
        given["tasks"] = names
    config = make_config(**plain_settings(given))
    started = datetime.now().astimezone()
    plan = make_plan(config, objects=objects)
    labels = [planned.task.name for planned in plan.tasks]
    session = _Session(plan, config, watch, notify, label=label, note=note, started=started, cache=cache)
    return await session.run(lambda: new_folder(Path(out), started, labels, name))


class _Session:
    """One process working on one run. The folder is created only after the model has been opened."""

    def __init__(
        self,
        plan: Plan,
        config: RunConfig,
        watch: Watch,
        notify: Notify,
        *,
        earlier: Manifest | None = None,
        label: str = "",
        note: str = "",
        started: datetime | None = None,
        cache: CacheMode = "on",
    ) -> None:
        self._plan = plan
        self._config = config
        self._watch = watch
        self._notify = notify
        self._earlier = earlier
        self._label = earlier.label if earlier else label
        self._note = earlier.note if earlier else note
        self._cache = cache
        self._started = started or datetime.now().astimezone()

    async def run(self, make_folder: Callable[[], Path]) -> RunResult:
        """Open the model, create or reopen the folder, and work until everything is answered."""
        options = ModelOptions(
            base_url=self._config.base_url,
            headers=self._config.headers,
            max_connections=self._config.max_connections,
            adaptive=self._config.adaptive,
            timeout=self._config.timeout,
            extra=self._config.model_parameters,
            notify=self._notify,
        )
        new_salt()
        with _sigterm_cancels():
            async with _closing_judges(), open_model(self._config.model, options) as model:
                await self._try_judges()
                folder = make_folder()
                data = {planned.task.name: data_fingerprint(planned.task) for planned in self._plan.tasks}
                plan = replace(self._plan, run=folder.name)
                work = _Work(folder, plan, self._first_manifest(folder, model), model, data, pool.describe())
                await self._work(work)
        return self._finish(work)

    async def _try_judges(self) -> None:
        """Open the models that graders ask, and try the judges before the first question is paid for."""
        roles = read_roles(self._config.grader_parameters)
        pool.prepare(roles.values(), self._notify)
        if judge := roles.get("judge"):
            self._notify("trying the judge")
            await try_judges(judge)

    async def _work(self, work: _Work) -> None:
        try:
            with journal.Journal(work.folder) as book:
                tally, done, answered = self._take_up(work)
                work.tally = tally
                for planned in self._plan.tasks:
                    for remark in planned.task.notes:
                        self._notify(f"{planned.task.name}: {remark}")
                work.write("running")
                self._watch(tally)
                tally.notify = self._notify
                with self._open_cache(work) as cache:
                    await pipeline.execute(work.plan, work.model, book, tally, done, answered, cache)
        except asyncio.CancelledError:
            if work.tally is None:
                self._leave(work)
                raise RunInterruptedError("interrupted before the first question", run="") from None
            work.write("interrupted")
            kept = f"interrupted; {work.tally.recorded} answers are kept"
            raise RunInterruptedError(kept, run=str(work.folder)) from None
        except ModelStoppedError as error:
            self._leave(work)
            if work.folder.exists():
                error.args = (f"{error}; resume with: evalkit run --resume {work.folder}",)
            raise
        except EvalkitError:
            self._leave(work)
            raise

    def _open_cache(self, work: _Work) -> Cache:
        """Open the response cache of the results folder; baselines answer faster than it."""
        path = None if work.plan.model.startswith("baseline/") else work.folder.parent / CACHE
        identity = {**self._config.asked_of, "sha256": work.model.info.get("sha256"), "code": self._code_of_model()}
        return Cache(path, self._cache, identity, self._notify)

    def _code_of_model(self) -> dict[str, str]:
        """The checksum of the file that a provider of one's own stands in."""
        return make_origin(self._config.model_copy(update={"tasks": [], "metrics": []})).files

    def _take_up(self, work: _Work) -> tuple[Tally, dict[RecordKey, bytes], dict[RecordKey, Answered]]:
        """Load an earlier session's counts, recorded keys, and completions that only lack a verdict."""
        tally = work.plan.new_tally()
        if self._earlier is None:
            return tally, {}, {}
        _, done = recount(work.folder, tally, by_item=self._config.epochs > 1)
        tally.resumed = tally.recorded
        tally.failures.clear()  # failed answers are retried
        answered = {
            failure.key: Answered(failure.completion, failure.prompt)
            for failure in journal.read_failures(work.folder)
            if failure.completion is not None and failure.key not in done
        }
        return tally, done, answered

    def _leave(self, work: _Work) -> None:
        """Clean up after an error: keep what is recorded, but delete a new folder without records."""
        if work.tally is not None and work.tally.recorded:
            with suppress(InputError):  # the disk may be full; the original error is the better message
                work.write("failed")
        elif self._earlier is None:
            shutil.rmtree(work.folder, ignore_errors=True)

    def _finish(self, work: _Work) -> RunResult:
        assert work.tally is not None
        if self._config.confidence == "vote":
            work.tally = add_votes(work.folder, work.plan.new_tally())
        seconds = (datetime.now().astimezone() - self._started).total_seconds() if self._earlier is None else None
        manifest = work.write("finished", seconds)
        tally = work.tally
        return RunResult(
            folder=work.folder,
            manifest=manifest,
            scorecards=manifest.scorecards,
            last_failure=tally.last_failure,
            resumed=self._earlier is not None,
            strays=tally.strays,
            outcomes=tally.outcomes,
            votes=tally.votes,
        )

    def _grader_files(self) -> list[str]:
        return [grader for planned in self._plan.tasks if isinstance(grader := planned.task.grader, str)]

    def _first_manifest(self, folder: Path, model: Model) -> Manifest:
        created = self._started.isoformat(timespec="seconds")
        return Manifest(
            run=folder.name,
            label=self._label,
            note=self._note,
            created=self._earlier.created or created if self._earlier else created,
            config=self._config,
            model=model.info,
            graders={planned.task.name: planned.grader for planned in self._plan.tasks},
            origin=make_origin(self._config, self._grader_files()),
            environment=(self._earlier.environment if self._earlier else {}) or describe_environment(),
        )


@dataclass
class _Work:
    """A run under way in its folder."""

    folder: Path
    plan: Plan
    manifest: Manifest
    model: Model
    data: dict[str, str | None]
    """Task → fingerprint of its entire data."""
    judges: dict[str, dict[str, Any]]
    """Model that a grader asks → its description."""
    tally: Tally | None = None
    """None until the journal is open."""

    def write(self, status: Status, seconds: float | None = None) -> Manifest:
        """Write run.json with the current cards."""
        datasets = {planned.task.name: self._dataset(planned.task) for planned in self.plan.tasks}
        update = {
            "status": status,
            "updated": datetime.now().astimezone().isoformat(timespec="seconds"),
            "seconds": seconds,
            "reused": self.tally.reused if self.tally else 0,
            "model": self.model.info,
            "judges": self.judges | pool.describe(),
            "datasets": datasets,
        }
        manifest = self.manifest.model_copy(update=update)
        own = manifest.config.metrics if manifest.config else ()
        cards = build_cards(self.tally, self.folder, manifest, metrics=own) if self.tally else []
        if status == "finished":
            cards += _simulated(manifest, cards, self.folder)
        manifest = manifest.model_copy(update={"scorecards": cards})
        write_manifest(self.folder, manifest)
        return manifest

    def _dataset(self, task: Task) -> dict[str, Any]:
        digest = self.tally.fingerprints.get(task.name) if self.tally else None
        return {"data": self.data[task.name], "fingerprint": digest, **task.revision}


def _simulated(manifest: Manifest, cards: list[Scorecard], folder: Path) -> list[Scorecard]:
    """Apply the run's policy to the answers to plain prompts: one card per task and threshold."""
    config = manifest.config
    if config is None or config.policy is None:
        return []
    voted = config.confidence == "vote"
    plain = {card.task: card for card in cards if card.prompt_threshold is None}
    simulated: list[Scorecard] = []
    for task, records in plain_records(folder).items():
        card = plain[task]
        head = CardHead(
            task=task,
            model=card.model,
            run=card.run,
            count_as=card.count_as,
            condition=card.condition,
            metrics=config.metrics,
        )
        simulated += simulated_cards(records, config.policy, head, manifest.stated_thresholds, voted=voted)
    return simulated


@asynccontextmanager
async def _closing_judges() -> AsyncIterator[None]:
    """Close the models that graders opened, however the run ends."""
    try:
        yield
    finally:
        await pool.close()


@contextmanager
def _sigterm_cancels() -> Iterator[None]:
    """Make SIGTERM end a run in the same way as Ctrl-C."""
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
