"""Read one foreign file into records, failures and counts."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from evalkit.dataset.source import BadRowError
from evalkit.errors import InputError, UsageError
from evalkit.grading.grade import NoVerdictError, grade
from evalkit.models import pool
from evalkit.plugins import users_code
from evalkit.readers.base import ForeignRow, Verdict
from evalkit.records import Completion, Failure, Grade, Outcome, Record, Sample
from evalkit.rescoring.counts import Counts, Spool, row_digest
from evalkit.rescoring.discover import InputFile
from evalkit.rescoring.policy import Reading, apply_policy
from evalkit.rescoring.terms import Resolved


@dataclass(kw_only=True)
class FileReport:
    """What became of one file."""

    path: Path
    format: str
    rule: str = ""
    """How it was graded where it has no verdict of its own."""
    rows: int = 0
    collapsed: int = 0
    """Rows that repeat another."""
    skipped: int = 0
    """Rows that could not be read."""
    warnings: list[str] = field(default_factory=list)
    agreed: int = 0
    """Samples on which --regrade and the file agree."""
    disagreed: list[str] = field(default_factory=list)
    """Samples on which they differ."""


@dataclass(frozen=True, kw_only=True)
class FileResult:
    """One file, read."""

    report: FileReport
    counts: Counts


class Regrader:
    """The grader of `--regrade` on one event loop; a context manager, which closes the models it asked.

    Raises:
        UsageError: a row is to be graded inside a running event loop.
    """

    def __init__(self, resolved: Resolved) -> None:
        self._resolved = resolved
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._resolved.grader is not None and not _inside_a_loop():
            self._runner.run(pool.close())
        self._runner.close()

    def grade(self, reading: Reading) -> Grade | None:
        """Grade a row afresh; None where that is not asked for, or the file has no text or gold.

        Raises:
            NoVerdictError: the grader came to no verdict.
        """
        row = reading.row
        if self._resolved.grader is None or row.text is None or not reading.target:
            return None
        if _inside_a_loop():
            raise UsageError("regrading inside an event loop (a notebook): await evalkit.rescore_async(…)")
        name, grader = self._resolved.grader
        sample = Sample(
            id=row.sample_id,
            input=row.input,
            target=list(reading.target),
            metadata=row.metadata,
            choices=list(row.choices) if row.choices else None,
        )
        return self._runner.run(grade(sample, _completion(reading), grader, name, self._resolved.count_as))


@dataclass(frozen=True, kw_only=True)
class Session:
    """Everything that reading the files of one call needs."""

    run: str
    """Name of the run folder."""
    resolved: Resolved
    labels: dict[Path, str]
    """What the model of each file is called where the file does not say."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Set where the caller no longer wants the result."""

    def read(self, file: InputFile, spool: Spool, regrader: Regrader) -> FileResult:
        """Read one file.

        Args:
            file: which, with its reader.
            spool: gets the records and failures.
            regrader: grades afresh where that is asked for.

        Raises:
            InputError: the file is damaged, ungraded, or contradicts itself.
            UsageError: the reader raised.
            InterruptedError: the caller no longer wants the result.
        """
        return _Reading(self, file, spool, regrader).read()


