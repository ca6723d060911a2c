"""Abstention applied afterwards: answers kept where a policy says so, the rest counted as IDK (mode `simulated`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from evalkit.errors import UsageError
from evalkit.grading.confidence import agree, vote
from evalkit.records import Grade, Outcome, Record
from evalkit.runs.scorecard import DEFAULT_THRESHOLDS, CardBuilder, CardHead, Score, Scorecard

Policy = Literal["confidence", "consistency"]


class Answer(NamedTuple):
    """One answer as a policy sees it."""

    outcome: Outcome
    confidence: float | None
    """None: not known, or nothing was claimed; kept as it is."""


def simulated_card(records: Iterable[Record], policy: Policy, head: CardHead, thresholds: Sequence[float]) -> Scorecard:
    """The card of answers that were told nothing of scoring, after a policy.

    `confidence` keeps an answer at t only where its confidence is above t; answers without one are kept as they are.
    `consistency` keeps an item only where all its epochs give the same answer.

    Args:
        records: of one (task, model) with prompt_threshold None; with several epochs an item counts once.
        policy: which.
        head: of the card.
        thresholds: where it is scored; default 0, 0.5, 0.75, 0.9.

    Returns:
        A card with one simulated score a threshold. Its counts are those before the policy under `confidence`, where
        they differ from one t to the next, and those after it under `consistency`.

    Raises:
        UsageError: there is only one epoch to be consistent with.
    """
    answers = _answers(records, policy)
    ts = [float(t) for t in (thresholds or DEFAULT_THRESHOLDS)]
    scores = []
    for t in ts:
        kept = [_after(answer, t, policy) for answer in answers]
        scores.append(_score(kept, t))
    card = _builder([answer.outcome for answer in answers]).build(head, ts)
    unstated = sum(answer.confidence is None and answer.outcome is not Outcome.IDK for answer in answers)
    update = {"policy": policy, "scores": scores, "unstated": unstated if policy == "confidence" else 0}
    return card.model_copy(update=update)


def _answers(records: Iterable[Record], policy: Policy) -> list[Answer]:
    items: dict[str, list[Grade]] = {}
    for record in records:
        items.setdefault(record.sample_id, []).append(record.grade)
    epochs = max(map(len, items.values()), default=0)
    if policy == "consistency":
        if epochs < 2:  # noqa: PLR2004 - nothing to agree with
            raise UsageError("--policy consistency needs --epochs of at least 2")
        return [Answer(g[0].outcome if agree(g) else Outcome.IDK, None) for g in items.values()]
    stated = [Answer(g.outcome, g.confidence) for grades in items.values() for g in grades]
    if epochs > 1 and all(answer.confidence is None for answer in stated):
        return [_voted(grades) for grades in items.values()]
    return stated


def _voted(grades: Sequence[Grade]) -> Answer:
    if len(grades) < 2:  # noqa: PLR2004 - an epoch failed: nobody to agree with
        return Answer(grades[0].outcome, 0.0)
    chosen, confidence = vote(grades)
    return Answer(grades[chosen].outcome, confidence)


def _after(answer: Answer, t: float, policy: Policy) -> Outcome:
    if policy == "consistency" or answer.confidence is None or answer.confidence > t:
        return answer.outcome
    return Outcome.IDK


def _builder(outcomes: Sequence[Outcome]) -> CardBuilder:
    return CardBuilder.of_counts(*(sum(o is kind for o in outcomes) for kind in Outcome))


def _score(outcomes: Sequence[Outcome], t: float) -> Score:
    (score,) = _builder(outcomes).build(CardHead(), [t]).scores
    return score.model_copy(update={"mode": "simulated"})
