"""Grade rows of foreign files afresh: several at a time, on one event loop for a whole call."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from evalkit.errors import ModelStoppedError, UsageError
from evalkit.grading.grade import NoVerdictError, grade
from evalkit.grading.judge import new_salt, try_judges
from evalkit.models import pool
from evalkit.records import Completion, FinishReason, Grade, Sample
from evalkit.rescoring.policy import Reading
from evalkit.rescoring.terms import Resolved

BATCH = 8
"""Rows that wait to be graded, for each that is graded at a time."""
Graded = list[tuple[Reading, Grade | NoVerdictError]]


class Regrader:
    """The grader of `--regrade` on one event loop; a context manager, which closes the models it asked.

    Rows come back in the order in which they were added.

    Args:
        resolved: with the grader; without one nothing is graded.

    Raises:
        UsageError: a row is to be graded inside a running event loop; or the grader needs options that the file does
            not keep.
        ModelUnavailableError: a judge does not answer.
    """

    def __init__(self, resolved: Resolved) -> None:
        self.grader = resolved.grader
        self._resolved = resolved
        self._runner = asyncio.Runner()
        self._waiting: list[Reading] = []
        self._begun = False
        self._tried = False

    def __enter__(self) -> Self:
        new_salt()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.grader is not None and not _inside_a_loop():
            self._runner.run(pool.close())
        self._runner.close()

    def can_grade(self, reading: Reading) -> bool:
        """Whether a row is to be graded afresh: it was asked for, and the file keeps an answer and gold."""
        if self.grader is None or reading.verdict == "failed" or reading.row.text is None:
            return False
        return bool(reading.target) or reading.row.metadata.get("answerable") is False

    def add(self, reading: Reading) -> Graded:
        """Add a row.

        Returns:
            The rows that were graded meanwhile, in their order; often none.
        """
        self._waiting.append(reading)
        if not self._begun:  # the first alone: what it raises for want of options would fail every other row too
            self._begun = True
            graded = self.finish()
            self._check_options(*graded[0])
            return graded
        if len(self._waiting) < BATCH * self._resolved.terms.max_connections:
            return []
        return self.finish()

    def begin(self) -> None:
        """Begin another file, dropping what an earlier one left that ended in an error."""
        self._begun = False
        self._waiting = []

    def finish(self) -> Graded:
        """Grade the rows that wait."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return []
        if _inside_a_loop():
            raise UsageError("regrading inside an event loop (a notebook): await evalkit.rescore_async(…)")
        grades = self._runner.run(self._grade_all(waiting))
        self._resolved.progress(len(grades))
        return list(zip(waiting, grades, strict=True))

    def _check_options(self, reading: Reading, graded: Grade | NoVerdictError) -> None:
        if isinstance(graded, NoVerdictError) and not reading.row.choices and "choices" in str(graded):
            name = self.grader[0] if self.grader else ""
            raise UsageError(f"--regrade {name} needs the options, which {reading.task} does not keep ({graded})")

    async def _grade_all(self, readings: list[Reading]) -> list[Grade | NoVerdictError]:
        await self._try_judges()
        slots = asyncio.Semaphore(self._resolved.terms.max_connections)

        async def one(reading: Reading) -> Grade | NoVerdictError:
            async with slots:
                return await self._grade(reading)

        return await asyncio.gather(*(one(reading) for reading in readings))

    async def _try_judges(self) -> None:
        """Open the judges with their settings before the first row, and try them."""
        if self._tried:
            return
        self._tried = True
        pool.prepare(self._resolved.roles.values())
        if judge := self._resolved.roles.get("judge"):
            await try_judges(judge)

    async def _grade(self, reading: Reading) -> Grade | NoVerdictError:
        assert self.grader is not None
        (name, grader), row = self.grader, reading.row
        sample = Sample(
            id=row.sample_id,
            input=row.input,
            target=list(reading.target),
            metadata=row.metadata,
            choices=list(row.choices) if row.choices else None,
        )
        try:
            graded = await grade(sample, completion_of(reading), grader, name, self._resolved.count_as)
        except NoVerdictError as error:
            return error
        except ModelStoppedError as error:  # what is graded already counts; the other rows have no verdict
            return NoVerdictError(str(error))
        return graded.model_copy(update={"confidence": graded.confidence or row.confidence})


def completion_of(reading: Reading) -> Completion:
    """What the model returned, as far as the file tells."""
    row = reading.row
    end: FinishReason = "length" if row.truncated else "stop" if row.ended else "unknown"
    return Completion(
        text=row.text if row.text is not None else reading.answer or "",
        reasoning=row.reasoning,
        finish_reason=end,
        latency=row.latency,
        usage=row.usage,
    )


def _inside_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
