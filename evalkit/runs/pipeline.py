"""Samples → model → grade → journal, with a bounded number of concurrent requests.

Workers pull jobs one at a time from a lazy plan, so memory stays flat however many samples a task yields. Each
finished answer is in the journal before its worker takes the next job.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from evalkit.errors import (
    BadResponseError,
    EvalkitError,
    ModelCrashedError,
    ModelError,
    ModelStoppedError,
    ModelUnavailableError,
)
from evalkit.grading import confidence
from evalkit.grading.grade import NoVerdictError, grade
from evalkit.models import Model, Request, pool
from evalkit.models.concurrency import in_step
from evalkit.plugins import described
from evalkit.records import (
    Completion,
    Failure,
    Grade,
    Message,
    NonAnswer,
    Outcome,
    Record,
    RecordKey,
    Usage,
    total_usage,
)
from evalkit.runs.cache import Cache
from evalkit.runs.journal import Journal
from evalkit.runs.plan import Answered, Job, Plan, changed, plan_jobs
from evalkit.runs.prompts import prompt_fingerprint
from evalkit.runs.tally import Tally

SYNC_SECONDS = 1.0
NOTHING: Mapping[str, Sequence[Usage]] = {}
EARLY = 20
"""Number of answers after which a run warns that most are being cut off."""


async def execute(
    plan: Plan,
    model: Model,
    journal: Journal,
    tally: Tally,
    done: Mapping[RecordKey, bytes],
    answered: Mapping[RecordKey, Answered],
    cache: Cache | None = None,
    only: Container[RecordKey] | None = None,
) -> None:
    """Get, grade and record every planned answer that is not recorded yet.

    Args:
        plan: the questions to ask.
        model: the model to ask.
        journal: where records are written.
        tally: running counts; already includes the records of an earlier session.
        done: recorded keys, with the fingerprints of their prompts.
        answered: completions that only lack a verdict.
        cache: completions of earlier runs; what is found there is not asked again.
        only: the keys of the answers to get; None for all that are missing.

    Raises:
        ModelUnavailableError: the model cannot be reached and this session has recorded nothing yet.
        InputError: a task yields a sample twice, or its prompt changed since it was recorded.
        asyncio.CancelledError: interrupted; the records so far are kept.
    """
    jobs = plan_jobs(plan, tally, done, only)
    tally.waiting = model.waiting
    cache = cache or Cache(None)
    worker = _Worker(plan, model, journal, tally, answered, cache)
    try:
        with _collecting_rarely():
            async with asyncio.TaskGroup() as group:
                syncing = group.create_task(_sync_regularly(journal, cache))
                await asyncio.wait([group.create_task(worker.work(jobs)) for _ in range(model.max_connections)])
                syncing.cancel()
    except BaseExceptionGroup as group_of_errors:
        # One error is enough; the others are the same or were cancelled by it.
        raise group_of_errors.exceptions[0] from None
    tally.close()


@contextmanager
def _collecting_rarely() -> Iterator[None]:
    """Run the cyclic garbage collector less often: at the default of 700 objects it takes a sixth of a run's time."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(20_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@dataclass(frozen=True)
