"""Marks from 1 to 10: a judge marks the answer with the task's checklist; the mark becomes credit.

The credit is (mark − 1) / 9. An answer is correct if its mark is at least the cut, 7 unless `-G cut=…` changes it:
WildBench has no pass mark of its own. An answer that attempts nothing is IDK, and no judge is asked: it declines, asks
back, or ends in "I don't know". A disclaimer followed by an attempt is an attempt, whatever the disclaimer says; the
judge decides how good it is.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field

from evalkit import Completion, Grade, Message, Sample, ask_mark, final_statement, grader, non_answer

WORK = 60
"""Fewest words, disclaimers excluded, that make an answer an attempt."""
ITEMS = 3
"""Fewest list items that make an answer an attempt, however short."""
ENDING = 12
"""Longest last statement, in words, that is a mere "I don't know"."""
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
    """Let `judge`, one model or several, mark the answer from 1 to 10 (median); it is correct from `cut` on."""
    kind = non_answer(completion.text, question=sample.prompt)
    if kind and not does_work(completion.text, sample.prompt):
        return Grade.idk(kind)
    turns = [*sample.turns, Message(role="user", content=sample.input)]
    mark, said = await ask_mark(judge, turns, sample.metadata.get("checklist", ()), completion.text)
    reason = f"{said}; correct from {cut} on"
    measures = {"mark": mark, "marks": 1}
    return Grade.of(mark >= cut, answer=f"{mark:g}", credit=(mark - 1) / 9, reason=reason, measures=measures)


def does_work(text: str, question: str) -> bool:
    """Whether an answer with a disclaimer or a refusal still attempts some of the request.

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
