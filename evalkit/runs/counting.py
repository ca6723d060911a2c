"""Build scorecards from records, one record at a time; their order changes no bit of a card."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evalkit.metrics.measurement import Measurement, Pattern
from evalkit.metrics.outcomes import CODES, MISSING, Counts, Details
from evalkit.records import Failure, NonAnswer, Record, RecordKey
from evalkit.runs import own_metrics
from evalkit.runs.scorecard import (
    DEFAULT_THRESHOLDS,
    Abstention,
    Condition,
    Missing,
    Mode,
    NonAnswers,
    Scorecard,
    Stratum,
    Tokens,
    make_interval,
    make_ranges,
    make_scores,
)

if TYPE_CHECKING:  # it imports this module, through the journal
    from evalkit.runs.outcomes import OutcomeRow

_SINGLE = {
    (position, answerable): Pattern(*counts, answerable=answerable)
    for position, counts in enumerate(((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)))
    for answerable in (True, False)
}


@dataclass(frozen=True, kw_only=True)
class CardHead:
    """The identity of a card: everything that is not computed from its records."""

    task: str | None = None
    model: str | None = None
    prompt_threshold: float | None = None
    run: str | None = None
    count_as: dict[str, str] = field(default_factory=dict)
    condition: Condition = field(default_factory=Condition)
    metrics: Sequence[str] = ()
    """The user's own metrics in addition to the installed ones: file.py::name."""
    reported: Sequence[str] = ()
    """Installed metrics that the benchmark's publisher reports: shown first."""


def from_records(
    records: Iterable[Record], head: CardHead, thresholds: Sequence[float] = (), failures: Iterable[Failure] = ()
) -> Scorecard:
    """Count and score records of one (task, model, prompt_threshold).

    Args:
        records: their keys must be unique.
        head: what identifies the card.
        thresholds: where to score a card without a stated target; default 0, 0.5, 0.75, 0.9. A card with a stated
            target has one score, at that target.
        failures: answers that were never received.

    Raises:
        ValueError: a key occurs twice; counting both would inflate the counts.
    """
    builder = CardBuilder()
    seen: set[RecordKey] = set()
    for record in records:
        if record.key in seen:
            raise ValueError(f"sample {record.sample_id!r}, epoch {record.epoch} occurs twice")
        seen.add(record.key)
        builder.add(record)
    for failure in failures:
        builder.add_failure(failure)
    return builder.build(head, thresholds)


