"""One process working on one run: open the model, ask, grade, record, and write run.json with the scorecards."""

from __future__ import annotations

import asyncio
import shutil
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from evalkit.dataset.fingerprint import data_fingerprint
from evalkit.errors import BudgetSpentError, EvalkitError, InputError, ModelStoppedError, RunInterruptedError
from evalkit.grading.judge import new_salt, try_judges
from evalkit.models import Model, ModelOptions, open_model, pool
from evalkit.models.roles import read_roles
from evalkit.money.budget import Budget
from evalkit.money.spending import Spending
from evalkit.records import RecordKey, Task
from evalkit.runs import journal, pipeline
from evalkit.runs.accounts import meter, new_budget
from evalkit.runs.cache import FILE as CACHE
from evalkit.runs.cache import Cache
from evalkit.runs.cache import Mode as CacheMode
from evalkit.runs.config import RunConfig, prices_of
from evalkit.runs.counting import CardHead
from evalkit.runs.environment import describe_environment
from evalkit.runs.folder import results_of
from evalkit.runs.manifest import Manifest, Status, write_manifest
from evalkit.runs.plan import Answered, Plan
from evalkit.runs.restore import restore
from evalkit.runs.result import RunResult, build_cards, recount
from evalkit.runs.scorecard import Scorecard
from evalkit.runs.selective import add_votes, plain_records, simulated_cards
from evalkit.runs.tally import Tally
from evalkit.runs.trust import make_origin

Watch = Callable[[Tally], None]
"""Receives a run's tally when it starts, and may read it at any time."""
Notify = Callable[[str], None]
"""Receives messages for the user: slow steps before the first answer, and warnings during the run."""

_handled: ContextVar[bool] = ContextVar("handled", default=False)
"""Whether SIGTERM is handled already."""


class Earlier(NamedTuple):
    """What earlier sessions have of a run."""

    done: Mapping[RecordKey, bytes]
    """Recorded keys, with the fingerprints of their prompts."""
    answered: Mapping[RecordKey, Answered]
    """Completions that only lack a verdict."""


