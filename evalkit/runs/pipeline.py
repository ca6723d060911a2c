"""Samples → model → grade → journal, with a bounded number of requests under way.

Workers pull jobs one at a time from a lazy plan, so that memory stays flat however many samples a task
yields, and each finished answer is in the journal before its worker takes the next.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from evalkit.errors import InputError, ModelCrashedError, ModelError, ModelUnavailableError
from evalkit.grading import confidence
from evalkit.grading.grade import NoVerdictError, grade
from evalkit.models import Model, Request
from evalkit.plugins import Judge, users_code
from evalkit.records import Completion, Failure, Grade, Message, NonAnswer, Outcome, Record, RecordKey, Sample, Task
from evalkit.runs.journal import Journal
from evalkit.runs.prompts import build_messages
from evalkit.runs.scorecard import CardBuilder

SYNC_SECONDS = 1.0


@dataclass(frozen=True)
class PlannedTask:
    """A task with its grader resolved."""

    task: Task
    grader: str
    judge: Judge


@dataclass(frozen=True)
class Plan:
    """Everything that is asked in a run, and how."""

    run: str
    model: str
    tasks: Sequence[PlannedTask]
    thresholds: Sequence[float | None]
    limit: int | None = None
    epochs: int = 1
    seed: int = 0
    temperature: float = 0.0
    max_tokens: int = 512
    system: str | None = None
    confidence: confidence.Source = "none"
    count_as: Mapping[NonAnswer, Outcome] = field(default_factory=dict)

    def messages(self, sample: Sample, threshold: float | None) -> list[Message]:
        """The prompt of one sample at one target."""
        asked_for = confidence.ASK if self.confidence == "verbal" else ""
        return build_messages(sample.input, threshold, self.system, asked_for, sample.turns)

    @property
    def total(self) -> int | None:
        """Answers planned; None where a task cannot tell how many samples it has."""
        total = 0
        for planned in self.tasks:
            samples = planned.task.samples
            if not isinstance(samples, Sequence):
                if self.limit is None:
                    return None
                total += self.limit
            else:
                total += len(samples) if self.limit is None else min(self.limit, len(samples))
        return total * len(self.thresholds) * self.epochs


class CardKey(NamedTuple):
    """Which card an answer belongs to."""

    task: str
    prompt_threshold: float | None


@dataclass
class Tally:
    """Running counts, read by whoever shows progress."""

    total: int | None = None
    recorded: int = 0
    """Answers in the journal, those of an earlier session included."""
    resumed: int = 0
    """How many of them an earlier session left."""
    correct: int = 0
    error: int = 0
    idk: int = 0
    failed: int = 0
    started: float = field(default_factory=time.monotonic)
    last_failure: str = ""
    cards: dict[CardKey, CardBuilder] = field(default_factory=dict)
    failures: dict[CardKey, int] = field(default_factory=dict)
    fingerprints: dict[str, str] = field(default_factory=dict)
    """Task → checksum of the samples asked."""
    waiting: Callable[[], str] = lambda: ""
    """What holds requests back just now; "" where nothing does."""
    strays: int = 0
    """Records of an earlier session whose sample the task no longer asks."""

    def count(self, record: Record) -> None:
        """Add a record."""
        self.recorded += 1
        outcome = record.grade.outcome
        if outcome is Outcome.CORRECT:
            self.correct += 1
        elif outcome is Outcome.ERROR:
            self.error += 1
        else:
            self.idk += 1
        self.cards[CardKey(record.task, record.prompt_threshold)].add(record)

    def count_failure(self, failure: Failure) -> None:
        """Add a sample without completion or verdict."""
        self.failed += 1
        self.last_failure = failure.error
        key = CardKey(failure.task, failure.prompt_threshold)
        self.failures[key] = self.failures.get(key, 0) + 1


class Job(NamedTuple):
    """One answer to get."""

    planned: PlannedTask
    sample: Sample
    threshold: float | None
    epoch: int
    key: RecordKey


def new_tally(plan: Plan) -> Tally:
    """An empty tally with a card for each task and threshold, in the plan's order."""
    keys = [CardKey(p.task.name, t) for p in plan.tasks for t in plan.thresholds]
    return Tally(total=plan.total, cards={key: CardBuilder(by_item=plan.epochs > 1) for key in keys})


async def execute(
    plan: Plan,
    model: Model,
    journal: Journal,
    tally: Tally,
    done: Mapping[RecordKey, int],
    answered: Mapping[RecordKey, Completion],
) -> None:
    """Get, grade and record every planned answer that is not there yet.

    Args:
        plan: what to ask.
        model: whom.
        journal: where to write.
        tally: running counts; holds the records of an earlier session already.
        done: keys that are recorded, with `asked` of their sample.
        answered: completions that only lack a verdict.

    Raises:
        ModelUnavailableError: this session has recorded nothing yet and the model is not to be had.
        InputError: a task yields a sample twice, or other than it was recorded.
        asyncio.CancelledError: interrupted; what is recorded stays.
    """
    jobs = plan_jobs(plan, tally, done)
    tally.waiting = model.waiting
    worker = _Worker(plan, model, journal, tally, answered)
    try:
        with _collecting_rarely():
            async with asyncio.TaskGroup() as group:
                syncing = group.create_task(_sync_regularly(journal))
                await asyncio.wait([group.create_task(worker.work(jobs)) for _ in range(model.max_connections)])
                syncing.cancel()
    except BaseExceptionGroup as group_of_errors:
        # One is enough to know why; the others are the same or were cancelled by it.
        raise group_of_errors.exceptions[0] from None


