"""A run through a provider's Batch API: everything is submitted, awaited, and then graded like any other answer.

Whatever asks a model while it grades, such as a judge, asks it directly. A failed or expired request is submitted
again, a few times. Two questions that are the same to the letter are one request.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from evalkit.errors import BadResponseError, ModelError, ModelStoppedError, SettingError, TransientError, UsageError
from evalkit.models import Model, Request
from evalkit.models.batches import BatchLimits, BatchLines, batch_lines, open_batches
from evalkit.records import Completion
from evalkit.runs import pipeline
from evalkit.runs.batch_desk import Desk
from evalkit.runs.batch_folder import BatchFolder
from evalkit.runs.batch_replies import Replies
from evalkit.runs.cache import Cache
from evalkit.runs.journal import Journal
from evalkit.runs.manifest import Status
from evalkit.runs.plan import Job, plan_jobs
from evalkit.runs.result import RunResult
from evalkit.runs.session import Earlier, Session, Work
from evalkit.runs.tally import Tally

ROUNDS = 3
"""How often a request is submitted in one session before it counts as failed."""
AT_ONCE = 64
"""Answers graded at once where the run does not say."""


class Batching(Session):
    """A session whose answers come from batches."""

    _opened: Model
    """The model as opened, whose requests are written as lines."""

    async def run(self, make_folder: Callable[[], Path]) -> RunResult:
        """Work until everything is answered, as `Session.run`.

        Raises:
            SettingError: there is a budget, which cannot stop a batch that is submitted.
        """
        if self._shared_budget or self._config.max_cost or self._config.max_tokens_total:
            raise SettingError("batch", "cannot be stopped by a budget: leave out {max_cost} and {max_tokens_total}")
        return await super().run(make_folder)

    @asynccontextmanager
    async def _opened_model(self) -> AsyncIterator[Model]:
        async with super()._opened_model() as model:
            self._opened = model
            yield model

    async def _answer(self, work: Work, book: Journal, tally: Tally, earlier: Earlier, cache: Cache) -> None:
        lines = batch_lines(self._opened)
        folder = BatchFolder(work.folder)
        if folder.state.by_hand:
            raise UsageError(
                f"the requests of {work.folder} were written for another program; read what it answered with: evalkit"
                f" batch read {work.folder} FILE"
            )
        async with open_batches(self._opened) as client:
            desk = Desk(folder, client, lines, self._notify)
            tally.waiting = desk.waiting
            limits = BatchLimits(self._config.batch_size or client.limits.requests, client.limits.size)
            try:
                await desk.settle()
                for _ in range(ROUNDS):
                    if not folder.put(missing_lines(folder, lines, requests(work, tally, earlier), cache), limits):
                        break
                    await desk.settle()
            except (ModelError, ModelStoppedError) as error:
                if any(part.step in ("sending", "submitted") for part in folder.parts):
                    error.args = (f"{error}; what is submitted goes on: evalkit run --resume {work.folder}",)
                raise
        with closing(_replies(folder, lines)) as replies:
            await self._grade_all(work, book, tally, earlier, cache, replies)
        for part in folder.parts:
            part.step = "used" if part.step == "ended" else part.step
        folder.save()

    async def _grade_all(
        self,
        work: Work,
        book: Journal,
        tally: Tally,
        earlier: Earlier,
        cache: Cache,
        replies: Replies,
    ) -> None:
        """Grade and record what came."""
        tally.started = time.monotonic()
        model = _Answers(work, batch_lines(self._opened), replies, self._config.max_connections or AT_ONCE)
        await pipeline.execute(work.plan, model, book, tally, earlier.done, earlier.answered, cache, work.only)

    def _left(self, work: Work, tally: Tally) -> str:
        under_way = [part for part in BatchFolder(work.folder).parts if part.step in ("sending", "submitted")]
        if not under_way:
            return super()._left(work, tally)
        what = under_way[0].id or "the batch" if len(under_way) == 1 else f"{len(under_way)} batches"
        goes = "goes" if len(under_way) == 1 else "go"
        return f"left; {what} {goes} on at the provider, and {tally.recorded} answers are kept"

    def _leave(self, work: Work, status: Status = "failed") -> None:
        """Keep a folder that knows of a batch, whatever happened."""
        if BatchFolder(work.folder).is_started:
            work.write(status)
        else:
            super()._leave(work, status)


class _Answers:
    """A model that gives the answers of batches."""

    def __init__(self, work: Work, lines: BatchLines, replies: Replies, at_once: int) -> None:
        self.name = work.model.name
        self.max_connections = at_once
        self.info: dict[str, Any] = work.model.info
        self._lines = lines
        self._replies = replies

    def waiting(self) -> str:
        """Nothing waits."""
        return ""

    async def complete(self, request: Request) -> Completion:
        """Give the answer to a request.

        Raises:
            ModelError: there is none.
        """
        found = self._replies.find(request)
        if found is None:
            raise BadResponseError("no line of the batch answers it").of_kind("unanswered")
        return self._lines.completion(found[0], request, self._lines.model.version, found[1])


def requests(work: Work, tally: Tally, earlier: Earlier) -> Iterator[tuple[Job, Request]]:
    """What is left to ask of the model."""
    plan = work.plan
    for job in plan_jobs(plan, tally, earlier.done, work.only):
        if job.key not in earlier.answered:
            yield job, plan.request(job, plan.messages(job.planned, job.sample, job.threshold))


def missing_lines(
    folder: BatchFolder, lines: BatchLines, wanted: Iterable[tuple[Job, Request]], cache: Cache
) -> Iterator[bytes]:
    """The lines of all requests that no batch has answered so far."""
    with closing(_replies(folder, lines)) as replies:
        version = lines.model.version
        asked: set[bytes] = set()
        for job, request in wanted:
            digest = replies.digest(request)
            kept = cache.get(cache.key(request)) is not None
            if digest in asked or kept or _is_settled(lines, replies, request, version):
                continue
            asked.add(digest)
            yield lines.line(replies.name(job, request), request)


def _replies(folder: BatchFolder, lines: BatchLines) -> Replies:
    """What has come of a run's batches and is not used yet."""
    replies = Replies(lines, folder.state.salt)
    for part in folder.parts:
        if part.step == "ended":
            replies.read(folder.results(part), part.id)
    return replies


def _is_settled(lines: BatchLines, replies: Replies, request: Request, version: int) -> bool:
    """Whether there is an answer, or a failure that another try would not change."""
    found = replies.find(request)
    if found is None:
        return False
    try:
        lines.completion(found[0], request, version, found[1])
    except TransientError:
        return False
    except ModelError:
        return True
    return True