class Session:
    """One process working on one run. The folder is created only after the model has been opened."""

    parent_name: str = ""
    """Name of the run whose answers are judged again."""
    failures_only: bool = False
    """Whether only answers that failed are asked again, and none that was not asked yet."""

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
        cache_folder: Path | None = None,
        budget: Budget | None = None,
    ) -> None:
        self._plan = plan
        self._config = config
        self._watch = watch
        self._notify = notify
        self._earlier = earlier
        self._label = earlier.label if earlier else label
        self._note = earlier.note if earlier else note
        self._cache = cache
        self._cache_folder = cache_folder
        self._shared_budget = budget
        self._started = started or datetime.now().astimezone()

    async def run(self, make_folder: Callable[[], Path]) -> RunResult:
        """Open the model, create or reopen the folder, and work until everything is answered."""
        new_salt()
        self._budget = self._shared_budget or new_budget(self._config)
        metered = meter(self._config, self._budget)
        with sigterm_cancels():
            async with pool.opened(metered), self._opened_model() as opened:
                model = metered(self._config.full_model, opened)
                await self._try_judges()
                folder = make_folder()
                data = {planned.task.name: data_fingerprint(planned.task) for planned in self._plan.tasks}
                plan = replace(self._plan, run=folder.name)
                work = Work(folder, plan, self._first_manifest(folder, model), model, data, pool.describe())
                await self._work(work)
        return self._finish(work)

    def _opened_model(self) -> AbstractAsyncContextManager[Model]:
        options = ModelOptions(
            base_url=self._config.base_url,
            headers=self._config.headers,
            max_connections=self._config.max_connections,
            adaptive=self._config.adaptive,
            timeout=self._config.timeout,
            extra=self._config.model_parameters,
            reasoning_effort=self._config.reasoning_effort,
            form=self._config.form,
            notify=self._notify,
        )
        return open_model(self._config.model_to_open, options)

    async def _try_judges(self) -> None:
        """Open the models that graders ask, and try the judges before the first question is paid for."""
        roles = read_roles(self._config.grader_parameters)
        pool.prepare(roles.values(), self._notify)
        if judge := roles.get("judge"):
            self._notify("trying the judge")
            await try_judges(judge)

    async def _work(self, work: Work) -> None:
        try:
            with journal.Journal(work.folder) as book:
                tally, done, answered = self._take_up(work)
                work.tally = tally
                work.write("running")
                self._watch(tally)
                for planned in self._plan.tasks:
                    for remark in planned.task.notes:
                        self._notify(f"{planned.task.name}: {remark}")
                tally.notify = self._notify
                with self._open_cache(work) as cache:
                    if self._cache == "on" and self._earlier is not None and self._earlier.status == "running":
                        restore(work.plan, work.folder, cache)
                    await self._answer(work, book, tally, Earlier(done, answered), cache)
        except asyncio.CancelledError:
            if work.tally is None:
                self._leave(work)
                raise RunInterruptedError("interrupted before the first question", run="") from None
            work.write("interrupted")
            raise RunInterruptedError(self._left(work, work.tally), run=str(work.folder)) from None
        except BudgetSpentError as error:
            self._leave(work, "interrupted")
            if work.folder.exists():
                error.args = (f"{error}; {self._how_far(work)}",)
            else:
                error.exit_code = 2
            raise
        except ModelStoppedError as error:
            self._leave(work)
            if work.folder.exists():
                error.args = (f"{error}; resume with: evalkit run --resume {work.folder}",)
            raise
        except EvalkitError:
            self._leave(work)
            raise

    async def _answer(self, work: Work, book: journal.Journal, tally: Tally, earlier: Earlier, cache: Cache) -> None:
        """Get, grade and record every answer that is missing."""
        await pipeline.execute(work.plan, work.model, book, tally, earlier.done, earlier.answered, cache, work.only)

    def _left(self, work: Work, tally: Tally) -> str:
        """What an interrupted run leaves behind, in a sentence."""
        del work
        return f"interrupted; {tally.recorded} answers are kept"

    def _open_cache(self, work: Work) -> Cache:
        """Open the response cache of the results folder; baselines answer faster than it."""
        path = (
            None if work.plan.model.startswith("baseline/") else (self._cache_folder or results_of(work.folder)) / CACHE
        )
        identity = {**self._config.asked_of, "sha256": work.model.info.get("sha256"), "code": self._code_of_model()}
        return Cache(path, self._cache, identity, self._notify)

    def _code_of_model(self) -> dict[str, str]:
        """The checksum of the file that a provider of one's own stands in."""
        return make_origin(self._config.model_copy(update={"tasks": [], "metrics": []})).files

    def _take_up(self, work: Work) -> tuple[Tally, dict[RecordKey, bytes], dict[RecordKey, Answered]]:
        """Load an earlier session's counts, recorded keys, and completions that only lack a verdict."""
        tally = work.plan.new_tally()
        tally.spending = Spending(prices=prices_of(self._config))
        if self._earlier is None:
            return tally, {}, self._answered(work.folder, {})
        _, done = recount(work.folder, tally, by_item=self._config.epochs > 1)
        if self._budget is not None and self._shared_budget is None:
            self._budget.add(tally.spending)
        tally.resumed = tally.recorded
        if self.failures_only:
            work.only = set(tally.failures)
            tally.total = tally.recorded + len(work.only)
        tally.failures.clear()  # failed answers are retried
        return tally, done, self._answered(work.folder, done)

    def _answered(self, folder: Path, done: Mapping[RecordKey, bytes]) -> dict[RecordKey, Answered]:
        """The completions that an earlier session left without a verdict."""
        return {
            failure.key: Answered(failure.completion, failure.prompt)
            for failure in journal.read_failures(folder)
            if failure.completion is not None and failure.key not in done
        }

    def _how_far(self, work: Work) -> str:
        assert work.tally is not None
        total = f" of {work.tally.total:,}" if work.tally.total else ""
        kept = f"{work.tally.recorded:,}{total} answers are kept"
        if self._budget is None or self._shared_budget is not None:
            return kept
        return f"{kept}; resume with more: evalkit run --resume {work.folder} {self._budget.options}"

    def _leave(self, work: Work, status: Status = "failed") -> None:
        """Clean up after an error: keep what is recorded, but delete a new folder without records."""
        if work.tally is not None and (work.tally.recorded or work.tally.paid):
            with suppress(InputError):  # the disk may be full; the original error is the better message
                work.write(status)
        elif self._earlier is None:
            shutil.rmtree(work.folder, ignore_errors=True)

    def _finish(self, work: Work) -> RunResult:
        assert work.tally is not None
        if self._config.confidence == "vote":
            asked = work.tally
            work.tally = add_votes(work.folder, work.plan.new_tally())
            work.tally.spending, work.tally.reused = asked.spending, asked.reused
        seconds = (datetime.now().astimezone() - self._started).total_seconds() if self._earlier is None else None
        asked_all = work.only is None or (self._earlier is not None and self._earlier.status == "finished")
        manifest = work.write("finished" if asked_all else "interrupted", seconds)
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
        own = [grader for planned in self._plan.tasks if isinstance(grader := planned.task.grader, str)]
        return [self._config.grader] if self._config.grader else own

    def _first_manifest(self, folder: Path, model: Model) -> Manifest:
        created = self._started.isoformat(timespec="seconds")
        return Manifest(
            run=folder.name,
            parent=self.parent_name,
            label=self._label,
            note=self._note,
            tags=self._earlier.tags if self._earlier else [],
            created=self._earlier.created or created if self._earlier else created,
            planned=self._plan.total,
            config=self._config,
            model=model.info,
            graders={planned.task.name: planned.grader for planned in self._plan.tasks},
            origin=make_origin(self._config, self._grader_files()),
            environment=(self._earlier.environment if self._earlier else {}) or describe_environment(),
        )