@contextmanager
def _collecting_rarely() -> Iterator[None]:
    """Look for garbage in cycles less often: every 700 objects, as by default, it takes a sixth of a run's time."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(20_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def plan_jobs(plan: Plan, tally: Tally, done: Mapping[RecordKey, int]) -> Iterator[Job]:
    """All answers to get, sample by sample so that a run cut short has the same samples at every threshold.

    Raises:
        InputError: a task yields the same sample id twice, or something that is no Sample.
    """
    met = 0
    for planned in plan.tasks:
        task = planned.task
        checksum = hashlib.blake2b(digest_size=16)
        seen: set[str] = set()
        for sample in draw(task, plan.limit):
            if sample.id in seen:
                raise InputError(f"task {task.name} yields sample {sample.id!r} twice; ids must be unique")
            seen.add(sample.id)
            checksum.update("\0".join((sample.id, sample.input, *sample.target, "\n")).encode())
            for threshold in plan.thresholds:
                for epoch in range(1, plan.epochs + 1):
                    key = RecordKey(task.name, plan.model, sample.id, epoch, threshold)
                    recorded = done.get(key)
                    if recorded is None:
                        yield Job(planned, sample, threshold, epoch, key)
                        continue
                    met += 1
                    if recorded != asked(sample.target, plan.messages(sample, threshold)):
                        raise InputError(
                            f"task {task.name} asks {sample.id!r} otherwise than recorded; start a new run"
                        )
        tally.fingerprints[task.name] = checksum.hexdigest()
    tally.strays = len(done) - met


def asked(target: Sequence[str], messages: Sequence[Message]) -> int:
    """What was asked and what was right, as a number that lasts as long as this process."""
    return hash((*target, *(message.content for message in messages)))


def draw(task: Task, limit: int | None) -> Iterator[Sample]:
    """The first samples of a task.

    Raises:
        UsageError: the task's generator raises.
        InputError: it yields something that is no Sample.
    """
    samples = iter(task.samples)
    for _ in itertools.count() if limit is None else range(limit):
        with users_code(f"task {task.name}"):
            try:
                sample = next(samples)
            except StopIteration:
                return
        if not isinstance(sample, Sample):
            raise InputError(f"task {task.name} yields {type(sample).__name__}, not Sample")
        yield sample


@dataclass(frozen=True)
class _Worker:
    plan: Plan
    model: Model
    journal: Journal
    tally: Tally
    answered: Mapping[RecordKey, Completion]

    async def work(self, jobs: Iterator[Job]) -> None:
        """Take jobs until none is left."""
        for job in jobs:
            await self._do(job)

    async def _do(self, job: Job) -> None:
        messages = self.plan.messages(job.sample, job.threshold)
        completion = self.answered.get(job.key)
        try:
            if completion is None:
                completion = await self.model.complete(self._request(job, messages))
            judged = await self._judge(job, completion)
        except ModelCrashedError:
            raise
        except ModelUnavailableError as error:
            if self.tally.recorded == self.tally.resumed:
                raise
            return self._fail(job, error, None)
        except ModelError as error:
            return self._fail(job, error, None)
        except NoVerdictError as error:
            return self._fail(job, error, completion)
        record = Record(
            run=self.plan.run,
            task=job.key.task,
            model=job.key.model,
            sample_id=job.key.sample_id,
            epoch=job.epoch,
            prompt_threshold=job.threshold,
            messages=messages,
            target=job.sample.target,
            choices=job.sample.choices,
            metadata=job.sample.metadata,
            completion=completion,
            grade=judged,
        )
        self.journal.append(record)
        self.tally.count(record)
        return None

    async def _judge(self, job: Job, completion: Completion) -> Grade:
        said = confidence.read(self.plan.confidence, job.sample, completion)
        judged = await grade(job.sample, said.completion, job.planned.judge, job.planned.grader, self.plan.count_as)
        if said.confidence is None or judged.outcome is Outcome.IDK:
            return judged
        return judged.model_copy(update={"confidence": said.confidence})

    def _request(self, job: Job, messages: Sequence[Message]) -> Request:
        responses: Sequence[str] = job.sample.choices or ()
        if job.planned.task.responses is not None:
            with users_code(f"responses of task {job.planned.task.name}"):
                responses = job.planned.task.responses(job.sample)
        return Request(
            messages=messages,
            temperature=self.plan.temperature,
            max_tokens=self.plan.max_tokens,
            # Apart between epochs, the same for every threshold: only the prompt differs between those.
            seed=self.plan.seed * 1000 + job.epoch,
            logprobs=confidence.TOP if self.plan.confidence == "logprob" else 0,
            responses=responses,
        )

    def _fail(self, job: Job, error: Exception, completion: Completion | None) -> None:
        failure = Failure(
            task=job.key.task,
            model=job.key.model,
            sample_id=job.key.sample_id,
            epoch=job.epoch,
            prompt_threshold=job.threshold,
            stage="completion" if completion is None else "judge",
            error=str(error),
            completion=completion,
        )
        self.journal.fail(failure)
        self.tally.count_failure(failure)


async def _sync_regularly(journal: Journal) -> None:
    while True:
        await asyncio.sleep(SYNC_SECONDS)
        await asyncio.to_thread(journal.sync)
