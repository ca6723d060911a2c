"""Metrics over outcomes, one score a sample and epoch: no reducer turns an IDK into a mistake before they see it.

They are computed as evalkit's scorecards are: means over samples of the means over their epochs, without answers that
have no verdict. Scores that `three_way` has not wrapped are read by Inspect's own marks: C, I, P and N, 1 and 0.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from inspect_ai.scorer import SampleScore, metric

from evalkit.dataset.source import Source
from evalkit.integrations.inspect.names import registered_name
from evalkit.metrics.threshold import check_threshold
from evalkit.readers.base import Verdict
from evalkit.readers.fields import Fields
from evalkit.readers.inspect_outcomes import read_outcome
from evalkit.readers.inspect_scores import Part, interpret
from evalkit.records import Completion, Grade, NonAnswer, Outcome, Record
from evalkit.runs.counting import CardBuilder, CardHead
from evalkit.runs.scorecard import DEFAULT_THRESHOLDS, Scorecard

logger = logging.getLogger(__name__)

Value = float | Mapping[str, float]
Metric = Callable[[list[SampleScore]], Value]


def _threshold_score(t: float | None = None) -> Metric:
    """Score S_t: correct 1, IDK 0, an error −t/(1−t).

    Args:
        t: confidence target, 0 ≤ t < 1. None: the one that the prompt stated; where it stated none, the scores at 0,
            0.5, 0.75 and 0.9, each under its own name.

    Raises:
        ValueError: t is out of range.
    """
    if t is not None:
        check_threshold(t)

    def compute(scores: list[SampleScore]) -> Value:
        if t is not None:
            return _score_at(scores, t)
        stated = sorted({s for one in scores if (s := _stated(one)) is not None})
        if len(stated) == 1 and all(_stated(one) is not None for one in scores):
            return _score_at(scores, stated[0])
        if stated:
            return {f"t={s:g}": _score_at([one for one in scores if _stated(one) == s], s) for s in stated}
        return {f"t={s:g}": _score_at(scores, s) for s in DEFAULT_THRESHOLDS}

    return compute


def _idk_rate() -> Metric:
    """Share of the answers that make no claim; a partly right answer makes one."""

    def compute(scores: list[SampleScore]) -> Value:
        return 1.0 - _number(_card(scores).coverage)

    return compute


def _coverage() -> Metric:
    """Share of the answers that make a claim."""

    def compute(scores: list[SampleScore]) -> Value:
        return _number(_card(scores).coverage)

    return compute


def _accuracy_given_attempted() -> Metric:
    """Share of correct answers among those that make a claim; NaN where none does."""

    def compute(scores: list[SampleScore]) -> Value:
        return _number(_card(scores).accuracy_given_attempted)

    return compute


def _outcome_counts() -> Metric:
    """How many answers of all epochs are correct, errors, IDK, and without a verdict."""

    def compute(scores: list[SampleScore]) -> Value:
        card = _card(scores)
        counts = {"correct": card.correct, "error": card.error, "idk": card.idk, "missing": card.missing.total}
        return {name: float(count) for name, count in counts.items()}

    return compute


def _registered(function: Callable[..., Metric]) -> Any:
    function.__name__ = function.__name__.removeprefix("_")
    function.__qualname__ = function.__name__
    return metric(registered_name(function), scores="unreduced")(function)


threshold_score = _registered(_threshold_score)
idk_rate = _registered(_idk_rate)
coverage = _registered(_coverage)
accuracy_given_attempted = _registered(_accuracy_given_attempted)
outcome_counts = _registered(_outcome_counts)


def _score_at(scores: Sequence[SampleScore], t: float) -> float:
    found = _card(scores, t).scores
    return found[0].value if found else math.nan


def _card(scores: Sequence[SampleScore], t: float = 0.0) -> Scorecard:
    builder = CardBuilder()
    for one in scores:
        builder.add(_record(one))
    return builder.build(CardHead(), [t])


def _record(one: SampleScore) -> Record:
    """What a score counts as; only its outcome and its sample matter here."""
    sample, metadata = str(one.sample_id), one.sample_metadata or {}
    return Record(
        run="",
        task="",
        model="",
        sample_id=sample,
        metadata={} if metadata.get("answerable", True) is not False else {"answerable": False},
        completion=Completion(text=""),
        grade=_grade(one),
    )


def _grade(one: SampleScore) -> Grade:
    own = (one.score.metadata or {}).get("evalkit")
    if read_outcome(one.score.metadata) is not None and isinstance(own, Mapping):
        kind = own.get("non_answer")
        return Grade(outcome=Outcome(own["outcome"]), non_answer=NonAnswer(kind) if kind else None)
    score = Fields(one.score.model_dump(), Source(Path("score")))
    found = interpret(Part("", one.score.value, score))
    verdict = found.verdict
    if verdict is None and found.score in (0, 1):
        verdict = "right" if found.score else "wrong"
    if verdict is None:
        logger.warning(
            "the score %r is neither right, wrong nor IDK, and counts as missing; wrap its scorer in three_way(…)",
            one.score.value,
        )
    return _GRADES.get(verdict or "unscored", Grade(outcome=Outcome.MISSING))


_GRADES: dict[Verdict, Grade] = {
    "right": Grade.of(True),
    "wrong": Grade.of(False),
    "partial": Grade.partly(),
    "idk": Grade.idk(),
}


def _stated(one: SampleScore) -> float | None:
    recorded = read_outcome(one.score.metadata)
    return recorded.threshold if recorded else None


def _number(value: float | None) -> float:
    return math.nan if value is None else value