@dataclass
class Work:
    """A run under way in its folder."""

    folder: Path
    plan: Plan
    manifest: Manifest
    model: Model
    data: dict[str, str | None]
    """Task → fingerprint of its entire data."""
    judges: dict[str, dict[str, Any]]
    """Model that a grader asks → its description."""
    only: set[RecordKey] | None = None
    """The answers to get; None for all that are missing."""
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
            "spending": self.tally.spending if self.tally else Spending(),
            "model": self.model.info,
            "judges": self.judges | pool.describe(),
            "datasets": datasets,
        }
        manifest = self.manifest.model_copy(update=update)
        own = manifest.config.metrics if manifest.config else ()
        cards = build_cards(self.tally, self.folder, manifest, metrics=own) if self.tally else []
        if status == "finished":
            cards += policy_cards(manifest, cards, self.folder)
        manifest = manifest.model_copy(update={"scorecards": cards})
        write_manifest(self.folder, manifest)
        return manifest

    def _dataset(self, task: Task) -> dict[str, Any]:
        digest = self.tally.fingerprints.get(task.name) if self.tally else None
        about: dict[str, Any] = {"data": self.data[task.name], "fingerprint": digest, **task.revision}
        return about | ({"settings": task.settings} if task.settings else {}) | _reported(task)


def _reported(task: Task) -> dict[str, Any]:
    return {"metrics": list(task.metrics)} if task.metrics else {}


def policy_cards(manifest: Manifest, cards: Sequence[Scorecard], folder: Path) -> list[Scorecard]:
    """Apply the run's policy to the answers to plain prompts: one card per task and threshold; none without a policy.

    Args:
        manifest: of the run.
        cards: its other cards.
        folder: where its records are.
    """
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
            reported=manifest.datasets.get(task, {}).get("metrics") or (),
        )
        simulated += simulated_cards(records, config.policy, head, manifest.stated_thresholds, voted=voted)
    return simulated


@contextmanager
def sigterm_cancels() -> Iterator[None]:
    """Make SIGTERM end what runs inside in the same way as Ctrl-C; inside another such block, that one does it."""
    task = asyncio.current_task()
    if task is None or _handled.get() or threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    token = _handled.set(True)
    try:
        yield
    finally:
        _handled.reset(token)
        loop.remove_signal_handler(signal.SIGTERM)