class CardBuilder:
    """Counts records one by one.

    Args:
        by_item: keep counts per sample, as needed for means over several epochs. Otherwise memory is constant and
            every record counts as a separate item.
    """

    def __init__(self, *, by_item: bool = True) -> None:
        self._by_item = by_item
        self._outcomes = [0, 0, 0, 0]
        self._items: dict[str, list[int]] = {}
        self._unanswerable: set[str] = set()
        self._singles: Counter[tuple[int, bool]] = Counter()
        self._non_answers: Counter[NonAnswer] = Counter()
        self._partial: Counter[str] = Counter()
        """Item → number of partly right answers."""
        self._failed = self._undecided = self._cut_off = self._missing_truncated = 0
        self._unanswerable_answers = 0
        self._confidences: int | None = None
        self._credits: list[float] = []
        self._measures: Counter[str] = Counter()
        self._stated: list[tuple[float, bool]] = []
        """Confidence, and whether the answer was correct."""
        self._tokens = [0, 0, 0]
        self._strata: dict[str, list[int]] = {}

    @classmethod
    def of_counts(cls, correct: int, error: int, idk: int) -> CardBuilder:
        """Start from bare counts, one answer per item."""
        builder = cls(by_item=False)
        builder._outcomes = [correct, error, idk, 0]
        builder._singles.update({(0, True): correct, (1, True): error, (2, True): idk})
        return builder

    @property
    def correct(self) -> int:
        """Correct answers so far."""
        return self._outcomes[0]

    @property
    def error(self) -> int:
        """Wrong answers so far."""
        return self._outcomes[1]

    @property
    def idk(self) -> int:
        """Answers without a claim so far."""
        return self._outcomes[2]

    @property
    def n(self) -> int:
        """Answers graded so far."""
        return sum(self._outcomes[:3])

    @property
    def failed(self) -> int:
        """Failures so far."""
        return self._failed

    @property
    def measurement(self) -> Measurement:
        """The measurement so far."""
        if not self._by_item:
            return Measurement({_SINGLE[key]: count for key, count in self._singles.items()})
        return Measurement.of_items(
            Pattern(c, e, i, m, answerable=name not in self._unanswerable) for name, (c, e, i, m) in self._items.items()
        )

    @property
    def items(self) -> Mapping[str, Sequence[int]]:
        """Item → counts of its correct, wrong, IDK and missing answers; empty if items are not kept."""
        return self._items

    def is_answerable(self, item: str) -> bool:
        """Whether an item has a right answer."""
        return item not in self._unanswerable

    def add(self, record: Record | OutcomeRow, item: str = "") -> None:
        """Count one record.

        Args:
            record: the record, or the fields that counting needs.
            item: the item that the record answers; default: its sample.
        """
        grade, completion = record.grade, record.completion
        # Older journals counted undecided answers as errors; here they are missing.
        position = MISSING if grade.undecided else CODES[grade.outcome]
        answerable = record.metadata.get("answerable", True) is not False
        self._count(item or record.sample_id, position, answerable=answerable)
        if grade.non_answer is not None:
            self._non_answers[NonAnswer(grade.non_answer)] += 1
        if grade.non_answer == NonAnswer.PARTIAL and position == CODES["idk"]:
            self._partial[item or record.sample_id] += 1
        self._missing_truncated += position == 3 and grade.non_answer == NonAnswer.TRUNCATED  # noqa: PLR2004 - missing
        self._cut_off += completion.finish_reason == "length"
        self._undecided += grade.undecided
        if position < 3:  # noqa: PLR2004 - graded
            self._unanswerable_answers += not answerable
        if grade.credit is not None:
            self._credits.append(grade.credit)
        if grade.confidence is not None:
            self._confidences = (self._confidences or 0) + 1
            self._stated.append((grade.confidence, position == CODES["correct"]))
        if grade.measures:
            self._measures.update(grade.measures)
        self._add_tokens(record)
        if (stratum := record.metadata.get("stratum")) is not None:
            self._strata.setdefault(str(stratum), [0, 0, 0, 0])[position] += 1

    def add_failure(self, failure: Failure) -> None:
        """Count a sample without a completion or verdict."""
        self.add_missing(failure.sample_id, answerable=failure.answerable)

    def add_missing(self, item: str, *, answerable: bool) -> None:
        """Count an answer that was never received."""
        self._failed += 1
        self._count(item, 3, answerable=answerable)

    def expect_confidences(self) -> None:
        """Note that a confidence was requested, so that the card reports how many answers have one."""
        self._confidences = self._confidences or 0

    def add_all(self, other: CardBuilder) -> None:
        """Add another builder's counts."""
        self._outcomes = _sums(self._outcomes, other._outcomes)
        self._singles.update(other._singles)
        self._non_answers.update(other._non_answers)
        self._partial.update(other._partial)
        self._unanswerable |= other._unanswerable
        self._failed += other._failed
        self._undecided += other._undecided
        self._cut_off += other._cut_off
        self._missing_truncated += other._missing_truncated
        self._unanswerable_answers += other._unanswerable_answers
        if other._confidences is not None:
            self._confidences = (self._confidences or 0) + other._confidences
        self._credits += other._credits
        self._measures.update(other._measures)
        self._stated += other._stated
        self._tokens = _sums(self._tokens, other._tokens)
        for mine, theirs in ((self._strata, other._strata), (self._items, other._items)):
            for name, counts in theirs.items():
                mine[name] = _sums(mine.get(name, [0, 0, 0, 0]), counts)

    def build(self, head: CardHead, thresholds: Sequence[float] = ()) -> Scorecard:
        """Build the card; see `from_records` for the thresholds."""
        shown = (head.prompt_threshold,) if head.prompt_threshold is not None else thresholds
        mode: Mode = "closed" if head.prompt_threshold is None else "open"
        ts = [float(t) for t in (shown or DEFAULT_THRESHOLDS)]
        measured = self.measurement
        coverage, given_attempted = self._attempts(measured)
        credit = math.fsum(self._credits) / len(self._credits) if self._credits else None
        own = own_metrics.evaluate(measured, self._details(credit), head.metrics)
        kinds = {kind.value: self._non_answers[kind] for kind in NonAnswer if kind is not NonAnswer.TRUNCATED}
        return Scorecard(
            task=head.task,
            model=head.model,
            prompt_threshold=head.prompt_threshold,
            run=head.run,
            n=measured.n,
            items=measured.items,
            correct=self.correct,
            error=self.error,
            idk=self.idk,
            failed=self._failed,
            truncated=self._non_answers[NonAnswer.TRUNCATED],
            undecided=self._undecided,
            cut_off=self._cut_off,
            non_answers=NonAnswers(**kinds),
            accuracy=make_interval(measured.accuracy),
            scores=make_scores(measured, ts, mode),
            coverage=coverage,
            accuracy_given_attempted=given_attempted,
            error_rate=measured.error_rate,
            count_as=dict(head.count_as),
            credit=credit,
            answerable=1 - self._unanswerable_answers / measured.n if measured.n else None,
            tokens=Tokens(prompt=self._tokens[0], completion=self._tokens[1], reasoning=self._tokens[2]),
            strata={name: _stratum(*counts) for name, counts in sorted(self._strata.items())},
            condition=head.condition,
            missing=Missing(failed=self._failed, truncated=self._missing_truncated, undecided=self._undecided),
            range=make_ranges(measured, ts),
            accuracy_range=next(iter(make_ranges(measured, [0.0])), None),
            abstention=_abstention(measured),
            confidences=self._confidences,
            metrics=own.values,
            metric_problems=own.problems,
            shown_metrics=own_metrics.shown_first(head.metrics, head.reported),
        )

    def _details(self, credit: float | None) -> Details:
        """What metrics may know beside the outcomes."""
        strata = {
            name: Counts(correct=correct, error=error, idk=idk, missing=missing)
            for name, (correct, error, idk, missing) in self._strata.items()
        }
        return Details(
            credit=credit, strata=strata, measures=dict(self._measures), confidences=tuple(sorted(self._stated))
        )

    def _count(self, sample_id: str, position: int, *, answerable: bool) -> None:
        self._outcomes[position] += 1
        if not self._by_item:
            self._singles[position, answerable] += 1
            return
        self._items.setdefault(sample_id, [0, 0, 0, 0])[position] += 1
        if not answerable:
            self._unanswerable.add(sample_id)

    def _attempts(self, measured: Measurement) -> tuple[float | None, float | None]:
        """Coverage, and accuracy given an attempt.

        Answers that are partly right were attempted, though they count as IDK.
        """
        graded = ((count, sum(self._items[item][:3])) for item, count in self._partial.items() if item in self._items)
        partly = math.fsum(count / n for count, n in graded)
        coverage, accuracy = measured.coverage, measured.accuracy
        if not partly or coverage is None or accuracy is None:
            return coverage, measured.accuracy_given_attempted
        attempted = coverage + partly / measured.items
        return attempted, accuracy.value / attempted

    def _add_tokens(self, record: Record | OutcomeRow) -> None:
        usage = record.completion.usage
        self._tokens[0] += usage.prompt_tokens or 0
        self._tokens[1] += usage.completion_tokens or 0
        self._tokens[2] += usage.reasoning_tokens or 0


def _abstention(measured: Measurement) -> Abstention | None:
    quality = measured.abstention
    return None if quality is None else Abstention(**quality._asdict())


def _sums(mine: Sequence[int], theirs: Sequence[int]) -> list[int]:
    return [a + b for a, b in zip(mine, theirs, strict=True)]


def _stratum(correct: int, error: int, idk: int, missing: int) -> Stratum:
    return Stratum(n=correct + error + idk, correct=correct, error=error, idk=idk, missing=missing)