class _Worker:
    plan: Plan
    model: Model
    journal: Journal
    tally: Tally
    answered: Mapping[RecordKey, Answered]
    cache: Cache

    async def work(self, jobs: Iterator[Job]) -> None:
        """Process jobs until none is left."""
        for job in jobs:
            await self._do(job)

    async def _do(self, job: Job) -> None:
        messages = self.plan.messages(job.planned, job.sample, job.threshold)
        answered = self._earlier_answer(job, messages)
        completion = answered.completion if answered else None
        with pool.counting() as judging:
            try:
                if completion is None:
                    completion = await self._answer(job, messages)
                await in_step(keeping=True)
                grade_ = (answered and answered.grade) or await self._grade(job, completion)
                await in_step(keeping=True)
            except ModelCrashedError:
                raise
            except ModelUnavailableError as error:
                if self.tally.recorded == self.tally.resumed:
                    raise
                return self._fail(job, error, None, messages)
            except ModelError as error:
                return self._fail(job, error, None, messages)
            except NoVerdictError as error:
                return self._fail(job, error, completion, messages, judging)
            except (ModelStoppedError, asyncio.CancelledError) as error:
                if completion is not None:  # it is paid for: only the verdict is missing
                    self._fail(job, error, completion, messages, judging)
                raise
        if judging:
            grade_ = grade_.model_copy(update={"usage": _plain(judging)})
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
            grade=grade_,
        )
        self.journal.append(record)
        self.tally.count(record)
        self._watch_limit(grade_, self.plan.token_limit(job.planned.task))
        await in_step()
        return None

    async def _answer(self, job: Job, messages: Sequence[Message]) -> Completion:
        """Ask the model, or let the task's agent ask it as often as it needs; baselines answer at once."""
        request, solve = self.plan.request(job, messages), job.planned.task.solve
        if solve is None or self.plan.model.startswith("baseline/"):
            return await self._complete(request)
        used: list[Usage] = []

        async def ask(turns: Sequence[Message]) -> Completion:
            completion = await self._complete(replace(request, messages=turns))
            used.append(completion.usage)
            return completion

        try:
            completion = await solve(job.sample, messages, ask)
        except EvalkitError:
            raise
        except Exception as error:
            raise BadResponseError(f"the agent of task {job.key.task}: {described(error)}") from error
        return completion.model_copy(update={"usage": total_usage(used)})

    async def _complete(self, request: Request) -> Completion:
        """Take a completion from the cache, or ask the model."""
        key = self.cache.key(request)
        if (kept := self.cache.get(key)) is not None:
            self.tally.reused += 1
            return kept.model_copy(update={"reused": True})
        await in_step()
        completion = await self.model.complete(request)
        self.cache.put(key, completion)
        return completion

    def _watch_limit(self, grade_: Grade, tokens: int | None) -> None:
        """Warn early that most answers are being cut off, while restarting costs little."""
        tally = self.tally
        tally.truncated += grade_.non_answer is NonAnswer.TRUNCATED
        if tally.recorded - tally.resumed == EARLY and tally.truncated * 2 >= EARLY:
            limit = f" at {tokens:,} tokens" if tokens else ""
            tally.notify(
                f"{tally.truncated} of the first {EARLY} answers were cut off{limit} before they reached a conclusion;"
                " stop with Ctrl-C and start again with a higher --max-tokens"
            )

    def _earlier_answer(self, job: Job, messages: Sequence[Message]) -> Answered | None:
        """The completion that an earlier session left without a verdict.

        Raises:
            InputError: it answers a different prompt from the task's current one.
        """
        answered = self.answered.get(job.key)
        if answered is None:
            return None
        if answered.prompt and answered.prompt != prompt_fingerprint(job.sample.target, messages).hex():
            raise changed(job.key.task, job.key.sample_id)
        return answered

    async def _grade(self, job: Job, completion: Completion) -> Grade:
        reading = confidence.read(self.plan.confidence, completion)
        sample = self.plan.prompted(job.sample, job.threshold)
        grade_ = await grade(sample, reading.completion, job.planned.grade, job.planned.grader, self.plan.count_as)
        if grade_.outcome in (Outcome.IDK, Outcome.MISSING):
            return grade_
        value = reading.confidence
        if value is None:
            value = confidence.of_graded(self.plan.confidence, job.sample, completion, grade_)
        return grade_ if value is None else grade_.model_copy(update={"confidence": value})

    def _fail(
        self,
        job: Job,
        error: BaseException,
        completion: Completion | None,
        messages: Sequence[Message],
        judging: Mapping[str, Sequence[Usage]] = NOTHING,
    ) -> None:
        failure = Failure(
            task=job.key.task,
            model=job.key.model,
            sample_id=job.key.sample_id,
            epoch=job.epoch,
            prompt_threshold=job.threshold,
            stage="completion" if completion is None else "judge",
            error=str(error) or "interrupted",
            answerable=job.sample.answerable,
            prompt=prompt_fingerprint(job.sample.target, messages).hex() if completion else "",
            completion=completion,
            usage=_plain(judging),
        )
        self.journal.fail(failure)
        self.tally.count_failure(failure)


def _plain(judging: Mapping[str, Sequence[Usage]]) -> dict[str, Any]:
    """Tokens of judges as a record holds them."""
    return {model: [usage.model_dump(exclude_none=True) for usage in usages] for model, usages in judging.items()}


async def _sync_regularly(journal: Journal, cache: Cache) -> None:
    while True:
        await asyncio.sleep(SYNC_SECONDS)
        await asyncio.to_thread(journal.sync)
        await cache.sync()
