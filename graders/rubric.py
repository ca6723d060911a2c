"""How good is this answer, from 1 to 10? A judge decides with the task's checklist; the mark becomes credit.

The credit is (mark − 1) / 9. An answer counts as correct from the cut on, 7 unless `-G cut=…` says otherwise: WildBench
has no pass mark of its own. An answer that does no work is IDK before any judge is asked: it declines, asks back, or
ends in "I don't know". A disclaimer and then the work is work, however the disclaimer sounds; whether it is good work
is for the judge to say.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field

from evalkit import Completion, Grade, Message, Sample, ask_mark, final_statement, grader, non_answer

WORK = 60
"""Words beside all disclaimers from which on an answer has done some of what was asked."""
ITEMS = 3
"""Items of a list that are work, however short."""
ENDING = 12
"""Words of a last statement that says no more than that it does not know."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_CODE = re.compile(r"```[^\n]*\n(.*?\S.*?)```", re.DOTALL)
_ITEM = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+\S|^\s*\|.+\|", re.MULTILINE)
_OFFER = re.compile(
    r"\b(?:let me know|feel free|happy to|glad to|would you like|if you (?:have|need|want|would)"
    r"|i(?:'d| would)? recommend|please (?:provide|share|consult|seek|reach)"
    r"|you (?:could|can|should|may|might) (?:consult|contact|seek|reach|consider))",
    re.IGNORECASE,
)


@grader
async def rubric(
    sample: Sample, completion: Completion, *, judge: str, cut: Annotated[int, Field(ge=2, le=10)] = 7
) -> Grade:
    """Let `judge`, a model or several, mark the answer from 1 to 10 (the median); from `cut` on it is correct."""
    kind = non_answer(completion.text, question=sample.prompt)
    if kind and not does_work(completion.text, sample.prompt):
        return Grade.idk(kind)
    turns = [*sample.turns, Message(role="user", content=sample.input)]
    mark, said = await ask_mark(judge, turns, sample.metadata.get("checklist", ()), completion.text)
    reason = f"{said}; correct from {cut} on"
    return Grade.of(mark >= cut, answer=f"{mark:g}", credit=(mark - 1) / 9, reason=reason)


def does_work(text: str, question: str) -> bool:
    """Whether an answer that holds a disclaimer or a refusal goes on to do some of what was asked.

    Args:
        text: the answer.
        question: the prompt.
    """
    ending = final_statement(text, question=question).text
    if len(ending.split()) <= ENDING and non_answer(ending, question=question) in {"abstained", "refusal"}:
        return False
    if _CODE.search(text):
        return True
    sentences = [one for one in _SENTENCE.split(text) if one.strip()]
    claims = [one for one in sentences if not non_answer(one, question=question)]
    if len(_ITEM.findall(text)) >= ITEMS and len(sentences) - len(claims) <= 1:
        return True
    return sum(len(one.split()) for one in claims if not _OFFER.search(one)) >= WORK
