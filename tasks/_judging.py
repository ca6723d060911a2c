"""Grade short answers by rules, by a judge where the rules cannot decide, or by a judge throughout as publishers do."""

from __future__ import annotations

from typing import Literal

from evalkit import Completion, Grade, Sample, ask_verdict, grade_with, non_answer, plain

Judging = Literal["undecided", "all"]
"""Which claims a judge decides: those that the rules cannot, or, as the publisher does, all."""
LONGEST = 200
"""Longest answer, in characters, kept in a grade."""
PARTIAL_CREDIT = 0.5


async def by_entity(
    sample: Sample,
    completion: Completion,
    judge: str | None,
    judging: Judging,
    *,
    rules: str = "",
    partly: bool = False,
) -> Grade:
    """Grade a short factual answer.

    Args:
        sample: the question with its accepted answers.
        completion: the model's completion.
        judge: one model or several, separated by commas; None for the rules of `entity` alone.
        judging: which claims the judge decides.
        rules: what the publisher tells its judge, in whole lines.
        partly: whether the judge may say "partly correct".
    """
    if judge is None or judging == "undecided":
        result = await grade_with("entity", sample, completion)
        if judge is None or not result.undecided:
            return result
    text = completion.text
    if kind := non_answer(text, question=sample.prompt, target=sample.target, choices=sample.choices):
        return Grade.idk(kind)
    ruling = await ask_verdict(judge, sample, text, rules=rules, partly=partly)
    if ruling.verdict == "not attempted":
        return Grade.idk("abstained", ruling.reason, votes=ruling.votes)
    answer = plain(text)[:LONGEST]
    if ruling.verdict == "partly correct":
        return Grade.partly(answer=answer, credit=PARTIAL_CREDIT, reason=ruling.reason, votes=ruling.votes)
    return Grade.of(ruling.verdict == "correct", answer=answer, reason=ruling.reason, votes=ruling.votes)
