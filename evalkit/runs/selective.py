"""Abstention policies applied afterwards: a policy keeps some answers, the rest count as IDK (mode `simulated`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from evalkit.errors import UsageError
from evalkit.grading.confidence import agree, agreement_shares, vote
from evalkit.records import Completion, Grade, Outcome, Record
from evalkit.runs import journal
from evalkit.runs.counting import CardHead, from_records
from evalkit.runs.scorecard import DEFAULT_THRESHOLDS, Scorecard
from evalkit.runs.tally import Tally

Policy = Literal["confidence", "consistency"]


def simulated_cards(
    records: Iterable[Record],
    policy: Policy,
    head: CardHead,
    thresholds: Sequence[float] = (),
    *,
    voted: bool = False,
) -> list[Scorecard]:
    """The cards of answers to plain prompts after an abstention policy has been applied.

    `confidence` keeps an answer at t only if its confidence is above t; answers without one are kept as they are.
    `consistency` keeps a sample only if all its epochs give the same answer.

    Args:
        records: records of one (task, model) with prompt_threshold None.
        policy: the policy.
        head: the identity of the cards.
        thresholds: where to score them; default 0, 0.5, 0.75, 0.9.
        voted: whether a sample's epochs vote although the records have confidences; without any they always vote.

    Returns:
        One card per threshold, with the counts that the policy leaves there.

    Raises:
        UsageError: `consistency` with a single epoch.
    """
    answers = _answers(list(records), policy, voted=voted)
    ts = [float(t) for t in (thresholds or DEFAULT_THRESHOLDS)]
    return [_card(answers, t, policy, head) for t in ts]


def add_votes(folder: Path, tally: Tally) -> Tally:
    """Set every record's confidence to the share of its sample's other epochs that give the same answer.

    Args:
        folder: a complete run folder whose journal is closed.
        tally: an empty tally.

    Returns:
        The tally of the updated records.
    """
    grades: dict[tuple[str, str, float | None], dict[int, Grade]] = {}
    for record in journal.read_records(folder):
        grades.setdefault(_sample(record), {})[record.epoch] = record.grade
    shares = {key: agreement_shares(epochs) for key, epochs in grades.items()}

    def voted(record: Record) -> Record:
        share = shares[_sample(record)].get(record.epoch)
        return record.model_copy(update={"grade": record.grade.model_copy(update={"confidence": share})})

    journal.rewrite_records(folder, voted)
    done = set()
    for record in journal.read_records(folder):
        tally.count(record)
        done.add(record.key)
    for failure in journal.read_failures(folder):
        if failure.key not in done:
            tally.count_failure(failure)
    tally.close()
    return tally


def plain_records(folder: Path) -> dict[str, list[Record]]:
    """Task → records of plain prompts, without their texts to save memory."""
    records: dict[str, list[Record]] = {}
    for record in journal.read_records(folder):
        if record.prompt_threshold is None:
            bare = record.model_copy(update={"completion": Completion(text=""), "messages": []})
            records.setdefault(record.task, []).append(bare)
    return records


class _Answer(NamedTuple):
    record: Record
    confidence: float | None
    """None if unknown, or if there is no claim; the answer is kept as it is."""


def _sample(record: Record) -> tuple[str, str, float | None]:
    return record.task, record.sample_id, record.prompt_threshold


def _card(answers: Sequence[_Answer], t: float, policy: Policy, head: CardHead) -> Scorecard:
    kept = (_after(answer, t, policy) for answer in answers)
    card = from_records(kept, head, [t])
    unstated = 0
    if policy == "confidence":
        claims = (Outcome.CORRECT, Outcome.ERROR)
        unstated = sum(answer.confidence is None and answer.record.grade.outcome in claims for answer in answers)
    scores = [score.model_copy(update={"mode": "simulated"}) for score in card.scores]
    return card.model_copy(update={"policy": policy, "scores": scores, "unstated": unstated})


def _answers(records: list[Record], policy: Policy, *, voted: bool) -> list[_Answer]:
    samples: dict[str, list[Record]] = {}
    for record in records:
        samples.setdefault(record.sample_id, []).append(record)
    epochs = max(map(len, samples.values()), default=0)
    if policy == "consistency":
        if epochs < 2:  # noqa: PLR2004 - agreement needs two
            raise UsageError("--policy consistency needs --epochs of at least 2")
        return [_agreed(of_sample) for of_sample in samples.values()]
    if epochs > 1 and (voted or all(record.grade.confidence is None for record in records)):
        return [_voted(of_sample) for of_sample in samples.values()]
    return [_Answer(record, record.grade.confidence) for record in records]


def _agreed(records: Sequence[Record]) -> _Answer:
    first = records[0]
    return _Answer(first if agree([record.grade for record in records]) else _abstained(first), None)


def _voted(records: Sequence[Record]) -> _Answer:
    """One answer for several epochs, chosen by vote; its confidence is the share of votes."""
    if len(records) < 2:  # noqa: PLR2004 - an epoch failed: agreement needs two
        return _Answer(records[0], 0.0)
    chosen, confidence = vote([record.grade for record in records])
    return _Answer(records[chosen], confidence)


def _after(answer: _Answer, t: float, policy: Policy) -> Record:
    if policy == "consistency" or answer.confidence is None or answer.confidence > t:
        return answer.record
    return _abstained(answer.record)


def _abstained(record: Record) -> Record:
    return record.model_copy(update={"grade": Grade.idk("abstained", "withdrawn by the abstention policy")})
