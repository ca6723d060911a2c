"""Read one foreign file into records, failures and counts."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.dataset.remote import Inputs
from evalkit.dataset.source import BadRowError
from evalkit.errors import InputError, UsageError
from evalkit.grading.grade import NoVerdictError
from evalkit.plugins import users_code
from evalkit.readers.base import ForeignRow
from evalkit.records import Failure, Grade, Message, NonAnswer, Outcome, Record
from evalkit.rescoring.counts import CardKey, Counts, Spool, row_digest
from evalkit.rescoring.discover import InputFile
from evalkit.rescoring.policy import Reading, apply_policy
from evalkit.rescoring.regrade import Regrader, completion_of
from evalkit.rescoring.terms import Resolved, Terms
from evalkit.rescoring.verdicts import UnsettledError, Verdicts, in_view_of_answerable
from evalkit.runs.condition import card_conditions
from evalkit.runs.folder import RECORDS, RUN
from evalkit.runs.manifest import read_manifest
from evalkit.runs.scorecard import Condition
from evalkit.text import simplify

UNTOLD = "gold from --targets: right where the answer equals it, case and spaces aside; --regrade GRADER does otherwise"


@dataclass(kw_only=True)
class FileReport:
    """What became of one file."""

    path: Path
    """Where it was read; of a remote file, its copy."""
    name: str
    """What the user calls it."""
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
    met: set[str] = field(default_factory=set)
    """Options that had an effect on this file, such as "scorer" or "verdict N"."""
    offered: dict[str, list[str]] = field(default_factory=dict)
    """Option → names that the file leaves to choose from."""
    conditions: dict[tuple[str, str], Condition] = field(default_factory=dict)
    """(task, model) → its condition, where the format records it."""
    scores: dict[str, bool] = field(default_factory=dict)
    """Scorer whose verdict is a number → whether its numbers are 0 and 1 alone."""
    empty: Counter[CardKey] = field(default_factory=Counter)
    """Answers without a text whose end the file does not tell: chosen by the model, or the harness's doing."""


@dataclass(frozen=True, kw_only=True)
class FileResult:
    """One file, read."""

    report: FileReport
    counts: Counts


@dataclass(frozen=True, kw_only=True)
class Session:
    """Everything that reading the files of one call needs."""

    run: str
    """Name of the run folder."""
    resolved: Resolved
    labels: dict[Path, str]
    """What the model of each file is called where the file does not say."""
    inputs: Inputs
    """What the user calls each file."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Set where the caller no longer wants the result."""

    def read(
        self,
        file: InputFile,
        spool: Spool,
        regrader: Regrader,
        unsettled: UnsettledError | None = None,
        on_scale: frozenset[str] = frozenset(),
    ) -> FileResult:
        """Read one file.

        Args:
            file: which, with its reader.
            spool: gets the records and failures.
            regrader: grades afresh where that is asked for.
            unsettled: what an earlier reading of this file raised; unknown verdicts then have no verdict, or are
                skipped where bad rows are.
            on_scale: scorers whose scores are 0 and 1 here, and points on a scale in another file of the call.

        Raises:
            UnsettledError: the file has verdicts whose meaning nobody has said.
            InputError: the file is damaged, ungraded, or contradicts itself.
            UsageError: the reader raised.
            InterruptedError: the caller no longer wants the result.
        """
        return _Reading(self, file, spool, regrader, unsettled, on_scale).read()


