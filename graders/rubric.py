"""How good is this answer, from 1 to 10? A judge decides with the task's checklist; the mark becomes credit.

The credit is (mark − 1) / 9. An answer counts as correct from the cut on, 7 unless `-G cut=…` says otherwise: WildBench
has no pass mark of its own. An answer that makes no claim is IDK before any judge is asked.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from evalkit import Completion, Grade, Message, Sample, ask_mark, grader, non_answer


@grader
async def rubric(
    sample: Sample, completion: Completion, *, judge: str, cut: Annotated[int, Field(ge=2, le=10)] = 7
) -> Grade:
    """Let `judge`, a model or several, mark the answer from 1 to 10 (the median); from `cut` on it is correct."""
    if kind := non_answer(completion.text, question=sample.input):
        return Grade.idk(kind)
    turns = [*sample.turns, Message(role="user", content=sample.input)]
    mark, said = await ask_mark(judge, turns, sample.metadata.get("checklist", ()), completion.text)
    reason = f"{said}; correct from {cut} on"
    return Grade.of(mark >= cut, answer=f"{mark:g}", credit=(mark - 1) / 9, reason=reason)
