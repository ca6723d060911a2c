"""Scorecard: the counts and scores of one (task, model, prompt_threshold), as printed and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from evalkit.metrics.measurement import Estimate, Measurement, Span, normalized
from evalkit.metrics.threshold import check_counts, check_threshold, penalty

Mode = Literal["open", "closed", "simulated", "cross"]

DEFAULT_THRESHOLDS = (0.0, 0.5, 0.75, 0.9)
"""Default thresholds at which a card without a stated target is scored."""


Count = Annotated[int, Field(ge=0, le=2**53)]
Threshold = Annotated[float, Field(ge=0, lt=1)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)


class Range(_Frozen):
    """Bounds on a score, whatever the missing answers would have been."""

    threshold: Threshold
    low: float
    """The score if every missing answer were an error."""
    high: float
    """The score if every missing answer were correct, or IDK where the sample is unanswerable."""
    ci95: tuple[float, float]
    """From the lower end of the interval around `low` to the upper end of the one around `high`."""


class Interval(_Frozen):
    """A rate with its confidence interval."""

    value: float
    se: float | None
    """Standard error; None if there is only one item."""
    ci95: tuple[float, float]


class Score(_Frozen):
    """S_t of a card at one threshold."""

    threshold: Threshold
    penalty: float
    """Points a mistake costs, t/(1−t)."""
    mode: Mode
    """open: t was stated in the prompt; closed: it was not; simulated and cross: applied afterwards."""
    value: float
    """S_t, in [−penalty, 1]; with several epochs, the mean of item means."""
    se: float | None
    ci95: tuple[float, float]
    normalized: float
    """N_t = (1−t)·S_t + t, in [0, 1]."""


class NonAnswers(_Frozen):
    """Counts of non-answers, by kind."""

    abstained: Count = 0
    refusal: Count = 0
    empty: Count = 0
    unparsed: Count = 0
    partial: Count = 0
    """Partly right: 0 points, but attempted."""


class Missing(_Frozen):
    """Counts of answers that are in no score, by reason."""

    failed: Count = 0
    """No completion, or no verdict from a judge."""
    truncated: Count = 0
    """Cut off at the token limit before they committed to an answer."""
    undecided: Count = 0
    """Not decided by rules, and no judge was asked."""

    @property
    def total(self) -> int:
        """The sum of all reasons."""
        return self.failed + self.truncated + self.undecided


class Abstention(_Frozen):
    """How well IDK detects unanswerable samples, in a task with both kinds; rates are means over samples."""

    precision: float | None
    """Share of the IDK answers given to unanswerable samples; None without an IDK."""
    recall: float | None
    """Share of the unanswerable samples answered with IDK."""
    f1: float | None
    over_abstention: float | None
    """Share of the answerable samples answered with IDK."""


class Condition(_Frozen):
    """What distinguishes a card from others of its model and task."""

    id: str = ""
    """Short digest of every setting that changes what was asked or how it was answered."""
    label: str = ""
    """The user's name for it; "" if none was given."""
    settings: dict[str, str] = {}
    """The settings that differ from their defaults."""
    asked: dict[str, str] = {}
    """Those of them by which the questions were put otherwise than the task usually puts them."""


class Tokens(_Frozen):
    """Tokens used, as far as the server reported them."""

    prompt: Count = 0
    completion: Count = 0
    reasoning: Count = 0


class Stratum(_Frozen):
    """Counts of one stratum."""

    n: Count
    correct: Count
    error: Count
    idk: Count
    missing: Count = 0