class _Reading:
    """One file being read."""

    def __init__(
        self,
        session: Session,
        file: InputFile,
        spool: Spool,
        regrader: Regrader,
        unsettled: UnsettledError | None,
        on_scale: frozenset[str],
    ) -> None:
        reader, resolved = file.reader, session.resolved
        self._session = session
        self._source = file.source
        self._reader = reader
        self._spool = spool
        self._regrader = regrader
        self._again = unsettled is not None
        self._keeps = resolved.terms.keep_questions
        self._report = FileReport(
            path=file.source.path,
            name=session.inputs.name(file.source.path),
            format=reader.name,
            rule=str(getattr(reader, "rule", "")),
        )
        self._counts = Counts(policy=resolved.terms.policy)
        self._verdicts = Verdicts(
            marks=resolved.marks,
            preference=file.source.preference,
            unsettled=unsettled.scorers if unsettled else frozenset(),
            on_scale=on_scale,
        )
        self._report.conditions = _conditions(file.source.path, resolved.terms)
        if unsettled is not None:
            file.source.warn(str(unsettled))

    def read(self) -> FileResult:
        source, report = self._source, self._report
        for row in self._rows():
            if self._session.stop.is_set():
                raise InterruptedError
            report.rows += 1
            try:
                self._take(row)
            except BadRowError as error:
                source.bad(error)
        self._finish(self._regrader.finish())
        problem = "" if self._again else self._verdicts.problem()
        if problem:
            raise UnsettledError(f"{source.path}: {problem}", self._verdicts.scorers)
        report.skipped, report.scores = source.skipped, self._verdicts.scores
        report.warnings = [self._session.inputs.in_text(warning) for warning in source.warnings]
        report.met |= source.preference.met | {f"verdict {mark}" for mark in self._verdicts.met}
        report.offered = {
            **source.preference.offered,
            "verdict": sorted({mark for marks in self._verdicts.seen.values() for mark in marks}),
        }
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

    def _take(self, row: ForeignRow) -> None:
        """Interpret a row, and count it, at once or when it is regraded."""
        reading = self._interpret(row)
        if reading is None:
            return
        if self._is_duplicate(reading):
            self._report.collapsed += 1
        elif self._regrader.can_grade(reading):
            self._finish(self._regrader.add(reading))
        else:
            self._count(reading, None)

    def _interpret(self, row: ForeignRow) -> Reading | None:
        """Apply the user's terms, and fill in what the file leaves to its surroundings.

        Returns:
            None where the row's verdict is unknown, which the end of the file reports.

        Raises:
            BadRowError: a number is out of range; or the verdict is unknown, and such rows are skipped.
        """
        resolved, terms = self._session.resolved, self._session.resolved.terms
        self._check(row)
        answer, attempted, unreadable = row.answer, row.attempted, row.unreadable
        if resolved.pattern is not None and row.text is not None:
            self._report.met.add("extract")
            matches = [match.group(1) for match in resolved.pattern.finditer(row.text)]
            answer, attempted, unreadable = (matches[-1] if matches else None), bool(matches), not matches
        target = self._target(row)
        verdict, unknown = self._verdicts.settle(row)
        row = self._verdicts.with_credit(row)
        if not (terms.task or row.task):
            self._source.warn(
                f"it does not name its task, which is called {self._report.format}; boards group such answers by the"
                " questions asked, and --task NAME settles it"
            )
        reason = row.reason
        if unknown and self._regrader.grader is None:
            if not self._again:
                return None
            if self._source.skip_bad:
                raise self._source.error_at(row.place, unknown)
            verdict, reason = "unscored", unknown
        if verdict is None and target and self._matches_gold(row, answer):
            is_right = _equals(answer if answer is not None else row.text or "", target)
            verdict = in_view_of_answerable(row, "right" if is_right else "wrong")
        return Reading(
            row=row,
            task=terms.task or row.task or self._report.format,
            model=terms.model or row.model or self._session.labels[self._source.path],
            verdict=verdict,
            target=target,
            answer=answer,
            attempted=attempted,
            unreadable=unreadable,
            reason=reason,
        )

    def _target(self, row: ForeignRow) -> list[str] | tuple[str, ...]:
        resolved = self._session.resolved
        found = resolved.targets.find(row) if resolved.targets else None
        if found:
            self._report.met.add("targets")
        return [*(found or row.target)]

    def _matches_gold(self, row: ForeignRow, answer: str | None) -> bool:
        """Whether a row without a verdict is graded by its gold: by the format's rule, or because gold was given."""
        resolved = self._session.resolved
        if self._regrader.grader is not None:
            return False
        if answer is not None and (self._report.rule or resolved.pattern is not None):
            return True
        if resolved.targets is None or (answer is None and row.text is None) or resolved.pattern is not None:
            return False
        self._source.warn(UNTOLD)
        return True

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
            BadRowError: it contradicts an earlier one.
        """
        row = reading.row
        key = row_digest(reading.task, row.sample_id, row.epoch, row.threshold)
        content = _digest(reading.verdict, row.text, reading.answer)
        earlier = self._counts.seen.setdefault(reading.model, {}).setdefault(key, content)
        if earlier is not content and earlier != content:
            raise BadRowError(
                f"{self._source.path}:{row.place}: sample {row.sample_id!r} of {reading.model}, {reading.task},"
                " appears twice with different answers; remove one, or skip such rows with --skip-bad"
            )
        return earlier is not content

    def _finish(self, graded: list[tuple[Reading, Grade | NoVerdictError]]) -> None:
        """Count rows that were regraded."""
        for reading, grade_ in graded:
            try:
                self._count(reading, grade_)
            except BadRowError as error:
                self._source.bad(error)

    def _count(self, reading: Reading, regraded: Grade | NoVerdictError | None) -> None:
        unscored = reading.verdict == "unscored" and not reading.row.truncated
        failed = (reading.verdict == "failed" or unscored) and reading.row.recorded is None and regraded is None
        if regraded is not None:
            self._report.met.add("regrade")
        if failed or isinstance(regraded, NoVerdictError):
            failure = _failure(reading, str(regraded) if regraded is not None else reading.reason)
            self._spool.fail(failure)
            self._counts.add_failure(failure)
            return
        if regraded is not None:
            self._compare(reading, regraded)
        record = self._record(reading, regraded or self._by_policy(reading))
        self._spool.append(record)
        self._counts.add(record)
        if record.grade.non_answer is NonAnswer.EMPTY and record.completion.finish_reason == "unknown":
            self._report.empty[CardKey(record.task, record.model, record.prompt_threshold)] += 1

    def _by_policy(self, reading: Reading) -> Grade:
        """The grade of a row by its verdict.

        Raises:
            BadRowError: there is neither a verdict nor gold.
        """
        graded = apply_policy(reading, self._session.resolved.count_as)
        if graded is None:
            why = f" ({reading.reason})" if reading.reason else ""
            raise BadRowError(
                f"{self._source.path}:{reading.row.place}: ungraded: no verdict{why}; give --regrade GRADER, with"
                " --targets FILE where the gold is elsewhere, or skip such rows with --skip-bad"
            )
        return graded

    def _compare(self, reading: Reading, regraded: Grade) -> None:
        if reading.verdict in (None, "failed", "unscored") or regraded.outcome is Outcome.MISSING:
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
            messages=[Message(role="user", content=row.input)] if self._keeps and row.input else [],
            target=list(reading.target),
            choices=list(row.choices) if row.choices else None,
            metadata=row.metadata,
            completion=completion_of(reading),
            grade=graded,
            source=f"{self._report.name}:{row.place}",
            question=self._question(row),
        )

    def _question(self, row: ForeignRow) -> str | None:
        """Digest of the question where no task is named: ids of two files may then be equal by chance."""
        if self._session.resolved.terms.task or row.task or not row.input:
            return None
        return hashlib.blake2b(row.input.strip().encode(errors="replace"), digest_size=8).hexdigest()


def _conditions(path: Path, terms: Terms) -> dict[tuple[str, str], Condition]:
    """(task, model) → condition, of the records of a run of evalkit's own; what cannot be read tells nothing."""
    if path.name != RECORDS or not (path.parent / RUN).is_file():
        return {}
    try:
        conditions = card_conditions(read_manifest(path.parent))
    except InputError:
        return {}
    return {(terms.task or task, terms.model or model): one for (task, model), one in conditions.items()}


def _equals(answer: str, target: Sequence[str]) -> bool:
    return answer in target or simplify(answer) in {simplify(one) for one in target}


def _failure(reading: Reading, reason: str) -> Failure:
    row = reading.row
    return Failure(
        task=reading.task,
        model=reading.model,
        sample_id=row.sample_id,
        epoch=row.epoch,
        prompt_threshold=row.threshold,
        stage="judge" if row.text or reading.verdict == "unscored" else "completion",
        error=reason or ("no verdict" if reading.verdict == "unscored" else "failed in the file"),
        answerable=row.metadata.get("answerable", True) is not False,
    )


def _digest(*values: object) -> bytes:
    return hashlib.blake2b(repr(values).encode(errors="surrogatepass"), digest_size=8).digest()