class _Reading:
    """One file being read."""

    def __init__(self, session: Session, file: InputFile, spool: Spool, regrader: Regrader) -> None:
        reader = file.reader
        self._session = session
        self._source = file.source
        self._reader = reader
        self._spool = spool
        self._regrader = regrader
        self._report = FileReport(path=file.source.path, format=reader.name, rule=str(getattr(reader, "rule", "")))
        self._counts = Counts(policy=session.resolved.terms.policy)

    def read(self) -> FileResult:
        source, report = self._source, self._report
        for row in self._rows():
            if self._session.stop.is_set():
                raise InterruptedError
            report.rows += 1
            try:
                reading = self._interpret(row)
            except BadRowError as error:
                source.bad(error)
                continue
            if self._is_duplicate(reading):
                report.collapsed += 1
            else:
                self._count(reading)
        report.skipped, report.warnings = source.skipped, source.warnings
        source.forget()
        if not report.rows:
            raise InputError(f"{source.path} has no rows; there is nothing to rescore")
        return FileResult(report=report, counts=self._counts)

    def _rows(self) -> Iterator[ForeignRow]:
        name = self._reader.name
        with users_code(f"reader {name}, {self._source.path}"):
            for row in self._reader.read(self._source):
                if not isinstance(row, ForeignRow):
                    raise UsageError(f"reader {name} yields {type(row).__name__}, not ForeignRow")
                yield row

    def _interpret(self, row: ForeignRow) -> Reading:
        """Apply the user's terms, and fill in what the file leaves to its surroundings."""
        resolved, terms = self._session.resolved, self._session.resolved.terms
        self._check(row)
        answer, attempted, unreadable = row.answer, row.attempted, row.unreadable
        if resolved.pattern is not None and row.text is not None:
            matches = [match.group(1) for match in resolved.pattern.finditer(row.text)]
            answer, attempted, unreadable = (matches[-1] if matches else None), bool(matches), not matches
        target = (resolved.targets.find(row) if resolved.targets else None) or row.target
        verdict: Verdict | None = resolved.marks.get(row.mark, row.verdict) if row.mark else row.verdict
        if verdict is None and target and (answer is not None or resolved.pattern is not None):
            verdict = "right" if answer in target else "wrong"
        return Reading(
            row=row,
            task=terms.task or row.task or self._report.format,
            model=terms.model or row.model or self._session.labels[self._source.path],
            verdict=verdict,
            target=target,
            answer=answer,
            attempted=attempted,
            unreadable=unreadable,
        )

    def _check(self, row: ForeignRow) -> None:
        wrong = ""
        if row.threshold is not None and not 0 <= row.threshold < 1:
            wrong = f"confidence target {row.threshold:g} is out of range: must be 0 ≤ t < 1"
        elif row.confidence is not None and not 0 <= row.confidence <= 1:
            wrong = f"confidence {row.confidence:g} is out of range: must be from 0 to 1"
        elif row.credit is not None and not 0 <= row.credit <= 1:
            wrong = f"credit {row.credit:g} is out of range: must be from 0 to 1"
        elif row.epoch < 1:
            wrong = f"epoch {row.epoch} is out of range: the first is 1"
        if wrong:
            raise self._source.error_at(row.place, wrong)

    def _is_duplicate(self, reading: Reading) -> bool:
        """Whether the row repeats an earlier one of this file.

        Raises:
            InputError: it contradicts an earlier one.
        """
        row = reading.row
        key = row_digest(reading.task, row.sample_id, row.epoch, row.threshold)
        content = _digest(reading.verdict, row.text, reading.answer)
        earlier = self._counts.seen.setdefault(reading.model, {}).setdefault(key, content)
        if earlier is not content and earlier != content:
            raise InputError(
                f"{self._source.path}:{row.place}: sample {row.sample_id!r} of {reading.model}, {reading.task},"
                " appears twice with different answers; remove one"
            )
        return earlier is not content

    def _count(self, reading: Reading) -> None:
        try:
            grade_, reason = self._grade(reading), reading.row.reason
        except NoVerdictError as error:
            grade_, reason = None, str(error)
        if grade_ is None:
            failure = _failure(reading, reason)
            self._spool.fail(failure)
            self._counts.add_failure(failure)
            return
        record = self._record(reading, grade_)
        self._spool.append(record)
        self._counts.add(record)

    def _grade(self, reading: Reading) -> Grade | None:
        """The grade of a row; None where it failed."""
        if reading.verdict == "failed":
            return None
        regraded = self._regrader.grade(reading)
        if regraded is not None:
            self._compare(reading, regraded)
            return regraded
        graded = apply_policy(reading, self._session.resolved.count_as)
        if graded is None:
            raise InputError(
                f"{self._source.path}:{reading.row.place}: ungraded: neither a verdict nor gold that its format's rule"
                " could use; give --regrade GRADER, with --targets FILE where the gold is elsewhere"
            )
        return graded

    def _compare(self, reading: Reading, regraded: Grade) -> None:
        if reading.verdict is None or regraded.outcome is Outcome.MISSING:
            return
        if (regraded.outcome is Outcome.CORRECT) == (reading.verdict == "right"):
            self._report.agreed += 1
        else:
            self._report.disagreed.append(reading.row.sample_id)

    def _record(self, reading: Reading, graded: Grade) -> Record:
        row = reading.row
        return Record(
            run=self._session.run,
            task=reading.task,
            model=reading.model,
            sample_id=row.sample_id,
            epoch=row.epoch,
            prompt_threshold=row.threshold,
            target=list(reading.target),
            metadata=row.metadata,
            completion=_completion(reading),
            grade=graded,
            source=f"{self._source.path}:{row.place}",
            question=self._question(row),
        )

    def _question(self, row: ForeignRow) -> str | None:
        """Digest of the question where no task is named: ids of two files may then be equal by chance."""
        if self._session.resolved.terms.task or row.task or not row.input:
            return None
        return hashlib.blake2b(row.input.strip().encode(), digest_size=8).hexdigest()


def _completion(reading: Reading) -> Completion:
    row = reading.row
    return Completion(
        text=row.text if row.text is not None else reading.answer or "",
        reasoning=row.reasoning,
        finish_reason="length" if row.truncated else "unknown",
    )


def _failure(reading: Reading, reason: str) -> Failure:
    row = reading.row
    return Failure(
        task=reading.task,
        model=reading.model,
        sample_id=row.sample_id,
        epoch=row.epoch,
        prompt_threshold=row.threshold,
        stage="judge" if row.text else "completion",
        error=reason or "failed in the file",
        answerable=row.metadata.get("answerable", True) is not False,
    )


def _digest(*values: object) -> bytes:
    return hashlib.blake2b(msgspec.json.encode(values), digest_size=8).digest()


def _inside_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