class Scorecard(_Frozen):
    """Counts and scores of one (task, model, prompt_threshold). The attributes are the JSON's keys."""

    task: str | None
    model: str | None
    prompt_threshold: Threshold | None
    run: str | None
    """Folder of the run; None for a card made from bare counts."""
    n: Count
    """Graded answers: correct + error + idk, without failures."""
    items: Count
    """Distinct samples among them; fewer than n with several epochs."""
    correct: Count
    error: Count
    idk: Count
    failed: Count
    """Samples without a completion or verdict, counted nowhere else."""
    truncated: Count
    """Answers cut off at the token limit before they committed to one."""
    undecided: Count = 0
    """Answers that the grader's rules could not decide when no judge was asked."""
    cut_off: Count = 0
    """Answers that reached the token limit, including those that had already committed."""
    non_answers: NonAnswers
    accuracy: Interval | None
    """None if n is 0, as for every rate below."""
    scores: list[Score]
    coverage: float | None
    accuracy_given_attempted: float | None
    error_rate: float | None
    count_as: dict[str, str] = Field(default_factory=dict)
    """Changes to what a kind of non-answer counts as."""
    policy: str | None = None
    """The abstention policy applied afterwards, if the scores are simulated."""
    unstated: Count = 0
    """Claims without a known confidence, which the confidence policy keeps as they are."""
    credit: float | None = None
    """Mean partial credit, if the benchmark gives it."""
    answerable: float | None = None
    """Share of the answers that respond to answerable questions; to the rest, only IDK is right."""
    tokens: Tokens = Tokens()
    strata: dict[str, Stratum] = Field(default_factory=dict)
    condition: Condition = Condition()
    missing: Missing = Missing()
    """Answers that are in no count, by reason; `truncated` is 0 if --count-as counts them as an outcome."""
    range: list[Range] = []
    """Bounds on each score, whatever the missing answers would have been; empty if none is missing."""
    accuracy_range: Range | None = None
    """The same bounds for accuracy."""
    abstention: Abstention | None = None
    """How well IDK detects unanswerable samples; None unless the task has both kinds."""
    confidences: Count | None = None
    """Number of answers with a confidence; None if none was requested."""
    metrics: dict[str, float | None] = {}
    """Registered metrics of this card, by name; None for one that is undefined or failed."""
    metric_problems: dict[str, str] = {}
    """Metrics that failed, with the reason."""
    shown_metrics: list[str] = []
    """Names of the metrics shown on screen: the user's own and those of other packages."""

    def range_at(self, threshold: float) -> Range | None:
        """The range of the score at a threshold; None if nothing is missing."""
        return next((one for one in self.range if one.threshold == threshold), None)

    @property
    def missing_share(self) -> float:
        """Share of the requested answers that are missing, in [0, 1]."""
        total = self.n + self.missing.total
        return self.missing.total / total if total else 0.0


def score(
    *, correct: int, error: int, idk: int, threshold: float | Sequence[float] = 0.0, stated: bool = False
) -> Scorecard:
    """Score bare counts, one answer per item; the public `evalkit.score`.

    Args:
        correct: number of correct answers, ≥ 0; the three counts may not all be 0.
        error: number of wrong answers, ≥ 0.
        idk: number of answers that make no claim, ≥ 0.
        threshold: confidence target(s) t, each 0 ≤ t < 1.
        stated: whether the (one) target was stated in the prompt: mode `open` instead of `closed`.

    Returns:
        A Scorecard with one Score per threshold.

    Raises:
        TypeError, ValueError: as `check_counts` and `check_threshold`; several thresholds with `stated`.
    """
    from evalkit.runs.counting import CardBuilder, CardHead

    thresholds = [threshold] if isinstance(threshold, (int, float)) else list(threshold)
    if stated and len(thresholds) != 1:
        raise ValueError("answers given under one stated target have one score, at that target")
    for t in thresholds:
        check_threshold(t)
    check_counts(correct, error, idk)
    head = CardHead(prompt_threshold=thresholds[0] if stated else None)
    return CardBuilder.of_counts(correct, error, idk).build(head, thresholds)


def make_interval(estimate: Estimate | None) -> Interval | None:
    """Convert an estimate to a card's interval."""
    if estimate is None:
        return None
    return Interval(value=estimate.value, se=estimate.se, ci95=(estimate.low, estimate.high))


def make_scores(measurement: Measurement, thresholds: Sequence[float], mode: Mode) -> list[Score]:
    """The scores of a measurement at several thresholds; empty if nothing was graded."""
    return [
        Score(
            threshold=t,
            penalty=tidy(penalty(t)),
            mode=mode,
            value=estimate.value,
            se=estimate.se,
            ci95=(estimate.low, estimate.high),
            normalized=normalized(estimate.value, t),
        )
        for t, estimate in zip(thresholds, measurement.scores(thresholds), strict=False)
    ]


def make_ranges(measurement: Measurement, thresholds: Iterable[float]) -> list[Range]:
    """The ranges left by missing answers; empty if none is missing."""
    spans = [(t, measurement.span(t)) for t in thresholds]
    return [_range(t, span) for t, span in spans if span is not None]


def _range(t: float, span: Span) -> Range:
    return Range(threshold=t, low=span.low, high=span.high, ci95=(span.ci_low, span.ci_high))


def tidy(value: float) -> float:
    """Round away binary noise: 0.9/(1−0.9) is 9.000000000000002 in floats and prints as 9."""
    return float(f"{value:.12g}")
